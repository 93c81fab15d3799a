"""A forgotten password: asking for the link, and using it."""

from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from raincheck.accounts import resetting
from raincheck.accounts.resetting import LinkDead, WeakPassword
from raincheck.web.people import public_page


@public_page("whoever forgot their password can't sign in")
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same for every address."""
    if request.method == "POST":
        email = request.POST.get("email", "").strip()[:254]
        try:
            validate_email(email)
        except ValidationError:
            return render(request, "account/forgotten.html", status=422)
        resetting.ask(email=email, address=get_adapter().get_client_ip(request))
    return render(request, "account/forgotten.html", {"sent": request.method == "POST"})


@public_page("the link is the proof, and worth one new password")
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
def reset(request: HttpRequest, staff_id: UUID, token: str) -> HttpResponse:
    """Show the form, or take a new password. Mail scanners open links: nothing is spent by that."""
    try:
        resetting.bearer(staff_id=staff_id, token=token)
        if request.method == "POST":
            resetting.reset(staff_id=staff_id, token=token, password=request.POST.get("password", ""))
            messages.success(request, _("新密码已保存，请登录"))
            return redirect("account_login")
    except LinkDead as error:
        return render(request, "account/reset.html", {"dead": True}, status=error.status)
    except WeakPassword as error:
        return render(request, "account/reset.html", {"error": error}, status=error.status)
    return render(request, "account/reset.html")
