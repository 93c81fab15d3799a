"""Getting in: every scheme against a vendor that enforces it, tokens that end, secrets that are wrong."""

import base64
import hashlib
import hmac
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from raincheck.core import http
from raincheck.vendors.adapters.base import Booking, Line, NeedsPerson, Permanent, Retry
from raincheck.vendors.adapters.configured import access, iflytek
from raincheck.vendors.adapters.configured.adapter import Configured
from tests.declared.dialects import First, Second
from tests.declared.examples import example
from tests.declared.guards import Basic, HeaderKey, Iflytek, OAuth2, Session
from tests.declared.server import Clock, Refusal, serving

LOGIN = {"applicationToken": "app-1", "version": "1.2.0", "impersonate": "hr@example.com", "apiKey": "key-1"}
CREDENTIALS = {
    "application_token": "app-1",
    "impersonate": "hr@example.com",
    "api_secret": "secret-1",
    "client_id": "client-1",
    "client_secret": "secret-1",
    "password": "secret-1",
}
OAUTH2 = """scheme = "oauth2"
token_url = "/oauth/token"
client_id = "{credentials.client_id}"
client_secret = "{credentials.client_secret}"
scope = "interviews"
"""
AUTH = {
    "header": 'scheme = "header"\nheaders = { X-Api-Key = "{api_key}" }\n',
    "basic": 'scheme = "basic"\npassword = "{credentials.password}"\n',
    "oauth2 by basic": OAUTH2,
    "oauth2 by form": f'{OAUTH2}client = "form"\n',
    "iflytek-url": 'scheme = "iflytek-url"\n',
    "iflytek-header": 'scheme = "iflytek-header"\n',
    "iflytek-url with digest": 'scheme = "iflytek-url"\ndigest = true\n',
    "iflytek-header with digest": 'scheme = "iflytek-header"\ndigest = true\n',
}


def guard(scheme):
    """Return what enforces a scheme."""
    form = "url" if "url" in scheme else "header"
    return {
        "header": lambda: HeaderKey("x-api-key", "key-1"),
        "basic": lambda: Basic("key-1", "secret-1"),
        "oauth2 by basic": lambda: OAuth2(Clock(), ("client-1", "secret-1"), by="basic"),
        "oauth2 by form": lambda: OAuth2(Clock(), ("client-1", "secret-1"), by="form"),
    }.get(scheme, lambda: Iflytek("key-1", "secret-1", form=form, digest="digest" in scheme))()


def second(auth):
    """Return the second howto's example with another way in."""
    return re.sub(r"(?<=\[auth\]\n).*?(?=\n\[)", auth, example("iflytek"), flags=re.DOTALL)


def cookie_login():
    """Return the first howto's example with its session in a cookie."""
    text = example("hirevue").replace('token = "/session"', 'cookie = "SESSION"')
    return text.replace('X-Session = "{token}"', 'Cookie = "SESSION={token}"')


@pytest.fixture
def serve():
    with ExitStack() as running:
        yield lambda vendor: running.enter_context(serving(vendor))


def line_to(vendor, **changes):
    line = Line(
        uuid4(), vendor.url, "key-1", credentials=CREDENTIALS, options={"exit_url": "https://example.com"}
    )
    return replace(line, **changes)


def fitted(text, **more):
    return Configured(**more).fitted({"declaration": text})


def booking(**changes):
    at = datetime(2030, 1, 31, 8, tzinfo=UTC)
    more = {"email": "candidate@example.com", "phone": "+8613800000001", "template": "12345", **changes}
    return Booking(uuid4(), "slot", at, at + timedelta(hours=1), "分析师", "李测试", "zh-hans", **more)


