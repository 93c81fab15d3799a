"""What an AI interview system is to us: seven verbs, three ways to fail, and what it can do at all."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol
from uuid import UUID

#: Seconds; what a vendor asks for is kept within these.
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 300.0
LARGEST_VERSION = 2**63
LARGEST_SCORE = 10_000


class Retry(Exception):
    """It may work later; `after` is in seconds."""

    def __init__(self, why: str, *, after: float = 5.0) -> None:
        super().__init__(why)
        self.after = min(max(after, SHORTEST_WAIT), LONGEST_WAIT) if math.isfinite(after) else SHORTEST_WAIT


class NeedsPerson(Exception):
    """The vendor can't do it; somebody has to, by hand. The text says what."""


class Permanent(Exception):
    """The vendor refuses and always will; the text says why."""


class BadSignature(Exception):
    """An inbound message isn't signed by whom it claims to be from, or is too old."""


class Status(StrEnum):
    """One vocabulary for all vendors; `View.word` keeps the vendor's own."""

    INVITED = "invited"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNMAPPED = "unmapped"


@dataclass(frozen=True)
class VendorScore:
    """One dimension's score."""

    dimension: str
    score: Decimal
    max_score: Decimal
    partial: bool


@dataclass(frozen=True)
class View:
    """One interview as the vendor has it now. `version` grows with every change there."""

    ref: str
    word: str
    status: Status
    progress: str
    starts_at: datetime
    ends_at: datetime
    version: int
    link: str = ""
    scores: Sequence[VendorScore] = ()

    def __post_init__(self) -> None:
        """Refuse what no column could hold, wherever it came from. Raises ValueError."""
        if not 0 <= self.version < LARGEST_VERSION:
            raise ValueError("version out of range")
        for score in self.scores:
            finite = score.score.is_finite() and score.max_score.is_finite()
            if not finite or not 0 <= score.score <= score.max_score < LARGEST_SCORE:
                raise ValueError("score out of range")


@dataclass(frozen=True)
class Booking:
    """What a vendor is asked to invite to; `external_id` is our interview's id."""

    external_id: UUID
    kind: str
    starts_at: datetime
    ends_at: datetime
    title: str
    candidate_name: str
    language: str


@dataclass(frozen=True)
class Inbound:
    """A verified webhook: its id, its kind, and the vendor's view of the interview it is about."""

    event_id: str
    kind: str
    external_id: str
    view: View
    at: datetime


@dataclass(frozen=True)
class CallRecord:
    """One call made, for the ledger: no personal data."""

    operation: str
    key: str
    outcome: str
    detail: str
    milliseconds: int


@dataclass
class Line:
    """One account's line to its vendor; keeps a record of every call made on it."""

    account_id: UUID
    base_url: str
    api_key: str
    calls: list[CallRecord] = field(default_factory=list)


@dataclass(frozen=True)
class Capabilities:
    """What a vendor can do. `cancel` is revoke, archive, delete or none."""

    cancel: str
    webhook_signature: str
    verified_against_live: bool


class Adapter(Protocol):
    """One vendor. Every method may raise Retry, NeedsPerson or Permanent."""

    name: str
    can: Capabilities

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """Invite the candidate; the same key invites once."""
        ...

    def read(self, line: Line, ref: str) -> View | None:
        """Return the interview as it stands there; None if the vendor doesn't know it."""
        ...

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """Cancel it there, half-finished or not. None: it was gone already, which is as good."""
        ...

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """Move it there."""
        ...

    def receive(self, *, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Inbound:
        """Verify the raw bytes and read a webhook. Raises BadSignature, Permanent."""
        ...
