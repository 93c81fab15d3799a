"""The simulated AI interview vendor, as a real process: its signed webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from raincheck.simulators.ai_interview.webhooks import read_secret, sign
from tests.simulators import (
    AiInterview,
    WebhookTarget,
    free_port,
    start_ai_interview,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LATER = {"starts_at": "2030-02-01T08:00:00Z", "ends_at": "2030-02-01T09:00:00Z"}


def test_the_signature_is_the_published_vector() -> None:
    signature = sign(
        read_secret(SECRET),
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("text", ["plain", "whsec_!!", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_a_secret_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        read_secret(text)


class Receiver:
    """A webhook receiver that answers with `statuses` in turn, then with 204."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.end_headers()

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, number: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + 10
        while len(self.got) < number and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.got) == number
        return [json.loads(body) for _headers, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def telling(tmp_path: Path, receiver: Receiver) -> Iterator[AiInterview]:
    with start_ai_interview(tmp_path, webhook=WebhookTarget(receiver.url, SECRET)) as vendor:
        yield vendor


def test_every_step_is_told_signed_and_in_order(telling: AiInterview, receiver: Receiver) -> None:
    interview_id = telling.book()["id"]
    steps = ["opened", "started", "partial", "submitted", "cancelled", "expired"]
    for to in steps:
        telling.progress(interview_id, to)
    bodies = receiver.wait_for(6)
    assert [body["type"] for body in bodies] == [f"interview.{to}" for to in steps]
    assert [body["data"]["version"] for body in bodies] == [2, 3, 4, 5, 6, 7]
    assert set(bodies[0]) == {"id", "type", "occurred_at", "data"}
    names = {"id", "external_id", "status", "progress", "version", "starts_at", "ends_at", "scores"}
    assert set(bodies[0]["data"]) == names
    for (headers, raw), body in zip(receiver.got, bodies, strict=True):
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
        digest = hmac.new(base64.b64decode(SECRET[6:]), signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
        assert headers["webhook-id"] == body["id"]
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 30


def test_the_candidates_own_steps_are_told_but_the_customers_calls_are_not(
    telling: AiInterview, receiver: Receiver
) -> None:
    booked = telling.book()
    telling.call("PATCH", f"/{booked['id']}", LATER)
    httpx.post(f"{booked['invite_url']}/begin")
    telling.cancel(booked["id"], accept_partial=True)
    kinds = [body["type"] for body in receiver.wait_for(3)]
    assert kinds == ["interview.opened", "interview.started", "interview.partial"]


def test_a_step_may_go_untold(telling: AiInterview, receiver: Receiver) -> None:
    interview_id = telling.book()["id"]
    telling.progress(interview_id, "submitted", webhook=False)
    telling.progress(interview_id, "expired")
    assert [body["type"] for body in receiver.wait_for(1)] == ["interview.expired"]


def test_a_refused_webhook_is_tried_again_with_the_same_id(telling: AiInterview, receiver: Receiver) -> None:
    receiver.statuses = [500, 302, 404]
    telling.progress(telling.book()["id"], "opened")
    assert len({body["id"] for body in receiver.wait_for(4)}) == 1


def test_a_webhook_is_given_up_after_five_tries_and_holds_no_other(
    telling: AiInterview, receiver: Receiver
) -> None:
    receiver.statuses = [500] * 5
    telling.progress(telling.book()["id"], "opened")
    receiver.wait_for(5)
    time.sleep(2)
    assert len(receiver.got) == 5
    telling.progress(telling.book()["id"], "opened")
    receiver.wait_for(6)


def test_webhooks_are_replayed_as_sent_or_backwards(telling: AiInterview, receiver: Receiver) -> None:
    interview_id, other = telling.book()["id"], telling.book()["id"]
    for to in ("opened", "started"):
        telling.progress(interview_id, to)
    telling.progress(other, "opened")
    first = [body["id"] for body in receiver.wait_for(3)]
    assert telling.replay_webhooks() == 3
    assert [body["id"] for body in receiver.wait_for(6)][3:] == first
    assert telling.replay_webhooks(interview_id, order="reversed") == 2
    assert [body["id"] for body in receiver.wait_for(8)][6:] == first[1::-1]


def test_a_webhook_that_found_nobody_arrives_after_a_kill(tmp_path: Path, receiver: Receiver) -> None:
    nobody = WebhookTarget(f"http://127.0.0.1:{free_port()}/", SECRET, backoff=0.5)
    with start_ai_interview(tmp_path, webhook=nobody) as vendor:
        vendor.progress(vendor.book()["id"], "opened")
        vendor.kill()
    with start_ai_interview(tmp_path, webhook=WebhookTarget(receiver.url, SECRET)):
        assert receiver.wait_for(1)[0]["type"] == "interview.opened"
