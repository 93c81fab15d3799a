"""Calendars by subscription: whoever has the address sees what its owner may see, until the owner changes it."""

from datetime import UTC, timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from raincheck.accounts.models import RoleGrant, Staff
from raincheck.notifications.calendars.feeds import address_of
from raincheck.notifications.models import CalendarFeed
from raincheck.recruiting.actions import Times, reschedule
from raincheck.recruiting.models import Application, Department, Position
from tests import people
from tests.flows.test_calendars import book
from tests.trail import rewrite

NOT_FOUND = 404


def turn_on(world, role, *, department=None):
    """Turn a subscription on in the console, as somebody of this role; return the path of its address."""
    client = people.staff_client(world.staff[role])
    answer = client.post("/console/calendars/renew/", {"department": department.id if department else ""})
    assert answer.status_code == 302
    with world.scope():
        feed = CalendarFeed.objects.get(
            staff=world.staff[role], department_id=department.id if department else None
        )
    url = address_of(feed).url
    page = people.text(client.get("/console/calendars/"))
    assert url in page
    assert address_of(feed).webcal in page
    return url[url.index("/calendar/") :]


def events(path, **headers):
    answer = Client().get(path, **headers)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    made = Calendar.from_ical(answer.content)
    assert "METHOD" not in made
    return {str(event["UID"]).partition("@")[0]: event for event in made.walk("VEVENT")}


def test_a_subscription_follows_an_interview_and_lets_it_go_after_a_while(here, outbox, drain):
    interview = book(here)
    window = book(here, kind="window", days=30)
    path = turn_on(here, "interviewer")
    [event] = events(path).values()
    assert str(event["UID"]) == f"{interview.id}@raincheck"
    assert (str(event["STATUS"]), str(event["SUMMARY"])) == (
        "CONFIRMED",
        f"AI面试：{here.candidate.name} · {here.position.title}",
    )
    assert event.decoded("dtstart").astimezone(UTC) == interview.starts_at
    assert str(window.id) not in str(events(path))

    with here.scope() as now:
        later = interview.starts_at + timedelta(hours=2)
        times = Times("slot", later, later + timedelta(minutes=45))
        reschedule(interview_id=interview.id, times=times, actor=here.actor(), now=now)
    moved = events(path)[str(interview.id)]
    assert moved.decoded("dtstart").astimezone(UTC) == later
    assert moved["SEQUENCE"] > event["SEQUENCE"]

    here.ask(here.fresh(interview))
    drain()
    gone = events(path)[str(interview.id)]
    assert str(gone["STATUS"]) == "CANCELLED"
    assert gone["SEQUENCE"] > moved["SEQUENCE"]


def test_what_was_cancelled_long_ago_is_dropped(here, superuser, drain):
    interview = book(here, days=90)
    here.ask(interview)
    drain()
    path = turn_on(here, "interviewer")
    assert str(interview.id) in events(path)
    rewrite(superuser, at="(canonical::jsonb ->> 'at')::bigint - 31 * 86400000000")
    assert events(path) == {}


def test_a_program_that_has_it_already_is_told_so(here, drain):
    interview = book(here)
    path = turn_on(here, "interviewer")
    first = Client().get(path)
    assert first["Cache-Control"] == "private, no-cache"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT15M" in first.content
    assert b"X-PUBLISHED-TTL" in first.content
    again = Client().get(path, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    head = Client().head(path)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", first["ETag"])
    here.ask(interview)
    drain()
    assert Client().get(path, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200


def test_it_holds_nothing_of_how_a_candidate_is_reached(here):
    book(here)
    body = Client().get(turn_on(here, "interviewer")).content.decode().replace("\r\n ", "")
    for secret in (here.phone(), here.phone()[3:], here.email()):
        assert secret not in body


def test_a_department_is_seen_by_those_who_look_at_it_and_while_they_do(here):
    book(here)
    with here.scope():
        other = Department.objects.create(company=here.company, name="别的部门")
        elsewhere = Position.objects.create(company=here.company, department=other, title="别的岗位")
    path = turn_on(here, "department_viewer", department=here.department)
    assert len(events(path)) == 1
    viewer = people.staff_client(here.staff["department_viewer"])
    assert viewer.post("/console/calendars/renew/", {"department": other.id}).status_code == NOT_FOUND
    assert viewer.post("/console/calendars/renew/", {"department": "nonsense"}).status_code == NOT_FOUND
    with here.scope():
        Application.objects.update(position=elsewhere)
    assert events(path) == {}
    with here.scope():
        RoleGrant.objects.filter(staff=here.staff["department_viewer"]).update(department_id=other.id)
    assert Client().get(path).status_code == NOT_FOUND


def test_an_interviewer_sees_their_own_and_nobody_elses(here, there):
    mine, theirs, foreign = book(here), book(here, panel=("hr_manager",), days=9), book(there)
    found = events(turn_on(here, "interviewer"))
    assert set(found) == {str(mine.id)}
    assert set(events(turn_on(here, "hr_manager"))) == {str(theirs.id)}
    assert set(events(turn_on(there, "interviewer"))) == {str(foreign.id)}


@pytest.mark.parametrize("end", ["off", "renewed", "left", "no role"])
def test_an_address_that_was_ended_is_not_found(here, end):
    book(here)
    path = turn_on(here, "interviewer")
    client = people.staff_client(here.staff["interviewer"])
    if end == "off":
        client.post("/console/calendars/off/")
        assert "/calendar/" not in people.text(client.get("/console/calendars/"))
    elif end == "renewed":
        assert len(events(turn_on(here, "interviewer"))) == 1
    else:
        with here.scope():
            if end == "left":
                Staff.objects.filter(id=here.staff["interviewer"].id).update(is_active=False)
            else:
                RoleGrant.objects.filter(staff=here.staff["interviewer"]).delete()
    assert Client().get(path).status_code == NOT_FOUND


def test_an_address_cannot_be_guessed_or_made_from_another(here):
    path = turn_on(here, "interviewer")
    name = path.removeprefix("/calendar/").removesuffix(".ics")
    for wrong in (name[:-1], name[:-1] + "0", f"{name}0", name[:32], "nonsense", "0" * 75, f"{name[:32]}é"):
        assert Client().get(f"/calendar/{wrong}.ics").status_code == NOT_FOUND, wrong
    assert Client().post(path).status_code == 405
