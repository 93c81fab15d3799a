"""The engine of messages: chains and their receipts, contact points, quiet hours, digests, and the lane for bulk."""

import asyncio
import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from raincheck.archive.models import HistoryRecord, ProfileEntry
from raincheck.audit.catalogue import Action
from raincheck.cancellations import batches
from raincheck.cancellations.models import Batch, Cancellation, State
from raincheck.core.ids import new_id
from raincheck.core.jobs import BULK, defer
from raincheck.lanes import TwoLanes
from raincheck.notifications import points, preferences, receipts, tasks
from raincheck.notifications.carriage import Carriage
from raincheck.notifications.channels.base import Account, Channel, Retry, Undeliverable
from raincheck.notifications.models import (
    ContactPoint,
    Delivery,
    DigestItem,
    Message,
    OptOut,
    Receipt,
    ReceiptOutcome,
    RecipientKind,
)
from raincheck.notifications.recipients import Topic
from raincheck.recruiting.models import Interview
from raincheck.worker import _address
from raincheck.worklist.models import Kind, Task
from tests.flows import saga
from tests.flows.test_messages import hasten

CHAIN = ["app_push", "sms", "email"]
FAILED, DELIVERED = ReceiptOutcome.FAILED, ReceiptOutcome.DELIVERED


class Sink:
    """A carrier of the tests: takes all it is given, unless told to refuse an address or everything."""

    def __init__(self, channel, *, confirms=False):
        self.name, self.channel, self.confirms = f"sink_{channel}", Channel(channel), confirms
        self.taken, self.refuses = [], {}

    def send(self, envelope, account):
        error = self.refuses.get(envelope.address) or self.refuses.get("*")
        if error is not None:
            raise error
        self.taken.append(envelope)
        return f"{self.channel}-{len(self.taken)}"


@pytest.fixture
def sinks(monkeypatch):
    """Have sinks carry the company's messages; the push one confirms, e-mail doesn't."""
    made = {
        channel: Sink(channel, confirms=channel in {"app_push", "sms"})
        for channel in ("in_app", "app_push", "web_push", "sms", "email")
    }
    carried = {
        Channel(channel): Carriage(sink, Account(receipts="https://there.example/"))
        for channel, sink in made.items()
    }
    monkeypatch.setattr(tasks, "carriages", lambda company: carried)
    return made


def write(here, channels, **fields):
    """Write one message to the candidate, as the fan-out does, and return it."""
    with here.scope() as now:
        return Message.objects.create(
            company=here.company,
            entry_id=new_id(),
            event=fields.pop("event", "asked.auto"),
            template=fields.pop("template", "candidate_asked"),
            recipient_kind=RecipientKind.CANDIDATE,
            recipient_id=here.candidate.identity_id,
            language="zh-hans",
            timezone="Asia/Shanghai",
            channels=channels,
            params={
                "company": "云帆科技（示例）",
                "position": "数据分析师",
                "when": {
                    "kind": "slot",
                    "precision": "minute",
                    "starts_at": "2026-12-01T02:00:00+00:00",
                    "ends_at": "2026-12-01T03:00:00+00:00",
                },
            },
            made_at=now,
            next_attempt_at=now,
            **fields,
        )


def point(here, channel, address):
    """Link a device of the candidate's."""
    with here.scope() as now:
        return points.add(
            company_id=here.company.id,
            kind=RecipientKind.CANDIDATE,
            recipient_id=here.candidate.identity_id,
            channel=channel,
            address=address,
            now=now,
        )


def deliver(here, *messages):
    """Run the delivering job as a worker does; what is held back or waits for a receipt stays."""
    tasks.deliver(company_id=str(here.company.id), message_ids=[str(m.id) for m in messages])


def hear(here, carrier, provider_id, outcome, *, why="", at=None):
    """Take a carrier's receipt in."""
    with here.scope() as now:
        return receipts.apply(
            company_id=here.company.id,
            carrier=carrier,
            provider_id=provider_id,
            outcome=outcome,
            at=at or now,
            why=why,
        )


def steps(here, message):
    """Return (channel, state, receipt) of what was tried, in order."""
    with here.scope():
        return list(message.deliveries.order_by("at", "id").values_list("channel", "state", "receipt"))


def state(here, message):
    """Return how the message stands, and whether it is to be looked at again."""
    fresh = here.fresh(message)
    return fresh.state, fresh.next_attempt_at is not None


