"""Filters that people keep under a name, for themselves or for everybody in the company who reads the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, Invalid, NotAllowed, NotFound
from raincheck.insights.models import Listed, SavedView
from raincheck.insights.typed import LONGEST

#: What is kept of each list's form. Never the candidate's name, which an erasure would have to find here.
FIELDS: Mapping[str, tuple[str, ...]] = {
    Listed.CANCELLATIONS: (
        "outcome",
        "reason",
        "initiator",
        "reviewer",
        "department",
        "position",
        "school",
        "source",
    ),
    Listed.TRAIL: ("action", "actor", "about", "request"),
    Listed.SIGHTS: ("action", "actor", "about"),
}
#: Days that are meant relative to today, as the lists offer them; 0 is all of them.
SPANS = (1, 7, 30, 0)
LONGEST_NAME = 40
MOST = 50


class BadViewName(Invalid):
    """No name, or a longer one than is shown."""

    code = "bad_view_name"
    message = _("请填写视图名称")
    advice = _("1至40个字")


class UnknownList(Invalid):
    """None of the audit's lists."""

    code = "unknown_list"
    message = _("无法识别的列表")
    advice = _("请从审计页面保存视图")


class TooManyViews(Conflict):
    """More than anybody finds their way in."""

    code = "too_many_views"
    message = _("保存的视图过多")
    advice = _("请先删除不再使用的视图")


@dataclass(frozen=True)
class Wanted:
    """A view as somebody wants it kept: of which list, under which name, what was typed, and for whom."""

    page: str
    name: str
    typed: Mapping[str, str]
    shared: bool = False


def save_view(*, actor: Actor, wanted: Wanted, now: datetime, today: date) -> SavedView:
    """Keep a list's filters under a name, in place of one's own of that name; `today` is the reader's.

    Raises NotAllowed, UnknownList, BadViewName, TooManyViews.
    """
    demand(actor, Ability.VIEW_AUDIT)
    page = wanted.page
    if page not in FIELDS:
        raise UnknownList(field="page")
    called = " ".join(wanted.name.split())
    if not called or len(called) > LONGEST_NAME:
        raise BadViewName(field="name")
    if actor.guest:
        # They may see all of it, but are nobody here whom a view could belong to.
        raise NotAllowed(detail=Ability.VIEW_AUDIT)
    mine = SavedView.objects.filter(company_id=actor.company_id, staff_id=actor.person)
    if mine.count() >= MOST and not mine.filter(page=page, name=called).exists():
        raise TooManyViews
    view, _made = SavedView.objects.update_or_create(
        company_id=actor.company_id,
        staff_id=actor.person,
        page=page,
        name=called,
        defaults={"query": _kept(page, wanted.typed, today), "shared": wanted.shared, "made_at": now},
    )
    return view


def forget_view(*, actor: Actor, view_id: UUID) -> None:
    """Forget one of one's own. Raises NotAllowed, NotFound."""
    demand(actor, Ability.VIEW_AUDIT)
    mine = SavedView.objects.filter(company_id=actor.company_id, staff_id=actor.person, id=view_id)
    if not mine.delete()[0]:
        raise NotFound


def views_for(actor: Actor, page: str) -> "QuerySet[SavedView]":
    """Return one's own views of a list and those that others share, by name. Raises NotAllowed."""
    demand(actor, Ability.VIEW_AUDIT)
    seen = Q(staff_id=actor.id) | Q(shared=True)
    found = SavedView.objects.filter(seen, company_id=actor.company_id, page=page)
    return found.select_related("staff").order_by("name", "id")


def query_of(view: SavedView, *, today: date) -> dict[str, str]:
    """Return the fields that a view stands for today."""
    query = dict(view.query)
    span = query.pop("span", None)
    if span is not None:
        query["from"] = (today - timedelta(days=int(span) - 1)).isoformat() if span else ""
    return query


def _kept(page: str, typed: Mapping[str, str], today: date) -> dict[str, str | int]:
    kept: dict[str, str | int] = {
        name: text[:LONGEST] for name in FIELDS[page] if (text := typed.get(name, "").strip())
    }
    since, until = typed.get("from", "").strip()[:LONGEST], typed.get("to", "").strip()[:LONGEST]
    starts = {(today - timedelta(days=days - 1)).isoformat() if days else "": days for days in SPANS}
    if not until and since in starts:
        return {**kept, "span": starts[since]}
    return {**kept, "from": since, "to": until}
