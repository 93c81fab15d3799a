"""All that happened with one candidate, from every room: what a page puts on one line of time."""

from dataclasses import dataclass
from uuid import UUID

from raincheck.archive.models import HistoryRecord, ProfileEntry
from raincheck.archive.queries import entries_of, known
from raincheck.cancellations.models import Cancellation
from raincheck.core.actor import Actor
from raincheck.notifications.models import Message
from raincheck.notifications.queries import titles_of
from raincheck.recruiting.models import Application, Assessment, Candidate, Interview

#: Of one sort, the newest so many: nobody reads on, and a page must end.
MOST = 200


@dataclass(frozen=True)
class Portrait:
    """A candidate with all that is known of them, newest first, sort by sort; `titles` are the messages'."""

    candidate: Candidate
    in_pool: bool
    interviews: list[Interview]
    histories: list[HistoryRecord]
    applications: list[Application]
    scores: list[Assessment]
    cancellations: list[Cancellation]
    messages: list[Message]
    titles: dict[UUID, str]
    entries: list[ProfileEntry]


def portrait_of(actor: Actor, candidate_id: UUID) -> Portrait:
    """Return the portrait of a candidate. Raises NotAllowed, NotFound."""
    candidate, profile = known(actor, candidate_id)
    whose = {"company_id": candidate.company_id}
    interviews = Interview.objects.filter(application__candidate=candidate, **whose)
    histories = HistoryRecord.objects.filter(candidate=candidate, **whose)
    applications = Application.objects.filter(candidate=candidate, **whose)
    scores = Assessment.objects.filter(interview__application__candidate=candidate, **whose)
    asked = Cancellation.objects.filter(interview__application__candidate=candidate, **whose)
    sent = Message.objects.filter(recipient_id=candidate.identity_id, **whose)
    messages = list(sent.order_by("-made_at", "-id")[:MOST])
    return Portrait(
        candidate=candidate,
        in_pool=bool(profile and profile.in_pool),
        interviews=list(interviews.select_related("application__position").order_by("-starts_at")[:MOST]),
        histories=list(histories.select_related("position").order_by("-archived_at")[:MOST]),
        applications=list(applications.select_related("position__department").order_by("-applied_at")[:MOST]),
        scores=list(scores.order_by("-scored_at")[:MOST]),
        cancellations=list(asked.select_related("reason").order_by("-requested_at")[:MOST]),
        messages=messages,
        titles=titles_of(candidate.company_id, [message.id for message in messages]),
        entries=list(entries_of(profile)) if profile else [],
    )
