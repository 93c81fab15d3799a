"""Follow every link a browser is shown, gather every form on the way, and hear of every bug that answers with 500."""

import sys
import traceback
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.core.signals import got_request_exception
from django.test import Client

from tests import people

SERVER_ERROR = 500
#: Says 503 by right where no worker breathes, as in most tests.
_MAY_BE_DOWN = "/healthz/ready/"
#: Pages of one kind that are looked at: the hundredth interview breaks no other way than the second.
A_KIND = 3
_LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "use": "href", "iframe": "src"}


@dataclass
class Form:
    """A form as a page shows it: where it leads, what it holds, what may be chosen."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


class Reader(HTMLParser):
    """Reads links and forms off one page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.links, self.forms = address, list[str](), list[Form]()
        self._choosing = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of whatever leads on, and of what a form would send."""
        given = {name: value or "" for name, value in attrs}
        if tag in _LINKS:
            self._lead(given.get(_LINKS[tag], ""))
        self._lead(given.get("hx-get", ""))
        if tag == "form":
            action = urljoin(self.address, given.get("action") or self.address)
            self.forms.append(Form(action, given.get("method", "get").lower()))
        elif self.forms:
            self._field(tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Let no option stray into another field."""
        if tag == "select":
            self._choosing = ""

    def _lead(self, there: str) -> None:
        parts = urlsplit(urljoin(self.address, there))
        if there and not parts.netloc and not parts.scheme:
            self.links.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name = self.forms[-1], given.get("name", "")
        if tag == "select":
            self._choosing = name
        if tag == "option" and self._choosing:
            form.choices.setdefault(self._choosing, []).append(given.get("value", ""))
            if "selected" in given or self._choosing not in form.fields:
                form.fields[self._choosing] = [given.get("value", "")]
        if not name or tag not in {"input", "textarea", "button", "select"}:
            return
        if given.get("type") in {"radio", "checkbox"} or tag == "button":
            form.choices.setdefault(name, []).append(given.get("value", "on"))
        form.fields.setdefault(name, [given.get("value", "")])


@dataclass
class Crawl:
    """What one browser met: pages with their status, forms, and what went wrong."""

    seen: dict[str, int] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    wrong: list[tuple[str, int]] = field(default_factory=list)


def crawl(client: Client, *starts: str, most: int = 400, a_kind: int = A_KIND) -> Crawl:
    """Follow every link from `starts` on; whatever a page links to has to be there for whoever sees the page."""
    found, waiting = Crawl(), deque(starts)
    queued, kinds = set(starts), Counter[tuple[str, tuple[str, ...]]]()
    while waiting and len(found.seen) < most:
        address = waiting.popleft()
        answer = client.get(address, follow=True)
        found.seen[address] = answer.status_code
        if answer.status_code >= 400 and urlsplit(address).path != _MAY_BE_DOWN:
            found.wrong.append((address, answer.status_code))
        asked = answer.request["QUERY_STRING"]
        page = answer.request["PATH_INFO"] + (f"?{asked}" if asked else "")
        if not answer.get("Content-Type", "").startswith("text/html"):
            answer.close()
            continue
        reader = Reader(page)
        reader.feed(people.text(answer))
        found.forms += reader.forms
        gets = [form for form in reader.forms if form.method == "get"]
        for link in [*reader.links, *(_as_sent(form) for form in gets)]:
            if link not in queued and _room(kinds, link, a_kind):
                queued.add(link)
                waiting.append(link)
    return found


def _as_sent(form: Form) -> str:
    filled = "&".join(f"{name}={values[0]}" for name, values in form.fields.items())
    return f"{urlsplit(form.action).path}?{filled}"


def _room(kinds: "Counter[tuple[str, tuple[str, ...]]]", link: str, a_kind: int) -> bool:
    """Count the link among its kind: the same page, but for ids and for what is asked of it."""
    parts = urlsplit(link)
    steps = "/".join("*" if any(c.isdigit() for c in step) else step for step in parts.path.split("/"))
    kind = (steps, tuple(sorted(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))))
    kinds[kind] += 1
    return kinds[kind] <= a_kind


@contextmanager
def bugs() -> Iterator[list[str]]:
    """Gather what broke, as `where: what`, for a `with` block; pages answer 500 as they would outside of tests."""
    found: list[str] = []

    def met(sender: Any, request: Any = None, **kwargs: Any) -> None:
        error = sys.exc_info()[1]
        frames = traceback.extract_tb(error.__traceback__) if error else []
        ours = [frame for frame in frames if "/raincheck/" in frame.filename] or frames
        at = f"{ours[-1].filename.rpartition('/raincheck/')[2]}:{ours[-1].lineno}" if ours else "?"
        found.append(f"{request.method} {request.path}: {type(error).__name__} at {at}: {str(error)[:200]}")

    got_request_exception.connect(met)
    try:
        yield found
    finally:
        got_request_exception.disconnect(met)


def patient(client: Client) -> Client:
    """Have a browser take a 500 for an answer."""
    client.raise_request_exception = False
    return client
