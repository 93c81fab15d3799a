"""What a check finds: how bad it is, what was seen, what to do. In both languages, for whoever is on call."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Grade(IntEnum):
    """How it stands; the worst of all decides the command's exit status."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True)
class Said:
    """The same in Chinese and English."""

    zh: str = ""
    en: str = ""

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}" if self.zh != self.en else self.zh


@dataclass(frozen=True)
class Finding:
    """The result of one check; `check` is its stable name, `todo` is empty where nothing is to be done."""

    check: str
    grade: Grade
    seen: Said
    todo: Said = Said()

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON: check, status (ok, warn, fail), seen and todo in both languages."""
        return {
            "check": self.check,
            "status": self.grade.name.lower(),
            "seen": vars(self.seen),
            "todo": vars(self.todo) if self.grade else None,
        }


def graded(value: float, *, warn: float, fail: float) -> Grade:
    """Return how bad a figure is that should be small; a boundary belongs to the milder side."""
    return Grade.FAIL if value > fail else Grade.WARN if value > warn else Grade.OK


Check = Callable[[], Iterable[Finding]]


def tried(name: str, check: Check) -> list[Finding]:
    """Run a check; one that breaks is a finding, not the end of the examination."""
    try:
        return list(check())
    except Exception as error:  # noqa: BLE001 (a check meets whatever is broken, which is why it was asked; the others are still to be made)
        what = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
        seen = Said(f"检查未能完成：{what}", f"the check could not be made: {what}")
        return [Finding(name, Grade.FAIL, seen, Said("请查看日志", "look into the logs"))]
