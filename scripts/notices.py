"""Write docs/reference/notices.md: the table of who hears what and the variables, from the code itself.

`python scripts/notices.py` writes it; a test says when it has gone stale.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "notices.md"
HEAD = """# Who hears what

Written by `python scripts/notices.py` from `notifications/recipients.py` and `notifications/variables.py`; a test
compares. A company's own choices come on top ([howto](../howto/edit-messages.md),
[ADR 19](../adr/0019-words-of-a-company.md)).

Channels: `a + b` go out at once; `(c → d)` are tried in turn until one reaches. *Owed*: no company can turn it off.
*Leave*: the reader may ask not to hear of it. *Night*: goes out in the reader's quiet hours, too; every line does where
the interview is so near that the end of the night and two hours' notice would be too late. *Calendar*: the iTIP method
that goes with the mail.

Channels for which a company has no contact point yet (no browser, no app, no robot) are left out where the company has
chosen nothing itself.

*Owner* is the position's, as long as they may decide (recruiter or HR manager); otherwise all who may.

An approval has no line: the cancellation it leads to is the message. Nor has a restore: it is told as
`scheduled.again`.

| event | recipient | template | channels | owed | leave | night | calendar |
|---|---|---|---|---|---|---|---|
"""
VARIABLES_HEAD = """
## Variables

| variable | stands for |
|---|---|
"""
TEMPLATES_HEAD = """
## What each template may speak of

Bold ones must stand in the text, those with an asterisk in the SMS as well.

| template | variables |
|---|---|
"""


def page() -> str:
    """Return the page as it should be."""
    # Imported once Django is set up, which a test has done already.
    from django.utils.translation import override  # noqa: PLC0415 (see above)

    from raincheck.notifications.recipients import TABLE  # noqa: PLC0415 (likewise)
    from raincheck.notifications.variables import SPEECHES, VARIABLES  # noqa: PLC0415 (likewise)

    with override("en"):
        lines = [f"| {' | '.join(cells)} |" for cells in _lines(TABLE)]
        variables = [f"| `{{{name}}}` | {one.label} |" for name, one in VARIABLES.items()]
        templates = [f"| `{name}` | {_speech(speech)} |" for name, speech in SPEECHES.items()]
    parts = [HEAD, *_ended(lines), VARIABLES_HEAD, *_ended(variables), TEMPLATES_HEAD, *_ended(templates)]
    return "".join(parts)


def _ended(lines: list[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)


def _lines(table: object) -> Iterator[tuple[str, ...]]:
    for event, lines in table.items():  # type: ignore[attr-defined] # imported late, once Django is set up
        for line in lines:
            yield (
                f"`{event}`",
                line.recipient.value,
                f"`{line.template}`",
                " + ".join(c if isinstance(c, str) else f"({' → '.join(c)})" for c in line.channels),
                "yes" if line.owed else "",
                str(line.topic),
                "yes" if line.urgent else "",
                line.calendar,
            )


def _speech(speech: object) -> str:
    body, sms = speech.body, speech.sms  # type: ignore[attr-defined] # likewise
    marked = (
        f"**`{{{name}}}`**{'*' if name in sms else ''}" if name in body else f"`{{{name}}}`"
        for name in speech.may  # type: ignore[attr-defined] # likewise
    )
    return " ".join(marked)


if __name__ == "__main__":
    import django

    sys.path.insert(0, str(ROOT))
    for name, value in (
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1/nothing"),
        ("RAINCHECK_SECRET_KEY", "nothing"),
        ("RAINCHECK_MASTER_KEY", "bGludGxpbnRsaW50bGludGxpbnRsaW50bGludGxpbnQ="),
        ("RAINCHECK_AUDIT_KEY", "bGludGxpbnRsaW50bGludGxpbnRsaW50bGludGxpbnQ="),
        ("DJANGO_SETTINGS_MODULE", "raincheck.settings"),
    ):
        os.environ.setdefault(name, value)
    django.setup()
    PAGE.write_text(page(), encoding="utf-8")
