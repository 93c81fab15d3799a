"""The move out of the schedule for many interviews at once: what `actions.move_out` does for one, set-wise.

The same rows, the same checks before and after, and the same end: all of it or nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from raincheck.archive.actions import (
    Departure,
    Link,
    MoveFailed,
    checksum_of,
    entries_of,
    history_of,
    links_of,
    snapshot_of,
)
from raincheck.archive.models import HistoryRecord, ProfileEntry, TalentProfile
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject
from raincheck.recruiting.models import Assessment, Candidate, Interview, Interviewer, InterviewState

#: An interview that leaves, and why.
Leaving = tuple[Interview, Departure]


def move_out_together(*, leaving: Sequence[Leaving], now: datetime) -> list[Deed]:
    """Write the histories and talent profiles of locked interviews of one company; returns what is to be recorded.

    Each must already be marked cancelled in this transaction. Raises MoveFailed, for all of them.
    """
    if any(interview.state != InterviewState.CANCELLED for interview, _ in leaving):
        raise MoveFailed("interview_is_cancelled")
    scores, panels = _scores(leaving), _panels(leaving)
    histories = []
    for interview, departure in leaving:
        snapshot = snapshot_of(interview, scores[interview.id], panel=panels[interview.id])
        histories.append(history_of(interview, departure, snapshot, now))
    HistoryRecord.objects.bulk_create(histories)
    profiles = _open_profiles(leaving, now)
    entries = _link(leaving, profiles, scores)
    _check_after(histories, entries)
    return [
        Deed(
            Action.MOVED,
            Subject("history", history.id, interview.id, departure.cancellation_id),
            {
                "checksum": history.checksum,
                "assessments": len(scores[interview.id]),
                "in_pool": profiles[interview.application.candidate_id].in_pool,
            },
        )
        for history, (interview, departure) in zip(histories, leaving, strict=True)
    ]


def _scores(leaving: Sequence[Leaving]) -> dict[UUID, list[Assessment]]:
    found: dict[UUID, list[Assessment]] = defaultdict(list)
    ids = [interview.id for interview, _ in leaving]
    for score in Assessment.objects.filter(interview_id__in=ids).order_by("dimension"):
        found[score.interview_id].append(score)
    return found


def _panels(leaving: Sequence[Leaving]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    ids = [interview.id for interview, _ in leaving]
    for interview_id, staff_id in Interviewer.objects.filter(interview_id__in=ids).values_list(
        "interview_id", "staff_id"
    ):
        found[interview_id].append(staff_id)
    return found


def _open_profiles(leaving: Sequence[Leaving], now: datetime) -> dict[UUID, TalentProfile]:
    """Return every candidate's profile by their id, opened where there was none, in the pool by their consent."""
    company_id = leaving[0][0].company_id
    ids = {interview.application.candidate_id for interview, _ in leaving}
    # Locked, so that consent given or taken back at this moment finds the profile or is found by it.
    candidates = list(Candidate.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id"))
    consenting = {candidate.id for candidate in candidates if candidate.pool_consent}
    new = [
        TalentProfile(
            company_id=company_id,
            candidate_id=candidate.id,
            opened_at=now,
            in_pool=candidate.id in consenting,
            pooled_at=now if candidate.id in consenting else None,
        )
        for candidate in candidates
    ]
    TalentProfile.objects.bulk_create(new, ignore_conflicts=True)
    outside = TalentProfile.objects.filter(candidate_id__in=consenting, in_pool=False)
    outside.update(in_pool=True, pooled_at=now)
    return {p.candidate_id: p for p in TalentProfile.objects.filter(candidate_id__in=ids)}


def _link(
    leaving: Sequence[Leaving], profiles: dict[UUID, TalentProfile], scores: dict[UUID, list[Assessment]]
) -> list[ProfileEntry]:
    entries: list[ProfileEntry] = []
    for interview, departure in leaving:
        links: Sequence[Link] = links_of(interview, departure, scores[interview.id])
        entries += entries_of(profiles[interview.application.candidate_id], links)
    ProfileEntry.objects.bulk_create(entries, ignore_conflicts=True)
    return entries


def _check_after(histories: Sequence[HistoryRecord], entries: Sequence[ProfileEntry]) -> None:
    """Read back what was written: same checksum, every link there. Raises MoveFailed."""
    stored = HistoryRecord.objects.filter(id__in=[h.id for h in histories])
    read = {
        id_: (snapshot, checksum)
        for id_, snapshot, checksum in stored.values_list("id", "snapshot", "checksum")
    }
    for history in histories:
        snapshot, checksum = read.get(history.id, ({}, ""))
        if not checksum_of(snapshot) == checksum == history.checksum:
            raise MoveFailed("history_matches_interview")
    wanted = {(entry.profile_id, entry.kind, entry.subject_id) for entry in entries}
    present = set(
        ProfileEntry.objects.filter(profile_id__in={entry.profile_id for entry in entries}).values_list(
            "profile_id", "kind", "subject_id"
        )
    )
    if not wanted <= present:
        raise MoveFailed("profile_is_linked")
