"""A vendor that hangs, breaks down or asks for quiet is left alone, and nobody else waits for it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from raincheck.cancellations.actions import ask_vendor
from raincheck.cancellations.models import Agreement, State
from raincheck.recruiting.actions import invite
from raincheck.vendors import gates
from raincheck.vendors.adapters.base import Held
from raincheck.vendors.gates import AccountGate
from raincheck.vendors.models import VendorAccount, VendorCall
from tests.flows import saga


def account_of(here):
    with here.scope():
        return VendorAccount.objects.get(id=here.account.id)


def gate_of(here, *, calls_per_minute=0):
    return AccountGate(account_of(here), calls_per_minute=calls_per_minute)


def fail(here, *, times):
    """Let that many calls in a row get no answer."""
    for _ in range(times):
        gate = gate_of(here)
        gate.enter()
        gate.leave(trouble="unreachable (ReadTimeout)")


def pause_is_over(here):
    with here.scope() as now:
        VendorAccount.objects.filter(id=here.account.id).update(paused_until=now - timedelta(seconds=1))


def test_after_five_failures_in_a_row_nobody_calls_and_a_person_hears(here, outbox, drain):
    fail(here, times=4)
    assert account_of(here).paused_until is None
    fail(here, times=1)
    with pytest.raises(Held, match="paused"):
        gate_of(here).enter()
    assert saga.tasks_of(here) == ["vendor_down"]
    drain()
    assert here.account.name in outbox.mail(here.staff["hr_manager"].email)[-1]["text"]


def test_each_further_failure_doubles_the_pause_up_to_five_minutes(here):
    lengths = []
    for failures in range(gates.FAILURES, gates.FAILURES + 9):
        if account_of(here).paused_until:
            pause_is_over(here)
        fail(here, times=gates.FAILURES if failures == gates.FAILURES else 1)
        with here.scope() as now:
            lengths.append((account_of(here).paused_until - now).total_seconds())
    expected = [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert all(0.85 * e <= length <= 1.15 * e for e, length in zip(expected, lengths, strict=True)), lengths


def test_calls_that_were_under_way_when_the_gate_shut_make_the_pause_no_longer(here):
    """They tell of the same trouble; only the one that tries the vendor after a pause tells of more."""
    fail(here, times=4)
    together = [gate_of(here) for _ in range(gates.AT_ONCE)]
    for gate in together:
        gate.enter()
    for gate in together:
        gate.leave(trouble="answered 500")
    found = account_of(here)
    with here.scope() as now:
        assert (found.paused_until - now).total_seconds() <= gates.FIRST_PAUSE.total_seconds() * 1.1
    assert found.failures == gates.FAILURES


def test_an_answer_counts_though_another_call_failed_meanwhile(here):
    fail(here, times=3)
    well, ill = gate_of(here), gate_of(here)
    well.enter()
    ill.enter()
    ill.leave(trouble="answered 500")
    well.leave()
    assert account_of(here).failures == 0


def test_after_a_pause_one_call_tries_the_vendor_alone(here):
    fail(here, times=5)
    pause_is_over(here)
    lines = [gate_of(here) for _ in range(8)]
    together = threading.Barrier(8)

    def come(gate):
        together.wait(10)
        try:
            gate.enter()
        except Held:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        let_in = list(pool.map(come, lines))
    assert sum(let_in) == 1
    probe = lines[let_in.index(1)]
    probe.leave()
    found = account_of(here)
    assert (found.failures, found.paused_until, found.trouble) == (0, None, "")
    assert saga.tasks_of(here) == []
    assert saga.tasks_of(here, state="done") == ["vendor_down"]


def test_a_line_held_open_learns_that_another_found_the_vendor_well(here):
    fail(here, times=4)
    long = gate_of(here)
    long.enter()
    long.leave(trouble="unreachable (ReadTimeout)")
    pause_is_over(here)
    other = gate_of(here)
    other.enter()
    other.leave()
    long._account.paused_until -= timedelta(minutes=1)
    long.enter()
    long.leave()


def test_a_line_held_open_waits_for_another_that_tries_the_vendor(here):
    fail(here, times=4)
    long = gate_of(here)
    long.enter()
    long.leave(trouble="unreachable (ReadTimeout)")
    pause_is_over(here)
    other = gate_of(here)
    other.enter()
    long._account.paused_until -= timedelta(minutes=1)
    with pytest.raises(Held, match="paused") as held:
        long.enter()
    assert 0 < held.value.after <= gates.PROBE.total_seconds()
    other.leave(trouble="unreachable (ReadTimeout)")


def test_a_failed_probe_shuts_the_gate_again(here):
    fail(here, times=5)
    pause_is_over(here)
    fail(here, times=1)
    with pytest.raises(Held):
        gate_of(here).enter()
    assert saga.tasks_of(here) == ["vendor_down"], "still the one task"


def test_one_answer_between_failures_starts_the_count_anew(here):
    fail(here, times=4)
    gate = gate_of(here)
    gate.enter()
    gate.leave()
    fail(here, times=4)
    assert account_of(here).paused_until is None


def test_a_vendor_that_asks_for_quiet_gets_it_and_is_not_called_broken(here):
    gate = gate_of(here)
    gate.enter()
    gate.leave(wait=30)
    with pytest.raises(Held) as held:
        gate_of(here).enter()
    assert 25 < held.value.after <= 30
    assert (account_of(here).failures, saga.tasks_of(here)) == (0, [])


def test_an_answer_to_an_earlier_call_does_not_end_the_quiet_a_vendor_asked_for(here):
    with here.scope():
        VendorAccount.objects.filter(id=here.account.id).update(failures=1)
    first, second = gate_of(here), gate_of(here)
    first.enter()
    second.enter()
    first.leave(wait=60)
    second.leave()
    with pytest.raises(Held, match="paused"):
        gate_of(here).enter()


def test_a_line_held_open_for_long_hears_of_a_pause(here, monkeypatch):
    monkeypatch.setattr(gates, "FRESH", 0.0)
    held_open = gate_of(here)
    fail(here, times=5)
    with pytest.raises(Held, match="paused"):
        held_open.enter()


def test_a_probe_that_finds_no_turn_leaves_the_probe_to_others(here):
    fail(here, times=5)
    pause_is_over(here)
    turns = [gate_of(here)._turn for _ in range(gates.AT_ONCE)]
    for turn in turns:
        turn.acquire()
    with pytest.raises(Held, match="busy"):
        gate_of(here).enter()
    for turn in turns:
        turn.release()
    probe = gate_of(here)
    probe.enter()
    probe.leave()


def test_three_calls_at_once_are_all_one_account_gets_from_a_process(here, there):
    lines = [gate_of(here) for _ in range(4)]
    for gate in lines[:3]:
        gate.enter()
    with pytest.raises(Held, match="busy"):
        lines[3].enter()
    other = gate_of(there)
    other.enter()
    other.leave()
    lines[0].leave()
    lines[3].enter()
    for gate in lines[1:]:
        gate.leave()


def test_a_vendors_rate_is_kept_by_all_processes_together(here, monkeypatch):
    monkeypatch.setattr(gates, "PATIENCE", timedelta(0))
    let_in, refused, started = 0, 0, time.monotonic()
    while time.monotonic() - started < 1.5:
        gate = gate_of(here, calls_per_minute=240)
        try:
            gate.enter()
        except Held as held:
            refused += held.after > 0
        else:
            gate.leave()
            let_in += 1
    assert 20 <= let_in <= 20 + 4 * (time.monotonic() - started) + 1, (
        "five seconds' worth at once, then four a second"
    )
    assert refused > 0


def test_what_was_held_back_uses_up_no_attempt_and_goes_when_the_vendor_is_back(
    here, interview, vendor, drain
):
    fail(here, times=5)
    cancellation = here.ask(interview)
    drain()
    found = here.fresh(cancellation)
    assert (found.state, found.attempts) == (State.PROCESSING, 0)
    assert here.count(VendorCall) == 0
    saga.hurry(here)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    assert saga.tasks_of(here) == []


def test_past_the_limit_a_held_cancellation_is_completed_without_the_vendor(here, interview, drain):
    fail(here, times=5)
    cancellation = here.ask(interview)
    drain()
    saga.overdue(here, cancellation)
    assert here.fresh(cancellation).agreement == Agreement.PENDING


def test_a_booking_that_was_held_back_is_made_when_the_vendor_is_back(here, drain):
    fail(here, times=5)
    new = here.book(hours=120, with_vendor=False)
    here.put(new, vendor_account_id=here.account.id)
    with here.scope():
        invite(here.fresh(new))
    drain()
    assert (here.fresh(new).vendor_ref, here.count(VendorCall)) == ("", 0)
    saga.hurry(here)
    drain()
    assert here.fresh(new).vendor_ref
    assert saga.tasks_of(here) == []


def test_nobody_waits_for_another_account_of_the_same_job(here, interview, drain):
    """The other account's vendor is asked in a job of its own."""
    other = here.book(hours=60, candidate=here.add_candidate())
    with here.scope():
        account = here.fresh(here.account)
        account.pk, account.name = uuid4(), "另一个账号"
        account.seal("api_key", here.vendor.key)
        account.seal("webhook_secret", "")
        account.save(force_insert=True)
    here.put(other, vendor_account_id=account.id)
    both = [here.ask(interview), here.ask(other)]
    saga.forget_jobs()
    with here.scope():
        ask_vendor(here.company.id, [cancellation.id for cancellation in both])
    drain()
    assert [saga.state_of(here, cancellation) for cancellation in both] == [saga.AGREED] * 2
    assert saga.jobs(done=True).count("vendors.agree") == 2
