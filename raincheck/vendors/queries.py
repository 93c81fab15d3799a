"""Reads of the vendors room."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, NotFound
from raincheck.vendors.models import VendorAccount, VendorCall


class AccountEnded(Conflict):
    """Where the interview was, nothing new is booked."""

    code = "vendor_account_ended"
    message = _("这场面试所用的AI面试系统账号已停用")
    advice = _("请安排一场新的面试并选择其他系统，或请管理员先恢复该账号")


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


def demand_open(actor: Actor, account_id: UUID | None) -> None:
    """Pass if an interview can be booked anew where it was. Raises NotAllowed, AccountEnded."""
    if account_id is not None and not accounts(actor).filter(id=account_id).exists():
        raise AccountEnded


def calls_about(interview_id: UUID) -> "QuerySet[VendorCall]":
    """Return every call made about an interview already allowed to be seen, oldest first."""
    return VendorCall.objects.filter(interview_id=interview_id).select_related("account").order_by("at", "id")


def account_names(company_id: UUID) -> dict[UUID, str]:
    """Return what the company calls each of its AI interview systems, ended ones included."""
    return dict(VendorAccount.objects.filter(company_id=company_id).values_list("id", "name"))
