"""What candidates were promised, watched: an answer within a minute, the outcome within a quarter of an hour."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.cancellations.actions import reject
from raincheck.core.scope import Purpose, system_scope
from raincheck.notifications.models import Delivery
from raincheck.operations import tasks
from raincheck.operations.alerts import KINDS
from raincheck.operations.measured import kept
from raincheck.operations.promises import Promise, at_risk, scores
from raincheck.worklist.actions import settle_task
from raincheck.worklist.models import Kind, Task
from tests import people, site
from tests.flows import saga
from tests.flows.test_messages import hasten
from tests.trail import rewrite

MINUTE, SECOND = saga.MINUTE, saga.SECOND
OPERATOR = "operator@example.com"


def aged(here, cancellation, by):
    """Let a request have been made `by` ago, with every clock of its own that much nearer."""
    found = here.fresh(cancellation)
    moved = {
        name: getattr(found, name) - by
        for name in ("requested_at", "due_at", "final_due_at", "escalated_at", "decided_at")
        if getattr(found, name)
    }
    here.put(found, **moved)
    return here.fresh(cancellation)


def watch():
    """Look once, as the job does every ten seconds."""
    tasks.watch_promises(timestamp=0)


def owed(here, asked, *, after):
    """Return (promise, when it breaks) of all that is about to break so long after a request, in its company."""
    now = here.fresh(asked).requested_at + after
    with here.scope():
        return [(one.promise, one.breaks_at - now) for one in at_risk(now)]


def handed_over(here, asked, *, after):
    """Have every message about a request been handed over so long after it."""
    entries = Entry.objects.filter(cancellation_id=asked.id).values("id")
    with here.scope():
        sent = Delivery.objects.filter(message__entry_id__in=entries)
        assert sent.update(at=here.fresh(asked).requested_at + after)


def alerts(here, state="open"):
    with here.scope():
        return list(Task.objects.filter(kind__in=KINDS.values(), state=state).order_by("id"))


def deliver(drain, here):
    """Let every job run, and every wait between attempts be over."""
    drain()
    hasten(here)
    drain()


class TestTheAnswer:
    def test_a_request_is_at_risk_from_forty_seconds_on(self, here, interview):
        asked = here.ask(interview)
        assert owed(here, asked, after=39 * SECOND) == []
        assert owed(here, asked, after=40 * SECOND) == [(Promise.ANSWER, 20 * SECOND)]

    def test_an_answer_handed_over_keeps_the_promise(self, here, interview, outbox, drain):
        asked = here.ask(interview)
        drain()
        assert owed(here, asked, after=50 * SECOND) == []
        aged(here, asked, by=50 * SECOND)
        watch()
        assert alerts(here) == []

    def test_a_note_in_the_app_alone_is_no_answer(self, here, interview, outbox, drain):
        outbox.fault("sms", "error_500")
        outbox.fault("smtp", "unreachable")
        asked = here.ask(interview)
        drain()
        assert owed(here, asked, after=50 * SECOND) == [(Promise.ANSWER, 10 * SECOND)]

    def test_what_hr_calls_off_promises_its_candidate_nothing(self, here, interview):
        asked = here.ask(interview, actor=here.actor())
        assert owed(here, asked, after=20 * MINUTE) == []

    def test_what_was_imported_was_asked_of_another_system_and_is_owed_by_nobody_here(
        self, here, interview, superuser
    ):
        asked = here.ask(interview)
        superuser.execute("UPDATE cancellations_cancellation SET channel = 'import'")
        aged(here, asked, by=20 * MINUTE)
        watch()
        assert alerts(here) == []
        with system_scope(Purpose.OPERATIONS) as now:
            assert {(score.due, score.at_risk, score.broken) for score in scores(now).values()} == {(0, 0, 0)}

    def test_a_candidate_no_channel_reaches_has_a_task_already_and_raises_no_alarm(
        self, here, interview, outbox, drain
    ):
        here.put(here.candidate.identity, phone_sealed=None, email_sealed=None)
        asked = here.ask(interview)
        drain()
        assert Kind.NOBODY_REACHED in saga.tasks_of(here)
        assert owed(here, asked, after=20 * MINUTE) == []


class TestTheOutcome:
    def test_a_request_that_no_review_holds_is_at_risk_from_eleven_minutes_on(
        self, here, interview, vendor, outbox, drain
    ):
        vendor.fault("unreachable")
        asked = here.ask(interview)
        drain()
        assert owed(here, asked, after=11 * MINUTE - SECOND) == []
        assert owed(here, asked, after=11 * MINUTE) == [(Promise.OUTCOME, 4 * MINUTE)]
        assert owed(here, asked, after=16 * MINUTE) == [(Promise.OUTCOME, -MINUTE)], "broken, and still owed"

    def test_a_review_that_would_be_escalated_is_at_risk_in_the_last_four_minutes_of_its_clock(
        self, here, soon, outbox, drain
    ):
        asked = here.ask(soon)
        drain()
        length = asked.due_at - asked.requested_at
        assert owed(here, asked, after=length - 4 * MINUTE - SECOND) == []
        assert owed(here, asked, after=length - 4 * MINUTE) == [(Promise.OUTCOME, 4 * MINUTE)]

    def test_a_short_clock_is_at_risk_in_its_last_third(self, here, soon, outbox, drain):
        asked = here.ask(soon)
        drain()
        here.put(asked, due_at=asked.requested_at + 6 * MINUTE)
        assert owed(here, asked, after=4 * MINUTE - SECOND) == []
        assert owed(here, asked, after=4 * MINUTE) == [(Promise.OUTCOME, 2 * MINUTE)]

    def test_a_review_that_ends_by_rule_is_in_nobodys_way(self, here, soon, outbox, drain):
        asked = here.ask(soon)
        drain()
        here.put(asked, review={**asked.review, "then": "approve", "then_outside_hours": None})
        length = asked.due_at - asked.requested_at
        assert owed(here, asked, after=length + 39 * SECOND) == []
        assert owed(here, asked, after=length + 40 * SECOND) == [(Promise.OUTCOME, 20 * SECOND)]

    def test_a_review_escalated_has_a_task_of_its_own_until_nobody_runs_its_clock(
        self, here, soon, outbox, drain
    ):
        asked = here.ask(soon)
        drain()
        escalated = saga.clock(here, asked, after=asked.due_at - asked.requested_at + SECOND)
        assert escalated.escalated_at
        length = escalated.due_at - asked.requested_at
        assert owed(here, asked, after=length - SECOND) == []
        assert owed(here, asked, after=length + 50 * SECOND) == [(Promise.OUTCOME, 10 * SECOND)]

    def test_an_outcome_decided_but_not_told_is_still_owed(self, here, soon, outbox, drain):
        asked = here.ask(soon)
        drain()
        outbox.fault("sms", "error_500")
        outbox.fault("smtp", "unreachable")
        hr = here.actor()
        with here.scope() as now:
            reject(cancellation_id=asked.id, actor=hr, decision_note="请按时参加", now=now)
        drain()
        here.put(asked, decided_at=asked.requested_at + 2 * MINUTE)
        assert owed(here, asked, after=12 * MINUTE) == [(Promise.OUTCOME, 3 * MINUTE)]
        here.put(asked, decided_at=asked.requested_at + 25 * MINUTE)
        assert owed(here, asked, after=28 * MINUTE) == []
        assert owed(here, asked, after=29 * MINUTE) == [(Promise.OUTCOME, MINUTE)]
        outbox.clear_faults()
        deliver(drain, here)
        assert owed(here, asked, after=29 * MINUTE) == []


class TestTheAlert:
    @pytest.fixture
    def silent(self, outbox):
        """Let no message through."""
        outbox.fault("sms", "error_500")
        outbox.fault("smtp", "unreachable")

    def test_one_task_is_opened_and_hr_is_mailed_once(self, here, interview, outbox, drain):
        asked = here.ask(interview)
        aged(here, asked, by=45 * SECOND)
        saga.forget_jobs()
        for _ in range(3):
            watch()
        [task] = alerts(here)
        assert (task.kind, task.interview_id) == (Kind.ANSWER_AT_RISK, None)
        assert task.due_at == here.fresh(asked).requested_at + MINUTE
        assert task.details == {
            "count": 1,
            "cancellations": [str(asked.id)],
            "interviews": [str(interview.id)],
            "told_at": task.opened_at.isoformat(),
        }
        assert saga.facts_of(here, Action.TASK_OPENED)["kind"] == Kind.ANSWER_AT_RISK
        drain()
        [mail] = outbox.mail(here.staff["hr_manager"].email)
        assert "1分钟内的确认将逾时" in mail["subject"]
        assert f"/console/tasks/{task.id}/" in mail["text"]

    def test_a_storm_is_one_task_and_one_mail_a_company(
        self, here, there, outbox, silent, drain, settings_with_operator
    ):
        for world in (here, there):
            for hours in range(30, 42):
                aged(world, world.ask(world.book(hours=hours, with_vendor=False)), by=50 * SECOND)
        saga.forget_jobs()
        watch()
        for world in (here, there):
            [task] = alerts(world)
            assert task.details["count"] == 12
            assert len(task.details["cancellations"]) == 12
            assert len(task.details["interviews"]) == 10
        assert saga.jobs().count("operations.mail_operator") == 1
        outbox.clear_faults()
        drain()
        [mail] = outbox.mail(OPERATOR)
        assert f"{here.company.slug}: 12" in mail["text"]
        assert f"{there.company.slug}: 12" in mail["text"]
        assert len(outbox.mail(here.staff["hr_manager"].email)) == 1

    @pytest.fixture
    def settings_with_operator(self):
        from django.test import override_settings

        with override_settings(RAINCHECK_OPERATOR_MAIL=OPERATOR):
            yield

    def test_without_an_operators_address_no_letter_is_asked_for(self, here, interview):
        aged(here, here.ask(interview), by=45 * SECOND)
        watch()
        assert "operations.mail_operator" not in saga.jobs()

    def test_an_alert_that_is_over_is_not_mailed_to_the_operator_any_more(
        self, here, interview, outbox, drain, settings_with_operator
    ):
        aged(here, here.ask(interview), by=45 * SECOND)
        watch()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'operations.mail_operator'")
        drain()
        watch()
        assert alerts(here) == []
        tasks.mail_operator(letter_id=str(here.company.id))
        assert outbox.mail(OPERATOR) == []

    def test_looks_at_the_same_time_open_one_task(self, here, interview):
        aged(here, here.ask(interview), by=45 * SECOND)

        def look(_):
            try:
                watch()
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(look, range(8)))
        assert len(alerts(here)) == 1
        assert here.entries().count(Action.TASK_OPENED) == 1

    def test_it_closes_itself_saying_how_the_promise_was_kept(self, here, interview, outbox, drain):
        late, intime = here.ask(interview), here.ask(here.book(hours=90))
        aged(here, late, by=70 * SECOND)
        aged(here, intime, by=45 * SECOND)
        watch()
        assert alerts(here)[0].details["count"] == 2
        drain()
        handed_over(here, late, after=70 * SECOND)
        handed_over(here, intime, after=60 * SECOND)
        watch()
        assert alerts(here) == []
        [task] = alerts(here, "done")
        assert task.resolution.endswith("1 in time, 1 late")
        assert task.settled_by_id is None

    def test_it_counts_along_while_it_is_open(self, here, interview, outbox, silent, drain):
        aged(here, here.ask(interview), by=45 * SECOND)
        watch()
        second = aged(here, here.ask(here.book(hours=90)), by=55 * SECOND)
        watch()
        [task] = alerts(here)
        assert task.details["count"] == 2
        assert str(second.id) in task.details["cancellations"]
        assert task.due_at == here.fresh(second).requested_at + MINUTE

    def test_what_was_seen_once_is_seen_until_it_is_told_however_long_that_takes(
        self, here, interview, outbox, silent, drain, superuser
    ):
        asked = here.ask(interview)
        drain()
        aged(here, asked, by=20 * MINUTE)
        watch()
        assert {task.kind for task in alerts(here)} == {Kind.ANSWER_AT_RISK, Kind.OUTCOME_AT_RISK}
        # As if a day had passed: its id now lies before all that a fresh look would find.
        old = "00000000-0000-7000-8000-" + str(asked.id)[-12:]
        superuser.execute("SET session_replication_role = replica")
        for table, column in (
            ("cancellations_cancellation", "id"),
            ("archive_historyrecord", "cancellation_id"),
        ):
            superuser.execute(f"UPDATE {table} SET {column} = %s WHERE {column} = %s", [old, asked.id])
        superuser.execute("SET session_replication_role = DEFAULT")
        rewrite(superuser, f"cancellation_id = '{asked.id}'", cancellation_id=f"'{old}'::text")
        with here.scope():
            for task in Task.objects.filter(kind__in=KINDS.values()):
                task.details["cancellations"] = [old]
                task.save()
        watch()
        assert len(alerts(here)) == 2
        outbox.clear_faults()
        deliver(drain, here)
        watch()
        assert [task.resolution.endswith("0 in time, 1 late") for task in alerts(here, "done")] == [True] * 2

    def test_what_a_person_has_settled_is_not_brought_up_again(self, here, interview, outbox, silent, drain):
        aged(here, here.ask(interview), by=45 * SECOND)
        watch()
        hr = here.actor()
        with here.scope() as now:
            settle_task(task_id=alerts_in_scope()[0].id, actor=hr, resolution="已电话告知", now=now)
        watch()
        assert alerts(here) == []
        aged(here, here.ask(here.book(hours=90)), by=45 * SECOND)
        watch()
        [task] = alerts(here)
        assert task.details["count"] == 1, "only what is new"

    def test_an_alarm_that_flickers_mails_once_a_quarter_of_an_hour(
        self, here, interview, outbox, drain, settings_with_operator
    ):
        aged(here, here.ask(interview), by=45 * SECOND)
        watch()
        drain()
        watch()
        assert saga.jobs(done=True).count("operations.mail_operator") == 1
        aged(here, here.ask(here.book(hours=90)), by=45 * SECOND)
        watch()
        drain()
        watch()
        assert saga.jobs(done=True).count("operations.mail_operator") == 1
        assert [len(alerts(here, state)) for state in ("open", "done")] == [0, 2]
        assert len(outbox.mail(here.staff["hr_manager"].email)) == 1

    def test_an_outage_after_a_blip_is_mailed_once_the_quiet_is_over(
        self, here, interview, outbox, drain, settings_with_operator
    ):
        aged(here, here.ask(interview), by=45 * SECOND)
        watch()
        drain()
        watch()
        aged(here, here.ask(here.book(hours=90)), by=45 * SECOND)
        watch()
        [task] = alerts(here)
        assert task.details["told_at"] is None
        [blip] = alerts(here, "done")
        told_at = (saga.at(here) - 15 * MINUTE).isoformat()
        here.put(blip, details={**blip.details, "told_at": told_at})
        for _ in range(3):
            watch()
        drain()
        assert [told.id for told in alerts(here)] == [task.id]
        mails = outbox.mail(here.staff["hr_manager"].email)
        assert [f"/console/tasks/{task.id}/" in mail["text"] for mail in mails] == [False, True]
        assert len(outbox.mail(OPERATOR)) == 2

    def test_the_task_page_names_the_interviews_to_look_at(self, here, interview, hr):
        aged(here, here.ask(interview), by=45 * SECOND)
        watch()
        [task] = alerts(here)
        page = people.text(hr.get(f"/console/tasks/{task.id}/"))
        assert f"/console/interviews/{interview.id}/" in page
        assert "raincheck doctor" in page
        assert "目前共1项" in people.text(hr.get("/console/tasks/"))

    def test_if_hr_managers_are_missing_whoever_sees_the_inbox_is_mailed(
        self, here, interview, outbox, drain
    ):
        from raincheck.accounts.models import RoleGrant

        with here.scope():
            RoleGrant.objects.filter(role="hr_manager").delete()
        aged(here, here.ask(interview), by=45 * SECOND)
        saga.forget_jobs()
        watch()
        drain()
        assert len(outbox.mail(here.staff["recruiter"].email)) == 1
        assert len(outbox.mail(here.staff["company_admin"].email)) == 1

    def test_a_dead_mail_server_opens_no_task_about_the_alert_itself(
        self, here, interview, outbox, silent, drain
    ):
        aged(here, here.ask(interview), by=45 * SECOND)
        saga.forget_jobs()
        watch()
        for _ in range(8):
            deliver(drain, here)
        assert saga.tasks_of(here) == [Kind.ANSWER_AT_RISK]


def alerts_in_scope():
    return list(Task.objects.filter(kind__in=KINDS.values(), state="open"))


def test_the_score_says_how_many_were_kept_and_how_many_are_owed(here, interview, outbox, drain):
    kept, late = here.ask(interview), here.ask(here.book(hours=90))
    drain()
    warned, broken, past = (here.ask(here.book(hours=hours)) for hours in (91, 92, 93))
    now = saga.at(here)
    ages = {kept: 2 * MINUTE, late: 20 * MINUTE, warned: 45 * SECOND, broken: 70 * SECOND, past: 61 * MINUTE}
    for asked, age in ages.items():
        here.put(asked, requested_at=now - age)
    handed_over(here, kept, after=60 * SECOND)
    handed_over(here, late, after=16 * MINUTE)
    with system_scope(Purpose.OPERATIONS):
        found = scores(now)
    answer, outcome = found[Promise.ANSWER], found[Promise.OUTCOME]
    assert (answer.due, answer.kept, answer.at_risk, answer.broken) == (3, 1, 1, 2)
    assert (outcome.due, outcome.kept, outcome.at_risk, outcome.broken) == (2, 1, 0, 1)


def test_the_hour_past_shows_nothing_where_nobody_asked(here):
    with system_scope(Purpose.OPERATIONS) as now:
        assert {score.due for score in scores(now).values()} == {0}


def test_a_running_worker_looks_by_itself_and_hr_is_mailed_while_the_promise_can_still_be_kept(
    here, interview, outbox
):
    outbox.fault("sms", "error_500")
    aged(here, here.ask(interview), by=41 * SECOND)
    product = site.Site(outbox)
    product.start_worker()
    try:
        wait_until(lambda: outbox.mail(here.staff["hr_manager"].email))
        [task] = alerts(here)
        assert task.kind == Kind.ANSWER_AT_RISK
        outbox.clear_faults()
        hasten(here)
        wait_until(lambda: alerts(here, "done"))
    finally:
        product.stop()


def wait_until(true, *, within=60.0):
    """Wait until something is so; fail after a minute."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


