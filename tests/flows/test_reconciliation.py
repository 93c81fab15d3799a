"""What a vendor lists against what we hold: each difference read again, mended or asked about, closed by evidence."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection

from raincheck.audit.catalogue import Action
from raincheck.audit.deeds import Deed, Subject
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Agreement
from raincheck.core.actor import Actor
from raincheck.core.errors import NotAllowed, NotFound
from raincheck.core.prepared import insert
from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import Held, Permanent
from raincheck.vendors.adapters.simulated.adapter import Simulated
from raincheck.vendors.gates import AccountGate
from raincheck.vendors.models import Reconciliation, VendorCall
from raincheck.vendors.reconciliation import patience
from raincheck.vendors.reconciliation import run as room
from raincheck.vendors.reconciliation.actions import (
    LOST_AFTER,
    AlreadyReconciling,
    begin,
    request_reconciliation,
)
from raincheck.vendors.reconciliation.queries import last_reconciliations, reconciliations
from raincheck.vendors.reconciliation.tasks import reconcile_due
from raincheck.worklist.models import Task
from tests import simulators
from tests.flows import saga

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def our_own(tmp_path_factory):
    """Run a vendor that has no other test's interviews."""
    with simulators.start_ai_interview(tmp_path_factory.mktemp("vendor")) as running:
        yield running


@pytest.fixture
def vendor(our_own):
    """Return a vendor that lists nothing but what this test books there."""
    our_own.forget()
    return our_own


def run(here):
    with here.scope() as now:
        actor = Actor.system(here.company.id)
        row = begin(actor=actor, account_id=here.account.id, trigger="command", now=now)
    return room.reconcile(company_id=here.company.id, reconciliation_id=row.id)


def tasks_about(here, subject_id, *, state="open"):
    with here.scope():
        found = Task.objects.filter(subject_id=subject_id, kind="difference", state=state)
        return list(found.values_list("details", flat=True))


def known_there_as(here, ref, **book):
    """Return an interview of which our row says that the vendor knows it by this reference."""
    interview = here.book(hours=60, with_vendor=False, **book)
    here.put(interview, vendor_account_id=here.account.id, vendor_ref=ref)
    return here.fresh(interview)


def cancelled_but_alive_there(here, vendor):
    """Return an interview that stands cancelled and agreed here, while the vendor never heard of it."""
    interview = here.book(hours=120)
    vendor.fault("unreachable")
    cancellation = saga.overdue(here, here.ask(interview))
    vendor.clear_faults()
    forget(here, cancellation)
    return interview, cancellation


def forget(here, cancellation):
    """Have the vendor's agreement on paper, whatever it does."""
    saga.forget_jobs()
    here.put(cancellation, agreement=Agreement.AGREED, next_attempt_at=None, due_at=None)


def times_of(interview, by=timedelta(0)):
    return {
        name: (getattr(interview, name) + by).isoformat().replace("+00:00", "Z")
        for name in ("starts_at", "ends_at")
    }


def move_there(vendor, interview, by):
    vendor.call("PATCH", f"/{interview.vendor_ref}", times_of(interview, by)).raise_for_status()


