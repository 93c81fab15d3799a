"""A company's own calendar server, a real one: what is booked stands there, moves, and goes once it is cancelled."""

from datetime import UTC, timedelta
from types import SimpleNamespace

import pytest
from django.test import override_settings
from icalendar import Calendar

from raincheck.audit.catalogue import Action
from raincheck.notifications.calendars import dav, push
from raincheck.notifications.calendars.servers import Login, name_server, try_server
from raincheck.notifications.models import CalendarServer, PushedEvent
from raincheck.recruiting.actions import Times, reschedule
from raincheck.worklist.models import Kind, State, Task
from tests import people
from tests.flows import saga
from tests.flows.test_calendars import book
from tests.radicale_server import PASSWORD, USER, Radicale
from tests.world import jobs

WRONG = "not-the-password"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run one Radicale for this file."""
    running = Radicale(tmp_path_factory.mktemp("radicale"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def interviewer(here, server):
    """Return the address of the interviewer, who has a calendar there."""
    email = here.staff["interviewer"].email
    server.give_calendar(email)
    return email


@pytest.fixture
def named(here, server, interviewer):
    """Have the company name its server."""
    name(here, server)


def name(world, server, *, url="", password=PASSWORD):
    with world.scope() as now:
        name_server(actor=world.actor(), login=Login(url or server.url, USER, password), now=now)


def move(world, interview, *, kind="slot", hours=2):
    with world.scope() as now:
        later = interview.starts_at + timedelta(hours=hours)
        times = Times(kind, later, later + timedelta(minutes=45))
        return reschedule(interview_id=interview.id, times=times, actor=world.actor(), now=now)


def events(server, email):
    found = []
    for calendar in server.events(email):
        assert "METHOD" not in calendar
        [event] = calendar.walk("VEVENT")
        assert "ATTENDEE" not in event
        assert "ORGANIZER" not in event
        starts_at = event.decoded("dtstart").astimezone(UTC)
        found.append(
            SimpleNamespace(uid=str(event["UID"]), starts_at=starts_at, sequence=int(event["SEQUENCE"]))
        )
    return found


def tasks(world, state=State.OPEN):
    with world.scope():
        return list(Task.objects.filter(kind=Kind.CALENDAR_UNREACHED, state=state))


def later(world, **since):
    """Let the waits of the server and its rows have passed; `since` moves other clocks back."""
    with world.scope() as now:
        CalendarServer.objects.update(paused_until=None)
        PushedEvent.objects.filter(due_at__isnull=False).update(
            due_at=now - timedelta(minutes=5), claimed_until=None
        )
        for field, ago in since.items():
            PushedEvent.objects.filter(failing_since__isnull=False).update(**{field: now - ago})
            CalendarServer.objects.filter(failing_since__isnull=False).update(**{field: now - ago})
    push.sweep.func(timestamp=0)


def test_what_is_booked_stands_there_moves_and_is_gone_once_cancelled(
    here, server, named, interviewer, drain
):
    interview = book(here)
    drain()
    [booked] = events(server, interviewer)
    assert (booked.uid, booked.starts_at) == (f"{interview.id}@raincheck", interview.starts_at)
    moved = move(here, interview)
    drain()
    [there] = events(server, interviewer)
    assert (there.uid, there.starts_at) == (booked.uid, moved.starts_at)
    assert there.sequence > booked.sequence
    here.ask(here.fresh(interview))
    drain()
    assert events(server, interviewer) == []
    assert tasks(here) == []


def test_only_slots_are_written_and_a_slot_that_becomes_a_window_is_taken_away(
    here, server, named, interviewer, drain
):
    book(here, kind="window", days=20)
    interview = book(here)
    drain()
    assert len(events(server, interviewer)) == 1
    move(here, interview, kind="window", hours=30)
    drain()
    assert events(server, interviewer) == []


def test_what_was_booked_before_the_server_was_named_comes_there_too(here, server, interviewer, drain):
    interview = book(here)
    drain()
    assert "calendars.push" not in jobs()
    assert events(server, interviewer) == []
    name(here, server)
    drain()
    assert [e.uid for e in events(server, interviewer)] == [f"{interview.id}@raincheck"]


def test_run_twice_it_does_nothing_new_and_a_lost_answer_is_no_second_event(
    here, server, named, interviewer, drain
):
    interview = book(here)
    drain()
    with here.scope():
        before = PushedEvent.objects.get()
        # As after a crash between the server's answer and our note of it.
        PushedEvent.objects.update(there=None, etag="", href="", unsure=True)
    push.push.func(company_id=str(here.company.id), interview_ids=[str(interview.id)])
    with here.scope():
        after = PushedEvent.objects.get()
    assert (after.there, after.href, after.unsure) == (before.there, before.href, False)
    assert len(events(server, interviewer)) == 1
    push.push.func(company_id=str(here.company.id), interview_ids=[str(interview.id)])
    with here.scope():
        assert PushedEvent.objects.get().etag == after.etag


def test_an_event_its_owner_changed_or_filed_under_another_name_is_found_moved_and_removed(
    here, server, named, interviewer, drain
):
    interview = book(here)
    drain()
    [event] = server.calendar(interviewer).get_events()
    # Changed there: our ETag is out of date.
    event.data = event.data.replace("SUMMARY:", "SUMMARY:我的 ")
    event.save()
    moved = move(here, interview)
    drain()
    assert [e.starts_at for e in events(server, interviewer)] == [moved.starts_at]
    # Taken away and put back by the person's own program, from the mail: same UID, another name.
    [event] = server.calendar(interviewer).get_events()
    data = event.data
    event.delete()
    server.calendar(interviewer).add_event(Calendar.from_ical(data).to_ical().decode())
    with here.scope():
        PushedEvent.objects.update(href="", etag="", there=None)
    again = move(here, here.fresh(interview))
    drain()
    assert [e.starts_at for e in events(server, interviewer)] == [again.starts_at]
    here.ask(here.fresh(interview))
    drain()
    assert events(server, interviewer) == []


def test_a_wrong_password_is_a_task_at_once_and_once_and_mending_it_brings_everything(
    here, server, interviewer, hr, drain
):
    name(here, server, password=WRONG)
    first, second = book(here), book(here, days=8)
    drain()
    assert events(server, interviewer) == []
    [task] = tasks(here)
    assert task.details == {"account": f"127.0.0.1:{server.port}", "trouble": "wrong user or password"}
    page = people.text(hr.get("/console/calendars/server/"))
    assert "wrong user or password" in page
    assert WRONG not in page
    here.ask(second)
    assert people.text(hr.get(f"/console/tasks/{task.id}/"))
    answer = hr.post(
        "/console/calendars/server/", {"url": server.url, "username": USER, "password": PASSWORD}
    )
    assert answer.status_code == 302
    drain()
    assert [e.uid for e in events(server, interviewer)] == [f"{first.id}@raincheck"]
    assert tasks(here) == []
    assert saga.facts_of(here, Action.CALENDAR_SERVER)["what"] == ["settings", "password"]


def test_a_server_that_is_down_gets_it_once_it_is_back(here, server, named, interviewer, drain):
    server.stop()
    try:
        interview = book(here)
        drain()
        assert tasks(here) == []
        later(here, failing_since=timedelta(hours=2))
        drain()
        assert [task.subject_type for task in tasks(here)] == ["calendar_server"]
    finally:
        server.start()
    later(here)
    drain()
    assert [e.uid for e in events(server, interviewer)] == [f"{interview.id}@raincheck"]
    assert tasks(here) == []


def test_a_person_without_a_calendar_there_is_a_task_after_a_while_and_holds_up_nobody(
    here, server, named, interviewer, drain
):
    book(here, panel=("interviewer", "hr_manager"))
    drain()
    assert len(events(server, interviewer)) == 1
    assert tasks(here) == []
    later(here, failing_since=timedelta(hours=2))
    drain()
    [task] = tasks(here)
    assert (task.subject_type, task.subject_id) == ("staff", here.staff["hr_manager"].id)
    server.give_calendar(here.staff["hr_manager"].email)
    later(here)
    drain()
    assert len(events(server, here.staff["hr_manager"].email)) == 1
    assert tasks(here) == []


def test_the_page_tests_the_connection_and_gives_the_server_up(here, server, interviewer, hr, drain):
    server.give_calendar(here.staff["hr_manager"].email)
    form = {"url": server.url, "username": USER, "password": PASSWORD}
    assert hr.post("/console/calendars/server/", form).status_code == 302
    page = people.text(hr.post("/console/calendars/server/test/", follow=True))
    assert "连接正常" in page
    assert PASSWORD not in page
    # The password is kept for the same place, and for no other.
    assert hr.post("/console/calendars/server/", {**form, "password": ""}).status_code == 302
    elsewhere = {**form, "url": "https://elsewhere.example.com/{email}/", "password": ""}
    refused = hr.post("/console/calendars/server/", elsewhere)
    assert (refused.status_code, "地址或用户名变更后须重新填写密码" in people.text(refused)) == (422, True)
    hr.post("/console/calendars/server/off/")
    book(here)
    drain()
    assert events(server, interviewer) == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://calendar.example.com/{email}/",
        "https://calendar.example.com/everybody/",
        "https://{localpart}.example.com/work/",
        "https://u:p@calendar.example.com/{email}/",
        "https://calendar.example.com/{email}/?key=1",
        "nonsense",
    ],
)
def test_an_address_that_names_no_person_or_could_lead_elsewhere_is_refused(here, hr, url):
    answer = hr.post("/console/calendars/server/", {"url": url, "username": USER, "password": PASSWORD})
    assert answer.status_code == 422
    assert here.count(CalendarServer) == 0


def test_an_address_within_the_house_is_not_called(here, server, interviewer):
    name(here, server)
    with override_settings(RAINCHECK_PRIVATE_NETWORKS=[]):
        tested = try_server(actor=here.actor(), email=interviewer)
    assert (tested.ok, tested.why) == (False, "private network")


class _Scripted:
    """Answers of a server that refuses to delete, one after the other."""

    def __init__(self, monkeypatch, *statuses):
        self.calls, self._statuses = [], list(statuses)
        monkeypatch.setattr(dav.http, "call", self)

    def __call__(self, method, url, **given):
        self.calls.append((method, given.get("headers", {}), given.get("content")))
        status = self._statuses.pop(0)
        return dav.http.Answer(status, {"etag": 'W/"weak"'}, b"", None)


def test_where_deleting_is_refused_the_event_is_marked_cancelled(monkeypatch):
    script = _Scripted(monkeypatch, 403, 204)
    account = dav.Account("https://calendar.example.com/{localpart}/", "u", "p")
    assert account.calendar("a.b@example.com") == "https://calendar.example.com/a.b/"
    place = dav.Place("https://calendar.example.com/a.b/1.ics", there=True, etag='"1"')
    dav.remove(account, place, calendar=account.calendar("a.b@example.com"), uid="1", cancelled="CANCELLED")
    assert [method for method, _, _ in script.calls] == ["DELETE", "PUT"]
    assert script.calls[1][2] == b"CANCELLED"
    assert script.calls[1][1]["If-Match"] == '"1"'
