"""Puts what somebody typed back into a form of a page: into the very HTML, since no page of ours needs a script."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin

Attributes = dict[str, str | None]
#: What isn't typed, or is never to come back.
_NEVER = frozenset({"hidden", "password", "file", "submit", "button", "image", "reset"})
_TICKED = frozenset({"checkbox", "radio"})


@dataclass(frozen=True)
class _Control:
    """One tag that holds something of a form: an input, a textarea, or an option of the select called `name`."""

    tag: str
    name: str
    attributes: Attributes
    start: int
    end: int

    @property
    def kind(self) -> str:
        return (self.attributes.get("type") or "text").lower() if self.tag == "input" else self.tag


@dataclass(frozen=True)
class _Form:
    action: str
    start: int
    controls: list[_Control] = field(default_factory=list)

    def held(self, typed: Mapping[str, Sequence[str]]) -> bool:
        """Say whether what it hides is what was sent: rows of a list have forms that differ by nothing else."""
        hidden = [one for one in self.controls if one.kind == "hidden" and one.name in typed]
        return all((one.attributes.get("value") or "") in typed[one.name] for one in hidden)


class _Reader(HTMLParser):
    """Finds the forms of a page that are sent by POST, and where in its text their controls stand."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._lines = [0]
        for line in html.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._in_form, self._select = False, ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        line, column = self.getpos()
        start = self._lines[line - 1] + column
        if tag == "form":
            self._in_form = (given.get("method") or "").lower() == "post"
            if self._in_form:
                self.forms.append(_Form(given.get("action") or "", start))
        if not self._in_form:
            return
        if tag == "select":
            self._select = given.get("name") or ""
        name = self._select if tag == "option" else given.get("name") or ""
        if name and tag in {"input", "textarea", "option"}:
            end = start + len(self.get_starttag_text() or "")
            self.forms[-1].controls.append(_Control(tag, name, given, start, end))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        if tag == "select":
            self._select = ""


def refilled(
    html: str, *, page: str, target: str, typed: Mapping[str, Sequence[str]], note: str
) -> str | None:
    """Return the page with its form that leads to `target` filled in, after `note`; None where it has no such form.

    `page` is the address it is shown at. Fields of passwords and files stay empty, what is hidden stays as it is.
    """
    forms = _Reader(html).forms
    form = next((one for one in forms if urljoin(page, one.action) == target and one.held(typed)), None)
    if form is None:
        return None
    changed = sorted(_changes(html, form, typed))
    pieces, done = [html[: form.start], note if changed else ""], form.start
    for start, end, text in changed:
        pieces += [html[done:start], text]
        done = end
    return "".join([*pieces, html[done:]])


def _changes(html: str, form: _Form, typed: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, int, str]]:
    """Yield what of the page's text is put in the place of what, for each control."""
    left = {name: list(values) for name, values in typed.items()}
    offered = defaultdict[str, set[str | None]](set)
    for one in form.controls:
        offered[one.name].add(one.attributes.get("value"))
    for one in form.controls:
        values = typed.get(one.name)
        if one.kind in _NEVER or (values is None and one.kind not in _TICKED):
            continue
        if one.kind in _TICKED:
            ticked = (one.attributes.get("value") or "on") in (values or ())
            yield one.start, one.end, _tag(one, "checked", "" if ticked else None)
        elif one.tag == "option":
            # Where what was chosen is offered no more, the choice is the page's own.
            if offered[one.name] & set(values or ()):
                chosen = one.attributes.get("value") in (values or ())
                yield one.start, one.end, _tag(one, "selected", "" if chosen else None)
        elif mine := left[one.name]:
            text = mine.pop(0)
            if one.tag == "textarea":
                # The newline after the tag is no part of the text.
                yield one.end, html.index("</textarea", one.end), f"\n{escape(text)}"
            else:
                yield one.start, one.end, _tag(one, "value", text)


def _tag(one: _Control, name: str, value: str | None) -> str:
    """Write the tag anew with this attribute, or without it where there is no value."""
    rest = {key: said for key, said in one.attributes.items() if key != name}
    said = rest if value is None else {**rest, name: value}
    written = (f" {key}" if text is None else f' {key}="{escape(text)}"' for key, text in said.items())
    return f"<{one.tag}{''.join(written)}>"
