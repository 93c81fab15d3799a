"""How far a run is: a bar on a terminal, a line now and then in a log; rows a second, and how long it will take yet."""

import sys
from dataclasses import dataclass, field
from time import monotonic
from typing import TextIO

WIDTH = 24
#: Seconds between two lines where no terminal is: a short run says nothing.
EVERY = 10.0


@dataclass
class Bar:
    """Rewrites one line; where nobody watches (a pipe, a log) it writes a plain one every ten seconds."""

    to: TextIO = field(default_factory=lambda: sys.stderr)
    _began: float = field(default_factory=monotonic)
    _shown: bool = False
    _before: int = 0
    _said: float = field(default_factory=monotonic)

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` rows of `total` are settled."""
        if not self.to.isatty():
            self._plainly(done, total)
            return
        self._shown = True
        self.to.write(f"\r{line(done, total, done - self._before, monotonic() - self._began)}\x1b[K")
        self.to.flush()

    def go_on(self, done: int) -> None:
        """Begin behind so many rows: what a run did before it was broken off isn't this one's speed."""
        self._before, self._began = done, monotonic()

    def _plainly(self, done: int, total: int) -> None:
        now = monotonic()
        if now - self._said >= EVERY:
            self._said = now
            said = line(done, total, done - self._before, now - self._began).partition("]")[2].strip()
            self.to.write(f"{said}\n")
            self.to.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._shown:
            self.to.write("\n")


def line(done: int, total: int, fresh: int, seconds: float) -> str:
    """Return the line for `fresh` rows settled in so many seconds."""
    full = WIDTH * done // max(1, total)
    speed = fresh / seconds if seconds > 0 else 0.0
    bar = f"[{'█' * full}{'·' * (WIDTH - full)}] {100 * done // max(1, total):3}%  {done:,} / {total:,}"
    return f"{bar}  {speed:,.0f} 行/s  剩余 / left {clock((total - done) / speed)}" if speed else bar


def clock(seconds: float) -> str:
    """Return a length of time as 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
