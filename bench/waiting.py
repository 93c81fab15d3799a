"""Waiting for what must come."""

import time
from collections.abc import Callable


def until(come: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Look every half second; raises TimeoutError naming what never came."""
    end = time.monotonic() + seconds
    while not come():
        if time.monotonic() > end:
            message = f"waited {seconds:.0f} s for {what}"
            raise TimeoutError(message)
        time.sleep(0.5)
