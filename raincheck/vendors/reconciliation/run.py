"""One reconciliation of one account, from the first page to the report. No row is held while a vendor is called.

List, compare, read what differs again, judge that anew, mend what can be, judge once more, ask people about the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import OperationalError, connection
from django.utils import timezone

from raincheck.cancellations.queries import moving_there
from raincheck.core.actor import Actor
from raincheck.core.scope import company_scope
from raincheck.recruiting.models import ON_SCHEDULE, Interview, InterviewState
from raincheck.vendors.adapters.base import Adapter, Line, NeedsPerson, Permanent, Retry, View
from raincheck.vendors.lines import adapter_of, keep_calls, line_to
from raincheck.vendors.models import Outcome, Reconciliation, VendorAccount
from raincheck.vendors.reconciliation import inbox
from raincheck.vendors.reconciliation.differences import (
    Difference,
    Kind,
    Side,
    Totals,
    compare,
    counts,
    foremost,
)
from raincheck.vendors.reconciliation.patience import PatientGate
from raincheck.vendors.reconciliation.repairs import repair
from raincheck.vendors.reconciliation.staging import clear, stage, staging

log = structlog.get_logger(__name__)
#: As many differences are read again, and repaired or asked about, in one run; the rest has to wait for the next.
MOST_REREAD = 300
#: As many interviews are read one by one where the vendor lists nothing.
MOST_SINGLY = 1000
#: How long ago a cancelled interview may have been over to be among them.
RECENTLY = timedelta(days=7)
#: More than these few, and more than this part of what is alive here, can't all be missing there: the list is wrong.
FEW, PART = 10, 5
#: A list that never ends is no list, be its pages empty; a page may be so where the vendor's adapter leaves rows out.
MOST_ROWS, MOST_PAGES = 10_000_000, 200_000
#: As long as a run may ask the vendor. What a list lacks then is nobody's to judge; what isn't read again waits.
LONGEST = timedelta(hours=2)


@dataclass
class _Run:
    """What a run has at hand. `again` holds what was read again, by reference, and when that was asked for.

    `unread` says of the others why they could not be.
    """

    account: VendorAccount
    row: Reconciliation
    adapter: Adapter
    line: Line
    again: dict[str, tuple[View | None, datetime]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def company_id(self) -> UUID:
        return self.account.company_id

    @property
    def views(self) -> dict[str, View | None]:
        """What was read again, by reference."""
        return {ref: view for ref, (view, _) in self.again.items()}

    def side(self, interview_ids: Sequence[UUID] | None = None, refs: Sequence[str] = ()) -> Side:
        return Side(self.company_id, self.account.id, interview_ids, refs)

    def late(self) -> bool:
        """Say whether it has asked the vendor for long enough."""
        return self.row.started_at is not None and timezone.now() - self.row.started_at > LONGEST

    def beat(self, now: datetime, interview_id: UUID | None = None) -> None:
        """Show that it got on, and keep the calls made."""
        with connection.cursor() as cursor:
            # Should the database crash, the calls are made again: no page waits for the disk.
            cursor.execute("SET LOCAL synchronous_commit TO off")
        self.row.beat_at = now
        self.row.save(update_fields=["beat_at", "pages", "rows_there"])
        keep_calls(self.line, self.company_id, interview_id, None, now)


def reconcile(*, company_id: UUID, reconciliation_id: UUID) -> Reconciliation:
    """Carry out a run that was begun, and return its report; one that is finished already is returned as it is."""
    with company_scope(company_id) as now:
        rows = Reconciliation.objects.select_for_update(of=("self",), no_key=True).select_related("account")
        row = rows.get(id=reconciliation_id)
        if row.finished_at is not None:
            return row
        row.started_at = row.beat_at = now
        row.pages = row.rows_there = 0
        row.save(update_fields=["started_at", "beat_at", "pages", "rows_there"])
    try:
        outcome = _examine(_set_out(row))
    except OperationalError:
        # The database's trouble is everybody's: the whole job is tried again.
        raise
    except (Retry, NeedsPerson, Permanent) as error:
        outcome, row.reason = Outcome.FAILED, str(error)[:200]
    except Exception as error:
        # An adapter may be anybody's; without an end the run would look as if it still went on.
        log.exception("a reconciliation failed", account=str(row.account_id))
        outcome, row.reason = Outcome.FAILED, type(error).__name__
    return _finish(row, outcome)


def _set_out(row: Reconciliation) -> _Run:
    adapter, line = adapter_of(row.account), line_to(row.account)
    if adapter is None:
        raise Permanent("no adapter is installed for this vendor")
    line.gate = PatientGate(line.gate)
    return _Run(row.account, row, adapter, line)


def _finish(row: Reconciliation, outcome: Outcome) -> Reconciliation:
    """Write the report, unless the run was given up for lost meanwhile."""
    with company_scope(row.company_id):
        row.outcome, row.finished_at = outcome, timezone.now()
        if outcome is Outcome.FAILED and _failed_before(row):
            actor, facts = Actor.system(row.company_id), {"account": row.account.name, "trouble": row.reason}
            row.tasks_opened += inbox.ask_about_account(row.account, facts, actor=actor, now=row.finished_at)
        unfinished = Reconciliation.objects.filter(id=row.id, finished_at=None)
        kept = {name: getattr(row, name) for name in _REPORTED}
        if not unfinished.update(**kept):
            row.refresh_from_db()
    return row


def _failed_before(row: Reconciliation) -> bool:
    """Say whether the run before this one failed too: once may be a bad moment, twice is for a person."""
    finished = Reconciliation.objects.filter(account_id=row.account_id, finished_at__isnull=False)
    before = finished.exclude(id=row.id).order_by("-requested_at", "-id").first()
    return before is not None and before.outcome == Outcome.FAILED


_REPORTED = tuple(
    f.name
    for f in Reconciliation._meta.local_fields
    if f.name not in {"id", "company", "account", "trigger", "requested_by", "requested_at", "started_at"}
)


def _examine(run: _Run) -> Outcome:
    with staging():
        run.row.singly = not run.adapter.can.lists
        only = None
        if run.row.singly:
            only = _load_singly(run)
        else:
            _load(run)
        with company_scope(run.company_id):
            totals = compare(run.side(only))
            found, first = counts(), foremost(MOST_REREAD)
            asked_about = inbox.waiting(run.account)
        _note_totals(run.row, totals)
        if found.get(Kind.MISSING_THERE, 0) > max(FEW, totals.alive_here // PART):
            return _suspicious(run, found, [d for d in first if d.kind == Kind.ALIVE_THERE])
        run.row.unchecked = sum(found.values()) - len(first)
        return _see_to(run, first, asked_about)


def _load(run: _Run) -> None:
    """Stream the vendor's list into the staging table, a page a transaction."""
    for page in run.adapter.pages(run.line):
        run.row.pages += 1
        run.row.rows_there += len(page)
        if run.row.rows_there > MOST_ROWS or run.row.pages > MOST_PAGES:
            raise Permanent("the list doesn't end")
        with company_scope(run.company_id) as now:
            stage(page)
            run.beat(now)
        if run.late():
            raise Permanent(f"the list takes longer than {LONGEST}")


