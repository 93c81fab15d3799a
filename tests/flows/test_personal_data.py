"""Personal data for people: seen only by asking and never unseen, copied and erased as its owner asks."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import F

from raincheck import cli
from raincheck.archive.data_requests import ask, decline, grant
from raincheck.archive.erasing import erase_candidate
from raincheck.archive.holds import lift, place
from raincheck.archive.models import DataRequest
from raincheck.audit.models import Entry
from raincheck.core.errors import NotAllowed
from raincheck.core.ids import new_id
from raincheck.notifications.models import Message
from raincheck.recruiting.models import Candidate, Interview
from raincheck.worklist.models import Task
from tests import people
from tests.audit import as_csv
from tests.people import text


def reveal(client, candidate, **form):
    return client.post(f"/console/candidates/{candidate.id}/reveal/", form)


def actions(world, name):
    with world.scope():
        return [(entry.subject_id, entry.facts) for entry in Entry.objects.filter(action=name).order_by("id")]


def test_a_number_is_shown_once_by_asking_and_the_asking_is_recorded(here, interview, hr):
    phone, mail, page = here.phone(), here.email(), f"/console/interviews/{interview.id}/"
    masked = text(hr.get(page))
    assert phone not in masked
    assert "显示完整联系方式" in masked
    shown = reveal(hr, here.candidate, purpose="call")
    assert (phone in text(shown), mail in text(shown)) == (True, True)
    assert shown["Cache-Control"] == "no-store"
    assert phone not in text(hr.get(page))
    assert actions(here, "candidate.revealed") == [
        (here.candidate.id, {"fields": ["phone", "email"], "purpose": "call"})
    ]


def test_with_a_script_only_the_place_of_the_mask_is_answered(here, hr):
    shown = hr.post(f"/console/candidates/{here.candidate.id}/reveal/", headers={"HX-Request": "true"})
    assert here.phone() in text(shown)
    assert "<html" not in text(shown)
    assert actions(here, "candidate.revealed") == [(here.candidate.id, {"fields": ["phone", "email"]})]


def test_nothing_is_revealed_for_a_made_up_purpose_nor_of_somebody_erased(here, hr):
    assert reveal(hr, here.candidate, purpose="curiosity 13800000000").status_code == 422
    with here.scope():
        identity = here.candidate.identity
        identity.data_key = None
        identity.save()
    assert reveal(hr, here.candidate).status_code == 409
    assert actions(here, "candidate.revealed") == []


def test_who_saw_what_lists_looks_reveals_and_exports(here, interview, hr, recruiter, drain):
    other = here.add_candidate(name="另一位")
    recruiter.get(f"/console/interviews/{interview.id}/")
    reveal(recruiter, other, purpose="identity")
    as_csv(hr.post("/console/audit/export/", {"format": "csv"}))
    page = text(hr.get("/console/audit/sights/"))
    for said in ("面试页面", "手机 · 邮箱 · 核对身份", "另一位", here.candidate.name, "CSV"):
        assert said in page
    narrowed = text(hr.get("/console/audit/sights/", {"candidate": "另一"}))
    assert "手机 · 邮箱" in narrowed
    assert "面试页面" not in narrowed
    mine = text(hr.get("/console/audit/sights/", {"from": "", "about": str(here.candidate.id)}))
    assert "面试页面" in mine
    assert "另一位" not in mine
    rows = as_csv(hr.post("/console/audit/sights/export/", {"format": "csv", "from": ""}))
    assert [row["操作"] for row in rows] == ["导出审计记录", "查看完整联系方式", "查看候选人资料"]
    assert here.phone(other) not in json.dumps(rows)


def test_looking_at_somebody_costs_one_statement(here, interview, hr, django_statements):
    page = f"/console/interviews/{interview.id}/"
    hr.get(page)
    with django_statements() as statements:
        hr.get(page)
    assert sum("audit_entry" in one and one.startswith("INSERT") for one in statements) == 1


@pytest.fixture
def django_statements():
    """Return a context that gathers what is asked of the database."""
    from contextlib import contextmanager

    from django.db import connection

    @contextmanager
    def gathered():
        found = []

        def keep(execute, sql, params, many, context):
            found.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(keep):
            yield found

    return gathered


@pytest.fixture
def portal(here, signed_in):
    """Return a function that posts one form of the candidate's privacy page."""
    home = f"/c/{here.company.slug}/privacy/"

    def post(what="", **form):
        return signed_in.post(f"{home}{what}", form) if what else signed_in.get(home)

    return post


