"""The second factor, as allauth asks us about it: which roles need one, how its secrets are kept, who may guess."""

import base64
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.adapter import get_adapter as get_factors
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from raincheck.accounts import tries
from raincheck.accounts.models import Staff
from raincheck.accounts.trail import note_own
from raincheck.accounts.tries import Kind
from raincheck.audit.catalogue import Action
from raincheck.core import crypto
from raincheck.core.actor import Actor
from raincheck.core.allowance import Allowance, TooOften
from raincheck.core.errors import SecondFactorNeeded

#: Recovery codes are for whoever lost the factor; they are none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

#: An app's code is right for a minute and a half. allauth remembers it for half a minute, in one process.
_ONCE = Allowance("second-factor", at_once=1, every=timedelta(minutes=2))


def demand_factor(staff: Staff, actor: Actor) -> None:
    """Return where the person's roles need no second factor, or they have one. Raises SecondFactorNeeded."""
    if not actor.roles & settings.RAINCHECK_MFA_ROLES:
        return
    if not Authenticator.objects.filter(user=staff, type__in=FACTORS).exists():
        raise SecondFactorNeeded


@contextmanager
def recorded_changes(staff: Staff) -> Iterator[None]:
    """Record what the block changes of somebody's second factor, in its transaction."""
    before = _held(staff)
    yield
    after = _held(staff)
    if before.keys() != after.keys():
        note_own(staff, Action.FACTOR_CHANGED, before=sorted(before.values()), after=sorted(after.values()))


def _held(staff: Staff) -> dict[int, str]:
    return dict(Authenticator.objects.filter(user=staff).values_list("id", "type"))


class StaffFactors(DefaultMFAAdapter):  # type: ignore[misc] # allauth ships no types
    """Secrets are sealed under the master key."""

    #: allauth's Chinese calls a wrong code a faulty one, and neither says that each is good once.
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("验证码不正确或已用过，请换一个再试")
    }

    def encrypt(self, text: str) -> str:
        """Seal the secret of an authenticator app, or of recovery codes."""
        return base64.b64encode(crypto.seal_secret("second-factor", text)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open it."""
        return crypto.open_secret("second-factor", base64.b64decode(encrypted_text))

    def _get_site_name(self) -> str:
        return "Raincheck"


class _Counted:
    """A form that asks for a code, and lets nobody guess."""

    user: Staff

    @property
    def by_app(self) -> bool:
        """Whether an authenticator app is what they have; whoever has only passkeys is asked for those first."""
        found: bool = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).exists()
        return found

    def clean_code(self) -> str:
        address = get_adapter().get_client_ip(context.request)
        tries.let_try(Kind.CODE, account=self.user.email, address=address)
        try:
            code: str = super().clean_code()  # type: ignore[misc] # allauth's form stands beside it
            _take_once(self.user, code)
        except ValidationError:
            tries.failed(Kind.CODE, account=self.user.email, address=address)
            raise
        tries.succeeded(Kind.CODE, account=self.user.email)
        return code


def _take_once(staff: Staff, code: str) -> None:
    """Raise ValidationError for a code that let its owner in before; whoever looked over their shoulder has it too."""
    plain = "".join(filter(str.isalnum, code)).lower()
    try:
        _ONCE.spend(f"{staff.pk}:{plain}")
    except TooOften:
        raise get_factors().validation_error("incorrect_code") from None


class CodeForm(_Counted, AuthenticateForm):  # type: ignore[misc] # likewise
    """The code at sign-in."""


class CodeAgainForm(_Counted, ReauthenticateForm):  # type: ignore[misc] # likewise
    """The code before a dangerous deed."""


class NewAppForm(ActivateTOTPForm):  # type: ignore[misc] # likewise
    """The first code of an authenticator app, which shows that it was set up; it lets nobody in afterwards."""

    def clean_code(self) -> str:
        """Take it, this once."""
        code: str = super().clean_code()
        _take_once(self.user, code)
        return code


#: What reading a browser's word raises where it isn't one: the library looks for its parts without asking whether they
#: are there, and allauth expects a TypeError alone.
_GARBLED = (KeyError, IndexError, TypeError, ValueError, AttributeError, struct.error)


@contextmanager
def _read() -> Iterator[None]:
    try:
        yield
    except _GARBLED as error:
        raise get_factors().validation_error("incorrect_code") from error


class _Told:
    """A form that takes a passkey; nobody guesses one, so what failed is logged and not counted."""

    user: Staff | None

    def clean_credential(self) -> Authenticator:
        try:
            with _read():
                return super().clean_credential()  # type: ignore[misc] # allauth's form stands beside it
        except ValidationError:
            # At the door nobody has said yet who they are.
            account = self.user.email if self.user else ""
            tries.told("passkey", account=account, address=get_adapter().get_client_ip(context.request))
            raise


class PasskeyAtTheDoorForm(_Told, LoginWebAuthnForm):  # type: ignore[misc] # likewise
    """A passkey instead of a password."""


class PasskeyForm(_Told, AuthenticateWebAuthnForm):  # type: ignore[misc] # likewise
    """A passkey as the second factor."""


class PasskeyAgainForm(_Told, ReauthenticateWebAuthnForm):  # type: ignore[misc] # likewise
    """A passkey before a dangerous deed."""


class NewPasskeyForm(AddWebAuthnForm):  # type: ignore[misc] # likewise
    """A passkey to be kept."""

    def clean(self) -> Any:
        """Refuse what isn't one."""
        with _read():
            return super().clean()
