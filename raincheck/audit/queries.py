"""Reading the trail; the caller has already checked that the actor may see the interview it is about."""

from uuid import UUID

from django.db.models import Q, QuerySet

from raincheck.audit.models import Entry


def about_interview(interview_id: UUID, *, application_id: UUID) -> "QuerySet[Entry]":
    """Return every deed on an interview's timeline, its application's changes included, oldest first."""
    mine = Q(interview_id=interview_id) | Q(subject_type="application", subject_id=application_id)
    return Entry.objects.filter(mine).order_by("at", "id")
