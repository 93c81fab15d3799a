"""Tables of the migration room: each run, each row it loaded, and by which outside ids people are known."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, HeldRow, within
from raincheck.migration.backup.models import BackupRun
from raincheck.migration.dual_track.models import DualTrack, TrackDay, TrackDifference
from raincheck.migration.exports.models import Export, ExportPiece
from raincheck.migration.kinds.models import BroughtRow
from raincheck.migration.retention.models import Gone, RetentionRule, RetentionRun
from raincheck.migration.rollback.models import Batch, Touched
from raincheck.migration.uploads.models import Upload, UploadPiece

__all__ = [
    "BackupRun",
    "Batch",
    "BroughtRow",
    "CandidateKey",
    "DualTrack",
    "Export",
    "ExportPiece",
    "Gone",
    "ImportRun",
    "ImportedRow",
    "QuarantinedRow",
    "RetentionRule",
    "RetentionRun",
    "Touched",
    "TrackDay",
    "TrackDifference",
    "Upload",
    "UploadPiece",
]


class RunState(models.TextChoices):
    """Running until its last row is settled: one that was broken off stays so, and is gone on with."""

    RUNNING = "running", _("进行中")
    DONE = "done", _("已完成")


class ImportRun(CompanyRow):
    """One import that loaded something, part by part. `warnings` and `mapping` are what was said aloud then.

    `position` is the last row that is settled, in the same transaction as what became of it; `terms` are what the
    run was asked with, `counts` what was said of rows so far, `checksum` chains those of its parts.
    `data_key` seals its quarantined rows, wrapped; without it they can't be opened.
    """

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
    batch = within("migration.Batch", null=True)
    state = models.CharField(
        max_length=8, choices=RunState.choices, default=RunState.DONE, db_default=RunState.DONE
    )
    position = models.PositiveIntegerField(
        default=0, db_default=0, help_text="as a spreadsheet counts, from 1"
    )
    rows_total = models.PositiveIntegerField(default=0, db_default=0)
    terms = models.JSONField(default=dict, db_default={})
    counts = models.JSONField(default=dict, db_default={})
    checksum = models.CharField(max_length=64, blank=True, db_default="")
    data_key = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="import_run_adds_up",
                condition=models.Q(rows_in=models.F("loaded") + models.F("rejected") + models.F("unchanged")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.at:%Y-%m-%d %H:%M}"


class ImportedRow(HeldRow):
    """One loaded row. Its fingerprint keeps it from being loaded again.

    `original_sealed` is every cell as the file had it, sealed under the candidate's data key: nothing of the
    source is lost, and erasing the candidate erases it too.
    """

    run = within("migration.ImportRun", related_name="rows")
    number = models.PositiveIntegerField(help_text="as a spreadsheet counts, from 1")
    fingerprint = models.BinaryField(max_length=32)
    interview = within("recruiting.Interview", unique=True)
    original_sealed = models.BinaryField()
    made_application = models.BooleanField(
        default=False, db_default=False, help_text="whether its run made the application"
    )

    class Meta:
        constraints = [models.UniqueConstraint(name="imported_row_once", fields=["company", "fingerprint"])]

    def __str__(self) -> str:
        return f"{self.run_id} #{self.number}"


class SourceMapping(CompanyRow):
    """What a person said of files with these headings; `columns` is [heading, field or "-"] each.

    `source` is the system they said it is from, by whose names and words it is read (profiles/); else empty.
    `timezone`, `region` and `date_order` are the manner in which values are read (saying.Manner), as far as said;
    `manners` are the last ones with the batches that said them, [batch or null, zone, region, order] each.
    Without columns, nothing was said of them, and `kind` is empty.
    """

    headings_hash = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=16, blank=True, default="interviews", db_default="interviews")
    source = models.CharField(max_length=16, blank=True, default="", db_default="")
    timezone = models.CharField(max_length=64, blank=True, default="", db_default="")
    region = models.CharField(max_length=2, blank=True, default="", db_default="")
    date_order = models.CharField(max_length=3, blank=True, default="", db_default="")
    manners = models.JSONField(default=list, db_default=[])
    columns = models.JSONField()
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="source_mapping_once", fields=["company", "headings_hash"])
        ]

    def __str__(self) -> str:
        return f"{len(self.columns)} columns, {self.confirmed_at:%Y-%m-%d}"


class CandidateKey(HeldRow):
    """What else a candidate is known by beside contacts on record: another system's id, a later row's number.

    A keyed hash each.
    """

    key_hash = models.BinaryField(max_length=32)
    candidate = within("recruiting.Candidate")

    class Meta:
        constraints = [models.UniqueConstraint(name="candidate_key_once", fields=["company", "key_hash"])]

    def __str__(self) -> str:
        return str(self.candidate_id)


class QuarantineState(models.TextChoices):
    """Open until a person has seen to it."""

    OPEN = "open", _("待处理")
    LOADED = "loaded", _("已载入")
    DISCARDED = "discarded", _("已舍弃")


class QuarantinedRow(CompanyRow):
    """A row of a file that failed a check: what it said and why, sealed under its run's key.

    No foreign key to the run: a row that waits mustn't keep its batch from being rolled back.
    """

    run_id = models.UUIDField()
    number = models.PositiveIntegerField(help_text="as a spreadsheet counts, from 1")
    codes = ArrayField(models.CharField(max_length=40))
    sealed = models.BinaryField(null=True, help_text="[pairs, rejections] as JSON; gone once settled")
    state = models.CharField(max_length=12, choices=QuarantineState.choices, default=QuarantineState.OPEN)
    reason = models.CharField(max_length=500, blank=True, help_text="why it was discarded")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="quarantined_row_once", fields=["run_id", "number"])]

    def __str__(self) -> str:
        return f"{self.run_id} #{self.number}"
