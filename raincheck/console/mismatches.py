"""In what we and an AI interview system differ, in words: with the time it has there, where that is it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from raincheck.console.vocabulary import MISMATCHES
from raincheck.web.templatetags.raincheck import clock, day


def in_words(mismatch: str, details: Mapping[str, Any]) -> str:
    """Say a difference; `details` are those of the task about it. Nothing where there is none."""
    said = str(MISMATCHES.get(mismatch, mismatch))
    there = _when(details.get("there", ""))
    return _("%(difference)s：那里是 %(when)s") % {"difference": said, "when": there} if there else said


def _when(there: str) -> str:
    """Say start and end (ISO 8601, a stroke between, either may be missing) in the viewer's zone."""
    begins, _stroke, ends = there.partition("/")
    start, end = (datetime.fromisoformat(text) if text else None for text in (begins, ends))
    if start is None:
        return _("%(day)s %(time)s 截止") % {"day": day(end), "time": clock(end)} if end else ""
    since = f"{day(start)} {clock(start)}"
    if end is None:
        return since
    same_day = timezone.localtime(start).date() == timezone.localtime(end).date()
    return f"{since}–{clock(end)}" if same_day else f"{since} – {day(end)} {clock(end)}"
