"""Two sides that are to agree, while everything between them fails: no page says 已取消 too soon, and they do agree."""

import os
import random
from collections import Counter

import httpx
import pytest

from tests import seeds
from tests.simulators import LOOPBACK, Outbox
from tests.soak import agreement
from tests.soak.cast import lives
from tests.soak.onlooker import CONFIRMING, PLAIN, Onlooker
from tests.soak.play import Play
from tests.soak.stage import staged
from tests.world import World, build, number

SHORT = os.environ.get("RAINCHECK_SOAK") == "short"


def _play(folder, outbox: Outbox, chance: random.Random, *, count: int) -> None:
    """Play `count` lives through, and check what the onlooker saw and how it all ended."""
    with staged(folder, outbox, chance) as stage:
        here: World = build(f"soak-{number()}", "云帆科技（示例）", vendor=stage.vendor)
        stage.post.to = f"{stage.site.url}/hooks/simulated/{here.account.id}/"
        play = Play(here, stage, lives(here, count=count, chance=chance), chance)
        with httpx.Client(base_url=stage.site.url, **LOOPBACK, timeout=20) as http:
            onlooker = Onlooker(here, play, http, random.Random(chance.random()))
            with onlooker.looking_on():
                play.go()
                settled = agreement.calm_down(here, stage)
        _say(play, onlooker, stage, settled)
        onlooker.check()
        first = agreement.reconcile(here)
        agreement.calm_down(here, stage)
        ends = agreement.check(here, stage.truth, agreement.reconcile(here))
        seeds.say(f"reconciled: {first.counts}, {first.repaired} mended; ended {_list(ends)}")
        _assert_something_happened(play, onlooker, count)


def _say(play: Play, onlooker: Onlooker, stage, settled: float) -> None:
    seeds.say(f"{play.deeds.total()} deeds: {_list(play.deeds)}; refused {_list(play.refused)}")
    seeds.say(f"moods {_list(play.moods)}; letters {_list(stage.post.tally)}; settled {settled:.0f} s later")
    seeds.say(
        f"{onlooker.pages.total()} pages read: {_list(onlooker.pages)}; they said {_list(onlooker.said)}"
    )


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {n}" for what, n in counts.most_common())


def _assert_something_happened(play: Play, onlooker: Onlooker, count: int) -> None:
    """Make sure that a run proves something: deeds of every kind, faults, and pages that said each thing."""
    assert play.deeds.total() > count, "too little was done"
    assert play.deeds["asks"] + play.deeds["hr cancels"] > count / 3, "too little was cancelled"
    assert play.moods["vendor killed"] >= 1, "the vendor was never killed"
    assert onlooker.said[PLAIN] > count / 2, "too few pages said 已取消"
    assert onlooker.said[CONFIRMING] >= 1, "no page ever said 确认中"


@pytest.mark.parametrize("nth", [1, 2])
def test_two_hundred_interviews_and_no_page_says_cancelled_too_soon(nth, db, outbox, chance, tmp_path):
    _play(tmp_path, outbox, chance, count=200)


@pytest.mark.soak
@pytest.mark.parametrize("nth", range(1, 3 if SHORT else 21))
def test_two_thousand_interviews_and_no_page_says_cancelled_too_soon(nth, db, outbox, chance, tmp_path):
    _play(tmp_path, outbox, chance, count=500 if SHORT else 2000)