def _load_singly(run: _Run) -> list[UUID]:
    """Read what is open here or was cancelled of late, the newest first, where the vendor lists nothing."""
    with company_scope(run.company_id) as now:
        ours = Interview.objects.filter(vendor_account_id=run.account.id).exclude(vendor_ref="")
        on_schedule = ours.filter(state__in=ON_SCHEDULE)
        called_off = ours.filter(state=InterviewState.CANCELLED, ends_at__gt=now - RECENTLY)
        rows = (on_schedule | called_off).order_by("-id").values_list("id", "vendor_ref")[:MOST_SINGLY]
        chosen = dict(rows)
    _read(run, dict.fromkeys(chosen.values()))
    if run.unread and not run.again:
        raise Permanent(next(iter(run.unread.values())))
    run.row.rows_there = sum(view is not None for view, _ in run.again.values())
    return [interview_id for interview_id, ref in chosen.items() if ref not in run.unread]


def _read(run: _Run, refs: Mapping[str, UUID | None]) -> None:
    """Read each of these from the vendor and stage what it says; one it doesn't know is staged as nothing.

    Beside a reference may stand the interview on whose timeline the call belongs. One that can't be read is left
    out, and doesn't keep the others from being seen to.
    """
    for ref, interview_id in refs.items():
        if run.late():
            run.unread[ref] = f"the run takes longer than {LONGEST}"
            continue
        asked_at, view = timezone.now(), None
        try:
            view = run.adapter.read(run.line, ref)
            run.again[ref] = (view, asked_at)
        except Permanent as error:
            run.unread[ref] = str(error)
        with company_scope(run.company_id) as now:
            stage([view] if view else [])
            run.beat(now, interview_id)


def _note_totals(row: Reconciliation, totals: Totals) -> None:
    for name in ("rows_there", "rows_here", "checksum_there", "checksum_here"):
        setattr(row, name, getattr(totals, name))