class TestTheConsole:
    def test_hr_sees_share_and_times_over_a_day_a_week_and_a_month(self, here, hr, viewer, outbox, drain):
        quick, slow, old = (here.ask(here.book(hours=120, candidate=here.add_candidate())) for _ in range(3))
        drain()
        handed_over(here, quick, after=4 * SECOND)
        handed_over(here, slow, after=2 * MINUTE)
        aged(here, old, by=3 * 24 * 60 * MINUTE)
        handed_over(here, old, after=10 * SECOND)
        with here.scope() as now:
            found = {(one.promise, one.days): one for one in kept(now)}
        day, week = found[Promise.ANSWER, 1], found[Promise.ANSWER, 7]
        assert (day.due, day.kept, week.due, week.kept) == (2, 1, 3, 2)
        assert (day.p50, week.p50) == (62.0, 10.0)
        assert (found[Promise.OUTCOME, 30].due, found[Promise.OUTCOME, 30].kept) == (3, 3)
        shown = people.text(hr.get("/console/promises/"))
        assert "50.0%" in shown
        assert "66.7%" in shown
        assert viewer.get("/console/promises/").status_code == 403

    def test_the_three_texts_are_word_for_word_and_the_pool_is_spoken_of_only_with_consent(
        self, here, outbox, drain
    ):
        for consent in (True, False):
            one = here.add_candidate()
            here.put(one, pool_consent=consent)
            here.ask(here.book(hours=120, candidate=one))
            drain()
            said = [sms["body"] for sms in outbox.sms(here.phone(one))]
            letters = [mail["text"] for mail in outbox.mail(here.email(one))]
            assert any("您的AI面试取消请求已收到，我们将在15分钟内处理" in text for text in said)
            assert any("您的AI面试已成功取消，如需重新安排，请联系HR" in text for text in said)
            assert any("您的AI面试已成功取消，如需重新安排，请联系HR" in text for text in letters)
            pooled = [
                text for text in letters if "您的简历已存入我司人才库，未来有合适岗位将优先推荐" in text
            ]
            assert bool(pooled) is consent
            assert ("人才库" in "".join(said + letters)) is consent
