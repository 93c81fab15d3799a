"""Identifiers that sort by the time they were made (UUID version 7, RFC 9562 §5.7)."""

import os
import struct
import threading
import time
import uuid
from collections.abc import Iterator
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
    return _id(_clock.tick(), int.from_bytes(os.urandom(8)))


#: What every one of ours has: the version, in its first half, and the variant, in its second.
_VERSION, _VARIANT = 0x7 << 12, 0b10 << 62
_UUID, _UNKNOWN, _blank = uuid.UUID, uuid.SafeUUID.unknown, uuid.UUID.__new__
_put_int, _put_is_safe = vars(_UUID)["int"].__set__, vars(_UUID)["is_safe"].__set__


def _id(ticks: int, random: int) -> uuid.UUID:
    # Its own way of making one asks six questions to which we know the answers.
    made = _blank(_UUID)
    _put_int(made, ((ticks >> 12) << 16 | ticks & 0xFFF | _VERSION) << 64 | random >> 2 | _VARIANT)
    _put_is_safe(made, _UNKNOWN)
    return made


def new_ids(count: int) -> list[uuid.UUID]:
    """Return as many fresh ids as wanted, in order, for the price of a few."""
    first, random = _clock.tick(count), struct.unpack(f"!{count}Q", os.urandom(8 * count))
    return list(map(_id, range(first, first + count), random))


def ids_to_come() -> Iterator[uuid.UUID]:
    """Yield fresh ids without end, in order, for one who needs many and doesn't know how many."""
    while True:
        yield from new_ids(256)


def first_id_at(instant: datetime) -> uuid.UUID:
    """Return the least id that could have been made at `instant`: a time as a place in a table's own order.

    Ids are made by the hosts' clocks, so whoever looks from here on begins a little earlier than they mean.
    """
    return uuid.UUID(int=int(instant.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62)


def made_at(id_: uuid.UUID) -> datetime:
    """Return when an id of ours was made, to the second."""
    return datetime.fromtimestamp((id_.int >> 80) // 1000, UTC)
