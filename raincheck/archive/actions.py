"""The move out of the schedule: one transaction, checked before and after, or nothing at all."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from raincheck.accounts.abilities import Ability, demand
from raincheck.archive.models import (
    EntryKind,
    HistoryRecord,
    ProfileEntry,
    TalentProfile,
)
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound
from raincheck.recruiting.models import Assessment, Candidate, Interview, InterviewState

#: kind, what it links to, its facts, and when that was
Link = tuple[EntryKind, UUID, dict[str, Any], datetime]


class MoveFailed(Exception):
    """A check didn't hold; the caller rolls back whole and opens a task. `check` names it."""

    def __init__(self, check: str) -> None:
        super().__init__(check)
        self.check = check


@dataclass(frozen=True)
class Departure:
    """Why an interview leaves the schedule."""

    cancellation_id: UUID
    reason_code: str
    initiator: str
    requested_at: datetime
    note_given: bool


def move_out(*, interview: Interview, departure: Departure, actor: Actor, now: datetime) -> HistoryRecord:
    """Write the history record and the talent profile of a locked interview that is being cancelled.

    The interview must already be marked cancelled in this transaction. Raises MoveFailed.
    """
    _require(interview.state == InterviewState.CANCELLED, "interview_is_cancelled")
    scores = list(interview.assessments.order_by("dimension"))
    snapshot = snapshot_of(interview, scores)
    history = _write_history(interview, departure, snapshot, now)
    profile = _open_profile(interview, now)
    linked = _link(profile, interview, departure, scores)
    _check_after(history, profile, snapshot=snapshot, linked=linked)
    subject = Subject("history", history.id, interview.id, departure.cancellation_id)
    facts = {"checksum": history.checksum, "assessments": len(scores), "in_pool": profile.in_pool}
    note(actor=actor, deed=Deed(Action.MOVED, subject, facts), now=now)
    return history


def snapshot_of(
    interview: Interview, scores: list[Assessment], *, panel: Iterable[UUID] | None = None
) -> dict[str, Any]:
    """Return the interview as plain JSON values, with its people (as ids) and scores; `panel`, if it is known."""
    application = interview.application
    if panel is None:
        panel = interview.interviewers.values_list("staff_id", flat=True)
    return {
        "interview": str(interview.id),
        "kind": interview.kind,
        "precision": interview.precision,
        "starts_at": interview.starts_at.isoformat(),
        "ends_at": interview.ends_at.isoformat(),
        "sequence": interview.sequence,
        "application": str(application.id),
        "application_state": application.state,
        "candidate": str(application.candidate_id),
        "position": str(application.position_id),
        "department": str(application.position.department_id),
        "school": application.candidate.school,
        "source": application.source,
        "interviewers": sorted(str(i) for i in panel),
        "vendor_ref": interview.vendor_ref,
        "vendor_progress": interview.vendor_progress,
        "vendor_word": interview.vendor_word,
        "assessments": [
            {
                "dimension": s.dimension,
                "score": f"{s.score:.2f}",
                "max": f"{s.max_score:.2f}",
                "partial": s.partial,
            }
            for s in scores
        ],
    }


