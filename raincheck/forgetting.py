"""What else speaks of somebody who was erased, dealt with kind by kind: hashes, notes, messages, webhooks, old images.

The erasure itself (archive/erasing.py) destroys the data key at once, and defers this job in the same transaction.
Done again it finds nothing to do. What stays, and why, is docs/reference/privacy.md's to say.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from raincheck.accounts.models import CandidateSession, SignInCode
from raincheck.archive.erasing import NOBODY
from raincheck.archive.models import EntryKind, ProfileEntry
from raincheck.cancellations.models import Cancellation
from raincheck.core.jobs import job
from raincheck.core.scope import company_scope
from raincheck.migration.backup import erasures
from raincheck.migration.models import CandidateKey
from raincheck.notifications.models import ContactPoint, Delivery, DigestItem, Message, RecipientKind
from raincheck.recruiting.models import Application, Candidate, Interview
from raincheck.reminders.models import Reminder
from raincheck.vendors.models import InboundEvent, VendorCall
from raincheck.worklist.models import Task

#: What tables keep of a person in the clear, or sealed, and what stands there afterwards.
_BLANKS: Mapping[str, Mapping[str, Any]] = {
    "accounts_candidateidentity": {
        "data_key": None,
        **{
            f"{field}_{kind}": None
            for field in ("phone", "email", "id_number")
            for kind in ("sealed", "hash")
        },
    },
    "recruiting_candidate": {"name": NOBODY, "headline": ""},
    "recruiting_application": {"state_note": ""},
    "recruiting_interview": {"vendor_link": ""},
    "cancellations_cancellation": {"note": "", "decision_note": ""},
    "archive_profileentry": {"data": {}},
    "migration_importedrow": {"original_sealed": "\\x"},
    "migration_broughtrow": {"original_sealed": "\\x"},
    "migration_candidatekey": {"key_hash": "\\x"},
}
#: By which column a row of this table belongs to a row of that one.
_HANGS_ON = (
    ("recruiting_application", "candidate_id", "recruiting_candidate"),
    ("recruiting_interview", "application_id", "recruiting_application"),
    ("cancellations_cancellation", "interview_id", "recruiting_interview"),
    ("migration_importedrow", "interview_id", "recruiting_interview"),
    ("migration_broughtrow", "candidate_id", "recruiting_candidate"),
    ("migration_candidatekey", "candidate_id", "recruiting_candidate"),
    ("archive_talentprofile", "candidate_id", "recruiting_candidate"),
    ("archive_profileentry", "profile_id", "archive_talentprofile"),
)


@dataclass(frozen=True)
class _Traces:
    """Whom it is about, by the ids under which other rooms know them."""

    company_id: UUID
    candidate_id: UUID
    identity_id: UUID
    interviews: list[UUID]


@job("candidates.forget", queue="sweep")
def forget(*, company_id: str, candidate_id: str) -> None:
    """Deal with everything that still speaks of an erased candidate, all of it in one transaction.

    Then they are on the list that outlives the database: a backup from before doesn't bring them back.
    """
    company = UUID(company_id)
    with company_scope(company) as now:
        candidate = Candidate.objects.select_related("identity").filter(id=candidate_id).first()
        if candidate is None:
            erase_images(company_id=company, candidate_id=UUID(candidate_id))
            return
        if candidate.identity.data_key is not None:
            # A restored backup knows them again: its own erasure follows.
            return
        mine = Interview.objects.filter(application__candidate=candidate)
        traces = _Traces(
            company, candidate.id, candidate.identity_id, list(mine.values_list("id", flat=True))
        )
        for part in _PARTS:
            part(traces)
    erasures.remember_here(erasures.Erasure(company, traces.candidate_id, now))


def erase_images(*, company_id: UUID, candidate_id: UUID) -> bool:
    """Erase somebody of whom there is nothing left but what a batch keeps of rolled-back rows; say if there was."""
    found = _rows(
        "SELECT (image ->> 'identity_id')::uuid FROM migration_touched, jsonb_array_elements(before) AS image"
        " WHERE table_name = 'recruiting_candidate' AND before IS NOT NULL AND image ->> 'id' = %s",
        [str(candidate_id)],
    )
    for (identity_id,) in found[:1]:
        _images(_Traces(company_id, candidate_id, identity_id, []))
    return bool(found)


def _hashes(traces: _Traces) -> None:
    """Delete keyed hashes by which they could be recognised; an imported row's fingerprint stays (privacy.md)."""
    SignInCode.objects.filter(identity_id=traces.identity_id).delete()
    CandidateSession.objects.filter(identity_id=traces.identity_id).delete()
    ContactPoint.objects.filter(
        recipient_kind=RecipientKind.CANDIDATE, recipient_id=traces.identity_id
    ).delete()
    CandidateKey.objects.filter(candidate_id=traces.candidate_id).delete()


