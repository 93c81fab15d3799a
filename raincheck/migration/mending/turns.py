"""One company's imports and what is done about their rows take turns, for neither would see the other's people."""

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.core.scope import take_turn_if_free
from raincheck.migration.mending.errors import ImportRunning
from raincheck.migration.models import ImportRun


def turn(actor: Actor, run: ImportRun) -> ImportRun:
    """Lock a run, its company's imports having no turn. Raises ImportRunning."""
    if not take_turn_if_free(f"import:{actor.company_id}"):
        raise ImportRunning
    return locked(actor, run)


def locked(actor: Actor, run: ImportRun) -> ImportRun:
    """Lock a run. Raises NotAllowed."""
    demand(actor, Ability.MOVE_DATA)
    mine = ImportRun.objects.select_for_update(no_key=True, of=("self",)).select_related("batch")
    return mine.get(company_id=actor.company_id, id=run.id)
