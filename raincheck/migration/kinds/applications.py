"""Applications: who applied for what, when, by which channel, and where that stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection

from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note_all
from raincheck.core.actor import Actor
from raincheck.core.bulk import each, ids, insert_rows
from raincheck.core.ids import new_id
from raincheck.migration.fields import Field
from raincheck.migration.kinds.checking import CONTACTS, PERSON, contacts_of
from raincheck.migration.kinds.keeping import Item, Keeper, Refusal, Setting
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.reading import KindDraft, KindRow
from raincheck.migration.kinds.rooms import Rooms
from raincheck.migration.kinds.stages import STAGES
from raincheck.migration.loading.people import Known
from raincheck.migration.loading.places import APPLICATIONS
from raincheck.migration.notices import notice
from raincheck.migration.rows.drafts import Raw
from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words
from raincheck.recruiting.actions import APPLICATION_MOVES
from raincheck.recruiting.models import ApplicationState, Position

CHANGED = Fault(
    "changed_since",
    Words(
        "该候选人对此岗位的投递已存在，而该行内容不同：请在平台中修改",
        "this candidate's application for this position is already here, and this row differs: change it there",
    ),
)
NO_WAY = Fault(
    "move_forbidden",
    Words("投递状态不能由现在的变为这个", "the application can't go from where it stands to there"),
)
STANDING = Fault(
    "interview_standing",
    Words(
        "该投递仍有未结束的面试，不能关闭：请先取消或完成面试",
        "an interview of this application still stands: cancel or complete it before the application is closed",
    ),
)
NO_CONSENT = Fault(
    "pool_consent_missing",
    Words(
        "候选人未授权存入人才库，请改为其他状态",
        "the candidate hasn't agreed to the talent pool: write another state",
    ),
)
IN_FUTURE = Fault("applied_in_future", Words("投递时间在将来", "the time of the application lies ahead"))
_NO_DATE = notice(
    "applied_at_unknown",
    lambda n: Words(
        f"{n} 行没有投递时间，记为导入时间",
        f"{n} rows don't say when they applied; the time of the import is noted",
    ),
)
_KEPT = notice(
    "application_known",
    lambda n: Words(
        f"{n} 行的投递已在册，只补上空缺",
        f"{n} applications are known already; only what was empty was filled in",
    ),
)
_CLOSING = {ApplicationState.DECLINED, ApplicationState.WITHDRAWN, ApplicationState.POOLED}
#: No person has moved it yet and `listed`: a list of applications made it; `assumed`: one of interviews did, which
#: doesn't say since when. `standing`: an interview of it is on.
_FOUND = """
SELECT a.id, a.candidate_id, a.position_id, a.state, a.source, a.applied_at,
    a.state_note = '' AND EXISTS (SELECT FROM migration_broughtrow b WHERE b.subject_id = a.id AND b.made),
    a.state_note = '' AND EXISTS (SELECT FROM recruiting_interview i
        JOIN migration_importedrow r ON r.interview_id = i.id WHERE i.application_id = a.id AND r.made_application),
    EXISTS (SELECT FROM recruiting_interview i WHERE i.application_id = a.id
        AND i.state IN ('scheduled', 'in_progress', 'cancelling'))
FROM unnest(%s::uuid[]) AS s (id)
CROSS JOIN LATERAL (SELECT a.* FROM recruiting_application a WHERE a.candidate_id = s.id OFFSET 0) a
WHERE a.company_id = %s
"""
_CHANGE = """
UPDATE recruiting_application a SET state = w.state, source = w.source, applied_at = w.applied_at
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[]) w (id, state, source, applied_at)
WHERE a.id = w.id AND a.company_id = %s
    AND (a.state, a.source, a.applied_at) IS DISTINCT FROM (w.state, w.source, w.applied_at)
"""


@dataclass(frozen=True, slots=True)
class ApplicationDraft(KindDraft):
    """An application as a row tells of it; empty is what the row doesn't say."""

    department: str
    position: str
    source: str
    state: str
    applied_at: datetime | None


@dataclass(slots=True)
class Place:
    """An application, here or about to be; `before` is the state it is moved from."""

    id: UUID
    state: str
    source: str
    applied_at: datetime
    listed: bool
    assumed: bool
    standing: bool = False
    before: str = ""


@dataclass(slots=True)
class ApplicationItem(Item):
    """A row with the application it makes or tells more of."""

    place: Place = field(kw_only=True)
    position_id: UUID = field(kw_only=True)


class ApplicationRow(KindRow):
    """One row of a list of applications."""

    kind = Kind.APPLICATIONS

    def draft(self, raw: Raw) -> ApplicationDraft:
        """Return the application."""
        person = self.person()
        position = self.text(Field.POSITION, needed=True)
        department, source = self.text(Field.DEPARTMENT), self.text(Field.SOURCE)
        applied_at = self.applied()
        if applied_at is not None and applied_at > self._rules.now:
            self._reject(IN_FUTURE, field=Field.APPLIED_AT)
        state = self.word(Field.STAGE, STAGES)
        return ApplicationDraft(
            raw, person, tuple(self.notices), department, position, source, state, applied_at
        )