class TestChains:
    def test_what_leads_nowhere_is_passed_by_at_once_and_shows(self, here, sinks):
        message = write(here, [CHAIN])
        deliver(here, message)
        assert steps(here, message) == [("app_push", "skipped", ""), ("sms", "sent", "")]
        assert state(here, message) == ("waiting", True)

    def test_a_refusal_leads_to_the_next_step_at_once(self, here, sinks):
        point(here, "app_push", "alias-1")
        sinks["app_push"].refuses["*"] = Undeliverable("no such alias")
        sinks["sms"].refuses["*"] = Undeliverable("number refused")
        message = write(here, [CHAIN])
        deliver(here, message)
        assert [channel for channel, _, _ in steps(here, message)] == CHAIN
        assert state(here, message) == ("sent", False)
        assert len({envelope.key for sink in sinks.values() for envelope in sink.taken}) == 1

    def test_without_a_receipt_in_time_the_next_step_is_taken(self, here, sinks, superuser):
        point(here, "app_push", "alias-1")
        message = write(here, [CHAIN])
        deliver(here, message)
        assert state(here, message) == ("waiting", True)
        hasten(here)
        deliver(here, message)
        assert len(steps(here, message)) == 1, "its time isn't over"
        superuser.execute("UPDATE notifications_delivery SET at = at - interval '1 hour'")
        hasten(here)
        deliver(here, message)
        assert [channel for channel, _, _ in steps(here, message)] == ["app_push", "sms"]

    def test_a_receipt_or_having_read_it_in_the_app_ends_the_chain(self, here, sinks):
        point(here, "app_push", "alias-1")
        confirmed, read = write(here, [CHAIN]), write(here, ["in_app", CHAIN])
        deliver(here, confirmed, read)
        assert hear(here, "sink_app_push", "app_push-1", DELIVERED)
        here.put(read, read_at=datetime.now(UTC))
        hasten(here)
        deliver(here, confirmed, read)
        assert state(here, confirmed) == state(here, read) == ("sent", False)
        assert sinks["sms"].taken == []

    def test_a_slow_step_is_passed_by_and_taken_up_again_if_nothing_else_is_left(
        self, here, sinks, superuser
    ):
        point(here, "app_push", "alias-1")
        sinks["app_push"].refuses["*"] = Retry("down", after=5)
        for channel in ("sms", "email"):
            sinks[channel].refuses["*"] = Undeliverable("refused")
        message = write(here, [CHAIN])
        deliver(here, message)
        assert steps(here, message) == [("app_push", "retry", "")]
        superuser.execute("UPDATE notifications_delivery SET at = at - interval '1 hour'")
        sinks["app_push"].refuses.clear()
        hasten(here)
        deliver(here, message)
        assert [(c, s) for c, s, _ in steps(here, message)] == [
            ("app_push", "retry"),
            ("sms", "failed"),
            ("email", "failed"),
            ("app_push", "sent"),
        ]
        assert state(here, message) == ("sent", False)


class TestReceipts:
    def test_a_bounce_goes_on_with_the_chain_and_nothing_left_is_hrs_to_know(self, here, sinks, drain):
        message = write(here, [["sms", "email"]])
        deliver(here, message)
        assert hear(here, "sink_sms", "sms-1", FAILED, why="MK:0001")
        drain()
        assert steps(here, message) == [("sms", "sent", "failed"), ("email", "sent", "")]
        assert hear(here, "sink_email", "email-1", FAILED, why="5.1.1")
        drain()
        assert state(here, message) == ("failed", False)
        assert here.count(Task, kind=Kind.NOBODY_REACHED, state="open") == 1
        assert hear(here, "sink_email", "email-1", DELIVERED), "it came after all"
        drain()
        assert state(here, message) == ("sent", False)
        assert here.count(Task, kind=Kind.NOBODY_REACHED, state="open") == 0

    def test_told_twice_it_says_nothing_new_and_delivered_is_the_last_word(self, here, sinks, drain):
        message = write(here, [["sms", "email"]])
        deliver(here, message)
        said = [hear(here, "sink_sms", "sms-1", outcome) for outcome in (DELIVERED, DELIVERED, FAILED)]
        drain()
        assert said == [True, False, True]
        assert steps(here, message)[0] == ("sms", "sent", "delivered")
        assert sinks["email"].taken == []

    def test_a_receipt_faster_than_our_own_note_of_the_hand_over_is_kept_for_it(self, here, sinks, drain):
        message = write(here, [["sms", "email"]])
        assert hear(here, "sink_sms", "sms-1", FAILED, why="unknown number")
        deliver(here, message)
        assert steps(here, message) == [("sms", "sent", "failed"), ("email", "sent", "")]
        assert here.count(Receipt) == 1


