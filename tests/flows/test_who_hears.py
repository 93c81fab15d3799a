"""Who hears what by the table's own lines: on which channels, when at night, and nobody two things of one event."""

from datetime import UTC, datetime, time, timedelta

import pytest

from raincheck.notifications import points, tasks
from raincheck.notifications.carriage import Carriage
from raincheck.notifications.channels.base import Account, Channel, Retry
from raincheck.notifications.models import Delivery, Message, RecipientKind
from raincheck.notifications.recipients import PROMISED, TABLE, Recipient
from raincheck.operations import promises
from raincheck.recruiting.models import Application, Interview
from tests import people
from tests.flows.test_calendars import events
from tests.flows.test_delivery import Sink, hasten, point

HOUR = timedelta(hours=1)


@pytest.fixture
def sinks(monkeypatch):
    """Have sinks carry the company's messages, none of which confirms."""
    made = {channel: Sink(channel) for channel in ("in_app", "web_push", "sms", "email", "chat")}
    carried = {Channel(name): Carriage(sink, Account()) for name, sink in made.items()}
    monkeypatch.setattr(tasks, "carriages", lambda company: carried)
    return made


def went_by(here, template):
    """Return the channels on which the message of this template was tried, with how that ended."""
    with here.scope():
        found = Delivery.objects.filter(message__template=template).order_by("at", "id")
        return [(d.channel, d.state) for d in found if d.channel != "in_app"]


class TestByDefault:
    def test_a_phone_that_takes_push_gets_no_sms_and_the_outcome_is_mailed_too(
        self, here, interview, sinks, drain
    ):
        point(here, "web_push", "https://push.example/1")
        here.ask(interview)
        drain()
        assert went_by(here, "candidate_asked") == [("web_push", "sent")]
        assert sorted(went_by(here, "candidate_cancelled")) == [("email", "sent"), ("web_push", "sent")]
        assert sinks["sms"].taken == []

    def test_with_push_and_sms_down_the_acknowledgement_is_mailed_within_its_minute(
        self, here, interview, sinks, drain, superuser
    ):
        point(here, "web_push", "https://push.example/1")
        for channel in ("web_push", "sms"):
            sinks[channel].refuses["*"] = Retry("down")
        asked = here.ask(interview)
        waited = timedelta()
        for _ in range(3):
            drain()
            with here.scope():
                waiting = Message.objects.get(template="candidate_asked")
            if waiting.next_attempt_at is None:
                break
            # What the clock would do: go on to when it is looked at again, no further.
            ahead = waiting.next_attempt_at - datetime.now(UTC)
            waited += ahead
            superuser.execute("UPDATE notifications_delivery SET at = at - %s", [ahead])
            hasten(here)
        tried = went_by(here, "candidate_asked")
        assert {channel for channel, state in tried if state == "retry"} == {"web_push", "sms"}
        assert tried[-1] == ("email", "sent")
        assert waited < timedelta(seconds=45)
        assert asked

    def test_only_the_mail_is_left_for_whom_no_phone_is_known(self, here, interview, sinks, drain):
        here.put(here.candidate.identity, phone_sealed=None)
        here.ask(interview)
        drain()
        assert went_by(here, "candidate_asked") == [("sms", "skipped"), ("email", "sent")]

    def test_a_channel_nobody_has_linked_is_not_even_noted_and_a_robot_makes_the_line_a_chat_line(
        self, here, sinks, drain
    ):
        here.ask(here.book(hours=100))
        drain()
        with here.scope():
            assert not Delivery.objects.filter(state="skipped").exists()
        with here.scope() as now:
            points.add(
                company_id=here.company.id,
                kind=RecipientKind.STAFF,
                recipient_id=here.staff["interviewer"].id,
                channel="chat",
                address="wecombot://key",
                now=now,
            )
        here.ask(here.book(hours=110))
        drain()
        [said] = sinks["chat"].taken
        assert (said.address, said.template) == ("wecombot://key", "staff_cancelled")

    def test_what_was_promised_leaves_the_house_at_once_on_a_channel_everybody_has(self):
        for event, lines in TABLE.items():
            for line in lines:
                if line.owed is PROMISED:
                    assert line.urgent, event
                    ways = [way if isinstance(way, tuple) else (way,) for way in line.channels]
                    assert any({"sms", "email"} & set(way) for way in ways), event


class TestAtNight:
    @pytest.fixture
    def night(self, here):
        """Have it be night for everyone, for seven hours yet."""
        local = datetime.now(UTC) + timedelta(hours=8)
        begins, ends = time(local.hour, 0), time((local.hour + 8) % 24, 0)
        here.put(here.company, quiet_from=begins, quiet_to=ends)

    @pytest.mark.parametrize(("hours", "waits"), [(100, True), (9, False)])
    def test_a_cancel_wakes_the_interviewer_only_where_the_morning_would_be_too_late(
        self, here, night, sinks, drain, hours, waits
    ):
        here.ask(here.book(hours=hours), actor=here.actor(), reason="position_filled")
        drain()
        assert went_by(here, "staff_cancelled") == ([] if waits else [("email", "sent")])
        assert bool(went_by(here, "candidate_cancelled_by_company")) is not waits

    def test_who_asked_for_it_hears_at_once_all_the_same(self, here, night, interview, sinks, drain):
        here.ask(interview)
        drain()
        for template in ("candidate_asked", "candidate_cancelled"):
            assert ("sms", "sent") in went_by(here, template)
        assert went_by(here, "hr_cancelled") == []
        with here.scope() as now:
            assert promises.scores(now)[promises.Promise.OUTCOME].kept == 1


