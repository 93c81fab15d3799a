"""What an AI interview system is to us: seven verbs, three ways to fail, and what it can do at all.

An adapter keeps nothing: whatever it needs comes with the line it is called on, and what it learns it returns.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable
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


class Held(Retry):
    """It wasn't even tried: the vendor is over its limit, in trouble, or busy with us as it is."""


class NeedsPerson(Exception):
    """The vendor can't do it; somebody has to, by hand. The text says what."""


class Permanent(Exception):
    """The vendor refuses and always will; the text says why."""


class BadSignature(Exception):
    """An inbound message isn't signed by whom it claims to be from, or is too old."""


class Status(StrEnum):
    """One vocabulary for all vendors; `View.word` keeps the vendor's own."""

    DRAFT = "draft"
    INVITED = "invited"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "completed"
    AWAITING_FEEDBACK = "awaiting_feedback"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SHOW = "no_show"
    DECLINED = "declined"
    UNMAPPED = "unmapped"

    @property
    def handed_in(self) -> bool:
        """Say whether the candidate has handed the interview in."""
        return self in {Status.SUBMITTED, Status.AWAITING_FEEDBACK}

    @property
    def ended(self) -> bool:
        """Say whether the candidate's link is dead there, for whatever reason."""
        return self in {Status.CANCELLED, Status.EXPIRED, Status.NO_SHOW, Status.DECLINED}

    @property
    def alive(self) -> bool:
        """Say whether the candidate can take it there now."""
        return self in {Status.INVITED, Status.SCHEDULED, Status.IN_PROGRESS}

    @property
    def progress(self) -> str:
        """What a status alone tells of the candidate's doing; `recruiting.Progress`, or `""` for nothing."""
        if self.handed_in:
            return "submitted"
        return "partly_recorded" if self is Status.IN_PROGRESS else ""


@dataclass(frozen=True)
class VendorScore:
    """One dimension's score."""

    dimension: str
    score: Decimal
    max_score: Decimal
    partial: bool


