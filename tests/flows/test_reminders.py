"""A word before the interview: to whom, when, and above all when not."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from raincheck import fanout
from raincheck.audit.catalogue import Action
from raincheck.cancellations.actions import withdraw
from raincheck.notifications.models import Message
from raincheck.recruiting.actions import Times, reschedule
from raincheck.recruiting.models import Interview
from raincheck.reminders import tasks
from raincheck.reminders.due import companies_with_due
from raincheck.reminders.models import Habit, Reminder
from tests import people
from tests.flows.test_calendars import book
from tests.trail import rewrite

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def sweep():
    """Look once, as the job does every twenty seconds."""
    tasks.sweep(timestamp=0)


def told(world, interview, whom="candidate"):
    """Return the states of the reminders to candidate or staff about an interview, oldest first."""
    with world.scope():
        found = Message.objects.filter(event="reminder", interview_id=interview.id, recipient_kind=whom)
        return list(found.order_by("id").values_list("state", flat=True))


def move(world, interview, *, hours):
    """Let the interview's times lie so many hours from now, and all that was said of them long ago."""
    with world.scope() as now:
        starts_at = (now + hours * HOUR).replace(microsecond=0)
        Interview.objects.filter(id=interview.id).update(starts_at=starts_at, ends_at=starts_at + HOUR)
    return world.fresh(interview)


def said_long_ago(superuser):
    """Age all that people were told: the trail itself can't be changed by those whom it speaks of."""
    rewrite(superuser, at="(canonical::jsonb ->> 'at')::bigint - 3 * 86400000000")


class TestWhen:
    def test_a_day_and_an_hour_before_the_candidate_hears_and_the_interviewer_an_hour_before(
        self, here, outbox, drain
    ):
        interview = here.book(hours=24)
        sweep()
        drain()
        assert (told(here, interview), told(here, interview, "staff")) == (["sent"], [])
        assert "还有24小时" in outbox.sms(here.phone())[-1]["body"]
        move(here, interview, hours=1)
        sweep()
        drain()
        assert (told(here, interview), told(here, interview, "staff")) == (["sent", "sent"], ["sent"])
        assert "还有1小时" in outbox.sms(here.phone())[-1]["body"]
        assert "还有1小时" in outbox.mail(here.staff["interviewer"].email)[-1]["subject"]

    def test_each_lead_of_each_time_is_spoken_of_once_however_often_the_clock_looks(self, here, drain):
        interview = here.book(hours=24)
        for _ in range(3):
            sweep()
        drain()
        sweep()
        drain()
        assert told(here, interview) == ["sent"]
        assert here.entries(interview=interview) == [Action.REMINDED]

    def test_not_before_its_time_and_not_once_half_of_the_lead_has_gone(self, here, drain):
        early, late, last = (
            here.book(hours=hours, candidate=here.add_candidate()) for hours in (24.2, 11.9, 0.4)
        )
        sweep()
        assert [told(here, one) for one in (early, late, last)] == [[], [], []]
        overslept = here.book(hours=13.2, candidate=here.add_candidate())
        sweep()
        drain()
        assert told(here, overslept) == ["sent"]
        with here.scope():
            said = Message.objects.get(interview_id=overslept.id).params["left"]
        assert said == {"zh": "13小时", "en": "13 hours"}

    def test_a_window_is_reminded_of_before_its_deadline_and_its_interviewers_are_left_alone(
        self, here, drain
    ):
        window = here.book(hours=1, kind="window")
        sweep()
        drain()
        assert (told(here, window), told(here, window, "staff")) == (["sent"], [])

    def test_what_is_known_to_the_day_alone_has_no_last_hour(self, here):
        window = here.book(hours=1, kind="window")
        here.put(window, precision="day")
        sweep()
        assert told(here, window) == []

    def test_a_booking_at_short_notice_gets_only_what_is_still_ahead(self, here, drain, superuser):
        interview = book(here, days=20 / 24)
        sweep()
        move(here, interview, hours=1)
        sweep()
        drain()
        # Booked a moment ago, as the trail says: an hour before is within minutes of the invitation.
        assert told(here, interview) == []
        moved = move(here, interview, hours=0.99)
        said_long_ago(superuser)
        sweep()
        drain()
        assert told(here, moved) == ["sent"]

    def test_of_two_leads_due_at_once_after_an_outage_the_nearer_one_speaks(self, here, drain):
        with here.scope() as now:
            Habit.objects.create(
                company=here.company,
                leads=[120, 90],
                interviewer_leads=[],
                changed_at=now,
                changed_by=here.company.id,
            )
        interview = here.book(hours=1.2)
        sweep()
        drain()
        assert told(here, interview) == ["sent"]
        with here.scope():
            assert sorted(Reminder.objects.values_list("lead", "told")) == [(90, True), (120, False)]

    def test_when_clocks_change_a_day_is_still_twenty_four_hours_and_the_time_said_is_the_local_one(
        self, here, superuser
    ):
        # On 28 March 2027 Berlin's clocks go from 02:00 to 03:00.
        interview = here.book(hours=24)
        starts_at = datetime(2027, 3, 28, 7, 0, tzinfo=UTC)
        here.put(interview, starts_at=starts_at, ends_at=starts_at + HOUR)
        here.put(here.candidate.identity, timezone="Europe/Berlin", language="en")
        with here.scope():
            before = companies_with_due(starts_at - 24 * HOUR - MINUTE)
            after = companies_with_due(starts_at - 24 * HOUR + MINUTE)
        assert (before, after) == ([], [here.company.id])


