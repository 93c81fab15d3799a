"""Which backups stay: the newest of each of the last days, weeks and months that have one; never fewer than one.

And, whatever the rule says, those of the last day before the newest.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from raincheck.migration.backup.manifest import Manifest, read_all

#: So long before the newest one nothing goes: what was made in haste after a mishap is not to take the place of what
#: was made before it, on the same day.
FRESH = timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """How many days, ISO weeks and months have a backup kept."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


def rule() -> Rule:
    """Return this installation's."""
    return Rule(*settings.RAINCHECK_BACKUP_KEEP)


def kept(taken: Sequence[datetime], rule: Rule) -> set[datetime]:
    """Return which of these instants (UTC) stay; the newest always does."""
    newest_first = sorted(taken, reverse=True)
    chosen = set(newest_first[:1])
    spans: list[tuple[int, Callable[[datetime], Hashable]]] = [
        (rule.daily, datetime.date),
        (rule.weekly, lambda at: at.isocalendar()[:2]),
        (rule.monthly, lambda at: (at.year, at.month)),
    ]
    for many, span_of in spans:
        seen: dict[Hashable, datetime] = {}
        for at in newest_first:
            seen.setdefault(span_of(at), at)
        chosen |= set(list(seen.values())[:many])
    return chosen


def to_prune(folder: Path, rule: Rule) -> list[Manifest]:
    """Return what the rule lets go. Backups never proven count only while no proven one is newer than them."""
    all_of_them = read_all(folder)
    proven = [manifest for manifest in all_of_them if manifest.verified_at]
    stay = kept([manifest.at for manifest in proven], rule)
    newest = max((manifest.at for manifest in proven), default=None)
    if newest is None:
        return []
    return [one for one in all_of_them if one.at not in stay and one.at <= newest - FRESH]


def prune(folder: Path, rule: Rule) -> list[Manifest]:
    """Remove what the rule lets go, manifest first, so that no manifest is ever without its file."""
    gone = to_prune(folder, rule)
    for manifest in gone:
        (folder / f"{manifest.name}.json").unlink()
        manifest.path(folder).unlink(missing_ok=True)
    return gone
