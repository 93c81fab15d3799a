"""The tags and filters every template has without loading: icons, states, instants for people."""

from datetime import datetime, timedelta
from json import dumps
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, ngettext_lazy

from raincheck.cancellations.models import Cancellation, State
from raincheck.recruiting.models import Interview, InterviewKind, InterviewState

register = template.Library()
_LABELS = {**dict(InterviewState.choices), **dict(State.choices)}
_WEEKDAYS_ZH = "一二三四五六日"
_ZONES = {
    "Asia/Shanghai": gettext_lazy("北京时间"),
    "Asia/Hong_Kong": gettext_lazy("香港时间"),
    "Asia/Singapore": gettext_lazy("新加坡时间"),
}

#: From the beginning of a day to its middle, and to its end.
NOON = timedelta(hours=12)
_A_MINUTE = 60
#: Seconds in a unit, and its words; spelled out here so that they are found for translation.
_SPANS = (
    (86400, ngettext_lazy("%(n)d天", "%(n)d天", "n")),
    (3600, ngettext_lazy("%(n)d小时", "%(n)d小时", "n")),
    (60, ngettext_lazy("%(n)d分钟", "%(n)d分钟", "n")),
)


@register.filter
def json(value: Any) -> str:
    """Return a value as JSON, for an attribute that a script of ours reads."""
    return dumps(value, cls=DjangoJSONEncoder)


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Draw one icon of the sprite; it says nothing to a screen reader."""
    address = static("raincheck/icons.svg")
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>', extra, address, name
    )


@register.simple_tag
def state(code: str) -> SafeString:
    """Show a state as icon and word, never colour alone."""
    return format_html('<span class="state state-{}">{}{}</span>', code, icon(f"state-{code}"), _LABELS[code])


@register.simple_tag
def unconfirmed(cancellation: Cancellation | None) -> SafeString | str:
    """Stand beside 已取消 wherever staff read it, as long as the candidate might still be admitted there."""
    if not cancellation or not cancellation.unconfirmed:
        return ""
    words = cancellation.get_agreement_display()
    return format_html('<span class="badge tone-warn">{}{}</span>', icon("vendor"), words)


@register.simple_tag
def zone() -> str:
    """Name the zone in which this page says its times: 北京时间, or Europe/Berlin."""
    name = timezone.get_current_timezone_name()
    return str(_ZONES.get(name, name.replace("_", " ")))


@register.filter
def day(instant: datetime) -> str:
    """Say a day in the viewer's zone and language: 11月26日 周三 / Wed 26 Nov."""
    local = timezone.localtime(instant)
    year = (
        ""
        if local.year == timezone.localtime().year
        else (f"{local.year}年" if _chinese() else f" {local.year}")
    )
    if _chinese():
        return f"{year}{local.month}月{local.day}日 周{_WEEKDAYS_ZH[local.weekday()]}"
    return f"{local:%a} {local.day} {local:%b}{year}"


def days(starts_at: datetime, ends_at: datetime) -> str:
    """Say a span of whole days. They may be another zone's, so their noon tells which day is meant, not midnight."""
    first, last = day(starts_at + NOON), day(ends_at - NOON)
    return first if first == last else f"{first} – {last}"


@register.filter
def weekday(instant: datetime) -> str:
    """Say the day of the week in the viewer's zone and language: 周三 / Wed."""
    local = timezone.localtime(instant)
    return f"周{_WEEKDAYS_ZH[local.weekday()]}" if _chinese() else f"{local:%a}"


@register.filter
def month(instant: datetime) -> str:
    """Say the month in the viewer's zone and language: 11月 / Nov."""
    local = timezone.localtime(instant)
    return f"{local.month}月" if _chinese() else f"{local:%b}"


@register.filter
def clock(instant: datetime) -> str:
    """Say a time of day in the viewer's zone: 14:00."""
    return f"{timezone.localtime(instant):%H:%M}"


@register.filter
def clock_or_day(instant: datetime, now: datetime) -> str:
    """Say a time of day in the viewer's zone, with its day unless that is today: a review may take days."""
    today = timezone.localtime(instant).date() == timezone.localtime(now).date()
    return clock(instant) if today else f"{day(instant)} {clock(instant)}"


@register.filter
def moment(instant: datetime) -> str:
    """Say a day and time to the second, for timelines."""
    return f"{day(instant)} {timezone.localtime(instant):%H:%M:%S}"


def between(starts_at: datetime, ends_at: datetime) -> str:
    """Say from when to when, to the minute; the second day only where it is another."""
    if day(starts_at) == day(ends_at):
        return f"{day(starts_at)} {clock(starts_at)}–{clock(ends_at)}"
    return f"{day(starts_at)} {clock(starts_at)} – {day(ends_at)} {clock(ends_at)}"


@register.filter
def when(interview: Interview) -> str:
    """Say when an interview is: a slot's day and hours, or a window's deadline."""
    if interview.kind == InterviewKind.SLOT:
        return f"{day(interview.starts_at)} {clock(interview.starts_at)}–{clock(interview.ends_at)}"
    if interview.precision == "day":
        return days(interview.starts_at, interview.ends_at)
    return gettext("%(day)s %(time)s 截止") % {
        "day": day(interview.ends_at),
        "time": clock(interview.ends_at),
    }


@register.filter
def left(instant: datetime, now: datetime) -> str:
    """Say how long it is from `now` to `instant`, in the largest fitting unit: 3天, 5小时, 12分钟."""
    return span(max(instant - now, timedelta()))


@register.filter
def span(length: timedelta) -> str:
    """Say a length of time in the viewer's language."""
    seconds = int(length.total_seconds())
    for size, said in _SPANS:
        if seconds >= size:
            return str(said % {"n": seconds // size})
    if seconds < 1:
        return gettext("不到1秒")
    return ngettext("%(n)d秒", "%(n)d秒", seconds) % {"n": seconds}


@register.filter
def seconds(length: float | None) -> str:
    """Say how long something took: 0.4秒, 12分钟; a dash where nothing was measured."""
    if length is None:
        return "—"
    if length < _A_MINUTE:
        return gettext("%(n)s秒") % {"n": f"{length:.1f}"}
    return span(timedelta(seconds=length))


@register.filter
def label(row: Any) -> str:
    """Return a row's words in the viewer's language, for rows that hold both."""
    return str(row.label_zh if _chinese() else row.label_en)


def _chinese() -> bool:
    return (get_language() or "zh-hans").startswith("zh")
