"""Chance that can be repeated: every seed drawn is said at the end of the run, whether the test passed or not."""

import os
import random

#: One line a random test: what the seed was, and what came of it.
said: list[str] = []


def draw() -> int:
    """Return RAINCHECK_SEED, else a fresh seed."""
    given = os.environ.get("RAINCHECK_SEED")
    return int(given) if given else random.SystemRandom().randrange(10**6)


def say(line: str) -> None:
    """Have a line shown in the summary of the run, behind the name of the test that runs now."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" (")[0].rpartition("::")[2]
    said.append(f"{test}: {line}")
