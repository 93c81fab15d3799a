"""A company's rules: reading them, changing them, and what they would do now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Invalid
from raincheck.core.scope import take_turns
from raincheck.migration.retention.kinds import KINDS, LONGEST, SHORTEST, Kind, free
from raincheck.migration.retention.models import RetentionRule


class BadDays(Invalid):
    """Not a number of days, or too few."""

    code = "bad_days"
    message = _("保留天数不正确")
    advice = _("请填30到36500之间的整数，或留空表示一直保留")


@dataclass(frozen=True)
class Prospect:
    """What a rule would do now: so many rows would go, so many are due and held back."""

    kind: Kind
    days: int | None
    go: int = 0
    held: int = 0


def rules(company_id: UUID) -> dict[str, int]:
    """Return the days each kind is kept, by its code; kinds without a rule aren't there."""
    found = RetentionRule.objects.filter(company_id=company_id)
    return {kind: days for kind, days in found.values_list("kind", "days") if kind in KINDS}


def cutoffs(company_id: UUID, now: datetime) -> dict[str, datetime]:
    """Return, by kind, the instant before which things go, in the order of the kinds."""
    kept = rules(company_id)
    return {code: now - timedelta(days=kept[code]) for code in KINDS if code in kept}


def prospects(company_id: UUID, now: datetime, *, counted: bool) -> list[Prospect]:
    """Return every kind with its rule and, if wanted, what it would do now. Changes nothing."""
    kept, before = rules(company_id), cutoffs(company_id, now)
    found = []
    for code, kind in KINDS.items():
        go = held = 0
        if counted and code in before:
            go = free(kind, company_id, before[code]).count()
            held = kind.due(company_id, before[code]).count() - go
        found.append(Prospect(kind, kept.get(code), go, held))
    return found


def set_rules(*, days: Mapping[str, str], actor: Actor, now: datetime) -> None:
    """Have the company keep each kind so many days, as typed; empty: for good. Raises NotAllowed, BadDays."""
    demand(actor, Ability.EDIT_RETENTION)
    take_turns(f"retention:{actor.company_id}")
    wanted = {code: _read(days.get(code, ""), field=code) for code in KINDS}
    before = rules(actor.company_id)
    after = {code: given for code, given in wanted.items() if given is not None}
    if after == before:
        return
    mine = RetentionRule.objects.filter(company_id=actor.company_id)
    mine.exclude(kind__in=after).delete()
    for code, given in after.items():
        if before.get(code) != given:
            RetentionRule.objects.update_or_create(
                company_id=actor.company_id,
                kind=code,
                defaults={"days": given, "changed_at": now, "changed_by_id": actor.person},
            )
    deed = Deed(
        Action.RETENTION_CHANGED, Subject("company", actor.company_id), {"before": before, "after": after}
    )
    note(actor=actor, deed=deed, now=now)


def _read(typed: str, *, field: str) -> int | None:
    text = typed.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LONGEST))):
        raise BadDays(field=field)
    if not SHORTEST <= int(text) <= LONGEST:
        raise BadDays(field=field)
    return int(text)
