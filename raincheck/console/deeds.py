"""Every recorded deed in words: how its facts read on a timeline."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from raincheck.archive.models import Hindrance, RequestKind
from raincheck.audit.catalogue import Action, called
from raincheck.audit.models import Entry
from raincheck.cancellations.models import Agreement, Cancellation, Reason
from raincheck.cancellations.policy import Rule
from raincheck.cancellations.queries import rules_as_of
from raincheck.console import vocabulary as words
from raincheck.insights.sight_rows import seen
from raincheck.insights.words import rule_name, version_name
from raincheck.recruiting.models import ApplicationState, InterviewState
from raincheck.vendors.sayings import in_words
from raincheck.web.templatetags.raincheck import between, clock, day, days, label, span
from raincheck.worklist.models import Kind


@dataclass(frozen=True)
class Background:
    """What the deeds of one interview refer to."""

    cancellations: Mapping[UUID, Cancellation]
    reasons: Mapping[str, Reason]
    with_notes: bool
    #: What was looked up on the way, so that a page asks for each version of the rules once.
    _rules: dict[tuple[UUID, int], dict[str, Rule]] = field(default_factory=dict)

    def rules(self, company_id: UUID, version: int) -> dict[str, Rule]:
        """Return one version of the rules by their codes."""
        if (company_id, version) not in self._rules:
            found = {rule.code: rule for rule in rules_as_of(company_id, version)}
            self._rules[company_id, version] = found
        return self._rules[company_id, version]

    def cancellation(self, entry: Entry) -> Cancellation | None:
        """Return the request an entry is about."""
        return self.cancellations.get(entry.cancellation_id) if entry.cancellation_id else None

    def reason(self, code: str) -> str:
        """Say a reason by its code; free text is said as it is."""
        if code in self.reasons:
            return label(self.reasons[code])
        return str(words.OWN_REASONS.get(code, code))


@dataclass(frozen=True)
class Telling:
    """One deed in words."""

    icon: str
    tone: str
    title: str
    facts: tuple[str, ...]
    quote: tuple[str, ...]


def telling_of(entry: Entry, background: Background) -> Telling:
    """Put one audit entry into words, in the reader's language."""
    icon, tone = _LOOKS.get(entry.action, ("info", "neutral"))
    tell = _FACTS.get(entry.action, _nothing)
    return Telling(
        icon=icon,
        tone=tone,
        title=_title(entry),
        facts=tuple(filter(None, tell(entry, background))),
        quote=tuple(filter(None, _quote(entry, background))),
    )


def _title(entry: Entry) -> str:
    if entry.action == Action.REQUESTED:
        initiator = words.INITIATORS.get(entry.facts.get("initiator", ""), "")
        return _("%(who)s申请取消") % {"who": initiator}
    return called(entry.action, entry.facts)


def _quote(entry: Entry, background: Background) -> Iterable[str]:
    """Yield what people wrote: the reason and note of a request, the note of a decision."""
    cancellation = background.cancellation(entry)
    if cancellation is None:
        return
    if entry.action == Action.REQUESTED:
        yield label(cancellation.reason)
        if cancellation.note:
            yield f"“{cancellation.note}”" if background.with_notes else _("候选人另有补充说明，仅HR可见")
    elif entry.action in {Action.REJECTED, Action.APPROVED} and cancellation.decision_note:
        yield f"“{cancellation.decision_note}”" if background.with_notes else ""


def _nothing(entry: Entry, background: Background) -> Iterable[str]:
    return ()


def _scheduled(entry: Entry, background: Background) -> Iterable[str]:
    yield _span(entry.facts["starts_at"], entry.facts["ends_at"])
    if entry.facts.get("rebook_of"):
        yield _("接替已取消的面试")


def _imported(entry: Entry, background: Background) -> Iterable[str]:
    facts = entry.facts
    if facts["precision"] == "day":
        yield days(datetime.fromisoformat(facts["starts_at"]), datetime.fromisoformat(facts["ends_at"]))
    else:
        yield _span(facts["starts_at"], facts["ends_at"])
    yield _("文件第%(row)d行") % {"row": facts["row"]}
    yield _("面试状态：%(state)s") % {"state": InterviewState(facts["state"]).label}