@dataclass(frozen=True)
class View:
    """One interview as the vendor has it now.

    `version` grows with every change there; 0: the vendor counts none, and the instant it was asked at counts
    instead. A time the vendor has no say about is None, and `tolerance` is how coarsely it keeps the others.
    """

    ref: str
    word: str
    status: Status
    progress: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    version: int = 0
    link: str = ""
    scores: Sequence[VendorScore] = ()
    external_id: str = ""
    tolerance: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        """Refuse what no column could hold, wherever it came from. Raises ValueError."""
        if not 0 <= self.version < LARGEST_VERSION:
            raise ValueError("version out of range")
        for score in self.scores:
            finite = score.score.is_finite() and score.max_score.is_finite()
            if not finite or not 0 <= score.score <= score.max_score < LARGEST_SCORE:
                raise ValueError("score out of range")

    def is_at(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Say whether the vendor has it at these times, as far as it keeps times at all."""
        pairs = ((self.starts_at, starts_at), (self.ends_at, ends_at))
        return all(there is None or abs(there - here) <= self.tolerance for there, here in pairs)

    @property
    def times(self) -> str:
        """Start and end there in ISO 8601, with a stroke between; nothing where the vendor has no say."""
        return "/".join(at.isoformat() if at else "" for at in (self.starts_at, self.ends_at))


@dataclass(frozen=True)
class Booking:
    """What a vendor is asked to invite to; `external_id` is our interview's id.

    `template` names what the candidate is invited to there (a position, an interview kit …), as the account's
    options have it. E-mail and phone (E.164) are there only where the adapter `needs_contacts`. `again`: an earlier
    attempt may have been heard, so whoever knows no idempotency keys has to look first.
    """

    external_id: UUID
    kind: str
    starts_at: datetime
    ends_at: datetime
    title: str
    candidate_name: str
    language: str
    email: str = ""
    phone: str = ""
    template: str = ""
    again: bool = False


@dataclass(frozen=True)
class Inbound:
    """A verified webhook: its id, its kind, and what it says.

    `view` None: the event says that something happened, not what is now; the vendor is asked. `event_id` "": the
    vendor numbers none; the body's digest counts instead. One of `ref` and `external_id` must be there.
    """

    event_id: str
    kind: str
    external_id: str
    view: View | None
    at: datetime
    ref: str = ""


@dataclass(frozen=True)
class CallRecord:
    """One call made, for the ledger: no personal data."""

    operation: str
    key: str
    outcome: str
    detail: str
    milliseconds: int


class Gate:
    """Stands before every call of an account. This one lets all of them through.

    `vendors.gates` has the one that knows when a vendor is better left alone.
    """

    def enter(self) -> None:
        """Let one call through. Raises Held."""

    def leave(self, *, trouble: str = "", wait: float = 0.0) -> None:
        """Take in what came of it: an answer, trouble (none came), or the vendor's wish for so many seconds' quiet."""


@dataclass
class Line:
    """One account's line to its vendor; keeps a record of every call made on it (`wire.ask`).

    `credentials` and `options` are what the account was given under the names the adapter declares.
    """

    account_id: UUID
    base_url: str
    api_key: str
    webhook_secret: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    gate: Gate = field(default_factory=Gate)
    calls: list[CallRecord] = field(default_factory=list)


class Cancel(StrEnum):
    """How a vendor takes an interview back. Of an archive it isn't known that the candidate's link dies."""

    REVOKE = "revoke"
    ARCHIVE = "archive"
    DELETE = "delete"
    NONE = "none"


@dataclass(frozen=True)
class Setting:
    """One thing an account has to be given, with words for the page that asks for it."""

    name: str
    zh: str
    en: str
    needed: bool = True


@dataclass(frozen=True)
class Capabilities:
    """What a vendor can do, and what an account there needs.

    `webhook_signature` is the scheme's name, `"none"` where the vendor never calls. `calls_per_minute` 0: no limit
    is known. `credentials` are kept sealed, beside the API key that every account has; `options` are no secrets.
    `template`: what an account, or a position of ours, has to name there; None where there is no such thing.
    """

    cancel: Cancel
    webhook_signature: str
    verified_against_live: bool = False
    lists: bool = False
    reschedules: bool = False
    idempotent: bool = False
    needs_contacts: bool = False
    calls_per_minute: int = 0
    credentials: tuple[Setting, ...] = ()
    options: tuple[Setting, ...] = ()
    template: Setting | None = None


class Adapter(Protocol):
    """One vendor. Every method may raise Retry, NeedsPerson or Permanent."""

    name: str
    title: str
    can: Capabilities

    def invite(self, line: Line, booking: Booking, *, key: str) -> View:
        """Invite the candidate; the same key invites once."""
        ...

    def read(self, line: Line, ref: str) -> View | None:
        """Return the interview as it stands there; None if the vendor doesn't know it."""
        ...

    def pages(self, line: Line) -> Iterator[Sequence[View]]:
        """Yield all interviews the account has, page by page, in whatever order the vendor gives them."""
        ...

    def cancel(self, line: Line, ref: str, *, reason: str, key: str) -> View | None:
        """Cancel it there, half-finished or not. None: it was gone already, which is as good."""
        ...

    def reschedule(self, line: Line, ref: str, *, starts_at: datetime, ends_at: datetime, key: str) -> View:
        """Move it there, or put its deadline off."""
        ...

    def receive(self, line: Line, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """Verify the raw bytes and read a webhook; header names are in lower case.

        Raises BadSignature, Permanent.
        """
        ...

    def health(self, line: Line) -> None:
        """Make the cheapest call that proves address and credentials; raises what is wrong."""
        ...


@runtime_checkable
class Fitting(Protocol):
    """An adapter whose abilities depend on what an account declares; most don't."""

    def fitted(self, options: Mapping[str, str]) -> Adapter:
        """Return the adapter that an account with these options has. Raises Permanent where they make none."""
        ...