class TestWhatIsFound:
    def test_two_sides_that_agree_are_said_to(self, here, drain):
        for hours in (30, 50, 70):
            here.book(hours=hours)
        here.ask(here.book(hours=90))
        drain()
        report = run(here)
        assert (report.outcome, report.counts, report.reason) == ("ok", {}, "")
        assert (report.rows_there, report.rows_here, report.pages) == (4, 4, 1)
        assert report.checksum_here == report.checksum_there
        assert (report.tasks_opened, report.repaired, report.gone_on_reread) == (0, 0, 0)
        assert report.seconds > 0
        assert saga.tasks_of(here) == []

    def test_what_the_vendor_does_not_know_is_a_task_for_a_person(self, here):
        lost = known_there_as(here, "iv_nowhere")
        report = run(here)
        assert (report.outcome, report.counts, report.tasks_opened) == (
            "differences",
            {"missing_there": 1},
            1,
        )
        assert tasks_about(here, lost.id) == [{"mismatch": "missing_there", "ref": "iv_nowhere"}]

    def test_what_only_the_vendor_knows_is_one_task_about_the_account(self, here, vendor):
        refs = {vendor.book(external_id=f"somebody-{n}")["id"] for n in range(7)}
        report = run(here)
        assert (report.outcome, report.counts, report.tasks_opened) == ("differences", {"missing_here": 7}, 1)
        [details] = tasks_about(here, here.account.id)
        assert (details["mismatch"], details["count"], len(details["refs"])) == ("missing_here", 7, 5)
        assert set(details["refs"]) < refs
        assert run(here).tasks_opened == 0

    def test_what_ended_there_and_was_never_ours_is_nobodys_business(self, here, vendor):
        for step in ("cancelled", "submitted", "expired"):
            vendor.progress(vendor.book(external_id="somebody")["id"], step, webhook=False)
        assert run(here).outcome == "ok"

    @pytest.mark.parametrize(
        ("happened", "state"),
        [("submitted", "submitted"), ("expired", "expired"), ("partial", "in_progress")],
    )
    def test_news_that_never_reached_us_is_taken_in_as_a_webhook_would_be(
        self, here, vendor, happened, state
    ):
        interview = here.book(hours=60)
        vendor.progress(interview.vendor_ref, happened, webhook=False)
        report = run(here)
        assert (report.counts, report.repaired, report.tasks_opened) == ({"other_state": 1}, 1, 0)
        assert here.fresh(interview).state == state
        assert Action.RECONCILED in here.entries(interview=interview)
        assert run(here).outcome == "ok"

    def test_what_was_cancelled_there_alone_is_asked_about_once(self, here, vendor):
        interview = here.book(hours=60)
        vendor.progress(interview.vendor_ref, "cancelled", webhook=False)
        assert (run(here).counts, run(here).counts) == ({"other_state": 1}, {"other_state": 1})
        assert saga.tasks_of(here) == ["mismatch"]

    def test_another_time_there_is_a_task_opened_once_and_closed_by_evidence(self, here, vendor):
        interview = here.book(hours=60)
        move_there(vendor, interview, HOUR)
        first, second = run(here), run(here)
        assert (first.counts, first.tasks_opened) == ({"other_time": 1}, 1)
        assert (second.counts, second.tasks_opened) == ({"other_time": 1}, 0)
        [details] = tasks_about(here, interview.id)
        hour_later = (interview.starts_at + HOUR, interview.ends_at + HOUR)
        assert tuple(map(datetime.fromisoformat, details["there"].split("/"))) == hour_later
        move_there(vendor, interview, timedelta(0))
        third = run(here)
        assert (third.outcome, third.tasks_closed) == ("ok", 1)
        with here.scope():
            closed = Task.objects.get(subject_id=interview.id)
        assert (closed.state, closed.resolution, closed.settled_by) == ("done", "both sides agree", None)

    def test_a_new_time_on_its_way_to_the_vendor_is_no_difference(self, here, vendor):
        interview = here.book(hours=60)
        move_there(vendor, interview, HOUR)
        with here.scope() as now:
            deed = Deed(Action.INTERVIEW_RESCHEDULED, Subject("interview", interview.id, interview.id))
            insert(Entry.of(actor=here.actor("recruiter"), deed=deed, at=now))
        report = run(here)
        assert (report.outcome, report.counts, report.gone_on_reread) == ("ok", {}, 1)

    def test_a_cancellation_under_way_is_no_difference(self, here, vendor):
        soon = here.book(hours=3)
        here.ask(soon)
        here.ask(here.book(hours=120))
        vendor.progress(soon.vendor_ref, "opened", webhook=False)
        assert run(here).outcome == "ok"
        assert here.fresh(soon).state == "cancelling"

    def test_a_list_that_is_wrong_while_it_is_paged_is_put_right_by_reading_again(self, here, vendor):
        here.book(hours=60)
        vendor.fault("other_time", operation="read", times=1)
        report = run(here)
        assert (report.outcome, report.counts, report.gone_on_reread) == ("ok", {}, 1)
        with here.scope():
            operations = list(VendorCall.objects.order_by("id").values_list("operation", flat=True))
        assert operations == ["list", "read"]


