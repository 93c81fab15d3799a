"""The link a candidate's reminder carries: signed, for that one reminder, of use until the interview begins."""

from uuid import UUID

from django.conf import settings

from raincheck.accounts.models import Company
from raincheck.core import crypto

_PURPOSE = "reminder"


def address(company: Company, reminder_id: UUID) -> str:
    """Return the address at which one tap answers; short enough for a text message."""
    token = crypto.sign_id(_PURPOSE, reminder_id)
    return f"{settings.RAINCHECK_BASE_URL}/c/{company.slug}/r/{token}/"


def reminder_of(token: str) -> UUID | None:
    """Return the reminder this token was made for; None for a token we never made."""
    return crypto.signed_id(_PURPOSE, token)
