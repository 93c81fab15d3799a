"""Rows found by a school, however it was written on either side."""

from django.db.models import Q

from raincheck.recruiting.schools.naming import SURE, school_of, spellings_of


def of_school(column: str, typed: str) -> Q:
    """Return what finds rows whose `column` holds what was typed, or any way that school is written."""
    found = school_of(typed)
    wanted = Q(**{f"{column}__icontains": typed})
    if found.confidence < SURE:
        return wanted
    wanted |= Q(**{f"{column}__icontains": found.name})
    for spelling in spellings_of(found.name)[1:]:
        wanted |= Q(**{f"{column}__iexact": spelling})
    return wanted
