"""Tasks that settle themselves keep a code, and no reader meets one."""

import re
from pathlib import Path

import raincheck
from raincheck.archive.models import RequestState
from raincheck.console.settled_words import SETTLED, settled


def test_every_code_that_a_task_is_settled_with_has_words():
    source = "".join(path.read_text("utf-8") for path in Path(raincheck.__file__).parent.rglob("*.py"))
    codes = set(re.findall(r'\bresolution="([^"]+)"', source))
    assert len(codes) > 10
    assert codes <= SETTLED.keys()
    assert {RequestState.GRANTED, RequestState.DECLINED, RequestState.WITHDRAWN} <= SETTLED.keys()


def test_what_a_person_wrote_stays_as_it_is():
    assert settled("已电话联系") == "已电话联系"