def _notes(traces: _Traces) -> None:
    """Take out what people wrote in their own words, and the line of the CV that was copied into the profile."""
    Cancellation.objects.filter(interview_id__in=traces.interviews).update(note="", decision_note="")
    Application.objects.filter(candidate_id=traces.candidate_id).update(state_note="")
    Reminder.objects.filter(interview_id__in=traces.interviews).update(wish="")
    Interview.objects.filter(id__in=traces.interviews).update(vendor_link="")
    cv = ProfileEntry.objects.filter(profile__candidate_id=traces.candidate_id, kind=EntryKind.CV)
    cv.update(data={})
    for task in Task.objects.filter(interview_id__in=traces.interviews):
        said = {"failure", "detail"} & task.details.keys()
        task.details = {name: value for name, value in task.details.items() if name not in said}
        task.resolution = "—" if task.resolution else ""
        task.save(update_fields=["details", "resolution"])


def _messages(traces: _Traces) -> None:
    """Take the name out of what messages say: to them, about them, and the lines of digests that name them."""
    mine = Q(recipient_id=traces.identity_id) | Q(interview_id__in=traces.interviews)
    digests = DigestItem.objects.filter(interview_id__in=traces.interviews, digest_id__isnull=False)
    told = list(Message.objects.filter(mine | Q(entry_id__in=digests.values("digest_id"))))
    slots = {
        (start.isoformat(), end.isoformat())
        for start, end in Interview.objects.filter(id__in=traces.interviews).values_list(
            "starts_at", "ends_at"
        )
    }
    for message in told:
        message.params = _nameless(message.params, slots, {str(one) for one in traces.interviews})
    Message.objects.bulk_update(told, ["params"], batch_size=500)
    about = [message.id for message in told]
    # What a carrier or a mailbox answered may repeat the address.
    Delivery.objects.filter(message_id__in=about).update(error="", provider_id="")


def _nameless(
    params: Mapping[str, Any], slots: Iterable[tuple[str, str]], interviews: Iterable[str]
) -> dict[str, Any]:
    """Return a message's facts without a name or anybody's own words; whatever renders it still can."""
    kept = dict(params)
    for name in ("candidate", "about"):
        if name in kept:
            kept[name] = NOBODY
    if isinstance(kept.get("decision"), str):
        kept["decision"] = "—"
    for row in kept.get("list", ()):
        if (row.get("starts_at"), row.get("ends_at")) in slots:
            row["who"] = NOBODY
    for row in kept.get("calendars", ()):
        if row.get("uid") in interviews:
            row["summary"] = NOBODY
    return kept


def _webhooks(traces: _Traces) -> None:
    """Take out what AI interview systems told of them, and what they said when they refused a call."""
    events = InboundEvent.objects.filter(interview_id__in=traces.interviews)
    events.filter(applied_at=None).delete()
    events.update(payload={})
    VendorCall.objects.filter(interview_id__in=traces.interviews).update(detail="")


def _images(traces: _Traces) -> None:
    """Blank what batches keep of their rows, of those that are no more, too: a rollback brings back nobody."""
    ids = {
        "recruiting_candidate": {traces.candidate_id},
        "accounts_candidateidentity": {traces.identity_id},
        "archive_talentprofile": set[UUID](),
    }
    for table, column, parent in _HANGS_ON:
        ids[table] = _hanging(table, column, ids.get(parent, set()))
    for table, blanks in _BLANKS.items():
        _blank(table, ids.get(table, set()), blanks)


def _hanging(table: str, column: str, parents: Iterable[UUID]) -> set[UUID]:
    """Return the rows of a table that hang on these, whether they are there or only in an image."""
    wanted = [str(parent) for parent in parents]
    there = _rows(f'SELECT id FROM "{table}" WHERE "{column}"::text = ANY(%s)', [wanted])  # noqa: S608
    gone = _rows(
        "SELECT (image ->> 'id')::uuid FROM migration_touched, jsonb_array_elements(before) AS image"
        " WHERE table_name = %s AND before IS NOT NULL AND image ->> %s = ANY(%s)",
        [table, column, wanted],
    )
    return {id_ for (id_,) in (*there, *gone)}


def _blank(table: str, ids: Iterable[UUID], blanks: Mapping[str, Any]) -> None:
    wanted = {str(one) for one in ids}
    kept = _rows(
        "SELECT id, before::text FROM migration_touched"
        " WHERE table_name = %s AND before IS NOT NULL AND ids && %s::uuid[] FOR NO KEY UPDATE",
        [table, list(wanted)],
    )
    for id_, text in kept:
        images = json.loads(text)
        for image in images:
            if image["id"] in wanted:
                image |= {name: value for name, value in blanks.items() if name in image}
        _rows("UPDATE migration_touched SET before = %s::jsonb WHERE id = %s", [json.dumps(images), id_])


def _rows(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall()) if cursor.description else []


_PARTS: tuple[Callable[[_Traces], None], ...] = (_hashes, _notes, _messages, _webhooks, _images)
