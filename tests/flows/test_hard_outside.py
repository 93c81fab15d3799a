"""What the outside meets: headers on every answer, cookies of an https installation, bodies that are too long."""

import json
from pathlib import Path

import pytest
from django.test import Client

from raincheck.accounts.abilities import Scope
from raincheck.core.weakness import fresh_secrets
from raincheck.web.middleware import POLICY
from tests import people
from tests.commands import raincheck
from tests.flows.test_cli import settings as named_settings
from tests.walk import answers, endpoints, scene

A_YEAR = 31_536_000
#: Run in an installation of its own: these settings are read when a process starts, and by nobody later.
ASK = """
import json, django; django.setup()
from django.test import Client
from django.urls import reverse
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
client = Client()
answer = client.get("/healthz/")
said = client.post("/language/", {"language": "en"}, HTTP_ORIGIN="https://interviews.example.com")
print(json.dumps({
    "headers": dict(answer.headers),
    "cookies": {
        name: [bool(c["secure"]), bool(c["httponly"]), c["samesite"], c["path"]] for name, c in said.cookies.items()
    },
    "names": [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.RAINCHECK_SECURE_PREFIX],
    "secure": [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE],
    "httponly": [settings.SESSION_COOKIE_HTTPONLY, settings.CSRF_COOKIE_HTTPONLY],
}))
"""


def installation(**changes):
    """Return what an installation with these settings says and sets."""
    import subprocess
    import sys

    from tests.commands import bare_environment

    env = bare_environment(**named_settings(**changes), DJANGO_SETTINGS_MODULE="raincheck.settings")
    env["RAINCHECK_LOG_LEVEL"] = "CRITICAL"
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=env, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def over_tls():
    return installation(RAINCHECK_BASE_URL="https://interviews.example.com", **fresh_secrets())


def test_an_https_installation_is_reached_over_tls_alone_for_a_year_subdomains_too(over_tls):
    assert over_tls["headers"]["Strict-Transport-Security"] == f"max-age={A_YEAR}; includeSubDomains"
    assert "Strict-Transport-Security" not in installation()["headers"]


def test_its_cookies_travel_over_tls_alone_from_this_host_alone_and_are_read_by_no_script(over_tls):
    assert over_tls["names"] == ["__Host-raincheck_staff", "__Host-csrftoken", "__Secure-"]
    assert over_tls["cookies"] == {"__Host-raincheck_language": [True, True, "Lax", "/"]}
    assert over_tls["secure"] == over_tls["httponly"] == [True, True]


def test_every_answer_says_how_it_may_be_used(here, drain):
    ids = scene(here, drain).ids
    browsers = {
        "public": Client(),
        "candidate": people.candidate_client(here.company, here.candidate),
        "staff": people.staff_client(here.staff["hr_manager"]),
        "own": people.staff_client(here.staff["recruiter"]),
        "program": people.Program(here, *Scope),
    }
    for audience, browser in browsers.items():
        for endpoint in endpoints(audience):
            for answer in answers(browser, endpoint.path(ids)).values():
                assert answer["X-Content-Type-Options"] == "nosniff", endpoint.route
                assert answer["Referrer-Policy"] == "same-origin", endpoint.route
                assert answer["Cross-Origin-Opener-Policy"] == "same-origin", endpoint.route
                assert answer["Cross-Origin-Resource-Policy"] == "same-origin", endpoint.route
                assert "Access-Control-Allow-Origin" not in answer, endpoint.route
                # What may be shown or run at all is said of every kind of answer, a program's too.
                assert (
                    "frame-ancestors 'none'" in answer["Content-Security-Policy"] or "mail" in endpoint.route
                )
                if answer.content if not answer.streaming else True:
                    assert answer.get("Content-Type"), endpoint.route
                answer.close()


def test_the_policy_lets_in_nothing_from_elsewhere_and_nothing_inline():
    directives = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["object-src" if "object-src" in directives else "default-src"] == "'none'"
    assert directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert all("unsafe" not in sources and "*" not in sources for sources in directives.values())
    assert {source for sources in directives.values() for source in sources.split()} <= {
        "'none'",
        "'self'",
        "data:",
    }
    assert "data:" not in directives["script-src"] + directives["style-src"]


