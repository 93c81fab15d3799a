"""What only one vendor has: its error words, its statuses, how it writes names and times."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest

from raincheck.simulators.vendors.leapin import ACCESS_ID
from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import BadSignature, Booking, Line, NeedsPerson, Permanent, Retry, Status
from raincheck.vendors.adapters.leapin import adapter as leapin_adapter
from tests.contract.conftest import SECRET
from tests.peers import Peer, listening
from tests.vendor_simulators import start_vendor

NOW = datetime(2030, 1, 31, 8, 0, 40, tzinfo=UTC)
LISTED = {"id": 7, "email": "one@example.com", "status": 0, "invite_expire_time": "2030-02-07 23:59:00"}


def leapin(**changes: Any) -> Any:
    """Return an answer that is a token, an invitation and a page of one, all in one."""
    one = {**LISTED, **changes}
    page = {"results": [one], "next": None, "interview_url": "https://example.com/i"}
    return {"code": 0, "error_msg": "", "token": "t", "data": {**one, **page}}


def line_to(url: str, **more: Any) -> Line:
    return Line(uuid4(), url, "key", SECRET, credentials={"access_id": ACCESS_ID}, **more)


def booking(**changes: Any) -> Booking:
    who = {"candidate_name": "示例人", "email": "one@example.com", "phone": "+8613800137000"}
    times = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=1)}
    fixed = {
        "external_id": uuid4(),
        "kind": "slot",
        "title": "示例",
        "language": "zh-hans",
        "template": "206",
    }
    return Booking(**{**fixed, **times, **who, **changes})


def try_to(name: str, verb: str, answer: Any, **options: Any) -> Any:
    """Call one verb of an adapter whose vendor answers everything alike."""
    adapter, ref = adapters.REGISTRY[name], "206/7" if name == "xobin" else "7"
    with listening(answer, status=options.pop("status", 200)) as peer:
        line = line_to(peer.url, options=options)
        if verb == "invite":
            return adapter.invite(line, booking(), key="invite-1")
        if verb == "cancel":
            return adapter.cancel(line, ref, reason="health", key="cancel-1")
        return adapter.read(line, ref)


def sent_by_inviting(name: str, answer: Any, **changes: Any) -> Any:
    """Return the body of the last call that an invitation makes."""
    with listening(answer) as peer:
        adapters.REGISTRY[name].invite(line_to(peer.url), booking(**changes), key="invite-1")
        return body_of(peer)


def body_of(peer: Peer) -> Any:
    return json.loads(peer.bodies[-1])


@pytest.mark.parametrize("name", ["hireflix", "xobin", "leapin"])
@pytest.mark.parametrize("lacking", [{"template": ""}, {"email": ""}])
def test_what_an_invitation_lacks_is_said_before_any_call(name, lacking):
    line = line_to("http://127.0.0.1:9")
    with pytest.raises(NeedsPerson, match="needs"):
        adapters.REGISTRY[name].invite(line, booking(**lacking), key="invite-1")
    assert line.calls == []


@pytest.mark.parametrize("name", ["hireflix", "xobin", "leapin"])
def test_no_adapter_claims_to_have_met_the_real_thing(name):
    assert adapters.REGISTRY[name].can.verified_against_live is False


class TestHireflix:
    def answer(self, **interview: Any) -> Any:
        plain = {"id": "7", "status": "pending", "completed": None, "url": {"public": "u"}}
        return {"data": {"interview": {**plain, **interview}}}

    @pytest.mark.parametrize(
        ("kind", "error", "says"),
        [
            ("ExceededInvitesThisPeriodError", NeedsPerson, "no invitations left"),
            ("InterviewAlreadyExistsInPositionError", NeedsPerson, "already"),
            ("InterviewExternalIdAlreadyExistsInPositionError", NeedsPerson, "already"),
            ("SomethingNewError", Permanent, "SomethingNewError"),
            ("one@example.com is unwanted", Permanent, "not the documented shape"),
        ],
    )
    def test_each_kind_of_refusal_is_told_by_its_type_alone(self, kind, error, says):
        refused = {"__typename": kind, "message": "one@example.com was here"}
        with pytest.raises(error, match=says) as caught:
            try_to("hireflix", "invite", {"data": {"inviteCandidateToInterview": refused}})
        assert "one@example.com" not in str(caught.value)

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("pending", Status.INVITED),
            ("completed", Status.SUBMITTED),
            ("to_evaluate", Status.AWAITING_FEEDBACK),
            ("shortlisted", Status.AWAITING_FEEDBACK),
            ("discarded", Status.UNMAPPED),
            ("something_new", Status.UNMAPPED),
        ],
    )
    def test_its_statuses_are_ours_beside_its_own_word(self, word, status):
        view = try_to("hireflix", "read", self.answer(status=word))
        assert (view.word, view.status) == (word, status)

    @pytest.mark.parametrize(
        ("completed", "confirmed", "status"),
        [
            (None, "", Status.UNMAPPED),
            (None, "no", Status.UNMAPPED),
            (None, "yes", Status.CANCELLED),
            (1_900_000_000_000, "", Status.SUBMITTED),
            (1_900_000_000_000, "yes", Status.SUBMITTED),
        ],
    )
    def test_an_archive_ends_an_interview_only_where_that_was_seen_and_never_one_handed_in(
        self, completed, confirmed, status
    ):
        archived = self.answer(status="discarded", completed=completed)
        view = try_to("hireflix", "read", archived, archive_ends_link=confirmed)
        assert (view.word, view.status) == ("discarded", status)

    def test_an_archive_that_can_not_be_seen_afterwards_is_tried_again(self):
        said = {"Interview": {"archive": {"id": "7", "discardedAt": 1}}}
        with pytest.raises(Retry, match="yet it isn't"):
            try_to("hireflix", "cancel", {"data": {**said, **self.answer()["data"]}})

    def test_errors_beside_the_data_are_errors(self):
        with pytest.raises(Permanent):
            try_to("hireflix", "read", {**self.answer(), "errors": [{"message": "no"}]})

    @pytest.mark.parametrize("name", ['"}){__typename}}#', "a\\", "行\n一", "😀", "\u2028", "$email", "%s"])
    def test_a_name_never_becomes_part_of_the_document(self, name):
        with start_vendor("hireflix") as vendor:
            line = Line(uuid4(), vendor.base_url, vendor.key)
            made = adapters.REGISTRY["hireflix"].invite(line, booking(candidate_name=name), key="invite-1")
            assert [there["id"] for there in vendor.interviews()] == [made.ref]


class TestXobin:
    MADE = {"response_id": 7, "invite_link": "u", "status": "Pending"}

    def test_no_invitations_left_is_for_a_person(self):
        with pytest.raises(NeedsPerson, match="limit_exceed"):
            try_to("xobin", "invite", {"error": "limit_exceed"}, status=403)
        with pytest.raises(Permanent):
            try_to("xobin", "invite", {"error": "something_new"}, status=403)

    def test_dates_go_out_in_gmt_to_the_minute_and_our_id_with_them(self):
        shanghai, ours = NOW.astimezone(timezone(timedelta(hours=8))), uuid4()
        sent = sent_by_inviting("xobin", self.MADE, starts_at=shanghai, external_id=ours)
        assert (sent["start_date"], sent["expiry_date"]) == ("2030-01-31 08:00", "2030-01-31 09:00")
        assert (sent["ai_interview_id"], sent["invite_format"]) == (206, "getlink")
        assert sent["custom_field_id"] == str(ours)

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("Pending", Status.INVITED),
            ("Started", Status.IN_PROGRESS),
            ("Completed", Status.SUBMITTED),
            ("Revoked", Status.CANCELLED),
            ("Something new", Status.UNMAPPED),
        ],
    )
    def test_its_own_invitation_is_picked_from_the_list(self, word, status):
        listed = {
            "ai_interview_id": 206,
            "candidate_id": 1,
            "last_updated_at": "Thu, 10 Jul 2025 11:52:57 GMT",
        }
        others = [{**listed, "response_id": number, "invite_status": "Pending"} for number in (6, 70)]
        view = try_to("xobin", "read", [*others, {**listed, "response_id": 7, "invite_status": word}])
        assert (view.ref, view.word, view.status) == ("206/7", word, status)
        assert try_to("xobin", "read", others) is None

    @pytest.mark.parametrize(
        ("word", "error"), [("NOT_ALLOWED", Permanent), ("FAILED", Retry), ("PERHAPS", Permanent)]
    )
    @pytest.mark.parametrize("status", [200, 409])
    def test_a_revocation_that_did_not_happen_is_none(self, word, error, status):
        with pytest.raises(error):
            try_to("xobin", "cancel", {"status": word, "message": "示例"}, status=status)

    def test_a_404_does_not_mean_that_it_is_gone(self):
        for verb in ("read", "cancel"):
            with pytest.raises(Permanent):
                try_to("xobin", verb, {"error": "not_found"}, status=404)

    def test_a_webhook_may_bear_a_header_of_the_customers_own(self):
        line = line_to("http://127.0.0.1:9", options={"webhook_header": "X-Our-Word"})
        body = b'{"ai_interview_id": 206, "response_id": 7, "invite_status": "Started"}'
        receive = adapters.REGISTRY["xobin"].receive
        heard = receive(line, headers={"x-our-word": SECRET}, body=body, now=NOW)
        assert (heard.ref, heard.kind, heard.view) == ("206/7", "Started", None)
        for headers in ({"x-our-word": "密"}, {"authorization": SECRET}):
            with pytest.raises(BadSignature):
                receive(line, headers=headers, body=body, now=NOW)


class TestLeapIn:
    @pytest.mark.parametrize(
        ("code", "error"),
        [
            (10001, NeedsPerson),
            (10002, NeedsPerson),
            (10003, NeedsPerson),
            (40000, Permanent),
            (50000, Retry),
            (77, Permanent),
        ],
    )
    @pytest.mark.parametrize("status", [200, 400])
    def test_its_codes_count_whatever_the_http_status(self, code, error, status):
        with pytest.raises(error):
            try_to("leapin", "read", {"code": code, "error_msg": "one@example.com"}, status=status)

    @pytest.mark.parametrize("verb", ["read", "cancel"])
    def test_a_list_without_an_end_is_not_looked_through_for_ever(self, verb, monkeypatch):
        monkeypatch.setattr(leapin_adapter, "_MOST_PAGES", 3)
        endless = {"code": 0, "token": "t", "data": {"results": [], "next": "https://example.com/?page=2"}}
        with pytest.raises(Permanent, match="not in the first 3 pages"):
            try_to("leapin", verb, endless)

    @pytest.mark.parametrize(
        ("number", "status"),
        [
            (0, Status.INVITED),
            (1, Status.SUBMITTED),
            (3, Status.AWAITING_FEEDBACK),
            (4, Status.AWAITING_FEEDBACK),
            (5, Status.UNMAPPED),
            (2, Status.UNMAPPED),
        ],
    )
    def test_its_numbers_are_statuses(self, number, status):
        view = try_to("leapin", "read", leapin(status=number))
        assert (view.ref, view.word, view.status) == ("7", str(number), status)

    def test_a_cancel_says_until_when_the_link_lives(self):
        with pytest.raises(NeedsPerson, match="lapses at 2030-02-07 23:59"):
            try_to("leapin", "cancel", leapin())

    def test_a_number_goes_out_in_its_two_parts_and_the_deadline_as_whole_days(self):
        ends_at = datetime.now(UTC) + timedelta(days=2, hours=1)
        sent = sent_by_inviting("leapin", leapin(), ends_at=ends_at, phone="+85251234567")
        who = sent["candidate_list"][0]
        assert (who["mobile_country_code"], who["mobile"]) == ("852", "51234567")
        assert sent["expire_days"] == 3
        assert sent_by_inviting("leapin", leapin(), ends_at=NOW - timedelta(days=9999))["expire_days"] == 1

    def test_a_second_attempt_looks_for_the_same_address_in_the_same_job(self):
        adapter = adapters.REGISTRY["leapin"]
        with start_vendor("leapin") as vendor:
            line = Line(uuid4(), vendor.base_url, vendor.key, credentials={"access_id": ACCESS_ID})
            vendor.seed([{"template": "206", "email": f"{number}@example.com"} for number in range(250)])
            for free in ({"email": "one@example.com"}, {"email": "0@example.com", "template": "17"}):
                adapter.invite(line, booking(again=True, **free), key="invite-1")
            for last in ("249@example.com", "one@example.com"):
                with pytest.raises(NeedsPerson, match="already"):
                    adapter.invite(line, booking(again=True, email=last), key="invite-1")

    def test_a_wrong_access_id_is_for_a_person(self):
        with start_vendor("leapin") as vendor:
            line = Line(uuid4(), vendor.base_url, vendor.key, credentials={"access_id": "another"})
            with pytest.raises(NeedsPerson, match="access id"):
                adapters.REGISTRY["leapin"].health(line)
