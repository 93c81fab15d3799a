"""Bad input, through the pages: clear words in the person's language, what to do next, and nothing changed."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from django.utils.html import escape

from raincheck.accounts.identities import InvalidPhone
from raincheck.accounts.models import SignInCode
from raincheck.accounts.sign_in import TRIES, CodesTooOften, CodeWrong, digits
from raincheck.cancellations import batches, errors, policy
from raincheck.cancellations.models import Policy
from raincheck.cancellations.rules import save_rules
from raincheck.console.forms import BadMoment
from raincheck.core.errors import NotFound
from raincheck.core.ids import new_id
from raincheck.recruiting import actions as recruiting
from raincheck.worklist import actions as worklist
from tests import people
from tests.kept import played_once
from tests.walk import changes, scene, state_of_database

ENDLESS = "长" * 10_000
LANGUAGES = ("zh-hans", "en")
#: What a refusal itself may leave behind: its record, and the try it counted.
RECORDS = {"audit_entry", "accounts_signincode"}


@pytest.fixture(params=LANGUAGES)
def language(request):
    """Return each of the languages in turn."""
    return request.param


@pytest.fixture
def browsers(here, language):
    """Return browsers of a candidate, of HR and of nobody, all reading this language."""
    reading = {"Accept-Language": language}
    made = SimpleNamespace(
        candidate=people.candidate_client(here.company, here.candidate),
        hr=people.staff_client(here.staff["hr_manager"]),
        nobody=Client(),
    )
    for client in vars(made).values():
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = reading["Accept-Language"]
    return made


def says(answer, error, language):
    """Check that a page refuses with this error: its status, its words, its advice, in this language."""
    page = people.text(answer)
    with translation.override(language):
        message, advice = str(error.message), str(error.advice)
    assert answer.status_code == error.status, page[-2000:]
    assert escape(message) in page
    assert escape(advice) in page
    assert bool(re.search(r"[\u4e00-\u9fff]", message + advice)) is (language == "zh-hans"), (message, advice)
    assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in page
    assert "Traceback" not in page
    return page


def names_its_code(page, error):
    """Check that a page of refusal bears the stable code."""
    assert re.search(rf"\b{error.code}\b", page), error.code


def over(here, **changed):
    """Return an interview changed behind the product's back."""
    interview = here.book(hours=90)
    here.put(interview, **changed)
    return here.fresh(interview)


def past(here):
    """Return an interview whose time is over, before any sweep has seen it."""
    gone = datetime.now(UTC) - timedelta(hours=2)
    return over(here, starts_at=gone, ends_at=gone + timedelta(minutes=40))


def cancelled(here):
    """Return an interview that is cancelled."""
    return over(here, state="cancelled")


def submitted(here):
    """Return an interview that was handed in."""
    return over(here, state="submitted", vendor_progress="submitted")


IN_NO_STATE = [
    pytest.param(submitted, errors.InterviewSubmitted, id="submitted"),
    pytest.param(past, errors.InterviewPast, id="past"),
    pytest.param(cancelled, errors.AlreadyCancelled, id="cancelled"),
]
TYPED_WRONG = [
    pytest.param({"reason": "made_up"}, errors.UnknownReason, id="unknown reason"),
    pytest.param({}, errors.UnknownReason, id="no reason"),
    pytest.param({"reason": "x" * 10_000}, errors.UnknownReason, id="endless reason"),
    pytest.param({"reason": "health", "note": " \n\t　"}, errors.NoteBlank, id="blank note"),
    pytest.param({"reason": "health", "note": ENDLESS}, errors.NoteTooLong, id="endless note"),
    pytest.param({"reason": "health", "note": "行" * 501}, errors.NoteTooLong, id="a character too many"),
]


