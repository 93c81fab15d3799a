"""`raincheck calendar …` and `raincheck mail bounce`, as an administrator types them."""

import os
from collections.abc import Iterator

import pytest

from raincheck.audit.models import Entry
from raincheck.installation import environment
from raincheck.notifications.models import CalendarServer, Delivery
from tests.commands import raincheck
from tests.flows.test_channels import bounce_of, handed_over
from tests.radicale_server import PASSWORD, USER, Radicale


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Radicale]:
    """Run one Radicale for this file."""
    running = Radicale(tmp_path_factory.mktemp("radicale"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def own(home):
    """Return the settings a shell needs to act on the tests' database."""
    names = ("DATABASE_URL", "RAINCHECK_SECRET_KEY", "RAINCHECK_MASTER_KEY", "RAINCHECK_HOME")
    found = {name: value for name, value in environment(home).items() if name in names}
    return found | {"RAINCHECK_PRIVATE_NETWORKS": "127.0.0.0/8"}


def test_a_server_is_named_shown_and_tried_and_its_password_is_never_printed(here, server, own):
    whose, email = ("--company", here.company.slug), here.staff["interviewer"].email
    assert raincheck("calendar", "show", *whose, **own).returncode == 0
    server.give_calendar(email)
    login = ("--url", server.url, "--user", USER)
    named = raincheck(
        "calendar", "set", *whose, *login, "--password-stdin", given=f"{PASSWORD}\n".encode(), **own
    )
    assert (named.returncode, named.stderr) == (0, "")
    with here.scope():
        kept = CalendarServer.objects.get(ended_at=None)
        assert Entry.objects.filter(action="calendar.server_named").count() <= 1
    assert (kept.url, kept.username) == (server.url, USER)
    shown = raincheck("calendar", "show", *whose, **own)
    assert server.url in shown.stdout
    assert PASSWORD not in shown.stdout + named.stdout
    tried = raincheck("calendar", "test", *whose, "--email", email, **own)
    assert (tried.returncode, tried.stderr) == (0, "")
    assert "it answered" in tried.stdout


def test_a_server_that_will_not_let_us_in_is_a_failure_that_says_why(here, server, own):
    whose, login = ("--company", here.company.slug), ("--url", server.url, "--user", USER)
    assert (
        raincheck("calendar", "set", *whose, *login, "--password-stdin", given=b"wrong\n", **own).returncode
        == 0
    )
    tried = raincheck("calendar", "test", *whose, "--email", here.staff["interviewer"].email, **own)
    assert tried.returncode == 1
    assert "wrong user or password" in tried.stderr


@pytest.mark.parametrize("url", ["ftp://example.com/{email}", "https://example.com/", "nonsense"])
def test_an_address_that_is_none_is_refused_and_nothing_kept(here, own, url):
    whose, login = ("--company", here.company.slug), ("--url", url, "--user", USER)
    refused = raincheck("calendar", "set", *whose, *login, "--password-stdin", given=b"x\n", **own)
    assert refused.returncode == 1
    assert refused.stderr
    assert here.count(CalendarServer) == 0


def test_a_company_there_is_not_is_said(own):
    for command in (("show",), ("test",)):
        refused = raincheck("calendar", *command, "--company", "nobody-of-this-name", **own)
        assert refused.returncode == 1
        assert refused.stderr


def test_a_bounce_is_taken_from_standard_input_once(here, own):
    message = handed_over(here, "smtp", "", channel="email")
    known = f"<{message.id}-email@raincheck.example>"
    raw = bounce_of(known)
    first, again = (raincheck("mail", "bounce", given=raw, **own) for _ in range(2))
    assert (first.returncode, "noted" in first.stdout) == (0, True), first.stderr
    assert (again.returncode, "nothing new" in again.stdout) == (0, True)
    with here.scope():
        assert Delivery.objects.get(message=message).receipt == "failed"


@pytest.mark.parametrize("raw", [b"", b"Subject: hello\n\nhello", b"\xff\x00"])
def test_what_is_no_bounce_of_ours_ends_with_one(own, raw):
    refused = raincheck("mail", "bounce", given=raw, **own)
    assert (refused.returncode, "no bounce of ours" in refused.stderr) == (1, True)
    assert os.linesep not in refused.stdout
