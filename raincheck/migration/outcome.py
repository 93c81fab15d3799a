"""What came of an import, as figures and words."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from raincheck.migration.notices import Notices
from raincheck.migration.rows.drafts import Rejection
from raincheck.migration.rows.survey import Study
from raincheck.migration.words import letter

SHOWN = 10


@dataclass
class Outcome:
    """Counts that always add up: rows_in = loaded + rejected + unchanged."""

    rows_in: int
    notices: Notices
    loaded: int = 0
    rejected: int = 0
    unchanged: int = 0
    first: list[Rejection] = field(default_factory=list)
    rejections_file: Path | None = None
    company: str = ""
    #: The batch, once something of it is committed; and the row a resumed run went on behind.
    batch: UUID | None = None
    resumed_after: int = 0

    @property
    def settled(self) -> int:
        """How many rows are loaded, rejected or known to be there."""
        return self.loaded + self.rejected + self.unchanged

    def show(self, rejection: Rejection) -> None:
        """Keep the first few rejections, to be shown."""
        if len(self.first) < SHOWN:
            self.first.append(rejection)

    def check(self) -> None:
        """Raise AssertionError if a row was lost or counted twice: a bug, caught before the commit."""
        if self.rows_in != self.settled:
            raise AssertionError(f"{self.rows_in} ≠ {self.loaded} + {self.rejected} + {self.unchanged}")


def mapping_of(study: Study) -> list[dict[str, Any]]:
    """Return the mapping as plain values: every column, what it is taken for, and why."""
    orders = {
        column.index: study.orders.get(column.field) for column in study.mapping.columns if column.field
    }
    lines = []
    for column in study.mapping.columns:
        line: dict[str, Any] = {
            "column": letter(column.index),
            "heading": column.heading,
            "field": column.field,
            "confidence": round(column.confidence, 2) if column.field else None,
            "why": str(column.why),
        }
        order = orders.get(column.index)
        if order is not None:
            line |= {"date_order": order.code, "date_order_why": str(order.why)}
            if study.year:
                line["year"] = study.year
            if column.field in study.midnights:
                line["midnight_is_nothing"] = True
        lines.append(line)
    return lines