def checksum_of(snapshot: dict[str, Any]) -> str:
    """Return the SHA-256 (hex) of the snapshot's canonical JSON."""
    text = json.dumps(snapshot, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _write_history(
    interview: Interview, departure: Departure, snapshot: dict[str, Any], now: datetime
) -> HistoryRecord:
    history = history_of(interview, departure, snapshot, now)
    history.save(force_insert=True)
    return history


def history_of(
    interview: Interview, departure: Departure, snapshot: dict[str, Any], now: datetime
) -> HistoryRecord:
    """Return the (unsaved) history record of an interview that leaves the schedule."""
    application = interview.application
    return HistoryRecord(
        company_id=interview.company_id,
        interview=interview,
        cancellation_id=departure.cancellation_id,
        reason_code=departure.reason_code,
        initiator=departure.initiator,
        candidate_id=application.candidate_id,
        position_id=application.position_id,
        department_id=application.position.department_id,
        school=application.candidate.school,
        source=application.source,
        starts_at=interview.starts_at,
        ends_at=interview.ends_at,
        snapshot=snapshot,
        checksum=checksum_of(snapshot),
        archived_at=now,
    )


def _open_profile(interview: Interview, now: datetime) -> TalentProfile:
    # Locked, so that consent given or taken back at this moment finds the profile or is found by it.
    candidate = Candidate.objects.select_for_update(no_key=True).get(id=interview.application.candidate_id)
    profile, _ = TalentProfile.objects.get_or_create(
        company_id=interview.company_id, candidate_id=candidate.id, defaults={"opened_at": now}
    )
    if candidate.pool_consent and not profile.in_pool:
        profile.in_pool, profile.pooled_at = True, now
        profile.save(update_fields=["in_pool", "pooled_at"])
    return profile


def set_pool_consent(*, actor: Actor, consent: bool, now: datetime) -> Candidate:
    """Note the acting candidate's own word on the talent pool; their profile follows at once.

    Raises NotAllowed, NotFound.
    """
    demand(actor, Ability.GIVE_CONSENT)
    mine = Candidate.objects.select_for_update(no_key=True)
    candidate = mine.filter(company_id=actor.company_id, identity_id=actor.id).first()
    if candidate is None:
        raise NotFound
    if candidate.pool_consent is consent:
        return candidate
    candidate.pool_consent, candidate.pool_consent_at = consent, now
    candidate.save(update_fields=["pool_consent", "pool_consent_at"])
    profile = TalentProfile.objects.filter(company_id=actor.company_id, candidate=candidate)
    profile.update(in_pool=consent, pooled_at=now if consent else None)
    deed = Deed(Action.CONSENTED, Subject("candidate", candidate.id), {"consent": consent})
    note(actor=actor, deed=deed, now=now)
    return candidate


def _link(
    profile: TalentProfile, interview: Interview, departure: Departure, scores: list[Assessment]
) -> list[ProfileEntry]:
    """Link CV, application, scores and this cancellation to the profile; what is linked already stays."""
    return _store_links(profile, links_of(interview, departure, scores))


def links_of(interview: Interview, departure: Departure, scores: list[Assessment]) -> list[Link]:
    """Return what a profile is to be linked to when this interview leaves the schedule."""
    application = interview.application
    at = departure.requested_at
    cv = {"headline": application.candidate.headline}
    return [
        (EntryKind.CV, application.candidate_id, cv, application.applied_at),
        (EntryKind.APPLICATION, application.id, {"state": application.state}, application.applied_at),
        (EntryKind.CANCELLATION, departure.cancellation_id, {"reason": departure.reason_code}, at),
        *(_score_link(score) for score in scores),
    ]


def _score_link(score: Assessment) -> Link:
    data = {"dimension": score.dimension, "score": f"{score.score:.2f}", "partial": score.partial}
    return EntryKind.ASSESSMENT, score.id, data, score.scored_at


def _store_links(profile: TalentProfile, links: Sequence[Link]) -> list[ProfileEntry]:
    entries = entries_of(profile, links)
    ProfileEntry.objects.bulk_create(entries, ignore_conflicts=True)
    return entries


def entries_of(profile: TalentProfile, links: Sequence[Link]) -> list[ProfileEntry]:
    """Return (unsaved) entries of a profile."""
    return [
        ProfileEntry(
            company_id=profile.company_id,
            profile=profile,
            kind=kind,
            subject_id=subject,
            data=data,
            occurred_at=when,
        )
        for kind, subject, data, when in links
    ]


def link_late_scores(*, interview: Interview) -> None:
    """Bring scores that arrived after the move into the candidate's profile; a later one replaces the earlier."""
    profile = TalentProfile.objects.filter(
        company_id=interview.company_id, candidate_id=interview.application.candidate_id
    ).first()
    if profile is not None:
        ProfileEntry.objects.bulk_create(
            entries_of(profile, [_score_link(score) for score in interview.assessments.all()]),
            update_conflicts=True,
            unique_fields=["profile", "kind", "subject_id"],
            update_fields=["data", "occurred_at"],
        )


def link_communications(
    *, company_id: UUID, told: Mapping[UUID, Sequence[tuple[UUID, str, datetime]]]
) -> None:
    """Link (id, event, instant) of messages sent to candidates, by the candidate's id, to the profiles there are."""
    profiles = TalentProfile.objects.filter(company_id=company_id, candidate_id__in=list(told))
    entries: list[ProfileEntry] = []
    for profile in profiles:
        messages = told[profile.candidate_id]
        entries += entries_of(
            profile, [(EntryKind.COMMUNICATION, id_, {"event": event}, at) for id_, event, at in messages]
        )
    ProfileEntry.objects.bulk_create(entries, ignore_conflicts=True)


def _check_after(
    history: HistoryRecord, profile: TalentProfile, *, snapshot: dict[str, Any], linked: list[ProfileEntry]
) -> None:
    """Read back what was written: same checksum, every link there."""
    stored = HistoryRecord.objects.values_list("snapshot", "checksum").get(id=history.id)
    _require(checksum_of(stored[0]) == stored[1] == checksum_of(snapshot), "history_matches_interview")
    wanted = {(entry.kind, entry.subject_id) for entry in linked}
    present = set(
        ProfileEntry.objects.filter(
            profile=profile, subject_id__in=[e.subject_id for e in linked]
        ).values_list("kind", "subject_id")
    )
    _require(wanted <= present, "profile_is_linked")


def _require(held: bool, check: str) -> None:
    if not held:
        raise MoveFailed(check)