class TestCandidateCancels:
    @pytest.mark.parametrize(("typed", "error"), TYPED_WRONG)
    def test_what_was_typed_wrong_is_said_at_its_field(
        self, here, browsers, interview, superuser, language, typed, error
    ):
        before = state_of_database(superuser)
        for step in ("cancel/", "cancel/confirm/"):
            answer = browsers.candidate.post(portal(here, interview, step), typed)
            says(answer, error, language)
        assert changes(before, state_of_database(superuser)) == {}

    def test_a_reason_that_is_the_companys_alone_is_none_of_the_candidates(
        self, here, browsers, interview, language
    ):
        answer = browsers.candidate.post(portal(here, interview, "cancel/"), {"reason": "position_frozen"})
        says(answer, errors.UnknownReason, language)

    @pytest.mark.parametrize(("made", "error"), IN_NO_STATE)
    def test_what_cannot_be_cancelled_says_why_and_whom_to_reach(
        self, here, browsers, superuser, language, made, error
    ):
        interview = made(here)
        before = state_of_database(superuser)
        answer = browsers.candidate.post(portal(here, interview, "cancel/"), {"reason": "health"})
        page = says(answer, error, language)
        names_its_code(page, error)
        assert here.company.contact_phone in page
        assert set(changes(before, state_of_database(superuser))) <= RECORDS
        assert here.entries(interview=interview) == ["cancellation.refused"]

    def test_somebody_elses_another_companys_and_no_interview_at_all_are_answered_alike(
        self, here, there, browsers, superuser, language
    ):
        neighbours = here.book(hours=80, candidate=here.add_candidate())
        foreign = there.book(hours=80)
        before = state_of_database(superuser)
        pages = set()
        for interview_id in (neighbours.id, foreign.id, new_id()):
            for step in ("", "status/", "cancel/"):
                answer = browsers.candidate.get(f"/c/{here.company.slug}/interviews/{interview_id}/{step}")
                names_its_code(says(answer, NotFound, language), NotFound)
            answer = browsers.candidate.post(
                f"/c/{here.company.slug}/interviews/{interview_id}/cancel/", {"reason": "health"}
            )
            # But for the form's own token, the request's id and the address that was asked for.
            pages.add(re.sub(r'value="[^"]*"|[0-9a-f]{8}', "", says(answer, NotFound, language)))
        assert len(pages) == 1
        assert changes(before, state_of_database(superuser)) == {}

    @pytest.mark.parametrize(
        "nonsense", ["1", "not-an-id", "00000000", "%00", "..%2f..%2f", "é" * 50, "a" * 5000]
    )
    def test_an_id_that_is_none_is_not_found(self, here, browsers, language, nonsense):
        answer = browsers.candidate.get(f"/c/{here.company.slug}/interviews/{nonsense}/")
        says(answer, NotFound, language)

    def test_what_is_decided_cannot_be_taken_back(self, here, browsers, interview, superuser, language):
        cancellation = here.ask(interview)
        before = state_of_database(superuser)
        answer = browsers.candidate.post(f"/c/{here.company.slug}/cancellations/{cancellation.id}/withdraw/")
        page = says(answer, errors.NotWithdrawable, language)
        names_its_code(page, errors.NotWithdrawable)
        assert here.company.contact_phone in page
        assert changes(before, state_of_database(superuser)) == {}


def portal(here, interview, step=""):
    """Return the address of a candidate's page about an interview."""
    return f"/c/{here.company.slug}/interviews/{interview.id}/{step}"


