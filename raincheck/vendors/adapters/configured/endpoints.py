"""One call a vendor takes: how it is put together, and which answers mean what."""

from dataclasses import dataclass, field
from typing import Any

from raincheck.core import http
from raincheck.vendors.adapters.configured.pointers import find_or_none, pointer, pointer_or_none
from raincheck.vendors.adapters.configured.reading import document
from raincheck.vendors.adapters.configured.shape import Table
from raincheck.vendors.adapters.configured.templates import (
    Template,
    headers,
    names_in,
    template,
    templates,
    tree,
)
from raincheck.vendors.adapters.configured.views import Fields, read_fields

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SUCCESS = range(200, 300)
REF = frozenset({"ref"})
KEY = frozenset({"key"})
NEW_TIMES = frozenset({"starts_at", "ends_at"})
BOOKING = NEW_TIMES | {
    "external_id",
    "kind",
    "title",
    "candidate_name",
    "given_name",
    "family_name",
    "email",
    "phone",
    "language",
    "template",
}


@dataclass(frozen=True)
class Match:
    """Answers of these statuses (none: any 2xx) whose JSON holds one of these values there (None: whatever)."""

    statuses: tuple[int, ...] = ()
    at: str | None = None
    values: tuple[str | int | bool, ...] = ()

    def meets(self, answer: http.Answer) -> bool:
        """Say whether an answer is one of these."""
        if answer.status not in (self.statuses or _SUCCESS):
            return False
        if self.at is None:
            return True
        found = find_or_none(document(answer), self.at)
        # 0 is not false, nor 1 true, in anybody's error codes.
        return any(type(found) is type(value) and found == value for value in self.values)


@dataclass(frozen=True)
class Endpoint:
    """One call, and what its answers mean; `interview` None: its answer doesn't hold the interview."""

    method: str
    path: Template
    query: dict[str, Template] = field(default_factory=dict)
    headers: dict[str, Template] = field(default_factory=dict)
    json: Any = None
    form: dict[str, Template] | None = None
    success: tuple[Match, ...] = (Match(),)
    gone: tuple[Match, ...] = ()
    not_found: tuple[Match, ...] = ()
    interview: str | None = None
    fields: Fields | None = None

    @property
    def names(self) -> frozenset[str]:
        """The placeholders used."""
        return names_in([self.path, self.query, self.headers, self.json, self.form])


def meets(matches: tuple[Match, ...], answer: http.Answer) -> bool:
    """Say whether an answer is one that any of these means."""
    return any(match.meets(answer) for match in matches)


def read_endpoint(
    table: Table, known: frozenset[str], *, answers: bool = False, invites: bool = False
) -> Endpoint:
    """Read an endpoint whose texts may use these placeholders; `answers`: what it answers must be the interview."""
    path = address(table, "path", known)
    parts = {
        "query": templates(table, "query", known),
        "headers": headers(table, "headers", known),
        "json": tree(table, "json", known),
        "form": templates(table, "form", known) if table.has("form") else None,
    }
    if parts["json"] is not None and parts["form"] is not None:
        table.wrong("form", "json 与 form 只能有一个", "there is a json body already")
    return Endpoint(
        method=table.choice("method", _METHODS),
        path=path,
        success=table.tables("success", read_match) or (Match(),),
        gone=table.tables("gone", read_match),
        not_found=table.tables("not_found", read_match),
        interview=pointer(table, "interview", "") if answers else pointer_or_none(table, "interview"),
        fields=table.table_or_none("fields", lambda t: read_fields(t, invited=invites)),
        **parts,
    )


def address(table: Table, name: str, known: frozenset[str]) -> Template:
    """Read the path of an endpoint."""
    path = beginning(table, name, known, ("/",))
    if any(mark in text for text, _ in path.pieces for mark in "?#"):
        table.wrong(name, "问号之后的参数请写在 query 中", "what follows a question mark belongs into query")
    return path


def beginning(table: Table, name: str, known: frozenset[str], starts: tuple[str, ...]) -> Template:
    """Read an address, or part of one, that begins with one of these."""
    found = template(table, name, known)
    if not found.pieces or not found.pieces[0][0].startswith(starts):
        table.wrong(name, f"应以 {' 或 '.join(starts)} 开头", f"must begin with {' or '.join(starts)}")
    if any(not letter.isprintable() or letter.isspace() for text, _ in found.pieces for letter in text):
        table.wrong(name, "地址中不能有空白", "an address holds no blanks")
    return found


def read_match(table: Table) -> Match:
    """Read which answers are meant: `status`, and `at` with `is`."""
    statuses, at = table.numbers("status"), pointer_or_none(table, "at")
    values = table.take("is") if at is not None else []
    if not isinstance(values, list) or not all(isinstance(v, str | int | bool) for v in values):
        table.wrong("is", "应为值的列表，如 [0]", "must be a list of values, as [0]")
        values = []
    if not statuses and at is None:
        table.wrong("status", "status 与 at 至少要有一个", "status, or at with is, must be there")
    return Match(statuses, at, tuple(values))
