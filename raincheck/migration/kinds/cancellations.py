"""Past requests to cancel: by whom, when, why, and what became of them, of interviews that an import brought.

What was granted becomes a completed cancellation with its history record, by the way every imported one takes; what was
rejected or taken back stays beside its interview, which goes on as it is.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import connection

from raincheck.audit.log import note_all
from raincheck.cancellations.models import State
from raincheck.core.actor import Actor
from raincheck.core.bulk import Packer, each, ids
from raincheck.migration.fields import Field
from raincheck.migration.kinds.asked import Asked, came_to_nothing
from raincheck.migration.kinds.checking import PERSON
from raincheck.migration.kinds.interviews import Known as KnownInterview
from raincheck.migration.kinds.interviews import interviews_of, interviews_then
from raincheck.migration.kinds.keeping import Item, Keeper, Refusal
from raincheck.migration.kinds.loading import nobody
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.reading import KindDraft, KindRow
from raincheck.migration.kinds.stages import OUTCOMES
from raincheck.migration.loading.departures import Departing, Leaver, cancel_together
from raincheck.migration.loading.people import Known, folded
from raincheck.migration.loading.places import Place, state_after
from raincheck.migration.notices import notice
from raincheck.migration.rows.drafts import Draft, Raw
from raincheck.migration.values.dates import Fault
from raincheck.migration.values.states import OPEN, Cancelled, Said, Standing, standing
from raincheck.migration.values.times import Span
from raincheck.migration.words import Words
from raincheck.recruiting.models import InterviewState

NO_INTERVIEW = Fault(
    "no_such_interview",
    Words(
        "没有这位候选人在该时间的面试，请先导入面试",
        "no interview of this candidate is known at that time: import interviews first",
    ),
)
OTHER_TIME = Fault(
    "other_time",
    Words(
        "该候选人有面试，但时间不同：请核对",
        "an interview of this candidate is known, but at another time: please check",
    ),
)
SEVERAL = Fault(
    "several_interviews",
    Words(
        "不止一场面试符合，请写明岗位、时刻或编号",
        "more than one interview fits: name position, time of day or an id",
    ),
)
BOOKED_HERE = Fault(
    "booked_here",
    Words(
        "该面试由平台安排或已关联AI面试系统，请在平台中取消，以便告知各方",
        "this interview was booked in Raincheck or is tied to an AI interview system: cancel it in Raincheck",
    ),
)
CANCELLED = Fault("already_cancelled", Words("该面试已取消", "this interview is cancelled already"))
NOT_NOW = Fault(
    "not_cancellable",
    Words(
        "该面试已提交、未到或正在取消，不能再取消",
        "this interview was handed in, was a no-show or is being cancelled, and so can't be called off",
    ),
)
_BY_NAME = notice(
    "found_by_name_and_time",
    lambda n: Words(
        f"{n} 行没有编号或联系方式，按姓名、时间与岗位找到唯一一场面试",
        f"{n} rows have neither id nor contact; name, time and position fit one interview alone",
    ),
)
_MAY = {InterviewState.SCHEDULED, InterviewState.IN_PROGRESS, InterviewState.EXPIRED}
_SETTLE = """
UPDATE recruiting_application a SET state = w.state
FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) w (id, state, starts_at)
WHERE a.id = w.id AND a.company_id = %s AND a.state = 'interviewing' AND NOT EXISTS (
    SELECT FROM recruiting_interview i WHERE i.application_id = w.id AND i.starts_at > w.starts_at
        AND i.state <> 'cancelled')
"""


@dataclass(frozen=True, slots=True)
class CancellationDraft(KindDraft):
    """A request as a row tells of it; empty is what the row doesn't say."""

    span: Span
    department: str
    position: str
    outcome: str
    how: Cancelled


@dataclass(slots=True)
class CancellationItem(Item):
    """A row with the interview it is about."""

    interview: KnownInterview = field(kw_only=True)


