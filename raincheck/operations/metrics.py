"""The figures as Prometheus reads them. All come from the database at the moment of asking.

Several web processes, on several hosts, so say the same; nothing is kept in a process. Labels name states,
queues, channels and kinds, never a company or a person.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from importlib.metadata import version

import structlog
from django.db import DatabaseError, transaction
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from raincheck.audit.stamping import unstamped_since
from raincheck.audit.window import window
from raincheck.core.scope import Purpose, system_scope
from raincheck.operations import figures, promises, queue
from raincheck.operations.sql import limit_time
from raincheck.operations.totals import Totals

log = structlog.get_logger(__name__)
#: A figure that takes longer is left out: asking how the database does must not be what hurts it.
STATEMENT_LIMIT = timedelta(seconds=5)
_totals = Totals()


def exposition(accept: str) -> tuple[bytes, str]:
    """Return the figures in the format that an `Accept` header asks for, and its content type."""
    registry = CollectorRegistry()
    registry.register(_Installation())
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Installation(Collector):
    """What Prometheus' client asks when it is asked itself."""

    def describe(self) -> list[Metric]:
        """Say nothing beforehand, so that registering reads nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every figure; a database that can't be reached is a figure too."""
        build = GaugeMetricFamily("raincheck_build_info", "Version of this process", labels=["version"])
        build.add_metric([version("raincheck")], 1)
        yield build
        reached = GaugeMetricFamily("raincheck_database_up", "1 if the database answered this scrape")
        left_out = 0
        try:
            with system_scope(Purpose.OPERATIONS) as now:
                limit_time(STATEMENT_LIMIT)
                for family in FAMILIES:
                    found = _tried(family, now)
                    left_out += not found
                    yield from found
        except DatabaseError:
            log.warning("no figures: the database can't be reached")
            reached.add_metric([], 0)
        else:
            reached.add_metric([], 1)
        yield reached
        yield GaugeMetricFamily("raincheck_scrape_left_out", "Groups of figures left out", value=left_out)


def _tried(family: "Family", now: datetime) -> list[Metric]:
    """Return a family's metrics, or none where one of its statements failed; the others still come."""
    try:
        with transaction.atomic():
            return list(family(now))
    except DatabaseError as error:
        log.warning("figures left out", figures=family.__name__, kind=type(error).__name__)
        return []


def _queue(now: datetime) -> Iterable[Metric]:
    count = GaugeMetricFamily("raincheck_jobs", "Jobs not finished, or given up", labels=["queue", "status"])
    for labels, jobs in queue.jobs().items():
        count.add_metric(labels, jobs)
    oldest = GaugeMetricFamily(
        "raincheck_oldest_job_seconds", "For how long the oldest waiting job has waited", labels=["queue"]
    )
    for name, seconds in queue.oldest_waiting().items():
        oldest.add_metric([name], seconds)
    return count, oldest


def _workers(now: datetime) -> Iterable[Metric]:
    found = queue.workers()
    yield GaugeMetricFamily("raincheck_workers_alive", "Workers that breathe", value=found.alive)
    if found.newest is not None:
        age = "Seconds since any worker's last heartbeat"
        yield GaugeMetricFamily("raincheck_worker_heartbeat_age_seconds", age, value=found.newest)


def _cancellations(now: datetime) -> Iterable[Metric]:
    count = GaugeMetricFamily(
        "raincheck_open_cancellations",
        "Cancellations that need a decision or the vendor's word",
        labels=["state", "agreement"],
    )
    for labels, number in figures.open_cancellations().items():
        count.add_metric(labels, number)
    lost = figures.stranded(now)
    yield count
    text = "Open cancellations whose turn is past and that no job names"
    yield GaugeMetricFamily("raincheck_cancellations_without_job", text, value=lost.errands)
    text = "Clocks of cancellations that ended and that nobody ran"
    yield GaugeMetricFamily("raincheck_clocks_overdue", text, value=lost.clocks)


