"""Send every form what nobody types: blanks, NULs, half a character, numbers without end, the wrong kind of thing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes
from uuid import UUID

from django.http import QueryDict
from django.test import Client
from django.urls import Resolver404, resolve
from hypothesis import strategies as st

from tests.crawl import Form

FORM = "application/x-www-form-urlencoded"
LONG = "长" * 5_000
#: Each has broken somebody's parser: digits that int() won't have, numbers that are none, dates that never were.
NASTY = (
    "", " ", "\t\r\n　", "\x00", "\ud800", "\u202e\u200b\ufeff", "²", "٣", "１２",
    "1_000", "-1", "0", "1e309", "nan",
    "Infinity", "9" * 400, "2147483648", "9223372036854775808", "0x10", "true", "null",
    "[]", "{}", '{"a":', '{"id": "AAAA"}', '[{"id": 1}]', "[" * 2_000,
    "0001-01-01", "9999-12-31T23:59", "2026-02-30", "2026-11-26T24:00", "10000-01-01", "2026-03-29T02:30",
    "00:00", "25:61",
    "not-a-uuid", "00000000-0000-0000-0000-000000000000", "urn:uuid:12345678123456781234567812345678",
    "<script>alert(1)</script>", "' OR 1=1 --", "%s%n{0}{{ 7|add:7 }}{% now %}", "../../../etc/passwd", "\\", "*", "%",
    "http://[",
    "https://user:pw@127.0.0.1:1/x", "javascript:alert(1)", "a@", "@", "a@b" + "c" * 300, "+" * 30, "Asia/Nowhere",
    "🧑‍🦽" * 50, LONG,
)  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=40),
    st.integers(-(10**40), 10**40).map(str),
    st.datetimes().map(lambda at: at.isoformat()),
    st.uuids().map(str),
)
#: What programs post: any bytes under any name.
BODIES = st.one_of(
    st.binary(max_size=200), st.sampled_from([b"", b"{", b"[]", b"null", b'{"a":' * 900, b"\xff" * 50])
)
KINDS = st.sampled_from(
    [
        FORM,
        "application/json",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "text/xml",
        "",
        "x" * 300,
    ]
)


@dataclass(frozen=True)
class Target:
    """One address that takes a POST: whom it is for, and the fields that are known of it, with fitting values."""

    route: str
    path: str
    audience: str
    fields: dict[str, list[str]]


class Fields:
    """Which fields the view of each route has asked for, seen by watching it ask."""

    def __init__(self) -> None:
        self.asked: dict[str, set[str]] = defaultdict(set)
        self._route = ""

    @contextmanager
    def watching(self) -> Iterator["Fields"]:
        """Watch what is read from any QueryDict for a `with` block."""
        kept = {name: getattr(QueryDict, name) for name in ("get", "getlist", "__getitem__", "__contains__")}
        try:
            for name, plain in kept.items():
                setattr(QueryDict, name, self._noting(plain))
            yield self
        finally:
            for name, plain in kept.items():
                if name in vars(QueryDict):
                    delattr(QueryDict, name)
                assert getattr(QueryDict, name) == plain

    def _noting(self, plain: Any) -> Any:
        def read(query: QueryDict, key: Any, *args: Any, **more: Any) -> Any:
            if isinstance(key, str):
                self.asked[self._route].add(key)
            return plain(query, key, *args, **more)

        return read

    def now_at(self, path: str) -> None:
        """Say which page is about to be asked."""
        self._route = route_of(path)


def route_of(path: str) -> str:
    """Return the route a path is served by."""
    try:
        return str(resolve(path.partition("?")[0]).route)
    except Resolver404:
        return ""


def encoded(typed: Iterable[tuple[str, str]]) -> bytes:
    """Return what a browser gone mad would send: halves of characters go out as they are."""
    pairs = ((_bytes(name), _bytes(value)) for name, value in typed)
    return "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in pairs).encode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def send(client: Client, target: Target, typed: Iterable[tuple[str, str]]) -> Any:
    """Post a form and return the answer."""
    return client.post(target.path, encoded(typed), content_type=FORM)


def known(forms: Iterable[Form], routes: dict[str, set[str]]) -> dict[str, dict[str, list[str]]]:
    """Return, a route, every field of its forms with values that fit, and those its view was seen to ask for."""
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for form in forms:
        if form.method != "post":
            continue
        fields = found[route_of(form.action)]
        for name, values in form.fields.items():
            fields.setdefault(name, []).extend([*values, *form.choices.get(name, [])])
    for route, names in routes.items():
        for name in names:
            found[route].setdefault(name, [])
    return found


def some_id(ids: dict[str, Any]) -> str:
    """Return the id of something that is there, to stand where another is asked for."""
    return next(str(value) for value in ids.values() if isinstance(value, UUID))


def quoted(text: str) -> str:
    """Return a text as a part of an address."""
    return quote_from_bytes(_bytes(text), safe="")
