"""Asking for a reconciliation: by a person, by the clock, by command. One account has one at a time."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, NotFound
from raincheck.core.jobs import defer
from raincheck.vendors.models import Outcome, Reconciliation, VendorAccount

#: A run that hasn't got on for so long has lost its process, for a page takes seconds; one that still waits for a
#: worker may have to wait for others.
LOST_AFTER, NEVER_BEGUN_AFTER = timedelta(minutes=10), timedelta(hours=6)
#: As many reconciliations run side by side in an installation: cancels must always find a free hand.
SIDE_BY_SIDE = 2


class AlreadyReconciling(Conflict):
    """A run for this account is under way."""

    code = "already_reconciling"
    message = _("该账号正在对账")
    advice = _("请等待本次对账结束后查看结果")


def request_reconciliation(*, actor: Actor, account_id: UUID, now: datetime) -> Reconciliation:
    """Have one account reconciled soon. Raises NotAllowed, NotFound, AlreadyReconciling."""
    demand(actor, Ability.EDIT_VENDORS)
    row = begin(actor=actor, account_id=account_id, trigger="staff", now=now)
    ask_worker(row)
    return row


def begin(*, actor: Actor, account_id: UUID, trigger: str, now: datetime) -> Reconciliation:
    """Open the report of a run that somebody wants. Raises NotFound, AlreadyReconciling."""
    account = VendorAccount.objects.filter(company_id=actor.company_id, id=account_id, active=True).first()
    if account is None:
        raise NotFound(field="vendor")
    _give_up_the_lost(account_id, now)
    try:
        with transaction.atomic():
            row = Reconciliation.objects.create(
                company_id=actor.company_id,
                account=account,
                trigger=trigger,
                requested_by=actor.id,
                requested_at=now,
                beat_at=now,
            )
    except IntegrityError as error:
        raise AlreadyReconciling from error
    if trigger != "schedule":
        deed = Deed(Action.RECONCILE_ASKED, Subject("vendor_account", account_id), {"trigger": trigger})
        note(actor=actor, deed=deed, now=now)
    return row


def ask_worker(row: Reconciliation) -> None:
    """Defer the run, behind whatever else waits."""
    defer(
        "vendors.reconcile",
        queue="vendors",
        priority=-1,
        lock=f"vendors.reconcile.{row.account_id.int % SIDE_BY_SIDE}",
        company_id=str(row.company_id),
        reconciliation_id=str(row.id),
    )


def _give_up_the_lost(account_id: UUID, now: datetime) -> None:
    abandoned = Reconciliation.objects.filter(lost(now), account_id=account_id)
    abandoned.update(finished_at=now, outcome=Outcome.FAILED, reason="interrupted")


def lost(now: datetime) -> Q:
    """Say which runs will never end."""
    begun = Q(started_at__isnull=False, beat_at__lt=now - LOST_AFTER)
    return Q(finished_at=None) & (begun | Q(beat_at__lt=now - NEVER_BEGUN_AFTER))
