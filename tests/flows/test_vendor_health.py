"""A test of the connection to an AI interview system: what comes of it, and what it leaves behind."""

import pytest

from raincheck.core.actor import Actor
from raincheck.core.errors import NotAllowed, NotFound
from raincheck.vendors import adapters, gates, health
from raincheck.vendors.adapters.base import Held
from raincheck.vendors.models import VendorAccount, VendorCall
from tests.flows import saga
from tests.flows.test_gates import account_of, fail, gate_of


def examined(here, actor=None):
    return health.test_connection(actor=actor or here.actor(), account_id=here.account.id)


def calls(here):
    with here.scope():
        return list(VendorCall.objects.values_list("operation", "outcome", "interview_id"))


def test_a_vendor_that_answers_is_well_and_the_call_is_in_the_ledger(here):
    found = examined(here)
    assert (found.ok, found.text) == (True, "")
    assert 0 <= found.milliseconds < 15_000
    account = account_of(here)
    assert (account.answered_at is not None, account.trouble) == (True, "")
    assert calls(here) == [("health", "ok", None)]


def test_what_is_wrong_is_said_and_kept(here):
    with here.scope():
        account = VendorAccount.objects.get(id=here.account.id)
        account.seal("api_key", "wrong-key")
        account.save()
    found = examined(here)
    assert not found.ok
    assert found.text
    account = account_of(here)
    assert (account.answered_at, account.trouble) == (None, found.text)
    assert calls(here) == [("health", "refused", None)]


def test_nobody_there_is_no_answer_and_counts_as_a_failure(here, vendor):
    vendor.fault("unreachable")
    found = examined(here)
    assert not found.ok
    assert (account_of(here).failures, account_of(here).trouble) == (1, found.text)


def test_it_is_let_through_a_pause_and_an_answer_ends_it(here):
    fail(here, times=gates.FAILURES)
    with pytest.raises(Held):
        gate_of(here).enter()
    assert examined(here).ok
    account = account_of(here)
    assert (account.failures, account.paused_until, account.trouble) == (0, None, "")
    assert saga.tasks_of(here) == []
    assert saga.tasks_of(here, state="done") == ["vendor_down"]
    gate = gate_of(here)
    gate.enter()
    gate.leave()


def test_a_vendor_still_broken_down_stays_left_alone(here, vendor):
    fail(here, times=gates.FAILURES)
    vendor.fault("error_500")
    assert not examined(here).ok
    assert account_of(here).failures == gates.FAILURES + 1
    with pytest.raises(Held):
        gate_of(here).enter()
    assert saga.tasks_of(here) == ["vendor_down"]


def test_where_all_turns_are_taken_nothing_is_said_of_the_vendor(here):
    lines = [gate_of(here) for _ in range(gates.AT_ONCE)]
    for gate in lines:
        gate.enter()
    try:
        found = examined(here)
    finally:
        for gate in lines:
            gate.leave()
    assert (found.ok, found.text) == (False, "busy")
    account = account_of(here)
    assert (account.answered_at, account.trouble) == (None, "")


def test_an_adapter_that_breaks_or_is_gone_is_an_answer_too(here, monkeypatch):
    def broken(self, line):
        raise ZeroDivisionError

    monkeypatch.setattr(type(adapters.REGISTRY["simulated"]), "health", broken)
    assert examined(here).text == "the adapter failed (ZeroDivisionError)"
    monkeypatch.delitem(adapters.REGISTRY, "simulated")
    assert "no adapter is installed" in examined(here).text
    assert "no adapter is installed" in account_of(here).trouble


def test_only_who_may_change_vendors_may_test_and_only_their_own(here, there):
    with pytest.raises(NotAllowed):
        examined(here, here.actor("recruiter"))
    with pytest.raises(NotAllowed):
        examined(here, here.as_candidate())
    for stranger in (there.actor(), Actor.system(there.company.id)):
        with pytest.raises(NotFound):
            examined(here, stranger)
    assert calls(here) == []
    assert examined(here, Actor.system(here.company.id)).ok
