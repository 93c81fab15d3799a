"""A scene that many tests of a file begin with is played once; for the tests after the first its rows are put back.

here, told = played_once("told", everything)

Each of them finds what it would find if it had played the scene itself: the same rows and nothing else in the
database, and objects of its own. What happened outside, at the vendor and in the outbox, isn't repeated.
"""

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from psycopg import Connection

from tests.world import World

#: Seconds. Clocks go on in a scene, and the first to strike takes a quarter of an hour.
_FRESH = 300.0
_COLUMNS = """
    SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
"""

Play = Callable[[World, Callable[[], None]], Any]


def empty(superuser: "Connection[Any]", tables: list[str]) -> None:
    """Empty every table. Triggers that forbid it sleep for the superuser's session alone.

    Rows are deleted where there are any: to truncate all tables takes thirty times as long, for every test.
    """
    deletes = [f'DELETE FROM "{name}"' for name in _used(superuser, tables)]
    # At one go: each on its own, they would take longer on their ways than in the database.
    told = ["SET session_replication_role = replica", *deletes, "SET session_replication_role = DEFAULT"]
    superuser.execute("; ".join(told))


def _used(superuser: "Connection[Any]", tables: list[str]) -> list[str]:
    looks = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables)
    return [name for (name,) in superuser.execute(" UNION ALL ".join(looks), prepare=True).fetchall()]


@dataclass
class Kept:
    """What is left of a scene: its rows by table and columns, its company, and what playing it returned."""

    play: Play
    rows: dict[str, bytes] = field(default_factory=dict)
    played_at: float = float("-inf")
    world: World | None = None
    memory: Any = None
    made: Any = None

    def begin(
        self, world: World, drain: Callable[[], None], superuser: "Connection[Any]", tables: list[str]
    ) -> None:
        """Make `world` the company of the scene, as it was when it had been played."""
        if time.monotonic() - self.played_at > _FRESH:
            self.made, self.world = self.play(world, drain), world
            self._keep(superuser, tables)
        else:
            empty(superuser, tables)
            self._put_back(superuser)
            facts, self.made = self._copied(self.memory, world)
            vars(world).update(facts)

    def _keep(self, superuser: "Connection[Any]", tables: list[str]) -> None:
        assert not Path(settings.RAINCHECK_CHECKPOINTS).exists(), "of a sealed trail, files would be missing"
        self.memory, self.rows = self._copied((vars(self.world), self.made), self.world), {}
        for name in _used(superuser, tables):
            [(columns,)] = superuser.execute(_COLUMNS, [name]).fetchall()
            what = f'"{name}" ({columns})'
            with superuser.cursor().copy(f"COPY {what} TO STDOUT (FORMAT binary)") as rows:
                self.rows[what] = b"".join(rows)
        self.played_at = time.monotonic()

    def _copied(self, kept: Any, world: World | None) -> Any:
        """Return a copy whose company is `world`; the simulated vendor is a process and stays itself."""
        vendor = self.world.vendor if self.world else None
        return deepcopy(kept, {id(vendor): vendor, id(self.world): world})

    def _put_back(self, superuser: "Connection[Any]") -> None:
        superuser.execute("SET session_replication_role = replica")
        for what, rows in self.rows.items():
            with superuser.cursor().copy(f"COPY {what} FROM STDIN (FORMAT binary)") as copy:
                copy.write(rows)
        superuser.execute("SET session_replication_role = DEFAULT")


def played_once(name: str, play: Play) -> tuple[Any, Any]:
    """Return two fixtures for a file: `here`, and the scene, which returns what `play(here, drain)` did.

    To a test that doesn't ask for the scene by its `name`, `here` is what it is anywhere.
    """
    kept = Kept(play)

    @pytest.fixture
    def company(here, drain, superuser, migrated, request):
        if name in request.fixturenames:
            kept.begin(here, drain, superuser, migrated)
        return here

    @pytest.fixture
    def scene(here):
        return kept.made

    company.__name__, scene.__name__ = "here", name
    return company, scene
