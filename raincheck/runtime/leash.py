"""Start a program that dies with us: a tiny launcher that becomes the program.

Run as a script, it drops to another account if told to, asks Linux to signal it when its parent
dies (even by kill -9), and then *becomes* the program by exec, so its pid is the program's pid.
A launcher rather than `preexec_fn`, which may deadlock in a process with threads. Elsewhere than on Linux
there is no such request; `guard` covers the supervisor's children there.

The kernel counts the parent *thread*: call it from one that lives as long as the program should.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn, Protocol

PR_SET_PDEATHSIG = 1
PARENT_IS_GONE = 125
NOT_RUNNABLE = 127


class Ids(Protocol):
    """Whom to become."""

    @property
    def uid(self) -> int:
        """User id."""

    @property
    def gid(self) -> int:
        """Group id; there are no supplementary groups."""


def leashed(argv: Sequence[str], *, on_our_death: signal.Signals, account: Ids | None = None) -> list[str]:
    """Return the argv that runs `argv` on the leash, as `account` (None: as ourselves).

    `argv[0]` is looked up on PATH. Exit status 127 and a line on stderr when it can't be run.
    """
    who = f"{account.uid}:{account.gid}" if account else "-"
    script = [sys.executable, "-I", "-S", __file__]
    return [*script, str(os.getpid()), str(int(on_our_death)), who, *argv]


def main(parent: str, death_signal: str, who: str, *argv: str) -> NoReturn:
    """Become `argv`."""
    if who != "-":
        uid, gid = map(int, who.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which clears the request.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(PARENT_IS_GONE)
    # Python ignores these, and what is ignored stays ignored across exec.
    for name in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(name, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is what we want
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        sys.exit(NOT_RUNNABLE)


if __name__ == "__main__":
    main(*sys.argv[1:])
