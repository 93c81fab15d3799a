"""What is put on record: a deed, and what it was done to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from raincheck.audit.catalogue import Action


@dataclass(frozen=True)
class Subject:
    """What a deed was done to; `interview_id` and `cancellation_id` put it on their timelines."""

    type: str
    id: UUID
    interview_id: UUID | None = None
    cancellation_id: UUID | None = None


@dataclass(frozen=True)
class Deed:
    """One line to be recorded."""

    action: Action
    subject: Subject
    facts: Mapping[str, Any] = field(default_factory=dict)
