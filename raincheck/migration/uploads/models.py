"""Tables of files that wait to be imported: each one, and its content in sealed pieces."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within
from raincheck.core.crypto import DataKey


class UploadState(models.TextChoices):
    """How far one is; `broken` where loading stopped and a person has to say whether it goes on."""

    ASKING = "asking", _("待确认列")
    TRYING = "trying", _("试算中")
    TRIED = "tried", _("待确认导入")
    LOADING = "loading", _("导入中")
    BROKEN = "broken", _("已中断")
    DONE = "done", _("已完成")
    GONE = "gone", _("已销毁")


#: Those whose file is destroyed.
OVER = (UploadState.DONE, UploadState.GONE)
#: Those a job is at.
AT_WORK = (UploadState.TRYING, UploadState.LOADING)


class Upload(CompanyRow):
    """One file on its way in. It lies sealed under a key of its own, which goes with it once it is loaded.

    `proposal_sealed` is what it and its columns seem to be, with samples, and `found_sealed` what the last try said;
    both are JSON under the same key. `answers` are `{kind, source, columns: [field or "-"], timezone, region,
    date_order}`, empty at first.
    `rows_*`, `begun_at` and `moved_at` tell how far the job is: it began behind row `rows_before`.
    """

    state = models.CharField(max_length=8, choices=UploadState.choices, default=UploadState.ASKING)
    file_name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    uploaded_by = within("accounts.Staff")
    expires_at = models.DateTimeField()
    data_key = models.BinaryField(null=True, help_text="wrapped; destroyed with the file")
    sheet = models.CharField(max_length=255, blank=True)
    sheets = models.JSONField(default=list)
    proposal_sealed = models.BinaryField(null=True)
    answers = models.JSONField(default=dict)
    asks_order = models.BooleanField(
        default=False, help_text="whether the order of day and month must be said"
    )
    refusal = models.JSONField(default=dict, help_text="{code, zh, en} of why it didn't go on")
    found_sealed = models.BinaryField(null=True)
    figures = models.JSONField(default=dict, help_text="{rows_in, loaded, rejected, unchanged}")
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows_before = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    batch_id = models.UUIDField(
        null=True, help_text="no reference: it mustn't keep a batch from being undone"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="upload_has_its_key",
                condition=models.Q(state__in=["done", "gone"]) | models.Q(data_key__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["company", "-uploaded_at"], name="upload_by_time")]

    def __str__(self) -> str:
        return f"{self.uploaded_at:%Y-%m-%d %H:%M} {self.state}"

    def key(self) -> DataKey | None:
        """Open the key its pieces are sealed under; None once that is destroyed."""
        return DataKey.unwrap(self.id, self.data_key) if self.data_key else None


class UploadPiece(CompanyRow):
    """A piece of a file, sealed; `number` counts from 0."""

    upload = within("migration.Upload", related_name="pieces")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(name="upload_piece_once", fields=["upload", "number"])]

    def __str__(self) -> str:
        return f"{self.upload_id} #{self.number}"
