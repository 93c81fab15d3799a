"""The howtos for HireVue and iFlytek, followed: the preset filled in, the account opened, the whole saga run."""

import json
import re
import time
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from raincheck.recruiting.actions import Booking, Times, schedule
from raincheck.recruiting.models import Application
from raincheck.vendors import adapters
from raincheck.vendors.adapters.configured import presets
from raincheck.vendors.adapters.configured.shape import FILL_IN
from raincheck.vendors.lines import line_to
from raincheck.vendors.models import VendorAccount, VendorCall
from tests.commands import raincheck as command
from tests.declared.dialects import First, Second, detail
from tests.declared.examples import example
from tests.declared.guards import Iflytek, Session, as_json, signed_in_hex, signed_with_time
from tests.declared.server import Clock, serving
from tests.flows import saga

SECRET = "agreed-with-the-vendor"
LOGIN = {
    "applicationToken": "app-token-1",
    "version": "1.2.0",
    "impersonate": "hr@example.com",
    "apiKey": "key-1",
}
GIVEN = {
    "hirevue": {"application_token": "app-token-1", "impersonate": "hr@example.com"},
    "iflytek": {"api_secret": "secret-1"},
}
ADDED = {"hirevue": ("--option", "exit_url=https://example.com/bye"), "iflytek": ()}


@pytest.fixture
def vendors():
    first = First(Session(Clock(), LOGIN))
    second = Second(Iflytek("key-1", "secret-1"))
    with serving(first), serving(second):
        yield {"hirevue": first, "iflytek": second}


def add(run, here, vendor, name, text, tmp_path, *more, **settings):
    file = tmp_path / f"{name}.toml"
    file.write_text(text)
    return run(
        "vendor", "add", "--company", here.company.slug, "--adapter", "configured", "--name", name,
        "--url", vendor.url, "--declaration", str(file), "--template", "12345", *ADDED[name], *more,
        **{
            "RAINCHECK_VENDOR_KEY": "key-1",
            "RAINCHECK_VENDOR_CREDENTIALS": json.dumps(GIVEN[name]),
            "RAINCHECK_VENDOR_WEBHOOK_SECRET": SECRET,
            **settings,
        },
    )  # fmt: skip


