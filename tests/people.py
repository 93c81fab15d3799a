"""Browsers of signed-in people, for tests of pages."""

import time
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.test import Client

from raincheck.accounts.keys import Wish, make_key
from raincheck.accounts.models import Company, Staff
from raincheck.accounts.sign_in import begin_session
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.recruiting.models import Candidate
from raincheck.web.people import candidate_cookie

DOOR, PASSWORD = "/staff/login/", "a long enough password"


def candidate_client(company: Company, candidate: Candidate) -> Client:
    """Return a browser with a fresh candidate session of this company."""
    with company_scope(company.id) as now:
        token = begin_session(identity=candidate.identity, now=now).token
    client = Client()
    client.cookies[candidate_cookie(company)] = token
    return client


def sign_in(email: str, password: str = PASSWORD, client: Any = None, **headers: Any) -> Any:
    """Sign staff in by the form; return the browser, with what it was answered as `answer`."""
    client = client or Client()
    client.answer = client.post(DOOR, {"login": email, "password": password}, **headers)
    return client


def staff_client(staff: Staff) -> Client:
    """Return a browser signed in as this member of staff."""
    client = Client()
    with system_scope(Purpose.SIGN_IN):
        client.force_login(staff, backend="raincheck.accounts.backends.StaffBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(staff.pk)
    session.save()
    assert SESSION_KEY in client.session
    return client


def age(client: Client, minutes: int = 60) -> None:
    """Have the browser's last proof of who they are be this old."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= minutes * 60
    session.save()


class Program:
    """A program with an API key; it shows the key with every request, as programs do."""

    def __init__(self, world: Any, *scopes: str) -> None:
        with world.scope() as now:
            self.key, self.text = make_key(
                actor=world.actor("company_admin"), wish=Wish("示例系统", scopes, 30), now=now
            )
        self.client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {self.text}"})

    def get(self, path: str, **given: Any) -> Any:
        return self.client.get(path, **given)

    def post(self, path: str, data: Any = None) -> Any:
        return self.client.post(path, data or {}, content_type="application/json")


def text(response: Any) -> str:
    """Return a page's text as sent."""
    return str(response.getvalue().decode())
