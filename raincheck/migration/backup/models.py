"""The table of the backups room. It belongs to no company: a backup holds all of them."""

from django.db import models

from raincheck.core.ids import new_id


class BackupRun(models.Model):
    """One attempt at a backup: for which turn of the schedule (null: somebody asked), and what became of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slot = models.DateTimeField(null=True)
    begun_at = models.DateTimeField()
    name = models.CharField(max_length=40, blank=True)
    taken_at = models.DateTimeField(null=True, help_text="when its snapshot was taken")
    verified_at = models.DateTimeField(null=True, help_text="when restoring it was proven")
    bytes = models.BigIntegerField(null=True)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-begun_at"], name="backup_run_latest")]

    def __str__(self) -> str:
        return self.name or str(self.begun_at)
