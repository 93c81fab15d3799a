"""Positions: where they belong, in which state they are, and who of the staff looks after them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from raincheck.accounts.models import Staff
from raincheck.migration.fields import Field
from raincheck.migration.kinds.keeping import Item, Keeper, Refusal, Setting
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.reading import KindDraft, KindRow
from raincheck.migration.kinds.rooms import Rooms
from raincheck.migration.kinds.stages import POSITION_STATES
from raincheck.migration.loading.people import Known, folded
from raincheck.migration.notices import notice
from raincheck.migration.rows.drafts import Raw
from raincheck.migration.values import checks
from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words
from raincheck.recruiting.models import ON_SCHEDULE, Interview, Position, PositionState

CHANGED = Fault(
    "changed_since",
    Words(
        "该岗位已在平台中，状态不同：请在平台中修改",
        "the position is already here in another state: change it there",
    ),
)
AHEAD = Fault(
    "interviews_ahead",
    Words(
        "该岗位还有未结束的面试，不能由导入冻结或关闭：请在平台中处理",
        "interviews of this position still stand, so an import doesn't freeze or close it: do it in Raincheck",
    ),
)
_NO_OWNER = notice(
    "owner_unknown",
    lambda n: Words(
        f"{n} 行的岗位负责人不是本企业的员工（按邮箱或唯一的姓名找），未设负责人",
        f"{n} rows name an owner who isn't of the staff (by e-mail, or a name only one bears); none was set",
    ),
)
_KEPT = notice(
    "position_known",
    lambda n: Words(
        f"{n} 行的岗位已在册，只补上空缺",
        f"{n} positions are known already; only what was empty was filled in",
    ),
)


@dataclass(frozen=True, slots=True)
class PositionDraft(KindDraft):
    """A position as a row tells of it; empty is what the row doesn't say."""

    department: str
    title: str
    state: str
    owner: str


@dataclass(slots=True)
class PositionItem(Item):
    """A row with its position as it is to stand."""

    position: Position = field(kw_only=True)


class PositionRow(KindRow):
    """One row of a list of positions."""

    kind = Kind.POSITIONS

    def draft(self, raw: Raw) -> PositionDraft:
        """Return the position."""
        department, title = self.text(Field.DEPARTMENT), self.text(Field.POSITION, needed=True)
        state = self.word(Field.POSITION_STATE, POSITION_STATES)
        owner = self._checked(Field.OWNER, lambda text: checks.text(text, field="owner"))
        return PositionDraft(raw, None, tuple(self.notices), department, title, state, owner)


class PositionKeeper(Keeper):
    """Stores positions; they are few, so one by one."""

    kind = Kind.POSITIONS
    row = PositionRow
    joins = "CROSS JOIN LATERAL (SELECT p.* FROM recruiting_position p WHERE p.id = r.subject_id OFFSET 0) p"
    texts = ("p.department_id", "p.title", "p.state", "COALESCE(p.owner_id::text, '')")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.rooms = Rooms(setting.company.id)
        self._staff = [
            (staff.email.casefold(), folded(staff.name), staff)
            for staff in Staff.objects.filter(company_id=setting.company.id, is_active=True)
        ]

    def settle(self, drafts: Sequence[tuple[KindDraft, Known | None]]) -> list[Item | Refusal]:
        """Hold each row against the position that is here, if there is one."""
        return [self._settle(cast("PositionDraft", draft)) for draft, _ in drafts]

    def _settle(self, draft: PositionDraft) -> Item | Refusal:
        found = self.rooms.find(draft.department, draft.title)
        if isinstance(found, Fault):
            return Refusal(Field.POSITION, found)
        owner = self._owner(draft.owner)
        made = found is None
        position = found or self.rooms.make(draft.department, draft.title)
        against = None if made else _against(draft, position)
        if against is not None:
            return Refusal(Field.POSITION_STATE, against)
        position.state = draft.state or position.state
        if owner is not None and position.owner_id is None:
            position.owner_id = owner.id
        item = PositionItem(draft, None, position.id, made, position=position)
        if draft.owner and owner is None:
            item.notices.append(_NO_OWNER)
        if not made:
            item.notices.append(_KEPT)
        return item

    def _owner(self, said: str) -> Staff | None:
        wanted, name = said.strip().casefold(), folded(said)
        if not wanted:
            return None
        found = [one for email, _, one in self._staff if email == wanted]
        found = found or [one for _, known, one in self._staff if known == name]
        return found[0] if len(found) == 1 else None

    def store(self, items: Sequence[Item], *, now: datetime) -> None:
        """Write state and owner; the positions themselves are there."""
        changed = {one.position.id: one.position for one in cast("Sequence[PositionItem]", items)}
        Position.objects.bulk_update(changed.values(), ["state", "owner"])

    def plain(self, item: Item) -> Sequence[str]:
        """Return department, title, state and owner."""
        position = cast("PositionItem", item).position
        owner = str(position.owner_id) if position.owner_id else ""
        return (str(position.department_id), position.title, str(position.state), owner)


def _against(draft: PositionDraft, position: Position) -> Fault | None:
    """Say what keeps a row's state from a position that is here. One without an owner no person has seen to yet."""
    if draft.state in {"", position.state}:
        return None
    if position.owner_id is not None or position.state != PositionState.OPEN:
        return CHANGED
    standing = Interview.objects.filter(application__position=position, state__in=ON_SCHEDULE)
    return AHEAD if standing.exists() else None
