"""Jobs that gave up: reported once, as a task with a button; tried again from the start."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection
from django.test import override_settings
from procrastinate.contrib.django import app

from raincheck.audit.catalogue import Action
from raincheck.core.jobs import defer
from raincheck.core.scope import Purpose, system_scope
from raincheck.operations import tasks
from raincheck.operations.dead_letters import failed_jobs, settled
from raincheck.operations.letters import ask_to_mail_operator
from raincheck.worklist.models import Kind, Task
from tests import people
from tests.flows import saga


def look():
    """Look once, as the job does every half minute."""
    tasks.report_failed_jobs(timestamp=0)


def dead_letters(here, state="open"):
    with here.scope():
        return list(Task.objects.filter(kind=Kind.JOB_FAILED, state=state).order_by("id"))


def test_a_job_that_fails_by_a_bug_to_the_last_is_reported(here, interview, drain, monkeypatch, superuser):
    def broken(*_, **__):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("raincheck.vendors.tasks.cancellations.errands", broken)
    here.ask(interview)
    superuser.execute("UPDATE procrastinate_jobs SET attempts = 12 WHERE task_name = 'vendors.agree'")
    drain()
    assert [job.name for job in failed_jobs()] == ["vendors.agree"]
    look()
    [task] = dead_letters(here)
    assert task.details["job"] == "vendors.agree"


def test_jobs_of_one_kind_are_one_task_and_one_mail(here, interview, outbox, drain, give_up):
    for hours in (50, 51, 52):
        here.ask(here.book(hours=hours, with_vendor=False))
    give_up("vendors.agree")
    for _ in range(3):
        look()
    [task] = dead_letters(here)
    assert (task.details["count"], len(task.details["jobs"])) == (3, 3)
    assert here.entries().count(Action.TASK_OPENED) == 1
    here.ask(here.book(hours=53, with_vendor=False))
    give_up("vendors.agree")
    look()
    [task] = dead_letters(here)
    assert task.details["count"] == 4, "a later one joins those that wait"
    drain()
    [mail] = outbox.mail(here.staff["hr_manager"].email)
    assert "后台作业多次失败" in mail["subject"]


def test_a_task_that_is_open_for_weeks_names_each_job_once(here, interview, give_up, hr):
    here.ask(interview)
    give_up("vendors.agree")
    look()
    [task] = dead_letters(here)
    here.put(task, opened_at=task.opened_at - timedelta(days=30))
    for _ in range(3):
        look()
    [task] = dead_letters(here)
    assert (task.details["count"], len(task.details["jobs"])) == (1, 1)
    hr.post(f"/console/tasks/{task.id}/settle/", {"resolution": "已人工办妥"})
    with system_scope(Purpose.OPERATIONS) as now:
        assert settled(now) == set(task.details["jobs"])
    look()
    assert dead_letters(here) == []


def test_looks_at_the_same_time_report_each_job_once(here, interview, give_up):
    here.ask(interview)
    give_up("vendors.agree")

    def one(_):
        try:
            look()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(8)))
    [task] = dead_letters(here)
    assert task.details["count"] == 1


def test_each_company_hears_of_its_own_jobs_alone(here, there, interview, give_up):
    here.ask(interview)
    give_up("vendors.agree")
    look()
    assert len(dead_letters(here)) == 1
    assert dead_letters(there) == []


def test_trying_again_runs_the_job_and_settles_the_task(here, interview, outbox, drain, give_up, hr):
    asked = here.ask(interview)
    give_up("vendors.agree")
    look()
    [task] = dead_letters(here)
    assert "vendors.agree" in people.text(hr.get(f"/console/tasks/{task.id}/"))
    answer = hr.post(f"/console/tasks/{task.id}/retry/", follow=True)
    assert "已重试1个作业" in people.text(answer)
    assert failed_jobs() == [], "what is tried again calls for nobody any more"
    assert hr.post(f"/console/tasks/{task.id}/retry/").status_code == 409
    drain()
    assert saga.state_of(here, asked) == saga.AGREED
    look()
    assert dead_letters(here) == []
    [done] = dead_letters(here, "done")
    assert done.settled_by_id == here.staff["hr_manager"].id
    assert done.resolution.endswith("1 tried again")


def test_what_the_queue_forgot_cannot_be_tried_again_but_settled(here, interview, give_up, hr):
    here.ask(interview)
    give_up("vendors.agree")
    look()
    [task] = dead_letters(here)
    saga.forget_jobs()
    assert hr.post(f"/console/tasks/{task.id}/retry/").status_code == 409
    assert [t.id for t in dead_letters(here)] == [task.id]
    assert hr.post(f"/console/tasks/{task.id}/settle/", {"resolution": "已人工办妥"}).status_code == 302
    look()
    assert dead_letters(here) == []


def test_another_companys_jobs_cannot_be_tried_again(here, interview, give_up, other_hr):
    here.ask(interview)
    give_up("vendors.agree")
    look()
    [task] = dead_letters(here)
    assert other_hr.post(f"/console/tasks/{task.id}/retry/").status_code == 404
    assert saga.jobs().count("vendors.agree") == 0


def test_a_list_that_names_another_companys_job_leaves_that_alone(here, there, interview, give_up, hr):
    here.ask(interview)
    there.ask(there.book(hours=90))
    give_up("vendors.agree")
    look()
    [task] = dead_letters(here)
    here.put(task, details={**task.details, "jobs": [job.id for job in failed_jobs()]})
    assert "已重试1个作业" in people.text(hr.post(f"/console/tasks/{task.id}/retry/", follow=True))
    assert saga.jobs().count("vendors.agree") == 1


def test_a_task_of_another_kind_has_nothing_to_try_again(here, interview, hr):
    from raincheck.core.actor import Actor
    from raincheck.worklist.actions import Need, open_task

    with here.scope() as now:
        need = Need(Kind.VENDOR_PENDING, "interview", interview.id, interview.id)
        task = open_task(need=need, actor=Actor.system(here.company.id), now=now)
    assert hr.post(f"/console/tasks/{task.id}/retry/").status_code == 404


def test_a_job_of_no_company_opens_no_task(here, give_up):
    defer("notifications.sweep", queue="sweep", timestamp=0)
    give_up("notifications.sweep")
    look()
    assert dead_letters(here) == []
    assert [job.company_id for job in failed_jobs()] == [None]


def test_a_letter_to_the_operator_can_be_tried_again_while_the_next_one_waits(here, superuser):
    letters = (
        "SELECT id, status FROM procrastinate_jobs WHERE task_name = 'operations.mail_operator' ORDER BY id"
    )
    with override_settings(RAINCHECK_OPERATOR_MAIL="operator@example.com"):
        for _ in range(2):
            with here.scope():
                ask_to_mail_operator()
        [(first, _status)] = superuser.execute(letters).fetchall()
        superuser.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [first])
        with here.scope():
            ask_to_mail_operator()
    assert [status for _id, status in superuser.execute(letters).fetchall()] == ["doing", "todo"]
    app.job_manager.retry_job_by_id(job_id=first, retry_at=saga.at(here))
    assert [status for _id, status in superuser.execute(letters).fetchall()] == ["todo", "todo"]


def test_the_operator_is_mailed_too(here, interview, outbox, drain, give_up):
    here.ask(interview)
    give_up("vendors.agree")
    with override_settings(RAINCHECK_OPERATOR_MAIL="operator@example.com"):
        look()
        drain()
    [mail] = outbox.mail("operator@example.com")
    assert f"{here.company.slug}: 1" in mail["text"]
