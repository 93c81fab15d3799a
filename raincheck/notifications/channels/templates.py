"""Chinese SMS: a template registered with the carrier, and what of our facts its variables are filled with.

A company writes a line a template:

    candidate_asked  zh-hans  SMS_100000001  position=position[20]…  when=when

that is our template's name, the language, the carrier's code, and each variable as `name=fact`. Where the carrier
counts variables instead of naming them, their order counts. After the fact may stand `[20]`, the most characters it
may have, `:link` or `:digits`, what kind of variable it was registered as, and `…`: it may be shortened to fit.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from string import Formatter
from typing import Any

from raincheck.notifications.catalogue import SIGN_IN_CODE, TEXTS
from raincheck.notifications.channels.base import Account, Envelope, Undeliverable

LANGUAGES = ("zh-hans", "en")
#: Where neither the variable nor the account says otherwise: what Aliyun gives a variable.
LONGEST = 35
SIGN_IN = "sign_in_code"
_VARIABLE = re.compile(
    r"(?:(?P<name>\w+)=)?(?P<fact>\w+)(?:\[(?P<longest>[1-9][0-9]{0,2})\])?(?::(?P<kind>link|digits))?(?P<shorten>…)?"
)
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
    """What is wrong in a declaration, and in which line of it (from 1; 0: in all of it)."""

    line: int
    zh: str
    en: str


class BadTemplates(Exception):
    """The declaration can't be used; `problems` holds every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{one.line}: {one.en}" for one in problems))
        self.problems = problems


@dataclass(frozen=True)
class Parameter:
    """One variable of a carrier's template. `longest` 0: as the account says."""

    name: str
    fact: str
    longest: int = 0
    kind: str = "text"
    shorten: bool = False


@dataclass(frozen=True)
class Registered:
    """A template as the carrier knows it."""

    code: str
    parameters: tuple[Parameter, ...]


def facts_of(template: str) -> frozenset[str]:
    """Return the facts a template's words are made from; KeyError where there is no such template."""
    if template == SIGN_IN:
        texts = list(SIGN_IN_CODE.values())
    else:
        both = TEXTS[template]
        texts = [text for one in (both.zh, both.en) for text in (one.title, one.body, one.sms)]
    return frozenset(field for text in texts for _, field, _, _ in Formatter().parse(text) if field)


def to_phones() -> list[str]:
    """Return the templates that go out by SMS at all, in the catalogue's order."""
    return [SIGN_IN, *(name for name in TEXTS if name.startswith("candidate_"))]


def read(text: str) -> dict[str, dict[str, Any]]:
    """Read a declaration into what an account's options keep: {template: {language: {code, parameters}}}.

    Raises BadTemplates with everything that is wrong in it.
    """
    found: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#")[0].split()
        if words:
            _read_line(number, words, found, problems)
    if problems:
        raise BadTemplates(problems)
    return found


def _read_line(
    number: int, words: list[str], found: dict[str, dict[str, Any]], problems: list[Problem]
) -> None:
    if len(words) < 3:  # noqa: PLR2004 (a name, a language, a code)
        problems.append(
            Problem(number, "应为：模板名 语言 模板编号 变量…", "want: template language code variables…")
        )
        return
    template, language, code, *variables = words
    try:
        known = facts_of(template)
    except KeyError:
        problems.append(Problem(number, f"没有这个模板：{template}", f"there is no template {template}"))
        return
    if language not in LANGUAGES or not _CODE.fullmatch(code):
        said = language if language not in LANGUAGES else code
        problems.append(Problem(number, f"语言或模板编号不正确：{said}", f"no language or code: {said}"))
        return
    if language in found.get(template, {}):
        problems.append(Problem(number, f"重复：{template} {language}", f"twice: {template} {language}"))
        return
    parameters = [_parameter(number, word, known, problems) for word in variables]
    entry = {"code": code, "parameters": [asdict(one) for one in parameters if one]}
    found.setdefault(template, {})[language] = entry


def _parameter(number: int, word: str, known: frozenset[str], problems: list[Problem]) -> Parameter | None:
    match = _VARIABLE.fullmatch(word)
    if match is None:
        problems.append(
            Problem(number, f"变量应写作 name=fact：{word}", f"a variable is name=fact, not {word}")
        )
        return None
    if match["fact"] not in known:
        offered = ", ".join(sorted(known))
        problems.append(
            Problem(
                number,
                f"该模板没有这项内容：{match['fact']}（可用：{offered}）",
                f"this template says nothing called {match['fact']} (it has: {offered})",
            )
        )
        return None
    return Parameter(
        name=match["name"] or match["fact"],
        fact=match["fact"],
        longest=int(match["longest"] or 0),
        kind=match["kind"] or "text",
        shorten=bool(match["shorten"]),
    )


def written(declared: Mapping[str, Mapping[str, Any]]) -> str:
    """Write down what options keep, a line a template, as `read` reads it."""
    lines = []
    for template, languages in declared.items():
        for language, entry in languages.items():
            variables = [_variable(Parameter(**one)) for one in entry["parameters"]]
            lines.append(" ".join([template, language, entry["code"], *variables]))
    return "\n".join(lines)


def _variable(one: Parameter) -> str:
    longest = f"[{one.longest}]" if one.longest else ""
    kind = "" if one.kind == "text" else f":{one.kind}"
    return f"{one.name}={one.fact}{longest}{kind}{'…' if one.shorten else ''}"


def registered(account: Account, envelope: Envelope) -> Registered:
    """Return what a message's template is called with this account's carrier. Raises Undeliverable."""
    language = "zh-hans" if envelope.language.startswith("zh") else "en"
    entry = account.options.get("templates", {}).get(envelope.template, {}).get(language)
    if entry is None:
        raise Undeliverable(f"no template is registered for {envelope.template} {language}")
    return Registered(entry["code"], tuple(Parameter(**one) for one in entry["parameters"]))


def filled(account: Account, envelope: Envelope) -> tuple[str, list[tuple[str, str]]]:
    """Return the carrier's code and every variable with its value, each checked to be what the carrier will take.

    Raises Undeliverable naming the variable, never its value.
    """
    template = registered(account, envelope)
    standard = int(account.options.get("longest") or LONGEST)
    return template.code, [(one.name, _value(one, envelope, standard)) for one in template.parameters]


def _value(one: Parameter, envelope: Envelope, standard: int) -> str:
    value = " ".join(str(envelope.facts.get(one.fact, "")).split())
    longest = one.longest or standard
    if not value:
        raise Undeliverable(f"{one.name}: nothing to say for {one.fact}")
    if len(value) > longest and one.shorten:
        value = f"{value[: longest - 1].rstrip()}…"
    if len(value) > longest:
        raise Undeliverable(f"{one.name}: {len(value)} characters, at most {longest}")
    if one.kind == "digits" and not (value.isascii() and value.isdigit()):
        raise Undeliverable(f"{one.name}: not digits")
    if (one.kind == "link") != bool(_LINK.search(value)):
        wrong = "not a link" if one.kind == "link" else "a link in a variable that isn't one"
        raise Undeliverable(f"{one.name}: {wrong}")
    return value