class TestAliveThereThoughCancelledHere:
    def test_the_vendor_is_asked_again_until_it_agrees(self, here, vendor, drain):
        interview, cancellation = cancelled_but_alive_there(here, vendor)
        report = run(here)
        assert (report.counts, report.repaired, report.tasks_opened) == ({"alive_there": 1}, 1, 0)
        assert saga.state_of(here, cancellation) == saga.PENDING, "pages say that it is being confirmed"
        drain()
        assert saga.state_of(here, cancellation) == saga.AGREED
        assert vendor.effects()[interview.vendor_ref] == 1
        assert run(here).outcome == "ok"

    def test_one_that_came_back_to_life_is_cancelled_there_once_more(self, here, vendor, drain):
        interview = here.book(hours=120)
        cancellation = here.ask(interview)
        drain()
        assert saga.state_of(here, cancellation) == saga.AGREED
        vendor.progress(interview.vendor_ref, "opened", webhook=False)
        assert (run(here).counts, saga.state_of(here, cancellation)) == ({"alive_there": 1}, saga.PENDING)
        drain()
        assert saga.state_of(here, cancellation) == saga.AGREED
        assert vendor.effects()[interview.vendor_ref] == 2
        assert saga.tasks_of(here) == []
        assert run(here).outcome == "ok"

    def test_one_that_lives_on_after_that_is_a_persons(self, here, vendor):
        interview, cancellation = cancelled_but_alive_there(here, vendor)
        assert run(here).tasks_opened == 0
        forget(here, cancellation)
        assert run(here).tasks_opened == 1
        assert tasks_about(here, interview.id) == [{"mismatch": "alive_there", "ref": interview.vendor_ref}]
        vendor.cancel(interview.vendor_ref)
        assert run(here).tasks_closed == 1

    def test_one_the_candidate_has_begun_is_a_contradiction_and_not_cancelled(self, here, vendor, drain):
        interview, cancellation = cancelled_but_alive_there(here, vendor)
        vendor.progress(interview.vendor_ref, "partial", webhook=False)
        assert run(here).counts == {"alive_there": 1}
        drain()
        assert saga.state_of(here, cancellation) == saga.CONTRADICTED
        assert saga.tasks_of(here) == ["contradicted"]
        assert vendor.effects() == {}
        assert run(here).outcome == "ok", "it is a person's now"

    def test_a_link_a_person_was_to_revoke_is_seen_to_be_revoked(self, here, vendor, drain):
        interview = here.book(hours=120)
        vendor.fault("cannot_cancel")
        cancellation = here.ask(interview)
        drain()
        vendor.clear_faults()
        report = run(here)
        assert (report.counts, report.tasks_opened) == ({"alive_there": 1}, 0)
        assert saga.state_of(here, cancellation) == saga.PERSON
        vendor.progress(interview.vendor_ref, "cancelled", webhook=False)
        report = run(here)
        assert (report.outcome, report.repaired) == ("ok", 1)
        assert saga.state_of(here, cancellation) == saga.AGREED
        assert saga.tasks_of(here) == []

    def test_what_a_person_sees_to_already_is_not_asked_for_again_each_run(self, here, vendor, drain):
        interview = here.book(hours=120)
        vendor.fault("unreachable")
        cancellation = saga.overdue(here, here.ask(interview))
        vendor.clear_faults()
        move_there(vendor, interview, HOUR)
        saga.hurry(here)
        drain()
        assert (saga.state_of(here, cancellation), saga.tasks_of(here)) == (saga.PERSON, ["mismatch"])
        entries = here.entries(interview=interview)
        for _ in range(2):
            report = run(here)
            drain()
            assert (report.counts, report.repaired, report.tasks_opened) == ({"alive_there": 1}, 0, 0)
        assert here.entries(interview=interview) == entries

    def test_one_cancelled_before_it_came_to_us_is_a_persons(self, here):
        interview = here.book(hours=60)
        here.put(interview, state="cancelled")
        assert run(here).tasks_opened == 1
        assert tasks_about(here, interview.id) == [{"mismatch": "alive_there", "ref": interview.vendor_ref}]

    def test_an_invitation_whose_answer_was_lost_is_claimed_and_revoked(self, here, vendor, drain):
        interview = known_there_as(here, "")
        cancellation = here.ask(interview)
        here.put(cancellation, attempts=99)
        drain()
        assert here.fresh(interview).state == "cancelled"
        there = vendor.book(external_id=str(interview.id), **times_of(interview))
        report = run(here)
        assert (report.counts, report.repaired) == ({"alive_there": 1}, 1)
        assert here.fresh(interview).vendor_ref == there["id"]
        drain()
        assert vendor.effects()[there["id"]] == 1
        assert run(here).outcome == "ok"


