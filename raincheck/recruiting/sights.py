"""Who saw whose data: opening contacts in the clear is a deed, and so is looking at somebody's page.

Both are entries of the trail, one row each, in the transaction of the page itself. They hold ids and codes; what was
seen stands nowhere.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.identities import Contacts, open_contacts
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, Invalid, NotFound
from raincheck.recruiting.models import Candidate


class Purpose(TextChoices):
    """What contacts are wanted for, if somebody says so: a code, since a free text could hold anything."""

    CALL = "call", _("电话联系")
    MAIL = "mail", _("邮件联系")
    IDENTITY = "identity", _("核对身份")
    REQUEST = "request", _("处理个人信息请求")


class Page(TextChoices):
    """Pages that show one person's data."""

    PROFILE = "profile", _("人才库档案")
    INTERVIEW = "interview", _("面试页面")
    REVIEW = "review", _("审核页面")


class NothingToReveal(Conflict):
    """The candidate was erased, or nothing is on record."""

    code = "nothing_to_reveal"
    message = _("没有可显示的联系方式")
    advice = _("该候选人的个人信息已删除，或从未登记联系方式")


class UnknownPurpose(Invalid):
    """None of the purposes there are."""

    code = "unknown_purpose"
    message = _("无法识别的用途")
    advice = _("请从列表中选择，或留空")


def reveal_contacts(
    *, candidate_id: UUID, actor: Actor, purpose: str, now: datetime
) -> tuple[Candidate, Contacts]:
    """Open a candidate's contacts for whoever asks, and record that they were seen.

    Raises NotAllowed, NotFound, UnknownPurpose, NothingToReveal.
    """
    demand(actor, Ability.REVEAL_CONTACTS)
    if purpose and purpose not in Purpose.values:
        raise UnknownPurpose(field="purpose")
    found = Candidate.objects.filter(company_id=actor.company_id, id=candidate_id)
    candidate = found.select_related("identity").first()
    if candidate is None:
        raise NotFound
    contacts = open_contacts(candidate.identity)
    fields = [name for name, value in vars(contacts).items() if value]
    if not fields:
        raise NothingToReveal
    facts = {"fields": fields, **({"purpose": purpose} if purpose else {})}
    note(actor=actor, deed=Deed(Action.REVEALED, Subject("candidate", candidate.id), facts), now=now)
    return candidate, contacts


def note_view(*, candidate_id: UUID, actor: Actor, page: Page, now: datetime) -> None:
    """Record that a member of staff looked at a page about one candidate; the caller has shown that they may."""
    note(
        actor=actor,
        deed=Deed(Action.VIEWED, Subject("candidate", candidate_id), {"page": page.value}),
        now=now,
    )
