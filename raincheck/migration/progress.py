"""How far a run is, on a terminal: a bar, rows a second, and how long it will take yet."""

import sys
from dataclasses import dataclass, field
from time import monotonic
from typing import TextIO

WIDTH = 24


@dataclass
class Bar:
    """Rewrites one line; says nothing where nobody watches (a pipe, a log)."""

    to: TextIO = field(default_factory=lambda: sys.stderr)
    _began: float = field(default_factory=monotonic)
    _shown: bool = False
    _before: int = 0

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` rows of `total` are settled."""
        if not self.to.isatty():
            return
        self._shown = True
        self.to.write(f"\r{line(done, total, done - self._before, monotonic() - self._began)}\x1b[K")
        self.to.flush()

    def go_on(self, done: int) -> None:
        """Begin behind so many rows: what a run did before it was broken off isn't this one's speed."""
        self._before, self._began = done, monotonic()

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
