"""What a kind does of its own in a load: see whether a row fits what is here, store it, tell what is stored."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from raincheck.accounts.models import Company
from raincheck.cancellations.models import Reason
from raincheck.core.ids import new_id
from raincheck.migration.fields import Field
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.reading import KindDraft, KindRow
from raincheck.migration.loading.people import Known
from raincheck.migration.notices import Notice
from raincheck.migration.values.dates import Fault


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row that could be read doesn't fit: the field it is about, and the fault."""

    field: Field
    fault: Fault


@dataclass(slots=True)
class Item:
    """One row about to be stored: whom it is about, and what it makes (`made`) or tells more of."""

    draft: KindDraft
    known: Known | None
    subject_id: UUID
    made: bool
    notices: list[Notice] = field(default_factory=list)
    row_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class Setting:
    """What a keeper works in: the company, its reasons by code, the run, and the instant of the run's beginning."""

    company: Company
    run_id: UUID
    reasons: Mapping[str, Reason]
    at: datetime


class Keeper(ABC):
    """One kind's own. Lives as long as the run; everything happens in the open transaction of a part."""

    kind: ClassVar[Kind]
    row: ClassVar[type[KindRow]]
    #: Whether somebody who isn't known yet is made, or stands against the row.
    makes_people: ClassVar[bool] = False
    #: SQL: joins from `r`, the brought row, to what it is about, and its plain values as text, none of them null.
    joins: ClassVar[str]
    texts: ClassVar[Sequence[str]]

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    @abstractmethod
    def settle(self, drafts: Sequence[tuple[KindDraft, Known | None]]) -> list[Item | Refusal]:
        """Say of each row, in order, what it is to become, or why it can't be; nothing is stored yet."""

    @abstractmethod
    def store(self, items: Sequence[Item], *, now: datetime) -> None:
        """Store what the rows tell; the people in them are there."""

    @abstractmethod
    def plain(self, item: Item) -> Sequence[str]:
        """Return the row's plain values as `texts` has them, once it is stored."""
