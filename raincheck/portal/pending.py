"""A sign-in under way, kept between its two steps in a sealed cookie: nobody reads or changes it."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from raincheck.accounts.identities import normal_phone
from raincheck.accounts.models import Company
from raincheck.accounts.sign_in import RESEND_AFTER
from raincheck.core import crypto
from raincheck.portal.page import address

_NAME = f"{settings.RAINCHECK_SECURE_PREFIX}raincheck_code"
_LIFE = timedelta(minutes=10)


@dataclass(frozen=True)
class Pending:
    """The attempt, the number it went to and when, and where the person was going (`there`, maybe empty)."""

    code_id: UUID
    phone: str
    sent_at: datetime
    there: str

    @property
    def masked_phone(self) -> str:
        """Return the number as a page may show it."""
        return crypto.mask_phone(normal_phone(self.phone))

    def seconds_to_wait(self, now: datetime) -> int:
        """Return how long until another code may be asked for."""
        return max(0, ceil((self.sent_at + RESEND_AFTER - now).total_seconds()))

    def keep(self, response: HttpResponse, company: Company) -> None:
        """Put it into the cookie, for the sign-in pages only."""
        plain = json.dumps([str(self.code_id), self.phone, self.sent_at.isoformat(), self.there])
        response.set_cookie(
            _NAME,
            base64.urlsafe_b64encode(crypto.seal_secret(_bound_to(company), plain)).decode(),
            max_age=_LIFE,
            path=address(company, "sign_in"),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )

    @classmethod
    def read(cls, request: HttpRequest, company: Company) -> "Pending | None":
        """Return the sign-in under way at this company in this browser; None where there is none."""
        try:
            sealed = base64.urlsafe_b64decode(request.COOKIES.get(_NAME, ""))
            code_id, phone, sent_at, there = json.loads(crypto.open_secret(_bound_to(company), sealed))
        except (ValueError, InvalidTag):
            return None
        return cls(UUID(code_id), phone, datetime.fromisoformat(sent_at), there)

    @staticmethod
    def forget(response: HttpResponse, company: Company) -> None:
        """Take the cookie back."""
        response.delete_cookie(_NAME, path=address(company, "sign_in"), samesite="Lax")


def _bound_to(company: Company) -> str:
    return f"portal-sign-in:{company.id}"