def task(world):
    with world.scope():
        return Task.objects.get(kind__in=["copy_wanted", "erasure_wanted"], state="open")


def decide(client, one, **form):
    return client.post(f"/console/tasks/{one.id}/decide/", form)


def test_a_candidate_asks_for_a_copy_hr_agrees_and_everything_is_in_it(here, signed_in, portal, hr, drain):
    interview = here.book(hours=120)
    signed_in.post(
        f"/c/{here.company.slug}/interviews/{interview.id}/cancel/",
        {"reason": "time_conflict", "note": "家里有事要处理"},
    )
    drain()
    assert portal("copy/").status_code == 409
    assert portal("ask/", kind="copy").status_code == 302
    assert portal("ask/", kind="copy").status_code == 302
    assert here.count(DataRequest) == 1
    wanted = task(here)
    assert wanted.due_at - wanted.opened_at == timedelta(days=15)
    drain()
    with here.scope():
        told = Message.objects.filter(template="staff_task")
        assert {one.params["task"]["zh"] for one in told} == {"候选人索取个人信息副本"}
    assert here.candidate.name in text(hr.get(f"/console/tasks/{wanted.id}/"))
    assert decide(hr, wanted, decision="grant").status_code == 302
    assert "下载我的信息" in text(portal())
    got = portal("copy/")
    data = json.loads(got.content)
    assert data["person"]["phone"] == here.phone()
    assert data["interviews"][0]["cancellations"][0]["note"] == "家里有事要处理"
    assert any("成功取消" in one["title"] for one in data["messages"])
    assert "attachment" in got["Content-Disposition"]
    with here.scope() as now:
        DataRequest.objects.update(open_until=now)
    assert portal("copy/").status_code == 409
    names = [
        name for name in here.entries() if name.startswith("candidate.data") or name == "candidate.copied"
    ]
    assert names == ["candidate.data_asked", "candidate.data_granted", "candidate.copied"]


def test_a_refusal_says_why_and_the_candidate_reads_it(here, portal, hr):
    portal("ask/", kind="copy")
    one = task(here)
    assert decide(hr, one).status_code == 422
    assert decide(hr, one, decision="decline", answer="  ").status_code == 422
    settled = hr.post(f"/console/tasks/{one.id}/settle/", {"resolution": "done"})
    assert settled.status_code == 409
    assert decide(hr, one, decision="decline", answer="请先核对身份").status_code == 302
    assert "请先核对身份" in text(portal())
    assert decide(hr, one, decision="grant").status_code == 409


@pytest.mark.parametrize("kind", ["copy", "erasure"])
def test_data_is_erased_or_handed_out_only_by_whoever_proved_lately_who_they_are(here, portal, hr, kind):
    portal("ask/", kind=kind, sure="yes")
    one = task(here)
    people.age(hr)
    asked = hr.post(
        f"/console/tasks/{one.id}/decide/",
        {"decision": "grant"},
        headers={"Referer": f"http://testserver/console/tasks/{one.id}/"},
    )
    assert asked["Location"] == f"/staff/reauthenticate/?next=%2Fconsole%2Ftasks%2F{one.id}%2F"
    assert "candidate.data_granted" not in here.entries()
    assert decide(hr, one, decision="decline", answer="请先核对身份").status_code == 302
    assert here.entries()[-1] == "candidate.data_declined"


def test_a_request_taken_back_closes_its_task(here, portal):
    portal("ask/", kind="copy")
    assert portal("withdraw/", kind="copy").status_code == 302
    with here.scope():
        assert Task.objects.get(kind="copy_wanted").state == "done"
    assert portal("withdraw/", kind="copy").status_code == 409
    assert portal("ask/", kind="nonsense").status_code == 422


def erased(drain, superuser):
    """Have the clock go on to when a granted erasure is carried out, and it be carried out."""
    drain()
    superuser.execute(
        "UPDATE procrastinate_jobs SET scheduled_at = now()"
        " WHERE task_name = 'candidates.erase_told' AND status = 'todo'"
    )
    drain()