class CancellationRow(KindRow):
    """One row of a list of cancellations."""

    kind = Kind.CANCELLATIONS

    def draft(self, raw: Raw) -> CancellationDraft | None:
        """Return the request."""
        person, when = self.person(), self.span()
        department, position = self.text(Field.DEPARTMENT), self.text(Field.POSITION)
        outcome = self.word(Field.OUTCOME, OUTCOMES) or State.COMPLETED
        if outcome == "open":
            self._reject(OPEN, field=Field.OUTCOME)
        how = self._how(when) if when else None
        if when is None or how is None:
            return None
        told = tuple(self.notices)
        return CancellationDraft(raw, person, told, when, department, position, outcome, how)

    def _how(self, when: Span) -> Cancelled | None:
        said = Said(
            status=InterviewState.CANCELLED,
            attended="",
            reason=self.raw(Field.REASON),
            note=self.raw(Field.REASON_NOTE),
            cancelled_by=self.raw(Field.CANCELLED_BY),
            cancelled_at=self.instant(Field.CANCELLED_AT),
        )
        found = standing(said, when, now=self._rules.now, reasons=self._rules.reasons)
        for known, fault in found.faults:
            self._reject(fault, field=known)
        self.notices += found.notices
        return found.standing.cancelled if found.standing else None


class CancellationKeeper(Keeper):
    """Stores past cancellations."""

    kind = Kind.CANCELLATIONS
    row = CancellationRow
    joins = " ".join(
        (
            PERSON,
            each("cancellations_cancellation", "k.id", "r.subject_id", "k.*"),
            each("recruiting_interview", "i.id", "k.interview_id", "i.*"),
            each("cancellations_reason", "q.id", "k.reason_id", "q.*"),
            "LEFT JOIN LATERAL (SELECT h.id FROM archive_historyrecord h",
            "WHERE h.cancellation_id = k.id OFFSET 0) h ON true",
        )
    )
    texts = (
        "c.name",
        "i.id",
        "k.state",
        "k.initiator",
        "(extract(epoch FROM k.requested_at) * 1000000)::bigint",
        "q.code",
        "k.note",
        "(h.id IS NOT NULL)::text",
    )

    def settle(self, drafts: Sequence[tuple[KindDraft, Known | None]]) -> list[Item | Refusal]:
        """Find the interview of each row; one that isn't here, or may not be called off, stands against it."""
        told = [(cast("CancellationDraft", draft), known) for draft, known in drafts]
        company_id = self.setting.company.id
        theirs, then = (
            defaultdict[UUID, list[KnownInterview]](list),
            defaultdict[str, list[KnownInterview]](list),
        )
        for one in interviews_of(company_id, [k.candidate_id for _, k in told if k and not k.fresh]):
            theirs[one.candidate.candidate_id].append(one)
        nameless = [draft.span.starts_at for draft, known in told if _is_nameless(draft, known)]
        for one in interviews_then(company_id, nameless):
            then[folded(one.candidate.name)].append(one)
        taken: set[UUID] = set()
        return [self._settle(draft, known, theirs, then, taken) for draft, known in told]

    def _settle(
        self,
        draft: CancellationDraft,
        known: Known | None,
        theirs: Mapping[UUID, Sequence[KnownInterview]],
        then: Mapping[str, Sequence[KnownInterview]],
        taken: set[UUID],
    ) -> Item | Refusal:
        by_name = _is_nameless(draft, known)
        if known is None or (known.fresh and not by_name):
            return nobody()
        whose = then.get(folded(known.name), ()) if by_name else theirs.get(known.candidate_id, ())
        found = _the_one(draft, whose)
        if isinstance(found, Fault):
            return Refusal(Field.START, found)
        against = _against(draft, found, taken)
        if against is not None:
            return Refusal(Field.START, against)
        if draft.outcome == State.COMPLETED:
            taken.add(found.id)
        item = CancellationItem(draft, found.candidate, found.id, made=True, interview=found)
        if by_name:
            item.notices.append(_BY_NAME)
        return item

    def store(self, items: Sequence[Item], *, now: datetime) -> None:
        """Store the requests; what was granted leaves the schedule, and its application follows."""
        told = cast("Sequence[CancellationItem]", items)
        actor, reasons = Actor.system(self.setting.company.id), self.setting.reasons
        granted = [item for item in told if _draft(item).outcome == State.COMPLETED]
        others = [item for item in told if _draft(item).outcome != State.COMPLETED]
        _call_off([item.interview.id for item in granted], actor.company_id)
        leavers = [_leaver(item) for item in granted]
        departing = Departing.of(
            leavers, company_id=self.setting.company.id, reasons=reasons, packer=Packer()
        )
        made, deeds = cancel_together(departing, actor=actor, now=now)
        note_all(actor=actor, deeds=list(deeds), now=now)
        self._settle_applications(granted)
        asked = [Asked(item.interview, _draft(item).outcome, _draft(item).how) for item in others]
        made += came_to_nothing(asked, reasons=reasons, actor=actor, now=now)
        for item, id_ in zip((*granted, *others), made, strict=True):
            item.subject_id = id_

    def _settle_applications(self, granted: Sequence[CancellationItem]) -> None:
        """Let an application follow its latest interview."""
        latest: dict[UUID, CancellationItem] = {}
        for item in sorted(granted, key=lambda one: one.interview.span.starts_at):
            latest[item.interview.application_id] = item
        if not latest:
            return
        states = [str(self._state_after(item)) for item in latest.values()]
        starts = [item.interview.span.starts_at for item in latest.values()]
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, [ids(latest), states, starts, self.setting.company.id])

    def _state_after(self, item: CancellationItem) -> str:
        reason = self.setting.reasons[_draft(item).how.reason]
        return state_after(InterviewState.CANCELLED, reason, item.interview.candidate)

    def plain(self, item: Item) -> Sequence[str]:
        """Return whose interview it is and which, and the request as it is stored."""
        one, draft = cast("CancellationItem", item).interview, _draft(item)
        granted, how = draft.outcome == State.COMPLETED, draft.how
        at = str(round(how.at.timestamp() * 1_000_000))
        return (
            one.candidate.name,
            str(one.id),
            draft.outcome,
            how.initiator,
            at,
            how.reason,
            how.note,
            str(granted).lower(),
        )


