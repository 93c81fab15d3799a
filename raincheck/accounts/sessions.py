"""Who is signed in where. The caller has opened a scope in which the people are seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session


@dataclass(frozen=True)
class SignedIn:
    """One browser somebody is signed in with; `id` is a number of the list, nothing to sign in by."""

    id: int
    address: str
    browser: str
    since: datetime
    here: bool


def sessions_of(staff_id: UUID, *, key: str | None, now: datetime) -> list[SignedIn]:
    """Return where this person is signed in, newest first; `key` is the session that asks."""
    rows = list(UserSession.objects.filter(user_id=staff_id).order_by("-created_at"))
    keys = [row.session_key for row in rows]
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=now).values_list(
            "session_key", flat=True
        )
    )
    return [
        SignedIn(row.pk, row.ip, _browser(row.user_agent), row.created_at, row.session_key == key)
        for row in rows
        if row.session_key in alive
    ]


def end_session(*, staff_id: UUID, session_id: int) -> bool:
    """End one of this person's sessions; False where it is none of theirs, or ended already."""
    return _end(UserSession.objects.filter(user_id=staff_id, pk=session_id)) > 0


def end_sessions(staff_ids: Iterable[UUID], *, but: str | None = None) -> int:
    """End all sessions of these people, except the one with this key; return how many there were."""
    found = UserSession.objects.filter(user_id__in=list(staff_ids))
    return _end(found.exclude(session_key=but) if but else found)


def _end(found: "object") -> int:
    rows = list(found)  # type: ignore[call-overload] # a queryset of allauth's, which ships no types
    Session.objects.filter(session_key__in=[row.session_key for row in rows]).delete()
    UserSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


_BROWSERS = ("MicroMessenger", "DingTalk", "Lark", "Edg", "Firefox", "Chrome", "Safari")
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")
_CALLED = {"MicroMessenger": "WeChat", "Edg": "Edge", "Mac OS": "macOS", "Lark": "Feishu"}


def _browser(agent: str) -> str:
    """Return a browser and its system in two words; what it calls itself where neither is known."""
    known = [next((name for name in names if name in agent), "") for names in (_BROWSERS, _SYSTEMS)]
    return " · ".join(_CALLED.get(name, name) for name in known if name) or agent[:40]
