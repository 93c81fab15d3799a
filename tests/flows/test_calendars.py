"""The calendar follows by itself: iTIP from booking to cancelling, for those who have the appointment."""

from datetime import timedelta
from types import SimpleNamespace

from icalendar import Calendar

from raincheck.cancellations.rebooking import restore
from raincheck.recruiting.actions import Booking, Times, reschedule, schedule
from raincheck.recruiting.models import Application


def book(world, *, panel=("interviewer",), kind="slot", days=5):
    """Schedule an interview by the product's own action, without a vendor."""
    with world.scope() as now:
        application = Application.objects.get(candidate=world.candidate)
        starts_at = (now + timedelta(days=days)).replace(microsecond=0)
        times = Times(kind, starts_at, starts_at + timedelta(minutes=45))
        ids = [world.staff[role].id for role in panel]
        booking = Booking(application_id=application.id, times=times, interviewer_ids=ids)
        return schedule(booking=booking, actor=world.actor(), now=now)


def events(outbox, email):
    """Return the calendar parts that reached an address, in order, as plain values."""
    found = []
    for mail in outbox.mail(email):
        if not mail["has_calendar"]:
            continue
        calendar = Calendar.from_ical(mail["calendar"])
        [event] = calendar.walk("VEVENT")
        [zone] = calendar.walk("VTIMEZONE")
        assert event["ATTENDEE"] == f"mailto:{email}"
        assert event.decoded("dtend") > event.decoded("dtstart")
        found.append(
            SimpleNamespace(
                method=str(calendar["METHOD"]),
                uid=str(event["UID"]),
                sequence=int(event["SEQUENCE"]),
                status=str(event["STATUS"]),
                starts_at=event.decoded("dtstart"),
                zone=str(zone["TZID"]),
            )
        )
    return found


def test_a_calendar_follows_the_interview_from_booking_to_cancelling(here, outbox, drain):
    interview = book(here)
    drain()
    with here.scope() as now:
        later = interview.starts_at + timedelta(hours=2)
        times = Times("slot", later, later + timedelta(minutes=45))
        reschedule(interview_id=interview.id, times=times, actor=here.actor(), now=now)
    drain()
    here.ask(here.fresh(interview))
    drain()
    booked, moved, gone = events(outbox, here.staff["interviewer"].email)
    assert [e.method for e in (booked, moved, gone)] == ["REQUEST", "REQUEST", "CANCEL"]
    assert {e.uid for e in (booked, moved, gone)} == {f"{interview.id}@raincheck"}
    assert booked.sequence < moved.sequence < gone.sequence
    assert (booked.starts_at, moved.starts_at) == (interview.starts_at, later)
    assert (gone.status, gone.starts_at) == ("CANCELLED", later)
    assert all(e.zone == "Asia/Shanghai" for e in (booked, moved, gone))


def test_a_booking_told_late_does_not_overwrite_the_new_time(here, outbox, drain):
    interview = book(here)
    with here.scope() as now:
        later = interview.starts_at + timedelta(hours=2)
        times = Times("slot", later, later + timedelta(minutes=45))
        reschedule(interview_id=interview.id, times=times, actor=here.actor(), now=now)
    drain()
    found = events(outbox, here.staff["interviewer"].email)
    latest = max(found, key=lambda e: e.sequence)
    assert latest.starts_at == later
    assert [e.sequence for e in found].count(latest.sequence) == 1


def test_a_window_is_no_appointment(here, outbox, drain):
    here.ask(book(here, kind="window"))
    drain()
    assert len(outbox.mail(here.staff["interviewer"].email)) >= 1
    assert not any(mail["has_calendar"] for mail in outbox.mail())


def test_only_interviewers_have_the_appointment_in_their_calendar(here, outbox, drain):
    interview = book(here)
    drain()
    here.ask(interview)
    drain()
    with_calendar = {mail["to"][0] for mail in outbox.mail() if mail["has_calendar"]}
    assert with_calendar == {here.staff["interviewer"].email}


def test_the_former_interviewer_is_freed_and_hears_nothing_of_the_new_meeting(here, outbox, drain):
    former, new = here.staff["interviewer"].email, here.staff["hr_manager"].email
    first = book(here)
    drain()
    here.ask(first)
    drain()
    second = book(here, panel=("hr_manager",), days=7)
    drain()
    assert [e.method for e in events(outbox, former)] == ["REQUEST", "CANCEL"]
    assert {e.uid for e in events(outbox, former)} == {f"{first.id}@raincheck"}
    assert [e.uid for e in events(outbox, new)] == [f"{second.id}@raincheck"]


def test_an_appointment_that_becomes_a_window_leaves_the_calendar_and_one_that_was_none_says_nothing(
    here, outbox, drain
):
    interview = book(here)
    drain()
    for kind in ("window", "window", "slot"):
        with here.scope() as now:
            starts_at = (now + timedelta(days=3)).replace(microsecond=0)
            times = Times(kind, starts_at, starts_at + timedelta(hours=2))
            reschedule(interview_id=interview.id, times=times, actor=here.actor(), now=now)
        drain()
    found = events(outbox, here.staff["interviewer"].email)
    assert [e.method for e in found] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [e.sequence for e in found] == [0, 1, 3]


def test_a_restored_interview_is_an_appointment_of_its_own(here, outbox, drain):
    first = book(here)
    drain()
    cancelled = here.ask(first)
    drain()
    with here.scope() as now:
        again = restore(cancellation_id=cancelled.id, actor=here.actor(), now=now)
    drain()
    found = events(outbox, here.staff["interviewer"].email)
    assert [e.method for e in found] == ["REQUEST", "CANCEL", "REQUEST"]
    assert found[-1].uid == f"{again.id}@raincheck" != found[0].uid
