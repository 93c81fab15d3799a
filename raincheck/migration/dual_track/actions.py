"""A take-over from its begin to the switch: a comparison a day, days in a row that agree, a signed report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, Invalid, NotFound
from raincheck.core.scope import take_turns
from raincheck.migration.dual_track import comparing, report, staging
from raincheck.migration.dual_track.models import DifferenceKind, DualTrack, TrackDay, TrackDifference
from raincheck.migration.rows.survey import Study
from raincheck.recruiting.models import Position

LONGEST_NAME, MOST_DAYS = 80, 90


class BadTrack(Invalid):
    """A name, zone or number of days that can't be; `field` names it."""

    code = "bad_track"
    message = _("双轨核对的设置不正确")
    advice = _("名称1到80个字且不重复，连续一致天数1到90，时区如 Asia/Shanghai")


class BadSince(Invalid):
    """No day, or one that is over: what took place before the switch can't agree any more."""

    code = "bad_since"
    message = _("起始日期不正确")
    advice = _("请按“年-月-日”填写，如 2031-05-01；须为今天或以后：打算切换的那一天")

    def __init__(self, said: str) -> None:
        super().__init__(field="since", detail=said)


class AlreadySwitched(Conflict):
    """It is over."""

    code = "already_switched"
    message = _("该系统已完成切换")
    advice = _("如需再次核对，请另建一个")


class NotAgreeingYet(Conflict):
    """Too few days in a row; `detail` says how many."""

    code = "not_agreeing_yet"
    message = _("连续一致的天数还不够，不能切换")
    advice = _("请处理所列的差异，并每天加载对方的导出")


class ComparedLongAgo(Conflict):
    """Enough days in a row agreed, and then nothing was compared any more; `detail` is the last of them."""

    code = "compared_long_ago"
    message = _("最近一次比对已过去一天以上，不能切换")
    advice = _("请先加载今天的导出，再连续核对")


class NotSwitchedYet(Conflict):
    """There is no report before the switch."""

    code = "not_switched_yet"
    message = _("还没有切换，没有签名报告")
    advice = _("请在连续一致的天数足够后切换")


class NoSuchTrack(NotFound):
    """No take-over is called so."""

    code = "no_such_track"
    message = _("没有叫这个名称的双轨核对")
    advice = _("名称须与开始时所写的一致，可在“双轨核对”页查看")


@dataclass(frozen=True)
class Terms:
    """How a take-over is to be: of what, by which zone, so many days in a row, and from when on."""

    name: str
    timezone: str
    needed: int
    since: datetime | None = None

    def check(self) -> None:
        """Raise BadTrack."""
        if not 0 < len(self.name.strip()) <= LONGEST_NAME:
            raise BadTrack(field="name")
        if not 1 <= self.needed <= MOST_DAYS:
            raise BadTrack(field="needed")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadTrack(field="timezone") from error


def first_day(said: str, timezone: str) -> datetime | None:
    """Return when the day begins, in its zone, from which on interviews count; None for "". Raises BadSince."""
    try:
        return datetime.combine(date.fromisoformat(said), time(), ZoneInfo(timezone)) if said else None
    except ValueError as error:
        raise BadSince(said) from error


@dataclass(frozen=True)
class File:
    """The other system's export, understood."""

    name: str
    sha256: str
    study: Study
    region: str


def tracks(actor: Actor) -> "QuerySet[DualTrack]":
    """Return a company's take-overs, newest first. Raises NotAllowed."""
    demand(actor, Ability.VIEW_BATCHES)
    return DualTrack.objects.filter(company_id=actor.company_id).order_by("-begun_at", "-id")


def track(actor: Actor, track_id: UUID) -> DualTrack:
    """Return one. Raises NotAllowed, NotFound."""
    found = tracks(actor).filter(id=track_id).first()
    if found is None:
        raise NotFound(detail=str(track_id))
    return found


def named(actor: Actor, name: str) -> DualTrack:
    """Return the one of this name. Raises NotAllowed, NoSuchTrack."""
    found = tracks(actor).filter(name=name.strip()).first()
    if found is None:
        raise NoSuchTrack(detail=name)
    return found


def begin(*, terms: Terms, actor: Actor, now: datetime) -> DualTrack:
    """Begin a take-over. Raises NotAllowed, BadTrack, BadSince."""
    demand(actor, Ability.MOVE_DATA)
    terms.check()
    zone = ZoneInfo(terms.timezone)
    if terms.since is not None and terms.since.astimezone(zone).date() < now.astimezone(zone).date():
        raise BadSince(str(terms.since.astimezone(zone).date()))
    take_turns(f"tracks:{actor.company_id}")
    name = terms.name.strip()
    if tracks(actor).filter(name=name).exists():
        raise BadTrack(field="name")
    made = DualTrack.objects.create(
        company_id=actor.company_id,
        name=name,
        timezone=terms.timezone,
        needed=terms.needed,
        since=terms.since,
        begun_at=now,
        begun_by_id=actor.id,
    )
    _note(made, Action.TRACK_BEGUN, actor, now, needed=terms.needed)
    return made