def test_an_invitation_whose_answer_was_lost_is_claimed_with_its_link(here, vendor):
    interview = known_there_as(here, "")
    there = vendor.book(external_id=str(interview.id), **times_of(interview))
    assert run(here).repaired == 1
    found = here.fresh(interview)
    assert (found.vendor_ref, found.vendor_link) == (there["id"], there["invite_url"])
    assert run(here).outcome == "ok"


class TestGuards:
    def test_a_list_that_lacks_too_much_at_once_is_not_believed(self, here, vendor):
        for n in range(room.FEW + 1):
            known_there_as(here, f"iv_{n}", candidate=here.add_candidate())
        gone = here.book(hours=60)
        vendor.progress(gone.vendor_ref, "submitted", webhook=False)
        report = run(here)
        assert (report.outcome, report.repaired, report.tasks_opened) == ("suspicious", 0, 1)
        assert report.counts == {"missing_there": room.FEW + 1, "other_state": 1}
        assert here.fresh(gone).state == "scheduled"
        assert tasks_about(here, here.account.id) == [{"mismatch": "suspicious", "count": room.FEW + 1}]
        assert run(here).tasks_opened == 0
        with here.scope():
            assert VendorCall.objects.filter(operation="read").count() == 0

    def test_even_then_a_link_that_is_there_and_alive_is_revoked(self, here, vendor, drain):
        interview, cancellation = cancelled_but_alive_there(here, vendor)
        for n in range(room.FEW + 1):
            known_there_as(here, f"iv_{n}", candidate=here.add_candidate())
        report = run(here)
        assert (report.outcome, report.repaired, report.tasks_opened) == ("suspicious", 1, 1)
        assert report.counts == {"missing_there": room.FEW + 1, "alive_there": 1}
        assert saga.state_of(here, cancellation) == saga.PENDING
        drain()
        assert vendor.effects()[interview.vendor_ref] == 1
        assert run(here).counts == {"missing_there": room.FEW + 1}

    def test_it_is_believed_again_when_it_is_whole(self, here):
        hidden = [known_there_as(here, f"iv_{n}", candidate=here.add_candidate()) for n in range(11)]
        assert run(here).outcome == "suspicious"
        for interview in hidden:
            here.put(interview, state="expired")
        assert (run(here).outcome, tasks_about(here, here.account.id)) == ("ok", [])

    def test_no_more_is_read_again_than_one_run_may(self, here, monkeypatch):
        monkeypatch.setattr(room, "MOST_REREAD", 2)
        for n in range(5):
            known_there_as(here, f"iv_{n}", candidate=here.add_candidate())
        reports = [run(here) for _ in range(3)]
        assert [report.tasks_opened for report in reports] == [2, 2, 1], "each run comes to others"
        assert [report.unchecked for report in reports] == [3, 3, 3]

    @pytest.mark.parametrize(
        ("mode", "reason"), [("error_500", "answered 500"), ("unreachable", "unreachable (")]
    )
    def test_a_vendor_that_fails_leaves_a_report_that_says_so(self, here, vendor, mode, reason):
        interview = here.book(hours=60)
        vendor.progress(interview.vendor_ref, "submitted", webhook=False)
        vendor.fault(mode)
        report = run(here)
        assert report.outcome == "failed"
        assert report.reason.startswith(reason)
        assert here.fresh(interview).state == "scheduled"
        vendor.clear_faults()
        assert run(here).repaired == 1

    def test_what_fails_twice_in_a_row_is_a_task_until_a_run_succeeds(self, here, vendor):
        vendor.fault("error_500")
        assert [run(here).tasks_opened for _ in range(3)] == [0, 1, 0]
        assert tasks_about(here, here.account.id) == [
            {"account": here.account.name, "trouble": "answered 500"}
        ]
        vendor.clear_faults()
        assert (run(here).outcome, run(here).outcome, tasks_about(here, here.account.id)) == ("ok", "ok", [])
        vendor.fault("error_500")
        assert run(here).tasks_opened == 0, "one failure is no row of them"

    def test_one_interview_that_cannot_be_read_again_does_not_keep_the_others_from_being_mended(
        self, here, vendor, drain, monkeypatch
    ):
        alive = cancelled_but_alive_there(here, vendor)[0]
        odd = here.book(hours=100)
        vendor.progress(odd.vendor_ref, "submitted", webhook=False)
        refuse(monkeypatch, odd.vendor_ref)
        report = run(here)
        assert (report.outcome, report.reason) == ("differences", "not read (1): answered 403")
        assert (report.counts, report.repaired, report.unchecked) == ({"alive_there": 1}, 1, 1)
        assert (here.fresh(odd).state, saga.tasks_of(here)) == ("scheduled", [])
        drain()
        assert vendor.effects()[alive.vendor_ref] == 1

    def test_what_cannot_be_read_again_settles_nothing_that_was_asked(self, here, vendor, monkeypatch):
        moved = here.book(hours=60)
        move_there(vendor, moved, HOUR)
        stranger = vendor.book(external_id="somebody")["id"]
        assert run(here).tasks_opened == 2
        refuse(monkeypatch, moved.vendor_ref, stranger)
        report = run(here)
        assert (report.unchecked, report.tasks_opened, report.tasks_closed) == (2, 0, 0)
        assert len(tasks_about(here, moved.id) + tasks_about(here, here.account.id)) == 2

    def test_a_fault_of_an_adapter_is_its_own(self, here, monkeypatch):
        monkeypatch.setattr(Simulated, "pages", lambda self, line: iter([[None]]))
        assert (run(here).outcome, run(here).reason) == ("failed", "AttributeError")

    def test_it_waits_while_the_vendor_is_busy_with_cancels(self, here, vendor, monkeypatch):
        here.book(hours=60)
        shut = [Held("busy", after=1.0), Held("rate limit", after=1.0)]
        waited = []
        monkeypatch.setattr(patience.time, "sleep", waited.append)
        monkeypatch.setattr(AccountGate, "_pause_over", lambda self: shut and raise_it(shut.pop()))
        assert (run(here).outcome, waited) == ("ok", [1.0, 1.0])

    def test_but_not_for_ever(self, here, vendor, monkeypatch):
        monkeypatch.setattr(AccountGate, "_pause_over", lambda self: raise_it(Held("paused", after=200.0)))
        assert (run(here).outcome, run(here).reason) == ("failed", "paused")

    def test_a_list_without_an_end_is_given_up(self, here, vendor, monkeypatch):
        here.book(hours=60)
        monkeypatch.setattr(room, "MOST_ROWS", 2)
        pages = list(Simulated().pages(room.line_to(here.account)))
        monkeypatch.setattr(Simulated, "pages", lambda self, line: iter(pages * 3))
        assert (run(here).outcome, run(here).reason) == ("failed", "the list doesn't end")

    def test_empty_pages_without_an_end_are_given_up(self, here, monkeypatch):
        monkeypatch.setattr(room, "MOST_PAGES", 3)
        monkeypatch.setattr(Simulated, "pages", lambda self, line: iter([[]] * 50))
        report = run(here)
        assert (report.outcome, report.reason, report.pages) == ("failed", "the list doesn't end", 4)

    def test_a_list_that_takes_too_long_is_given_up(self, here, monkeypatch):
        monkeypatch.setattr(room, "LONGEST", timedelta(0))
        monkeypatch.setattr(Simulated, "pages", lambda self, line: iter([[]] * 50))
        report = run(here)
        assert (report.outcome, report.reason, report.pages) == (
            "failed",
            "the list takes longer than 0:00:00",
            1,
        )

    def test_what_there_is_no_time_to_read_again_waits_for_the_next_run(self, here, vendor, monkeypatch):
        for _ in range(2):
            vendor.progress(here.book(hours=60).vendor_ref, "submitted", webhook=False)
        read = Simulated.read

        def slow(self, line, ref):
            monkeypatch.setattr(room, "LONGEST", timedelta(0))
            return read(self, line, ref)

        monkeypatch.setattr(Simulated, "read", slow)
        report = run(here)
        assert (report.outcome, report.repaired, report.unchecked) == ("differences", 1, 1)

    def test_an_adapter_that_is_gone_is_said(self, here, monkeypatch):
        monkeypatch.setitem(adapters.REGISTRY, "simulated", Unfit())
        assert run(here).reason == "no adapter is installed for this vendor"


