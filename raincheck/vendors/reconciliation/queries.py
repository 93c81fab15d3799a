"""Reports of reconciliations, for the pages and commands that show them."""

from uuid import UUID

from django.db.models import QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.vendors.models import Reconciliation


def reconciliations(actor: Actor, account_id: UUID) -> "QuerySet[Reconciliation]":
    """Return the reports about one account, the latest first, one that still runs included. Raises NotAllowed."""
    demand(actor, Ability.VIEW_VENDORS)
    mine = Reconciliation.objects.filter(company_id=actor.company_id, account_id=account_id)
    return mine.order_by("-requested_at", "-id")


def last_reconciliations(actor: Actor) -> dict[UUID, Reconciliation]:
    """Return the latest report that is finished, by account. Raises NotAllowed."""
    demand(actor, Ability.VIEW_VENDORS)
    finished = Reconciliation.objects.filter(company_id=actor.company_id, finished_at__isnull=False)
    latest = finished.order_by("account_id", "-requested_at", "-id").distinct("account_id")
    return {row.account_id: row for row in latest}
