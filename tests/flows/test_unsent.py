"""What was typed into a form that came after the proof of who one is was too old, and where it is found again."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from procrastinate.contrib.django import app

from raincheck.accounts.models import RoleGrant
from raincheck.notifications import choosing
from raincheck.vendors import adapters
from raincheck.web import unsent
from tests import people
from tests.people import PASSWORD, sign_in

KEYS, MAKE = "/console/keys/", "/console/keys/make/"
TYPED = {"name": '夜间 "同步" <脚本> & 更多', "scope": ["tasks.read"], "days": "30"}
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
NOTE = "以下是您刚才填写的内容"


@pytest.fixture
def admin(person):
    return person("company_admin")


def late(client, path=MAKE, typed=TYPED, page=KEYS):
    """Send a form after the proof has grown old; return the address at which it is proven anew."""
    people.age(client)
    asked = client.post(path, typed, HTTP_REFERER=f"http://testserver{page}")
    assert asked["Location"].startswith("/staff/reauthenticate/")
    return asked["Location"]


def form(client, page, action):
    """Return what the form that leads there would send if the person clicked its button now, and the page's text."""
    shown = people.text(client.get(page))
    reader = Controls(page, action)
    reader.feed(shown)
    return reader.sent, shown


class Controls(HTMLParser):
    """Reads one form as a browser would send it."""

    def __init__(self, page, action):
        super().__init__()
        self.page, self.action, self.sent, self.on, self.select, self.text = page, action, {}, False, "", ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.on = given.get("action", self.page) == self.action
        if not self.on:
            return
        name, kind = given.get("name"), given.get("type", "text")
        if tag == "select":
            self.select = name
        elif tag == "textarea":
            self.text = name
            self.sent[name] = [""]
        elif tag == "option" and "selected" in given:
            self.sent[self.select] = [given["value"]]
        elif tag == "input" and name and (kind not in {"checkbox", "radio"} or "checked" in given):
            self.sent.setdefault(name, []).append(given.get("value") or "")

    def handle_data(self, data):
        if self.on and self.text:
            self.sent[self.text] = [self.sent[self.text][0] + data.removeprefix("\n")]

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.text = ""
        if tag == "form":
            self.on = False


def test_what_was_typed_stands_in_the_form_again_and_one_click_sends_it(here, admin):
    client = sign_in(admin.email)
    proven = client.post(late(client), {"password": PASSWORD})
    assert proven["Location"] == KEYS
    sent, page = form(client, KEYS, MAKE)
    assert (sent["name"], sent["scope"], sent["days"]) == ([TYPED["name"]], ["tasks.read"], ["30"])
    assert NOTE in page
    assert "key.made" not in here.entries(), "looking carried it out"
    assert form(client, KEYS, MAKE)[0]["name"] == [TYPED["name"]], "a page loaded twice lost it"
    assert client.post(MAKE, sent).status_code == 200
    assert here.entries().count("key.made") == 1
    assert NOTE not in people.text(client.get(KEYS))
    assert not Session.objects.exclude(session_key=client.session.session_key).exists()


def test_the_form_found_again_bears_a_token_of_its_own(here, admin):
    client = Client(enforce_csrf_checks=True)
    sign_in(admin.email, client=client, password=PASSWORD, **token(client, "/staff/login/"))
    people.age(client)
    led = client.post(MAKE, TYPED, **token(client, KEYS), HTTP_REFERER=f"http://testserver{KEYS}")
    client.post(led["Location"], {"password": PASSWORD}, **token(client, led["Location"]))
    assert client.post(MAKE, TYPED).status_code == 403
    assert "key.made" not in here.entries()
    sent, _page = form(client, KEYS, MAKE)
    assert sent["name"] == [TYPED["name"]], "a form that was turned away took the text with it"
    assert client.post(MAKE, sent).status_code == 200
    assert "key.made" in here.entries()


def token(client, page):
    [sent] = set(TOKEN.findall(people.text(client.get(page))))
    return {"HTTP_X_CSRFTOKEN": sent}