class TestCandidateSignsIn:
    @pytest.fixture
    def door(self, here, browsers):
        """Return a door a code has just been asked for at, with that code."""
        at = f"/c/{here.company.slug}/sign-in/"
        assert browsers.nobody.post(at, {"phone": here.phone()}).status_code == 302
        with here.scope():
            row = SignInCode.objects.get()
        code = digits(row.id)
        wrong = "000000" if code != "000000" else "111111"
        return SimpleNamespace(at=at, row=row, code=code, wrong=wrong, try_=self.trying(browsers.nobody, at))

    @staticmethod
    def trying(client, at):
        return lambda typed: client.post(f"{at}code/", {"code": typed})

    @pytest.mark.parametrize("typed", ["wrong", "", "12", "１２３４５６", "9" * 10_000, "' OR 1=1", "０"])
    def test_a_wrong_code_is_refused_counted_and_logged(self, here, door, language, typed, caplog):
        with caplog.at_level("WARNING"):
            page = says(door.try_(door.wrong if typed == "wrong" else typed), CodeWrong, language)
        assert door.code not in page
        assert [one.msg["way"] for one in caplog.records if "sign_in_tried" in str(one.msg)] == ["phone"]
        assert here.phone() not in caplog.text
        assert here.fresh(door.row).tries == 1
        assert door.try_(door.code).status_code == 302

    def test_an_expired_code_is_refused(self, here, door, language):
        here.put(door.row, expires_at=datetime.now(UTC))
        says(door.try_(door.code), CodeWrong, language)

    def test_after_too_many_tries_even_the_right_one_is_refused(self, here, door, language):
        for _ in range(TRIES):
            says(door.try_(door.wrong), CodeWrong, language)
        says(door.try_(door.code), CodeWrong, language)
        assert here.fresh(door.row).spent_at is None

    def test_a_code_is_good_once(self, here, door, browsers, language):
        cookie = browsers.nobody.cookies["raincheck_code"].value
        assert door.try_(door.code).status_code == 302
        other = Client(headers={"Accept-Language": language})
        other.cookies["raincheck_code"] = cookie
        says(other.post(f"{door.at}code/", {"code": door.code}), CodeWrong, language)

    def test_a_code_of_one_company_opens_nothing_at_another(self, there, door, browsers):
        at = f"/c/{there.company.slug}/sign-in/"
        browsers.nobody.cookies["raincheck_code"]["path"] = "/"
        answer = browsers.nobody.post(f"{at}code/", {"code": door.code})
        assert (answer.status_code, answer["Location"]) == (302, at)

    def test_without_a_code_asked_for_the_door_leads_back_to_the_number(self, here, language):
        client = Client(headers={"Accept-Language": language})
        answer = client.post(f"/c/{here.company.slug}/sign-in/code/", {"code": "123456"})
        assert answer["Location"] == f"/c/{here.company.slug}/sign-in/"

    @pytest.mark.parametrize(
        "typed", ["", "12", "not a phone", "+" * 500, "1" * 10_000, "<script>alert(1)</script>"]
    )
    def test_what_is_no_number_is_refused_and_kept_as_typed(self, here, browsers, superuser, language, typed):
        before = state_of_database(superuser)
        answer = browsers.nobody.post(f"/c/{here.company.slug}/sign-in/", {"phone": typed})
        page = says(answer, InvalidPhone, language)
        assert "<script>alert" not in page
        assert changes(before, state_of_database(superuser)) == {}

    def test_asking_too_often_is_refused(self, here, door, browsers, language):
        answer = browsers.nobody.post(door.at, {"phone": here.phone()})
        says(answer, CodesTooOften, language)
        assert here.count(SignInCode) == 1

    def test_an_unknown_company_has_no_door(self, browsers, language):
        says(browsers.nobody.get("/c/nobody-here/sign-in/"), NotFound, language)


class TestHrCancels:
    @pytest.mark.parametrize(("typed", "error"), TYPED_WRONG)
    def test_what_was_typed_wrong_is_said_at_its_field(
        self, here, browsers, interview, superuser, language, typed, error
    ):
        before = state_of_database(superuser)
        answer = browsers.hr.post(f"/console/interviews/{interview.id}/cancel/", typed)
        says(answer, error, language)
        assert changes(before, state_of_database(superuser)) == {}

    @pytest.mark.parametrize(("made", "error"), IN_NO_STATE)
    def test_what_cannot_be_cancelled_says_why(self, here, browsers, superuser, language, made, error):
        interview = made(here)
        before = state_of_database(superuser)
        answer = browsers.hr.post(f"/console/interviews/{interview.id}/cancel/", {"reason": "health"})
        names_its_code(says(answer, error, language), error)
        assert set(changes(before, state_of_database(superuser))) <= RECORDS


#: The company, in a state with something behind every id.
here, stage = played_once("stage", scene)