def _ended(now: datetime) -> Iterable[Metric]:
    total = CounterMetricFamily(
        "raincheck_cancellations_ended", "Cancellations that have ended", labels=["outcome", "initiator"]
    )
    found = _totals.read(now)
    if found is None:
        # A counter that climbs while it is being counted would look like a rush of cancellations.
        return ()
    for labels, number in sorted(found.items()):
        total.add_metric(labels, number)
    return (total,)


def _vendors(now: datetime) -> Iterable[Metric]:
    lag = GaugeMetricFamily(
        "raincheck_vendor_lag_seconds",
        "For how long the oldest cancellation waits for this kind of vendor",
        labels=["adapter"],
    )
    waiting = GaugeMetricFamily(
        "raincheck_vendor_waiting", "Cancellations this kind of vendor hasn't agreed to", labels=["adapter"]
    )
    lags = figures.vendor_lags(now)
    for adapter in sorted({found.adapter for found in lags}):
        mine = [found for found in lags if found.adapter == adapter]
        lag.add_metric([adapter], max(found.seconds for found in mine))
        waiting.add_metric([adapter], sum(found.waiting for found in mine))
    return lag, waiting


def _messages(now: datetime) -> Iterable[Metric]:
    count = GaugeMetricFamily(
        "raincheck_messages_waiting", "Messages not yet handed over or given up", labels=["channel"]
    )
    oldest = GaugeMetricFamily(
        "raincheck_oldest_message_seconds", "For how long the oldest of them has waited", labels=["channel"]
    )
    for channel, waiting in figures.messages_waiting(now).items():
        count.add_metric([channel], waiting.messages)
        oldest.add_metric([channel], waiting.seconds)
    return count, oldest


def _tasks(now: datetime) -> Iterable[Metric]:
    count = GaugeMetricFamily("raincheck_tasks_open", "Tasks that wait for a person", labels=["kind"])
    for kind, number in figures.tasks_open().items():
        count.add_metric([kind], number)
    return (count,)


def _promises(now: datetime) -> Iterable[Metric]:
    families = {
        name: GaugeMetricFamily(f"raincheck_promise_{name}", text, labels=["promise"])
        for name, text in (
            ("due", "Promises of the last hour that were kept or have broken"),
            ("kept_ratio", "Share of those that were kept in time; 1 where there were none"),
            ("at_risk", "Promises about to break"),
            ("broken", "Promises broken and still owed"),
        )
    }
    for promise, score in promises.scores(now).items():
        ratio = score.kept / score.due if score.due else 1.0
        said = {"due": score.due, "kept_ratio": ratio, "at_risk": score.at_risk, "broken": score.broken}
        for name, value in said.items():
            families[name].add_metric([promise], value)
    return families.values()


def _backups(now: datetime) -> Iterable[Metric]:
    text = "Seconds since the snapshot of the last backup that was proven"
    family = GaugeMetricFamily("raincheck_backup_age_seconds", text)
    age = figures.backup_age()
    if age is not None:
        family.add_metric([], age)
    return (family,)


def _audit(now: datetime) -> Iterable[Metric]:
    found = window(now)
    text = "Audit entries that a signed checkpoint covers"
    yield GaugeMetricFamily("raincheck_audit_sealed", text, value=found.sealed)
    text = "Audit entries that no checkpoint covers yet"
    yield GaugeMetricFamily("raincheck_audit_unsealed", text, value=found.unsealed)
    text = "For how long the oldest of them has waited"
    yield GaugeMetricFamily("raincheck_audit_unsealed_seconds", text, value=found.seconds)
    waited = unstamped_since(now)
    if waited is not None:
        text = "For how long the oldest checkpoint beyond the last time-stamp has waited for one"
        yield GaugeMetricFamily("raincheck_audit_unstamped_seconds", text, value=waited)


Family = Callable[[datetime], Iterable[Metric]]
FAMILIES: tuple[Family, ...] = (
    _workers,
    _queue,
    _cancellations,
    _ended,
    _vendors,
    _messages,
    _tasks,
    _promises,
    _backups,
    _audit,
)