def raise_it(error):
    raise error


def refuse(monkeypatch, *refs):
    """Have the vendor refuse to say anything of these."""
    read = Simulated.read

    def refusing(self, line, ref):
        return raise_it(Permanent("answered 403")) if ref in refs else read(self, line, ref)

    monkeypatch.setattr(Simulated, "read", refusing)


class Unfit:
    def fitted(self, options):
        raise Permanent("no such options")


class TestPaging:
    def test_each_page_is_put_away_before_the_next_is_asked_for_and_no_row_is_held(
        self, here, vendor, monkeypatch
    ):
        for n in range(5):
            here.book(hours=40 + n)
        [page] = Simulated().pages(room.line_to(here.account))
        staged = []

        def pages(self, line):
            for view in page:
                assert not connection.in_atomic_block
                with connection.cursor() as cursor:
                    cursor.execute("SELECT count(*) FROM vendor_listed")
                    staged.append(cursor.fetchone()[0])
                yield [view]

        monkeypatch.setattr(Simulated, "pages", pages)
        report = run(here)
        assert (report.outcome, report.pages, report.rows_there) == ("ok", 5, 5)
        assert staged == [0, 1, 2, 3, 4]

    def test_what_comes_twice_counts_as_it_was_last(self, here, vendor, monkeypatch):
        interview = here.book(hours=60)
        old = list(Simulated().pages(room.line_to(here.account)))
        saga.happens(here, interview, "submitted")
        new = list(Simulated().pages(room.line_to(here.account)))
        monkeypatch.setattr(Simulated, "pages", lambda self, line: iter(new + old))
        report = run(here)
        assert (report.outcome, report.rows_there, report.gone_on_reread) == ("ok", 1, 0)

    def test_nothing_is_left_of_the_list(self, here):
        run(here)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT to_regclass('pg_temp.vendor_listed'), to_regclass('pg_temp.vendor_different')"
            )
            assert cursor.fetchone() == (None, None)


