"""One request for cancellation in words: who, when, why, who reviewed, and what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform

from raincheck.accounts.abilities import Ability, reach
from raincheck.accounts.queries import key_names, names_of
from raincheck.audit.catalogue import Action
from raincheck.cancellations.models import Agreement, State
from raincheck.cancellations.policy import Rule
from raincheck.cancellations.queries import reasons_by_code, rules_as_of
from raincheck.core.actor import Actor, ActorKind
from raincheck.insights import words
from raincheck.insights.batches import batches
from raincheck.insights.models import Request
from raincheck.recruiting.models import InterviewKind
from raincheck.recruiting.queries import position_names

_FIELDS = (
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "action",
    "facts",
    "interview_id",
    "interview__kind",
    "interview__precision",
    "interview__starts_at",
    "interview__ends_at",
    "interview__application__candidate__name",
    "cancellation_id",
    "cancellation__state",
    "cancellation__outcome",
    "cancellation__reason__code",
    "cancellation__note",
    "cancellation__decided_at",
    "cancellation__decided_by",
    "cancellation__decision_note",
    "cancellation__agreement",
    "cancellation__completed_at",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the database holds of one request, in the order of _FIELDS; then when the interview was to be."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    action: str
    facts: dict[str, Any]
    interview_id: UUID | None
    kind: str | None
    precision: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    candidate: str | None
    cancellation_id: UUID | None
    state: str | None
    verdict: str | None
    reason: str | None
    note: str | None
    decided_at: datetime | None
    decided_by: UUID | None
    decision_note: str | None
    agreement: str | None
    completed_at: datetime | None
    was_to_start: str | None
    was_to_end: str | None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request as it reads on the page and in a file. Instants are UTC, `took` in seconds.

    Position, department, school and source are as they were; so are the interview's times. The reason is as somebody
    sorted it since, if anybody did: then `recorded_reason` is what the trail has, else empty. Who may not read notes
    finds them empty.
    """

    id: UUID
    at: datetime
    interview_id: UUID | None
    kind: str
    kind_name: str
    precision: str
    starts_at: datetime | None
    ends_at: datetime | None
    candidate: str
    position: str
    department: str
    school: str
    source: str
    initiator: str
    asked_by: str
    channel: str
    reason: str
    reason_code: str
    recorded_reason: str
    note: str
    verdict: str
    rule: str
    version: str
    reviewer: str
    reviewed_at: datetime | None
    review_note: str
    outcome: str
    outcome_code: str
    agreement: str
    ended_at: datetime | None
    took: float | None
    cancellation_id: UUID | None

    @property
    def took_as_time(self) -> timedelta | None:
        """How long it took from asking to its end."""
        return None if self.took is None else timedelta(seconds=self.took)


def request_rows(found: "QuerySet[Request]", actor: Actor) -> Iterator[list[RequestRow]]:
    """Yield these requests in words and in order, batch by batch, from one look at the database.

    States and decisions of all rows are of one moment; only names are looked up batch by batch.
    """
    teller = _Teller(actor)
    frozen = [KeyTextTransform(end, "cancellation__facts") for end in ("starts_at", "ends_at")]
    asked = found.values_list(*_FIELDS, *frozen)
    for batch in batches(asked):
        yield teller.tell([_Asked(*values) for values in batch])


def reviewer_of(asked: _Asked) -> str:
    """Say who decided: `""` for a member of staff, else which of words.REVIEWERS."""
    if asked.decided_by is not None:
        return ""
    if asked.state == State.IN_REVIEW:
        return words.WAITING
    if asked.decided_at is None:
        return words.RULE
    return words.CANDIDATE if asked.state == State.WITHDRAWN else words.SYSTEM


