"""Browsers of signed-in people, for tests of pages."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.test import Client

from raincheck.accounts.models import Company, Staff
from raincheck.accounts.sign_in import begin_session
from raincheck.core.scope import Purpose, company_scope, system_scope
from raincheck.recruiting.models import Candidate
from raincheck.web.people import candidate_cookie


def candidate_client(company: Company, candidate: Candidate) -> Client:
    """Return a browser with a fresh candidate session of this company."""
    with company_scope(company.id) as now:
        token = begin_session(identity=candidate.identity, now=now).token
    client = Client()
    client.cookies[candidate_cookie(company)] = token
    return client


def staff_client(staff: Staff) -> Client:
    """Return a browser signed in as this member of staff."""
    client = Client()
    with system_scope(Purpose.SIGN_IN):
        client.force_login(staff, backend="raincheck.accounts.backends.StaffBackend")
    assert SESSION_KEY in client.session
    return client


def text(response: Any) -> str:
    """Return a page's text as sent."""
    return str(response.content.decode())
