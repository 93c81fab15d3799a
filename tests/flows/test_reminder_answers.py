"""One tap on a reminder: who may, what it does, and that it never acts on another interview or time."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from raincheck.audit.catalogue import Action
from raincheck.cancellations import batches
from raincheck.core.scope import company_scope
from raincheck.notifications.models import Message
from raincheck.recruiting.actions import Times, reschedule
from raincheck.reminders import tasks
from raincheck.reminders.models import Reminder
from tests import people
from tests.flows import saga

HOUR = timedelta(hours=1)


@pytest.fixture
def tap(here, outbox, drain):
    """Return an interview tomorrow and the link that its reminder brought to the candidate's phone."""
    interview = here.book(hours=24)
    tasks.sweep(timestamp=0)
    drain()
    body = outbox.sms(here.phone())[-1]["body"]
    found = re.search(r"https?://[^/\s]+(/c/[a-z0-9-]+/r/[\w-]+/)", body)
    assert found, body
    return interview, found[1]


def answers(world):
    with world.scope():
        return list(Reminder.objects.exclude(answer="").values_list("answer", "wish"))


def test_the_page_says_when_and_what_the_rule_is_and_nothing_of_the_person(here, tap):
    interview, link = tap
    shown = people.text(Client().get(link))
    for said in (here.position.title, "我会参加", "改期", "取消这场面试", "现在取消将自动通过"):
        assert said in shown, said
    for secret in (here.candidate.name, here.phone()[-8:], here.email(), here.candidate.school):
        assert secret not in shown, secret
    assert here.fresh(interview).state == "scheduled"


def test_scanners_may_look_as_often_as_they_like_and_the_token_is_still_good(here, tap):
    _, link = tap
    for path in (link, f"{link}?other", f"{link}?answer=coming"):
        for look in (Client().get, Client().head):
            assert look(path).status_code == 200
    assert answers(here) == []
    assert "我会参加" in people.text(Client().get(link))


def test_i_will_come_is_noted_once_and_hr_sees_it(here, tap, hr, drain):
    interview, link = tap
    phone = Client(enforce_csrf_checks=True)
    page = people.text(phone.get(link))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    for _ in range(2):
        answer = phone.post(link, {"answer": "coming", "csrfmiddlewaretoken": token})
        assert (answer.status_code, answer["Location"]) == (302, link)
    assert "已确认参加" in people.text(phone.get(link))
    assert here.entries(interview=interview) == [Action.REMINDED, Action.CONFIRMED]
    seen = people.text(hr.get(f"/console/interviews/{interview.id}/"))
    assert seen.count("候选人已确认参加") == 1
    assert "候选人确认参加" in seen
    # Spent: what is pressed afterwards is shown how things stand.
    phone.post(link, {"answer": "other_time", "csrfmiddlewaretoken": token})
    assert answers(here) == [("coming", "")]


def test_another_time_asks_hr_and_the_interview_stands_until_hr_moves_it(here, tap, hr, viewer, drain):
    interview, link = tap
    assert Client().post(link, {"answer": "other_time", "wish": "周五下午都可以"}).status_code == 302
    drain()
    assert saga.tasks_of(here) == ["other_time_wanted"]
    assert here.fresh(interview).state == "scheduled"
    page = f"/console/interviews/{interview.id}/"
    assert "周五下午都可以" in people.text(hr.get(page))
    assert "周五下午都可以" not in people.text(viewer.get(page))
    with here.scope():
        assert Message.objects.filter(event="task.opened", recipient_kind="staff").exists()
    assert "候选人希望改期" in people.text(hr.get("/console/tasks/"))
    with here.scope() as now:
        later = now + 72 * HOUR
        times = Times("slot", later, later + HOUR)
        reschedule(interview_id=interview.id, times=times, actor=here.actor(), now=now)
    assert saga.tasks_of(here) == []


@pytest.mark.parametrize("how", ["alone", "with the whole list"])
def test_a_wish_for_another_time_is_over_once_the_interview_is_cancelled(here, tap, drain, how):
    interview, link = tap
    Client().post(link, {"answer": "other_time"})
    assert saga.tasks_of(here) == ["other_time_wanted"]
    if how == "alone":
        here.ask(interview, actor=here.actor(), reason="position_filled")
    else:
        here.put(interview, vendor_account_id=None, vendor_ref="", vendor_link="")
        manager = here.actor()
        with here.scope() as now:
            batches.freeze_position(
                position_id=here.position.id, actor=manager, reason="position_frozen", now=now
            )
    drain()
    assert here.fresh(interview).state == "cancelled"
    assert saga.tasks_of(here) == []
    assert saga.tasks_of(here, state="done") == ["other_time_wanted"]


def test_too_long_a_wish_is_said_on_its_field_and_kept(here, tap):
    _, link = tap
    answer = Client().post(link, {"answer": "other_time", "wish": "长" * 501})
    assert answer.status_code == 422
    assert "填写的文字过长" in people.text(answer)
    assert answers(here) == []


def test_cancelling_leads_to_the_three_steps_behind_the_door(here, tap):
    interview, link = tap
    [there] = re.findall(r'href="([^"]+/cancel/)"', people.text(Client().get(link)))
    assert there == f"/c/{here.company.slug}/interviews/{interview.id}/cancel/"
    assert "/sign-in/" in Client().get(there)["Location"]


def test_the_link_of_an_old_time_shows_the_new_one_and_acts_on_nothing(here, tap, drain):
    interview, link = tap
    with here.scope() as now:
        later = (now + 72 * HOUR).replace(microsecond=0)
        times = Times("slot", later, later + HOUR)
        reschedule(interview_id=interview.id, times=times, actor=here.actor(), now=now)
    shown = people.text(Client().get(link))
    assert "面试时间已变更" in shown
    assert "我会参加" not in shown
    assert Client().post(link, {"answer": "coming"}).status_code == 302
    assert answers(here) == []
    assert Action.CONFIRMED not in here.entries(interview=interview)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "cancelled"}, "已取消"),
        ({"state": "cancelling"}, "取消中"),
        ({"state": "submitted", "vendor_progress": "submitted"}, "已提交"),
        ({"vendor_progress": "partly_recorded"}, "已失效"),
    ],
)
def test_the_link_of_what_ended_or_began_shows_how_it_stands_and_acts_on_nothing(here, tap, change, words):
    interview, link = tap
    here.put(interview, **change)
    for answer in ("coming", "other_time"):
        assert Client().post(link, {"answer": answer}).status_code == 302
    assert words in people.text(Client().get(link))
    assert answers(here) == []
    assert saga.tasks_of(here) == []


def test_a_link_nobody_made_or_of_another_company_is_not_found(here, tap, other_company):
    interview, link = tap
    start, token = link.rstrip("/").rsplit("/", 1)
    forged = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    elsewhere = link.replace(here.company.slug, other_company.slug)
    for path in (f"{start}/{forged}/", f"{start}/x/", f"{start}/{'A' * 43}/", f"{start}/中文/", elsewhere):
        for method in (Client().get, Client().post):
            assert method(path).status_code == 404, path
    with company_scope(here.company.id):
        assert here.fresh(interview).state == "scheduled"
