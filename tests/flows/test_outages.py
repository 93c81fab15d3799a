"""The database goes away: whoever asks is told to ask again, and asking again does it once."""

import contextlib
from collections.abc import Iterator

import pytest
from django.db import connection
from structlog.testing import CapturingLogger

from raincheck.cancellations import actions
from raincheck.cancellations.models import Cancellation
from raincheck.portal import views
from raincheck.web import errors
from tests import people
from tests.simulators import free_port

KEY = "5e0e0a3c-7c0b-4d6e-9d53-6d0b8b1f2a10"


@contextlib.contextmanager
def out_of_reach() -> Iterator[None]:
    """Have nobody listen where this process looks for its database."""
    database, pool = connection.settings_dict, connection.settings_dict["OPTIONS"]["pool"]
    port, timeout = database["PORT"], pool["timeout"]
    try:
        _look_at(str(free_port()), timeout=0.2)
        yield
    finally:
        _look_at(port, timeout=timeout)


def _look_at(port: str, *, timeout: float) -> None:
    connection.close()
    connection.close_pool()
    connection.settings_dict["PORT"] = port
    connection.settings_dict["OPTIONS"]["pool"]["timeout"] = timeout


def cut_off(superuser) -> None:
    """End this thread's own connection, as a database that dies does."""
    pid = connection.connection.info.backend_pid
    superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.fixture
def cut_once(superuser, monkeypatch):
    """Lose the connection once, after a candidate's request was written and before it is committed."""
    ask = actions.request_cancellation

    def ask_and_lose(**kwargs):
        monkeypatch.setattr(views.actions, "request_cancellation", ask)
        made = ask(**kwargs)
        cut_off(superuser)
        return made

    monkeypatch.setattr(views.actions, "request_cancellation", ask_and_lose)


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "服务暂时不可用"), ("en", "temporarily unavailable")]
)
def test_a_request_cut_off_is_answered_503_and_done_once_when_sent_again(
    here, interview, signed_in, cut_once, language, words
):
    path = f"/c/{here.company.slug}/interviews/{interview.id}/cancel/"
    form = {"reason": "time_conflict", "key": KEY}
    cut = signed_in.post(path, form, headers={"Accept-Language": language})
    page = people.text(cut)
    assert (cut.status_code, cut["Retry-After"]) == (503, "2")
    assert words in page
    assert "unavailable" in page
    assert "Traceback" not in page
    assert here.count(Cancellation) == 0
    assert here.fresh(interview).state == "scheduled"
    again = signed_in.post(path, form)
    assert again.status_code == 302
    assert here.count(Cancellation, interview_id=interview.id) == 1


def test_a_job_that_can_not_be_deferred_for_a_lost_database_is_no_bug_of_ours(
    here, interview, signed_in, superuser, monkeypatch
):
    defer = actions.ask_vendor

    def lose_and_defer(*args, **kwargs):
        cut_off(superuser)
        defer(*args, **kwargs)

    monkeypatch.setattr(actions, "ask_vendor", lose_and_defer)
    path = f"/c/{here.company.slug}/interviews/{interview.id}/cancel/"
    answer = signed_in.post(
        path, {"reason": "time_conflict", "key": KEY}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert here.count(Cancellation) == 0


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("53100", "error"),
        ("40P01", "warning"),
        ("57014", "warning"),
        ("57P01", "warning"),
        ("25006", "warning"),
    ],
)
def test_the_log_says_what_the_database_said_and_cries_over_a_full_disk(
    here, interview, signed_in, monkeypatch, code, level
):
    def refuse(**_):
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$")

    heard = CapturingLogger()
    monkeypatch.setattr(errors, "log", heard)
    monkeypatch.setattr(views.actions, "request_cancellation", refuse)
    path = f"/c/{here.company.slug}/interviews/{interview.id}/cancel/"
    answer = signed_in.post(path, {"reason": "time_conflict", "key": KEY})
    assert answer.status_code == 503
    assert (heard.calls[0].method_name, heard.calls[0].kwargs["sqlstate"]) == (level, code)


def test_while_nobody_answers_every_door_says_so_and_none_breaks(here, interview, signed_in, hr):
    slug = here.company.slug
    signed_in.raise_request_exception = hr.raise_request_exception = False
    with out_of_reach():
        paths = [f"/c/{slug}/", f"/c/{slug}/interviews/{interview.id}/", f"/c/{slug}/sign-in/"]
        answers = {path: signed_in.get(path) for path in paths}
        answers |= {path: hr.get(path) for path in ("/console/", "/console/reviews/", "/staff/login/")}
    for path, answer in answers.items():
        # A page that asks the database nothing is shown as ever.
        assert answer.status_code in {200, 302, 503}, path
        if answer.status_code == 503:
            assert answer["Retry-After"] == "2", path
            assert "服务暂时不可用" in people.text(answer), path
    assert answers["/console/"].status_code == answers[f"/c/{slug}/"].status_code == 503
    assert signed_in.get(f"/c/{slug}/").status_code == 200, "it did not come back"


def test_a_vendor_whose_news_can_not_be_stored_is_asked_to_call_again(here, client_of_none):
    with out_of_reach():
        answer = client_of_none.post(f"/hooks/simulated/{here.account.id}/", b"{}", "application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")


def test_without_a_database_the_process_lives_and_is_not_ready(here, client_of_none):
    with out_of_reach():
        live, ready = client_of_none.get("/healthz/"), client_of_none.get("/healthz/ready/")
    assert live.status_code == 200
    assert (ready.status_code, ready.json()["database"]) == (503, False)


@pytest.fixture
def client_of_none():
    """Return a program that is nobody's."""
    from django.test import Client

    return Client()


def test_a_request_after_the_database_cut_every_idle_connection_finds_a_new_one(here, signed_in, superuser):
    assert signed_in.get(f"/c/{here.company.slug}/").status_code == 200
    # As every request does at its end; the test client leaves it out.
    connection.close()
    superuser.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'raincheck_app'"
    )
    assert signed_in.get(f"/c/{here.company.slug}/").status_code == 200
