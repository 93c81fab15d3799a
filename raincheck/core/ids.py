"""Identifiers that sort by the time they were made (UUID version 7, RFC 9562 §5.7)."""

import os
import threading
import time
import uuid
from datetime import UTC, datetime


class _Clock:
    """Ticks of 1/4096 ms since 1970 that never repeat within a process (RFC 9562 §6.2, method 3).

    What one deed records within a millisecond so stays in the order in which it was recorded.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def tick(self, count: int = 1) -> int:
        """Return the first of `count` ticks that are the caller's."""
        with self._lock:
            first = max(time.time_ns() * 4096 // 1_000_000, self._last + 1)
            self._last = first + count - 1
            return first


_clock = _Clock()


def new_id() -> uuid.UUID:
    """Return a fresh UUIDv7: 48 bits of Unix milliseconds, 12 bits of their fraction, 62 random bits."""
    return _id(_clock.tick(), os.urandom(8))


def _id(ticks: int, random: bytes) -> uuid.UUID:
    value = (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | int.from_bytes(random) >> 2
    return uuid.UUID(int=value)


def new_ids(count: int) -> list[uuid.UUID]:
    """Return as many fresh ids as wanted, in order, for the price of a few."""
    ticks, random = _clock.tick(count), os.urandom(8 * count)
    return [_id(tick, random[8 * n : 8 * n + 8]) for n, tick in enumerate(range(ticks, ticks + count))]


def first_id_at(instant: datetime) -> uuid.UUID:
    """Return the least id that could have been made at `instant`: a time as a place in a table's own order.

    Ids are made by the hosts' clocks, so whoever looks from here on begins a little earlier than they mean.
    """
    return uuid.UUID(int=int(instant.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62)


def made_at(id_: uuid.UUID) -> datetime:
    """Return when an id of ours was made, to the second."""
    return datetime.fromtimestamp((id_.int >> 80) // 1000, UTC)
