"""As much of a browser as the walkthrough needs: cookies, forms, and what pages say in class and data-."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

Marks = Mapping[str, str]


class Astray(Exception):
    """A page isn't what the walkthrough expects; the message says which and what it showed."""

    code = "astray"


@dataclass(frozen=True)
class Form:
    """Where a form goes and what it would send as it stands; `options` are its radio buttons' values."""

    action: str
    fields: dict[str, str]
    options: dict[str, list[str]]


@dataclass(frozen=True)
class Page:
    """One page as it came."""

    url: str
    status: int
    forms: list[Form]
    elements: list[Marks]

    def form(self, *names: str) -> Form:
        """Return the form that has fields of all these names. Raises Astray."""
        wanted = set(names)
        for form in self.forms:
            if wanted <= set(form.fields) | set(form.options):
                return form
        raise Astray(f"{self.url} ({self.status}) has no form with {', '.join(names)}")

    def shows(self, classes: str) -> bool:
        """Say whether an element bears all of these classes."""
        wanted = set(classes.split())
        return any(wanted <= set(element.get("class", "").split()) for element in self.elements)

    def links(self, within: str) -> list[str]:
        """Return the absolute addresses that contain `within`, in order, each once."""
        found = [urljoin(self.url, element["href"]) for element in self.elements if element.get("href")]
        return list(dict.fromkeys(link for link in found if within in link))

    def marked(self, name: str) -> Iterator[Marks]:
        """Yield the attributes of every element that has this attribute."""
        return (element for element in self.elements if name in element)


class Browser:
    """One person's browser."""

    def __init__(self, origin: str) -> None:
        """Nothing is called yet. The pages are asked for in Chinese."""
        self._http = httpx.Client(
            base_url=origin,
            follow_redirects=True,
            trust_env=False,
            timeout=20,
            headers={"Accept-Language": "zh-CN"},
        )

    def open(self, address: str) -> Page:
        """Go to a page. Raises httpx.HTTPError."""
        return _page(self._http.get(address))

    def send(self, page: Page, form: Form, **typed: str) -> Page:
        """Fill a form of this page in and send it. Raises httpx.HTTPError."""
        there = urljoin(page.url, form.action or page.url)
        return _page(self._http.post(there, data={**form.fields, **typed}, headers={"Referer": page.url}))


def _page(answer: httpx.Response) -> Page:
    reader = _Reader()
    reader.feed(answer.text)
    return Page(str(answer.url), answer.status_code, reader.forms, reader.elements)


@dataclass
class _Reader(HTMLParser):
    forms: list[Form] = field(default_factory=list)
    elements: list[Marks] = field(default_factory=list)
    _textarea: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.elements.append(has)
        if tag == "form":
            self.forms.append(Form(has.get("action", ""), {}, {}))
        elif self.forms and tag in {"input", "textarea"} and has.get("name"):
            self._field(tag, has)

    def _field(self, tag: str, has: dict[str, str]) -> None:
        form, name = self.forms[-1], has["name"]
        if has.get("type") == "radio":
            form.options.setdefault(name, []).append(has.get("value", ""))
        elif has.get("type") != "checkbox":
            form.fields[name] = has.get("value", "")
        self._textarea = name if tag == "textarea" else ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self.forms:
            # HTML drops the line break that follows the opening tag.
            self.forms[-1].fields[self._textarea] = data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
