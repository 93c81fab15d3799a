"""The core's one table: keys that are themselves sealed under the master key."""

from django.db import models


class SealedKey(models.Model):
    """A key that outlives master keys, such as that of the hashes by which contacts are found. Nobody's company's."""

    name = models.CharField(max_length=16, primary_key=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "core_sealedkey"

    def __str__(self) -> str:
        return self.name
