"""Reads of the archive room."""

from uuid import UUID

from django.db.models import Q, QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.archive.models import HistoryRecord, ProfileEntry, TalentProfile
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound
from raincheck.recruiting.models import Candidate, Interview
from raincheck.recruiting.schools import of_school


def history_of(interview: Interview) -> HistoryRecord | None:
    """Return what an interview already allowed to be seen was when it left the schedule, if it did."""
    return HistoryRecord.objects.filter(interview=interview).first()


def pool(actor: Actor, *, text: str = "") -> "QuerySet[TalentProfile]":
    """Return the profiles in the talent pool, last in on top, by candidate's name, school or CV line."""
    demand(actor, Ability.VIEW_TALENT)
    found = TalentProfile.objects.filter(company_id=actor.company_id, in_pool=True).select_related(
        "candidate"
    )
    if text:
        words = Q(candidate__name__icontains=text) | of_school("candidate__school", text)
        found = found.filter(words | Q(candidate__headline__icontains=text))
    return found.order_by("-pooled_at", "id")


def known(actor: Actor, candidate_id: UUID) -> tuple[Candidate, TalentProfile | None]:
    """Return a candidate, and their profile if there is one yet. Raises NotAllowed, NotFound."""
    demand(actor, Ability.VIEW_TALENT)
    found = Candidate.objects.filter(company_id=actor.company_id, id=candidate_id)
    candidate = found.select_related("identity").first()
    if candidate is None:
        raise NotFound
    return candidate, TalentProfile.objects.filter(candidate=candidate).first()


def entries_of(profile: TalentProfile) -> "QuerySet[ProfileEntry]":
    """Return all that a profile is made of, newest first."""
    return profile.entries.order_by("-occurred_at", "-id")
