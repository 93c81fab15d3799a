"""What the crash runs share: their seed, said whether they pass or not."""

import random

import pytest

from tests import seeds


@pytest.fixture
def chance() -> random.Random:
    """Return chance that RAINCHECK_SEED repeats."""
    seed = seeds.draw()
    seeds.say(f"RAINCHECK_SEED={seed}")
    return random.Random(seed)
