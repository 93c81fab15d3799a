"""What an auditor asks: the requests or entries that fit, newest first, a page of them, and how they ended."""

from django.db.models import Count, QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import REQUESTS, SIGHTS, Action
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.insights.filters import RequestFilters, SightFilters, TrailFilters
from raincheck.insights.models import Request
from raincheck.insights.words import OUTCOMES, REFUSED, ROLLED_BACK


def requests(actor: Actor, filters: RequestFilters) -> "QuerySet[Request]":
    """Return the company's requests for cancellation that fit, newest first. Raises NotAllowed."""
    demand(actor, Ability.VIEW_AUDIT)
    mine = Request.objects.filter(company_id=actor.company_id, action__in=REQUESTS)
    return mine.filter(filters.where()).order_by("-at", "-id")


def trail(actor: Actor, filters: TrailFilters) -> "QuerySet[Entry]":
    """Return the company's entries that fit, newest first. Raises NotAllowed."""
    demand(actor, Ability.VIEW_AUDIT)
    return Entry.objects.filter(filters.where(), company_id=actor.company_id).order_by("-at", "-id")


def sights(actor: Actor, filters: SightFilters) -> "QuerySet[Entry]":
    """Return by whom candidates' data was seen, as far as it fits, newest first. Raises NotAllowed."""
    demand(actor, Ability.VIEW_AUDIT)
    mine = Entry.objects.filter(filters.where(), company_id=actor.company_id, action__in=SIGHTS)
    return mine.order_by("-at", "-id")


def count_by_outcome(found: "QuerySet[Request]") -> dict[str, int]:
    """Return how many of these requests ended how, in the order of words.OUTCOMES; empty ones are left out."""
    counted = found.order_by().values_list("action", "cancellation__state").annotate(n=Count("id"))
    counts = {
        REFUSED if action == Action.REFUSED else state or ROLLED_BACK: n for action, state, n in counted
    }
    return {code: counts[code] for code in OUTCOMES if code in counts}
