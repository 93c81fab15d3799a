"""Where staff sign in and look after how they do: allauth's own pages, each with a word on whom it is for."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount.providers.dingtalk import views as dingtalk
from allauth.socialaccount.providers.feishu import views as feishu
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import RedirectView

from raincheck.web import forgotten
from raincheck.web.outside import away, back
from raincheck.web.people import View, own_door, public_page
from raincheck.web.proving import demand_fresh, or_sign_in_again, then_remind

_sign_in = public_page("staff sign in here")
_half_in = public_page("the second step of signing in: nobody is signed in yet")
_door_again = own_door("people prove anew who they are")
_own = own_door("people look after their own second factor")


def _again(view: View) -> View:
    """Let people prove anew who they are, and remind them of what that was for."""
    return _door_again(then_remind(view))


def _fresh(view: View) -> View:
    """Ask, before anything about the second factor is shown or changed, whether it is still them."""
    return _own(demand_fresh(view))


urlpatterns = [
    path("login/", _sign_in(account.login), name="account_login"),
    path(
        "logout/", public_page("signing out of nothing does no harm")(account.logout), name="account_logout"
    ),
    path("reauthenticate/", _again(or_sign_in_again(account.reauthenticate)), name="account_reauthenticate"),
    path(
        "password/",
        own_door("people change their own password")(account.password_change),
        name="account_change_password",
    ),
    path("password/set/", _fresh(account.password_set), name="account_set_password"),
    path("forgotten/", forgotten.forgotten, name="forgotten"),
    path("reset/<uuid:staff_id>/<str:token>/", forgotten.reset, name="reset"),
    path("mfa/", _own(mfa.index), name="mfa_index"),
    path("mfa/authenticate/", _half_in(mfa.authenticate), name="mfa_authenticate"),
    path("mfa/reauthenticate/", _again(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("mfa/totp/activate/", _fresh(totp.activate_totp), name="mfa_activate_totp"),
    path("mfa/totp/deactivate/", _fresh(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("mfa/recovery-codes/", _fresh(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "mfa/recovery-codes/generate/",
        _fresh(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "mfa/recovery-codes/download/",
        _fresh(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path(
        "mfa/passkeys/",
        _own(login_required(RedirectView.as_view(url="/staff/mfa/"))),
        name="mfa_list_webauthn",
    ),
    path("mfa/passkeys/add/", _fresh(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("mfa/passkeys/login/", _sign_in(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path(
        "mfa/passkeys/reauthenticate/",
        _again(passkeys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("mfa/passkeys/<int:pk>/remove/", _fresh(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    path("mfa/passkeys/<int:pk>/edit/", _fresh(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("oidc/<slug:provider_id>/", away(oidc.login), name="openid_connect_login"),
    path("oidc/<slug:provider_id>/callback/", back(oidc.callback), name="openid_connect_callback"),
    path("dingtalk/", away(dingtalk.oauth2_login), name="dingtalk_login"),
    path("dingtalk/callback/", back(dingtalk.oauth2_callback), name="dingtalk_callback"),
    path("feishu/", away(feishu.oauth2_login), name="feishu_login"),
    path("feishu/callback/", back(feishu.oauth2_callback), name="feishu_callback"),
]