def load(*, track_id: UUID, file: File, actor: Actor, now: datetime) -> TrackDay:
    """Compare today's export with what is here; a later one of the same day replaces it.

    Nothing but the comparison is stored. Raises NotAllowed, NotFound, AlreadySwitched, Refused.
    """
    one = _locked(track_id, actor)
    zone = ZoneInfo(one.timezone)
    company = Company.objects.get(id=actor.company_id)
    staging.stage(file.study, staging.Reading(company, zone, file.region, now))
    titles = Position.objects.filter(company_id=actor.company_id).values_list("id", "title")
    places = {position: staging.place_of(title) for position, title in titles}
    found = comparing.compare(actor.company_id, places=places, since=one.since, zone=one.timezone)
    local = now.astimezone(zone).date()
    TrackDifference.objects.filter(company_id=actor.company_id, day__track=one, day__day=local).delete()
    TrackDay.objects.filter(company_id=actor.company_id, track=one, day=local).delete()
    day = TrackDay.objects.create(
        company_id=actor.company_id,
        track=one,
        day=local,
        loaded_at=now,
        file_name=file.name[:255],
        sha256=file.sha256,
        **vars(found),
    )
    comparing.keep_rows(day)
    facts = {"sha256": file.sha256, "counts": found.counts, "repeated": found.repeated}
    _note(one, Action.TRACK_COMPARED, actor, now, day=str(local), **facts)
    return day


def differences(one: DualTrack, *, kind: str = "") -> "QuerySet[TrackDifference]":
    """Return the rows that differed on the last day, all or of one kind."""
    last = one.days.order_by("-day").first()
    found = TrackDifference.objects.filter(company_id=one.company_id, day=last)
    if kind in DifferenceKind.values:
        found = found.filter(kind=kind)
    return found.order_by("kind", "number", "id")


def streak(days: Sequence[TrackDay]) -> list[TrackDay]:
    """Return the last days in a row, without a gap, on which nothing differed, newest first."""
    agreed: list[TrackDay] = []
    wanted: date | None = None
    for day in sorted(days, key=lambda one: one.day, reverse=True):
        if day.differing or (wanted is not None and day.day != wanted):
            break
        agreed.append(day)
        wanted = day.day - timedelta(days=1)
    return agreed


def may_switch(one: DualTrack, days: Sequence[TrackDay], now: datetime) -> bool:
    """Say whether it may be switched now: enough days in a row, the last of them today or yesterday."""
    agreed = streak(days)
    if one.switched_at is not None or len(agreed) < one.needed:
        return False
    today = now.astimezone(ZoneInfo(one.timezone)).date()
    return today - agreed[0].day <= timedelta(days=1)


def switch(*, track_id: UUID, actor: Actor, now: datetime) -> DualTrack:
    """Switch: from now on the interviews here count alone. Signs the report.

    Raises NotAllowed, NotFound, AlreadySwitched, NotAgreeingYet, ComparedLongAgo.
    """
    one = _locked(track_id, actor)
    days = list(one.days.order_by("day"))
    if not may_switch(one, days, now):
        agreed = streak(days)
        if len(agreed) >= one.needed:
            raise ComparedLongAgo(detail=agreed[0].day.isoformat())
        raise NotAgreeingYet(detail=f"{len(agreed)} / {one.needed}")
    one.switched_at, one.switched_by_id = now, actor.id
    one.report = report.signed(one, Company.objects.get(id=one.company_id), days)
    one.save()
    _note(one, Action.TRACK_SWITCHED, actor, now, days=len(days), report=report.digest(one.report))
    return one


def report_of(one: DualTrack) -> str:
    """Return the signed report of a switch. Raises NotSwitchedYet."""
    if not one.report:
        raise NotSwitchedYet(detail=one.name)
    return one.report


def _locked(track_id: UUID, actor: Actor) -> DualTrack:
    demand(actor, Ability.MOVE_DATA)
    mine = DualTrack.objects.select_for_update(no_key=True).filter(company_id=actor.company_id)
    one = mine.filter(id=track_id).first()
    if one is None:
        raise NotFound(detail=str(track_id))
    if one.switched_at is not None:
        raise AlreadySwitched(detail=one.name)
    return one


def _note(one: DualTrack, action: Action, actor: Actor, now: datetime, **facts: object) -> None:
    note(actor=actor, deed=Deed(action, Subject("track", one.id), facts), now=now)