def told(world):
    with world.scope():
        mine = Message.objects.filter(event__startswith="data.").order_by("made_at", "id")
        return [(message.template, message.state) for message in mine]


def test_whoever_asked_for_a_copy_hears_what_came_of_it_and_nothing_of_what_is_held(
    here, signed_in, portal, hr, outbox, drain
):
    portal("ask/", kind="copy")
    decide(hr, task(here), decision="decline", answer="请先核对身份证号")
    portal("ask/", kind="copy")
    decide(hr, task(here), decision="grant")
    drain()
    assert told(here) == [("candidate_data_declined", "sent"), ("candidate_copy_ready", "sent")]
    # Both wait when the worker comes: which goes out first is nobody's promise.
    declined, ready = sorted(outbox.mail(here.email()), key=lambda mail: "可以下载" in mail["subject"])
    assert "已有答复" in declined["subject"]
    assert "可以下载" in ready["subject"]
    for said in (*map(json.dumps, (declined, ready)), json.dumps(outbox.sms(here.phone()))):
        for held in (here.candidate.name, here.position.title, "请先核对身份证号"):
            assert held not in said
            assert json.dumps(held)[1:-1] not in said
    assert "/privacy/" in ready["text"]
    home = f"/c/{here.company.slug}"
    assert text(signed_in.get(f"{home}/messages/")).count(f'<a href="{home}/privacy/">查看详情</a>') == 2


def test_nobody_books_an_interview_with_somebody_erased(here, hr, drain):
    interview = here.book(hours=60)
    cancellation = here.ask(interview, reason="time_conflict")
    drain()
    assert here.fresh(cancellation).state == "completed"
    page, new = f"/console/interviews/{interview.id}/", "/console/interviews/new/"
    application = str(interview.application_id)
    assert application in people.text(hr.get(new))
    with here.scope() as now:
        erase_candidate(candidate_id=here.candidate.id, actor=here.actor("company_admin"), now=now)
    drain()
    shown = people.text(hr.get(page))
    assert f"{page}restore/" not in shown
    assert f"{page}rebook/" not in shown
    assert application not in people.text(hr.get(new))
    times = {"kind": "slot", "starts_at": "2030-05-02T10:00", "ends_at": "2030-05-02T10:40"}
    asked = {**times, "application": application}
    for path, typed in ((f"{page}restore/", {}), (f"{page}rebook/", times), (new, asked)):
        answer = hr.post(path, typed)
        assert (answer.status_code, "个人信息已删除" in people.text(answer)) == (409, True)
    assert here.count(Interview) == 1


def test_whoever_is_erased_is_told_while_there_still_is_an_address(
    here, portal, hr, outbox, drain, superuser
):
    portal("ask/", kind="erasure", sure="yes")
    decide(hr, task(here), decision="grant")
    mail, phone = here.email(), here.phone()
    erased(drain, superuser)
    assert told(here) == [("candidate_erasing", "sent")]
    [said] = outbox.mail(mail)
    assert "即将删除" in said["subject"]
    assert here.candidate.name not in json.dumps(said, ensure_ascii=False)
    assert len(outbox.sms(phone)) >= 1
    with here.scope():
        assert Candidate.objects.get(id=here.candidate.id).identity.data_key is None
    names = [name for name in here.entries() if name.startswith(("candidate.data", "candidate.erased"))]
    assert names == ["candidate.data_asked", "candidate.data_granted", "candidate.erased"]


def test_a_carrier_that_is_down_holds_an_erasure_up_for_an_hour_and_no_longer(
    here, portal, hr, drain, superuser
):
    portal("ask/", kind="erasure", sure="yes")
    decide(hr, task(here), decision="grant")
    drain()
    with here.scope():
        # As while its mail server and its carriers answer nothing.
        Message.objects.update(state="waiting")
    erased(drain, superuser)
    with here.scope():
        assert Candidate.objects.get(id=here.candidate.id).name != "（已删除）"
        DataRequest.objects.update(decided_at=F("decided_at") - timedelta(hours=1))
    erased(drain, superuser)
    with here.scope():
        assert Candidate.objects.get(id=here.candidate.id).name == "（已删除）"


