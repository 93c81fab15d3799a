"""What every tenant's row has, and how it may refer to another."""

from typing import Any

from django.db import models

from raincheck.core.ids import new_id


class CompanyRow(models.Model):
    """A row that belongs to one company. Its id sorts by the time it was made."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(
        "accounts.Company", on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class HeldRow(CompanyRow):
    """A row that is always within another of its company, by a reference that is never empty.

    The reference's composite key holds the company as well, so that a key of its own would only check again, row by
    row, what holds already: a fifth of what it costs to write many.
    """

    company = models.ForeignKey(
        "accounts.Company", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        abstract = True


def within(target: str, *, related_name: str = "+", **options: Any) -> "models.ForeignKey[Any, Any]":
    """Return a reference within the same company; the walls' composite key holds it in the database."""
    return models.ForeignKey(
        target, on_delete=models.PROTECT, db_constraint=False, related_name=related_name, **options
    )
