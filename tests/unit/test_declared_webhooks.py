"""Webhooks as declared: each scheme takes what is signed so and nothing else."""

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from raincheck.vendors.adapters.base import BadSignature, Line, Permanent, Status
from raincheck.vendors.adapters.configured.adapter import Configured
from tests.declared.examples import example

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2030, 1, 31, 8, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
BODY = json.dumps({"id": "evt-1", "event": "finished", "about": {"id": 17}}, indent=2).encode()
WHERE = 'event_id = "/id"\nkind = "/event"\nref = "/about/id"\n'


def mac(signed, secret=SECRET):
    return hmac.new(secret.encode(), signed, hashlib.sha256)


def hexed(signed, secret=SECRET):
    return mac(signed, secret).hexdigest()


def standard(stamp, event_id, body):
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


#: Declaration, and the headers that are right for BODY.
SCHEMES = {
    "hex": ('scheme = "hmac-sha256"\nheader = "X-Sign"\nencoding = "hex"\n', {"x-sign": hexed(BODY)}),
    "base64": (
        'scheme = "hmac-sha256"\nheader = "X-Sign"\nencoding = "base64"\n',
        {"x-sign": base64.b64encode(mac(BODY).digest()).decode()},
    ),
    "with a prefix": (
        'scheme = "hmac-sha256"\nheader = "X-Sign"\nencoding = "hex"\nprefix = "sha256="\n',
        {"x-sign": f"sha256={hexed(BODY)}"},
    ),
    "time beside": (
        'scheme = "hmac-sha256"\nheader = "X-Sign"\nencoding = "hex"\nsigned = "t.body"\ntimestamp_header = "X-Time"\n',
        {"x-sign": hexed(f"{STAMP}.".encode() + BODY), "x-time": STAMP},
    ),
    "time within": (
        'scheme = "hmac-sha256"\nheader = "X-Sign"\nencoding = "hex"\nsigned = "t.body"\n',
        {"x-sign": f"t={STAMP},v1={'0' * 64},v1={hexed(f'{STAMP}.'.encode() + BODY)}"},
    ),
    "standard": (
        'scheme = "standard-webhooks"\n',
        {
            "webhook-id": "evt-1",
            "webhook-timestamp": STAMP,
            "webhook-signature": standard(STAMP, "evt-1", BODY),
        },
    ),
    "header": ('scheme = "header"\nheader = "X-Word"\n', {"x-word": SECRET}),
    "basic": (
        'scheme = "basic"\nusername = "{credentials.hook_user}"\n',
        {"authorization": "Basic " + base64.b64encode(f"us:{SECRET}".encode()).decode()},
    ),
}
TIMED = ("time beside", "time within", "standard")


def declared(text):
    whole = re.sub(r"(?<=\[webhook\]\n).*", text, example("hirevue"), flags=re.DOTALL)
    return Configured().fitted({"declaration": whole})


def receive(adapter, headers, body=BODY, *, now=NOW, secret=SECRET, **credentials):
    line = Line(uuid4(), "https://x.example.com", "k", secret, credentials={"hook_user": "us", **credentials})
    return adapter.receive(line, headers=headers, body=body, now=now)


@pytest.mark.parametrize("scheme", SCHEMES)
class TestEveryScheme:
    def test_what_is_signed_so_is_taken(self, scheme):
        text, headers = SCHEMES[scheme]
        said = receive(declared(text + WHERE), headers)
        assert (said.event_id, said.kind, said.ref, said.view, said.at) == (
            "evt-1",
            "finished",
            "17",
            None,
            NOW,
        )

    def test_without_its_headers_or_with_others_it_is_not(self, scheme):
        text, headers = SCHEMES[scheme]
        adapter = declared(text + WHERE)
        for name, value in headers.items():
            for wrong in ("", "x", value[:-1], value + "0", "é"):
                with pytest.raises(BadSignature):
                    receive(adapter, {**headers, name: wrong})
            with pytest.raises(BadSignature):
                receive(adapter, {other: kept for other, kept in headers.items() if other != name})

    def test_under_another_secret_or_none_it_is_not(self, scheme):
        text, headers = SCHEMES[scheme]
        adapter = declared(text + WHERE)
        for secret in ("", "whsec_" + base64.b64encode(b"another secret of the same").decode()):
            with pytest.raises(BadSignature):
                receive(adapter, headers, secret=secret)


# A shared word covers no body.
@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme not in {"header", "basic"}])
def test_another_body_is_not_taken(scheme):
    text, headers = SCHEMES[scheme]
    with pytest.raises(BadSignature):
        receive(declared(text + WHERE), headers, BODY.replace(b"17", b"18"))


@pytest.mark.parametrize("scheme", TIMED)
def test_what_was_signed_long_ago_is_not_taken(scheme):
    text, headers = SCHEMES[scheme]
    for later in (-301, 301):
        with pytest.raises(BadSignature, match="too old"):
            receive(declared(text + WHERE), headers, now=datetime.fromtimestamp(int(STAMP) + later, UTC))


def test_the_webhooks_user_is_one_of_the_accounts_credentials():
    adapter = declared(SCHEMES["basic"][0] + WHERE)
    assert "hook_user" in [setting.name for setting in adapter.can.credentials]
    lacking = Line(uuid4(), "https://x.example.com", "k", SECRET)
    with pytest.raises(BadSignature):
        adapter.receive(lacking, headers=SCHEMES["basic"][1], body=BODY, now=NOW)


def test_a_vendor_declared_to_send_nothing_is_not_heard():
    with pytest.raises(BadSignature):
        receive(declared('scheme = "none"\n'), {})


def test_an_event_may_bring_the_whole_interview():
    text, _ = SCHEMES["header"]
    body = json.dumps({"about": {"interviewId": "iv-1", "state": "withdrawn", "ours": "e-1"}}).encode()
    adapter = declared(f'{text}interview = "/about"\nexternal_id = "/about/ours"\nkind_header = "X-Kind"\n')
    said = receive(adapter, {"x-word": SECRET, "x-kind": "changed"}, body)
    assert (said.view.status, said.ref, said.external_id, said.kind) == (
        Status.CANCELLED,
        "iv-1",
        "e-1",
        "changed",
    )
    # This vendor numbers no events: the body's digest counts instead, which isn't the adapter's to make.
    assert said.event_id == ""


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"about": {"id": ""}}', b'{"about": {"id": [1]}}', b"\xff", b"{"]
)
def test_what_names_no_interview_is_not_the_documented_shape(body):
    with pytest.raises(Permanent, match="not the documented shape"):
        receive(declared(SCHEMES["header"][0] + WHERE), SCHEMES["header"][1], body)