def test_what_comes_between_the_yes_and_the_erasure_is_told_and_puts_it_before_hr_again(
    here, signed_in, portal, hr, outbox, drain, superuser
):
    portal("ask/", kind="erasure", sure="yes")
    decide(hr, task(here), decision="grant")
    here.book(hours=120)
    erased(drain, superuser)
    with here.scope():
        assert Candidate.objects.get(id=here.candidate.id).name != "（已删除）"
        assert DataRequest.objects.get().state == "open"
    # Whoever heard that they are being erased hears that they aren't, where they can still be reached.
    assert told(here) == [("candidate_erasing", "sent"), ("candidate_erasure_put_off", "sent")]
    [erasing, put_off] = [one for one in outbox.mail(here.email()) if "个人信息" in one["subject"]]
    assert "即将删除" in erasing["subject"]
    assert "尚未删除" in put_off["subject"]
    for held in (here.candidate.name, here.position.title):
        assert held not in json.dumps(put_off, ensure_ascii=False)
    page = text(portal())
    assert "您的个人信息尚未删除" in page
    assert "又安排了面试" in page
    assert "随即删除" not in page
    names = [name for name in here.entries() if name.startswith(("candidate.data", "candidate.erased"))]
    assert names == ["candidate.data_asked", "candidate.data_granted", "candidate.data_put_off"]
    again = task(here)
    assert "已告知候选人" in text(hr.get(f"/console/tasks/{again.id}/"))
    assert decide(hr, again, decision="grant").status_code == 409
    assert decide(hr, again, decision="decline", answer="您还有一场面试").status_code == 302
    assert "尚未删除" not in text(portal())


def test_an_erasure_put_off_by_a_hold_is_carried_out_once_the_hold_is_lifted(
    here, portal, hr, drain, superuser
):
    portal("ask/", kind="erasure", sure="yes")
    decide(hr, task(here), decision="grant")
    with here.scope() as now:
        hold = place(candidate_id=here.candidate.id, why="示例案号", actor=here.actor("hr_manager"), now=now)
    erased(drain, superuser)
    assert "法律" in text(portal())
    assert "示例案号" not in text(portal())
    one = task(here)
    stopped = decide(hr, one, decision="grant")
    assert stopped.status_code == 409
    assert "/console/batches/retention/" in text(stopped)
    with here.scope() as now:
        lift(hold_id=hold.id, actor=here.actor("hr_manager"), now=now)
    assert decide(hr, one, decision="grant").status_code == 302
    erased(drain, superuser)
    with here.scope():
        assert Candidate.objects.get(id=here.candidate.id).name == "（已删除）"
        assert DataRequest.objects.get().state == "granted"


def test_what_stands_in_the_way_of_an_erasure_is_on_its_task_with_what_to_do(here, portal, hr):
    interview = here.book(hours=120)
    portal("ask/", kind="erasure", sure="yes")
    one = task(here)
    page = text(hr.get(f"/console/tasks/{one.id}/"))
    assert f"/console/interviews/{interview.id}/" in page
    assert "同意并删除个人信息" not in page
    # From a page opened before the interview was booked.
    stopped = decide(hr, one, decision="grant", answer="写到一半的理由")
    assert stopped.status_code == 409
    assert "errorpage" not in text(stopped)
    assert "该候选人还有未结束的面试" in text(stopped)
    assert f"/console/interviews/{interview.id}/" in text(stopped)
    assert "写到一半的理由" in text(stopped)


def test_who_comes_second_reads_on_the_task_how_it_was_decided(here, portal, hr):
    portal("ask/", kind="copy")
    one = task(here)
    decide(hr, one, decision="grant")
    late = decide(hr, one, decision="decline", answer="不行")
    assert late.status_code == 409
    assert "该请求已处理或已撤回" in text(late)
    assert "errorpage" not in text(late)
    assert "已同意" in text(late)
    in_english = hr.get(f"/console/tasks/{one.id}/", headers={"Accept-Language": "en"})
    assert "Granted" in text(in_english)


def test_english_readers_are_told_in_english(here, portal, hr, outbox, drain, superuser):
    here.put(here.candidate.identity, language="en")
    portal("ask/", kind="copy")
    decide(hr, task(here), decision="grant")
    portal("ask/", kind="erasure", sure="yes")
    decide(hr, task(here), decision="grant")
    mail = here.email()
    erased(drain, superuser)
    subjects = {one["subject"] for one in outbox.mail(mail)}
    assert subjects == {"The copy of your data is ready", "Your personal data is being erased"}


