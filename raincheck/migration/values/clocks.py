"""A time of day in people's spellings: 14:00, 10.30 AM, 下午3点半."""

import re
from dataclasses import dataclass
from datetime import time

_HALF = r"(?P<half>凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|晚)?\s*"
_AP = r"(?:\s*(?P<ap>[ap])\.?\s?m\b\.?)"
_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        _HALF + r"(?P<h>\d{1,2})\s*:\s*(?P<m>\d{2})(?:\s*:\s*(?P<s>\d{2})(?:[.,]\d{1,9})?)?" + _AP + "?",
        _HALF
        + r"(?P<h>\d{1,2})\s*[点點时時]\s*"
        + r"(?:(?P<m>\d{1,2})\s*分?(?:\s*(?P<s>\d{1,2})\s*秒)?|(?P<said>半|整|钟|一刻|三刻))?",
        r"(?P<h>\d{1,2})\.(?P<m>\d{2})(?![\d.])" + _AP + "?",
        r"(?P<h>\d{1,2})" + _AP,
    )
)
_COMPACT = re.compile(r"(?<=T)(?P<h>\d{2})(?P<m>\d{2})(?P<s>\d{2})?(?!\d)", re.IGNORECASE)
_SAID = {"半": 30, "一刻": 15, "三刻": 45}
#: Hours about noon, as they are written and as they are meant.
_NOON = {hour: time(12 + hour if hour in {1, 2} else hour) for hour in (1, 2, 11, 12, 13, 14)}
_MORNING, _AFTERNOON = {"凌晨", "清晨", "早上", "上午"}, {"下午", "傍晚", "晚上", "晚"}


@dataclass(frozen=True)
class Clock:
    """A time of day as read: `half` is 'a' or 'p' where the text says which half of the day it means."""

    hour: int
    minute: int
    second: int
    half: str = ""

    def time(self, half: str = "") -> time | None:
        """Return the time of day, its half taken from `half` where the text leaves it open; None for none."""
        half = self.half or half
        hour = self.hour
        if half == "p" and hour < 12:  # noqa: PLR2004 (hours of a clock)
            hour += 12
        elif half == "a" and hour == 12:  # noqa: PLR2004
            hour = 0
        elif half == "a" and hour > 12:  # noqa: PLR2004
            return None
        try:
            return time(hour, self.minute, self.second)
        except ValueError:
            return None


def in_half(clock: time, half: str, *, ends: bool = False) -> time | None:
    """Return a time in the half of the day that another cell names (`meanings.HALVES`); None where it isn't in it.

    A time past noon says for itself which half it is of; what `ends` at 12 in a morning ends at noon.
    """
    if clock.hour == 12 and half == "a":  # noqa: PLR2004 (hours of a clock)
        return clock if ends else None
    if half == "noon":
        return _NOON[clock.hour].replace(minute=clock.minute) if clock.hour in _NOON else None
    return Clock(clock.hour, clock.minute, clock.second, half).time()


def read_clock(text: str, at: int) -> tuple[Clock, int] | None:
    """Read a time of day at `at`; return it and where it ends, or None."""
    for shape in (_COMPACT, *_SHAPES):
        found = shape.match(text, at)
        if found:
            return _clock(found.groupdict(), found), found.end()
    return None


def _clock(parts: dict[str, str | None], found: "re.Match[str]") -> Clock:
    minute = _SAID.get(parts.get("said") or "") or int(parts.get("m") or 0)
    hour, said = int(found["h"]), parts.get("half") or ""
    half = (parts.get("ap") or "").lower()
    if said in _MORNING:
        half = "a"
    elif said in _AFTERNOON:
        # Midnight or noon? 晚上12点 can't be told, so it becomes no time at all.
        half = "p" if hour != 12 or said == "下午" else "a?"  # noqa: PLR2004
    elif said == "中午":
        half = "p" if hour in {12, 1, 2} else ""
    if half == "a?" or (said == "上午" and hour == 12):  # noqa: PLR2004
        return Clock(99, 0, 0)
    return Clock(hour, minute, int(parts.get("s") or 0), half)
