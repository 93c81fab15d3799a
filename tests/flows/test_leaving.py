"""Leaving what one may leave, by the link in the mail, the mail program's own button, or the settings."""

import re

import pytest
from django.test import Client

from raincheck.audit.catalogue import Action
from raincheck.notifications import leaving
from raincheck.notifications.models import Message, OptOut
from raincheck.reminders import tasks
from tests import people


@pytest.fixture
def reminded(here, outbox, drain):
    """Have an interviewer be reminded by mail; return the mail."""
    here.book(hours=1)
    tasks.sweep(timestamp=0)
    drain()
    return outbox.mail(here.staff["interviewer"].email)[-1]


def path_in(text):
    return re.search(r"https?://[^/\s]+(/c/[a-z0-9-]+/unsubscribe/[\w/-]+/)", text)[1]


def left(world):
    with world.scope():
        return list(OptOut.objects.values_list("topic", flat=True))


def test_a_reminder_mail_has_the_headers_by_which_a_program_leaves_and_a_link_for_people(reminded):
    raw = reminded["headers"]
    assert raw["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert path_in(raw["List-Unsubscribe"]) == path_in(reminded["text"])


def test_one_click_needs_no_cookie_and_leaves_for_good(here, outbox, drain, reminded):
    path = path_in(reminded["text"])
    program = Client(enforce_csrf_checks=True)
    for _ in range(2):
        assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert left(here) == ["reminders"]
    assert here.entries().count(Action.TOPIC_CHOSEN) == 1
    before = len(outbox.mail(here.staff["interviewer"].email))
    again = here.book(hours=1, candidate=here.add_candidate())
    tasks.sweep(timestamp=0)
    drain()
    assert len(outbox.mail(here.staff["interviewer"].email)) == before
    with here.scope():
        assert Message.objects.filter(
            interview_id=again.id, recipient_kind="candidate", state="sent"
        ).exists()


def test_looking_leaves_nothing_and_one_may_come_back(here, reminded):
    path, person = path_in(reminded["text"]), Client(enforce_csrf_checks=True)
    assert "退订“面试提醒”" in people.text(person.get(path))
    for nothing_of_ours in ({}, {"List-Unsubscribe": "no"}, {"wanted": "a\x00"}):
        assert person.post(path, nothing_of_ours).status_code == 400
    assert left(here) == []
    assert "已退订“面试提醒”" in people.text(person.post(path, {"wanted": "no"}))
    assert "已重新订阅" in people.text(person.post(path, {"wanted": "yes"}))
    assert left(here) == []


def test_a_forged_link_or_one_for_what_is_owed_is_not_found(here, reminded, other_company):
    path = path_in(reminded["text"])
    for wrong in (
        path.replace("/reminders/", "/talent/"),
        path.replace("/reminders/", "/cancelled.candidate/"),
        path[:-3] + "xx/",
        path.replace(here.company.slug, other_company.slug),
    ):
        assert Client().get(wrong).status_code == 404, wrong
        assert Client().post(wrong, {"List-Unsubscribe": "One-Click"}).status_code == 404, wrong
    assert left(here) == []


def test_in_the_settings_a_candidate_leaves_reminders_and_reads_why_outcomes_come_all_the_same(
    here, signed_in, interview, outbox, drain
):
    page = f"/c/{here.company.slug}/settings/"
    shown = people.text(signed_in.get(page))
    assert "不能退订的" in shown
    assert "您需要据此决定是否到场" in shown
    signed_in.post(f"{page}topic/", {"topic": "reminders", "wanted": "no"})
    signed_in.post(f"{page}topic/", {"topic": "cancelled.candidate", "wanted": "no"})
    assert left(here) == ["reminders"]
    assert "已退订" in people.text(signed_in.get(page))
    here.ask(interview)
    drain()
    assert any("已成功取消" in sms["body"] for sms in outbox.sms(here.phone()))
    with here.scope():
        outcome = Message.objects.get(template="candidate_cancelled")
    assert "unsubscribe" not in outcome.params


def test_people_choose_the_language_they_are_written_to_in(here, signed_in, outbox, interview, drain):
    page = f"/c/{here.company.slug}/settings/"
    assert 'value="zh-hans" checked' in people.text(signed_in.get(page))
    assert signed_in.post(f"{page}language/", {"language": "fr"}).status_code == 422
    assert signed_in.post(f"{page}language/", {"language": "en"})["Location"] == page
    assert 'value="en" checked' in people.text(signed_in.get(page))
    interviewer = people.staff_client(here.staff["interviewer"])
    account = "/console/account/"
    assert interviewer.post(f"{account}language/", {"language": "en"})["Location"] == account
    assert 'value="en" selected' in people.text(interviewer.get(account))
    here.ask(interview)
    drain()
    assert "cancelled" in outbox.mail(here.email())[-1]["subject"]
    assert "cancelled" in outbox.mail(here.staff["interviewer"].email)[-1]["subject"]
    assert "已取消" in outbox.mail(here.staff["recruiter"].email)[-1]["subject"]


def test_the_link_is_bound_to_person_and_topic(here):
    mine = leaving.address(here.company, here.candidate.identity_id, "reminders")
    other = leaving.address(here.company, here.candidate.identity_id, "talent")
    assert mine.split("/")[-2] != other.split("/")[-2]
