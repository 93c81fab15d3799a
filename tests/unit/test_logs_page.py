"""docs/reference/logs.md: every line that the product writes, and none that it doesn't."""

import ast
import re

from tests.commands import CHECKOUT

PAGE = (CHECKOUT / "docs" / "reference" / "logs.md").read_text("utf-8")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def written():
    """Return what every log call in the product begins with; simulators and the demo aren't it."""
    for path in sorted((CHECKOUT / "raincheck").rglob("*.py")):
        if {"simulators", "demo"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value
            if node.func.attr in LEVELS and isinstance(owner, ast.Name) and owner.id in {"log", "logger"}:
                assert isinstance(node.args[0], ast.Constant), (
                    f"{path}: a line whose name hangs on what happens"
                )
                yield node.args[0].value


def test_the_inventory_of_log_lines_is_as_the_code_is():
    events = PAGE.partition("## Events")[2]
    rows = [line.split("|")[1] for line in events.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert told == set(written())
