"""Departments and positions by their names, as rows speak of them; found, or made where they are missing."""

from dataclasses import dataclass, field
from uuid import UUID

from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words
from raincheck.recruiting.models import Department, Position

#: Where a position is made that no row gives a department.
NO_DEPARTMENT = "未分部门"
WHICH = Fault(
    "which_position",
    Words(
        "多个部门都有这个岗位，请写明部门",
        "several departments have a position of that name: name the department",
    ),
)


@dataclass
class Rooms:
    """What one run has found and made of them; they are few."""

    company_id: UUID
    _departments: dict[str, Department] = field(default_factory=dict)
    _positions: dict[tuple[str, str], Position | Fault] = field(default_factory=dict)

    def find(self, department: str, title: str) -> Position | Fault | None:
        """Return a position that is there; without a department the only one of that title, or which is asked."""
        key = department, title
        if key not in self._positions:
            known = self.called(title)
            found = [one for one in known if department in {"", one.department.name}]
            if not found:
                return None
            self._positions[key] = found[0] if len(found) == 1 else WHICH
        return self._positions[key]

    def called(self, title: str) -> list[Position]:
        """Return all positions of a title."""
        known = Position.objects.filter(company_id=self.company_id, title=title)
        return list(known.select_related("department"))

    def make(self, department: str, title: str) -> Position:
        """Store a position that isn't there; its department, too, if need be."""
        name = department or NO_DEPARTMENT
        if name not in self._departments:
            room, _ = Department.objects.get_or_create(company_id=self.company_id, name=name)
            self._departments[name] = room
        position, _ = Position.objects.get_or_create(
            company_id=self.company_id, department=self._departments[name], title=title
        )
        self._positions[department, title] = self._positions[name, title] = position
        return position
