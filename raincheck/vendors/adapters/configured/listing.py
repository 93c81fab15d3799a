"""A vendor's list of interviews, whichever way it turns its pages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from raincheck.vendors.adapters.base import Permanent
from raincheck.vendors.adapters.configured.endpoints import Endpoint, read_endpoint
from raincheck.vendors.adapters.configured.pointers import as_text, find, find_or_none, pointer
from raincheck.vendors.adapters.configured.shape import Table

_PLACEHOLDERS = {
    "none": frozenset[str](),
    "page": frozenset({"page", "per_page"}),
    "offset": frozenset({"offset", "per_page"}),
    "cursor": frozenset({"cursor", "per_page"}),
}
Ask = Callable[[dict[str, str | int]], Any]


@dataclass(frozen=True)
class Listing:
    """Where the list is, and how its pages are turned."""

    endpoint: Endpoint
    items: str
    paging: str
    first_page: int
    per_page: int
    next_cursor: str

    def pages(self, ask: Ask) -> Iterator[Sequence[Any]]:
        """Yield the items page by page; `ask` makes the call. Raises Permanent where the vendor goes in circles.

        Pages end with the first empty one: that one is short may only mean that the vendor caps them.
        """
        number, seen, cursor, before = 0, 0, "", None
        cursors: set[str] = set()
        while True:
            page = self.first_page + number
            found = ask({"page": page, "offset": seen, "cursor": cursor, "per_page": self.per_page})
            items = find(found, self.items)
            if not isinstance(items, list):
                raise TypeError("items are no list")
            if items and items == before:
                raise Permanent("the list's pages don't advance")
            if items:
                yield items
            number, seen, before = number + 1, seen + len(items), items
            turned = _cursor_in(found, self.next_cursor) if self.paging == "cursor" else ""
            if self.paging == "none" or (not turned if self.paging == "cursor" else not items):
                return
            if turned in cursors:
                raise Permanent("the list's cursor doesn't advance")
            cursors |= {turned} if turned else set()
            cursor = turned


def _cursor_in(found: Any, where: str) -> str:
    value = find_or_none(found, where)
    return "" if value is None or value == "" else as_text(value)


def read_listing(table: Table) -> Listing:
    """Read an endpoint with `items` and how its pages are turned."""
    paging = table.choice("paging", list(_PLACEHOLDERS))
    listing = Listing(
        items=pointer(table, "items"),
        paging=paging,
        first_page=table.number("first_page", 1, lowest=0, highest=1),
        per_page=table.number("per_page", 100, lowest=1, highest=10_000),
        next_cursor=pointer(table, "next_cursor") if paging == "cursor" else "",
        endpoint=read_endpoint(table, _PLACEHOLDERS[paging]),
    )
    turned = _PLACEHOLDERS[paging] - {"per_page"}
    if not turned <= listing.endpoint.names:
        words = ", ".join(f"{{{name}}}" for name in sorted(turned))
        table.wrong("query", f"翻页须用到占位符 {words}", f"must use {words}, or every page is the first")
    return listing