def test_where_the_vendor_lists_nothing_interviews_are_read_one_by_one(here, vendor, monkeypatch):
    monkeypatch.setattr(Simulated, "can", replace(Simulated.can, lists=False))
    news, cancelled = here.book(hours=60), cancelled_but_alive_there(here, vendor)[0]
    vendor.progress(news.vendor_ref, "submitted", webhook=False)
    vendor.book(external_id="somebody")
    here.book(hours=80)
    report = run(here)
    assert (report.singly, report.pages, report.rows_there, report.rows_here) == (True, 0, 3, 3)
    assert (report.counts, report.repaired) == ({"other_state": 1, "alive_there": 1}, 2)
    assert here.fresh(news).state == "submitted"
    assert vendor.effects().get(cancelled.vendor_ref) is None


def test_read_one_by_one_an_interview_that_cannot_be_is_left_out(here, vendor, monkeypatch):
    monkeypatch.setattr(Simulated, "can", replace(Simulated.can, lists=False))
    news, odd = here.book(hours=60), here.book(hours=80)
    refuse(monkeypatch, odd.vendor_ref)
    vendor.progress(news.vendor_ref, "submitted", webhook=False)
    report = run(here)
    assert (report.counts, report.repaired, report.unchecked) == ({"other_state": 1}, 1, 1)
    assert (here.fresh(news).state, saga.tasks_of(here)) == ("submitted", [])
    refuse(monkeypatch, news.vendor_ref)
    report = run(here)
    assert (report.outcome, report.reason) == ("failed", "answered 403"), "nothing of it was read"


