"""What an export says of itself: whose it is, of which moment, and of each file its columns, count and checksums."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from raincheck.migration.exports.errors import NoExport

FORMAT = "raincheck-export/1"
FILE = "manifest.json"
FORMS = ("jsonl", "csv")


@dataclass(frozen=True)
class File:
    """One file: its place within the export, its size and its SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Told:
    """One sheet as it was written. The checksum of `jsonl` is that of the plain values."""

    name: str
    columns: tuple[str, ...]
    rows: int
    jsonl: File
    csv: File

    def as_json(self) -> dict[str, Any]:
        """Return it as the manifest has it."""
        return {**vars(self), "columns": list(self.columns), "jsonl": vars(self.jsonl), "csv": vars(self.csv)}


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
        """Read a manifest's file. Raises NoExport."""
        try:
            said = json.loads(text)
            if said["format"] != FORMAT:
                raise NoExport(detail=str(said["format"]))
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
    jsonl, csv = (File(**said[form]) for form in FORMS)
    return Told(str(said["name"]), tuple(said["columns"]), int(said["rows"]), jsonl, csv)