class TestWhenNot:
    @pytest.mark.parametrize(
        "change",
        [
            {"state": "cancelling"},
            {"state": "cancelled"},
            {"state": "submitted"},
            {"state": "in_progress"},
            {"vendor_progress": "partly_recorded"},
        ],
        ids=str,
    )
    def test_what_was_called_off_begun_or_done_is_never_reminded_of_at_whichever_step_it_happens(
        self, here, outbox, drain, change
    ):
        before, between, behind = (here.book(hours=24, candidate=here.add_candidate()) for _ in range(3))
        here.put(before, **change)
        sweep()
        here.put(between, **change)
        tell_only(here)
        here.put(behind, **change)
        drain()
        assert [told(here, one) for one in (before, between, behind)] == [[], [], ["dropped"]]
        assert not any("提醒" in sms["body"] for sms in outbox.sms())

    def test_a_cancel_asked_for_before_the_reminder_is_the_last_one_hears(self, here, outbox, drain):
        interview = here.book(hours=24)
        sweep()
        here.ask(interview)
        drain()
        assert told(here, interview) == []
        assert [m["body"] for m in outbox.sms(here.phone()) if "提醒" in m["body"]] == []

    def test_a_request_taken_back_has_just_said_that_the_interview_stands(self, here, drain):
        interview = here.book(hours=11.9)
        with here.scope() as now:
            Habit.objects.create(
                company=here.company,
                leads=[12 * 60],
                interviewer_leads=[],
                changed_at=now,
                changed_by=here.company.id,
            )
        asked = here.ask(interview)
        with here.scope() as now:
            withdraw(cancellation_id=asked.id, actor=here.as_candidate(), now=now)
        assert here.fresh(interview).state == "scheduled"
        sweep()
        drain()
        assert told(here, interview) == []

    def test_moved_to_another_day_the_old_times_reminder_is_never_sent_and_the_new_ones_is(
        self, here, outbox, drain, superuser
    ):
        interview = here.book(hours=24)
        sweep()
        tell_only(here)
        with here.scope() as now:
            later = (now + 48 * HOUR).replace(microsecond=0)
            times = Times("slot", later, later + HOUR)
            reschedule(interview_id=interview.id, times=times, actor=here.actor(), now=now)
        drain()
        assert told(here, interview) == ["dropped"]
        move(here, interview, hours=23.9)
        said_long_ago(superuser)
        sweep()
        drain()
        assert told(here, interview) == ["dropped", "sent"]

    def test_a_company_that_wants_none_sends_none(self, here):
        interview = here.book(hours=24)
        with here.scope() as now:
            Habit.objects.create(
                company=here.company,
                active=False,
                leads=[1440],
                interviewer_leads=[],
                changed_at=now,
                changed_by=here.company.id,
            )
        sweep()
        assert told(here, interview) == []
        assert here.entries(interview=interview) == []


def tell_only(world):
    """Have the messages about what was recorded so far be written, and none of them delivered yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE task_name = 'fanout.tell' AND status = 'todo' RETURNING args"
        )
        arguments = [json.loads(row[0]) for row in cursor.fetchall()]
    for found in arguments:
        fanout.tell(company_id=found["company_id"], entry_ids=found["entry_ids"])


def test_many_due_at_once_are_decided_in_a_few_statements_a_batch(here):
    with here.scope():
        [application] = here.candidate.applications.all()
        start = (datetime.now(UTC) + 23.9 * HOUR).replace(microsecond=0)
        Interview.objects.bulk_create(
            Interview(
                company=here.company,
                application=application,
                kind="slot",
                starts_at=start + i * timedelta(milliseconds=1),
                ends_at=start + HOUR,
            )
            for i in range(1200)
        )
    counted = []

    def count(execute, sql, params, many, context):
        counted.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        sweep()
    assert len(counted) < 60
    with here.scope():
        assert Reminder.objects.filter(told=True).count() == 1200
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'fanout.tell'")
        assert cursor.fetchone() == (3,)


def test_hr_says_when_the_company_reminds_and_it_counts_from_the_next_look_on(here, hr, recruiter):
    page = "/console/reminders/"
    assert recruiter.get(page).status_code == 403
    assert 'value="1440" checked' in people.text(hr.get(page))
    refused = hr.post(page, {"active": "yes", "leads": ["10", "60"], "interviewer_leads": ["60"]})
    assert refused.status_code == 422
    assert "提醒时间不正确" in people.text(refused)
    assert hr.post(page, {"active": "yes", "leads": ["240"], "interviewer_leads": []}).status_code == 302
    in_four, tomorrow = here.book(hours=4), here.book(hours=24, candidate=here.add_candidate())
    sweep()
    assert here.entries(interview=in_four) == [Action.REMINDED]
    assert here.entries(interview=tomorrow) == []
    assert here.entries().count(Action.REMINDERS_CHANGED) == 1


def test_a_lead_beyond_any_calendar_is_refused_like_any_other_out_of_bounds(here):
    page = "/console/reminders/"
    admin = people.staff_client(here.staff["company_admin"])
    for lead in ("9" * 400, "9" * 5000, "9" * 12, "10081"):
        answer = admin.post(page, {"active": "yes", "leads": [lead]})
        assert answer.status_code == 422
        assert "提醒时间不正确" in people.text(answer)
