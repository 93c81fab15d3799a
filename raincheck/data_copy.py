"""Everything we hold about one candidate, as JSON for them to take away (PIPL article 45, GDPR articles 15 and 20).

Made when it is fetched and stored nowhere. What others wrote about them is in it, too; who they were is not.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from raincheck.accounts.identities import open_contacts
from raincheck.accounts.models import CandidateSession
from raincheck.archive.data_requests import note_copy, requests_of
from raincheck.archive.models import HistoryRecord, ProfileEntry
from raincheck.audit.catalogue import SIGHTS
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Cancellation
from raincheck.core.actor import Actor, ActorKind
from raincheck.migration.loading.originals import original_of, pairs_about
from raincheck.notifications.models import ContactPoint
from raincheck.notifications.queries import inbox
from raincheck.recruiting.models import Application, Candidate, Interview
from raincheck.reminders.models import Reminder
from raincheck.vendors.queries import account_names

TYPE = "raincheck-personal-data/1"
#: More messages than anybody has.
ALL = 100_000


def copy_of(*, candidate: Candidate, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return a candidate's data as plain values, and record that it was handed out.

    The caller has shown that they may have it. Instants are ISO 8601 in UTC.
    """
    note_copy(candidate_id=candidate.id, actor=actor, now=now)
    company = candidate.company
    return {
        "type": TYPE,
        "made_at": now.isoformat(),
        "held_by": {"company": company.name, **vars(company.contact)},
        "person": _person(candidate),
        "applications": [_application(one) for one in _applications(candidate)],
        "interviews": [_interview(one) for one in _interviews(candidate)],
        "history": [
            {
                "snapshot": record.snapshot,
                "reason": record.reason_code,
                "archived_at": _iso(record.archived_at),
            }
            for record in HistoryRecord.objects.filter(candidate=candidate).order_by("archived_at")
        ],
        "profile": [
            {"kind": entry.kind, "data": entry.data, "at": _iso(entry.occurred_at)}
            for entry in ProfileEntry.objects.filter(profile__candidate=candidate).order_by("occurred_at")
        ],
        "imported_rows": [[list(pair) for pair in row] for row in pairs_about(candidate)],
        "messages": _messages(candidate),
        "requests": [
            {"kind": one.kind, "state": one.state, "asked_at": _iso(one.asked_at), "answer": one.answer}
            for one in requests_of(candidate)
        ],
        "signed_in": [_iso(one.started_at) for one in _sessions(candidate)],
        "reached_by": [
            {"channel": point.channel, "since": _iso(point.made_at), "ended": _iso(point.ended_at)}
            for point in ContactPoint.objects.filter(recipient_id=candidate.identity_id)
        ],
        "seen_by": _seen_by(candidate),
    }


def _person(candidate: Candidate) -> dict[str, Any]:
    return {
        "id": str(candidate.id),
        "name": candidate.name,
        **vars(open_contacts(candidate.identity)),
        "school": candidate.school,
        "cv": candidate.headline,
        "language": candidate.identity.language,
        "timezone": candidate.identity.timezone,
        "talent_pool": {"consent": candidate.pool_consent, "at": _iso(candidate.pool_consent_at)},
    }


def _applications(candidate: Candidate) -> list[Application]:
    return list(candidate.applications.select_related("position__department").order_by("applied_at"))


def _application(one: Application) -> dict[str, Any]:
    return {
        "position": one.position.title,
        "department": one.position.department.name,
        "state": one.state,
        "note": one.state_note,
        "source": one.source,
        "applied_at": _iso(one.applied_at),
    }


def _interviews(candidate: Candidate) -> list[Interview]:
    mine = Interview.objects.filter(application__candidate=candidate)
    related = mine.select_related("application__position", "application__candidate__identity")
    return list(related.prefetch_related("assessments").order_by("starts_at"))


def _interview(one: Interview) -> dict[str, Any]:
    asked = Cancellation.objects.filter(interview=one).select_related("reason").order_by("requested_at")
    reminders = Reminder.objects.filter(interview=one, told=True).order_by("decided_at")
    vendor = account_names(one.company_id).get(one.vendor_account_id or UUID(int=0), "")
    return {
        "id": str(one.id),
        "position": one.application.position.title,
        "kind": one.kind,
        "starts_at": _iso(one.starts_at),
        "ends_at": _iso(one.ends_at),
        "state": one.state,
        "ai_interview_system": vendor,
        "its_reference": one.vendor_ref,
        "progress": one.vendor_progress,
        "scores": [
            {
                "dimension": score.dimension,
                "score": str(score.score),
                "of": str(score.max_score),
                "partial": score.partial,
            }
            for score in one.assessments.all()
        ],
        "cancellations": [_cancellation(request) for request in asked],
        "reminders": [
            {"at": _iso(reminder.decided_at), "answer": reminder.answer, "wish": reminder.wish}
            for reminder in reminders
        ],
        "imported_from": [list(pair) for pair in original_of(one)],
    }


def _cancellation(one: Cancellation) -> dict[str, Any]:
    return {
        "asked_at": _iso(one.requested_at),
        "by": one.initiator,
        "reason": one.reason.label_zh,
        "reason_code": one.reason.code,
        "note": one.note,
        "verdict": one.outcome,
        "rule": one.rule,
        "state": one.state,
        "decided_at": _iso(one.decided_at),
        "decided_by_a_person": one.decided_by is not None,
        "decision": one.decision_note,
    }


def _messages(candidate: Candidate) -> list[dict[str, Any]]:
    reader = Actor(ActorKind.CANDIDATE, candidate.identity_id, candidate.company_id)
    return [
        {"at": _iso(one.at), "title": one.title, "text": one.body, "read": one.read}
        for one in inbox(reader, limit=ALL)
    ]


def _sessions(candidate: Candidate) -> list[CandidateSession]:
    return list(CandidateSession.objects.filter(identity_id=candidate.identity_id).order_by("started_at"))


def _seen_by(candidate: Candidate) -> list[Mapping[str, Any]]:
    """Return when the company's people looked, and at what; their names are theirs."""
    seen = Entry.objects.filter(
        company_id=candidate.company_id, action__in=SIGHTS, subject_id=candidate.id
    ).order_by("at", "id")
    return [
        {"at": _iso(entry.at), "by": entry.actor_kind, "what": entry.action, **entry.facts} for entry in seen
    ]


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