@pytest.mark.parametrize("scheme", AUTH)
class TestEveryScheme:
    def test_whoever_has_the_secrets_gets_in_with_and_without_a_body_or_a_query(self, serve, scheme):
        vendor, adapter = serve(Second(guard(scheme))), fitted(second(AUTH[scheme]))
        line = line_to(vendor)
        adapter.health(line)
        view = adapter.invite(line, booking(), key="invite-1")
        assert adapter.read(line, view.ref) == view
        assert [found.ref for page in adapter.pages(line) for found in page] == [view.ref]
        assert adapter.cancel(line, view.ref, reason="other", key="c").word == "3"
        assert adapter.cancel(line, view.ref, reason="other", key="c") is None
        assert adapter.read(line, "iv-9") is None

    def test_a_wrong_secret_is_a_persons_to_put_right(self, serve, scheme):
        vendor, adapter = serve(Second(guard(scheme))), fitted(second(AUTH[scheme]))
        line = line_to(vendor, api_key="wrong", credentials=dict.fromkeys(CREDENTIALS, "wrong"))
        for call in (
            lambda: adapter.health(line),
            lambda: adapter.invite(line, booking(), key="k"),
            lambda: adapter.cancel(line, "iv-1", reason="other", key="c"),
        ):
            with pytest.raises(NeedsPerson, match="credentials"):
                call()
        assert vendor.interviews == {}
        assert {call.outcome for call in line.calls} == {"refused"}

    def test_no_secret_is_in_the_ledger(self, serve, scheme):
        vendor, adapter = serve(Second(guard(scheme))), fitted(second(AUTH[scheme]))
        line = line_to(vendor)
        adapter.health(line)
        noted = repr(line.calls)
        assert "secret-1" not in noted
        assert "key-1" not in noted


class TestSessions:
    @pytest.fixture(params=["token", "cookie"])
    def vendor(self, serve, request):
        cookie = "SESSION" if request.param == "cookie" else ""
        vendor = serve(First(Session(Clock(), LOGIN, cookie=cookie)))
        vendor.text = cookie_login() if cookie else example("hirevue")
        return vendor

    def test_one_login_serves_many_calls(self, vendor):
        adapter, line = fitted(vendor.text), line_to(vendor)
        view = adapter.invite(line, booking(), key="k")
        for _ in range(3):
            adapter.read(line, view.ref)
        assert vendor.guard.given == 1
        assert [call.operation for call in line.calls] == ["login", "invite", "read", "read", "read"]

    def test_one_login_serves_calls_that_come_together(self, vendor):
        adapter, line = fitted(vendor.text), line_to(vendor)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: adapter.health(line), range(16)))
        assert vendor.guard.given == 1

    def test_a_session_that_ended_there_is_renewed_once_and_the_call_made(self, vendor):
        adapter, line = fitted(vendor.text), line_to(vendor)
        view = adapter.invite(line, booking(), key="k")
        vendor.guard.clock.ahead += 1200
        assert adapter.read(line, view.ref) == replace(view, link="")
        assert vendor.guard.given == 2

    def test_a_vendor_that_refuses_even_a_new_session_is_not_asked_for_ever(self, vendor):
        adapter, line = fitted(vendor.text), line_to(vendor)
        vendor.guard.lives = 0
        with pytest.raises(NeedsPerson):
            adapter.health(line)
        assert [call.operation for call in line.calls] == ["login", "health", "login", "health"]

    def test_wrong_credentials_end_at_the_login(self, vendor):
        adapter, line = fitted(vendor.text), line_to(vendor, api_key="wrong")
        with pytest.raises(NeedsPerson):
            adapter.invite(line, booking(), key="k")
        assert [call.operation for call in line.calls] == ["login"]

    def test_another_accounts_session_is_never_used(self, vendor):
        adapter = fitted(vendor.text)
        adapter.health(line_to(vendor))
        with pytest.raises(NeedsPerson):
            adapter.health(
                line_to(vendor, credentials={**CREDENTIALS, "impersonate": "somebody@example.com"})
            )
        # Nor does the client itself remember who signed in.
        assert http.call("GET", f"{vendor.url}/api/v1/interviews/").status == 401

    def test_new_credentials_of_the_same_account_sign_in_anew(self, vendor):
        adapter, line = fitted(vendor.text), line_to(vendor)
        adapter.health(line)
        with pytest.raises(NeedsPerson):
            adapter.health(replace(line, api_key="revoked"))

    def test_a_session_grown_old_is_left_before_another_is_begun(self, serve):
        vendor = serve(First(Session(Clock(), LOGIN)))
        vendor.guard.says = 0
        adapter = fitted(
            example("hirevue").replace('token = "/session"', 'token = "/session"\nexpires_in = "/lives"')
        )
        line = line_to(vendor)
        adapter.health(line)
        adapter.health(line)
        assert [call.operation for call in line.calls] == ["login", "health", "logout", "login", "health"]
        assert (vendor.guard.given, vendor.guard.left) == (2, 1)

    def test_a_login_without_its_token_is_not_the_documented_shape(self, serve):
        vendor = serve(First(Session(Clock(), LOGIN)))
        for text in (example("hirevue").replace('"/session"', '"/token"'), cookie_login()):
            with pytest.raises(Permanent, match="not the documented shape"):
                fitted(text).health(line_to(vendor))

    def test_a_token_is_not_shown(self):
        assert "t-1" not in repr(access.Session("t-1", 0.0))


