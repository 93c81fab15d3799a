"""What a company owns, a sheet a table. A table that is new belongs to it without being named here.

What is left out is named, with the reason; a column that can't be told in plain values must be dealt with in `sealed`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any, TypeGuard

from django.apps import apps
from django.db import models

from raincheck.migration.exports.sealed import SEALED, Sealed

#: Tables that are a company's and stay behind, and why.
LEFT_OUT = {
    "accounts.SignInCode": "codes that are worth something for a few minutes",
    "accounts.CandidateSession": "signed-in browsers; people sign in again",
    "accounts.ApiKey": "keys of programs, of which only hashes are kept; made anew",
    "accounts.Invitation": "links that lead to this installation; people are invited anew",
    "migration.Touched": "before-images: they undo a batch in the very database they were taken in",
    "migration.Upload": "files that wait to be imported, sealed for three days; they are uploaded anew",
    "migration.UploadPiece": "likewise",
    "migration.Export": "exports that were made; their files would hold one another",
    "migration.ExportPiece": "likewise",
}
#: Columns that stay behind.
SECRET = {
    "accounts.Staff.password": "a password's hash; staff get a new one (`raincheck staff password`)",
    "vendors.VendorAccount.api_key_sealed": "a secret of the company's at its vendor; entered anew",
    "vendors.VendorAccount.webhook_secret_sealed": "likewise",
    "vendors.VendorAccount.credentials_sealed": "likewise",
    "notifications.ChannelAccount.secrets_sealed": "a secret of the company's at its carrier; entered anew",
    "notifications.CalendarServer.password_sealed": "a secret of the company's; entered anew",
    "migration.ImportRun.data_key": "what rows that wait for somebody are sealed under; they are sealed anew",
}
#: What must be there before a table's rows can be sealed anew, where no reference says so.
SEALED_UNDER = {
    "notifications.ContactPoint": "accounts.CandidateIdentity",
    "migration.QuarantinedRow": "migration.ImportRun",
}
#: In every table, always the same: whose it is.
COMPANY = "company_id"


@dataclass(frozen=True)
class Sheet:
    """One table: its columns as they are told, and those that are read for them."""

    model: type[models.Model]
    columns: tuple[str, ...]
    sealed: Sealed | None = None
    _fields: dict[str, "models.Field[Any, Any]"] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What its files are called."""
        return self.model._meta.db_table

    @property
    def label(self) -> str:
        """What the code calls it."""
        return self.model._meta.label

    @property
    def rows(self) -> "models.QuerySet[Any, Any]":
        """All rows that the walls let through."""
        return self.model._default_manager.all()  # noqa: SLF001 (Django's own way to a model that is known by name alone)

    def field(self, column: str) -> "models.Field[Any, Any] | None":
        """Return the model's field of a column; None for one that only the plain form has."""
        return self._fields.get(column)

    def kind(self, column: str) -> "models.Field[Any, Any]":
        """Return a field that a column's plain values would fit into."""
        if self.sealed and column in self.sealed.shown:
            return self.sealed.shown[column].kind
        return self._fields[column]

    def all_of(self, company_id: Any) -> "models.QuerySet[Any, dict[str, Any]]":
        """Return the company's rows as the database has them, in the order of their ids."""
        hidden = self.sealed.hidden if self.sealed else ()
        mine = {"id": company_id} if self.label == "accounts.Company" else {COMPANY: company_id}
        names = [name for name in self._fields if name in self.columns or name in hidden]
        return self.rows.filter(**mine).order_by("id").values(*names)


def sheets() -> list[Sheet]:
    """Return every sheet, each after those its model refers to."""
    owned = {model._meta.label: model for model in _owned()}
    order = TopologicalSorter({label: sorted(_refers_to(model, owned)) for label, model in owned.items()})
    return [_sheet(owned[label]) for label in order.static_order()]


def _owned() -> Iterator[type[models.Model]]:
    for model in apps.get_models():
        meta = model._meta
        theirs = (
            any(f.name in {"company", COMPANY} for f in meta.local_fields) or meta.label == "accounts.Company"
        )
        if theirs and meta.managed and meta.label not in LEFT_OUT:
            yield model


def _refers_to(model: type[models.Model], owned: Iterable[str]) -> set[str]:
    related = (field.related_model for field in model._meta.local_fields)
    targets = {target._meta.label for target in related if is_model(target)}
    return (targets & set(owned)) - {model._meta.label}


def is_model(target: Any) -> TypeGuard[type[models.Model]]:
    """Say whether what a field refers to is a table."""
    return isinstance(target, type) and issubclass(target, models.Model)


def _sheet(model: type[models.Model]) -> Sheet:
    label = model._meta.label
    fields = {f.attname: f for f in model._meta.local_concrete_fields if f.attname != COMPANY}
    sealed = SEALED.get(label)
    hidden = sealed.hidden if sealed else ()
    told = [name for name in fields if name not in {"id", *hidden} and f"{label}.{name}" not in SECRET]
    return Sheet(model, ("id", *told, *(sealed.shown if sealed else ())), sealed, fields)
