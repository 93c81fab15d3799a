"""The company's calendar server: naming it, testing it, giving it up."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.notifications.calendars.servers import Login, end_server, get_server, name_server, try_server
from raincheck.web.people import Visit, staff_page


@staff_page(Ability.EDIT_CALENDAR_SERVER, looking=Ability.VIEW_CALENDAR_SERVER, fresh=True)
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
def server(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the server and how it is doing; take a new one."""
    if request.method == "GET":
        return _page(request, visit)
    typed = request.POST
    login = Login(
        typed.get("url", "").strip(), typed.get("username", "").strip(), typed.get("password", "").strip()
    )
    with attempt() as tried:
        name_server(actor=visit.actor, login=login, now=visit.now)
    if tried.error is not None:
        return _page(request, visit, error=tried.error, typed=vars(login), status=tried.error.status)
    messages.success(request, _("日历服务器已保存；今后的面试将写入面试官的日历"))
    return redirect("console:calendar_server")


@staff_page(Ability.EDIT_CALENDAR_SERVER, calls_out=True)
@require_POST
def test(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Look whether the reader's own calendar is there for us."""
    tested = try_server(actor=visit.actor)
    if tested.ok:
        messages.success(request, _("连接正常；未写入的日程正在补写"))
    else:
        messages.error(request, _("连接未成功：%(why)s") % {"why": tested.why})
    return redirect("console:calendar_server")


@staff_page(Ability.EDIT_CALENDAR_SERVER, fresh=True)
@require_POST
def off(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Write there no more."""
    end_server(actor=visit.actor, now=visit.now)
    messages.success(request, _("已停用日历服务器；已写入的日程保留在原处"))
    return redirect("console:calendar_server")


def _page(request: HttpRequest, visit: Visit, *, status: int = 200, **given: Any) -> HttpResponse:
    found = get_server(visit.actor)
    typed = given.pop("typed", None) or {
        "url": found.url if found else "",
        "username": found.username if found else "",
    }
    context = {"server": found, "typed": typed, **given}
    return shown(request, visit, "calendar_server.html", context, status=status)
