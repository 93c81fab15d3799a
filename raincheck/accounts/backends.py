"""Staff at sign-in, as allauth asks us about them: the one moment when a person is known before their company is."""

import time
from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from raincheck.accounts import tries
from raincheck.accounts.models import Staff
from raincheck.accounts.sessions import end_sessions
from raincheck.accounts.trail import note_own
from raincheck.accounts.tries import Kind
from raincheck.audit.catalogue import Action
from raincheck.core.scope import Purpose, system_scope

#: The way of whoever only signs in elsewhere.
ELSEWHERE = "elsewhere"


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
    """Staff come by invitation: nobody signs up. Tries are counted, and what people do to their account is recorded."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Hold back who tried too often. Raises SignInHeld."""
        tries.let_try(Kind.PASSWORD, **self._who(request, credentials))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count it."""
        tries.failed(Kind.PASSWORD, **self._who(request, credentials))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Staff | None:
        """Return whose password it is. One who left gets the answer a wrong password gets."""
        found: Staff | None = super().authenticate(request, **credentials)
        if found is not None and not found.is_active:
            self.authentication_failed(request, **credentials)
            return None
        if found is not None:
            tries.succeeded(Kind.PASSWORD, account=found.email)
        return found

    def reauthenticate(self, user: Staff, password: str) -> bool:
        """Say whether it is this person's password; counted like any other try."""
        who = self._who(context.request, {"email": user.email})
        tries.let_try(Kind.PASSWORD, **who)
        if user.check_password(password):
            tries.succeeded(Kind.PASSWORD, account=user.email)
            return True
        tries.failed(Kind.PASSWORD, **who)
        return False

    def login(self, request: HttpRequest, user: Staff) -> None:
        """Begin the session, and record by which ways the person proved who they are."""
        super().login(request, user)
        ways = [way_of(record) for record in get_authentication_records(request, user)]
        note_own(user, Action.STAFF_SIGNED_IN, ways=ways)

    def set_password(self, user: Staff, password: str) -> None:
        """Change it; whoever is signed in elsewhere is no more."""
        super().set_password(user, password)
        end_sessions([user.id], but=context.request.session.session_key)
        note_own(user, Action.PASSWORD_CHANGED)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Lead back to the person's own account."""
        return reverse("console:account")

    def respond_user_inactive(self, request: HttpRequest, user: Staff) -> HttpResponse:
        """Lead whoever left back to the door: by then they only know that it stays shut."""
        return redirect("account_login")

    def is_reauthentication_required(self, *, app: str, **_given: Any) -> bool:
        """Say whether allauth must ask again before it changes how somebody signs in."""
        return not is_fresh(context.request)

    def get_reauthentication_methods(self, user: Staff) -> list[dict[str, Any]]:
        """Return how this person can prove anew who they are; who has no way of ours signs in again."""
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return found or [{"id": ELSEWHERE, "description": "", "url": reverse("account_reauthenticate")}]

    def _who(self, request: HttpRequest, credentials: Mapping[str, Any]) -> dict[str, str]:
        return {"account": str(credentials.get("email") or ""), "address": self.get_client_ip(request)}


def way_of(record: Mapping[str, Any]) -> str:
    """Name one way in which a person proved who they are, such as `password`, `mfa:totp` or `socialaccount:oidc`."""
    particular = record.get("type") or record.get("provider")
    return f"{record['method']}:{particular}" if particular else str(record["method"])


def is_fresh(request: HttpRequest) -> bool:
    """Say whether the person proved who they are within the last RAINCHECK_FRESH_MINUTES minutes."""
    records = get_authentication_records(request, request.user if request.user.is_authenticated else None)
    newest = max((float(record["at"]) for record in records), default=0.0)
    return time.time() - newest < settings.RAINCHECK_FRESH_MINUTES * 60
