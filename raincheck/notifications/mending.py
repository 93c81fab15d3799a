"""What of a channel a person has to mend: one task a channel and cause, closed once the channel has worked again.

A wrong key stops every message, a template that isn't approved stops its own alone. So the proof that a cause is over
is a message of a template that had failed by it, handed over on that channel.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import QuerySet

from raincheck.core.actor import Actor
from raincheck.core.scope import take_turns
from raincheck.notifications.channels import CARRIERS
from raincheck.worklist.actions import Need, close, open_task
from raincheck.worklist.models import Kind, State, Task


@dataclass(frozen=True)
class Seen:
    """How a hand-over went: `cause` is the carrier's code where it is ours to mend, empty where it was taken."""

    channel: str
    carrier: str
    template: str
    cause: str = ""


def look(*, company_id: UUID, seen: Iterable[Seen], now: datetime) -> None:
    """Open a task for each cause that hasn't one yet, and close those whose cause is over."""
    found = set(seen)
    went = {(one.channel, one.template) for one in found if not one.cause}
    broke: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for one in found:
        # Of the same moment, what went through is the later word: a task would be opened over what is mended.
        if one.cause and (one.channel, one.template) not in went:
            broke[one.channel, one.carrier, one.cause].add(one.template)
    over = _over(company_id, went) if went else []
    if not broke and not over:
        return
    # One after the other, whatever each opens and closes: two that wait for one another would lose what they note.
    take_turns(f"mending:{company_id}")
    actor = Actor.system(company_id)
    for (channel, carrier, cause), templates in sorted(broke.items()):
        _ask(actor, Seen(channel, carrier, "", cause), templates, now)
    for task in _open(company_id).select_for_update(no_key=True).filter(id__in=over).order_by("id"):
        close(task=task, actor=actor, resolution="works again", now=now)


def failing(company_id: UUID, channel: str) -> set[str]:
    """Return the templates whose messages a person has yet to mend this channel for."""
    return {
        template
        for task in _open(company_id)
        if task.details["channel"] == channel
        for template in task.details["templates"]
    }


def _open(company_id: UUID) -> QuerySet[Task]:
    return Task.objects.filter(company_id=company_id, kind=Kind.CHANNEL_BROKEN, state=State.OPEN)


def _ask(actor: Actor, what: Seen, templates: set[str], now: datetime) -> None:
    subject = uuid5(actor.company_id, f"{what.channel}:{what.carrier}:{what.cause}")
    details = {
        "account": f"{CARRIERS[what.carrier].title} · {what.cause}",
        "channel": what.channel,
        "templates": sorted(templates),
    }
    task = open_task(
        need=Need(Kind.CHANNEL_BROKEN, "channel", subject, details=details), actor=actor, now=now
    )
    if not templates <= set(task.details["templates"]):
        task.details["templates"] = sorted({*task.details["templates"], *templates})
        task.save(update_fields=["details"])


def _over(company_id: UUID, went: set[tuple[str, str]]) -> list[UUID]:
    """Return the tasks of causes that are over: a message of a template that had failed went out."""
    return [
        task.id
        for task in _open(company_id)
        if any((task.details["channel"], template) in went for template in task.details["templates"])
    ]