def test_an_owner_who_may_decide_no_more_isnt_the_only_one_who_hears_that_a_review_waits(here, drain):
    """Their role was changed, or the position was handed to a colleague with another one; it stays theirs."""
    admin, owner, manager = (here.staff[role] for role in ("company_admin", "recruiter", "hr_manager"))
    roles = f"/console/staff/{owner.id}/roles/"
    asked, frozen = here.book(hours=5), here.book(hours=90)
    assert people.staff_client(admin).post(roles, {"role": ["interviewer"]}).status_code == 302
    here.ask(asked)
    drain()
    freeze = f"/console/positions/{here.position.id}/freeze/"
    manager_client = people.staff_client(manager)
    assert manager_client.post(freeze, {"reason": "position_frozen", "confirmed": "yes"}).status_code == 302
    drain()
    with here.scope():
        told = Message.objects.filter(recipient_kind=RecipientKind.STAFF)
        heard = set(told.values_list("template", "recipient_id"))
        assert Interview.objects.get(id=frozen.id).state == "cancelled"
    assert ("staff_review_needed", manager.id) in heard
    assert ("staff_digest_cancelled", manager.id) in heard
    assert owner.id not in {person for _, person in heard}


def test_where_nobody_may_decide_any_more_the_owner_hears_all_the_same(here, drain):
    """The last of HR left, and handed the positions to the administrator, who can give somebody the role."""
    admin = here.staff["company_admin"]
    asked = here.book(hours=5)
    for role in ("hr_manager", "recruiter"):
        path = f"/console/staff/{here.staff[role].id}/leave/"
        assert people.staff_client(admin).post(path, {"to": admin.id}).status_code == 302
    here.ask(asked)
    drain()
    with here.scope():
        told = Message.objects.filter(template="staff_review_needed")
        assert list(told.values_list("recipient_id", flat=True)) == [admin.id]


def test_the_former_interviewer_hears_of_the_cancel_and_the_new_one_of_the_booking_alone(
    here, hr, outbox, drain
):
    """Booked, called off and booked anew with somebody else, all of it in the console."""
    with here.scope():
        application = Application.objects.get(candidate=here.candidate)
        colleague = type(here.staff["interviewer"]).objects.create(
            company=here.company, email=f"second-{here.company.slug}@example.com", name="示例面试官乙"
        )
        here.staff["interviewer"].grants.model.objects.create(
            company=here.company, staff=colleague, role="interviewer"
        )
    booked = []
    for days, person in ((5, here.staff["interviewer"]), (6, colleague)):
        starts_at = datetime.now(UTC) + timedelta(days=days, hours=8)
        form = {
            "application": str(application.id),
            "kind": "slot",
            "starts_at": f"{starts_at:%Y-%m-%dT%H:%M}",
            "ends_at": f"{starts_at + HOUR:%Y-%m-%dT%H:%M}",
            "interviewers": [str(person.id)],
        }
        answer = hr.post("/console/interviews/new/", form)
        assert answer.status_code == 302, people.text(answer)
        booked.append(answer["Location"].rstrip("/").rpartition("/")[2])
        drain()
        if person != colleague:
            gone = hr.post(f"{answer['Location']}cancel/", {"reason": "interviewer_unavailable"})
            assert gone.status_code == 302, people.text(gone)
            drain()
    former, new = here.staff["interviewer"].email, colleague.email
    assert [(e.method, e.uid.partition("@")[0]) for e in events(outbox, former)] == [
        ("REQUEST", booked[0]),
        ("CANCEL", booked[0]),
    ]
    assert [(e.method, e.uid.partition("@")[0]) for e in events(outbox, new)] == [("REQUEST", booked[1])]
    assert not any(mail["subject"].strip().startswith("面试已取消") for mail in outbox.mail(new))
    with here.scope():
        assert Interview.objects.get(id=booked[1]).state == "scheduled"


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_one_event_never_says_two_things_to_anybody(here, hr, drain, decision):
    """A request under review, decided in the console: whatever its end, each hears of that end alone, and once."""
    soon = here.book(hours=4)
    person = people.candidate_client(here.company, here.candidate)
    link = f"/c/{here.company.slug}/interviews/{soon.id}/cancel/"
    assert person.post(link, {"reason": "time_conflict", "confirm": "yes"}).status_code == 302
    drain()
    with here.scope():
        request_id = soon.cancellations.get().id
    said = {"decision": decision, "decision_note": "请按时参加" if decision == "reject" else ""}
    answer = hr.post(f"/console/reviews/{request_id}/", said)
    assert answer.status_code == 302, people.text(answer)
    drain()
    with here.scope():
        told = list(
            Message.objects.filter(interview_id=soon.id).values_list("entry_id", "recipient_id", "event")
        )
    assert len({(entry, reader) for entry, reader, _ in told}) == len(told), "one deed told somebody twice"
    ends = {event for _, _, event in told if not event.startswith("asked.")}
    assert ends == {"cancelled.candidate" if decision == "approve" else "ended.rejected"}
    heard = [event for _, reader, event in told if reader == here.candidate.identity_id]
    assert sorted(heard) == sorted(["asked.review", *ends])
    assert Recipient.CANDIDATE in {line.recipient for line in TABLE[ends.pop()]}
