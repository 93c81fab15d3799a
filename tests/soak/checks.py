"""After the storm: everything acknowledged is finished, each thing exactly once, for everyone concerned."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import connection

from raincheck.archive.models import HistoryRecord
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Agreement, Cancellation, State
from raincheck.notifications import recipients as who
from raincheck.notifications.models import Delivery, Message
from raincheck.notifications.recipients import Recipient
from raincheck.recruiting.models import Interview
from tests.flows import saga
from tests.simulators import Outbox
from tests.soak.load import Kind, Load
from tests.world import World

SETTLED_WITHIN = 420.0
_DONE = (State.COMPLETED, State.REJECTED, State.WITHDRAWN)


def await_settled(here: World) -> float:
    """Wait until nothing is under way any more; return how many seconds that took."""
    began = time.monotonic()
    while _under_way(here):
        assert time.monotonic() - began < SETTLED_WITHIN, f"not settled in time: {_what_is_open(here)}"
        time.sleep(0.5)
    return time.monotonic() - began


def _under_way(here: World) -> bool:
    with here.scope():
        ended = Cancellation.objects.filter(state__in=_DONE)
        unagreed = ended.filter(state=State.COMPLETED).exclude(agreement=Agreement.AGREED)
        live = Cancellation.objects.exclude(state__in=_DONE)
        waiting = Message.objects.filter(state="waiting")
        under_way = live.exists() or unagreed.exists() or waiting.exists()
    return under_way or _jobs_under_way() > 0


def _jobs_under_way() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name <> 'sweep'"
        )
        return int(cursor.fetchone()[0])


def _what_is_open(here: World) -> dict[str, object]:
    """Say what waits and which jobs there are, for whoever reads the failure."""
    with here.scope():
        states = Counter(Cancellation.objects.values_list("state", "agreement"))
        messages = Counter(Message.objects.values_list("event", "state"))
        waiting = list(Message.objects.filter(state="waiting").values_list("event", "next_attempt_at")[:5])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, status, count(*) FROM procrastinate_jobs GROUP BY 1, 2 ORDER BY 1, 2"
        )
        jobs = cursor.fetchall()
    return {"cancellations": states, "messages": messages, "waiting": waiting, "jobs": jobs}


def check(here: World, outbox: Outbox, load: Load) -> dict[str, object]:
    """Assert that each acknowledged request was finished exactly once; return figures worth telling."""
    _check_ends(here, load)
    _check_trails(here, load)
    _check_vendor(here, load)
    messages = _check_messages(here)
    doubles = _check_sinks(here, outbox)
    assert _failed_jobs() == 0, "a job gave up"
    return {"acknowledged": len(load.acknowledged), "messages": len(messages), "mails sent again": doubles}


def _check_ends(here: World, load: Load) -> None:
    """One cancellation an interview, in the state its story leads to, and one history record if it was cancelled."""
    saga.check_invariants(here)
    with here.scope():
        found = Cancellation.objects.values_list("interview_id", "state")
        states = defaultdict(list)
        for interview_id, state in found:
            states[str(interview_id)].append(state)
        histories = Counter(str(i) for i in HistoryRecord.objects.values_list("interview_id", flat=True))
    wanted = {interview_id: [kind.ends_as] for interview_id, kind in load.acknowledged.items()}
    assert dict(states) == wanted, "an acknowledged request was lost, doubled, or ended otherwise"
    cancelled = [i for i, kind in load.acknowledged.items() if kind.ends_as == State.COMPLETED]
    assert histories == Counter(cancelled), "not one history record each"


#: What is recorded of a request, in the lawful order; the vendor's word and its silence come beside it.
_TRAILS = {
    State.COMPLETED: (Action.REQUESTED, Action.APPROVED, Action.MOVED, Action.COMPLETED),
    State.REJECTED: (Action.REQUESTED, Action.REJECTED),
    State.WITHDRAWN: (Action.REQUESTED, Action.WITHDRAWN),
}
#: What a completed one may bear besides, each at most once.
_BESIDE = {Action.AGREED, Action.VENDOR_SILENT, Action.VENDOR_PROGRESS}


def _check_trails(here: World, load: Load) -> None:
    """One audit trail: each deed once, none that doesn't belong, in an order that can have been.

    In the order of their ids, which is that of writing: `at` is when a transaction began, and of two that met at
    one row the one that began first may have written last.
    """
    with here.scope():
        trails: dict[str, list[str]] = defaultdict(list)
        entries = Entry.objects.filter(cancellation_id__isnull=False).order_by("id")
        for interview_id, action in entries.values_list("interview_id", "action"):
            trails[str(interview_id)].append(action)
    for interview_id, kind in load.acknowledged.items():
        trail = trails[interview_id]
        lawful = [a for a in _TRAILS[kind.ends_as] if a != Action.APPROVED or kind is Kind.APPROVED]
        aside = _BESIDE if kind.ends_as == State.COMPLETED else set()
        assert [action for action in trail if action not in aside] == lawful, f"{kind}: {trail}"
        if aside:
            assert trail.count(Action.AGREED) == 1, f"{kind}: {trail}"
            assert all(trail.count(action) <= 1 for action in aside), f"{kind}: {trail}"
            # Reconciling may hear of a cancel whose answer the crash took before the sweep asks for it again.
            if Action.VENDOR_PROGRESS in trail:
                assert (Action.VENDOR_PROGRESS, Action.AGREED) in pairwise(trail), f"{kind}: {trail}"
            # The vendor is asked once the request is decided; silent, it agrees after the completion.
            earlier = Action.COMPLETED if Action.VENDOR_SILENT in trail else lawful[-3]
            assert trail.index(Action.AGREED) > trail.index(earlier), f"{kind}: {trail}"


def _check_vendor(here: World, load: Load) -> None:
    """One cancel there for what was cancelled here, and none for what stands."""
    effects = here.vendor.effects()
    with here.scope():
        refs = {str(i): ref for i, ref in Interview.objects.values_list("id", "vendor_ref")}
    there = {i: effects.get(refs[i], 0) for i in load.acknowledged}
    wanted = {i: int(kind.ends_as == State.COMPLETED) for i, kind in load.acknowledged.items()}
    assert there == wanted, "not one cancel each at the vendor"


def _check_messages(here: World) -> list[Message]:
    """One message a recipient and kind: what the table of recipients says, for everyone, and nothing else."""
    with here.scope():
        messages = list(Message.objects.all())
        wanted = Counter(
            (cancellation.interview_id, event, person)
            for cancellation in Cancellation.objects.select_related("interview__application__candidate")
            for event in _events(cancellation)
            for person in _people(here, cancellation, event)
        )
    # Whether a promise was about to break, which is HR's to hear, hangs on how long things lay still.
    told = Counter((m.interview_id, m.event, m.recipient_id) for m in messages if m.event != who.ALERT)
    assert set(wanted.values()) == {1}
    assert told == wanted, (
        f"missing {list((wanted - told).items())[:3]}, too many {list((told - wanted).items())[:3]}"
    )
    assert {m.state for m in messages} == {"sent"}
    return messages


def _events(cancellation: Cancellation) -> Iterator[str]:
    """Yield what people are told of one cancellation that has ended."""
    by_candidate = cancellation.initiator == "candidate"
    if by_candidate:
        yield who.ASKED_REVIEW if cancellation.outcome == "review" else who.ASKED_AUTO
    ends = {State.REJECTED: who.ENDED_REJECTED, State.WITHDRAWN: who.ENDED_WITHDRAWN}
    cancelled = who.CANCELLED_BY_CANDIDATE if by_candidate else who.CANCELLED_BY_COMPANY
    yield ends.get(State(cancellation.state), cancelled)


def _people(here: World, cancellation: Cancellation, event: str) -> set[UUID]:
    """Return who the table names for an event: this company has one of each."""
    staff = {
        Recipient.INTERVIEWERS: "interviewer",
        Recipient.OWNER: "recruiter",
        Recipient.HR_MANAGERS: "hr_manager",
        Recipient.DEPARTMENT: "department_viewer",
    }
    people = {recipient: here.staff[role].id for recipient, role in staff.items()}
    people[Recipient.CANDIDATE] = cancellation.interview.application.candidate.identity_id
    return {people[line.recipient] for line in who.TABLE[event]}


def _check_sinks(here: World, outbox: Outbox) -> int:
    """Each message came in under its one key; return how many mails came in more than once.

    SMTP takes no key: a mail whose answer was lost on the way is sent again, under the same Message-ID by which
    its receiver can tell.
    """
    counts = outbox.counts()
    assert set(counts["sms"].values()) <= {1}, "not one SMS a message"
    mails = {message_id.strip("<>").partition("@")[0]: times for message_id, times in counts["mail"].items()}
    _check_keys("sms", set(counts["sms"]), here)
    _check_keys("email", set(mails), here)
    # A second key for one kind would show here, for each candidate has one interview.
    texts = Counter((sms["to"], sms["template"]) for sms in outbox.sms())
    assert set(texts.values()) == {1}, [item for item in texts.items() if item[1] > 1][:3]
    letters = Counter(
        (to, mail["subject"])
        for mail in _first_of_each(outbox.mail())
        for to in mail["to"]
        if "candidate" in to
    )
    assert set(letters.values()) == {1}, [item for item in letters.items() if item[1] > 1][:3]
    return sum(mails.values()) - len(mails)


def _check_keys(channel: str, came: set[str], here: World) -> None:
    """Assert that what was noted came, and that nothing came but what was tried: a lost answer looks like a refusal."""
    with here.scope():
        tried = Delivery.objects.filter(channel=channel).exclude(state="skipped")
        noted = {f"{i}-{channel}" for i in tried.filter(state="sent").values_list("message_id", flat=True)}
        asked = {f"{i}-{channel}" for i in tried.values_list("message_id", flat=True)}
    assert noted <= came, f"{channel}: noted, but never came: {list(noted - came)[:3]}"
    assert came <= asked, f"{channel}: came, but under no message's key: {list(came - asked)[:3]}"


def _first_of_each(mails: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({mail["message_id"]: mail for mail in reversed(mails)}.values())


def _failed_jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
        return int(cursor.fetchone()[0])
