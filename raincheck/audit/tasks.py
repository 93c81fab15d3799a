"""The room's jobs: sealing every few seconds, and once an hour with a look at every entry."""

import structlog
from procrastinate.contrib.django import app

from raincheck.audit.notes import NotOurs
from raincheck.audit.sealing import Forked, seal
from raincheck.audit.stamping import Authority, NotStamped, is_due, stamp
from raincheck.audit.witness import NotWitnessed, Witness, show
from raincheck.core.jobs import job
from raincheck.core.scope import Purpose, system_scope

log = structlog.get_logger(__name__)


@app.periodic(cron="* * * * * */5")
@job("audit.seal", queue="sweep")
def seal_entries(*, timestamp: int) -> None:
    """Seal what was written since."""
    _seal(thorough=False)


@app.periodic(cron="41 * * * *")
@job("audit.seal_thoroughly", queue="sweep")
def seal_thoroughly(*, timestamp: int) -> None:
    """Seal what the ordinary look can't find, as after a restore into another database."""
    _seal(thorough=True)


@app.periodic(cron="*/10 * * * *")
@job("audit.witness", queue="tell")
def have_it_witnessed(*, timestamp: int) -> None:
    """Show the newest checkpoint to the witness, where the installation names one."""
    try:
        witness = Witness.of_settings()
        if witness is not None:
            show(witness)
    except (NotWitnessed, NotOurs) as error:
        log.error("the checkpoint is not witnessed", why=str(error))  # noqa: TRY400 (it says all)
    except OSError:
        log.exception("the checkpoint can't be put on its shelf")


@app.periodic(cron="4-59/10 * * * *")
@job("audit.stamp", queue="tell")
def have_it_stamped(*, timestamp: int) -> None:
    """Have the newest checkpoint time-stamped once an hour, where the installation names an authority."""
    try:
        authority = Authority.of_settings()
        if authority is None:
            return
        with system_scope(Purpose.SEAL) as now:
            due = is_due(now)
        if due:
            stamp(authority)
    except NotStamped as error:
        # Nothing waits for it: ten minutes later it is tried again, and a later stamp covers as much.
        log.warning("the checkpoint is not time-stamped", why=str(error))
    except (OSError, NotOurs):
        log.exception("the stamped checkpoint can't be put on its shelf")


def _seal(*, thorough: bool) -> None:
    try:
        seal(thorough=thorough)
    except Forked as error:
        # Nothing is signed until a person has looked; that entries wait unsealed raises the alarm.
        log.error("the audit trail is not what was signed", why=str(error))  # noqa: TRY400 (it says all)
    except OSError:
        log.exception("the checkpoint can't be put on its shelf")
