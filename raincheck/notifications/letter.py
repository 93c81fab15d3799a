"""A mail as HTML, made from the same plain words: what is in one is in the other.

No picture and nothing else is fetched from anywhere: opening a mail tells nobody. Every fact is escaped, so that a name
stays a name.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.translation import override

from raincheck.notifications.models import Message, RecipientKind
from raincheck.notifications.words import Rendered

#: Between what a line is about and what it says of it.
_COLONS = ("：", ": ")
_LONGEST_LABEL = 12
_BULLET = "· "


@dataclass(frozen=True)
class Line:
    """One line of a mail: words, words under a label, or the link, which is drawn as a button."""

    text: str
    label: str = ""
    link: bool = False


def html(message: Message, text: Rendered) -> str:
    """Return a message as an HTML mail in its reader's language."""
    said = text.facts
    link = said.get("link", "")
    blocks = list(_blocks(text.body, link=link))
    context = {
        "language": message.language,
        "title": text.title,
        "company": said.get("company", ""),
        "blocks": blocks,
        "link": link if any(line.link for block in blocks for line in block) else "",
        "for_staff": message.recipient_kind == RecipientKind.STAFF,
        "unsubscribe": said.get("unsubscribe", ""),
    }
    with override(message.language):
        return render_to_string("notifications/mail.html", context)


def _blocks(body: str, *, link: str) -> Iterator[list[Line]]:
    """Yield a mail's paragraphs: blank lines part them, as they do in plain text."""
    for block in body.split("\n\n"):
        lines = [_line(text, link=link) for text in block.splitlines() if text.strip()]
        if lines:
            yield lines


def _line(text: str, *, link: str) -> Line:
    text = text.strip()
    if link and text == link:
        return Line(text, link=True)
    for colon in _COLONS:
        label, found, said = text.partition(colon)
        if found and said and len(label) <= _LONGEST_LABEL and not text.startswith(_BULLET):
            return Line(said.strip(), label=label + colon)
    return Line(text)