@pytest.fixture
def open_account(run, here, vendors, tmp_path):
    """Return a function that opens the account of a howto, by the command an operator types."""

    def open_it(name, text=None):
        done = add(run, here, vendors[name], name, text or example(name), tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert "key-1" not in done.stdout
        with here.scope():
            return VendorAccount.objects.get(name=name)

    return open_it


def booked(here, account, drain, *, days=5):
    """Book an interview as HR does, and let the vendor be told."""
    with here.scope() as now:
        application = Application.objects.get(candidate=here.candidate)
        begins = now + timedelta(days=days)
        times = Times("slot", begins, begins + timedelta(minutes=40))
        booking = Booking(application.id, times, vendor_account_id=account.id)
        interview = schedule(booking=booking, actor=here.actor(), now=now)
    drain()
    return here.fresh(interview)


def deliver(account, body, **headers):
    """Post a webhook; returns the status."""
    path, sent = (
        f"/hooks/{account.adapter}/{account.id}/",
        {k.replace("_", "-"): v for k, v in headers.items()},
    )
    return Client().post(path, body, content_type="application/json", headers=sent).status_code


def leaves(value, path=()):
    """Yield every entry of a declaration by its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


@pytest.mark.parametrize("name", ["hirevue", "iflytek"])
class TestEveryHowto:
    def test_its_example_is_the_preset_filled_in(self, name):
        filled = dict(leaves(tomllib.loads(example(name))))
        for path, value in leaves(tomllib.loads(presets.text(name))):
            if FILL_IN in "".join(map(str, (*path, value))) or path == ("cancel", "kind"):
                continue
            # How long a session lives is for the customer to find out.
            assert path == ("auth", "lives_seconds") or filled[path] == value, path

    def test_the_preset_alone_opens_no_account_and_says_what_is_missing(
        self, name, run, here, vendors, tmp_path
    ):
        done = add(run, here, vendors[name], name, presets.text(name), tmp_path)
        assert done.returncode == 1
        assert "invite" in done.stderr
        assert "read.path: still to be filled in" in done.stderr
        with here.scope():
            assert not VendorAccount.objects.filter(adapter="configured").exists()

    def test_from_the_invitation_to_the_agreed_cancellation(self, name, here, vendors, open_account, drain):
        account = open_account(name)
        interview = booked(here, account, drain)
        [record] = vendors[name].interviews.values()
        assert interview.vendor_ref == record.id
        assert interview.vendor_link.startswith("https://interviews.example.com/")
        cancellation = here.ask(interview)
        drain()
        assert saga.state_of(here, cancellation) == saga.AGREED
        assert (record.state, record.about["reason"]) == ("withdrawn", "time_conflict")
        saga.check_invariants(here)
        with here.scope():
            calls = list(VendorCall.objects.values_list("operation", "outcome", "detail"))
        assert {"invite", "read", "cancel"} <= {operation for operation, _, _ in calls}
        assert {outcome for _, outcome, _ in calls} == {"ok"}

    def test_as_long_as_no_way_to_cancel_is_known_a_person_is_asked(
        self, name, here, vendors, open_account, drain
    ):
        text = re.sub(r"\[cancel\]\n.*?\n\n", '[cancel]\nkind = "none"\n\n', example(name), flags=re.DOTALL)
        interview = booked(here, open_account(name, text), drain)
        cancellation = here.ask(interview)
        drain()
        assert saga.state_of(here, cancellation) == saga.PERSON
        assert saga.tasks_of(here) == ["revoke_by_hand"]
        assert [r.state for r in vendors[name].interviews.values()] == ["invited"]

    def test_what_was_cancelled_there_first_is_agreement(self, name, here, vendors, open_account, drain):
        interview = booked(here, open_account(name), drain)
        vendor = vendors[name]
        vendor.move(vendor.interviews[interview.vendor_ref], "withdrawn")
        cancellation = here.ask(interview)
        drain()
        assert saga.state_of(here, cancellation) == saga.AGREED

    def test_a_wrong_secret_is_a_persons_to_put_right_and_never_success(
        self, name, here, vendors, open_account, drain
    ):
        account = open_account(name)
        interview = booked(here, account, drain)
        with here.scope():
            account.seal("api_key", "another")
            account.save()
        cancellation = here.ask(interview)
        drain()
        assert saga.state_of(here, cancellation) == saga.PERSON
        assert [r.state for r in vendors[name].interviews.values()] == ["invited"]

    def test_its_list_is_read_to_the_end_and_its_health_told(self, name, here, vendors, open_account, drain):
        account = open_account(name)
        refs = {booked(here, account, drain, days=days).vendor_ref for days in (3, 5, 7)}
        adapter, line = adapters.find(account.adapter, account.options), line_to(account)
        assert {view.ref for page in adapter.pages(line) for view in page} == refs
        adapter.health(line)
        assert adapter.can.verified_against_live is False


def test_a_notice_that_something_happened_has_the_vendor_asked(here, vendors, open_account, drain):
    account, vendor = open_account("hirevue"), vendors["hirevue"]
    interview = booked(here, account, drain)
    vendor.move(vendor.interviews[interview.vendor_ref], "finished")
    body = as_json({"id": "evt-1", "event": "interviewFinished", "interviewId": interview.vendor_ref})
    assert deliver(account, body, x_example_signature="0" * 64) == 401
    assert deliver(account, body) == 401
    drain()
    assert here.fresh(interview).state == "scheduled"
    assert deliver(account, body, x_example_signature=signed_in_hex(SECRET, body)) == 204
    drain()
    assert here.fresh(interview).state == "submitted"


def test_an_event_with_the_whole_interview_is_taken_as_it_is(here, vendors, open_account, drain):
    account, vendor = open_account("iflytek"), vendors["iflytek"]
    interview = booked(here, account, drain)
    record = vendor.interviews[interview.vendor_ref]
    record.scores = [{"name": "沟通", "value": 81.5}]
    vendor.move(record, "started")
    body = as_json({"eventId": "evt-1", "type": "state", "data": detail(record)})
    asked = len(vendor.calls)

    def signed(stamp):
        return {"x_example_time": stamp, "x_example_sign": signed_with_time(SECRET, stamp, body)}

    assert deliver(account, body, **signed(str(int(time.time()) - 301))) == 401
    assert deliver(account, body, **signed(str(int(time.time())))) == 204
    drain()
    after = here.fresh(interview)
    assert (after.state, after.vendor_version, len(vendor.calls)) == ("in_progress", 2, asked)


def test_a_new_time_reaches_the_vendor_in_its_own_zone(here, vendors, open_account, drain):
    from raincheck.recruiting.actions import reschedule

    interview = booked(here, open_account("iflytek"), drain)
    begins = interview.starts_at.replace(microsecond=0) + timedelta(days=1)
    with here.scope() as now:
        times = Times("slot", begins, begins + timedelta(minutes=40))
        reschedule(interview_id=interview.id, times=times, actor=here.actor(), now=now)
    drain()
    [record] = vendors["iflytek"].interviews.values()
    local = begins + timedelta(hours=8)
    assert record.about["beginTime"] == f"{local:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"RAINCHECK_VENDOR_CREDENTIALS": "{}"}, 1, "credentials.api_secret"),
        ({"RAINCHECK_VENDOR_CREDENTIALS": "[]"}, 2, "RAINCHECK_VENDOR_CREDENTIALS"),
        ({"RAINCHECK_VENDOR_CREDENTIALS": "secret!"}, 2, "RAINCHECK_VENDOR_CREDENTIALS"),
    ],
)
def test_an_account_without_its_credentials_is_not_opened(
    run, here, vendors, tmp_path, changed, status, said
):
    done = add(run, here, vendors["iflytek"], "iflytek", example("iflytek"), tmp_path, **changed)
    assert (done.returncode, said in done.stderr, "secret!" in done.stderr) == (status, True, False)


class TestTheCommands:
    @pytest.mark.parametrize("name", ["hirevue", "iflytek"])
    def test_a_preset_is_printed_and_is_still_to_be_filled_in(self, name, tmp_path):
        printed = command("vendor", "preset", name)
        assert (printed.returncode, printed.stdout) == (0, presets.text(name))
        file = tmp_path / "it.toml"
        file.write_text(printed.stdout)
        done = command("vendor", "check", str(file))
        assert done.returncode == 1
        assert "read.path: 待填写 / still to be filled in" in done.stderr
        # Of a preset nothing is wrong, it is only open.
        lines = done.stderr.splitlines()
        assert lines[-1] == "declaration_wrong"
        assert all(line.endswith("待填写 / still to be filled in") for line in lines[:-1]), lines

    def test_a_filled_in_one_passes(self, tmp_path):
        file = tmp_path / "it.toml"
        file.write_text(example("hirevue"))
        done = command("vendor", "check", str(file))
        assert (done.returncode, done.stderr) == (0, "")
        assert "application_token, impersonate" in done.stdout

    def test_what_is_wrong_is_said_by_its_path_in_both_languages(self, tmp_path):
        file = tmp_path / "it.toml"
        file.write_text(
            example("hirevue").replace("/api/v1/logout/", "logout").replace("idempotent", "idempotnt")
        )
        done = command("vendor", "check", str(file))
        assert done.returncode == 1
        assert "auth.logout.path: 应以 / 开头 / must begin with /" in done.stderr
        assert "idempotnt: 未知的键 / unknown key" in done.stderr

    def test_what_is_not_there_is_said(self):
        assert command("vendor", "preset", "other").returncode == 2
        missing = command("vendor", "check", str(Path("/nowhere/it.toml")))
        assert (missing.returncode, "/nowhere/it.toml" in missing.stderr) == (2, True)
