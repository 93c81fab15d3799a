"""Messages: in the reader's language and zone, once each, and none lost, whatever the servers do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from raincheck import fanout
from raincheck.accounts.models import RoleGrant, Staff
from raincheck.audit.models import Entry
from raincheck.notifications import tasks
from raincheck.notifications.channels import CARRIERS
from raincheck.notifications.models import Delivery, Message, MessageState
from raincheck.recruiting.models import Interviewer, Position
from raincheck.worklist.models import Kind, Task


def hasten(world, *, jobs=True):
    """Bring every waiting attempt forward to now; with `jobs` also the jobs that would make it."""
    with world.scope(), connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_message SET next_attempt_at = now() WHERE state = 'waiting'")
        if jobs:
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")


def attempts(world, channel, template):
    """Return (attempt, state, error) of every delivery of this template on this channel."""
    with world.scope():
        found = Delivery.objects.filter(channel=channel, message__template=template).order_by("attempt")
        return list(found.values_list("attempt", "state", "error"))


def message(world, template):
    """Return the one message with this template."""
    with world.scope():
        return Message.objects.get(template=template)


class TestLanguageAndZone:
    def test_everyone_reads_their_own_language_and_their_own_zone(self, here, interview, outbox, drain):
        here.put(here.candidate.identity, language="en", timezone="America/New_York")
        here.ask(interview)
        drain()
        [mail] = outbox.mail(here.email())
        local = interview.starts_at.astimezone(ZoneInfo("America/New_York"))
        assert mail["subject"].strip() == "Your AI interview is cancelled"
        assert f"{local:%H:%M}–" in mail["text"]
        assert f"(America/New_York, UTC{local:%z}"[:-2] in mail["text"]
        assert "北京" not in mail["text"]
        sms = [sms["body"] for sms in outbox.sms(here.phone())]
        assert all(body.startswith("[云帆科技（示例）] ") for body in sms)
        [notice] = outbox.mail(here.staff["interviewer"].email)
        beijing = interview.starts_at.astimezone(ZoneInfo("Asia/Shanghai"))
        assert notice["subject"].strip().startswith("面试已取消：")
        assert f"{beijing:%H:%M}–" in notice["text"]
        assert "(北京时间)" in notice["text"]

    def test_staff_who_read_english_are_written_to_in_english(self, here, interview, outbox, drain):
        here.put(here.staff["interviewer"], language="en", timezone="Europe/London")
        here.ask(interview)
        drain()
        [notice] = outbox.mail(here.staff["interviewer"].email)
        assert notice["subject"].strip().startswith("Interview cancelled: ")
        assert "Reason: Schedule conflict" in notice["text"]
        assert "Cancelled by: the candidate" in notice["text"]
        assert "(Europe/London, UTC" in notice["text"]

    def test_a_person_without_a_zone_reads_the_companys(self, here, interview, outbox, drain):
        here.put(here.company, timezone="Asia/Singapore")
        here.ask(interview)
        drain()
        [mail] = outbox.mail(here.email())
        assert "(新加坡时间)" in mail["text"]

    def test_the_company_calling_off_is_said_to_be_the_company(self, here, interview, outbox, drain):
        here.ask(interview, actor=here.actor(), reason="interviewer_unavailable")
        drain()
        [mail] = outbox.mail(here.email())
        assert mail["subject"].strip() == "您的AI面试已取消"
        assert "云帆科技（示例）取消了" in mail["text"]
        assert "面试官时间冲突" in mail["text"]


class TestRetries:
    @pytest.mark.parametrize(
        ("fault", "error"), [("error_500", "SMTP 451"), ("unreachable", "mail server unreachable (")]
    )
    def test_a_mail_server_that_fails_is_asked_again_and_each_attempt_is_a_row(
        self, here, interview, outbox, drain, fault, error
    ):
        outbox.fault("smtp", fault, times=3)
        here.ask(interview)
        drain()
        first = attempts(here, "email", "candidate_cancelled")
        assert [(number, state) for number, state, _ in first] == [(1, "retry")]
        assert first[0][2].startswith(error)
        assert message(here, "candidate_cancelled").state == MessageState.WAITING
        assert outbox.mail() == []
        hasten(here)
        drain()
        assert attempts(here, "email", "candidate_cancelled") == [*first, (2, "sent", "")]
        assert message(here, "candidate_cancelled").state == MessageState.SENT
        assert set(outbox.counts()["mail"].values()) == {1}
        assert len(outbox.mail()) == 3

    @pytest.mark.parametrize(
        ("fault", "error"), [("error_500", "gateway answered 500"), ("unreachable", "gateway")]
    )
    def test_so_is_an_sms_gateway(self, here, interview, outbox, drain, fault, error):
        outbox.fault("sms", fault, times=2)
        here.ask(interview)
        drain()
        assert attempts(here, "sms", "candidate_asked")[0][2].startswith(error)
        hasten(here)
        drain()
        assert [state for _, state, _ in attempts(here, "sms", "candidate_asked")] == ["retry", "sent"]
        assert set(outbox.counts()["sms_requests"].values()) == {1}

    def test_an_sms_whose_answer_was_lost_reaches_the_phone_once(self, here, interview, outbox, drain):
        outbox.fault("sms", "lost_answer", times=1)
        here.ask(interview)
        drain()
        hasten(here)
        drain()
        assert set(outbox.counts()["sms"].values()) == {1}
        assert sorted(outbox.counts()["sms_requests"].values()) == [1, 2]
        assert len(outbox.sms(here.phone())) == 2

    def test_a_mail_whose_answer_was_lost_may_come_twice_and_that_shows(self, here, interview, outbox, drain):
        outbox.fault("smtp", "lost_answer", times=1)
        here.ask(interview)
        drain()
        hasten(here)
        drain()
        assert sorted(outbox.counts()["mail"].values()) == [1, 1, 2]
        with here.scope():
            lost = Delivery.objects.filter(channel="email", state="retry")
            assert [row.error.split(" (")[0] for row in lost] == ["mail server unreachable"]

    def test_after_the_last_attempt_a_person_is_told(self, here, interview, outbox, drain):
        outbox.fault("sms", "error_500")
        here.put(here.candidate.identity, email_sealed=None)
        here.ask(interview)
        for _ in range(tasks.ATTEMPTS):
            drain()
            hasten(here)
        assert message(here, "candidate_asked").state == MessageState.FAILED
        tried = attempts(here, "sms", "candidate_asked")
        assert [state for _, state, _ in tried] == ["retry"] * (tasks.ATTEMPTS - 1) + ["failed"]
        asked = message(here, "candidate_asked")
        with here.scope():
            task = Task.objects.get(kind=Kind.NOBODY_REACHED, subject_id=asked.id)
        assert task.subject_type == "message"
        assert task.interview_id == interview.id

    def test_a_refusal_for_good_is_final_and_only_nobody_reached_makes_a_task(
        self, here, interview, outbox, drain
    ):
        outbox.fault("sms", "reject")
        here.ask(interview)
        drain()
        for template in ("candidate_asked", "candidate_cancelled"):
            assert attempts(here, "sms", template) == [(1, "failed", "gateway answered 422")]
            assert attempts(here, "email", template) == [(1, "sent", "")]
            assert message(here, template).state == MessageState.SENT
        assert here.count(Task, kind=Kind.NOBODY_REACHED) == 0
        here.put(here.candidate.identity, email_sealed=None)
        here.ask(here.book(hours=200))
        drain()
        assert here.count(Task, kind=Kind.NOBODY_REACHED) == 2

    def test_a_mailbox_that_does_not_exist_is_not_tried_again(self, here, interview, outbox, drain):
        outbox.fault("smtp", "reject")
        here.ask(interview)
        drain()
        assert attempts(here, "email", "hr_cancelled") == [(1, "failed", "SMTP 550")]
        assert message(here, "hr_cancelled").state == MessageState.FAILED
        assert here.count(Message, state="waiting") == 0

    def test_a_channel_without_an_address_is_passed_by_and_that_shows(self, here, interview, outbox, drain):
        here.put(here.candidate.identity, email_sealed=None)
        here.ask(interview)
        drain()
        assert attempts(here, "email", "candidate_cancelled") == [(1, "skipped", "no email")]
        assert message(here, "candidate_cancelled").state == MessageState.SENT


class TestNothingLostNothingTwice:
    def test_a_message_whose_job_was_lost_is_found_by_the_sweep(self, here, interview, outbox, superuser):
        told_of_a_cancellation(here, interview)
        superuser.execute("DELETE FROM procrastinate_jobs")
        tasks.sweep(timestamp=0)
        assert waiting_jobs(superuser) == []
        with here.scope() as now:
            Message.objects.update(next_attempt_at=now - timedelta(minutes=2))
        tasks.sweep(timestamp=0)
        assert set(waiting_jobs(superuser)) == {"notifications.deliver"}

    def test_the_sweep_leaves_alone_what_a_worker_took_up_while_it_looked(
        self, here, interview, outbox, superuser, monkeypatch
    ):
        told = told_of_a_cancellation(here, interview)
        superuser.execute("DELETE FROM procrastinate_jobs")
        with here.scope() as now:
            Message.objects.update(next_attempt_at=now - timedelta(seconds=30))

        def scope_a_moment_later(company_id):
            monkeypatch.undo()
            with here.scope() as now:
                tasks._claim(told[:2], now)
            return tasks.company_scope(company_id)

        monkeypatch.setattr(tasks, "company_scope", scope_a_moment_later)
        tasks.sweep(timestamp=0)
        deliver(here, told)
        assert here.count(Message, state="waiting") == 2
        assert here.count(Delivery, message_id__in=told[:2]) == 0
        [again] = superuser.execute("SELECT args->'message_ids' FROM procrastinate_jobs").fetchall()
        assert set(again[0]) == set(told[2:])

    def test_two_workers_at_one_message_send_it_once(self, here, interview, outbox, superuser):
        told = told_of_a_cancellation(here, interview)
        outbox.fault("smtp", "slow", ms=150)
        together([lambda: deliver(here, told)] * 4)
        assert outbox.counts()["mail"]
        assert set(outbox.counts()["mail"].values()) == {1}
        assert set(outbox.counts()["sms_requests"].values()) == {1}
        with here.scope():
            assert Delivery.objects.count() == sum(len(m.channels) for m in Message.objects.all())
            assert set(Message.objects.values_list("state", flat=True)) == {"sent"}

    def test_delivering_again_later_sends_nothing_more(self, here, interview, outbox, superuser):
        told = told_of_a_cancellation(here, interview)
        deliver(here, told)
        before = outbox.counts(), here.count(Delivery)
        deliver(here, told)
        assert (outbox.counts(), here.count(Delivery)) == before

    def test_a_message_claimed_by_a_worker_that_died_goes_out_after_the_lease(self, here, interview, outbox):
        told = told_of_a_cancellation(here, interview)
        with here.scope() as now:
            tasks._claim(told, now)
        deliver(here, told)
        assert outbox.mail() == []
        hasten(here, jobs=False)
        deliver(here, told)
        assert len(outbox.mail()) == 3

    def test_a_message_that_cannot_be_said_holds_up_no_other(self, here, interview, outbox, drain):
        told = told_of_a_cancellation(here, interview)
        with here.scope():
            Message.objects.filter(template="hr_cancelled").update(params={})
        deliver(here, told)
        assert message(here, "hr_cancelled").state == MessageState.FAILED
        assert attempts(here, "email", "hr_cancelled") == [(1, "failed", "words missing")]
        assert message(here, "candidate_cancelled").state == MessageState.SENT
        assert here.count(Task, kind=Kind.NOBODY_REACHED) == 1

    def test_a_channel_with_a_bug_holds_up_no_other_and_repeats_no_address(
        self, here, interview, outbox, drain, monkeypatch
    ):
        told = told_of_a_cancellation(here, interview)
        smtp = CARRIERS["smtp"]

        def broken(envelope, account):
            raise RuntimeError(f"can't write to {envelope.address}")

        monkeypatch.setattr(smtp, "send", broken)
        deliver(here, told)
        assert attempts(here, "email", "candidate_cancelled") == [(1, "retry", "RuntimeError")]
        assert [state for _, state, _ in attempts(here, "sms", "candidate_cancelled")] == ["sent"]
        monkeypatch.undo()
        hasten(here)
        drain()
        assert here.count(Message, state="waiting") == 0

    def test_what_was_rolled_back_tells_nobody(self, here, interview, outbox, drain, superuser):
        def halfway():
            with here.scope():
                here.ask(interview)
                raise RuntimeError("power cut")

        with pytest.raises(RuntimeError, match="power cut"):
            halfway()
        assert waiting_jobs(superuser) == []
        drain()
        assert (here.count(Message), outbox.mail(), outbox.sms()) == (0, [], [])

    def test_telling_twice_writes_nothing_new(self, here, interview, outbox, drain):
        here.ask(interview)
        drain()
        with here.scope():
            ids = [str(i) for i in Entry.objects.values_list("id", flat=True)]
        before = here.count(Message)
        fanout.tell(company_id=str(here.company.id), entry_ids=ids)
        drain()
        assert here.count(Message) == before
        assert set(outbox.counts()["mail"].values()) == {1}

    def test_one_deed_gives_one_person_one_message_however_many_hats_they_wear(
        self, here, interview, outbox, drain
    ):
        everyone = here.staff["interviewer"]
        here.put(here.position, owner=everyone)
        with here.scope():
            for role in ("department_viewer", "hr_manager"):
                department = here.department.id if role == "department_viewer" else None
                RoleGrant.objects.create(
                    company=here.company, staff=everyone, role=role, department_id=department
                )
        here.ask(interview)
        drain()
        with here.scope():
            told = list(Message.objects.values_list("entry_id", "recipient_id"))
        assert len(told) == len(set(told))
        [mail] = outbox.mail(everyone.email)
        assert mail["has_calendar"]

    def test_all_interviewers_hear_and_those_who_left_do_not(self, here, interview, outbox, drain):
        with here.scope():
            for role in ("hr_manager", "company_admin"):
                Interviewer.objects.create(company=here.company, interview=interview, staff=here.staff[role])
            Staff.objects.filter(id=here.staff["company_admin"].id).update(is_active=False)
        here.ask(interview)
        drain()
        for role, expected in (("interviewer", 1), ("hr_manager", 1), ("company_admin", 0)):
            assert len(outbox.mail(here.staff[role].email)) == expected, role


class TestSignInCode:
    def test_the_code_goes_to_the_phone_alone_in_the_candidates_language(self, here, outbox, drain, client):
        here.put(here.candidate.identity, language="en")
        client.post(f"/c/{here.company.slug}/sign-in/", {"phone": here.phone()})
        drain()
        [sms] = outbox.sms()
        assert sms["to"] == here.phone()
        assert sms["body"].startswith("[云帆科技（示例）] Your sign-in code is ")
        assert outbox.mail() == []

    def test_a_code_nobody_waits_for_any_longer_is_not_sent(self, here, outbox, drain, client, superuser):
        client.post(f"/c/{here.company.slug}/sign-in/", {"phone": here.phone()})
        superuser.execute("UPDATE accounts_signincode SET sent_at = sent_at - interval '6 minutes'")
        drain()
        assert outbox.sms() == []

    def test_a_code_the_gateway_refuses_is_not_tried_for_ever(self, here, outbox, drain, client, superuser):
        outbox.fault("sms", "reject")
        client.post(f"/c/{here.company.slug}/sign-in/", {"phone": here.phone()})
        drain()
        statuses = superuser.execute(
            "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'notifications.send_code'"
        ).fetchall()
        assert statuses == [("succeeded",)]

    @pytest.fixture
    def client(self):
        from django.test import Client

        return Client()


def tell(world):
    """Run the telling of every deed so far, without delivering."""
    with world.scope():
        ids = [str(i) for i in Entry.objects.values_list("id", flat=True)]
    fanout.tell(company_id=str(world.company.id), entry_ids=ids)


def told_of_a_cancellation(world, interview):
    """Complete a cancellation, write its messages, and return their ids, none of them delivered."""
    from raincheck.vendors.tasks import agree

    cancellation = world.ask(interview)
    agree(company_id=str(world.company.id), cancellation_ids=[str(cancellation.id)])
    tell(world)
    with world.scope():
        return [str(i) for i in Message.objects.values_list("id", flat=True)]


def deliver(world, ids):
    """Run the delivering job as a worker does."""
    tasks.deliver(company_id=str(world.company.id), message_ids=ids)


def together(works):
    """Run these at the same time, each on a connection of its own."""

    def run(work):
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(run, work) for work in works]:
            done.result()


def waiting_jobs(superuser):
    """Return the names of the jobs that wait."""
    found = superuser.execute("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
    return [name for (name,) in found.fetchall()]


def test_no_department_hears_of_another(here, interview, outbox, drain):
    with here.scope():
        elsewhere = Position.objects.create(
            company=here.company, department=here.department, title="另一岗位", owner=here.staff["hr_manager"]
        )
    here.ask(interview)
    drain()
    assert outbox.mail(elsewhere.owner.email) == []
