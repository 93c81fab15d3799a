"""Tables of exports that were asked for in the console: each one, and its file in sealed pieces."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, within
from raincheck.core.crypto import DataKey


class ExportState(models.TextChoices):
    """How far one is; `gone` once its file was destroyed."""

    ASKED = "asked", _("正在准备")
    READY = "ready", _("可下载")
    FAILED = "failed", _("未能完成")
    GONE = "gone", _("已销毁")


class Export(CompanyRow):
    """One export of everything. Its file lies sealed under a key of its own, which goes with it.

    `sha256` is of the whole zip file as it is handed out.
    """

    state = models.CharField(max_length=8, choices=ExportState.choices, default=ExportState.ASKED)
    asked_at = models.DateTimeField()
    asked_by = within("accounts.Staff")
    parquet = models.BooleanField(default=False, db_default=False, help_text="asked for with Parquet as well")
    taken_at = models.DateTimeField(null=True, help_text="the moment whose state the file holds")
    expires_at = models.DateTimeField(null=True)
    data_key = models.BinaryField(null=True, help_text="wrapped; destroyed with the file")
    rows = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    downloads = models.PositiveIntegerField(default=0)
    erasures = models.PositiveIntegerField(
        default=0, db_default=0, help_text="recorded around `taken_at`, as that moment knew them"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="export_one_at_a_time", fields=["company"], condition=models.Q(state="asked")
            ),
            models.CheckConstraint(
                name="export_ready_has_its_key",
                condition=~models.Q(state="ready")
                | models.Q(data_key__isnull=False, taken_at__isnull=False, expires_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["company", "-asked_at"], name="export_by_time")]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M} {self.state}"

    def key(self) -> DataKey | None:
        """Open the key its pieces are sealed under; None once that is destroyed."""
        return DataKey.unwrap(self.id, self.data_key) if self.data_key else None


class ExportPiece(CompanyRow):
    """A piece of a file, sealed; `number` counts from 0."""

    export = within("migration.Export", related_name="pieces")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(name="export_piece_once", fields=["export", "number"])]

    def __str__(self) -> str:
        return f"{self.export_id} #{self.number}"