class TestAskingForOne:
    def test_hr_has_it_done_by_the_worker_and_sees_the_report(self, here, drain):
        hr = here.actor("hr_manager")
        with here.scope() as now:
            row = request_reconciliation(actor=hr, account_id=here.account.id, now=now)
            assert last_reconciliations(hr) == {}
        drain()
        with here.scope():
            report = last_reconciliations(hr)[here.account.id]
            assert (report.id, report.outcome, report.trigger) == (row.id, "ok", "staff")
            assert report.requested_by == here.staff["hr_manager"].id
            assert [r.id for r in reconciliations(here.actor("recruiter"), here.account.id)] == [row.id]
        assert saga.facts_of(here, Action.RECONCILE_ASKED) == {"trigger": "staff"}

    def test_one_account_is_reconciled_once_at_a_time(self, here):
        with here.scope() as now:
            request_reconciliation(actor=here.actor(), account_id=here.account.id, now=now)
        with pytest.raises(AlreadyReconciling), here.scope() as now:
            request_reconciliation(actor=here.actor(), account_id=here.account.id, now=now)

    def test_a_run_whose_process_died_does_not_stand_in_the_way_for_ever(self, here):
        with here.scope() as now:
            row = request_reconciliation(actor=here.actor(), account_id=here.account.id, now=now)
        here.put(row, started_at=now - LOST_AFTER * 2, beat_at=now - LOST_AFTER * 1.1)
        assert run(here).outcome == "ok"
        assert (here.fresh(row).outcome, here.fresh(row).reason) == ("failed", "interrupted")
        late = room.reconcile(company_id=here.company.id, reconciliation_id=row.id)
        assert late.outcome == "failed", "what comes back finds its run given up"

    def test_a_run_taken_over_begins_anew(self, here):
        here.book(hours=60)
        with here.scope() as now:
            row = request_reconciliation(actor=here.actor(), account_id=here.account.id, now=now)
        here.put(row, started_at=now, pages=7, rows_there=7000)
        report = room.reconcile(company_id=here.company.id, reconciliation_id=row.id)
        assert (report.outcome, report.pages, report.rows_there) == ("ok", 1, 1)

    @pytest.mark.parametrize("role", ["recruiter", "interviewer", "department_viewer"])
    def test_who_may_not_is_refused(self, here, role):
        with pytest.raises(NotAllowed), here.scope() as now:
            request_reconciliation(actor=here.actor(role), account_id=here.account.id, now=now)

    def test_neighbours_see_and_touch_nothing_of_each_other(self, here, there, vendor):
        theirs = there.book(hours=60)
        with pytest.raises(NotFound), here.scope() as now:
            request_reconciliation(actor=here.actor(), account_id=there.account.id, now=now)
        report = run(here)
        assert (report.rows_here, report.counts) == (0, {"missing_here": 1})
        [details] = tasks_about(here, here.account.id)
        assert details["refs"] == [theirs.vendor_ref]
        assert there.count(Reconciliation) == 0
        assert saga.tasks_of(there) == []
        with there.scope():
            assert last_reconciliations(there.actor()) == {}
        assert run(there).outcome == "ok"


