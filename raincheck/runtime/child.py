"""One process of the supervisor: its start, its output by the line, its end and its group's."""

import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from raincheck.runtime.guard import Guard, end_group
from raincheck.runtime.leash import leashed

TAIL = 20
LONGEST_LINE = 64 * 1024
READS_AT_THE_END = 64


class Child:
    """A named process that can be started again."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str] | None,
        *,
        say: Callable[[str], None],
    ) -> None:
        """Nothing runs yet. `say` gets every line of the output; the last 20 are kept in `tail`."""
        self.name = name
        self.tail: deque[str] = deque(maxlen=TAIL)
        self.status: int | None = None
        self.started_at = 0.0
        self.crashes = 0
        self.restart_at: float | None = None
        self._argv = argv
        # Lines should appear when they are said; whoever wants otherwise says so in env.
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._half_line = b""

    def start(self, *, guard: Guard, selector: selectors.BaseSelector) -> None:
        """Start the process, in a group of its own."""
        self.restart_at = None
        self.status = None
        self.started_at = time.monotonic()
        self._guard, self._selector = guard, selector
        self._process = subprocess.Popen(
            leashed(self._argv, on_our_death=signal.SIGTERM),
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        guard.watch(self._process.pid)
        if self._process.stdout is not None:
            os.set_blocking(self._process.stdout.fileno(), False)
            selector.register(self._process.stdout, selectors.EVENT_READ, self._read)

    def is_running(self) -> bool:
        """Say whether the process is up."""
        return self._process is not None and self._process.poll() is None

    def has_ended(self) -> bool:
        """Say whether the process was started, has ended and is not reaped yet."""
        return self._process is not None and self._process.poll() is not None

    def ask_to_stop(self) -> None:
        """Ask the process, which is to ask its own children."""
        self.restart_at = None
        if self._process is not None:
            self._process.terminate()

    def reap(self) -> None:
        """End the process and its whole group now, say its last lines, and keep its status."""
        process, self._process = self._process, None
        if process is None:
            return
        end_group(process.pid, signal.SIGKILL)
        self.status = process.wait()
        self._guard.forget(process.pid)
        if process.stdout is not None:
            self._read_rest(process.stdout.fileno())
            if process.stdout in self._selector.get_map():
                self._selector.unregister(process.stdout)
            process.stdout.close()
        self._flush()

    def _read(self) -> None:
        stdout = self._process.stdout if self._process else None
        if stdout is not None and self._read_some(stdout.fileno()) == 0:
            # Closed by the process, which may well live on; the selector would spin on it.
            self._selector.unregister(stdout)

    def _read_rest(self, fd: int) -> None:
        # Bounded: someone who left the group may still hold the other end, and talk.
        for _ in range(READS_AT_THE_END):
            if not self._read_some(fd):
                return

    def _read_some(self, fd: int) -> int | None:
        """Read once; return how many bytes, 0 at the end, None when there is nothing now."""
        try:
            data = os.read(fd, LONGEST_LINE)
        except BlockingIOError:
            return None
        *lines, self._half_line = (self._half_line + data).split(b"\n")
        for line in lines:
            self._line(line)
        if len(self._half_line) > LONGEST_LINE:
            self._flush()
        return len(data)

    def _flush(self) -> None:
        if self._half_line:
            self._line(self._half_line)
            self._half_line = b""

    def _line(self, raw: bytes) -> None:
        line = raw.decode("utf-8", "replace").rstrip("\r")
        self.tail.append(line)
        self._say(line)