def _draft(item: Item) -> CancellationDraft:
    return cast("CancellationDraft", item.draft)


def _is_nameless(draft: CancellationDraft, known: Known | None) -> bool:
    """Say whether the row has nothing but a name to know its person by."""
    who = draft.person
    return bool(known and known.fresh and who) and not (
        who and (who.phone or who.id_number or who.candidate_id or who.email)
    )


def _the_one(draft: CancellationDraft, whose: Sequence[KnownInterview]) -> KnownInterview | Fault:
    """Return the one interview a row speaks of: of the position, if it names one, and at its time."""
    fitting = list(_fitting(draft, whose))
    found = [one for one in fitting if _is_then(draft.span, one)]
    if len(found) > 1:
        return SEVERAL
    return found[0] if found else OTHER_TIME if fitting else NO_INTERVIEW


def _fitting(draft: CancellationDraft, whose: Sequence[KnownInterview]) -> Iterator[KnownInterview]:
    for one in whose:
        if draft.position in {"", one.position.title} and draft.department in {"", one.department}:
            yield one


def _is_then(span: Span, one: KnownInterview) -> bool:
    """Say whether it is at that time; a day without a time of day means any time of that day."""
    if span.precision == "day":
        return span.starts_at <= one.span.starts_at < span.ends_at
    return span.starts_at == one.span.starts_at


def _against(draft: CancellationDraft, one: KnownInterview, taken: set[UUID]) -> Fault | None:
    if not one.brought or one.has_vendor:
        return BOOKED_HERE
    if draft.outcome != State.COMPLETED:
        return None
    if one.id in taken or one.state == InterviewState.CANCELLED:
        return CANCELLED
    return NOT_NOW if one.state not in _MAY or one.live else None


def _call_off(interviews: Sequence[UUID], company_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE recruiting_interview SET state = 'cancelled' WHERE company_id = %s AND id = ANY (%s::uuid[])",
            [company_id, ids(interviews)],
        )


def _leaver(item: CancellationItem) -> Leaver:
    """Return it as an imported interview that was cancelled: what departs is the same either way."""
    one, draft = item.interview, _draft(item)
    if draft.person is None:
        raise ValueError("a cancellation is somebody's")
    place = Place(one.application_id, one.candidate, one.position, made=False, source=one.source)
    whole = Draft(
        draft.raw, draft.person, one.department, one.position.title,
        one.source, one.span, Standing(InterviewState.CANCELLED, draft.how), None, (),
    )  # fmt: skip
    return Leaver(one.id, place, whole, draft.how)
