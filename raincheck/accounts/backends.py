"""Finding staff at sign-in: the one moment when a person is known before their company is."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from raincheck.accounts.models import Staff
from raincheck.core.scope import Purpose, system_scope


class StaffBackend(AuthenticationBackend):  # type: ignore[misc] # allauth ships no types
    """allauth's backend, looking in the one scope where a person may be found without a company."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Staff | None:
        """Return the member of staff, or None; runs within /staff/'s system scope."""
        found: Staff | None = super().authenticate(request, **credentials)
        return found if found and found.is_active else None

    def get_user(self, user_id: Any) -> Staff | None:
        """Load who the session names, with their company; None once they are inactive."""
        with system_scope(Purpose.SIGN_IN):
            return Staff.objects.select_related("company").filter(pk=user_id, is_active=True).first()


class StaffAccounts(DefaultAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Staff come by invitation: nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no."""
        return False
