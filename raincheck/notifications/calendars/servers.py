"""A company's calendar server: naming it, testing it, giving it up. Its password can be replaced, never read again."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, URLValidator
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Staff
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Invalid, NotFound
from raincheck.core.scope import company_scope
from raincheck.notifications.calendars import dav
from raincheck.notifications.calendars.errands import server_of, unsettled
from raincheck.notifications.calendars.push import look_at
from raincheck.notifications.calendars.troubles import answered
from raincheck.notifications.models import CalendarServer
from raincheck.worklist.actions import close_for_subject
from raincheck.worklist.models import Kind

LONGEST_URL, LONGEST_NAME, LONGEST_PASSWORD = 300, 200, 500
_PLACES = ("{email}", "{localpart}")
_NAME = re.compile(r"[^\s:\x00-\x1f]+")


class BadCalendarUrl(Invalid):
    """Not an http(s) address whose path names the person."""

    code = "bad_calendar_url"
    message = _("日历地址不正确")
    advice = _("请填写以 https:// 开头的完整地址，路径中用 {email} 或 {localpart} 代表面试官")


class BadCalendarUser(Invalid):
    """Basic authentication has no way to say this user name."""

    code = "bad_calendar_user"
    message = _("日历服务器用户名不正确")
    advice = _("请填写1至200个字符，不含空格和冒号")


class CalendarPasswordNeeded(Invalid):
    """A new server, host or user needs its password; one that is kept goes nowhere else."""

    code = "calendar_password_needed"
    message = _("请填写日历服务器的密码")
    advice = _("地址或用户名变更后须重新填写密码")


class NoCalendarServer(NotFound):
    """The company has named none."""

    code = "no_calendar_server"
    message = _("尚未设置日历服务器")
    advice = _("请先填写地址、用户名和密码")


@dataclass(frozen=True)
class Login:
    """A server as somebody names it; an empty password means the one that is kept."""

    url: str
    username: str
    password: str = ""


@dataclass(frozen=True)
class Tested:
    """How a test went; `why` is a code of ours or the server's status, never its text."""

    ok: bool
    why: str = ""


def get_server(actor: Actor) -> CalendarServer | None:
    """Return the company's calendar server, if it has one. Raises NotAllowed."""
    demand(actor, Ability.VIEW_CALENDAR_SERVER)
    return server_of(actor.company_id)


def name_server(*, actor: Actor, login: Login, now: datetime) -> CalendarServer:
    """Write into this server's calendars from now on, and all that is ahead at once.

    What was written to another one before stays there. Raises NotAllowed, BadCalendarUrl, BadCalendarUser,
    CalendarPasswordNeeded.
    """
    demand(actor, Ability.EDIT_CALENDAR_SERVER)
    _check(login)
    old = _locked(actor)
    kept = old if old is not None and (old.url, old.username) == (login.url, login.username) else None
    if kept is None and not login.password:
        raise CalendarPasswordNeeded(field="password")
    if old is not None and kept is None:
        _end(old, actor, now)
    server = kept or CalendarServer(
        company_id=actor.company_id, url=login.url, username=login.username, made_at=now
    )
    if login.password:
        server.seal(login.password)
    # Whether it works now is for its first answer to say, which also closes the task.
    server.failures, server.paused_until = 0, None
    server.save()
    what = ["settings", *(["password"] if login.password else [])]
    _note(server, actor, now, what=what)
    look_at(server.company_id, unsettled(server, now))
    return server


def end_server(*, actor: Actor, now: datetime) -> None:
    """Write there no more; what is there stays. Raises NotAllowed."""
    demand(actor, Ability.EDIT_CALENDAR_SERVER)
    server = _locked(actor)
    if server is not None:
        _end(server, actor, now)
        _note(server, actor, now, what=["ended"])


def try_server(*, actor: Actor, email: str = "") -> Tested:
    """See whether one person's calendar can be written to: theirs of this address, else the actor's, else anybody's.

    Opens its own transactions, none while the server is called. Where it answers, what waits is tried at once.
    Raises NotAllowed, NoCalendarServer.
    """
    demand(actor, Ability.EDIT_CALENDAR_SERVER)
    with company_scope(actor.company_id):
        server = server_of(actor.company_id)
        if server is None:
            raise NoCalendarServer
        account = dav.Account(server.url, server.username, server.password())
        whose = email or _somebody(actor)
    try:
        dav.ask(account, whose)
    except dav.Refused as error:
        return Tested(ok=False, why=str(error))
    except (dav.Later, dav.Barred) as error:
        with company_scope(actor.company_id):
            CalendarServer.objects.filter(id=server.id).update(trouble=str(error)[:200])
        return Tested(ok=False, why=str(error))
    with company_scope(actor.company_id) as now:
        server = _locked(actor)
        if server is not None:
            answered(server, now)
            look_at(server.company_id, unsettled(server, now))
    return Tested(ok=True)


def _somebody(actor: Actor) -> str:
    """Return the address of whose calendar to look at."""
    active = Staff.objects.filter(company_id=actor.company_id, is_active=True).order_by("id")
    mine = active.filter(id=actor.id).first() if actor.id else None
    anybody = mine or active.first()
    return anybody.email if anybody else ""


def _check(login: Login) -> None:
    """Raise BadCalendarUrl or BadCalendarUser for what can't be called; a host is never made of a person's address."""
    try:
        whole = login.url
        for place in _PLACES:
            whole = whole.replace(place, "x")
        URLValidator(schemes=["http", "https"])(whole)
        MaxLengthValidator(LONGEST_URL)(login.url)
        parts = urlsplit(login.url)
    except (ValidationError, ValueError) as error:
        raise BadCalendarUrl(field="url") from error
    named = any(place in parts.path for place in _PLACES)
    if not named or "{" in parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
        raise BadCalendarUrl(field="url")
    if not _NAME.fullmatch(login.username) or len(login.username) > LONGEST_NAME:
        raise BadCalendarUser(field="username")
    if len(login.password) > LONGEST_PASSWORD:
        raise CalendarPasswordNeeded(field="password")


def _locked(actor: Actor) -> CalendarServer | None:
    mine = CalendarServer.objects.select_for_update(no_key=True)
    return mine.filter(company_id=actor.company_id, ended_at=None).first()


def _end(server: CalendarServer, actor: Actor, now: datetime) -> None:
    server.ended_at = now
    server.save(update_fields=["ended_at"])
    close_for_subject(
        subject_id=server.id,
        kinds=[Kind.CALENDAR_UNREACHED],
        actor=actor,
        resolution="the server is no longer used",
        now=now,
    )


def _note(server: CalendarServer, actor: Actor, now: datetime, *, what: list[str]) -> None:
    deed = Deed(Action.CALENDAR_SERVER, Subject("calendar_server", server.id), {"what": what})
    note(actor=actor, deed=deed, now=now)