class _Teller:
    """Puts requests into words, in the language active when it is made; what was looked up once stays known."""

    def __init__(self, actor: Actor) -> None:
        self._company_id = actor.company_id
        self._with_notes = reach(actor, Ability.VIEW_REVIEWS) is not None
        self._reasons = {
            code: words.label(reason) for code, reason in reasons_by_code(actor.company_id).items()
        }
        self._outcomes = _said(words.OUTCOMES)
        self._initiators = _said(words.ACTORS | words.INITIATORS)
        self._channels = _said(words.CHANNELS)
        self._verdicts = _said(words.VERDICTS)
        self._reviewers = _said(words.REVIEWERS)
        self._agreements = _said(dict(Agreement.choices))
        self._kinds = _said(dict(InterviewKind.choices))
        self._rules: dict[int, Mapping[str, Rule]] = {}
        self._staff: dict[UUID, str] = {}
        self._positions: dict[str, tuple[str, str]] = {}

    def tell(self, asked: list[_Asked]) -> list[RequestRow]:
        """Put one batch into words."""
        self._learn(asked)
        return [self._row(one) for one in asked]

    def _learn(self, asked: list[_Asked]) -> None:
        # A candidate is named by their interview.
        people = {one.actor_id for one in asked if one.actor_kind != ActorKind.CANDIDATE}
        people |= {one.decided_by for one in asked}
        unknown = [person for person in people - self._staff.keys() if person is not None]
        if unknown:
            self._staff |= names_of(self._company_id, unknown)
        if any(one.actor_kind == ActorKind.INTEGRATION for one in asked):
            self._staff |= key_names(self._company_id)
        positions = {one.facts.get("position", "") for one in asked} - self._positions.keys() - {""}
        if positions:
            self._positions |= position_names(self._company_id, positions)

    def _row(self, asked: _Asked) -> RequestRow:
        facts = asked.facts
        refused = asked.action == Action.REFUSED
        position, department = self._positions.get(facts.get("position", ""), ("", ""))
        outcome = words.REFUSED if refused else asked.state or words.ROLLED_BACK
        verdict = "refuse" if refused else facts.get("outcome", "")
        channel, recorded = facts.get("channel", ""), facts.get("reason", "")
        reason = asked.reason or recorded
        ended_at = asked.at if refused else _ended_at(asked)
        version = facts.get("policy_version")
        return RequestRow(
            id=asked.id,
            at=asked.at,
            interview_id=asked.interview_id,
            kind=asked.kind or "",
            kind_name=self._kinds.get(asked.kind or "", ""),
            precision=asked.precision or "",
            starts_at=_was(asked.was_to_start or facts.get("starts_at"), asked.starts_at),
            ends_at=_was(asked.was_to_end or facts.get("ends_at"), asked.ends_at),
            candidate=asked.candidate or "",
            position=position,
            department=department,
            school=facts.get("school", ""),
            source=facts.get("source", ""),
            initiator=self._initiators.get(asked.actor_kind, asked.actor_kind),
            asked_by=self._asked_by(asked),
            channel=self._channels.get(channel, channel),
            reason=self._reasons.get(reason, reason),
            reason_code=reason,
            recorded_reason="" if reason == recorded else self._reasons.get(recorded, recorded),
            note=(asked.note or "") if self._with_notes else "",
            verdict=self._verdicts.get(verdict, verdict),
            rule=self._rule(facts.get("rule", ""), version),
            version="" if version is None else words.version_name(version),
            reviewer=self._reviewer(asked),
            reviewed_at=asked.at if refused else asked.decided_at,
            review_note=(asked.decision_note or "") if self._with_notes else "",
            outcome=self._outcomes.get(outcome, outcome),
            outcome_code=outcome,
            agreement=self._agreements.get(asked.agreement or "", "") if _has_agreement(asked) else "",
            ended_at=ended_at,
            took=None if ended_at is None or refused else (ended_at - asked.at).total_seconds(),
            cancellation_id=asked.cancellation_id,
        )

    def _asked_by(self, asked: _Asked) -> str:
        if asked.actor_kind == ActorKind.CANDIDATE:
            return asked.candidate or ""
        return self._staff.get(asked.actor_id, "") if asked.actor_id else ""

    def _reviewer(self, asked: _Asked) -> str:
        if asked.decided_by is not None:
            return self._staff.get(asked.decided_by, str(asked.decided_by))
        return self._reviewers[reviewer_of(asked)]

    def _rule(self, code: str, version: int | None) -> str:
        number = version or 0
        if number not in self._rules:
            self._rules[number] = {rule.code: rule for rule in rules_as_of(self._company_id, number)}
        return words.rule_name(code, self._rules[number])


def _has_agreement(asked: _Asked) -> bool:
    """Say whether the AI interview system's word matters: not before approval, nor where nothing was cancelled."""
    return asked.state in {State.PROCESSING, State.COMPLETED}


def _ended_at(asked: _Asked) -> datetime | None:
    if asked.state in {State.REJECTED, State.WITHDRAWN}:
        return asked.decided_at
    return asked.completed_at


def _was(recorded: str | None, now: datetime | None) -> datetime | None:
    """Return an instant as recorded then, else what it is now."""
    return datetime.fromisoformat(recorded) if recorded else now


def _said(codes: Mapping[str, Any]) -> dict[str, str]:
    return {str(code): str(text) for code, text in codes.items()}
