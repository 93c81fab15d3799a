"""What adapters and channels say, as a Chinese reader meets it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

import raincheck.notifications.channels
import raincheck.vendors
from raincheck.notifications import sayings as channels
from raincheck.vendors.sayings import CHINESE, in_words

RAISED = {"NeedsPerson", "Permanent", "Retry", "Held", "Undeliverable", "OursToMend"}
VENDORS = Path(raincheck.vendors.__file__).parent
CHANNELS = Path(raincheck.notifications.channels.__file__).parent
#: A name of theirs or ours and a code of theirs: no words to be said otherwise.
CODES = re.compile(r"(\w+: )?7(: 7)?")


def _texts(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    """Yield what an exception's first argument may come to, with 7 for what differs."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Name(id=name) if name in constants:
            yield constants[name]
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, constants)
            yield from _texts(other, constants)
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "7" for part in parts)
        case ast.Call(func=ast.Attribute(value=inner, attr="strip")):
            yield from _texts(inner, constants)


def _raised(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    constants = {
        target.id: value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(value := node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(value.value, str)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in RAISED
            and node.args
        ):
            yield from _texts(node.args[0], constants)


SENTENCES = sorted({text for path in VENDORS.rglob("*.py") for text in _raised(path)})


def test_the_walk_meets_what_adapters_raise() -> None:
    assert len(SENTENCES) > 50
    assert "Xobin has no invitations left (limit_exceed)" in SENTENCES


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_an_adapter_raises_is_read_in_chinese(sentence: str) -> None:
    with translation.override("zh-hans"):
        assert in_words(sentence) != sentence


SAID_BY_CHANNELS = sorted(
    {text for path in CHANNELS.rglob("*.py") for text in _raised(path) if not CODES.fullmatch(text)}
)


def test_the_walk_meets_what_channels_raise() -> None:
    assert len(SAID_BY_CHANNELS) > 15
    assert "no SMS gateway is set (RAINCHECK_SMS_URL)" in SAID_BY_CHANNELS


@pytest.mark.parametrize("sentence", SAID_BY_CHANNELS)
def test_every_sentence_a_channel_raises_is_read_in_chinese(sentence: str) -> None:
    with translation.override("zh-hans"):
        assert channels.in_words(sentence) != sentence
    with translation.override("en"):
        assert channels.in_words(sentence) == sentence


def test_what_differs_each_time_is_kept() -> None:
    with translation.override("zh-hans"):
        assert in_words("unreachable (ConnectTimeout)") == "连接不上（ConnectTimeout）"
        assert in_words("choose the Spark Hire job (its UUID) that this position invites to") == (
            "请为该岗位选择对应的Spark Hire job（填写其UUID）"
        )


def test_an_english_reader_and_an_unknown_sentence_are_left_alone() -> None:
    with translation.override("en"):
        assert in_words("unknown there") == "unknown there"
    with translation.override("zh-hans"):
        assert in_words("Somebody else's adapter says so") == "Somebody else's adapter says so"
        assert in_words("") == ""


def test_each_translation_has_a_place_for_whatever_differs() -> None:
    assert [
        english for english, chinese in CHINESE.items() if chinese.count("{}") > english.count("{}")
    ] == []
