"""One running instance a home: a second one is told about the first."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from raincheck.runtime.home import Home, write_private
from raincheck.runtime.locks import FileLock, Locked


@dataclass(frozen=True, slots=True)
class Instance:
    """A running instance: its supervisor's pid and its addresses, by what they are for."""

    pid: int
    addresses: Mapping[str, str] = field(default_factory=dict)


class AlreadyRunning(Exception):
    """An instance runs in this home already. The message is for people, in both languages."""

    code = "already_running"

    def __init__(self, instance: Instance | None) -> None:
        """`instance` is None when the other one has not said who it is yet."""
        self.instance = instance
        who = f" (pid {instance.pid})" if instance else ""
        lines = [
            f"Raincheck 已在运行{who}。请直接使用，或先在原窗口按 Ctrl-C 停止。",
            f"Raincheck is already running{who}. Use it, or stop it first with Ctrl-C in its window.",
        ]
        if instance:
            lines += [f"  {what}  {address}" for what, address in instance.addresses.items()]
        super().__init__("\n".join(lines))


class Claim:
    """The right to be the instance of this home."""

    def __init__(self, home: Home) -> None:
        """Made by `only_instance`."""
        self._home = home

    def publish(self, addresses: Mapping[str, str]) -> None:
        """Let others know where we are, e.g. {"portal": "http://127.0.0.1:8000/"}; in the order given."""
        said = {"pid": os.getpid(), "addresses": dict(addresses)}
        write_private(self._home.run / "instance.json", json.dumps(said, ensure_ascii=False))


@contextmanager
def only_instance(home: Home) -> Iterator[Claim]:
    """Be the instance of `home` for a `with` block. Raises AlreadyRunning."""
    lock = FileLock(home.run / "instance.lock")
    try:
        # Whoever only looks whether we run holds the lock for an instant.
        lock.acquire(wait=0.3)
    except Locked as error:
        raise AlreadyRunning(_said(home)) from error
    claim = Claim(home)
    try:
        claim.publish({})
        yield claim
    finally:
        (home.run / "instance.json").unlink(missing_ok=True)
        lock.release()


def running_instance(home: Home) -> Instance | None:
    """Return the instance that runs in `home` now, None when there is none. Makes a lock file at most."""
    lock = FileLock(home.run / "instance.lock")
    if not home.run.is_dir() or lock.try_acquire():
        lock.release()
        return None
    return _said(home)


def _said(home: Home) -> Instance | None:
    try:
        said = json.loads((home.run / "instance.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    return Instance(pid=said["pid"], addresses=said["addresses"])