class TestBodies:
    BOUNDARY = "x"

    def body(self, size):
        head = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
        return head.encode() + b"a" * size + b"\r\n--x--\r\n"

    def test_a_file_that_no_page_asked_for_is_refused_unread(self, here, hr, monkeypatch, tmp_path):
        monkeypatch.setattr(
            "django.core.files.uploadhandler.FileUploadHandler.new_file", lambda *a, **k: 1 / 0
        )
        for endpoint in endpoints():
            if endpoint.names or hasattr(endpoint.view, "takes_up_to"):
                continue
            answer = hr.post(
                endpoint.path({}),
                self.body(1_500_000),
                content_type=f"multipart/form-data; boundary={self.BOUNDARY}",
            )
            assert answer.status_code == 413, endpoint.route

    @pytest.mark.parametrize("announced", ["-1", "x", "1e9", "99999999999999999999", "²"])
    def test_a_length_that_is_none_is_refused(self, here, announced):
        answer = Client().post(f"/c/{here.company.slug}/sign-in/", {"phone": "1"}, CONTENT_LENGTH=announced)
        assert answer.status_code == 413

    def test_a_view_may_take_more_by_saying_so(self, here, hr, monkeypatch):
        [view] = [one.view for one in endpoints("staff") if one.route == "console/positions/"]
        monkeypatch.setattr(view, "takes_up_to", 3_000_000, raising=False)
        kind = f"multipart/form-data; boundary={self.BOUNDARY}"
        assert hr.post("/console/positions/", self.body(2_000_000), content_type=kind).status_code == 405
        assert hr.post("/console/positions/", self.body(3_000_000), content_type=kind).status_code == 413


def test_nothing_but_a_static_file_is_kept_by_anybody(here):
    """A page about a file that isn't there holds a form with its token, as every page does."""
    css = Client().get("/static/raincheck/app.css")
    assert "max-age" in css["Cache-Control"]
    css.close()
    for path in ("/static/raincheck/none.css", "/nowhere/", "/console/"):
        assert "no-store" in Client().get(path)["Cache-Control"], path


def test_every_page_that_takes_a_form_wants_the_forms_token(here, drain):
    ids = scene(here, drain).ids
    staff, candidate = here.staff["hr_manager"], here.candidate
    cookies = {
        "staff": people.staff_client(staff).cookies,
        "own": people.staff_client(staff).cookies,
        "candidate": people.candidate_client(here.company, candidate).cookies,
        "public": Client().cookies,
    }
    tried = 0
    for endpoint in endpoints():
        if getattr(endpoint.view, "csrf_exempt", False):
            continue
        client = Client(enforce_csrf_checks=True)
        client.cookies = cookies[endpoint.audience]
        answer = client.post(endpoint.path(ids))
        assert answer.status_code in {403, 405}, (endpoint.route, answer.status_code)
        tried += answer.status_code == 403
    assert tried > 40


def test_only_programs_that_prove_themselves_otherwise_are_spared_the_token():
    exempt = {endpoint.route for endpoint in endpoints() if getattr(endpoint.view, "csrf_exempt", False)}
    proven = ("hooks/", "api/v1/")  # by a signature, by a key
    assert all(route.startswith(proven) or "unsubscribe/" in route for route in exempt), exempt


def test_what_python_may_do_with_a_text_is_never_done_with_anybodys():
    """No code is made from words, no shell is asked, nothing that can carry code is unpacked."""
    forbidden = (
        "eval(",
        "exec(",
        "pickle",
        "shell=True",
        "os.system",
        "yaml.load(",
        "mark_safe",
        "|safe",
        "autoescape off",
    )
    allowed = {("raincheck/commands.py", "exec(")}
    found = set()
    root = Path(__file__).parents[2]
    for path in [*root.glob("raincheck/**/*.py"), *root.glob("raincheck/**/*.html")]:
        text = path.read_text("utf-8")
        found |= {(str(path.relative_to(root)), word) for word in forbidden if word in text}
    assert found - allowed == set()


def test_a_command_never_says_a_secret():
    done = raincheck("check", **named_settings(RAINCHECK_MASTER_KEY="bm90LTMyLWJ5dGVzLXNlY3JldA=="))
    assert "bm90LTMy" not in done.stderr + done.stdout


def test_nobody_is_sent_back_what_they_sent(here, hr):
    for path in (
        "/console/",
        "/console/positions/",
        "/healthz/",
        f"/c/{here.company.slug}/sign-in/",
        "/staff/login/",
    ):
        answer = hr.trace(path, HTTP_X_PLANTED="planted-and-sent-back")
        assert b"planted-and-sent-back" not in answer.content, path
        assert "message/http" not in answer.get("Content-Type", ""), path


def test_an_address_asked_the_wrong_way_says_so_in_the_askers_own_form(here, hr, interview):
    page = hr.get(f"/console/interviews/{interview.id}/restore/")
    assert (page.status_code, page.headers["Allow"]) == (405, "POST")
    assert "wrong_method" in people.text(page)
    program = people.Program(here, "interviews.cancel")
    answer = program.post("/api/v1/interviews/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.json()["error"]["code"] == "wrong_method"


def test_a_program_without_a_key_is_told_how_to_show_one():
    for path in ("/api/v1/interviews/", "/metrics"):
        answer = Client(HTTP_X_FORWARDED_FOR="192.0.2.1").get(path)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), path
