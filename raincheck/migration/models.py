"""Tables of the migration room: each run, each row it loaded, and by which outside ids people are known."""

from django.db import models

from raincheck.accounts.tenancy import CompanyRow, within
from raincheck.migration.backup.models import BackupRun
from raincheck.migration.dual_track.models import DualTrack, TrackDay, TrackDifference
from raincheck.migration.exports.models import Export, ExportPiece
from raincheck.migration.retention.models import Gone, RetentionRule, RetentionRun
from raincheck.migration.rollback.models import Batch, Touched

__all__ = [
    "BackupRun",
    "Batch",
    "CandidateKey",
    "DualTrack",
    "Export",
    "ExportPiece",
    "Gone",
    "ImportRun",
    "ImportedRow",
    "RetentionRule",
    "RetentionRun",
    "Touched",
    "TrackDay",
    "TrackDifference",
]


class ImportRun(CompanyRow):
    """One import that loaded something. `warnings` and `mapping` are what was said aloud then."""

    at = models.DateTimeField()
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    timezone = models.CharField(max_length=64)
    rows_in = models.PositiveIntegerField()
    loaded = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    warnings = models.JSONField(default=list)
    mapping = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="import_run_adds_up",
                condition=models.Q(rows_in=models.F("loaded") + models.F("rejected") + models.F("unchanged")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.at:%Y-%m-%d %H:%M}"


class ImportedRow(CompanyRow):
    """One loaded row. Its fingerprint keeps it from being loaded again.

    `original_sealed` is every cell as the file had it, sealed under the candidate's data key: nothing of the
    source is lost, and erasing the candidate erases it too.
    """

    run = within("migration.ImportRun", related_name="rows")
    number = models.PositiveIntegerField(help_text="as a spreadsheet counts, from 1")
    fingerprint = models.BinaryField(max_length=32)
    interview = within("recruiting.Interview", unique=True)
    original_sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(name="imported_row_once", fields=["company", "fingerprint"])]

    def __str__(self) -> str:
        return f"{self.run_id} #{self.number}"


class SourceMapping(CompanyRow):
    """What a person said of the columns of files with these headings; `columns` is [heading, field or "-"] each."""

    headings_hash = models.BinaryField(max_length=32)
    columns = models.JSONField()
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="source_mapping_once", fields=["company", "headings_hash"])
        ]

    def __str__(self) -> str:
        return f"{len(self.columns)} columns, {self.confirmed_at:%Y-%m-%d}"


class CandidateKey(CompanyRow):
    """What else a candidate is known by beside contacts on record: another system's id, a later row's number.

    A keyed hash each.
    """

    key_hash = models.BinaryField(max_length=32)
    candidate = within("recruiting.Candidate")

    class Meta:
        constraints = [models.UniqueConstraint(name="candidate_key_once", fields=["company", "key_hash"])]

    def __str__(self) -> str:
        return str(self.candidate_id)
