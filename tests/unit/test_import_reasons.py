"""Reasons in people's own words: a code where it is surely meant, none where it isn't."""

import pytest

from raincheck.migration.values.reasons import SURE, understand


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("候选人发烧，在医院输液", "health"),
        ("Candidate is down with flu", "health"),
        ("下午要去外地出差，来不了", "time_conflict"),
        ("he has an exam on that day", "time_conflict"),
        ("家里老人出了意外", "emergency"),
        ("宿舍断网，进不去", "technical"),
        ("Internet connection dropped twice", "technical"),
        ("已接了另一家公司的机会", "other_offer"),
        ("Joined another company last week", "other_offer"),
        ("觉得通勤太远", "not_interested"),
        ("no longer interested in the role", "not_interested"),
        ("面试官临时有会，时间冲突", "interviewer_unavailable"),
        ("Interviewer is sick", "interviewer_unavailable"),
        ("HC 已取消", "position_frozen"),
        ("The role has been filled", "position_filled"),
        ("平台维护，链接打不开", "vendor_outage"),
    ],
)
def test_what_is_surely_meant_has_a_code(words, code):
    found = understand(words)
    assert (found.code, found.confidence >= SURE) == (code, True)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "见邮件",
        "电话沟通",
        "as discussed",
        "生病了，而且已拿到别家offer",
        "不是因为生病",
        "Not because of the network",
        "x" * 9999,
        "孩子生病",
        "He will write",
        "fluent in English",
    ],
)
def test_what_is_not_sure_has_none(words):
    assert understand(words).confidence < SURE
