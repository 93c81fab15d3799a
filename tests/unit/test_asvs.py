"""docs/reference/asvs.md: every requirement of level 2 once, a verdict each, and evidence that is there."""

import re
from collections import Counter

from tests.commands import CHECKOUT

PAGE = (CHECKOUT / "docs" / "reference" / "asvs.md").read_text("utf-8")
LINE = re.compile(
    r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (met|part|not met|n\.a\.) \| (.+) \|$", re.MULTILINE
)
#: How many requirements of levels 1 and 2 each chapter of 5.0.0 has.
BY_CHAPTER = {
    "1": 27, "2": 11, "3": 19, "4": 10, "5": 9, "6": 35, "7": 18, "8": 7, "9": 7, "10": 29, "11": 14, "12": 9, "13": 13,
    "14": 9, "15": 13, "16": 16, "17": 7,
}  # fmt: skip
EVIDENCE = re.compile(r"`((?:raincheck|tests|docs|scripts|deploy)/[^`]+)`")


def test_every_requirement_is_there_once_with_a_verdict_and_a_reason():
    ids = [found[0] for found in LINE.findall(PAGE)]
    assert len(ids) == len(set(ids))
    assert Counter(one.partition(".")[0] for one in ids) == BY_CHAPTER
    rows = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == len(ids), "a line that is no verdict"


def test_every_file_and_test_that_is_named_exists():
    for requirement, _, _, _, evidence in LINE.findall(PAGE):
        for named in EVIDENCE.findall(evidence):
            path, _, test = named.partition("::")
            assert (CHECKOUT / path).exists(), (requirement, path)
            assert not test or f"def {test}(" in (CHECKOUT / path).read_text("utf-8"), (requirement, test)


def test_the_figures_at_its_head_are_those_of_its_lines():
    verdicts = Counter(found[3] for found in LINE.findall(PAGE))
    said = f"**{verdicts['met']} met, {verdicts['part']} in part, {verdicts['not met']} not met, "
    assert f"{said}{verdicts['n.a.']} don't apply; {verdicts.total()} in all.**" in PAGE