def _rescheduled(entry: Entry, background: Background) -> Iterable[str]:
    facts = entry.facts
    yield _("原时间 %(times)s") % {"times": _span(facts["starts_before"], facts["ends_before"])}
    yield _("新时间 %(times)s") % {"times": _span(facts["starts_at"], facts["ends_at"])}


def _requested(entry: Entry, background: Background) -> Iterable[str]:
    facts = entry.facts
    yield str(words.CHANNELS_ASKED_BY.get(facts.get("channel", ""), ""))
    yield _("判定：%(outcome)s") % {"outcome": words.OUTCOMES.get(facts.get("outcome", ""), "")}
    rules = background.rules(entry.company_id, facts["policy_version"])
    yield _("规则「%(rule)s」") % {"rule": rule_name(facts["rule"], rules)}
    yield version_name(facts["policy_version"])
    if facts.get("asked_at"):
        yield _("在原系统中于 %(at)s 取消") % {"at": _moment(facts["asked_at"])}


def _refused(entry: Entry, background: Background) -> Iterable[str]:
    yield str(words.REFUSALS.get(entry.facts.get("refusal", ""), ""))


def _ended(entry: Entry, background: Background) -> Iterable[str]:
    said = {"rule": _("审核时限已到，按规则处理"), "submitted": _("候选人已提交面试")}
    yield said.get(entry.facts.get("why", ""), "")
    state = entry.facts.get("interview_state", "")
    if state in InterviewState.values:
        yield _("面试状态：%(state)s") % {"state": InterviewState(state).label}


def _agreement(entry: Entry, background: Background) -> Iterable[str]:
    agreement = entry.facts.get("agreement", "")
    said = agreement in Agreement.values and agreement != Agreement.NOT_NEEDED
    yield str(Agreement(agreement).label) if said else ""


def _silent(entry: Entry, background: Background) -> Iterable[str]:
    attempts = entry.facts.get("attempts", 0)
    yield ngettext("已询问%(n)d次", "已询问%(n)d次", attempts) % {"n": attempts}
    yield _("先行完成取消，继续等待确认")


def _mismatch(entry: Entry, background: Background) -> Iterable[str]:
    yield str(words.MISMATCHES.get(entry.facts.get("mismatch", ""), ""))
    yield _failure(entry)


def _progress(entry: Entry, background: Background) -> Iterable[str]:
    progress = entry.facts.get("progress", "")
    yield str(words.PROGRESS.get(progress, ""))
    word = entry.facts.get("word", "")
    yield _("AI面试系统状态：%(word)s") % {"word": word} if word else ""


def _moved(entry: Entry, background: Background) -> Iterable[str]:
    yield _("已进入人才库") if entry.facts.get("in_pool") else _("未授权入库，仅保留历史记录")
    scores = entry.facts.get("assessments", 0)
    yield ngettext("附%(n)d项评分", "附%(n)d项评分", scores) % {"n": scores} if scores else ""


def _move_failed(entry: Entry, background: Background) -> Iterable[str]:
    yield _("未通过的校验：%(check)s") % {"check": entry.facts.get("check", "")}


def _application(entry: Entry, background: Background) -> Iterable[str]:
    before, after = (_application_state(entry.facts.get(side, "")) for side in ("before", "after"))
    yield f"{before} → {after}"
    yield background.reason(entry.facts.get("reason", ""))


def _task(entry: Entry, background: Background) -> Iterable[str]:
    kind = entry.facts.get("kind", "")
    yield str(Kind(kind).label) if kind in Kind.values else kind


def _exported(entry: Entry, background: Background) -> Iterable[str]:
    rows = entry.facts.get("rows", 0)
    yield ngettext("%(n)d行", "%(n)d行", rows) % {"n": rows}
    yield str(entry.facts.get("format", "")).upper()


def _seen(entry: Entry, background: Background) -> Iterable[str]:
    yield seen(entry)


