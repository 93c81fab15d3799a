"""One candidate's whole portrait: all that happened with them, from every room, on one line of time.

What a profile keeps a link to is marked; what only the profile still knows, since its origin has gone, is told by it.
"""

from collections.abc import Iterable, Mapping
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
from raincheck.console.vocabulary import INITIATORS, dimension
from raincheck.insights.portrait import Portrait
from raincheck.notifications.models import Message, MessageState
from raincheck.recruiting.models import Application, ApplicationState, Assessment, Interview
from raincheck.web.templatetags.raincheck import label, when

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


def chapters_of(portrait: Portrait) -> list[Chapter]:
    """Return the whole portrait in words, newest first."""
    found = reasons_by_code(portrait.candidate.company_id)
    reasons = {code: label(reason) for code, reason in found.items()}
    jobs = {one.id: one.application.position.title for one in portrait.interviews}
    linked = {entry.subject_id for entry in portrait.entries}
    live = [
        *map(_interview, portrait.interviews),
        *(_history(one, reasons) for one in portrait.histories),
        *map(_application, portrait.applications),
        *(_score(one, jobs) for one in portrait.scores),
        *(_cancellation(one, jobs) for one in portrait.cancellations),
        *(_message(one, portrait.titles, jobs) for one in portrait.messages),
    ]
    told = [replace(chapter, kept=chapter.about in linked) for chapter in live]
    there = {chapter.about for chapter in told}
    told += (_of_profile(entry, reasons) for entry in portrait.entries if entry.subject_id not in there)
    return sorted(told, key=lambda chapter: (chapter.at, chapter.about.int), reverse=True)


def _page(interview_id: UUID) -> str:
    return reverse("console:interview", args=[interview_id])


def _interview(one: Interview) -> Chapter:
    text = f"{one.application.position.title} · {when(one)}"
    icon, kind = "state-scheduled", pgettext("portrait", "AI面试")
    return Chapter(one.starts_at, one.id, "interview", icon, "info", kind, text, _page(one.id), one.state)


def _history(one: HistoryRecord, reasons: dict[str, str]) -> Chapter:
    text = f"{one.position.title} · {reasons.get(one.reason_code, one.reason_code)}"
    kind, link = _("移入面试历史"), _page(one.interview_id)
    return Chapter(one.archived_at, one.id, "history", "archive", "neutral", kind, text, link)


def _application(one: Application) -> Chapter:
    state = str(ApplicationState(one.state).label)
    text = " · ".join(filter(None, (one.position.title, one.source, state)))
    kind = str(EntryKind.APPLICATION.label)
    return Chapter(one.applied_at, one.id, "application", "briefcase", "info", kind, text)


def _of(interview_id: UUID | None, jobs: Mapping[UUID, str], *words: str) -> str:
    """Say first of which interview something is: somebody with several reads them on one line of time."""
    return " · ".join(filter(None, (jobs.get(interview_id, "") if interview_id else "", *words)))


def _score(one: Assessment, jobs: Mapping[UUID, str]) -> Chapter:
    text = _of(one.interview_id, jobs, _scored(one.dimension, f"{one.score:.2f}", partial=one.partial))
    kind = str(EntryKind.ASSESSMENT.label)
    return Chapter(one.scored_at, one.id, "assessment", "list", "ok", kind, text, _page(one.interview_id))


def _cancellation(one: Cancellation, jobs: Mapping[UUID, str]) -> Chapter:
    who = str(INITIATORS.get(one.initiator, one.initiator))
    text = _of(one.interview_id, jobs, who, label(one.reason), str(State(one.state).label))
    tone, kind = _CANCELLATION_TONES[State(one.state)], pgettext("portrait", "取消申请")
    icon, link = "state-cancelled", _page(one.interview_id)
    return Chapter(one.requested_at, one.id, "cancellation", icon, tone, kind, text, link)


def _message(one: Message, titles: Mapping[UUID, str], jobs: Mapping[UUID, str]) -> Chapter:
    text = _of(one.interview_id, jobs, titles.get(one.id, ""), one.get_state_display())
    link = _page(one.interview_id) if one.interview_id else ""
    tone = "danger" if one.state == MessageState.FAILED else "info"
    kind = str(EntryKind.COMMUNICATION.label)
    return Chapter(one.made_at, one.id, "message", "mail", tone, kind, text, link)


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
            return str(data.get("headline", "")) or _("没有登记简历内容")
        case EntryKind.APPLICATION:
            state = data.get("state", "")
            return str(ApplicationState(state).label) if state in ApplicationState.values else state
        case EntryKind.ASSESSMENT if "dimension" in data:
            return _scored(data["dimension"], data["score"], partial=bool(data.get("partial")))
        case EntryKind.CANCELLATION:
            return reasons.get(data.get("reason", ""), "")
    return ""


def _scored(code: str, score: str, *, partial: bool) -> str:
    scored = {"dimension": dimension(code), "score": score}
    if partial:
        return _("%(dimension)s：%(score)s分（未完成的面试）") % scored
    return _("%(dimension)s：%(score)s分") % scored


def counts(chapters: Iterable[Chapter]) -> dict[str, int]:
    """Return how many there are of each sort."""
    found: dict[str, int] = {}
    for chapter in chapters:
        found[chapter.sort] = found.get(chapter.sort, 0) + 1
    return found
