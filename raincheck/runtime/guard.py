"""The guard: a tiny process that outlives the supervisor just long enough to clean up after it.

It reads the process groups to watch from its stdin. The supervisor holds the other end; when that closes,
by kill -9 too, the guard ends every group still on its list: asks, waits, then kills. So grandchildren
(a web server's workers) go as well, which a parent-death signal alone would leave behind.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import Self

PATIENCE = 5.0


class Guard:
    """The supervisor's handle on its guard. A context manager."""

    def __init__(self) -> None:
        """Start the guard in a session of its own, out of reach of the terminal's Ctrl-C."""
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """From now on `group` must not outlive us."""
        self._say(f"+{group}\n")

    def forget(self, group: int) -> None:
        """`group` is gone; its number may be someone else's soon."""
        self._say(f"-{group}\n")

    def _say(self, line: str) -> None:
        # A guard that someone killed is no reason to take the product down.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._stdin, line.encode())

    @property
    def _stdin(self) -> int:
        if self._process.stdin is None:
            msg = "the guard was started without a pipe"
            raise RuntimeError(msg)
        return self._process.stdin.fileno()

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the pipe: the guard ends what is left on its list, and itself."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()


def end_group(group: int, how: signal.Signals) -> bool:
    """Signal a process group; say whether anyone was there."""
    try:
        os.killpg(group, how)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    """Watch until the supervisor's end of the pipe closes, then clean up."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    left = [group for group in groups if end_group(group, signal.SIGTERM)]
    deadline = time.monotonic() + PATIENCE
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [group for group in left if _is_there(group)]
    for group in left:
        end_group(group, signal.SIGKILL)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
