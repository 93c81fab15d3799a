"""Mails to staff that are about their sign-in: an invitation, a link for a new password.

A job knows ids alone; the link is made here, and is in no table, job or log.
"""

from dataclasses import dataclass
from uuid import UUID

import structlog
from django.conf import settings
from django.utils.translation import override

from raincheck.accounts.invitation_links import address_of
from raincheck.accounts.models import ROLE_LABELS, Company, Invitation, Language, Staff
from raincheck.accounts.resetting import token_for
from raincheck.core import crypto
from raincheck.core.actor import Role
from raincheck.core.jobs import job
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.notifications.carriage import carriages
from raincheck.notifications.catalogue import INVITATION, PASSWORD_RESET
from raincheck.notifications.channels.base import Channel, Envelope, Undeliverable

log = structlog.get_logger(__name__)


@job("notifications.send_reset", queue="tell")
def send_reset(*, staff_id: str) -> None:
    """Send somebody the link to a new password; an id that is nobody's was an address that is nobody's."""
    with system_scope(Purpose.SIGN_IN):
        staff = Staff.objects.select_related("company").filter(id=staff_id, is_active=True).first()
    if staff is None:
        return
    link = f"{settings.RAINCHECK_BASE_URL}/staff/reset/{staff.id}/{token_for(staff)}/"
    title, body = PASSWORD_RESET[staff.language]
    # A second link is a second mail, not the first again.
    key = f"reset-{crypto.token_hash(link)[:8].hex()}"
    body = body.format(name=staff.name, link=link)
    _send(staff.company_id, _Letter(key, staff.email, staff.language, title, body))


@job("notifications.send_invitation", queue="tell")
def send_invitation(*, company_id: str, invitation_id: str) -> None:
    """Send an invitation, unless it was withdrawn meanwhile."""
    with company_scope(UUID(company_id)) as now:
        open_now = Invitation.objects.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now)
        invitation = open_now.select_related("company").filter(id=invitation_id).first()
    if invitation is None:
        return
    company: Company = invitation.company
    language = Language(invitation.language)
    with override(language):
        role = str(ROLE_LABELS[Role(invitation.role)])
    link = address_of(slug=company.slug, invitation_id=invitation.id)
    title, body = INVITATION[language]
    words = {"company": company.name, "role": role, "link": link}
    key, title, body = f"invitation-{invitation.id}", title.format(**words), body.format(**words)
    _send(company.id, _Letter(key, invitation.email, language, title, body))


@dataclass(frozen=True)
class _Letter:
    key: str
    address: str
    language: str
    title: str
    body: str


def _send(company_id: UUID, letter: _Letter) -> None:
    with company_scope(company_id):
        carriage = carriages(company_id)[Channel.EMAIL]
    envelope = Envelope(**vars(letter), sms="", template="staff_sign_in")
    try:
        carriage.carrier.send(envelope, carriage.account)
    except Undeliverable as error:
        log.warning("mail about signing in undeliverable", key=letter.key, error=str(error))
