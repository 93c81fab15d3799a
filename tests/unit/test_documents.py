"""README and docs/: what they point at is there, what they tell to type is understood, and nothing goes untold."""

import argparse
import re

from raincheck import cli
from raincheck.cancellations.reasons import PRESETS
from raincheck.worklist.models import Kind
from tests.commands import CHECKOUT

DOCS = sorted((CHECKOUT / "docs").glob("*/*.md"))
PAGES = [*(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *DOCS]
SETTINGS = CHECKOUT / "docs" / "reference" / "settings.md"
SOURCES = ("raincheck", "tests", "bench", "scripts")
#: What running something makes.
MADE = {"bench/results.json"}
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"\b(?:RAINCHECK|DATABASE)_[A-Z_]*[A-Z]\b")
#: What reads a name from the environment: `env.str("…")`, `environ["…"]`, and those of setting_kinds.py.
KINDS = "database|key_of_32|vapid|networks|list_of_hashes|roles|time_of_day|backups_kept"
READ = re.compile(
    rf"(?:\benv\.\w+\(|\benv(?:iron)?(?:\.get\(|\[)|\bsecret\(|(?<!\w)(?:_\w+|{KINDS})\()\s*\"((?:RAINCHECK|DATABASE)_[A-Z_]*[A-Z])\""
)


def name_of(page):
    """Name a page as it is linked to."""
    return str(page.relative_to(CHECKOUT))


def anchors(page):
    """Return what the headings of a page can be linked to by."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(page, link):
    """Say whether what a page links to is there, down to the heading."""
    path, _, anchor = link.partition("#")
    there = (page.parent / path).resolve() if path else page
    return there.exists() and (not anchor or anchor in anchors(there))


def test_every_link_leads_somewhere():
    links = [
        (page, one or other)
        for page in PAGES
        for one, other in LINK.findall(FENCE.sub("", page.read_text("utf-8")))
    ]
    inside = [(page, link) for page, link in links if not link.startswith("https://")]
    assert len(inside) > 100
    assert [(name_of(page), link) for page, link in inside if not leads_somewhere(page, link)] == []


def test_every_file_that_is_named_exists():
    of_pages = r"`((?:bench|deploy|docs|raincheck|requirements|scripts|tests)/[\w./-]+)"
    named = {path for page in PAGES for path in re.findall(of_pages, page.read_text("utf-8"))}
    code = [path for folder in SOURCES for path in (CHECKOUT / folder).rglob("*.py")]
    named |= {path for file in code for path in re.findall(r"docs/\w+/[\w-]+\.md", file.read_text("utf-8"))}
    assert sorted(path for path in named - MADE if not (CHECKOUT / path).exists()) == []


def test_every_page_is_on_the_front_page():
    linked = {
        (CHECKOUT / (one or other)).resolve() for one, other in LINK.findall(PAGES[0].read_text("utf-8"))
    }
    assert [name_of(page) for page in DOCS if page.parent.name != "adr" and page not in linked] == []


def explained():
    """Return every name that a row of the page of settings begins with."""
    rows = [line.split("|")[1] for line in SETTINGS.read_text("utf-8").splitlines() if line.startswith("|")]
    return [name for row in rows for name in NAME.findall(row)]


def test_every_setting_that_is_read_is_explained_once():
    sources = (CHECKOUT / "raincheck").rglob("*.py")
    read = {name for path in sources for name in READ.findall(path.read_text("utf-8"))}
    names = explained()
    assert len(read) > 50
    assert sorted(read - set(names)) == []
    assert sorted(name for name in names if names.count(name) > 1) == []


def test_no_setting_is_explained_or_spoken_of_that_nothing_knows():
    files = [path for folder in (*SOURCES, "deploy") for path in (CHECKOUT / folder).rglob("*")]
    texts = [
        path.read_text("utf-8")
        for path in files
        if path.suffix in {"", ".env", ".py", ".sh", ".yaml"} and path.is_file()
    ]
    known = {name for text in texts for name in NAME.findall(text)}
    spoken_of = {name for page in PAGES for name in NAME.findall(page.read_text("utf-8"))}
    # Made of parts: RAINCHECK_DEMO_<a flag>, RAINCHECK_<a provider>_CLIENT_ID.
    made = re.compile(r"RAINCHECK_(DEMO|CHANNEL)_\w+|RAINCHECK_(OIDC|DINGTALK|FEISHU)_CLIENT_(ID|SECRET)")
    assert sorted(name for name in spoken_of - known if not made.fullmatch(name)) == []
    assert sorted(name for name in spoken_of - set(explained()) if not made.fullmatch(name)) == []


def commands(parser, named=()):
    """Yield every command as its words and its parser, groups among them."""
    parser.declare()
    yield named, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from commands(below, (*named, name))


COMMANDS = dict(commands(cli._parser()))
#: Those that do nothing by themselves; `export` does, and has commands below it.
GROUPS = {named for named, parser in COMMANDS.items() if "does" not in parser._defaults}


def lines_of(page):
    """Yield each line of a page's fences, and what stands between backquotes elsewhere."""
    text = page.read_text("utf-8")
    for _, body in FENCE.findall(text):
        yield from body.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`([^`]+)`", FENCE.sub("", text).replace("\n", " "))


def typed(page):
    """Yield the words behind each `raincheck` that a page tells to type; of `backup create | list` one for each."""
    for line in lines_of(page):
        for found in re.finditer(r"(?:^|[ /])raincheck ((?!\S*[/=_])[a-z][^#;&<>\"'…]*)", line):
            first, *others = (part.split() for part in found[1].split(" | "))
            yield from (first, *([*first[:-1], *other] for other in others if len(first) > 1))


def understood(words):
    """Return the longest command that these words begin with, and what is left of them."""
    named = max((named for named in COMMANDS if tuple(words[: len(named)]) == named), key=len)
    return named, words[len(named) :]


def test_every_command_and_option_to_be_typed_exists():
    for page in PAGES:
        for words in typed(page):
            named, others = understood(words)
            # A group alone may be spoken of, but not with a name that none of its commands has.
            assert named, (name_of(page), words)
            assert named not in GROUPS or not others, (name_of(page), words)
            options = {word.partition("=")[0] for word in others if word.startswith("--")}
            assert options <= set(COMMANDS[named]._option_string_actions), (name_of(page), words)


def test_every_command_is_spoken_of():
    said = {understood(words)[0] for page in PAGES for words in typed(page)}
    assert [" ".join(named) for named in COMMANDS if named not in GROUPS | said] == []


def test_every_kind_of_task_and_every_reason_is_told_as_it_is():
    page = (CHECKOUT / "docs" / "reference" / "tasks.md").read_text("utf-8")
    told = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, re.MULTILINE)
    kinds = [(kind, name.split(" / ")[0]) for kind, name in told[: len(Kind)]]
    assert sorted(kinds) == sorted((kind.value, str(kind.label)) for kind in Kind)
    reasons = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (yes|–) \| .+ \|$", page, re.MULTILINE)
    assert reasons == [(code, zh, en, "yes" if theirs else "–") for code, zh, en, _, theirs, *_ in PRESETS]
