"""Reads of the vendors room."""

from uuid import UUID

from django.db.models import QuerySet

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound
from raincheck.vendors.models import VendorAccount, VendorCall


def accounts(actor: Actor) -> "QuerySet[VendorAccount]":
    """Return the AI interview systems an interview can be booked at. Raises NotAllowed."""
    demand(actor, Ability.SCHEDULE_INTERVIEW)
    return VendorAccount.objects.filter(company_id=actor.company_id, active=True).order_by("name")


def get_account(actor: Actor, account_id: UUID) -> VendorAccount:
    """Return one active account. Raises NotAllowed, NotFound."""
    account = accounts(actor).filter(id=account_id).first()
    if account is None:
        raise NotFound(field="vendor")
    return account


def calls_about(interview_id: UUID) -> "QuerySet[VendorCall]":
    """Return every call made about an interview already allowed to be seen, oldest first."""
    return VendorCall.objects.filter(interview_id=interview_id).select_related("account").order_by("at", "id")


def account_names(company_id: UUID) -> dict[UUID, str]:
    """Return what the company calls each of its AI interview systems, ended ones included."""
    return dict(VendorAccount.objects.filter(company_id=company_id).values_list("id", "name"))