class TestHrDecides:
    @pytest.mark.parametrize(
        ("typed", "error"),
        [
            ({"decision": "reject", "decision_note": "  "}, errors.DecisionNoteMissing),
            ({"decision": "reject", "decision_note": ENDLESS}, errors.NoteTooLong),
            ({"decision": "approve", "decision_note": ENDLESS}, errors.NoteTooLong),
        ],
        ids=["blank", "endless", "endless approval"],
    )
    def test_a_decision_typed_wrong_is_said_at_its_field(
        self, stage, browsers, superuser, language, typed, error
    ):
        before = state_of_database(superuser)
        says(browsers.hr.post(f"/console/reviews/{stage.in_review.id}/", typed), error, language)
        assert changes(before, state_of_database(superuser)) == {}

    def test_what_is_decided_is_decided(self, here, stage, browsers, superuser, language):
        path = f"/console/reviews/{stage.in_review.id}/"
        assert browsers.hr.post(path, {"decision": "reject", "decision_note": "请参加"}).status_code == 302
        before = state_of_database(superuser)
        answer = browsers.hr.post(path, {"decision": "approve"})
        names_its_code(says(answer, errors.NotInReview, language), errors.NotInReview)
        assert changes(before, state_of_database(superuser)) == {}

    def test_tasks_frozen_positions_and_times_that_cannot_be(
        self, here, stage, browsers, superuser, language
    ):
        task, position = f"/console/tasks/{stage.task.id}/settle/", f"/console/positions/{here.position.id}/"
        move = f"/console/interviews/{stage.scheduled.id}/reschedule/"
        gone = f"/console/interviews/{stage.cancelled.id}/reschedule/"
        backwards = {"kind": "slot", "starts_at": "2050-01-02T10:00", "ends_at": "2050-01-02T09:00"}
        forwards = {**backwards, "ends_at": "2050-01-02T11:00"}
        before = state_of_database(superuser)
        for path, typed, error in (
            (task, {"resolution": "  "}, worklist.ResolutionMissing),
            (f"{position}reopen/", {}, batches.PositionNotFrozen),
            (move, backwards, recruiting.BadTimes),
            (move, {**backwards, "starts_at": "2020-01-01T10:00"}, recruiting.BadTimes),
            (move, {**backwards, "starts_at": "soon"}, BadMoment),
            (gone, forwards, recruiting.NotReschedulable),
        ):
            says(browsers.hr.post(path, typed), error, language)
        assert changes(before, state_of_database(superuser)) == {}

    def test_a_task_is_settled_once(self, stage, browsers, language):
        path = f"/console/tasks/{stage.task.id}/settle/"
        assert browsers.hr.post(path, {"resolution": "已联系"}).status_code == 302
        says(browsers.hr.post(path, {"resolution": "又联系"}), worklist.TaskSettled, language)


class TestRules:
    def holes(self):
        """Return rule sets that may not be saved, each with what is wrong."""
        ample, short = (rule for rule in policy.STANDARD if rule.code in {"ample_notice", "short_notice"})
        rest = [rule for rule in policy.STANDARD if rule not in (ample, short)]
        yield [*rest, ample], "hole"
        yield [*rest, ample, ample], "duplicate_code"
        yield [], "hole"

    def test_a_rule_set_with_holes_is_refused_naming_what_is_wrong(self, here, superuser):
        before = state_of_database(superuser)
        for rules, code in self.holes():
            with pytest.raises(errors.RulesRefused) as refusal, here.scope() as now:
                save_rules(name="holes", rules=rules, actor=here.actor(), now=now)
            assert (refusal.value.code, refusal.value.status) == ("rules_refused", 422)
            assert refusal.value.detail.startswith(f"{code}: ")
        assert changes(before, state_of_database(superuser)) == {}

    def test_rules_that_punish_notice_are_refused_on_the_page(self, here, browsers, superuser, language):
        typed = {"preset": "custom", "hours": "12", "ample": "refuse", "short": "auto"}
        typed |= {"first": "15", "then": "escalate", "second": "15", "finally": "approve"}
        before = state_of_database(superuser)
        answer = browsers.hr.post("/console/rules/edit/", typed)
        assert answer.status_code == 422
        assert here.count(Policy) == 0
        assert changes(before, state_of_database(superuser)) == {}

    @pytest.mark.parametrize(
        "typed", [{}, {"preset": "none"}, {"preset": "custom"}, {"preset": "custom", "hours": "-1"}]
    )
    def test_half_a_form_saves_nothing(self, here, browsers, language, typed):
        answer = browsers.hr.post("/console/rules/edit/", typed)
        assert answer.status_code == 422
        assert here.count(Policy) == 0


def test_staff_who_mistype_their_password_stay_at_the_door(here, browsers, language):
    typed = {"login": here.staff["hr_manager"].email, "password": "not-it"}
    answer = browsers.nobody.post("/staff/login/", typed)
    unknown = browsers.nobody.post("/staff/login/", {**typed, "login": "nobody@example.com"})
    assert answer.status_code == unknown.status_code
    assert answer.status_code in {200, 422}
    assert "not-it" not in people.text(answer)
    assert browsers.nobody.get("/console/").status_code == 302
    cache.clear()
