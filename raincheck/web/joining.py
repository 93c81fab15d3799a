"""Accepting an invitation: the company is in the address, so nothing crosses its wall."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from raincheck.accounts.models import ROLE_LABELS
from raincheck.core.actor import Role
from raincheck.core.errors import Invalid
from raincheck.core.scope import company_scope
from raincheck.staffing.invitations import InvitationDead, accept, invitation_behind
from raincheck.web.people import company_at, public_page


@public_page("the link is the proof, and worth one account")
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
def join(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Show what the invitation is for, or make its bearer a member of staff."""
    company = company_at(slug)
    if request.method == "POST":
        name, password = request.POST.get("name", ""), request.POST.get("password", "")
        try:
            with company_scope(company.id) as now:
                accept(company=company, token=token, name=name, password=password, now=now)
        except InvitationDead:
            pass
        except Invalid as error:
            return _page(request, slug, token, error=error)
        else:
            messages.success(request, _("账号已建立，请登录"))
            return redirect("account_login")
    return _page(request, slug, token)


def _page(request: HttpRequest, slug: str, token: str, *, error: Invalid | None = None) -> HttpResponse:
    company = company_at(slug)
    try:
        with company_scope(company.id) as now:
            invitation = invitation_behind(company_id=company.id, token=token, now=now)
    except InvitationDead as dead:
        return render(request, "account/join.html", {"company": company}, status=dead.status)
    context = {
        "company": company,
        "invitation": invitation,
        "role": ROLE_LABELS[Role(invitation.role)],
        "typed": request.POST if error else {"name": invitation.name},
        "error": error,
    }
    return render(request, "account/join.html", context, status=error.status if error else 200)