class TestTokens:
    def test_one_that_ended_is_renewed_before_it_is_refused(self, serve):
        vendor = serve(Second(OAuth2(Clock(), ("client-1", "secret-1"), by="basic", lives=0)))
        adapter, line = fitted(second(OAUTH2)), line_to(vendor)
        # This vendor's tokens are dead at once: each is asked for, tried, asked for again.
        with pytest.raises(NeedsPerson):
            adapter.health(line)
        vendor.guard.lives = 3600
        adapter.health(line)
        adapter.health(line)
        assert vendor.guard.given == 3

    def test_one_revoked_there_is_renewed_once(self, serve):
        vendor = serve(Second(OAuth2(Clock(), ("client-1", "secret-1"), by="form")))
        adapter, line = fitted(second(AUTH["oauth2 by form"])), line_to(vendor)
        adapter.health(line)
        vendor.guard.forget()
        adapter.health(line)
        assert [call.operation for call in line.calls] == ["login", "health", "health", "login", "health"]

    def test_they_may_be_another_servers_to_give(self, serve):
        desk, vendor = (
            serve(Second(OAuth2(Clock(), ("client-1", "secret-1"), by="basic"))) for _ in range(2)
        )
        vendor.guard.until = desk.guard.until
        adapter = fitted(second(OAUTH2.replace('"/oauth/token"', f'"{desk.url}/oauth/token"')))
        adapter.health(line_to(vendor))
        assert (desk.calls, vendor.calls) == (["POST /oauth/token"], ["GET /v1/ping"])


class TestIflytek:
    at = datetime(2030, 1, 31, 8, tzinfo=UTC)
    call = iflytek.Call("POST", "api.example.com", "/v1/interviews", at)

    def test_the_url_form_is_signed_as_openssl_signs_it(self):
        assert iflytek.query(self.call, "key-1", "secret-1") == {
            "host": "api.example.com",
            "date": "Thu, 31 Jan 2030 08:00:00 GMT",
            "authorization": "YXBpX2tleT0ia2V5LTEiLCBhbGdvcml0aG09ImhtYWMtc2hhMjU2IiwgaGVhZGVycz0iaG9zdCBkYXRlIHJlcXVl"
            "c3QtbGluZSIsIHNpZ25hdHVyZT0icW9CMWJWZXpYZDdZUDh0Qk56d056V3hFclFtTzRHTzVYVFVVL3UybUFGOD0i",
        }

    def test_the_header_form_is_too_with_and_without_a_digest(self):
        covered = iflytek.digest_of(b'{"a":1}')
        assert covered == "SHA-256=AVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI="
        plain = iflytek.headers(self.call, "key-1", "secret-1")
        digested = iflytek.headers(replace(self.call, digest=covered), "key-1", "secret-1")
        head = 'hmac api_key="key-1", algorithm="hmac-sha256", headers="host date request-line'
        assert plain["Authorization"] == f'{head}", signature="qoB1bVezXd7YP8tBNzwNzWxErQmO4GO5XTUU/u2mAF8="'
        assert (
            digested["Authorization"]
            == f'{head} digest", signature="N85u82OnKOqWV3K1KmF3FvmmWKz3oCyev9UqS13g2xA="'
        )
        assert (digested["Digest"], "Digest" in plain) == (covered, False)

    @pytest.mark.parametrize("zone", [0, 8, -5])
    def test_the_date_is_gmt_whatever_the_zone(self, zone):
        from datetime import timezone

        moved = replace(self.call, at=self.at.astimezone(timezone(timedelta(hours=zone))))
        origin = b"host: api.example.com\ndate: Thu, 31 Jan 2030 08:00:00 GMT\nPOST /v1/interviews HTTP/1.1"
        right = base64.b64encode(hmac.new(b"secret-1", origin, hashlib.sha256).digest()).decode()
        assert f'signature="{right}"' in iflytek.headers(moved, "key-1", "secret-1")["Authorization"]

    @pytest.mark.parametrize(("off", "taken"), [(-290, True), (290, True), (-310, False), (310, False)])
    @pytest.mark.parametrize("form", ["url", "header"])
    def test_clocks_may_differ_by_five_minutes(self, serve, form, off, taken):
        vendor = serve(Second(Iflytek("key-1", "secret-1", form=form)))
        clock = lambda: datetime.now(UTC) + timedelta(seconds=off)  # noqa: E731 (a clock is one)
        adapter = fitted(second(f'scheme = "iflytek-{form}"\n'), clock=clock)
        if taken:
            adapter.health(line_to(vendor))
        else:
            with pytest.raises(NeedsPerson):
                adapter.health(line_to(vendor))

    def test_an_address_below_a_folder_is_signed_whole(self, serve):
        vendor = serve(Second(Iflytek("key-1", "secret-1")))
        with pytest.raises(Permanent, match="answered 405"):
            fitted(example("iflytek")).health(line_to(vendor, base_url=f"{vendor.url}/api"))
        assert vendor.calls == ["GET /api/v1/ping"]