def test_secrets_are_neither_kept_nor_filled_in_and_the_page_says_so(here, admin, superuser):
    client = sign_in(admin.email)
    page = "/console/calendars/server/"
    typed = {
        "url": "https://dav.example.com/{email}/",
        "username": "writer",
        "password": "a secret of theirs",
    }
    there = late(client, page, typed, page)
    rows = superuser.execute("SELECT session_data FROM django_session").fetchall()
    assert "writer" not in str([Session(session_data=data).get_decoded() for (data,) in rows])
    client.post(there, {"password": PASSWORD})
    sent, shown = form(client, page, page)
    assert (sent["url"], sent["username"], sent["password"]) == ([typed["url"]], ["writer"], [""])
    assert "密码和密钥没有保留，请重新填写" in shown
    assert typed["password"] not in shown
    assert NOTE not in people.text(client.get(KEYS)), "it stands at a form that it wasn't typed into"


def test_no_field_of_a_secret_is_of_a_name_that_is_kept(here, admin):
    client = people.staff_client(admin)
    pages = [f"/console/channels/edit/?carrier={one.name}" for one in choosing.offered()]
    pages += [f"/console/vendors/new/?adapter={one}" for one in adapters.installed()]
    pages += ["/console/calendars/server/", f"/console/vendors/{here.account.id}/"]
    names = set()
    for page in pages:
        reader = Secrets()
        reader.feed(people.text(client.get(page)))
        names |= reader.names
    assert {"password", "key", "secret", "webhook_secret"} <= names
    assert [name for name in names if unsent.is_kept(name)] == []


class Secrets(HTMLParser):
    """Gathers the names of fields whose content isn't shown."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "input" and given.get("type") in {"password", "file"}:
            self.names.add(given["name"])


def test_somebody_else_who_signs_in_there_is_shown_nothing_of_it(here, admin, person):
    client = sign_in(admin.email)
    late(client)
    other = person("hr_manager")
    with here.scope():
        RoleGrant.objects.filter(staff=other).update(role="company_admin")
    pointer = client.session["unsent"]
    client.post("/staff/logout/")
    sign_in(other.email, client=client)
    session = client.session
    for stolen in (False, True):
        if stolen:
            session["unsent"] = pointer
            session.save()
        sent, page = form(client, KEYS, MAKE)
        assert (sent["name"], NOTE in page) == ([""], False)


def test_what_was_typed_is_forgotten_with_the_time_a_proof_lasts(here, admin, superuser, drain):
    client = sign_in(admin.email)
    client.post(late(client), {"password": PASSWORD})
    kept = client.session["unsent"]
    for minutes, there in ((14, True), (2, False)):
        superuser.execute(
            "UPDATE django_session SET expire_date = expire_date - %s * interval '1 minute'"
            " WHERE session_key = %s",
            [minutes, kept],
        )
        assert (NOTE in people.text(client.get(KEYS))) is there
    app.configure_task("core.forget_sessions", queue="sweep").defer(timestamp=0)
    drain()
    assert not Session.objects.filter(session_key=kept).exists()
    assert client.get(KEYS).status_code == 200


def test_a_form_that_is_too_long_to_be_kept_is_said_to_be(here, admin):
    client = sign_in(admin.email)
    there = late(client, typed={"name": "长" * unsent.MOST})
    assert "无法暂存" in people.text(client.get(there))
    client.post(there, {"password": PASSWORD})
    assert NOTE not in people.text(client.get(KEYS))


def test_that_one_has_looked_is_to_be_said_anew_and_what_was_chosen_isnt(here, person, interview):
    client = sign_in(person("hr_manager").email)
    page = f"/console/positions/{here.position.id}/freeze/"
    client.post(
        late(client, page, {"reason": "position_frozen", "confirmed": "yes"}, page), {"password": PASSWORD}
    )
    sent, _page = form(client, page, page)
    assert sent["reason"] == ["position_frozen"]
    assert "confirmed" not in sent
