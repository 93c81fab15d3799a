"""What the sealer writes: leaves, the tree over them, and what was signed. They hold hashes, and no company's data.

So no wall between companies stands around them: a proof needs the hashes of its neighbours, whosever they are.
"""

from django.db import models


class Leaf(models.Model):
    """One sealed entry: its place in the log, and the hash that stays when its text has expired."""

    index = models.BigIntegerField(primary_key=True)
    entry_id = models.UUIDField(unique=True)
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_leaf"

    def __str__(self) -> str:
        return f"{self.index} {self.entry_id}"


class Node(models.Model):
    """The root of a whole tile of 256 hashes of the level below (merkle.py)."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_node"

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Seal(models.Model):
    """One signed checkpoint. `horizon` is the transaction (xid8, as text) from which the next seal looks on."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    horizon = models.CharField(max_length=20)
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "audit_seal"

    def __str__(self) -> str:
        return f"{self.size} {self.sealed_at:%Y-%m-%d %H:%M:%S}"


class Stamp(models.Model):
    """A checkpoint as it was stamped, and the authority's answer (RFC 3161), which says when."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    token = models.BinaryField()
    stamped_at = models.DateTimeField()

    class Meta:
        db_table = "audit_stamp"

    def __str__(self) -> str:
        return f"{self.size} {self.stamped_at:%Y-%m-%d %H:%M:%S}"


class Expiry(models.Model):
    """A signed statement that the texts of the first `below` entries were dropped for their age, by the owner."""

    below = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    expired_at = models.DateTimeField()

    class Meta:
        db_table = "audit_expiry"

    def __str__(self) -> str:
        return f"{self.below} {self.expired_at:%Y-%m-%d}"
