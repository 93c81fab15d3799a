"""Saving a company's rules: checked as a whole, as a new version; the old stay for what they judged."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.cancellations import policy
from raincheck.cancellations.errors import RulesRefused
from raincheck.cancellations.models import Policy, PolicyRule
from raincheck.core.actor import Actor, ActorKind


def save_rules(*, name: str, rules: Sequence[policy.Rule], actor: Actor, now: datetime) -> Policy:
    """Put a rule set in force. Raises NotAllowed, RulesRefused (its detail names the rules at fault)."""
    demand(actor, Ability.EDIT_RULES)
    try:
        policy.check_rules(rules)
    except policy.RuleSetError as error:
        raise RulesRefused(detail=f"{error.code}: {error}", field="rules") from error
    Company.objects.select_for_update(no_key=True).get(id=actor.company_id)
    mine = Policy.objects.filter(company_id=actor.company_id)
    version = (mine.aggregate(latest=Max("version"))["latest"] or 0) + 1
    mine.filter(active=True).update(active=False)
    saved = Policy.objects.create(
        company_id=actor.company_id,
        version=version,
        name=name,
        saved_at=now,
        saved_by_id=actor.id if actor.kind is ActorKind.STAFF else None,
    )
    PolicyRule.objects.bulk_create(
        PolicyRule(
            company_id=actor.company_id, policy=saved, position=place, code=rule.code, body=rule.to_json()
        )
        for place, rule in enumerate(rules)
    )
    facts = {"version": version, "rules": [rule.code for rule in rules]}
    note(actor=actor, deed=Deed(Action.POLICY_SAVED, Subject("policy", saved.id), facts), now=now)
    return saved
