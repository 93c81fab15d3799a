"""Whether a reminder is still true: asked when it is written, and again before each attempt to deliver it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from raincheck.notifications.models import Message, MessageState
from raincheck.notifications.recipients import REMINDER
from raincheck.recruiting.models import Interview, InterviewState, Progress

_OVER = (Progress.PARTLY_RECORDED, Progress.SUBMITTED)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def still_to_come(interview: Interview, times: Mapping[str, Any], now: datetime) -> bool:
    """Say whether an interview stands, nobody has begun it, and it is at the times (ISO instants) spoken of."""
    return (
        interview.state == InterviewState.SCHEDULED
        and interview.vendor_progress not in _OVER
        and interview.key_instant > now
        and interview.starts_at == datetime.fromisoformat(times["starts_at"])
        and interview.ends_at == datetime.fromisoformat(times["ends_at"])
    )


def left_in_words(left: timedelta) -> dict[str, str]:
    """Say how long it is still, rounded as people do: 24小时 / 24 hours, 3天 / 3 days, 45分钟 / 45 minutes."""
    if left >= 2 * _DAY:
        return _said(round(left / _DAY), "天", "day")
    if left >= 0.9 * _HOUR:
        return _said(max(1, round(left / _HOUR)), "小时", "hour")
    return _said(max(5, 5 * round(left / (5 * _MINUTE))), "分钟", "minute")


def _said(number: int, zh: str, en: str) -> dict[str, str]:
    return {"zh": f"{number}{zh}", "en": f"{number} {en}{'' if number == 1 else 's'}"}


def drop_untrue(messages: Sequence[Message], now: datetime) -> list[Message]:
    """Return the messages, locked, that are still to go out; a reminder among them says how long is left now.

    A cancel, a new time or a candidate who began may have come since a reminder was written; quiet hours or a mail
    server that was down may have held it up.
    """
    reminders = [message for message in messages if message.event == REMINDER]
    interviews = Interview.objects.in_bulk({message.interview_id for message in reminders} - {None})
    untrue = set()
    for message in reminders:
        interview = interviews.get(message.interview_id)
        if interview is None or not still_to_come(interview, message.params["when"], now):
            untrue.add(message.id)
        else:
            message.params["left"] = left_in_words(interview.key_instant - now)
    if reminders:
        Message.objects.bulk_update([m for m in reminders if m.id not in untrue], ["params"])
        Message.objects.filter(id__in=untrue).update(state=MessageState.DROPPED, next_attempt_at=None)
    return [message for message in messages if message.id not in untrue]
