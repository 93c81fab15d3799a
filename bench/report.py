"""What a measurement found, against its goal where it has one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured value. A goal is a bound it must reach (`at_least`) or keep under (`at_most`)."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether the goal, if there is one, was met."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)

    @property
    def goal(self) -> str:
        """The goal in words; empty where none was set."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return "" if self.at_most is None else f"<= {self.at_most:g}"

    def as_json(self) -> dict[str, Any]:
        """Return it as results.json holds it."""
        value = round(self.value, 4)
        return {
            "name": self.name,
            "value": value,
            "unit": self.unit,
            "goal": self.goal,
            "ok": self.ok,
            "detail": self.detail,
        }


def table(rows: Iterable[dict[str, Any]]) -> str:
    """Return results as lines of a table for people."""
    lines = [f"{'':2}{'name':28}{'value':>12}  {'unit':16}{'goal':10}detail"]
    for row in rows:
        mark = "  " if row["ok"] else "! "
        value = f"{row['value']:.4g}" if abs(row["value"]) < 1000 else f"{row['value']:.0f}"  # noqa: PLR2004
        lines.append(f"{mark}{row['name']:28}{value:>12}  {row['unit']:16}{row['goal']:10}{row['detail']}")
    return "\n".join(lines)
