"""Reasons of a run that nobody has sorted yet: how many, in which words, and what each may mean.

A reason in a person's own words stands at the beginning of its cancellation's note; `unsorted` says how long it is.
"""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.db import connection
from django.db.models import Q

from raincheck.cancellations.models import Reason
from raincheck.core.actor import Actor
from raincheck.migration.columns.masking import shown
from raincheck.migration.fields import Field
from raincheck.migration.mending.reads import run_of
from raincheck.migration.models import ImportRun, RunState
from raincheck.migration.rollback.models import Batch
from raincheck.migration.values.reasons import understand
from raincheck.migration.values.states import OTHER

#: Texts that one page shows, at most.
SHOWN = 200
SAID = "left(k.note, k.unsorted)"
#: A list of cancellations tells of interviews that another run may have brought: then it is the list's.
WAITING = """
FROM cancellations_cancellation k
WHERE k.company_id = %(company)s AND k.unsorted IS NOT NULL AND k.note <> '' AND %(run)s = COALESCE(
    (SELECT b.run_id FROM migration_broughtrow b WHERE b.subject_id = k.id AND b.kind = 'cancellations' LIMIT 1),
    (SELECT r.run_id FROM migration_importedrow r WHERE r.interview_id = k.interview_id))
"""


@dataclass(frozen=True)
class Text:
    """A reason in words of its own: its key, how many cancellations say it, what it may mean and how sure that is.

    Of `said` a contact is hidden, as in a row that was turned away.
    """

    key: str
    said: str
    count: int
    guess: str
    percent: int


def texts(actor: Actor, batch_id: UUID) -> tuple[ImportRun, list[Text]]:
    """Return a batch's run and its texts that wait, the most frequent first. Raises NotAllowed, NotFound."""
    run = run_of(actor, batch_id)
    query = f"SELECT {SAID}, count(*) {WAITING} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {SHOWN}"
    with connection.cursor() as cursor:
        cursor.execute(query, {"company": run.company_id, "run": run.id})
        return run, [_text(said, count) for said, count in cursor.fetchall()]


def choices(company_id: UUID) -> list[Reason]:
    """Return the reasons that a text may be sorted to; “another reason” is the last, even where it is retired."""
    found = Reason.objects.filter(Q(active=True) | Q(code=OTHER), company_id=company_id)
    return sorted(found, key=lambda reason: (reason.code == OTHER, reason.position, reason.code))


def waiting(company_id: UUID, run_id: UUID) -> int:
    """Return how many cancellations of a run wait."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {WAITING}", {"company": company_id, "run": run_id})
        return int(cursor.fetchone()[0])


def waiting_in(batch: Batch) -> int:
    """Return how many wait of a batch's finished run; none where it has none."""
    run = ImportRun.objects.filter(company_id=batch.company_id, batch=batch, state=RunState.DONE).first()
    return waiting(run.company_id, run.id) if run else 0


def _text(said: str, count: int) -> Text:
    meant = understand(said)
    key = sha256(said.encode()).hexdigest()
    return Text(key, shown(Field.REASON, said), count, meant.code, round(meant.confidence * 100))
