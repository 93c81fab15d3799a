"""When a backup is due, and one whole turn: list of erasures, backup, proof, and only then what is old goes."""

from datetime import UTC, datetime, time, timedelta

import psycopg
import structlog
from django.conf import settings
from django.utils import timezone

from raincheck.core.errors import RaincheckError
from raincheck.migration.backup import erasures, keeping
from raincheck.migration.backup.creating import create
from raincheck.migration.backup.errors import BackupDamaged, BackupUnderWay, NoBackupRole
from raincheck.migration.backup.ground import MAKING, SCHEDULE, Ground, ground
from raincheck.migration.backup.manifest import Manifest
from raincheck.migration.backup.models import BackupRun
from raincheck.migration.backup.restoring import unfinished, verify
from raincheck.runtime.home import make_private

log = structlog.get_logger(__name__)
TRIES = 3
KEEP_RUNS = timedelta(days=400)


def slot_before(now: datetime, at: time) -> datetime:
    """Return the last instant, `now` at the latest, at which a backup was due. `at` is UTC."""
    today = datetime.combine(now.astimezone(UTC).date(), at, tzinfo=UTC)
    return today if today <= now else today - timedelta(days=1)


def back_up_if_due(now: datetime) -> BackupRun | None:
    """Make the backup of this turn, unless it is made, was tried three times, or somebody is at it."""
    at = settings.RAINCHECK_BACKUP_AT
    if at is None or settings.RAINCHECK_DEMO:
        return None
    slot = slot_before(now, at)
    if _is_settled(slot):
        return None
    try:
        here = ground()
        with here.our_turn(SCHEDULE):
            run = None if _is_settled(slot) else back_up(here, slot=slot)
    except (NoBackupRole, BackupUnderWay):
        return None
    except psycopg.Error as error:
        run = _failed(BackupRun(slot=slot, begun_at=timezone.now()), error)
    if run and run.trouble:
        log.warning("backup failed", trouble=run.trouble)
    return run


def _is_settled(slot: datetime) -> bool:
    of_this_turn = BackupRun.objects.filter(slot=slot)
    return of_this_turn.filter(verified_at__isnull=False).exists() or of_this_turn.count() >= TRIES


def back_up(here: Ground, *, slot: datetime | None = None, prove: bool = True) -> BackupRun:
    """Make one backup, prove it, let go of old ones. What goes wrong is in the run's `trouble`.

    Raises BackupUnderWay.
    """
    with here.our_turn(MAKING):
        return _back_up(here, slot=slot, prove=prove)


def _back_up(here: Ground, *, slot: datetime | None, prove: bool) -> BackupRun:
    run = BackupRun.objects.create(slot=slot, begun_at=timezone.now())
    try:
        make_private(here.folder)
        for left in unfinished(here.folder):
            left.unlink(missing_ok=True)
        with here.connect() as connection:
            erasures.remember(here.folder, erasures.on_record(connection))
        manifest = create(here)
        note(run, manifest)
        if prove:
            note(run, prove_again(here, manifest))
            keeping.prune(here.folder, keeping.rule())
    except (RaincheckError, OSError, psycopg.Error) as error:
        _failed(run, error)
    BackupRun.objects.filter(begun_at__lt=timezone.now() - KEEP_RUNS).delete()
    return run


def prove_again(here: Ground, manifest: Manifest) -> Manifest:
    """Prove that a backup can be restored, and have the database, which the doctor asks, know how that ended.

    Raises BackupDamaged, ProgramFailed, NoProgram, BackupUnderWay.
    """
    told = BackupRun.objects.filter(name=manifest.name)
    try:
        proven = verify(here, manifest)
    except BackupDamaged:
        told.update(verified_at=None)
        raise
    told.update(verified_at=proven.verified_at)
    return proven


def _failed(run: BackupRun, error: Exception) -> BackupRun:
    if isinstance(error, RaincheckError):
        told = f"{error.code}: {error.detail or error.message}"
    else:
        told = f"{type(error).__name__}: {error}"
    run.trouble = told[:300]
    run.save()
    return run


def note(run: BackupRun, manifest: Manifest) -> None:
    """Write down what has become of a run."""
    run.name, run.taken_at, run.bytes = manifest.name, manifest.at, manifest.bytes
    run.verified_at = manifest.verified_at
    run.save()


def note_known(manifests: list[Manifest]) -> None:
    """Tell a database that was restored of the backups there are, which are younger than what it knows."""
    known = set(BackupRun.objects.values_list("name", flat=True))
    for manifest in manifests:
        if manifest.name not in known:
            note(BackupRun(begun_at=manifest.at), manifest)