def _data_request(entry: Entry, background: Background) -> Iterable[str]:
    kind = entry.facts.get("kind", "")
    yield str(RequestKind(kind).label) if kind in RequestKind.values else ""
    why = entry.facts.get("why", "")
    yield str(Hindrance(why).label) if why in Hindrance.values else ""


def _reminded(entry: Entry, background: Background) -> Iterable[str]:
    yield _("提前%(time)s") % {"time": span(timedelta(minutes=entry.facts["lead"]))}
    if "interviewers" in entry.facts["to"]:
        yield _("面试官一并提醒") if "candidate" in entry.facts["to"] else _("只提醒面试官")


def _answered(entry: Entry, background: Background) -> Iterable[str]:
    yield _span(entry.facts["starts_at"], entry.facts["ends_at"])


def _failed(entry: Entry, background: Background) -> Iterable[str]:
    yield _failure(entry)


def _reconciled(entry: Entry, background: Background) -> Iterable[str]:
    yield str(words.MISMATCHES.get(entry.facts.get("kind", ""), ""))


def _failure(entry: Entry) -> str:
    return in_words(str(entry.facts.get("failure") or entry.facts.get("detail") or ""))


def _application_state(state: str) -> str:
    return str(ApplicationState(state).label) if state in ApplicationState.values else state


def _moment(at: str) -> str:
    return f"{day(datetime.fromisoformat(at))} {clock(datetime.fromisoformat(at))}"


def _span(starts_at: str, ends_at: str) -> str:
    return between(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))


