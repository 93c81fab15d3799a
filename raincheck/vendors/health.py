"""Testing the connection to an AI interview system, because somebody wants to know now."""

import time
from dataclasses import dataclass
from uuid import UUID

import structlog

from raincheck.accounts.abilities import Ability, demand
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound
from raincheck.core.scope import company_scope
from raincheck.vendors.adapters.base import Adapter, Held, Line, NeedsPerson, Permanent, Retry
from raincheck.vendors.gates import AskedFor, reopen
from raincheck.vendors.lines import adapter_of, keep_calls, line_to
from raincheck.vendors.models import VendorAccount

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Health:
    """What came of a test: `text` says what is wrong, and is empty where all is well."""

    ok: bool
    text: str
    milliseconds: int


def test_connection(*, actor: Actor, account_id: UUID) -> Health:
    """Ask the vendor whether address and credentials are right, and keep the answer on the account.

    A pause doesn't hold it back: whoever asks wants to know whether it is over. Not to be called inside a
    transaction: the vendor may take its time. Raises NotAllowed, NotFound.
    """
    demand(actor, Ability.EDIT_VENDORS)
    with company_scope(actor.company_id):
        account = VendorAccount.objects.filter(company_id=actor.company_id, id=account_id).first()
        if account is None:
            raise NotFound(field="vendor")
        adapter, line = adapter_of(account), line_to(account, gate=AskedFor)
    started = time.perf_counter()
    text, untried = _ask(adapter, line)
    found = Health(not text, text[:200], round((time.perf_counter() - started) * 1000))
    _note(actor, account, line, None if untried else found)
    return found


def _ask(adapter: Adapter | None, line: Line) -> tuple[str, bool]:
    """Return what is wrong (`""`: nothing), and whether the vendor wasn't even asked, being busy with others."""
    if adapter is None:
        return "no adapter is installed for this vendor, or its declaration makes none", False
    try:
        adapter.health(line)
    except Retry as error:
        return str(error) or "no answer", isinstance(error, Held) and not line.calls
    except (NeedsPerson, Permanent) as error:
        return str(error) or type(error).__name__, False
    except Exception as error:
        # An adapter may be anybody's: its fault is an answer to whoever asked, too.
        log.exception("an adapter failed", account=str(line.account_id))
        return f"the adapter failed ({type(error).__name__})", False
    return "", False


def _note(actor: Actor, account: VendorAccount, line: Line, found: Health | None) -> None:
    """Keep the calls and what came of them; a vendor that is well is no longer left alone."""
    with company_scope(actor.company_id) as now:
        keep_calls(line, actor.company_id, None, None, now)
        row = VendorAccount.objects.filter(id=account.id)
        if found is not None and found.ok:
            row.update(answered_at=now)
            reopen(account_id=account.id, company_id=actor.company_id, now=now)
        elif found is not None:
            row.update(trouble=found.text)
