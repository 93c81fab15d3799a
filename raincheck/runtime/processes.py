"""The foreground supervisor: starts the product's processes, waits for them, keeps them up, ends them.

One thread and one selector. Each process has a group of its own, is on the leash (it is told to end when
we die) and on the guard's list (its whole group ends, grandchildren too), so that nothing outlives us.
"""

import logging
import selectors
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from raincheck.runtime.child import Child
from raincheck.runtime.guard import Guard
from raincheck.runtime.signals import Signals

STOP_WITHIN = 10.0
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
STABLE_AFTER = 60.0
POLL = 0.1

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Command:
    """One process to run.

    `env` is laid over our own environment. `ready` is asked about ten times a second until it says yes
    (OSError counts as no); None: ready at once. `ready_within` is in seconds.
    With `restart` a crash is answered by a new start, after a growing pause; without, it ends everything.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    ready: Callable[[], bool] | None = None
    ready_within: float = 30.0
    restart: bool = True


class StartFailed(Exception):
    """A process ended or stayed silent before it was ready. Everything else has been stopped."""

    code = "start_failed"

    def __init__(self, command: Command, why: str, tail: Sequence[str]) -> None:
        """`tail` is the last of what the process said."""
        said = "".join(f"\n  {line}" for line in tail)
        super().__init__(f"{command.name} {why}{said}")
        self.command = command


class Supervisor:
    """Runs a list of commands in the foreground."""

    def __init__(
        self,
        commands: Sequence[Command],
        *,
        on_ready: Callable[[], None] | None = None,
        tend: Callable[[], object] | None = None,
        write: Callable[[str], object] | None = None,
    ) -> None:
        """`on_ready` runs once, when all are ready; `tend` whenever a child of ours died (Postgres.revive).

        `write` (default: standard output) gets whole lines, each behind the name of who said it.
        """
        width = max((len(command.name) for command in commands), default=0)
        self._commands = {command.name: command for command in commands}
        self._on_ready = on_ready
        self._tend = tend
        self._write = write or _to_stdout
        self._children = [
            Child(command.name, command.argv, command.env, say=self._sayer(command.name, width))
            for command in commands
        ]
        self._reader_is_gone = False

    def run(self) -> int:
        """Run until SIGINT, SIGTERM or SIGHUP (returns 0), or until a process that must not end does (1).

        To be called from the main thread. Raises StartFailed, and what `tend` raises; whichever way
        this returns, no process is left.
        """
        with Signals() as signals, Guard() as guard, selectors.DefaultSelector() as selector:
            signals.register(selector)
            try:
                for child in self._children:
                    child.start(guard=guard, selector=selector)
                self._await_ready(signals, selector)
                if self._on_ready and not signals.stop:
                    self._on_ready()
                return self._keep_up(signals, guard, selector)
            finally:
                self._stop_all(signals, selector)

    def _await_ready(self, signals: Signals, selector: selectors.BaseSelector) -> None:
        waiting = list(self._children)
        started = time.monotonic()
        while waiting and not signals.stop:
            for child in waiting:
                if child.has_ended():
                    child.reap()
                    raise self._failed(child, f"ended with status {child.status} before it was ready.")
            waiting = [child for child in waiting if not self._is_ready(child)]
            for child in waiting:
                limit = self._commands[child.name].ready_within
                if time.monotonic() - started > limit:
                    raise self._failed(child, f"was not ready within {limit:g} seconds.")
            _pump_for(selector, POLL if waiting else 0)

    def _failed(self, child: Child, why: str) -> StartFailed:
        return StartFailed(self._commands[child.name], why, tuple(child.tail))

    def _is_ready(self, child: Child) -> bool:
        ready = self._commands[child.name].ready
        try:
            return ready is None or ready()
        except OSError:
            return False

    def _keep_up(self, signals: Signals, guard: Guard, selector: selectors.BaseSelector) -> int:
        while not (signals.stop or self._reader_is_gone):
            if self._tend is not None:
                self._tend()
            for child in self._children:
                if child.has_ended() and not self._plan_restart(child):
                    return 1
                if child.restart_at is not None and time.monotonic() >= child.restart_at:
                    child.start(guard=guard, selector=selector)
            due = [child.restart_at for child in self._children if child.restart_at is not None]
            _pump(selector, max(0.0, min(due) - time.monotonic()) if due else None)
        return 0

    def _plan_restart(self, child: Child) -> bool:
        stable = time.monotonic() - child.started_at > STABLE_AFTER
        child.reap()
        if not self._commands[child.name].restart:
            log.error("%s ended with status %s", child.name, child.status)
            return False
        child.crashes = 0 if stable else child.crashes + 1
        pause = min(FIRST_DELAY * 2 ** max(0, child.crashes - 1), LONGEST_DELAY)
        child.restart_at = time.monotonic() + pause
        log.warning("%s ended with status %s; starting it again in %.1f s", child.name, child.status, pause)
        return True

    def _stop_all(self, signals: Signals, selector: selectors.BaseSelector) -> None:
        for child in reversed(self._children):
            child.ask_to_stop()
            deadline = time.monotonic() + STOP_WITHIN
            # A second Ctrl-C means: now.
            while child.is_running() and not signals.insisted and time.monotonic() < deadline:
                _pump(selector, POLL)
            child.reap()

    def _sayer(self, name: str, width: int) -> Callable[[str], None]:
        def say(line: str) -> None:
            if self._reader_is_gone:
                return
            try:
                self._write(f"{name:<{width}} | {line}\n")
            except BrokenPipeError:
                self._reader_is_gone = True

        return say


def _to_stdout(line: str) -> None:
    # A terminal that can't show a character is no reason to stop.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def _pump_for(selector: selectors.BaseSelector, seconds: float) -> None:
    """Pump for so long however much is said, so that ready checks keep their pace."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        _pump(selector, left)


def _pump(selector: selectors.BaseSelector, patience: float | None) -> None:
    """Wait for output or a signal, and let whoever waits for it read it."""
    for key, _ in selector.select(patience):
        key.data()