def _suspicious(run: _Run, found: dict[str, int], alive: list[Difference]) -> Outcome:
    """Believe nothing of what such a list lacks: one task about the account.

    A link that is there and alive is no sign of a short list, and is revoked all the same.
    """
    row = run.row
    row.counts = {kind: n for kind, n in found.items() if kind != Kind.LET_GO}
    facts = {"mismatch": "suspicious", "count": found[Kind.MISSING_THERE]}
    actor = Actor.system(run.company_id)
    with company_scope(run.company_id) as now:
        row.tasks_opened = inbox.ask_about_account(run.account, facts, actor=actor, now=now)
    _read_again(run, alive, {})
    alive, _ = _only_read(run, alive, {})
    left, asked_again = _mend(run, alive, _judge(run, alive, {}), {})
    with company_scope(run.company_id) as now:
        row.tasks_opened += inbox.ask_people(
            left, views=run.views, asked_again=asked_again, actor=actor, now=now
        )
    return Outcome.SUSPICIOUS


def _read_again(run: _Run, first: list[Difference], asked_about: Mapping[UUID, set[str]]) -> None:
    """Read each difference again, and what people were asked about."""
    clear()
    run.again.clear()
    refs: dict[str, UUID | None] = {ref: i for i, refs in asked_about.items() for ref in refs}
    _read(run, {d.ref: d.interview_id for d in first} | refs)
    if run.unread:
        run.row.unchecked += len(run.unread)
        run.row.reason = f"not read ({len(run.unread)}): {next(iter(run.unread.values()))}"[:200]


def _only_read(
    run: _Run, first: list[Difference], asked_about: Mapping[UUID, set[str]]
) -> tuple[list[Difference], dict[UUID, set[str]]]:
    """Leave out every interview of which something could not be read: nothing may be concluded from that."""
    out = {d.interview_id for d in first if d.ref in run.unread and d.interview_id}
    out |= {i for i, refs in asked_about.items() if refs & run.unread.keys()}
    known = [d for d in first if d.ref not in run.unread and d.interview_id not in out]
    return known, {i: refs for i, refs in asked_about.items() if i not in out}


def _judge(run: _Run, first: list[Difference], asked_about: Mapping[UUID, set[str]]) -> list[Difference]:
    """Compare what was read again with our rows as they are now; what is on its way to the vendor is no difference."""
    ids = [d.interview_id for d in first if d.interview_id is not None]
    ids += asked_about
    with company_scope(run.company_id):
        compare(run.side(ids, list(run.again)))
        found = foremost(len(run.again) * 2 + len(ids))
        at_other_times = [d.interview_id for d in found if d.kind == Kind.OTHER_TIME and d.interview_id]
        moving = moving_there(at_other_times)
    return [d for d in found if d.interview_id not in moving or d.kind != Kind.OTHER_TIME]


def _see_to(run: _Run, first: list[Difference], asked_about: Mapping[UUID, set[str]]) -> Outcome:
    """Mend what can be mended, ask people about what is left, and close what they were asked about before."""
    row = run.row
    _read_again(run, first, asked_about)
    strangers_unread = any(d.ref in run.unread and d.interview_id is None for d in first)
    first, asked_about = _only_read(run, first, asked_about)
    confirmed = _judge(run, first, asked_about)
    for difference in confirmed:
        if difference.kind != Kind.LET_GO:
            row.counts[difference.kind] = row.counts.get(difference.kind, 0) + 1
    row.gone_on_reread = len({d.ref for d in first} - {d.ref for d in confirmed})
    left, asked_again = _mend(run, first, confirmed, asked_about)
    with company_scope(run.company_id) as now:
        actor = Actor.system(run.company_id)
        agreed: set[UUID] = set(asked_about) - {d.interview_id for d in left if d.interview_id}
        strangers = inbox.strangers(left)
        if not strangers and not strangers_unread:
            agreed.add(run.account.id)
        row.tasks_closed = inbox.close_agreed(agreed, actor=actor, now=now)
        row.tasks_opened = inbox.ask_people(
            left, views=run.views, asked_again=asked_again, actor=actor, now=now
        )
        if strangers:
            row.tasks_opened += inbox.ask_about_account(run.account, strangers, actor=actor, now=now)
    return Outcome.DIFFERENCES if row.counts or row.unchecked else Outcome.OK


def _mend(
    run: _Run, first: list[Difference], confirmed: list[Difference], asked_about: Mapping[UUID, set[str]]
) -> tuple[list[Difference], set[UUID]]:
    """Mend what can be; return what is left, and of which interviews the vendor was asked to cancel them again."""
    mended = [d for d in confirmed if _repair(run, d)]
    run.row.repaired = len(mended)
    left = [d for d in _judge(run, first, asked_about) if d.kind != Kind.LET_GO]
    return left, {d.interview_id for d in mended if d.kind == Kind.ALIVE_THERE and d.interview_id}


def _repair(run: _Run, difference: Difference) -> bool:
    view, asked_at = run.again.get(difference.ref, (None, run.row.beat_at))
    return repair(difference, view, account=run.account, asked_at=asked_at)
