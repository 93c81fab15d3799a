"""Rows of files of other kinds than interviews, as they were: what keeps each from being loaded again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within


class RowKind(models.TextChoices):
    """What the row was."""

    CANDIDATES = "candidates", _("候选人")
    APPLICATIONS = "applications", _("投递")
    POSITIONS = "positions", _("岗位")
    CANCELLATIONS = "cancellations", _("取消申请")


class BroughtRow(CompanyRow):
    """One loaded row: every cell as the file had it, sealed, and what it made or added to.

    `subject_id` is the candidate, application, position or cancellation. Sealed under the
    candidate's data key, so that erasing them erases it; a position's under a key of its own, wrapped in `data_key`.
    """

    run = within("migration.ImportRun", related_name="brought")
    kind = models.CharField(max_length=16, choices=RowKind.choices)
    number = models.PositiveIntegerField(help_text="as a spreadsheet counts, from 1")
    fingerprint = models.BinaryField(max_length=32)
    subject_id = models.UUIDField()
    made = models.BooleanField(help_text="whether the row made its subject, or only told more of it")
    candidate = within("recruiting.Candidate", null=True)
    original_sealed = models.BinaryField()
    data_key = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="brought_row_once", fields=["company", "fingerprint"])]
        indexes = [models.Index(fields=["subject_id"], name="brought_by_subject")]

    def __str__(self) -> str:
        return f"{self.kind} {self.run_id} #{self.number}"
