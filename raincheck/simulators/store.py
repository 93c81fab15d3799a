"""State in one SQLite file, in WAL mode, so that what was answered survives kill -9."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_store(path: Path | None, *schemas: str) -> sqlite3.Connection:
    """Open or create the store at `path` with the tables of `schemas` (each CREATE … IF NOT EXISTS).

    None: in memory, gone with the process.
    """
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
    store = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=5)
    store.row_factory = sqlite3.Row
    store.execute("PRAGMA journal_mode=WAL")
    # A killed process loses nothing the kernel has; only a power cut could, which a simulator may.
    store.execute("PRAGMA synchronous=NORMAL")
    for schema in schemas:
        store.executescript(schema)
    return store


@contextmanager
def transaction(store: sqlite3.Connection) -> Iterator[None]:
    """Commit everything in the block, or nothing of it."""
    store.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:  # Ctrl-C as well: the store outlives the block
        store.execute("ROLLBACK")
        raise
    store.execute("COMMIT")