_A = Action
_FACTS: dict[str, Callable[[Entry, Background], Iterable[str]]] = {
    _A.INTERVIEW_SCHEDULED: _scheduled,
    _A.INTERVIEW_IMPORTED: _imported,
    _A.INTERVIEW_RESCHEDULED: _rescheduled,
    _A.INVITE_FAILED: _failed,
    _A.RESCHEDULE_FAILED: _failed,
    _A.REMINDED: _reminded,
    _A.CONFIRMED: _answered,
    _A.OTHER_TIME_WANTED: _answered,
    _A.VENDOR_PROGRESS: _progress,
    _A.INTERVIEW_SUBMITTED: _progress,
    _A.REQUESTED: _requested,
    _A.REFUSED: _refused,
    _A.REJECTED: _ended,
    _A.WITHDRAWN: _ended,
    _A.COMPLETED: _agreement,
    _A.VENDOR_SILENT: _silent,
    _A.NEEDS_PERSON: _failed,
    _A.MISMATCH: _mismatch,
    _A.RECONCILED: _reconciled,
    _A.CONTRADICTED: _progress,
    _A.MOVED: _moved,
    _A.MOVE_FAILED: _move_failed,
    _A.APPLICATION_CHANGED: _application,
    _A.TASK_OPENED: _task,
    _A.TASK_SETTLED: _task,
    _A.TASK_RETRIED: _task,
    _A.EXPORTED: _exported,
    _A.VIEWED: _seen,
    _A.REVEALED: _seen,
    _A.DATA_ASKED: _data_request,
    _A.DATA_WITHDRAWN: _data_request,
    _A.DATA_GRANTED: _data_request,
    _A.DATA_DECLINED: _data_request,
    _A.DATA_PUT_OFF: _data_request,
}
#: Icon and tone of each deed of the trail.
_LOOKS: dict[str, tuple[str, str]] = {
    _A.INTERVIEW_SCHEDULED: ("state-scheduled", "info"),
    _A.INTERVIEW_IMPORTED: ("archive", "info"),
    _A.IMPORTED_PART: ("archive", "info"),
    _A.UPLOADED: ("archive", "info"),
    _A.LOAD_ASKED: ("archive", "warn"),
    _A.UPLOAD_GONE: ("x", "neutral"),
    _A.ROWS_MENDED: ("check", "ok"),
    _A.ROWS_DISCARDED: ("ban", "warn"),
    _A.ROWS_TAKEN: ("download", "warn"),
    _A.REASONS_SORTED: ("edit", "ok"),
    _A.INTERVIEW_INVITED: ("vendor", "ok"),
    _A.INVITE_FAILED: ("vendor", "danger"),
    _A.INTERVIEW_RESCHEDULED: ("refresh", "info"),
    _A.RESCHEDULE_AGREED: ("vendor", "ok"),
    _A.RESCHEDULE_FAILED: ("vendor", "danger"),
    _A.VENDOR_PROGRESS: ("vendor", "info"),
    _A.INTERVIEW_SUBMITTED: ("state-submitted", "ok"),
    _A.REMINDED: ("bell", "info"),
    _A.CONFIRMED: ("check", "ok"),
    _A.OTHER_TIME_WANTED: ("refresh", "warn"),
    _A.REMINDERS_CHANGED: ("bell", "info"),
    _A.INTERVIEW_LAPSED: ("state-expired", "neutral"),
    _A.REQUESTED: ("state-cancelling", "warn"),
    _A.REFUSED: ("ban", "danger"),
    _A.APPROVED: ("check", "ok"),
    _A.REJECTED: ("state-rejected", "danger"),
    _A.WITHDRAWN: ("state-withdrawn", "neutral"),
    _A.ESCALATED: ("clock", "warn"),
    _A.COMPLETED: ("state-completed", "ok"),
    _A.AGREED: ("vendor", "ok"),
    _A.VENDOR_SILENT: ("vendor", "warn"),
    _A.NEEDS_PERSON: ("user", "warn"),
    _A.MISMATCH: ("alert", "warn"),
    _A.RECONCILED: ("refresh", "info"),
    _A.VENDOR_ADDED: ("vendor", "ok"),
    _A.VENDOR_CHANGED: ("vendor", "warn"),
    _A.CALENDAR_FEED: ("link", "neutral"),
    _A.CALENDAR_SERVER: ("link", "warn"),
    _A.RECONCILE_ASKED: ("vendor", "neutral"),
    _A.CONTRADICTED: ("alert", "danger"),
    _A.MOVED: ("archive", "ok"),
    _A.MOVE_FAILED: ("alert", "danger"),
    _A.RESTORED: ("refresh", "info"),
    _A.APPLICATION_CHANGED: ("briefcase", "neutral"),
    _A.TASK_OPENED: ("task", "warn"),
    _A.TASK_SETTLED: ("task", "ok"),
    _A.TASK_RETRIED: ("refresh", "info"),
    _A.EXPORTED: ("download", "info"),
    _A.VIEWED: ("user", "neutral"),
    _A.REVEALED: ("user", "warn"),
    _A.COPIED: ("download", "warn"),
    _A.DATA_ASKED: ("task", "info"),
    _A.DATA_WITHDRAWN: ("task", "neutral"),
    _A.DATA_GRANTED: ("check", "ok"),
    _A.DATA_DECLINED: ("ban", "warn"),
    _A.DATA_PUT_OFF: ("alert", "warn"),
    _A.SIGNED_IN: ("user", "neutral"),
    _A.TOPIC_CHOSEN: ("bell", "neutral"),
    _A.CONSENTED: ("pool", "info"),
    _A.POSITION_FROZEN: ("snow", "warn"),
    _A.POSITION_REOPENED: ("briefcase", "ok"),
    _A.POLICY_SAVED: ("rules", "info"),
    _A.COMPANY_FOUNDED: ("building", "info"),
    _A.ERASED: ("user", "warn"),
    _A.ROLLED_BACK: ("refresh", "warn"),
    _A.EXPORT_ASKED: ("download", "warn"),
    _A.EXPORT_READY: ("archive", "info"),
    _A.EXPORT_TAKEN: ("download", "warn"),
    _A.EXPORT_GONE: ("x", "neutral"),
    _A.RESTORED_HERE: ("building", "warn"),
    _A.PASSWORD_SET: ("lock", "warn"),
    _A.TRACK_BEGUN: ("list", "info"),
    _A.TRACK_COMPARED: ("list", "neutral"),
    _A.TRACK_SWITCHED: ("check", "ok"),
    _A.RETENTION_CHANGED: ("clock", "info"),
    _A.RETENTION_RAN: ("x", "warn"),
    _A.HOLD_PLACED: ("lock", "info"),
    _A.HOLD_LIFTED: ("lock", "neutral"),
}
