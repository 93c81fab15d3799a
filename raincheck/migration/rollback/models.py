"""Tables of batches: each run that may be undone, and what it touched, a row a statement."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.tenancy import CompanyRow, HeldRow, within


class BatchKind(models.TextChoices):
    """What a batch did."""

    IMPORT = "import", _("导入")
    ROLLBACK = "rollback", _("回滚")


class Batch(CompanyRow):
    """迁移批次: one run. `reverses` is the batch that this one undid; each is undone once at most."""

    kind = models.CharField(max_length=16, choices=BatchKind.choices)
    at = models.DateTimeField()
    name = models.CharField(max_length=255)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    # Found by the constraint's own index.
    reverses = within("migration.Batch", null=True, db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="batch_undone_once", fields=["reverses"])]
        indexes = [models.Index(fields=["company", "-at"], name="batch_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Operation(models.TextChoices):
    """What a statement did to its rows."""

    INSERT = "I", _("新增")
    UPDATE = "U", _("修改")
    DELETE = "D", _("删除")


class Touched(HeldRow):
    """What one statement of a batch did to one table; written by the database itself (`capture.py`).

    `ids`, `after` and `before` run in step. `before` is each row as it was (nothing for an inserted one), `after` a
    hash of it over `columns` as the statement left it: whoever changed it later left another.
    """

    batch = within("migration.Batch", related_name="touched")
    number = models.BigIntegerField(unique=True, help_text="in the order in which it was done")
    table_name = models.CharField(max_length=63)
    operation = models.CharField(max_length=1, choices=Operation.choices)
    columns = ArrayField(models.CharField(max_length=63))
    ids = ArrayField(models.UUIDField())
    after = ArrayField(models.BigIntegerField(), null=True)
    before = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["batch", "number"], name="touched_of_batch")]

    def __str__(self) -> str:
        return f"{self.operation} {self.table_name} #{self.number}"