class TestContactPoints:
    def test_of_several_browsers_one_is_enough_and_one_that_is_gone_ends(self, here, sinks):
        gone, there = (
            point(here, "web_push", "https://push.example/1"),
            point(here, "web_push", "https://push.example/2"),
        )
        sinks["web_push"].refuses["https://push.example/1"] = Undeliverable("410", gone=True)
        message = write(here, [["web_push", "sms"]])
        deliver(here, message)
        assert sorted(s for _, s, _ in steps(here, message)) == ["failed", "sent"]
        assert state(here, message) == ("sent", False)
        assert (here.fresh(gone).ended_why, here.fresh(there).ended_at) == ("gone", None)
        again = write(here, [["web_push", "sms"]])
        deliver(here, again)
        assert [s for _, s, _ in steps(here, again)] == ["sent"]

    def test_it_is_sealed_is_one_persons_and_ends_with_their_erasure(self, here, sinks):
        first, same = (
            point(here, "web_push", "https://push.example/1"),
            point(here, "web_push", "https://push.example/1"),
        )
        assert first.id == same.id
        assert b"push.example" not in bytes(first.address_sealed)
        other = here.add_candidate()
        here.candidates.reverse()
        assert here.candidate == other
        taken_over = point(here, "web_push", "https://push.example/1")
        assert here.fresh(first).ended_why == "another_person"
        with here.scope():
            assert points.open_all(ContactPoint.objects.all())[taken_over.id] == "https://push.example/1"
        here.put(other.identity, data_key=None)
        with here.scope():
            assert taken_over.id not in points.open_all(ContactPoint.objects.all())


class TestWhatCanWait:
    def test_what_is_not_urgent_waits_for_the_morning_but_for_the_app(self, here, sinks):
        local = datetime.now(UTC).astimezone(UTC) + timedelta(hours=8)
        here.put(here.company, quiet_from=time(local.hour, 0), quiet_to=time((local.hour + 2) % 24, 0))
        patient, urgent = write(here, ["in_app", "email"], urgent=False), write(here, ["in_app", "email"])
        deliver(here, patient, urgent)
        assert [channel for channel, _, _ in steps(here, patient)] == ["in_app"]
        assert [channel for channel, _, _ in steps(here, urgent)] == ["in_app", "email"]
        until = here.fresh(patient).next_attempt_at
        assert until.minute == 0
        assert timedelta(0) < until - datetime.now(UTC) <= timedelta(hours=2)
        here.put(here.company, quiet_from=time(0), quiet_to=time(0))
        hasten(here)
        deliver(here, patient)
        assert [channel for channel, _, _ in steps(here, patient)] == ["in_app", "email"]

    def test_whoever_left_a_topic_hears_of_it_in_the_app_alone(self, here, sinks, monkeypatch):
        with here.scope() as now:
            OptOut.objects.create(
                company=here.company,
                recipient_kind=RecipientKind.CANDIDATE,
                recipient_id=here.candidate.identity_id,
                topic=Topic.REMINDERS,
                at=now,
            )
        monkeypatch.setattr(
            preferences, "topic_of", lambda m: Topic.REMINDERS if m.template == "candidate_withdrawn" else ""
        )
        owed = write(here, ["in_app", "sms"])
        left = write(here, ["in_app", "sms"], template="candidate_withdrawn")
        deliver(here, owed, left)
        assert {(c, s) for c, s, _ in steps(here, owed)} == {("in_app", "sent"), ("sms", "sent")}
        assert state(here, left) == ("sent", False)
        assert {(c, s) for c, s, _ in steps(here, left)} == {("in_app", "sent"), ("sms", "skipped")}
        assert here.count(Task) == 0


def freeze(here):
    """Freeze the position, as HR does."""
    manager = here.actor()
    with here.scope() as now:
        return batches.freeze_position(
            position_id=here.position.id, actor=manager, reason="position_frozen", now=now
        )


