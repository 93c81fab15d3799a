"""One import from an understood file to its outcome: company, turn, parts, each committed with how far it is."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import get_global
from django.db import Error, connection

from raincheck.accounts.models import Company
from raincheck.accounts.queries import companies_called
from raincheck.cancellations.models import Reason
from raincheck.core.bulk import plan_for_lookups, planned_anew
from raincheck.core.garbage import collecting_rarely
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope, keep_turn
from raincheck.core.threads import taking_short_turns
from raincheck.founding import Charter, found_company, slug_for
from raincheck.migration import refusals
from raincheck.migration.columns import memory
from raincheck.migration.fields import Field
from raincheck.migration.files.source import Source, Table
from raincheck.migration.kinds.loading import KindLoading
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.registry import loading_of, reader_of
from raincheck.migration.loading import at_vendors, checkpoints
from raincheck.migration.loading.held_back import Held, hold_back, let_in
from raincheck.migration.loading.interviews import Loading
from raincheck.migration.loading.parts import Ahead, Part, parts
from raincheck.migration.loading.rejections import RejectionsFile, Unwritten
from raincheck.migration.models import ImportRun
from raincheck.migration.outcome import Outcome
from raincheck.migration.rollback.capture import record_into
from raincheck.migration.rows.drafts import Rules
from raincheck.migration.rows.survey import Study
from raincheck.migration.saying import Manner, Memory, Said
from raincheck.migration.values.reasons import reasons_by_word
from raincheck.migration.values.times import Calendar
from raincheck.migration.words import Words

LONGEST_NAME = 120


class Watch:
    """Hears how far a run is; this one doesn't say it to anybody."""

    def __call__(self, done: int, total: int) -> None:
        """Hear that `done` rows of `total` are settled."""

    def go_on(self, done: int) -> None:
        """Hear behind how many rows a run that was broken off goes on."""


@dataclass(frozen=True)
class Errand:
    """What is to be done with a file: into which company, its zone, for good or not, rejections to where.

    `whole`: one row that fails a check keeps all others out. `resume` names the batch that is to be gone on with, if
    nothing else will do. `told` hears of each part: rows settled, rows in all. `company_id` is given where the company
    is known already; `rejections` is None where no file is wanted.
    """

    company: str
    zone: ZoneInfo
    for_good: bool
    rejections: Path | None
    source: Source
    region: str = ""
    said: Said = ()
    whole: bool = False
    resume: str = ""
    told: Watch = field(default_factory=Watch)
    company_id: UUID | None = None

    @property
    def in_parts(self) -> bool:
        """Whether what is loaded so far may stay before the rest is."""
        return self.for_good and not self.whole


class _Undone(Exception):
    """Rolls the transaction back: a dry run, or nothing to load."""


def recall(company: str, table: Table) -> Memory | None:
    """Return what was said before of a file with this one's headings, if the company is there and it was said."""
    found = companies_called(company.strip())
    if len(found) != 1:
        return None
    with company_scope(found[0].id):
        return memory.recall(found[0].id, table)


def carry_out(study: Study, errand: Errand) -> Outcome:
    """Load a file part by part, or find out what loading would do.

    Each part is committed with how far the run is: one that is broken off, by whatever, is gone on with by the same
    call. Until something is loaded nothing is committed. A dry run, and a batch by the rule “all”, are one transaction.
    Raises Refused: CompanyAmbiguous, BadCompanyName, DatabaseFailed, RejectionsUnwritable, UnfinishedRun, CheckFailed,
    BadRows.
    """
    company_id, charter = _whose(errand)
    outcome = Outcome(study.rows_in, study.notices)
    rejections = RejectionsFile(errand.rejections) if errand.rejections else Unwritten()
    rejections.check()
    try:
        # Two imports into one company would otherwise not see each other's people.
        with keep_turn(f"import:{company_id}"), ExitStack() as opened:
            for amid_rows in (planned_anew, collecting_rarely, taking_short_turns):
                opened.enter_context(amid_rows())
            _Run(study, errand, company_id, charter, rejections, outcome, opened).go()
    except Error as error:
        # The database's own words may hold a value of somebody's row.
        raise refusals.DatabaseFailed(why=type(error).__name__, **_so_far(outcome)) from None
    except (refusals.BadRows, refusals.CheckFailed) as anomaly:
        why: refusals.Refused = anomaly
    except (refusals.Refused, _Undone):
        raise
    except Exception as error:  # noqa: BLE001 (the end of the line: what a caller shows, a shell or a page, must say how far it came, and quote no row)
        why = refusals.UnexpectedFailure.of(error, _so_far(outcome))
    else:
        return outcome
    finally:
        rejections.discard()
    # A company that was made for this file went with what was undone.
    if errand.for_good and (charter is None or outcome.batch is not None):
        with suppress(Error), company_scope(company_id) as now:
            hold_back(company_id=company_id, file=_held(study, errand), why=why, now=now)
    raise why


