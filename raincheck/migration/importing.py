"""One import from an understood file to its outcome: company, lock, load, commit or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import get_global
from django.db import Error

from raincheck.accounts.models import Company
from raincheck.accounts.queries import companies_called
from raincheck.cancellations.models import Reason
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope, take_turns
from raincheck.founding import Charter, found_company, slug_for
from raincheck.migration import memory, refusals
from raincheck.migration.fields import Field, key_of
from raincheck.migration.loading import Loading
from raincheck.migration.models import ImportRun
from raincheck.migration.outcome import Outcome
from raincheck.migration.rejections import RejectionsFile
from raincheck.migration.rollback.batches import open_batch
from raincheck.migration.rollback.models import BatchKind
from raincheck.migration.rows import RowReader, Rules
from raincheck.migration.saying import Said
from raincheck.migration.source import Source, Table
from raincheck.migration.survey import Study
from raincheck.migration.times import Calendar
from raincheck.migration.words import Words

LONGEST_NAME = 120


@dataclass(frozen=True)
class Errand:
    """What is to be done with a file: into which company, its zone, for good or not, rejections to where."""

    company: str
    zone: ZoneInfo
    for_good: bool
    rejections: Path
    source: Source
    region: str = ""
    said: Said = ()


class _Undone(Exception):
    """Rolls the transaction back: a dry run, or nothing to load."""


def recall(company: str, table: Table) -> Said:
    """Return what was said before of a file with this one's headings, if the company is there and it was said."""
    found = companies_called(company.strip())
    if len(found) != 1:
        return ()
    with company_scope(found[0].id):
        return memory.recall(found[0].id, table)


def carry_out(study: Study, errand: Errand) -> Outcome:
    """Load a file, or find out what loading would do. Either everything that can be is loaded, or nothing.

    Raises Refused: CompanyAmbiguous, BadCompanyName, DatabaseFailed, RejectionsUnwritable.
    """
    company_id, charter = _whose(errand)
    outcome = Outcome(study.rows_in, study.notices)
    rejections = RejectionsFile(errand.rejections)
    try:
        with _undoable(), company_scope(company_id) as now:
            # Two imports into one company would otherwise not see each other's people.
            take_turns(f"import:{company_id}")
            company = _company(company_id, charter, now)
            outcome.company = company.slug
            _load(study, errand, _Cast(company, rejections, outcome, now))
            if errand.said:
                memory.remember(company.id, study.mapping, now=now)
            errand.source.check_unchanged()
            outcome.rejections_file = rejections.finish()
            if not errand.for_good or not outcome.loaded:
                raise _Undone
    except Error as error:
        # The database's own words may hold a value of somebody's row.
        raise refusals.DatabaseFailed(why=type(error).__name__) from None
    finally:
        rejections.discard()
    return outcome


@dataclass(frozen=True)
class _Cast:
    company: Company
    rejections: RejectionsFile
    outcome: Outcome
    now: datetime


def _load(study: Study, errand: Errand, cast: _Cast) -> None:
    reasons = {reason.code: reason for reason in Reason.objects.filter(company_id=cast.company.id)}
    rules = Rules(
        company_id=cast.company.id,
        calendar=Calendar(errand.zone),
        region=errand.region or _region(errand.zone),
        now=cast.now,
        reasons={
            key_of(said): reason.code
            for reason in reasons.values()
            for said in (reason.code, reason.label_zh, reason.label_en)
        },
    )
    if study.mapping.column(Field.PHONE):
        zh = f"没有国家代码的号码按 {rules.region} 读取（可用 --phone-region 指定）"
        en = f"phone numbers without a country code are read as {rules.region}'s (say another with --phone-region)"
        study.notices.say("phone_region", Words(zh, en))
    # From here on all that is written can be rolled back.
    actor = Actor.system(cast.company.id)
    open_batch(kind=BatchKind.IMPORT, name=errand.source.path.name, actor=actor, now=cast.now)
    run = ImportRun.objects.create(
        company_id=cast.company.id,
        at=cast.now,
        file_name=errand.source.path.name[:255],
        sha256=errand.source.sha256,
        timezone=errand.zone.key,
        rows_in=0,
        loaded=0,
        rejected=0,
        unchanged=0,
    )
    reader = RowReader(study, rules)
    Loading(cast.company, study, reader, cast.rejections, cast.outcome, run, cast.now, reasons).load()


@contextmanager
def _undoable() -> Iterator[None]:
    try:
        yield
    except _Undone:
        return


def _whose(errand: Errand) -> tuple[UUID, Charter | None]:
    """Return the company's id, and what to found it by where it isn't there yet."""
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
