"""What an export says of itself: whose it is, of which moment, and of each file its columns, count and checksums."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from raincheck.migration.exports.errors import NoExport, UnknownContent

FORMAT = "raincheck-export/1"
FILE = "manifest.json"
#: What every export has, and what it has where that was asked for.
FORMS = ("jsonl", "csv")
PARQUET = "parquet"


def path_of(form: str, sheet: str) -> str:
    """Return where a sheet's file of one form lies within an export."""
    return f"{form}/{sheet}.{form}"


@dataclass(frozen=True)
class File:
    """One file: its place within the export, its size and its SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Told:
    """One sheet as it was written, a file a form. The checksum of `jsonl` is that of the plain values."""

    name: str
    columns: tuple[str, ...]
    rows: int
    files: Mapping[str, File]

    @property
    def checksum(self) -> str:
        """The SHA-256 (hex) of the plain values."""
        return self.files["jsonl"].sha256

    def as_json(self) -> dict[str, Any]:
        """Return it as the manifest has it."""
        said = {"name": self.name, "columns": list(self.columns), "rows": self.rows}
        return {**said, **{form: vars(file) for form, file in self.files.items()}}


@dataclass(frozen=True)
class Manifest:
    """The whole export. `key_mark` tells under which master key hashes were made that are told as they stand."""

    company: UUID
    slug: str
    name: str
    taken_at: str
    key_mark: str
    left_out: Mapping[str, str]
    sheets: tuple[Told, ...]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(sheet.rows for sheet in self.sheets)

    def text(self) -> str:
        """Return the manifest's file."""
        company = {"id": str(self.company), "slug": self.slug, "name": self.name}
        said = {
            "format": FORMAT,
            "company": company,
            "taken_at": self.taken_at,
            "key_mark": self.key_mark,
            "rows": self.rows,
            "left_out": dict(self.left_out),
            "sheets": [sheet.as_json() for sheet in self.sheets],
        }
        return json.dumps(said, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def read(cls, text: str) -> "Manifest":
        """Read a manifest's file. Raises NoExport, UnknownContent."""
        try:
            said = json.loads(text)
            if said["format"] != FORMAT:
                ours = str(said["format"]).startswith(FORMAT.partition("/")[0])
                raise (UnknownContent if ours else NoExport)(detail=str(said["format"]))
            company = said["company"]
            return cls(
                UUID(company["id"]),
                str(company["slug"]),
                str(company["name"]),
                str(said["taken_at"]),
                str(said["key_mark"]),
                dict(said["left_out"]),
                tuple(_told(sheet) for sheet in said["sheets"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise NoExport(detail=FILE) from error


def _told(said: Mapping[str, Any]) -> Told:
    forms = [*FORMS, PARQUET] if PARQUET in said else FORMS
    files = {form: File(**said[form]) for form in forms}
    return Told(str(said["name"]), tuple(said["columns"]), int(said["rows"]), files)