class TestManyAtOnce:
    def test_staff_hear_of_a_whole_list_in_one_message_and_their_calendars_let_go_of_each(
        self, here, outbox, drain
    ):
        booked = [here.book(hours=50 + n, candidate=here.add_candidate()) for n in range(3)]
        freeze(here)
        drain()
        [mail] = outbox.mail(here.staff["interviewer"].email)
        assert "3场面试已取消" in mail["subject"]
        assert [mail["text"].count(i.application.candidate.name) for i in booked] == [1, 1, 1]
        assert len(outbox.mail(here.staff["recruiter"].email)) == 1
        with here.scope():
            told = Message.objects.get(recipient_id=here.staff["interviewer"].id)
            assert {t["uid"] for t in told.params["calendars"]} == {str(i.id) for i in booked}
            assert {t["sequence"] for t in told.params["calendars"]} == {1}
            for_candidates = Message.objects.filter(recipient_kind="candidate")
            assert for_candidates.values("recipient_id").distinct().count() == for_candidates.count() == 3
            assert not DigestItem.objects.filter(digest_id=None).exists()
        saga.check_messages(here)

    def test_late_ones_come_in_a_second_digest_and_never_a_third(
        self, here, outbox, drain, vendor, superuser
    ):
        booked = [here.book(hours=50 + n, candidate=here.add_candidate()) for n in range(3)]
        vendor.fault("error_500", operation="cancel", interview_id=booked[1].vendor_ref)
        freeze(here)
        drain()
        assert [m["subject"] for m in outbox.mail(here.staff["recruiter"].email)] == [], (
            "held until all have ended"
        )
        superuser.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = 'notifications.digest'"
        )
        drain()
        [first] = outbox.mail(here.staff["recruiter"].email)
        assert "2场" in first["subject"]
        vendor.clear_faults()
        saga.hurry(here)
        drain()
        subjects = [mail["subject"] for mail in outbox.mail(here.staff["recruiter"].email)]
        assert [n for n in ("2场", "1场") for subject in subjects if n in subject] == ["2场", "1场"]
        saga.check_messages(here)

    def test_a_long_schedule_is_called_off_in_parts_and_as_one_by_one(
        self, here, outbox, drain, monkeypatch, superuser
    ):
        monkeypatch.setattr(batches, "AT_ONCE", 10)
        monkeypatch.setattr(batches, "PART", 25)
        for n in range(60):
            here.book(hours=50 + n, candidate=here.add_candidate(), with_vendor=n == 0)
        submitted = here.book(
            hours=30, candidate=here.add_candidate(), kind="window", progress="submitted", with_vendor=False
        )
        here.put(submitted, vendor_progress="submitted")
        with here.scope():
            asked = Interview.objects.order_by("id")[1]
        early = here.ask(here.fresh(asked))
        frozen = freeze(here)
        assert frozen.in_parts
        assert here.count(Cancellation) == 1, "the request itself cancels nothing"
        drain()
        saga.check_invariants(here)
        saga.check_messages(here)
        assert here.count(Cancellation, state=State.COMPLETED) == here.count(HistoryRecord) == 60
        assert here.fresh(early).batch_id is None
        batch = here.fresh(Batch(id=frozen.batch_id))
        # The one asked for before has its own job, whichever of the two came first.
        assert (batch.left, batch.cancelled, batch.kept) == (0, 59, 1)
        assert here.entries().count(Action.MOVED) == here.entries().count(Action.COMPLETED) == 60
        assert here.entries().count(Action.REFUSED) == 1
        assert here.count(ProfileEntry, kind="communication") == 60 + 1
        assert len(outbox.mail(here.staff["interviewer"].email)) <= 2 + 1
        assert set(outbox.counts()["mail"].values()) == {1}
        ran = saga.jobs(done=True)
        assert ran.count("cancellations.open_part") == 3
        before = here.count(Message), here.count(Cancellation)
        superuser.execute(
            "UPDATE procrastinate_jobs SET status = 'todo' WHERE task_name = 'cancellations.open_part'"
        )
        superuser.execute('UPDATE cancellations_batch SET "left" = 3')
        drain()
        assert (here.count(Message), here.count(Cancellation)) == before, "run again, it did something"


def test_a_worker_takes_bulk_last_and_never_with_all_its_threads(db):
    with connection.cursor():
        for queue in (BULK, BULK, BULK, "tell"):
            defer("notifications.deliver", queue=queue, company_id=str(new_id()), message_ids=[])

    async def work():
        own = app.with_connector(PsycopgConnector(kwargs=_address()))
        async with own.open_async():
            lanes = TwoLanes(own.connector, at_once=2)
            worker_id = await lanes.register_worker()
            taken = [await lanes.fetch_job(None, worker_id) for _ in range(4)]
            await lanes.finish_job(taken[1], Status.SUCCEEDED, delete_job=False)
            taken.append(await lanes.fetch_job(None, worker_id))
            await lanes.unregister_worker(worker_id)
            return [job and job.queue for job in taken]

    with ThreadPoolExecutor(max_workers=1) as thread:
        order = thread.submit(lambda: asyncio.run(work())).result()
    assert order == ["tell", BULK, BULK, None, BULK]


def test_many_mails_go_over_few_lines_and_a_lost_one_costs_one_mail(here, outbox, monkeypatch):
    connects, connect = [], smtplib.SMTP.connect

    def counted(self, *args, **kwargs):
        connects.append(args)
        return connect(self, *args, **kwargs)

    monkeypatch.setattr(smtplib.SMTP, "connect", counted)
    mails = [write(here, ["email"], template="candidate_withdrawn") for _ in range(20)]
    outbox.fault("smtp", "unreachable", times=1)
    deliver(here, *mails)
    with here.scope():
        states = list(Delivery.objects.order_by("at").values_list("state", flat=True))
    assert sorted(states) == ["retry"] + ["sent"] * 19
    assert len(connects) <= 3