class TestTrouble:
    def test_a_server_in_trouble_is_tried_again_later(self, serve):
        vendor = serve(Second(HeaderKey("x-api-key", "key-1")))
        adapter, line = fitted(second(AUTH["header"])), line_to(vendor)
        vendor.failing = [503]
        with pytest.raises(Retry):
            adapter.health(line)
        vendor.failing = [400]
        with pytest.raises(Permanent, match="answered 400"):
            adapter.health(line)

    def test_a_login_that_fails_is_tried_again_later(self, serve, monkeypatch):
        vendor = serve(First(Session(Clock(), LOGIN)))

        def trouble(call):
            raise Refusal(503, "trouble")

        monkeypatch.setattr(vendor.guard, "opens", trouble)
        with pytest.raises(Retry):
            fitted(example("hirevue")).health(line_to(vendor))

    def test_a_refusal_in_a_200_is_no_success(self, serve):
        vendor = serve(Second(HeaderKey("x-api-key", "key-1")))
        adapter, line = fitted(second(AUTH["header"])), line_to(vendor)
        view = adapter.invite(line, booking(), key="k")
        vendor.move(vendor.interviews[view.ref], "finished")
        with pytest.raises(Permanent, match="isn't declared a success"):
            adapter.cancel(line, view.ref, reason="other", key="c")

    def test_a_refusal_of_the_signature_may_be_a_code_in_a_200(self, serve):
        vendor = serve(Second(HeaderKey("x-api-key", "another")))
        vendor.refused = 200
        auth = AUTH["header"] + 'refused = [{ status = [200], at = "/error", is = ["who are you?"] }]\n'
        with pytest.raises(NeedsPerson, match="credentials"):
            fitted(second(auth)).health(line_to(vendor))

    def test_where_an_invitation_may_have_arrived_it_is_looked_for_first(self, serve):
        vendor = serve(Second(HeaderKey("x-api-key", "key-1")))
        adapter = fitted(second(AUTH["header"]).replace("idempotent = true", "idempotent = false"))
        line, wanted = line_to(vendor), booking()
        made = adapter.invite(line, wanted, key="one")
        assert adapter.invite(line, replace(wanted, again=True), key="two") == made
        assert len(vendor.interviews) == 1
        assert adapter.invite(line, booking(again=True), key="three").ref == "iv-2"

    def test_where_it_can_not_be_looked_for_a_person_does(self, serve):
        vendor = serve(First(Session(Clock(), LOGIN)))
        with pytest.raises(NeedsPerson, match="look for it"):
            fitted(example("hirevue")).invite(line_to(vendor), booking(again=True), key="k")
        assert vendor.calls == []

    def test_a_position_without_a_template_is_a_persons_to_complete(self, serve):
        vendor = serve(First(Session(Clock(), LOGIN)))
        with pytest.raises(NeedsPerson, match="template"):
            fitted(example("hirevue")).invite(line_to(vendor), booking(template=""), key="k")

    def test_a_cancel_that_answers_nothing_is_read_back(self, serve):
        vendor = serve(First(Session(Clock(), LOGIN)))
        adapter, line = fitted(example("hirevue")), line_to(vendor)
        view = adapter.invite(line, booking(), key="k")
        assert adapter.cancel(line, view.ref, reason="other", key="c").word == "withdrawn"
        assert [call.operation for call in line.calls] == ["login", "invite", "cancel", "read"]
