"""Signals for the supervisor, as flags and a wake-up instead of exceptions in odd places."""

import contextlib
import os
import selectors
import signal
import time
from types import FrameType
from typing import Self

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Tools such as `timeout` signal a process and then its group: that is one wish, not two.
ONE_WISH = 0.5


class Signals:
    """While open: stop signals raise a flag, and any signal, a child's end too, wakes the selector.

    Main thread only. What was installed before is put back at the end.
    """

    def __init__(self) -> None:
        """Nothing is installed yet."""
        self.stop = False
        self.insisted = False
        self._asked_at = 0.0

    def register(self, selector: selectors.BaseSelector) -> None:
        """Let `selector` wake up for signals."""
        selector.register(self._reader, selectors.EVENT_READ, self._drain)

    def __enter__(self) -> Self:
        """Install."""
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._before = {which: signal.signal(which, self._note) for which in (*STOPPING, signal.SIGCHLD)}
        return self

    def __exit__(self, *_: object) -> None:
        """Put back."""
        for which, handler in self._before.items():
            signal.signal(which, handler)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self._reader)
        os.close(self._writer)

    def _note(self, which: int, _: FrameType | None) -> None:
        if which not in STOPPING:
            return
        if not self.stop:
            self.stop, self._asked_at = True, time.monotonic()
        elif time.monotonic() - self._asked_at > ONE_WISH:
            self.insisted = True

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._reader, 4096)
