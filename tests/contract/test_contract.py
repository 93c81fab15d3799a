"""What every adapter owes the product, checked against its simulator over real sockets."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from raincheck.core import http
from raincheck.simulators.vendors import VENDORS
from raincheck.vendors.adapters.base import BadSignature, Cancel, NeedsPerson, Permanent, Retry, Status
from tests.contract.cases import CALLING, CANCELLING, CASES, KIT, REAL, Case
from tests.contract.conftest import SECRET, Table
from tests.peers import listening
from tests.simulators import free_port

REFUSED = (Permanent, NeedsPerson)


def over(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("table", cases, indirect=True, ids=str)


def cancel(table: Table, ref: str) -> Any:
    """Cancel as the saga does; "person" where a person has to do or see something."""
    try:
        return table.adapter.cancel(table.line(), ref, reason="time_conflict", key=f"cancel-{ref}")
    except NeedsPerson:
        return "person"


def check_cancelled(table: Table, ref: str, answer: Any) -> None:
    """Assert that what a cancel led to is what this vendor can do."""
    gone = answer is None or (answer != "person" and answer.status.ended)
    assert gone if table.case.cancel_agrees else answer == "person"
    assert table.effects(ref) == (0 if table.adapter.can.cancel is Cancel.NONE else 1)


@over(CASES)
def test_an_invitation_can_be_read_again_as_it_was_made(table):
    booking = table.booking()
    made = table.adapter.invite(table.line(), booking, key="invite-1")
    read = table.adapter.read(table.line(), made.ref)
    for view in (made, read):
        assert (view.ref, view.status) == (made.ref, Status.INVITED)
        assert view.external_id == (str(booking.external_id) if table.case.keeps_external_id else "")
        assert view.is_at(booking.starts_at, booking.ends_at)
    assert bool(made.link) == (table.case.gives_link and table.vendor is not None)


@over(CASES)
def test_a_cancel_takes_effect_once_or_says_that_a_person_is_needed(table):
    ref = table.invite()
    check_cancelled(table, ref, cancel(table, ref))
    if table.case.cancel_agrees:
        after = table.adapter.read(table.line(), ref)
        assert after is None or after.status.ended
    check_cancelled(table, ref, cancel(table, ref))


@over(CASES)
def test_what_the_vendor_does_not_know_is_not_there_and_not_cancelled(table):
    assert table.adapter.read(table.line(), table.case.nobody) is None
    with suppress(*REFUSED):
        assert table.adapter.cancel(table.line(), table.case.nobody, reason="health", key="cancel-0") is None


@over(CASES)
def test_it_is_moved_or_a_person_is_asked_to(table):
    ref, later = table.invite(), datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
    times = {"starts_at": later, "ends_at": later + timedelta(hours=1)}
    if table.adapter.can.reschedules:
        table.adapter.reschedule(table.line(), ref, **times, key="move-1")
        assert table.adapter.read(table.line(), ref).is_at(**times)
    else:
        with pytest.raises(NeedsPerson):
            table.adapter.reschedule(table.line(), ref, **times, key="move-1")


@over(CASES)
def test_the_list_has_each_interview_exactly_once_or_there_is_none(table):
    if not table.adapter.can.lists:
        with pytest.raises(NeedsPerson):
            list(table.adapter.pages(table.line()))
        return
    refs = {table.invite() for _ in range(3)}
    listed = [view.ref for page in table.adapter.pages(table.line()) for view in page]
    assert len(listed) == len(set(listed))
    assert refs <= set(listed)


@over(CASES)
def test_its_health_can_be_asked_for(table):
    line = table.line()
    table.adapter.health(line)
    assert line.calls


@over(REAL)
def test_every_call_is_in_the_ledger(table):
    before = len(table.vendor.calls())
    ref = table.invite()
    table.adapter.read(table.line(), ref)
    cancel(table, ref)
    made = [call for line in table.lines for call in line.calls]
    assert len(made) == len(table.vendor.calls()) - before
    assert [call.key for call in made if call.operation == "invite"][-1].startswith("invite-")
    assert all(call.outcome == "ok" for call in made)


@over(REAL)
def test_what_was_handed_in_shows_and_is_never_cancelled_silently(table):
    ref = table.invite()
    table.vendor.progress(ref, "submitted")
    assert table.adapter.read(table.line(), ref).status.handed_in
    with pytest.raises(Permanent):
        table.adapter.cancel(table.line(), ref, reason="health", key="cancel-1")
    assert table.adapter.read(table.line(), ref).status.handed_in
    assert table.effects(ref) == 0


@over(REAL)
def test_a_half_finished_one_is_cancelled_like_any_other(table):
    ref = table.invite()
    table.vendor.progress(ref, "started")
    assert not table.adapter.read(table.line(), ref).status.handed_in
    check_cancelled(table, ref, cancel(table, ref))


@over(REAL)
@pytest.mark.parametrize("mode", ["error_500", "unreachable"])
def test_an_outage_is_waited_out(table, mode):
    ref = table.invite()
    table.vendor.fault(mode)
    with pytest.raises(Retry):
        table.adapter.read(table.line(), ref)
    with pytest.raises(Retry):
        table.adapter.cancel(table.line(), ref, reason="health", key="cancel-1")
    with pytest.raises(Retry):
        table.invite()
    table.vendor.clear_faults()
    assert table.effects(ref) == 0
    assert table.adapter.read(table.line(), ref).status is Status.INVITED


@over(REAL)
def test_nobody_there_is_waited_out_and_in_the_ledger(table):
    line = table.line(base_url=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Retry):
        table.adapter.read(line, table.case.nobody)
    assert [call.outcome for call in line.calls] == ["unreachable"]


@over(KIT)
def test_over_its_limit_the_vendor_says_how_long_to_wait(table):
    table.vendor.fault("rate_limited", times=1)
    with pytest.raises(Retry) as caught:
        table.adapter.read(table.line(), table.case.nobody)
    assert caught.value.after == 7
    assert table.adapter.read(table.line(), table.case.nobody) is None


@over(CANCELLING)
def test_a_cancel_that_lost_its_answer_shows_and_is_not_done_twice(table):
    ref = table.invite()
    table.vendor.fault("error_500_after_doing", operation="cancel", times=1)
    # An adapter that asks at once what came of it may know the end already.
    with suppress(Retry):
        table.adapter.cancel(table.line(), ref, reason="health", key="cancel-1")
    after = table.adapter.read(table.line(), ref)
    assert after is None or after.status is not Status.INVITED
    check_cancelled(table, ref, cancel(table, ref))


@over([case for case in CANCELLING if case in KIT])
def test_a_lie_about_a_cancel_comes_out_by_reading(table):
    ref = table.invite()
    table.vendor.fault("lies", operation="cancel", times=1)
    with suppress(Retry):
        cancel(table, ref)
    assert table.adapter.read(table.line(), ref).status is Status.INVITED
    check_cancelled(table, ref, cancel(table, ref))


@over(REAL)
def test_an_invitation_that_lost_its_answer_is_found_or_a_person_is_asked_or_it_is_seen_twice(table):
    booking = table.booking()
    key = f"invite-{booking.external_id}"
    table.vendor.fault(
        "error_500_after_doing", operation="invite" if table.case in KIT else "create", times=1
    )
    with pytest.raises(Retry):
        table.adapter.invite(table.line(), booking, key=key)
    again = replace(booking, again=True)
    if table.case.again == "person":
        with pytest.raises(NeedsPerson):
            table.adapter.invite(table.line(), again, key=key)
    else:
        table.adapter.invite(table.line(), again, key=key)
    made = table.vendor.creates()
    found = made.get(str(booking.external_id)) or made[booking.email]
    assert found == (2 if table.case.again == "anew" else 1)


@over(REAL)
def test_a_wrong_key_is_never_success_and_never_tried_for_ever(table):
    ref = table.invite()
    wrong = table.line(api_key="wrong-key")
    tries = [
        lambda: table.adapter.health(wrong),
        lambda: table.adapter.read(wrong, ref),
        lambda: table.adapter.cancel(wrong, ref, reason="health", key="cancel-1"),
        lambda: table.adapter.invite(wrong, table.booking(), key="invite-1"),
    ]
    for attempt in tries:
        with pytest.raises(REFUSED):
            attempt()
    assert table.effects(ref) == 0


@over(REAL)
def test_what_is_not_of_the_documented_shape_is_refused(table):
    with listening({"surprise": True}) as strange:
        line = table.line(base_url=strange.url)
        for attempt in _every_verb(table, line):
            with pytest.raises(Permanent, match="not the documented shape"):
                attempt()
    with listening(text="<html>Sign in to the hotel's network</html>") as hotel:
        for attempt in _every_verb(table, table.line(base_url=hotel.url)):
            with pytest.raises(Permanent):
                attempt()
    with listening({"detail": "Not Found"}, status=404) as elsewhere:
        line = table.line(base_url=elsewhere.url)
        with pytest.raises(REFUSED):
            table.adapter.invite(line, table.booking(), key="invite-1")


def _every_verb(table: Table, line: Any) -> Any:
    adapter = table.adapter
    return [
        lambda: adapter.read(line, table.case.nobody),
        lambda: adapter.cancel(line, table.case.nobody, reason="health", key="cancel-1"),
        lambda: adapter.invite(line, table.booking(), key="invite-1"),
    ]


@over([case for case in CASES if case not in CALLING])
def test_whoever_never_calls_is_never_believed(table):
    with pytest.raises(BadSignature):
        table.adapter.receive(table.line(), headers={}, body=b"{}", now=datetime.now(UTC))


@over(CALLING)
def test_a_webhook_is_verified_and_names_the_interview(table):
    ref = table.invite()
    headers, body = table.news(ref, "submitted")
    heard = table.adapter.receive(table.line(), headers=headers, body=body, now=datetime.now(UTC))
    assert ref == (heard.view.ref if heard.view else heard.ref)
    assert heard.kind
    assert (heard.view or table.adapter.read(table.line(), ref)).status.handed_in


@over(CALLING)
def test_a_webhook_that_is_forged_altered_or_meant_for_another_is_refused(table):
    headers, body = table.news(table.invite(), "submitted")
    now = datetime.now(UTC)
    strange = table.line(webhook_secret=SECRET[:-4] + "AAAA")
    unset = table.line(webhook_secret="")
    tries = [(strange, headers, body), (unset, headers, body), (table.line(), {}, body)]
    if table.case.signs_body:
        tries.append((table.line(), headers, body[:-1] + b" }"))
    for line, sent, raw in tries:
        with pytest.raises(BadSignature):
            table.adapter.receive(line, headers=sent, body=raw, now=now)


@over([case for case in CALLING if case in KIT])
def test_while_no_secret_is_set_nobody_can_sign_with_none(table):
    _, body = table.news(table.invite(), "submitted")
    now = datetime.now(UTC)
    with pytest.raises(BadSignature):
        table.adapter.receive(
            table.line(webhook_secret=""), headers=signed(table, "", body, now), body=body, now=now
        )


@over([case for case in CALLING if case in KIT])
def test_a_rightly_signed_webhook_of_another_shape_is_refused(table):
    now = datetime.now(UTC)
    for body in (b"", b"[]", b'{"surprise": true}', b"\xff"):
        headers = signed(table, SECRET, body, now)
        with pytest.raises(Permanent):
            table.adapter.receive(table.line(), headers=headers, body=body, now=now)


def signed(table: Table, secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """Sign as the vendor would, header names as the product hands them in."""
    headers = VENDORS[table.case.adapter].sign(secret, body, int(now.timestamp()))
    return {name.lower(): value for name, value in headers.items()}


class TestTheSimulator:
    """A guess must not pass for conformance: what isn't documented is refused."""

    @over(KIT)
    def test_an_undocumented_path_is_refused(self, table):
        for path in ("", "/nothing/of/the/kind", table.vendor.base_url.removeprefix(table.vendor.url) + "/x"):
            assert 400 <= table.vendor.http.get(path or "/").status_code < 500

    @over(KIT)
    def test_a_field_too_many_too_few_or_of_another_kind_is_refused(self, table, monkeypatch):
        bodies = self._sent(table, monkeypatch)
        # The invitation says more than whatever else an adapter needs to say for it.
        at = max(range(len(bodies)), key=lambda number: len(str(bodies[number])))
        for name in bodies[at]:
            wrong = {**bodies[at], name: {"another": "kind"}}
            self._refuses(table, monkeypatch, at, wrong)
        for name in set(bodies[at]) - table.case.optional:
            lacking = {key: value for key, value in bodies[at].items() if key != name}
            self._refuses(table, monkeypatch, at, lacking)
        self._refuses(table, monkeypatch, at, {**bodies[at], "surprise": 1})

    @over(KIT)
    def test_another_content_type_is_refused(self, table, monkeypatch):
        call = http.call
        monkeypatch.setattr(http, "call", lambda *a, json, **k: call(*a, **{**k, "form": {"a": "b"}}))
        with pytest.raises(REFUSED):
            table.invite()

    def _refuses(self, table: Table, monkeypatch: Any, at: int, body: Any) -> None:
        before = len(table.vendor.interviews())
        with pytest.raises(REFUSED):
            self._sent(table, monkeypatch, at, body)
        assert len(table.vendor.interviews()) == before

    def _sent(self, table: Table, monkeypatch: Any, at: int = -1, other: Any = None) -> list[Any]:
        """Invite, the call number `at` with another body; returns the bodies as the adapter made them."""
        call, made = http.call, []

        def changed(*args: Any, json: Any, **kwargs: Any) -> Any:
            made.append(json)
            return call(*args, json=other if len(made) - 1 == at else json, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(http, "call", changed)
            table.invite()
        return made
