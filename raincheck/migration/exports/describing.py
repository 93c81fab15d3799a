"""Every file and column of an export in words: what docs/reference/export.md is made of."""

from collections.abc import Iterator
from typing import Any

from django.db import models

from raincheck.migration.exports import sheets
from raincheck.migration.exports.sheets import Sheet

#: Column types in plain words; the first that fits.
_TYPES: tuple[tuple[type[Any], str], ...] = (
    (models.UUIDField, "id"),
    (models.BooleanField, "true / false"),
    (models.DateTimeField, "instant, UTC"),
    (models.DateField, "day"),
    (models.TimeField, "time of day"),
    (models.DecimalField, "decimal, as text"),
    (models.IntegerField, "whole number"),
    (models.FloatField, "number"),
    (models.JSONField, "JSON"),
    (models.CharField, "text"),
    (models.TextField, "text"),
)


def reference() -> str:
    """Return the reference in Markdown: a section a file, a line a column."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for sheet in sheets.sheets():
        yield f"### {sheet.name}"
        yield ""
        yield _in_table(said(sheet))
        yield ""
        yield "| column | what it holds | empty? |"
        yield "|---|---|---|"
        for column in sheet.columns:
            yield f"| `{column}` | {_in_table(meaning(sheet, column))} | {_empty(sheet, column)} |"
        yield ""
    yield "### Left out"
    yield ""
    yield "| what | why |"
    yield "|---|---|"
    for what, why in {**sheets.LEFT_OUT, **sheets.SECRET}.items():
        yield f"| {what} | {why} |"


def said(sheet: Sheet) -> str:
    """Return the first paragraph of what the code says of a table."""
    first = (sheet.model.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(first.split())


def meaning(sheet: Sheet, column: str) -> str:
    """Return what a column holds."""
    if sheet.sealed and column in sheet.sealed.shown:
        return sheet.sealed.shown[column].meaning
    field = sheet.field(column)
    parts = [_type(field)]
    target = getattr(field, "related_model", None)
    if sheets.is_model(target):
        parts = [f"id, of `{target._meta.db_table}`"]
    if field is not None and field.choices:
        parts.append(" ".join(f"`{value}`" for value, _ in field.flatchoices))
    if field is not None and field.help_text:
        parts.append(str(field.help_text))
    return ": ".join(parts)


def _in_table(text: str) -> str:
    return text.replace("|", "\\|")


def _type(field: Any) -> str:
    return next((words for kind, words in _TYPES if isinstance(field, kind)), "value")


def _empty(sheet: Sheet, column: str) -> str:
    field = sheet.field(column)
    return "yes" if field is None or field.null or getattr(field, "blank", False) else ""
