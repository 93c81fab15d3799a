"""The address of an invitation: made of its id, and known to whoever has the mail."""

from uuid import UUID

from django.conf import settings

from raincheck.core import crypto

_PURPOSE = "invitation"


def address_of(*, slug: str, invitation_id: UUID) -> str:
    """Return the link that the mail bears."""
    return f"{settings.RAINCHECK_BASE_URL}/join/{slug}/{crypto.sign_id(_PURPOSE, invitation_id)}/"


def signed_invitation(token: str) -> UUID | None:
    """Return the invitation whose link bears this token; None for any other text."""
    return crypto.signed_id(_PURPOSE, token)
