"""What a verification says is wrong."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: what kind, at which leaf, about which entry, and in words what was seen."""

    kind: str
    index: int | None = None
    entry_id: UUID | None = None
    detail: str = ""
