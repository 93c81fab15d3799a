"""Sign-in by somebody else's word: OIDC, DingTalk, Feishu, as allauth asks us about it.

Who may come this way is staff already: an outside account is tied to them by themselves, signed in, or by a mail
address that the OIDC server vouches for, of a domain that the installation lets it vouch for.
"""

from typing import Any
from urllib.parse import urlencode

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from raincheck.accounts.backends import is_fresh
from raincheck.accounts.identities import normal_email
from raincheck.accounts.models import Staff
from raincheck.accounts.trail import note_own
from raincheck.audit.catalogue import Action

log = structlog.get_logger(__name__)

#: Those with a name of their own in each language; an OIDC server has the one that the installation gave it.
_NAMES = {"dingtalk": gettext_lazy("钉钉"), "feishu": gettext_lazy("飞书")}


class OutsideSignIn(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth ships no types
    """Nobody becomes staff by it, and nothing is kept of what the other side tells but the account's id there."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Say no."""
        return False

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """Forget what we don't need: names, phones and pictures are the other side's."""
        sociallogin.account.extra_data = {}
        return sociallogin.user

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Tie the account to whom the server vouches for; to whoever is signed in only if that is fresh."""
        connects = sociallogin.state.get("process") == "connect"
        if connects and not is_fresh(request):
            # allauth asks nobody who has no password and no second factor.
            again = urlencode({"next": reverse("console:account")})
            raise ImmediateHttpResponse(redirect(f"{reverse('account_reauthenticate')}?{again}"))
        if sociallogin.is_existing or connects:
            return
        address = _vouched(sociallogin)
        staff = Staff.objects.filter(email=address, is_active=True).first() if address else None
        if staff is not None:
            sociallogin.connect(request, staff)

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """Lead back to where accounts are tied."""
        return reverse("console:account")

    def send_notification_mail(self, template_prefix: str, user: Staff, *_given: Any, **more: Any) -> None:
        """Record the change: allauth says it here, whether or not it would have sent a mail."""
        account = (more.get("context") or {}).get("account")
        what = template_prefix.rpartition("_")[2]
        note_own(user, Action.ACCOUNT_CONNECTED, what=what, provider=account.provider if account else "")

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        """Lead back to our own door; the log says what the page doesn't."""
        log.warning(
            "outside sign-in failed", provider=provider.id, error=str(error), kind=type(exception).__name__
        )
        messages.error(request, _("外部登录未成功，请重试或改用密码"))
        raise ImmediateHttpResponse(redirect("account_login"))


def _vouched(sociallogin: Any) -> str:
    if sociallogin.account.provider != settings.RAINCHECK_OIDC_ID:
        return ""
    verified = [normal_email(one.email) for one in sociallogin.email_addresses if one.verified is True]
    return next((mail for mail in verified if mail.rpartition("@")[2] in settings.RAINCHECK_OIDC_DOMAINS), "")


def ways() -> list[dict[str, str]]:
    """Return the other ways to sign in that this installation has: each its id, name and address."""
    found = []
    for provider, terms in settings.SOCIALACCOUNT_PROVIDERS.items():
        app = terms["APPS"][0]
        given = {"provider_id": app["provider_id"]} if "provider_id" in app else {}
        found.append(
            {
                "id": app.get("provider_id", provider),
                "name": str(_NAMES.get(provider, app["name"])),
                "url": reverse(f"{provider}_login", kwargs=given),
            }
        )
    return found