class ApplicationKeeper(Keeper):
    """Stores applications."""

    kind = Kind.APPLICATIONS
    row = ApplicationRow
    makes_people = True
    joins = PERSON + " " + each("recruiting_application", "a.id", "r.subject_id", "a.*")
    texts = (
        "a.position_id",
        "a.state",
        "a.source",
        "(extract(epoch FROM a.applied_at) * 1000000)::bigint",
        "c.name",
        *CONTACTS,
    )

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.rooms = Rooms(setting.company.id)

    def settle(self, drafts: Sequence[tuple[KindDraft, Known | None]]) -> list[Item | Refusal]:
        """Hold each row against the application that is here, if there is one."""
        known = {one.candidate_id for _, one in drafts if one and not one.fresh}
        found = self._found(list(known))
        settled: list[Item | Refusal] = []
        for draft, candidate in drafts:
            if candidate is None:
                raise ValueError("an application is somebody's")
            settled.append(self._settle(cast("ApplicationDraft", draft), candidate, found))
        return settled

    def _settle(
        self, draft: ApplicationDraft, known: Known, found: dict[tuple[UUID, UUID], Place]
    ) -> Item | Refusal:
        if draft.state == ApplicationState.POOLED and not known.consent:
            return Refusal(Field.STAGE, NO_CONSENT)
        position = self.rooms.find(draft.department, draft.position)
        if isinstance(position, Fault):
            return Refusal(Field.POSITION, position)
        position = position or self.rooms.make(draft.department, draft.position)
        place = found.get((known.candidate_id, position.id))
        if place is None:
            place = found[known.candidate_id, position.id] = self._new(draft)
            item = self._item(draft, known, place, position, made=True)
            if draft.applied_at is None:
                item.notices.append(_NO_DATE)
            return item
        against = _against(draft, place)
        if against is not None:
            return against
        item = self._item(draft, known, place, position, made=False)
        item.notices.append(_KEPT)
        return item

    def _new(self, draft: ApplicationDraft) -> Place:
        state = draft.state or ApplicationState.APPLIED
        applied_at = draft.applied_at or self.setting.at
        return Place(new_id(), state, draft.source, applied_at, listed=True, assumed=False)

    @staticmethod
    def _item(
        draft: ApplicationDraft, known: Known, place: Place, position: Position, *, made: bool
    ) -> ApplicationItem:
        return ApplicationItem(draft, known, place.id, made, place=place, position_id=position.id)

    def _found(self, candidates: Sequence[UUID]) -> dict[tuple[UUID, UUID], Place]:
        if not candidates:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(_FOUND, [ids(candidates), self.setting.company.id])
            rows: list[tuple[Any, ...]] = list(cursor.fetchall())
        return {(who, what): Place(id_, *told) for id_, who, what, *told in rows}

    def store(self, items: Sequence[Item], *, now: datetime) -> None:
        """Store what is new, fill in what was empty, and move what an import made, on record."""
        told = cast("Sequence[ApplicationItem]", items)
        fresh = [item for item in told if item.made]
        rows = (
            (
                i.place.id,
                i.known.candidate_id,
                i.position_id,
                i.place.state,
                i.place.source,
                i.place.applied_at,
            )
            for i in fresh
            if i.known
        )
        company_id = self.setting.company.id
        if fresh:
            insert_rows(APPLICATIONS, rows, company_id=company_id, state_note="")
        changed = {item.place.id: item.place for item in told if not item.made}
        if changed:
            places = list(changed.values())
            columns = zip(*((p.state, p.source, p.applied_at) for p in places), strict=True)
            with connection.cursor() as cursor:
                cursor.execute(_CHANGE, [ids(changed), *map(list, columns), company_id])
            moves = [_move(place) for place in places if place.before]
            note_all(actor=Actor.system(company_id), deeds=moves, now=now)
            for place in places:
                place.before = ""

    def plain(self, item: Item) -> Sequence[str]:
        """Return position, state, source and date of the application, and whose it is."""
        one = cast("ApplicationItem", item)
        known, place = one.known, one.place
        when = str(round(place.applied_at.timestamp() * 1_000_000))
        name = known.name if known else ""
        return (str(one.position_id), place.state, place.source, when, name, *contacts_of(known))


def _against(draft: ApplicationDraft, place: Place) -> Refusal | None:
    """Hold a row against an application that is here; take in what fits. A state is changed where an import set it."""
    if place.listed and draft.applied_at not in {None, place.applied_at}:
        return Refusal(Field.APPLIED_AT, CHANGED)
    if draft.state and draft.state != place.state:
        if not (place.listed or place.assumed):
            return Refusal(Field.STAGE, CHANGED)
        if ApplicationState(draft.state) not in APPLICATION_MOVES[place.state]:
            return Refusal(Field.STAGE, NO_WAY)
        if draft.state in _CLOSING and place.standing:
            return Refusal(Field.STAGE, STANDING)
        place.before, place.state = place.before or place.state, draft.state
    place.source = place.source or draft.source
    if draft.applied_at and place.assumed:
        place.applied_at = draft.applied_at
    return None


def _move(place: Place) -> Deed:
    facts = {"before": place.before, "after": place.state, "reason": "imported"}
    return Deed(Action.APPLICATION_CHANGED, Subject("application", place.id), facts)
