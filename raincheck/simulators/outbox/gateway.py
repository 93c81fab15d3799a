"""The SMS gateway: `POST /sms`, idempotent by key, template and parameters required as in China."""

from __future__ import annotations

import hashlib
import hmac
import json
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raincheck.simulators.outbox import boxes
from raincheck.simulators.outbox.boxes import Sms
from raincheck.simulators.outbox.sink import Sink, sink_of
from raincheck.simulators.serving import hang_up
from raincheck.simulators.shapes import text, words
from raincheck.simulators.store import transaction
from raincheck.simulators.wire import RefusedError, idempotency_key, of_shape, read_json

SMS = {"to": text(40), "body": text(1000), "template": text(100), "params": words(500)}
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def routes() -> list[Route]:
    """Return the route of the gateway."""
    return [Route("/sms", send, methods=["POST"])]


async def send(request: Request) -> Response:
    """Accept a message: 202 `{"id"}`, the same id for the same key; 422 `invalid_number`, `rejected`."""
    sink = sink_of(request)
    _require_bearer(request, sink)
    key = idempotency_key(request)
    body = of_shape(SMS, await read_json(request))
    if not E164.fullmatch(body["to"]):
        raise RefusedError(422, "invalid_number", "to must be a number in E.164, such as +8613800000000")
    mode = await sink.faults.strike(request, "sms")
    if mode == "reject":
        raise RefusedError(422, "rejected", "simulated: the operator refuses this message")
    sms = Sms(body["to"], body["body"], body["template"], body["params"])
    mark = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    with transaction(sink.store):
        sms_id, replayed = _accept(sink, key, mark, sms)
    if mode == "lost_answer":
        hang_up(request)
    return JSONResponse({"id": sms_id}, 202, {"Idempotent-Replayed": "true"} if replayed else None)


def _accept(sink: Sink, key: str, mark: str, sms: Sms) -> tuple[str, bool]:
    row = sink.store.execute("SELECT id, fingerprint FROM sms WHERE idempotency_key = ?", (key,)).fetchone()
    if row is None:
        return boxes.keep_sms(sink.store, key=key, mark=mark, sms=sms), False
    if row["fingerprint"] != mark:
        raise RefusedError(422, "idempotency_mismatch", "this Idempotency-Key came with another body before")
    sink.store.execute("UPDATE sms SET requests = requests + 1 WHERE id = ?", (row["id"],))
    return row["id"], True


def _require_bearer(request: Request, sink: Sink) -> None:
    sent = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(sent, f"Bearer {sink.key}".encode()):
        raise RefusedError(401, "unauthorized", "send Authorization: Bearer and the gateway's key")
