"""What holds for every page: nothing inline, nothing cached, no stack trace, and a form that must be ours."""

from html.parser import HTMLParser

import pytest
from django.test import Client

from raincheck.core import crypto
from raincheck.portal import views
from tests import people
from tests.walk import answers, endpoints, scene

SECRET = "13912345678 in a bug's own words"
LANGUAGES = {"zh-hans": "系统出现问题，您的操作没有生效", "en": "Something broke on our side"}


class Inline(HTMLParser):
    """Collects what a strict policy would stop: scripts, styles and handlers within the page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.found.append(tag)
        self.found += [name for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        loaded = [
            given.get(name) or ""
            for name in ("src", "action", "formaction", *(["href"] if tag != "a" else []))
        ]
        self.found += [text for text in loaded if text.strip().lower().startswith(("http", "//"))]
        self.found += [
            text for text in given.values() if (text or "").strip().lower().startswith("javascript:")
        ]


def inline(page):
    """Return what is inline, or comes from elsewhere."""
    parser = Inline()
    parser.feed(page)
    return parser.found


@pytest.fixture
def stage(here, drain):
    """Return a company in which every page has something to show."""
    return scene(here, drain)


def test_no_page_holds_anything_inline_or_from_elsewhere(here, stage, hr, signed_in):
    pages = 0
    for browser, audience in ((Client(), "public"), (signed_in, "candidate"), (hr, "staff")):
        for endpoint in endpoints(audience):
            for interview_id in (stage.scheduled.id, stage.cancelled.id, stage.in_review.interview_id):
                path = endpoint.path({**stage.ids, "interview_id": interview_id})
                for answer in answers(browser, path).values():
                    policy = answer["Content-Security-Policy"]
                    assert "script-src 'self';" in policy, path
                    assert "style-src 'self';" in policy, path
                    assert "unsafe" not in policy, path
                    assert answer["Cache-Control"] == "no-store" or "no-cache" in answer["Cache-Control"], (
                        path
                    )
                    assert answer["X-Content-Type-Options"] == "nosniff", path
                    assert answer["X-Frame-Options"] == "DENY", path
                    if answer.get("Content-Type", "").startswith("text/html"):
                        assert inline(people.text(answer)) == [], path
                        pages += 1
    assert pages > 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bug_shows_a_page_and_no_word_of_what_happened(here, signed_in, monkeypatch, language):
    def fails(*args, **kwargs):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(views.recruiting, "own_record", fails)
    signed_in.raise_request_exception = False
    answer = signed_in.get(
        f"/c/{here.company.slug}/", headers={"Accept-Language": language, "X-Request-Id": "trace-me-1"}
    )
    page = people.text(answer)
    assert answer.status_code == 500
    assert LANGUAGES[language] in page
    assert "internal" in page
    assert "trace-me" in page
    for leak in ("Traceback", "RuntimeError", SECRET, "13912345678", "views.py", "File "):
        assert leak not in page
    assert answer["X-Request-Id"] == "trace-me-1"
    assert inline(page) == []


def test_a_bug_told_to_a_program_is_one_stable_code(here, signed_in, monkeypatch):
    monkeypatch.setattr(views.recruiting, "own_record", lambda actor: 1 / 0)
    signed_in.raise_request_exception = False
    answer = signed_in.get(f"/c/{here.company.slug}/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert b"ZeroDivision" not in answer.content


def test_a_bug_leaves_nothing_half_done(here, interview, signed_in, monkeypatch):
    def fails(**kwargs):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(views, "set_pool_consent", fails)
    signed_in.raise_request_exception = False
    path = f"/c/{here.company.slug}/interviews/{interview.id}/cancel/"
    assert signed_in.post(path, {"reason": "health", "consent": "yes"}).status_code == 500
    assert here.fresh(interview).state == "scheduled"
    assert here.entries() == []


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "页面已过期"), ("en", "form_stale")], ids=["zh-hans", "en"]
)
def test_a_form_that_is_not_ours_changes_nothing_and_says_so(here, interview, language, words):
    client = Client(enforce_csrf_checks=True)
    client.cookies = people.candidate_client(here.company, here.candidate).cookies
    path = f"/c/{here.company.slug}/interviews/{interview.id}/cancel/"
    answer = client.post(path, {"reason": "health"}, headers={"Accept-Language": language})
    assert answer.status_code == 403
    assert words in people.text(answer)
    assert "form_stale" in people.text(answer)
    assert here.fresh(interview).state == "scheduled"


def test_every_form_that_acts_carries_its_token(here, stage, hr, signed_in):
    for browser, audience in ((Client(), "public"), (signed_in, "candidate"), (hr, "staff")):
        for endpoint in endpoints(audience):
            page = people.text(browser.get(endpoint.path(stage.ids)))
            forms = [
                form for form in page.split("<form")[1:] if 'method="post"' in form.split(">")[0].lower()
            ]
            for form in forms:
                assert "csrfmiddlewaretoken" in form.split("</form>")[0], endpoint.route


@pytest.mark.parametrize(
    "path", ["/nowhere/", "/c/{slug}/nowhere/", "/c/no-such-company/", "/console/nowhere/"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_that_leads_nowhere_says_so_in_the_readers_language(here, path, language):
    answer = Client().get(path.format(slug=here.company.slug), headers={"Accept-Language": language})
    page = people.text(answer)
    assert answer.status_code == 404
    assert "not_found" in page
    assert ("没有找到" in page) is (language == "zh-hans")


def test_a_refusal_within_a_company_names_whom_to_reach(here, signed_in, interview):
    answer = signed_in.get(f"/c/{here.company.slug}/interviews/{interview.application_id}/")
    assert answer.status_code == 404
    assert here.company.contact_name in people.text(answer)
    assert here.company.contact_phone in people.text(answer)


def test_more_than_anyone_needs_to_send_is_refused(here, signed_in, interview):
    path = f"/c/{here.company.slug}/interviews/{interview.id}/cancel/"
    answer = signed_in.post(path, {"reason": "health", "note": "长" * 500_000})
    assert answer.status_code == 413
    assert "too_large" in people.text(answer)
    assert here.fresh(interview).state == "scheduled"


@pytest.mark.parametrize("audience", ["candidate", "staff", "public"])
def test_a_nul_in_an_address_or_a_form_is_refused_not_choked_on(here, stage, hr, signed_in, audience):
    browser = {"candidate": signed_in, "staff": hr, "public": Client()}[audience]
    for endpoint in endpoints(audience):
        path = endpoint.path(stage.ids)
        assert browser.get(path, {"q": "a\x00b"}).status_code == 400, path
        assert browser.post(path, {"note": "a\x00b"}).status_code in {400, 401, 405}, path


def test_a_host_that_is_not_ours_gets_no_page():
    answer = Client().get("/healthz/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert b"evil.example" not in answer.content


def test_a_door_leads_on_to_pages_of_ours_alone(here):
    with here.scope():
        phone = here.phone()
    from raincheck.accounts.sign_in import digits

    for wanted in (
        "https://evil.example/",
        "//evil.example/",
        "/console/",
        "/c/other/",
        "javascript:alert(1)",
    ):
        from django.core.cache import cache

        cache.clear()
        client, door = Client(), f"/c/{here.company.slug}/sign-in/"
        with here.scope():
            from raincheck.accounts.models import SignInCode

            SignInCode.objects.all().delete()
        client.post(door, {"phone": phone, "next": wanted})
        with here.scope():
            code = digits(SignInCode.objects.get().id)
        answer = client.post(f"{door}code/", {"code": code})
        assert (answer.status_code, answer["Location"]) == (302, f"/c/{here.company.slug}/"), wanted


def test_choosing_a_language_goes_back_to_pages_of_ours_alone(db):
    for there, expected in (
        ("/console/", "/console/"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
    ):
        answer = Client().post("/language/", {"language": "en", "next": there})
        assert (answer["Location"], answer.cookies["raincheck_language"].value) == (expected, "en")
    assert "raincheck_language" not in Client().post("/language/", {"language": "xx"}).cookies


def test_a_form_shown_again_at_its_own_address_is_left_for_the_page_it_stands_on(here, stage, hr, signed_in):
    portal = f"/c/{here.company.slug}"
    for browser, form, page in (
        (hr, "/console/batches/retention/hold/", "/console/batches/retention/"),
        (hr, f"/console/tasks/{stage.task.id}/settle/", f"/console/tasks/{stage.task.id}/"),
        (hr, f"/console/audit/views/{stage.view.id}/forget/", "/console/audit/"),
        (signed_in, f"{portal}/privacy/ask/", f"{portal}/privacy/"),
    ):
        for left in ("/staff/reauthenticate/?next=x", form):
            led = browser.get(form, HTTP_REFERER=f"http://testserver{left}")
            assert (led.status_code, led.get("Location")) == (302, page), form
        assert browser.get(form).status_code == 405, form
        assert browser.get(form, HTTP_REFERER=f"https://elsewhere.example{page}").status_code == 405, form


def test_cookies_can_be_read_by_no_script_and_sent_by_no_other_site(here):
    from raincheck.accounts.models import SignInCode
    from raincheck.accounts.sign_in import digits

    client, door = Client(), f"/c/{here.company.slug}/sign-in/"
    pending = client.post(door, {"phone": here.phone()}).cookies["raincheck_code"]
    with here.scope():
        code = digits(SignInCode.objects.get().id)
    session = client.post(f"{door}code/", {"code": code}).cookies[f"raincheck_c_{here.company.slug}"]
    for cookie in (pending, session):
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
        assert cookie["path"].startswith(f"/c/{here.company.slug}/")
    with here.scope():
        from raincheck.accounts.models import CandidateSession

        assert bytes(CandidateSession.objects.get().token_hash) == crypto.token_hash(session.value)
