"""How often Python looks for garbage that refers to itself: seldom, since what we make goes with its last name."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: By default it looks after every seven hundred objects, a few times a request; among many rows even this is often.
_USUALLY, _AMID_ROWS = (20_000, 20, 20), (200_000, 20, 50)


def settle_down() -> None:
    """Leave what was loaded by now, which stays for good, out of every look, and look less often.

    It takes a tenth of the time of a web process, and more of a worker's.
    """
    gc.freeze()
    look_seldom()


def look_seldom() -> None:
    """Look less often, from now on: while modules are loaded and classes made, a look finds nothing."""
    gc.set_threshold(*_USUALLY)


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Have Python look once in a while for a `with` block of many rows.

    Thousands of rows are in memory at a time, none of which is such; as often as usual it costs a tenth of everything.
    """
    gc.set_threshold(*_AMID_ROWS)
    try:
        yield
    finally:
        gc.set_threshold(*_USUALLY)