@dataclass
class _Run:
    study: Study
    errand: Errand
    company_id: UUID
    charter: Charter | None
    rejections: RejectionsFile
    outcome: Outcome
    opened: ExitStack

    def go(self) -> None:
        """Carry the run from where it stands to its end."""
        with suppress(_Undone):
            with company_scope(self.company_id) as now:
                loading = self._begun(now)
                # Nothing reads the file any more once this is over, however it ends.
                self.opened.callback(loading.close)
                steps = Ahead(self._parts(loading), loading.beside)
                over = self._load(loading, steps, now)
            while not over:
                self.outcome.batch = loading.run.batch_id
                with company_scope(self.company_id) as now:
                    _go_on(loading.run)
                    over = self._load(loading, steps, now)
            self.outcome.batch = loading.run.batch_id

    def _begun(self, now: datetime) -> Loading | KindLoading:
        """Open the run, or find the one that was broken off. Raises UnfinishedRun."""
        company = _company(self.company_id, self.charter, now)
        self.outcome.company = company.slug
        if self.charter is not None:
            # A name that was mistyped would found another company, and nobody would see it.
            zh = f"没有名为“{company.name}”的企业，将新建（地址 {company.slug}）；若是笔误，请改 --company"
            en = f"no company is called “{company.name}”: it is made ({company.slug}); a slip in it?"
            self.study.notices.say("company_made", Words(zh, en))
        reasons = {reason.code: reason for reason in Reason.objects.filter(company_id=company.id)}
        run = checkpoints.unfinished(company.id, self.errand.source.sha256, _terms(self.study, self.errand))
        if self.errand.resume and (run is None or str(run.batch_id) != self.errand.resume):
            raise refusals.NothingToResume(batch=self.errand.resume)
        if run is None:
            run = checkpoints.opened(company.id, self._brief(), now=now)
        else:
            _go_on(run)
            checkpoints.restore(run, self.outcome, self.rejections)
            self.errand.told.go_on(self.outcome.settled)
        plan_for_lookups()
        make = loading_of(self.study.kind)
        return make(company, self.study, self.rejections, self.outcome, run, reasons)

    def _brief(self) -> checkpoints.Brief:
        path, sha256 = self.errand.source.path, self.errand.source.sha256
        terms = _terms(self.study, self.errand)
        return checkpoints.Brief(path.name, sha256, self.errand.zone.key, self.study.rows_in, terms)

    def _parts(self, loading: Loading | KindLoading) -> Iterator[Part[Any]]:
        rules = _rules(self.errand, loading)
        if self.study.mapping.column(Field.PHONE):
            zh = f"没有国家代码的号码按 {rules.region} 读取（可用 --phone-region 指定）"
            en = f"phone numbers without a country code are read as {rules.region}'s (say another with --phone-region)"
            self.study.notices.say("phone_region", Words(zh, en))
        return loading.made_ready(parts(self.study, reader_of(self.study, rules), after=loading.run.position))

    def _load(self, loading: Loading | KindLoading, steps: Ahead[Part[Any]], now: datetime) -> bool:
        """Load the next part, or all of them in a dry run; say whether it was the last. Raises _Undone."""
        for part in steps:
            loading.load(part, now=now, ahead=steps)
            self.errand.told(self.outcome.settled, self.outcome.rows_in)
            if self.errand.in_parts and self.outcome.loaded and self.outcome.settled < self.outcome.rows_in:
                self.errand.source.check_unchanged()
                checkpoints.keep(loading.run, self.outcome)
                return False
        self._finish(loading, now)
        return True

    def _finish(self, loading: Loading | KindLoading, now: datetime) -> None:
        self.outcome.check()
        self._remember(loading.run, now)
        self.errand.source.check_unchanged()
        self.outcome.rejections_file = self.rejections.finish()
        if not self.errand.for_good or not self.outcome.loaded:
            raise _Undone
        if self.errand.whole and self.outcome.rejected:
            raise refusals.BadRows(count=self.outcome.rejected, path=self.outcome.rejections_file)
        checkpoints.finish(loading.run, self.outcome, self.study, now=now)
        let_in(company_id=self.company_id, file=_held(self.study, self.errand), now=now)
        if self.study.mapping.column(Field.VENDOR_REF):
            at_vendors.compare_later(loading.run, now=now)
        with connection.cursor() as cursor:
            # Told to be loaded, it is on the disk, with all that was committed before it.
            cursor.execute("SET LOCAL synchronous_commit TO DEFAULT")

    def _remember(self, run: ImportRun, now: datetime) -> None:
        """Keep what was said of the file; where nothing was of its columns, its manner alone."""
        study, mapping = self.study, self.study.mapping
        manner = Manner(self.errand.zone.key, self.errand.region, study.order_said)
        source = study.source.code if study.source else ""
        if self.errand.said or study.kind_said or source:
            memory.remember(run, mapping, source=source, manner=manner, now=now)
        else:
            memory.remember_manner(run, mapping, manner=manner, now=now)