def test_erasure_is_confirmed_waits_for_what_is_ahead_and_ends_the_session(
    here, signed_in, portal, hr, drain, superuser
):
    interview = here.book(hours=120)
    assert portal("ask/", kind="erasure").status_code == 422
    assert portal("ask/", kind="erasure", sure="yes").status_code == 302
    one = task(here)
    assert decide(hr, one, decision="grant").status_code == 409
    signed_in.post(f"/c/{here.company.slug}/interviews/{interview.id}/cancel/", {"reason": "time_conflict"})
    drain()
    assert decide(hr, one, decision="grant").status_code == 302
    assert "随即删除" in text(portal())
    assert portal("ask/", kind="erasure", sure="yes").status_code == 302
    assert here.count(DataRequest) == 1, "it is the same request"
    erased(drain, superuser)
    assert "/sign-in/" in portal()["Location"]
    with here.scope():
        assert Candidate.objects.get(id=here.candidate.id).name == "（已删除）"
        assert DataRequest.objects.get().state == "granted"
        assert Task.objects.get(id=one.id).state == "done"


def test_a_recruiter_grants_a_copy_but_erases_nobody(here, portal, recruiter):
    for kind, status in (("copy", 302), ("erasure", 403)):
        portal("ask/", kind=kind, sure="yes")
        assert decide(recruiter, task(here), decision="grant").status_code == status
    with here.scope():
        assert Candidate.objects.get(id=here.candidate.id).name != "（已删除）"


def test_hr_hands_out_a_copy_for_one_who_asked_otherwise_and_it_is_recorded(here, hr, other_hr):
    path = f"/console/candidates/{here.candidate.id}/copy/"
    assert hr.get(path).status_code == 405
    data = json.loads(hr.post(path).content)
    assert data["person"]["email"] == here.email()
    assert other_hr.post(path).status_code == 404
    assert [subject for subject, _ in actions(here, "candidate.copied")] == [here.candidate.id]


def test_requests_are_their_owners_and_their_companys_alone(here, there, hr):
    with here.scope() as now:
        asked = ask(actor=here.as_candidate(), kind="copy", now=now)
    with there.scope() as now:
        from raincheck.core.errors import NotFound

        with pytest.raises(NotFound):
            grant(request_id=asked.id, actor=there.actor(), now=now)
    with here.scope() as now, pytest.raises(NotAllowed):
        decline(request_id=asked.id, actor=here.actor("interviewer"), answer="x", now=now)
    other = people.candidate_client(here.company, here.add_candidate())
    page = text(other.get(f"/c/{here.company.slug}/privacy/"))
    assert re.search("撤回请求", page) is None


def test_without_yes_a_shell_says_whether_somebody_could_be_erased_and_erases_nobody(
    here, capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr(settings, "RAINCHECK_BACKUP_DIR", str(tmp_path))
    whom = ["candidate", "erase", "--company", here.company.slug, "--candidate", str(here.candidate.id)]

    def said(*more, status):
        capsys.readouterr()
        assert cli.main([*whom, *more]) == status
        return "".join(capsys.readouterr())

    before = here.entries()
    assert "add --yes to do it" in said(status=0)
    with here.scope() as now:
        held = place(candidate_id=here.candidate.id, why="案号一", actor=here.actor("hr_manager"), now=now)
    assert "[on_hold]" in said(status=1)
    assert "[on_hold]" in said("--yes", status=1)
    with here.scope() as now:
        lift(hold_id=held.id, actor=here.actor("hr_manager"), now=now)
    booked = here.book(hours=100, with_vendor=False)
    assert "[still_expected]" in said(status=1)
    here.put(booked, state="expired")
    whom[-1] = str(new_id())
    assert "[not_found]" in said(status=1)
    whom[-1] = str(here.candidate.id)
    with here.scope():
        assert Candidate.objects.get(id=here.candidate.id).identity.data_key is not None
    assert [one for one in here.entries() if one.startswith("candidate.")] == [
        one for one in before if one.startswith("candidate.")
    ]
    assert not list(tmp_path.iterdir())
    assert "erased" in said("--yes", status=0)
    with here.scope():
        assert Candidate.objects.get(id=here.candidate.id).identity.data_key is None
