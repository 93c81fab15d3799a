"""The candidate's pages over HTTP: what they say, what they do, and what they refuse."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from raincheck.accounts.identities import open_contacts
from raincheck.accounts.models import SignInCode
from raincheck.accounts.sign_in import digits
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Cancellation, State
from raincheck.core.scope import company_scope
from raincheck.recruiting.actions import Times, reschedule

NOTE = "当天有毕业答辩\n希望改到周五"


@pytest.fixture
def at(company: Any) -> str:
    return f"/c/{company.slug}/"


def latest(interview: Any) -> Cancellation | None:
    with company_scope(interview.company_id):
        return Cancellation.objects.filter(interview_id=interview.id).order_by("-requested_at").first()


def page_of(at: str, interview: Any) -> str:
    return f"{at}interviews/{interview.id}/"


def form(**fields: str) -> dict[str, str]:
    return {"key": str(uuid4()), "reason": "time_conflict", "note": "", **fields}


def phone_of(candidate: Any) -> str:
    with company_scope(candidate.company_id):
        return open_contacts(candidate.identity).phone


def newest_code(company: Any) -> str:
    with company_scope(company.id):
        return digits(SignInCode.objects.latest("sent_at").id)


class TestSigningIn:
    def test_phone_and_code_lead_to_where_one_was_going(
        self, company: Any, candidate: Any, interview: Any, at: str
    ) -> None:
        browser, wanted = Client(), page_of(at, interview)
        away = browser.get(wanted)
        sent = browser.post(f"{at}sign-in/", {"phone": phone_of(candidate), "next": wanted})
        back = browser.post(f"{at}sign-in/code/", {"code": newest_code(company)})
        assert away["Location"].startswith(f"{at}sign-in/?next=")
        assert (sent["Location"], back["Location"]) == (f"{at}sign-in/code/", wanted)
        cookie = back.cookies[f"raincheck_c_{company.slug}"]
        assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == (at, "Lax", True)
        assert browser.get(wanted).status_code == 200

    def test_whoever_is_no_longer_signed_in_when_they_send_is_told_that_nothing_was_sent(
        self, company: Any, candidate: Any, interview: Any, at: str
    ) -> None:
        browser, cancel = Client(), f"{page_of(at, interview)}cancel/"
        referer = {"HTTP_REFERER": f"http://testserver{cancel}confirm/"}
        away = browser.post(cancel, form(), **referer)
        door = browser.get(away["Location"]).content.decode()
        assert "刚才的操作没有提交" in door
        assert f'name="next" value="{cancel}confirm/"' in door
        with company_scope(company.id):
            assert not Cancellation.objects.filter(interview=interview).exists()
        elsewhere = browser.post(cancel, form(), HTTP_REFERER="http://testserver/console/")
        assert elsewhere["Location"] == f"{at}sign-in/"

    @pytest.mark.parametrize(
        "wanted", ["https://elsewhere.example/", "//elsewhere.example/", "/console/", "/c/other/"]
    )
    def test_nobody_is_sent_on_to_another_place(
        self, company: Any, candidate: Any, at: str, wanted: str
    ) -> None:
        browser = Client()
        browser.post(f"{at}sign-in/", {"phone": phone_of(candidate), "next": wanted})
        assert browser.post(f"{at}sign-in/code/", {"code": newest_code(company)})["Location"] == at

    def test_a_wrong_code_says_so_on_the_field_and_the_try_is_counted(
        self, company: Any, candidate: Any, at: str
    ) -> None:
        browser = Client()
        browser.post(f"{at}sign-in/", {"phone": phone_of(candidate)})
        wrong = f"{(int(newest_code(company)) + 1) % 1_000_000:06d}"
        answer = browser.post(f"{at}sign-in/code/", {"code": wrong})
        assert answer.status_code == 422
        assert "验证码错误或已过期" in answer.content.decode()
        assert f'value="{wrong}"' in answer.content.decode()
        with company_scope(company.id):
            assert SignInCode.objects.latest("sent_at").tries == 1

    def test_what_is_no_phone_number_is_refused_and_kept(self, at: str, company: Any) -> None:
        answer = Client().post(f"{at}sign-in/", {"phone": "abc"})
        assert answer.status_code == 422
        assert 'value="abc"' in answer.content.decode()
        with company_scope(company.id):
            assert not SignInCode.objects.exists()

    def test_another_code_within_a_minute_is_refused(self, candidate: Any, at: str) -> None:
        browser = Client()
        browser.post(f"{at}sign-in/", {"phone": phone_of(candidate)})
        again = browser.post(f"{at}sign-in/", {"resend": "yes"})
        assert again.status_code == 429
        assert "验证码获取过于频繁" in again.content.decode()

    def test_a_number_nobody_has_is_answered_alike(self, at: str) -> None:
        answer = Client().post(f"{at}sign-in/", {"phone": "13900009999"})
        assert answer["Location"] == f"{at}sign-in/code/"

    def test_the_number_is_not_readable_in_the_cookie(self, candidate: Any, at: str) -> None:
        browser = Client()
        browser.post(f"{at}sign-in/", {"phone": phone_of(candidate)})
        assert phone_of(candidate)[-8:] not in browser.cookies["raincheck_code"].value

    def test_signing_out_ends_the_session_for_its_token_too(
        self, signed_in: Client, company: Any, at: str
    ) -> None:
        name = f"raincheck_c_{company.slug}"
        token = signed_in.cookies[name].value
        signed_in.post(f"{at}sign-out/")
        thief = Client()
        thief.cookies[name] = token
        assert "sign-in" in thief.get(at)["Location"]


class TestCallingOff:
    def test_the_rule_is_shown_before_one_commits(
        self, signed_in: Client, interview: Any, soon: Any, at: str
    ) -> None:
        assert "现在取消将自动通过" in signed_in.get(page_of(at, interview)).content.decode()
        review = signed_in.get(page_of(at, soon)).content.decode()
        assert "需HR审核" in review
        assert "请按时参加" in review

    def test_three_steps_cancel_and_the_page_turns_by_itself(
        self, signed_in: Client, interview: Any, at: str, drain: Any
    ) -> None:
        page = page_of(at, interview)
        step2 = signed_in.get(f"{page}cancel/").content.decode()
        key = re.findall(r'name="key" value="([^"]+)"', step2)[0]
        step3 = signed_in.post(f"{page}cancel/confirm/", form(key=key, note=NOTE))
        assert NOTE in step3.content.decode()
        assert latest(interview) is None
        done = signed_in.post(f"{page}cancel/", form(key=key, note=NOTE))
        assert done["Location"] == page
        waiting = signed_in.get(page).content.decode()
        assert "取消中" in waiting
        assert 'http-equiv="refresh"' in waiting
        drain()
        assert "面试已取消" in signed_in.get(f"{page}status/?seen=old").content.decode()
        assert "面试已取消" in signed_in.get(page).content.decode()

    def test_sending_the_form_twice_asks_once(self, signed_in: Client, interview: Any, at: str) -> None:
        twice = form()
        first, second = (signed_in.post(f"{page_of(at, interview)}cancel/", twice) for _ in range(2))
        assert first["Location"] == second["Location"]
        with company_scope(interview.company_id):
            assert Cancellation.objects.filter(interview_id=interview.id).count() == 1

    def test_looking_never_changes_anything(self, signed_in: Client, interview: Any, at: str) -> None:
        page = page_of(at, interview)
        for path in (page, f"{page}status/", f"{page}cancel/", f"{page}cancel/confirm/", f"{at}messages/"):
            assert signed_in.get(path).status_code in {200, 302}
        assert signed_in.get(f"{at}pool/").status_code == 405
        assert latest(interview) is None

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"reason": "made_up"}, "请选择取消原因"),
            ({"note": "   "}, "补充说明不能只有空白"),
            ({"note": "长" * 10_000}, "补充说明过长"),
        ],
    )
    def test_bad_input_is_shown_on_its_field_and_kept(
        self, signed_in: Client, interview: Any, at: str, typed: dict[str, str], words: str
    ) -> None:
        answer = signed_in.post(f"{page_of(at, interview)}cancel/confirm/", form(**typed))
        assert answer.status_code in {200, 422}
        assert words in answer.content.decode()
        assert latest(interview) is None

    def test_line_ends_count_as_one_character(self, signed_in: Client, interview: Any, at: str) -> None:
        note = "行\r\n" * 250
        assert signed_in.post(f"{page_of(at, interview)}cancel/confirm/", form(note=note)).status_code == 200

    def test_a_submitted_interview_is_refused_with_the_contact_and_the_refusal_is_kept(
        self, signed_in: Client, interview: Any, at: str, company: Any
    ) -> None:
        with company_scope(company.id):
            type(interview).objects.filter(id=interview.id).update(
                state="submitted", vendor_progress="submitted"
            )
        answer = signed_in.post(f"{page_of(at, interview)}cancel/", form())
        assert answer.status_code == 409
        assert "该面试已提交，不能取消" in answer.content.decode()
        assert company.contact_email in answer.content.decode()
        assert latest(interview) is None
        with company_scope(company.id):
            assert Entry.objects.filter(interview_id=interview.id, action=Action.REFUSED).count() == 1

    def test_under_review_one_may_withdraw_and_withdraw_again(
        self, signed_in: Client, soon: Any, at: str
    ) -> None:
        signed_in.post(f"{page_of(at, soon)}cancel/", form())
        asked = latest(soon)
        assert asked is not None
        assert asked.state == State.IN_REVIEW
        assert "撤回申请" in signed_in.get(page_of(at, soon)).content.decode()
        for _ in range(2):
            assert signed_in.post(f"{at}cancellations/{asked.id}/withdraw/")["Location"] == page_of(at, soon)
        assert "已撤回" in signed_in.get(page_of(at, soon)).content.decode()

    def test_the_link_to_start_disappears_once_asked(
        self, signed_in: Client, soon: Any, at: str, company: Any
    ) -> None:
        with company_scope(company.id):
            type(soon).objects.filter(id=soon.id).update(vendor_link="https://interview.example/1")
        assert "https://interview.example/1" in signed_in.get(page_of(at, soon)).content.decode()
        signed_in.post(f"{page_of(at, soon)}cancel/", form())
        assert "https://interview.example/1" not in signed_in.get(page_of(at, soon)).content.decode()

    def test_while_nothing_changed_the_waiting_page_is_told_nothing(
        self, signed_in: Client, soon: Any, at: str
    ) -> None:
        signed_in.post(f"{page_of(at, soon)}cancel/", form())
        shown = signed_in.get(page_of(at, soon)).content.decode()
        again = re.findall(r'hx-get="([^"]+/status/[^"]+)"', shown)[0]
        assert signed_in.get(again).status_code == 204


class TestAnotherLanguageInTheMidst:
    def test_what_was_typed_stays_whichever_step_one_is_at(
        self, signed_in: Client, interview: Any, at: str
    ) -> None:
        there = f"{page_of(at, interview)}cancel/confirm/"
        asked = form(note=NOTE, choosing="yes")
        for language, words in (("en", "Why are you cancelling?"), ("zh-hans", "为什么取消？")):
            answer = signed_in.post(there, {**asked, "language": language})
            shown = answer.content.decode()
            assert (answer.status_code, NOTE in shown, asked["key"] in shown) == (200, True, True)
            assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in shown
            assert re.search(r'value="time_conflict" required checked', shown)
            assert words in shown
            assert answer.cookies["raincheck_language"].value == language
        del asked["choosing"]
        answer = signed_in.post(there, {**asked, "language": "en"})
        shown = answer.content.decode()
        assert "Cancel this interview?" in shown
        assert NOTE in shown
        # What no page is written in is no language: the next step comes.
        unknown = signed_in.post(there, {**asked, "choosing": "yes", "language": "fr"})
        assert "raincheck_language" not in unknown.cookies


class TestMovedMeanwhile:
    def test_what_was_moved_while_it_was_being_confirmed_is_shown_anew_before_it_is_cancelled(
        self, signed_in: Client, here: Any, interview: Any, at: str
    ) -> None:
        page = page_of(at, interview)
        asked = form(note=NOTE, consent="yes")
        confirm = signed_in.post(f"{page}cancel/confirm/", asked).content.decode()
        assert "现在取消将自动通过" in confirm
        [seen] = re.findall(r'name="seen" value="(\d+)"', confirm)
        with here.scope() as now:
            soon = Times("slot", now + timedelta(hours=3), now + timedelta(hours=4))
            reschedule(interview_id=interview.id, times=soon, actor=here.actor(), now=now)
        answer = signed_in.post(f"{page}cancel/", {**asked, "seen": seen})
        shown = answer.content.decode()
        assert (answer.status_code, "面试时间刚刚有变化" in shown, NOTE in shown) == (409, True, True)
        assert "需HR审核" in shown
        with here.scope():
            assert not Cancellation.objects.filter(interview=interview).exists()
        [now_seen] = re.findall(r'name="seen" value="(\d+)"', shown)
        for _ in range(2):
            assert signed_in.post(f"{page}cancel/", {**asked, "seen": now_seen})["Location"] == page
        with here.scope():
            assert Cancellation.objects.get(interview=interview).state == State.IN_REVIEW


class TestTalentPool:
    def test_consent_is_given_only_by_ticking_and_can_be_taken_back(
        self, signed_in: Client, interview: Any, candidate: Any, at: str, drain: Any
    ) -> None:
        with company_scope(candidate.company_id):
            type(candidate).objects.filter(id=candidate.id).update(pool_consent=None)
        confirm = signed_in.post(f"{page_of(at, interview)}cancel/confirm/", form()).content.decode()
        assert '<input type="checkbox" name="consent" value="yes">' in confirm
        signed_in.post(f"{page_of(at, interview)}cancel/", form(consent="yes"))
        drain()
        assert "移出人才库" in signed_in.get(page_of(at, interview)).content.decode()
        signed_in.post(f"{at}pool/", {"consent": "no", "next": page_of(at, interview)})
        with company_scope(candidate.company_id):
            candidate.refresh_from_db()
            consents = Entry.objects.filter(action=Action.CONSENTED, subject_id=candidate.id).order_by("at")
            assert [entry.facts["consent"] for entry in consents] == [True, False]
        assert candidate.pool_consent is False
        assert "愿意存入人才库吗？" in signed_in.get(page_of(at, interview)).content.decode()


class TestWalls:
    def test_what_is_not_ones_own_is_not_found(self, signed_in: Client, company: Any, at: str) -> None:
        for path in (f"interviews/{uuid4()}/", f"interviews/{uuid4()}/cancel/", "interviews/nonsense/"):
            answer = signed_in.get(at + path)
            assert answer.status_code == 404
            assert "没有找到您要的内容" in answer.content.decode()
            assert company.contact_email in answer.content.decode()
        assert signed_in.post(f"{at}cancellations/{uuid4()}/withdraw/").status_code == 404

    def test_a_session_ends_at_the_company_it_began_at(
        self, signed_in: Client, other_company: Any, company: Any
    ) -> None:
        token = signed_in.cookies[f"raincheck_c_{company.slug}"].value
        signed_in.cookies[f"raincheck_c_{other_company.slug}"] = token
        assert "sign-in" in signed_in.get(f"/c/{other_company.slug}/")["Location"]

    def test_the_form_needs_its_token(self, signed_in: Client, interview: Any, at: str) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = signed_in.cookies
        answer = strict.post(f"{page_of(at, interview)}cancel/", form())
        assert answer.status_code == 403
        assert "页面已过期" in answer.content.decode()
        assert latest(interview) is None


class TestMessages:
    def test_reading_is_marked_by_the_button_alone(
        self, signed_in: Client, soon: Any, at: str, drain: Any
    ) -> None:
        signed_in.post(f"{page_of(at, soon)}cancel/", form())
        drain()
        assert "未读" in signed_in.get(f"{at}messages/").content.decode()
        assert "未读" in signed_in.get(f"{at}messages/").content.decode()
        signed_in.post(f"{at}messages/read/")
        assert "未读" not in signed_in.get(f"{at}messages/").content.decode()