class TestTheSchedule:
    @pytest.fixture(autouse=True)
    def hourly(self, settings_hourly):
        """Have the schedule, which the tests do without."""

    @pytest.fixture
    def settings_hourly(self, monkeypatch):
        from django.conf import settings

        monkeypatch.setattr(settings, "RAINCHECK_RECONCILE_MINUTES", 60)

    def test_every_active_account_has_its_turn_and_only_one(self, here, there, drain):
        here.put(there.account, active=False)
        there.put(there.account, active=False)
        reconcile_due(timestamp=0)
        reconcile_due(timestamp=0)
        assert saga.jobs() == ["vendors.reconcile"]
        drain()
        reconcile_due(timestamp=0)
        assert saga.jobs() == []
        with here.scope():
            [report] = Reconciliation.objects.all()
            assert (report.trigger, report.outcome, report.requested_by) == ("schedule", "ok", None)
        assert there.count(Reconciliation) == 0
        here.put(report, requested_at=report.requested_at - timedelta(minutes=61))
        reconcile_due(timestamp=0)
        assert saga.jobs() == ["vendors.reconcile"]

    def test_it_leaves_no_line_in_the_trail(self, here, drain):
        reconcile_due(timestamp=0)
        drain()
        assert here.entries() == []

    def test_it_can_be_switched_off(self, here, monkeypatch):
        from django.conf import settings

        monkeypatch.setattr(settings, "RAINCHECK_RECONCILE_MINUTES", 0)
        reconcile_due(timestamp=0)
        assert saga.jobs() == []


class TestTheCommand:
    @pytest.fixture
    def type_it(self, here, home):
        """Return a function that runs the command for this company in a process of its own."""
        from raincheck.installation import environment
        from tests.commands import raincheck

        names = ("DATABASE_URL", "DATABASE_OWNER_URL", "RAINCHECK_SECRET_KEY", "RAINCHECK_MASTER_KEY")
        known = {
            name: value for name, value in environment(home).items() if name in (*names, "RAINCHECK_HOME")
        }
        known["RAINCHECK_PRIVATE_NETWORKS"] = "127.0.0.0/8"
        return lambda *more: raincheck("vendor", "reconcile", "--company", here.company.slug, *more, **known)

    def test_it_tells_agreement_difference_and_failure_apart(self, here, vendor, type_it):
        interview = here.book(hours=60)
        done = type_it()
        assert (done.returncode, done.stderr) == (0, "")
        assert "双方一致 / both sides agree" in done.stdout
        move_there(vendor, interview, HOUR)
        done = type_it("--account", here.account.name)
        assert (done.returncode, "another time there: 1" in done.stdout) == (3, True)
        assert "tasks opened: 1" in done.stdout
        vendor.fault("error_500")
        done = type_it()
        assert (done.returncode, "answered 500" in done.stdout) == (1, True)
        assert saga.facts_of(here, Action.RECONCILE_ASKED) == {"trigger": "command"}

    def test_an_account_nobody_has_is_said(self, type_it):
        done = type_it("--account", "别处")
        assert (done.returncode, "别处" in done.stderr) == (1, True)


def test_the_report_counts_what_was_read(here):
    before = datetime.now().astimezone()
    report = run(here)
    assert before < report.started_at < report.finished_at
    assert (report.rows_there, report.rows_here, report.checksum_there) == (0, 0, "0" * 16)
