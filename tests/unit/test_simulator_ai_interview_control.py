"""The simulated AI interview vendor, as a real process: faults, control plane and pages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.simulators import (
    CANCEL,
    INTERVIEW,
    TIMES,
    AiInterview,
    refusal,
    start_ai_interview,
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AiInterview]:
    with start_ai_interview(tmp_path_factory.mktemp("vendor")) as vendor:
        yield vendor


@pytest.fixture
def vendor(running: AiInterview) -> AiInterview:
    running.clear_faults()
    return running


def test_the_control_plane_asks_for_its_header(vendor: AiInterview) -> None:
    for method, path in (
        ("GET", "calls"),
        ("GET", "effects"),
        ("DELETE", "faults"),
        ("POST", "seed"),
        ("DELETE", "interviews"),
    ):
        assert refusal(vendor.http.request(method, f"/_control/{path}")) == (403, "control_only")


def test_it_forgets_every_interview_and_what_was_done_about_them(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.cancel(interview_id)
    vendor.forget()
    assert vendor.control("GET", "/calls") == {"items": []}
    assert vendor.control("GET", "/effects") == {"cancels": {}, "creates": {}}
    assert refusal(vendor.cancel(interview_id))[0] == 404


def test_every_step_leads_to_its_state_and_raises_the_version(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    reached = [vendor.progress(interview_id, to) for to in ("opened", "started", "partial", "submitted")]
    states = [(body["status"], body["progress"], body["version"]) for body in reached]
    assert states == [
        ("invited", "opened", 2),
        ("in_progress", "opened", 3),
        ("in_progress", "partly_recorded", 4),
        ("submitted", "submitted", 5),
    ]


def test_a_cancelled_interview_can_be_started_all_the_same(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.cancel(interview_id)
    assert vendor.progress(interview_id, "started")["status"] == "in_progress"


def test_slow_waits_and_then_does_it(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.fault("slow", ms=300, operation="cancel", times=1)
    began = time.monotonic()
    assert vendor.cancel(interview_id).status_code == 200
    assert time.monotonic() - began >= 0.3


def test_a_slow_call_the_caller_gave_up_on_is_still_done_once(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.fault("slow", ms=400, operation="cancel", times=1)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{vendor.url}/v1/interviews/{interview_id}/cancel",
            json=CANCEL,
            headers={"X-Api-Key": vendor.key, "Idempotency-Key": "patience"},
            timeout=0.1,
        )
    time.sleep(0.5)
    assert vendor.cancel(interview_id, key="patience").headers["Idempotent-Replayed"] == "true"
    assert vendor.effects()[interview_id] == 1


def test_error_500_does_nothing(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.fault("error_500", operation="cancel", times=1)
    assert refusal(vendor.cancel(interview_id, key="e")) == (500, "internal_error")
    assert vendor.interview(interview_id)["status"] == "invited"
    assert vendor.cancel(interview_id, key="e").status_code == 200


def test_error_500_after_doing_has_done_it(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.fault("error_500_after_doing", operation="cancel", times=1)
    assert refusal(vendor.cancel(interview_id, key="d")) == (500, "internal_error")
    assert vendor.interview(interview_id)["status"] == "cancelled"
    again = vendor.cancel(interview_id, key="d")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert vendor.effects()[interview_id] == 1


def test_a_lie_answers_as_if_it_were_done(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.fault("lies", operation="cancel", times=1)
    lie = vendor.cancel(interview_id, key="l")
    assert (lie.status_code, lie.json()["status"]) == (200, "cancelled")
    assert vendor.interview(interview_id)["status"] == "invited"
    assert interview_id not in vendor.effects()
    assert vendor.cancel(interview_id, key="l").status_code == 200
    assert vendor.effects()[interview_id] == 1


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("already_gone", (410, "already_gone")),
        ("unknown", (404, "not_found")),
        ("cannot_cancel", (501, "unsupported")),
    ],
)
def test_a_cancel_can_be_answered_otherwise(
    vendor: AiInterview, mode: str, expected: tuple[int, str]
) -> None:
    interview_id = vendor.book()["id"]
    vendor.fault(mode, operation="cancel", interview_id=interview_id)
    assert refusal(vendor.cancel(interview_id)) == expected
    assert refusal(vendor.cancel(interview_id)) == expected
    assert vendor.interview(interview_id)["status"] == "invited"


def test_unknown_answers_a_read_as_well(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.fault("unknown", interview_id=interview_id)
    assert refusal(vendor.call("GET", f"/{interview_id}")) == (404, "not_found")


def test_other_time_is_an_hour_off_in_answers_only(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.fault("other_time", operation="read")
    assert vendor.interview(interview_id)["starts_at"] == "2030-01-31T09:00:00Z"
    assert vendor.call("GET", "?per_page=1").json()["items"][0]["starts_at"] == "2030-01-31T09:00:00Z"
    vendor.clear_faults()
    assert vendor.interview(interview_id)["starts_at"] == TIMES["starts_at"]


def test_unreachable_closes_the_connection_without_an_answer(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.fault("unreachable", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        vendor.interview(interview_id)
    assert vendor.interview(interview_id)["status"] == "invited"
    assert [entry["status"] for entry in vendor.calls(interview_id)] == [201, None, 200]


def test_a_fault_counts_down_and_meets_only_what_it_names(vendor: AiInterview) -> None:
    one, other = vendor.book()["id"], vendor.book()["id"]
    vendor.fault("error_500", operation="cancel", times=2, interview_id=one)
    assert vendor.cancel(other).status_code == 200
    assert vendor.interview(one)["status"] == "invited"
    assert [vendor.cancel(one).status_code for _ in range(3)] == [500, 500, 200]


def test_slow_adds_to_another_fault(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.fault("slow", ms=200, operation="cancel")
    vendor.fault("error_500", operation="cancel")
    began = time.monotonic()
    assert vendor.cancel(interview_id).status_code == 500
    assert time.monotonic() - began >= 0.2


def test_a_fault_that_means_nothing_is_refused(vendor: AiInterview) -> None:
    for body in (
        {"mode": "grumpy"},
        {"mode": "already_gone", "operation": "read"},
        {"mode": "slow", "ms": -1},
        {"mode": "slow", "times": 0},
        {"mode": "slow", "ms": True},
        {},
    ):
        with pytest.raises(httpx.HTTPStatusError, match="422"):
            vendor.control("POST", "/faults", body)
    assert vendor.control("GET", "/faults") == {"items": []}


def test_the_call_log_tells_replays_and_effects_apart(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    for key in ("l1", "l1", "l2"):
        vendor.cancel(interview_id, key=key)
    logged = vendor.calls(interview_id)[1:]
    assert [
        (c["operation"], c["idempotency_key"], c["status"], c["replayed"], c["effect"]) for c in logged
    ] == [
        ("cancel", "l1", 200, False, True),
        ("cancel", "l1", 200, True, False),
        ("cancel", "l2", 410, False, False),
    ]


def test_a_call_that_is_refused_at_the_door_is_logged_too(vendor: AiInterview) -> None:
    vendor.http.post("/v1/interviews/iv_door/cancel", json=CANCEL)
    assert [(c["operation"], c["status"]) for c in vendor.calls("iv_door")] == [("cancel", 401)]


def test_a_seed_of_five_thousand_is_taken_in_one_call_and_in_order(vendor: AiInterview) -> None:
    wanted = [{**INTERVIEW, "external_id": f"seed-{n}"} for n in range(5000)]
    items = vendor.seed(wanted)
    assert [item["external_id"] for item in items] == [item["external_id"] for item in wanted]
    assert vendor.interview(items[-1]["id"])["invite_url"] == items[-1]["invite_url"]


def test_a_seed_may_choose_status_and_progress_that_go_together(vendor: AiInterview) -> None:
    wanted = [
        {**INTERVIEW, "status": "in_progress", "progress": "partly_recorded"},
        {**INTERVIEW, "status": "submitted"},
    ]
    half, done = (vendor.interview(item["id"]) for item in vendor.seed(wanted))
    assert (half["status"], half["progress"], len(half["scores"])) == ("in_progress", "partly_recorded", 5)
    assert (done["status"], done["progress"]) == ("submitted", "submitted")


def test_a_seed_is_taken_whole_or_not_at_all(vendor: AiInterview) -> None:
    before = vendor.call("GET", "?per_page=1").json()["pages"]
    for bad in (
        {"status": "submitted", "progress": "opened"},
        {"ends_at": TIMES["starts_at"]},
        {"kind": "x"},
    ):
        with pytest.raises(httpx.HTTPStatusError, match="422"):
            vendor.seed([INTERVIEW, {**INTERVIEW, **bad}])
    wrongs: list[Any] = [[], [INTERVIEW] * 5001, {}]
    for wrong in wrongs:
        with pytest.raises(httpx.HTTPStatusError, match="422"):
            vendor.control("POST", "/seed", wrong)
    assert vendor.call("GET", "?per_page=1").json()["pages"] == before


def test_opening_the_invite_link_changes_nothing(vendor: AiInterview) -> None:
    booked = vendor.book(title="<b>粗体</b>")
    shown = httpx.get(booked["invite_url"])
    assert (shown.status_code, "开始面试" in shown.text) == (200, True)
    assert "<b>粗体</b>" not in shown.text
    assert "&lt;b&gt;粗体&lt;/b&gt;" in shown.text
    assert "script" not in shown.headers["content-security-policy"]
    assert vendor.interview(booked["id"])["version"] == 1


def test_the_candidate_begins_and_submits_on_the_page(vendor: AiInterview) -> None:
    booked = vendor.book()
    begun = httpx.post(f"{booked['invite_url']}/begin", follow_redirects=True)
    assert "提交面试" in begun.text
    assert vendor.interview(booked["id"])["progress"] == "partly_recorded"
    assert httpx.post(f"{booked['invite_url']}/submit").status_code == 303
    assert vendor.interview(booked["id"])["status"] == "submitted"
    assert httpx.post(f"{booked['invite_url']}/submit").status_code == 409


def test_the_link_of_a_cancelled_interview_is_dead(vendor: AiInterview) -> None:
    booked = vendor.book()
    vendor.cancel(booked["id"])
    for answer in (httpx.get(booked["invite_url"]), httpx.post(f"{booked['invite_url']}/begin")):
        assert (answer.status_code, "此面试已取消，链接已失效" in answer.text) == (410, True)
    assert vendor.interview(booked["id"])["progress"] == "unopened"
    assert httpx.get(f"{vendor.url}/i/nobody").status_code == 404


def test_the_page_for_people_switches_faults_and_moves_interviews(vendor: AiInterview) -> None:
    booked = vendor.book(candidate={"name": "王演示", "locale": "zh"})
    assert "王演示" in vendor.http.get("/", params={"q": booked["id"]}).text
    vendor.http.post("/ui/faults", data={"fault": "unreachable"})
    assert "连不上" in vendor.http.get("/").text
    with pytest.raises(httpx.RemoteProtocolError):
        vendor.interview(booked["id"])
    vendor.http.post("/ui/faults", data={"fault": "clear"})
    assert vendor.http.post(f"/ui/interviews/{booked['id']}", data={"to": "submitted"}).status_code == 303
    assert vendor.interview(booked["id"])["status"] == "submitted"


def test_a_form_from_a_foreign_page_is_refused(vendor: AiInterview) -> None:
    booked = vendor.book()
    for headers in ({"Origin": "http://evil.invalid"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in (
            "/ui/faults",
            f"/ui/interviews/{booked['id']}",
            f"/i/{booked['invite_url'][-24:]}/begin",
        ):
            answer = vendor.http.post(path, data={"fault": "slow", "to": "submitted"}, headers=headers)
            assert refusal(answer) == (403, "foreign_page")
