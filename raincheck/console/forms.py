"""What every form here needs: trying an action and keeping what was typed, and reading what was typed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import Invalid, RaincheckError


class BadMoment(Invalid):
    """The text isn't a date and time."""

    code = "bad_moment"
    message = _("请填写完整的日期和时间")
    advice = _("例如 2025-11-26 14:00")


class SkippedMoment(Invalid):
    """The clocks leap over this local time."""

    code = "skipped_moment"
    message = _("当地时钟在这一刻向前拨，这个时间并不存在")
    advice = _("请改选拨钟之前或之后的时间")


@dataclass
class Attempt:
    """How an action went: `error` is a refusal that belongs to one of the form's fields."""

    error: RaincheckError | None = None


@contextmanager
def attempt(*also: type[RaincheckError]) -> Iterator[Attempt]:
    """Try an action; where a field is at fault nothing of it stays and the form can be shown again.

    A refusal that is about no field travels on, a recorded one with its record, unless it is one of `also`: then
    the page of the form says it.
    """
    tried = Attempt()
    here = transaction.savepoint()
    try:
        yield tried
    except RaincheckError as error:
        if not error.recorded:
            transaction.savepoint_rollback(here)
        if not error.field and not isinstance(error, also):
            raise
        tried.error = error
    else:
        transaction.savepoint_commit(here)


def local_instant(text: str, *, zone: ZoneInfo, field: str) -> datetime:
    """Return the UTC instant of a `datetime-local` value. Of a doubled hour the first is meant.

    Raises BadMoment, SkippedMoment.
    """
    try:
        wall = datetime.fromisoformat(text).replace(tzinfo=None, fold=0)
        instant = wall.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadMoment(field=field) from error
    if instant.astimezone(zone).replace(tzinfo=None, fold=0) != wall:
        raise SkippedMoment(field=field)
    return instant


def wall_clock(instant: datetime, zone: ZoneInfo) -> str:
    """Return what a `datetime-local` input shows of an instant."""
    return instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def day_start(text: str, *, zone: ZoneInfo, days_on: int = 0) -> datetime | None:
    """Return when a day, or one some days on, begins in a zone; None for what isn't a date."""
    try:
        that_day = date.fromisoformat(text) + timedelta(days=days_on)
        return datetime.combine(that_day, time(), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def uuid_or_none(text: str) -> UUID | None:
    """Return the id a field holds, or None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
