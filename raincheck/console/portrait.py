"""One candidate's whole portrait: all that happened with them, from every room, on one line of time.

What a profile keeps a link to is marked; what only the profile still knows, since its origin has gone, is told by it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from raincheck.archive.models import EntryKind, HistoryRecord, ProfileEntry
from raincheck.cancellations.models import Cancellation, State
from raincheck.cancellations.queries import reasons_by_code
from raincheck.console.vocabulary import INITIATORS
from raincheck.notifications.models import Message
from raincheck.notifications.queries import titles_of
from raincheck.recruiting.models import Application, ApplicationState, Assessment, Candidate, Interview
from raincheck.web.templatetags.raincheck import label, when

#: Of one sort, the newest so many: nobody reads on, and a page must end.
MOST = 200
_CANCELLATION_TONES = {
    State.IN_REVIEW: "info",
    State.PROCESSING: "warn",
    State.COMPLETED: "warn",
    State.REJECTED: "danger",
    State.WITHDRAWN: "neutral",
}


@dataclass(frozen=True)
class Chapter:
    """One thing in words. `about` is the row it tells of; `link` leads there; `kept`: the profile links to it, too."""

    at: datetime
    about: UUID
    sort: str
    icon: str
    tone: str
    kind: str
    text: str
    link: str = ""
    state: str = ""
    kept: bool = False

    @property
    def anchor(self) -> str:
        """Where on the page it stands, for links from the other side."""
        return f"{self.sort}-{self.about}"


def chapters_of(candidate: Candidate, entries: list[ProfileEntry]) -> list[Chapter]:
    """Return the whole portrait, newest first, for whoever may see the candidate; `entries` are the profile's."""
    reasons = {code: label(reason) for code, reason in reasons_by_code(candidate.company_id).items()}
    linked = {entry.subject_id for entry in entries}
    live = [
        *_interviews(candidate),
        *_histories(candidate, reasons),
        *_applications(candidate),
        *_scores(candidate),
        *_cancellations(candidate),
        *_messages(candidate),
    ]
    told = [replace(chapter, kept=chapter.about in linked) for chapter in live]
    there = {chapter.about for chapter in told}
    told += (_of_profile(entry, reasons) for entry in entries if entry.subject_id not in there)
    return sorted(told, key=lambda chapter: (chapter.at, chapter.about.int), reverse=True)


def _page(interview_id: UUID) -> str:
    return reverse("console:interview", args=[interview_id])


def _interviews(candidate: Candidate) -> Iterator[Chapter]:
    found = Interview.objects.filter(application__candidate=candidate)
    for one in found.select_related("application__position").order_by("-starts_at")[:MOST]:
        text = f"{one.application.position.title} · {when(one)}"
        yield Chapter(
            one.starts_at,
            one.id,
            "interview",
            "state-scheduled",
            "info",
            _("AI面试"),
            text,
            _page(one.id),
            one.state,
        )


def _histories(candidate: Candidate, reasons: dict[str, str]) -> Iterator[Chapter]:
    found = HistoryRecord.objects.filter(candidate=candidate).select_related("position")
    for one in found.order_by("-archived_at")[:MOST]:
        text = " · ".join(filter(None, (one.position.title, reasons.get(one.reason_code, one.reason_code))))
        yield Chapter(
            one.archived_at,
            one.id,
            "history",
            "archive",
            "neutral",
            _("移入面试历史"),
            text,
            _page(one.interview_id),
        )


def _applications(candidate: Candidate) -> Iterator[Chapter]:
    found = Application.objects.filter(candidate=candidate).select_related("position")
    for one in found.order_by("-applied_at")[:MOST]:
        state = str(ApplicationState(one.state).label)
        text = " · ".join(filter(None, (one.position.title, one.source, state)))
        kind = str(EntryKind.APPLICATION.label)
        yield Chapter(one.applied_at, one.id, "application", "briefcase", "info", kind, text)


def _scores(candidate: Candidate) -> Iterator[Chapter]:
    found = Assessment.objects.filter(interview__application__candidate=candidate)
    for one in found.order_by("-scored_at")[:MOST]:
        text = _scored(one.dimension, f"{one.score:.2f}", partial=one.partial)
        kind = str(EntryKind.ASSESSMENT.label)
        yield Chapter(one.scored_at, one.id, "assessment", "list", "ok", kind, text, _page(one.interview_id))


def _cancellations(candidate: Candidate) -> Iterator[Chapter]:
    found = Cancellation.objects.filter(interview__application__candidate=candidate).select_related("reason")
    for one in found.order_by("-requested_at")[:MOST]:
        who = str(INITIATORS.get(one.initiator, one.initiator))
        text = " · ".join((who, label(one.reason), str(State(one.state).label)))
        tone = _CANCELLATION_TONES[State(one.state)]
        kind = pgettext("portrait", "取消申请")
        yield Chapter(
            one.requested_at,
            one.id,
            "cancellation",
            "state-cancelled",
            tone,
            kind,
            text,
            _page(one.interview_id),
        )


def _messages(candidate: Candidate) -> Iterator[Chapter]:
    found = Message.objects.filter(company_id=candidate.company_id, recipient_id=candidate.identity_id)
    newest = list(found.order_by("-made_at")[:MOST])
    titles = titles_of(candidate.company_id, [one.id for one in newest])
    for one in newest:
        text = f"{titles.get(one.id, '')} · {one.get_state_display()}"
        link = _page(one.interview_id) if one.interview_id else ""
        tone = "danger" if one.state == "failed" else "info"
        kind = str(EntryKind.COMMUNICATION.label)
        yield Chapter(one.made_at, one.id, "message", "mail", tone, kind, text, link)


_LOOKS = {
    EntryKind.CV: ("user", "neutral"),
    EntryKind.APPLICATION: ("briefcase", "info"),
    EntryKind.ASSESSMENT: ("list", "ok"),
    EntryKind.COMMUNICATION: ("mail", "info"),
    EntryKind.CANCELLATION: ("state-cancelled", "warn"),
}


def _of_profile(entry: ProfileEntry, reasons: dict[str, str]) -> Chapter:
    """Tell an entry by what the profile itself keeps of it."""
    kind = EntryKind(entry.kind)
    text = _kept_text(kind, entry.data, reasons)
    return Chapter(entry.occurred_at, entry.subject_id, kind, *_LOOKS[kind], str(kind.label), text, kept=True)


def _kept_text(kind: EntryKind, data: dict[str, Any], reasons: dict[str, str]) -> str:
    match kind:
        case EntryKind.CV:
            return str(data.get("headline", ""))
        case EntryKind.APPLICATION:
            state = data.get("state", "")
            return str(ApplicationState(state).label) if state in ApplicationState.values else state
        case EntryKind.ASSESSMENT if "dimension" in data:
            return _scored(data["dimension"], data["score"], partial=bool(data.get("partial")))
        case EntryKind.CANCELLATION:
            return reasons.get(data.get("reason", ""), "")
    return ""


def _scored(dimension: str, score: str, *, partial: bool) -> str:
    scored = {"dimension": dimension, "score": score}
    if partial:
        return _("%(dimension)s：%(score)s分（未完成的面试）") % scored
    return _("%(dimension)s：%(score)s分") % scored


def counts(chapters: Iterable[Chapter]) -> dict[str, int]:
    """Return how many there are of each sort."""
    found: dict[str, int] = {}
    for chapter in chapters:
        found[chapter.sort] = found.get(chapter.sort, 0) + 1
    return found
