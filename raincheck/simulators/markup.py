"""HTML by hand, escaped by default: `fill` escapes every value that is not HTML already."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from string import Template

from raincheck.simulators.style import CSS


class Html(str):
    """Text that is markup already and goes into a page as it is."""

    __slots__ = ()


def fill(template: str, /, **values: object) -> Html:
    """Put `values` in place of `$name`; what is not Html is escaped, quotes included."""
    safe = {name: value if isinstance(value, Html) else escape(str(value)) for name, value in values.items()}
    return Html(Template(template).substitute(safe))


def join(parts: Iterable[Html]) -> Html:
    """Set pieces of markup one after the other."""
    return Html("".join(parts))


def both(zh: str, en: str) -> Html:
    """Say something in Chinese first and, smaller, in English."""
    return fill('$zh <span class="en" lang="en">$en</span>', zh=zh, en=en)


def shell(*, title: str, body: Html, look: str = "", refresh: int | None = None) -> Html:
    """Wrap `body` into a whole page; `look` is the body's class, `refresh` the seconds to a reload."""
    again = fill('<meta http-equiv="refresh" content="$s">', s=refresh) if refresh else Html("")
    return fill(_PAGE, title=title, css=Html(CSS), body=body, look=look, again=again)


_PAGE = """<!doctype html>
<html lang="zh-Hans">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
$again<title>$title</title>
<style>$css</style>
</head>
<body class="$look">
$body
</body>
</html>
"""
