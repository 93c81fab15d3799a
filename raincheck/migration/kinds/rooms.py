"""Departments and positions by their names, as rows of other kinds than interviews speak of them."""

from dataclasses import dataclass, field
from uuid import UUID

from raincheck.migration.dates import Fault
from raincheck.migration.rows import NO_DEPARTMENT
from raincheck.migration.words import Words
from raincheck.recruiting.models import Department, Position

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
    _positions: dict[tuple[str, str], Position] = field(default_factory=dict)

    def find(self, department: str, title: str) -> Position | Fault | None:
        """Return a position that is there; without a department the only one of that title."""
        if (department, title) in self._positions:
            return self._positions[department, title]
        known = Position.objects.select_related("department").filter(company_id=self.company_id, title=title)
        if department:
            known = known.filter(department__name=department)
        found = list(known[:2])
        if len(found) > 1:
            return WHICH
        if found:
            self._positions[department, title] = found[0]
        return found[0] if found else None

    def make(self, department: str, title: str) -> Position:
        """Store a position that isn't there; its department, too, if need be."""
        name = department or NO_DEPARTMENT
        if name not in self._departments:
            room, _ = Department.objects.get_or_create(company_id=self.company_id, name=name)
            self._departments[name] = room
        position = Position.objects.create(
            company_id=self.company_id, department=self._departments[name], title=title
        )
        self._positions[department, title] = self._positions[name, title] = position
        return position
