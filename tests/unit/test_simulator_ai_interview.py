"""The simulated AI interview vendor, as a real process: the customer's API and its memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulators import (
    INTERVIEW,
    TIMES,
    AiInterview,
    refusal,
    start_ai_interview,
)

LATER = {"starts_at": "2030-02-01T08:00:00Z", "ends_at": "2030-02-01T09:00:00Z"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AiInterview]:
    with start_ai_interview(tmp_path_factory.mktemp("vendor")) as vendor:
        yield vendor


@pytest.fixture
def vendor(running: AiInterview) -> AiInterview:
    running.clear_faults()
    return running


def test_a_booking_is_answered_in_the_documented_shape(vendor: AiInterview) -> None:
    body = vendor.book()
    interview_id, url = body.pop("id"), body.pop("invite_url")
    assert url.startswith(f"{vendor.url}/i/")
    assert body == {
        "external_id": "app-1",
        "kind": "slot",
        "status": "invited",
        "progress": "unopened",
        **TIMES,
        "version": 1,
        "scores": [],
    }
    assert vendor.interview(interview_id) == {**body, "id": interview_id, "invite_url": url}


def test_a_wrong_or_missing_key_is_refused(vendor: AiInterview) -> None:
    tries: list[dict[bytes, bytes]] = [{}, {b"X-Api-Key": b"wrong"}, {b"X-Api-Key": "密".encode()}]
    for headers in tries:
        assert refusal(vendor.http.get("/v1/interviews", headers=headers)) == (401, "unauthorized")


def test_a_change_without_an_idempotency_key_is_refused(vendor: AiInterview) -> None:
    answer = vendor.http.post("/v1/interviews", json=INTERVIEW, headers={"X-Api-Key": vendor.key})
    assert refusal(answer) == (400, "idempotency_key_missing")


def test_the_same_key_and_body_get_the_stored_answer(vendor: AiInterview) -> None:
    first = vendor.call("POST", "", {**INTERVIEW, "external_id": "once"}, key="same")
    turned = dict(reversed({**INTERVIEW, "external_id": "once"}.items()))
    second = vendor.call("POST", "", turned, key="same")
    assert second.status_code == 201
    assert second.json() == first.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert vendor.creates()["once"] == 1


def test_the_same_key_with_another_body_or_path_is_refused(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.cancel(interview_id, key="mine")
    assert refusal(vendor.cancel(interview_id, key="mine", reason="x")) == (422, "idempotency_mismatch")
    other = vendor.book()["id"]
    assert refusal(vendor.cancel(other, key="mine")) == (422, "idempotency_mismatch")


def test_a_refused_call_has_not_used_its_key_up(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.progress(interview_id, "started")
    assert refusal(vendor.cancel(interview_id, key="again")) == (409, "in_progress")
    assert vendor.cancel(interview_id, key="again", accept_partial=True).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "meeting"},
        {"starts_at": "2030-01-31T08:00:00+08:00"},
        {"starts_at": "2030-01-31 08:00:00"},
        {"starts_at": "2030-02-30T08:00:00Z"},
        {"ends_at": TIMES["starts_at"]},
        {"external_id": " "},
        {"external_id": 7},
        {"title": "x" * 201},
        {"candidate": {"name": "李测试"}},
        {"candidate": {"name": "李测试", "locale": "zh-CN", "phone": "1"}},
        {"candidate": "李测试"},
        {"surprise": 1},
        {"status": "submitted"},
    ],
)
def test_anything_but_the_documented_shape_is_refused(vendor: AiInterview, changes: dict[str, Any]) -> None:
    assert refusal(vendor.call("POST", "", {**INTERVIEW, **changes})) == (422, "invalid_request")


def test_a_body_that_is_no_json_object_is_refused(vendor: AiInterview) -> None:
    headers = {"X-Api-Key": vendor.key, "Idempotency-Key": "body", "Content-Type": "application/json"}
    tries: list[tuple[bytes, int]] = [
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 60_000, 400),
        (b"[]", 422),
        (b'"' + b"x" * 70_000 + b'"', 413),
    ]
    for body, status in tries:
        answer = vendor.http.post("/v1/interviews", content=body, headers=headers)
        assert refusal(answer)[0] == status
    form = vendor.http.post(
        "/v1/interviews", data={"a": "b"}, headers={**headers, "Content-Type": "text/plain"}
    )
    assert refusal(form) == (415, "unsupported_media_type")


def test_unknown_paths_and_methods_are_refused_as_json(vendor: AiInterview) -> None:
    assert refusal(vendor.http.get("/v2/interviews")) == (404, "not_found")
    assert refusal(vendor.http.put("/v1/interviews")) == (405, "method_not_allowed")


def test_an_unknown_interview_is_not_found(vendor: AiInterview) -> None:
    assert refusal(vendor.call("GET", "/iv_none")) == (404, "not_found")
    assert refusal(vendor.call("PATCH", "/iv_none", LATER)) == (404, "not_found")
    assert refusal(vendor.cancel("iv_none")) == (404, "not_found")


def test_the_list_comes_in_pages_in_the_order_of_booking(vendor: AiInterview) -> None:
    booked = [vendor.book()["id"] for _ in range(3)]
    pages = vendor.call("GET", "?per_page=2").json()["pages"]
    listed: list[str] = []
    for number in range(1, pages + 1):
        body = vendor.call("GET", f"?page={number}&per_page=2").json()
        assert (body["page"], body["pages"]) == (number, pages)
        listed += [item["id"] for item in body["items"]]
    assert listed[-3:] == booked
    assert len(listed) == len(set(listed))


def test_odd_list_parameters_are_refused(vendor: AiInterview) -> None:
    for query in ("page=0", "page=x", "per_page=1001", "per_page=-1", "sort=id"):
        assert refusal(vendor.call("GET", f"?{query}")) == (400, "invalid_query")


def test_moving_changes_times_and_version_once(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    moved = vendor.call("PATCH", f"/{interview_id}", LATER).json()
    assert (moved["starts_at"], moved["ends_at"], moved["version"]) == (*LATER.values(), 2)
    assert vendor.call("PATCH", f"/{interview_id}", LATER).json()["version"] == 2


@pytest.mark.parametrize("state", ["submitted", "cancelled", "expired"])
def test_what_is_over_cannot_be_moved(vendor: AiInterview, state: str) -> None:
    interview_id = vendor.book()["id"]
    vendor.progress(interview_id, state)
    assert refusal(vendor.call("PATCH", f"/{interview_id}", LATER)) == (409, state)


def test_a_cancel_takes_effect_once_and_a_second_one_finds_it_gone(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    first = vendor.cancel(interview_id, key="c1")
    assert (first.status_code, first.json()["status"], first.json()["version"]) == (200, "cancelled", 2)
    assert vendor.cancel(interview_id, key="c1").json() == first.json()
    assert refusal(vendor.cancel(interview_id, key="c2")) == (410, "already_gone")
    assert vendor.effects()[interview_id] == 1


def test_fifty_cancels_at_once_take_effect_once(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: vendor.cancel(interview_id, key=f"race-{n % 5}"), range(50)))
    assert {answer.status_code for answer in answers} == {200, 410}
    assert vendor.effects()[interview_id] == 1


def test_a_begun_interview_is_cancelled_only_when_partial_is_accepted(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.progress(interview_id, "partial")
    assert refusal(vendor.cancel(interview_id)) == (409, "in_progress")
    body = vendor.cancel(interview_id, accept_partial=True).json()
    assert (body["status"], body["progress"]) == ("cancelled", "partly_recorded")
    assert all(score["partial"] for score in body["scores"])


def test_a_submitted_interview_cannot_be_cancelled(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.progress(interview_id, "submitted")
    assert refusal(vendor.cancel(interview_id, accept_partial=True)) == (409, "submitted")


def test_an_expired_interview_is_already_gone(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    vendor.progress(interview_id, "expired")
    assert refusal(vendor.cancel(interview_id)) == (410, "already_gone")


def test_scores_come_with_recording_and_are_the_same_whenever_asked(vendor: AiInterview) -> None:
    interview_id = vendor.book()["id"]
    assert vendor.progress(interview_id, "started")["scores"] == []
    partial = vendor.progress(interview_id, "partial")["scores"]
    final = vendor.progress(interview_id, "submitted")["scores"]
    dimensions = ["communication", "expertise", "logic", "fit", "stability"]
    assert [score["dimension"] for score in partial] == dimensions
    assert {score["partial"] for score in partial} == {True}
    assert {score["partial"] for score in final} == {False}
    assert all(0 <= score["score"] <= score["max"] == 100 for score in partial + final)
    assert vendor.interview(interview_id)["scores"] == final


def test_everything_answered_survives_kill_9(tmp_path: Path) -> None:
    with start_ai_interview(tmp_path) as vendor:
        interview_id = vendor.book()["id"]
        first = vendor.cancel(interview_id, key="k")
        vendor.fault("cannot_cancel")
        vendor.kill()
    with start_ai_interview(tmp_path) as vendor:
        assert refusal(vendor.cancel(interview_id)) == (501, "unsupported")
        vendor.clear_faults()
        replayed = vendor.cancel(interview_id, key="k")
        assert {**replayed.json(), "invite_url": ""} == {**first.json(), "invite_url": ""}
        assert vendor.effects() == {interview_id: 1}


def test_sigterm_ends_it_cleanly_and_quickly_even_while_a_call_waits(tmp_path: Path) -> None:
    with start_ai_interview(tmp_path) as vendor, ThreadPoolExecutor(1) as pool:
        interview_id = vendor.book()["id"]
        vendor.fault("slow", ms=60_000, operation="read")
        waiting = pool.submit(
            httpx.get, f"{vendor.url}/v1/interviews/{interview_id}", headers={"X-Api-Key": vendor.key}
        )
        time.sleep(0.3)
        began = time.monotonic()
        assert vendor.stop() == 0
        assert time.monotonic() - began < 3
        assert isinstance(waiting.exception(), httpx.HTTPError)


def test_a_taken_port_is_said_so(
    vendor: AiInterview, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    port = int(vendor.url.rpartition(":")[2])
    with pytest.raises(RuntimeError, match="exit status 1"), start_ai_interview(tmp_path, port=port):
        pass
    assert "is taken" in capfd.readouterr().err


def test_a_call_takes_a_few_milliseconds(vendor: AiInterview) -> None:
    taken = []
    for _ in range(100):
        began = time.perf_counter()
        vendor.book()
        taken.append(time.perf_counter() - began)
    assert sorted(taken)[50] < 0.02
