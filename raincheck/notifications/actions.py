"""Writes of the notifications room that a person causes."""

from datetime import datetime

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.notifications.models import Message


def mark_all_read(*, actor: Actor, now: datetime) -> int:
    """Mark the actor's messages read; returns how many were not."""
    demand(actor, Ability.READ_MESSAGES)
    mine = Message.objects.filter(company_id=actor.company_id, recipient_id=actor.person, read_at=None)
    return mine.update(read_at=now)