def _held(study: Study, errand: Errand) -> Held:
    file = errand.source
    return Held(file.path.name, file.sha256, file.place, study.rows_in)


def _so_far(outcome: Outcome) -> dict[str, str]:
    """Return the words for what stands after a run was broken off, by their names in a refusal."""
    if outcome.batch is None:
        return refusals.NOTHING_YET
    zh = f"之前的部分已载入（批次 {outcome.batch}）：用同样的命令继续，或回滚该批次。"
    en = f"The parts before it are loaded (batch {outcome.batch}): go on with the same command, or roll it back. "
    return {"so_far_zh": zh, "so_far_en": en}


def _terms(study: Study, errand: Errand) -> dict[str, Any]:
    """Return all that decides what a file's rows are read as, as plain values."""
    told: dict[str, Any] = {} if study.kind is Kind.INTERVIEWS else {"kind": str(study.kind)}
    told |= {"from": study.source.code} if study.source else {}
    told |= {"year": study.year} if study.year else {}
    # What is half in can't be kept out any more.
    told |= {"whole": True} if errand.whole else {}
    # A run of before these were passed over has counted them among its rows.
    told |= {"closing": study.closing} if study.closing else {}
    return told | {
        "zone": errand.zone.key,
        "region": errand.region or _region(errand.zone),
        "columns": [column.field for column in study.mapping.columns],
        "orders": {str(known): order.code for known, order in sorted(study.orders.items())},
    }


def _rules(errand: Errand, loading: Loading | KindLoading) -> Rules:
    return Rules(
        company_id=loading.company.id,
        calendar=Calendar(errand.zone),
        region=errand.region or _region(errand.zone),
        # A run that is gone on with reads the rest as it read the beginning.
        now=loading.run.at,
        reasons=reasons_by_word(loading.reasons.values()),
    )


def _go_on(run: ImportRun) -> None:
    """Have what this transaction does be the run's, and let a checkpoint not wait for the disk.

    What a crash of the database takes of the last checkpoints is loaded again by whoever goes on: how far the run is
    goes with it. The last commit of the run waits, and all before it are on the disk then.
    """
    if run.batch is not None:
        record_into(run.batch)
    plan_for_lookups()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _whose(errand: Errand) -> tuple[UUID, Charter | None]:
    """Return the company's id, and what to found it by where it isn't there yet."""
    if errand.company_id is not None:
        return errand.company_id, None
    name = errand.company.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise refusals.BadCompanyName
    found = companies_called(name)
    if len(found) > 1:
        slugs = ", ".join(company.slug for company in found)
        raise refusals.CompanyAmbiguous(name=name, slugs=slugs)
    if found:
        return found[0].id, None
    return new_id(), Charter(slug=_free_slug(name), name=name, timezone=errand.zone.key)


def _company(company_id: UUID, charter: Charter | None, now: datetime) -> Company:
    if charter is None:
        return Company.objects.get(id=company_id)
    return found_company(company_id=company_id, charter=charter, now=now)


def _free_slug(name: str) -> str:
    """Return a public address for a company that nobody has yet."""
    slug = slug_for(name)
    taken = any(company.slug == slug for company in companies_called(slug))
    return f"{slug[:32]}-{new_id().hex[-6:]}" if taken else slug


def _region(zone: ZoneInfo) -> str:
    """Return the country a zone lies in, where a number without a country code belongs."""
    territory = get_global("zone_territories").get(zone.key, "")
    return str(territory) if len(territory) == len("CN") and territory.isalpha() else "CN"
