"""Which department a row means whose position several have, where its list has no column that could say so."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import Invalid
from raincheck.migration.fields import Field
from raincheck.migration.kinds.rooms import WHICH
from raincheck.migration.loading import quarantine
from raincheck.migration.models import ImportRun, QuarantinedRow
from raincheck.recruiting.models import Department, Position


class UnknownDepartment(Invalid):
    """It isn't one of those that have the row's position, or the row asks for none."""

    code = "unknown_department"
    message = _("请从所列的部门中选择")
    advice = _("岗位可能刚刚变动，请刷新页面再选")


def choices(run: ImportRun, row: QuarantinedRow) -> list[Department]:
    """Return the departments that have its position; none where that isn't asked, or a column of its list says it."""
    place = place_of(run, Field.POSITION)
    if WHICH.code not in row.codes or place is None or place_of(run, Field.DEPARTMENT) is not None:
        return []
    title = (quarantine.texts(run, row) or [])[place]
    having = Position.objects.filter(company_id=run.company_id, title=title)
    return list(Department.objects.filter(id__in=having.values("department_id")).order_by("name"))


def chosen(run: ImportRun, row: QuarantinedRow, department_id: UUID | None) -> str:
    """Return the name of the department that was chosen, "" for none. Raises UnknownDepartment."""
    if department_id is None:
        return ""
    named = {one.id: one.name for one in choices(run, row)}
    if department_id not in named:
        raise UnknownDepartment(field="department")
    return named[department_id]


def alike(run: ImportRun, before: Sequence[str], texts: Sequence[str], row: QuarantinedRow) -> bool:
    """Say whether another row asks for the department of the same position."""
    place = place_of(run, Field.POSITION)
    return WHICH.code in row.codes and place is not None and texts[place] == before[place]


def place_of(run: ImportRun, known: Field) -> int | None:
    """Return the column of a field, from 0."""
    return next((i for i, line in enumerate(run.mapping) if line["field"] == known), None)
