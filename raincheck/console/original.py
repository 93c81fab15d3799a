"""The row of a file that something came from, as a page shows it: what no field took stands nowhere else."""

from dataclasses import dataclass

from raincheck.accounts.abilities import Ability, reach
from raincheck.migration.kinds.models import BroughtRow
from raincheck.migration.loading.originals import Kept, brought_about, brought_by, kept_of
from raincheck.migration.models import ImportedRow
from raincheck.recruiting.models import Candidate, Interview
from raincheck.web.people import Visit


@dataclass(frozen=True)
class Original:
    """A row, its cells that no field took (`rest`) and those that were read."""

    row: ImportedRow | BroughtRow
    rest: list[Kept]
    read: list[Kept]


def original_of(found: Interview, visit: Visit) -> Original | None:
    """Return the row that an interview came from; None for who may not see contacts even in part."""
    row = brought_by(found) if _may(visit) else None
    return _shown(row, found.application.candidate) if row else None


def originals_about(candidate: Candidate, visit: Visit) -> list[Original]:
    """Return the rows of other lists that told of a candidate, newest first; none for who may not see contacts."""
    rows = brought_about(candidate) if _may(visit) else ()
    return [shown for row in rows if (shown := _shown(row, candidate))]


def _may(visit: Visit) -> bool:
    return reach(visit.actor, Ability.SEE_CONTACTS) is not None


def _shown(row: ImportedRow | BroughtRow, candidate: Candidate) -> Original | None:
    cells = kept_of(row, candidate.identity)
    if not cells:
        return None
    return Original(row, [one for one in cells if not one.read], [one for one in cells if one.read])
