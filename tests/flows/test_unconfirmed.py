"""No page says 已取消 and nothing more as long as the AI interview system might still admit the candidate."""

import re

import pytest

from raincheck.cancellations.models import Agreement
from tests.flows import saga
from tests.people import text

#: What stands beside it: (in the console, in the portal).
BESIDE = {
    Agreement.PENDING: ("AI面试系统确认中", "AI面试系统确认中"),
    Agreement.PERSON: ("需人工撤销", "请勿使用原面试链接"),
    Agreement.CONTRADICTED: ("与AI面试系统不一致", "请勿使用原面试链接"),
}


@pytest.fixture
def cancelled(here, interview, vendor):
    """Return a function that cancels the interview, without the vendor, to an agreement."""

    def cancel(agreement):
        vendor.fault("unreachable")
        cancellation = saga.overdue(here, here.ask(interview))
        assert saga.state_of(here, cancellation) == saga.PENDING
        here.put(cancellation, agreement=agreement)
        return cancellation

    return cancel


def states_of(page):
    """Return what follows each 已取消 of a page up to the end of the element that holds it."""
    return re.findall(
        r'<span class="state state-(?:cancelled|completed)">.*?</span>(.*?)</(?:td|div|p|li|span)>', page
    )


def pages(hr, signed_in, here, interview, cancellation):
    portal, console = f"/c/{here.company.slug}/", "/console/"
    return (
        {
            "list": text(hr.get(console)),
            "interview": text(hr.get(f"{console}interviews/{interview.id}/")),
            "review": text(hr.get(f"{console}reviews/{cancellation.id}/")),
            "rebook": text(hr.get(f"{console}interviews/{interview.id}/rebook/")),
        },
        {
            "home": text(signed_in.get(portal)),
            "interview": text(signed_in.get(f"{portal}interviews/{interview.id}/")),
        },
    )


@pytest.mark.parametrize("agreement", list(BESIDE))
def test_a_page_that_says_cancelled_says_what_is_still_open(
    here, interview, hr, signed_in, cancelled, agreement
):
    cancellation = cancelled(agreement)
    for shown, words in zip(
        pages(hr, signed_in, here, interview, cancellation), BESIDE[agreement], strict=True
    ):
        for name, page in shown.items():
            assert states_of(page), f"{name} shows no state"
            # On its own page the candidate reads it as a sentence below.
            found = [page] if name == "interview" else states_of(page)
            assert all(words in rest for rest in found), name


def test_once_the_vendor_has_agreed_it_is_cancelled_and_nothing_more(here, interview, hr, signed_in, drain):
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    for shown in pages(hr, signed_in, here, interview, cancellation):
        for page in shown.values():
            assert not [rest for rest in states_of(page) if "badge" in rest]
