"""A company's own words: checked before they are kept, in force from then on, the old ones kept for what they said.

A variable is `{name}`, and a brace means nothing else: no attributes, no formats, no doubled braces. So whatever is let
in here can be said, and nobody ever reads a raw variable.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company, Language
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Invalid, NotFound
from raincheck.notifications.catalogue import Text, default_text
from raincheck.notifications.models import Wording
from raincheck.notifications.variables import SPEECHES, VARIABLES
from raincheck.notifications.words import VARIABLE

#: Of characters: mailboxes cut a longer subject, and an SMS this long is seven already.
LIMITS = {"title": 120, "body": 4000, "sms": 450}
#: The full-width ones come from a Chinese keyboard and are meant as braces.
_BRACE = re.compile(r"[{}｛｝]")
_AROUND = 12


class UnknownVariable(Invalid):
    """A variable this template hasn't got; `detail` names it."""

    code = "unknown_variable"
    message = _("此模板没有这个变量")
    advice = _("请从变量表中选用")


class MissingVariable(Invalid):
    """A variable its reader can't do without isn't there; `detail` names it."""

    code = "missing_variable"
    message = _("缺少收件人离不开的变量")
    advice = _("请把它写进这段文字")


class MalformedBraces(Invalid):
    """A brace that isn't a variable's; `detail` shows the place."""

    code = "malformed_braces"
    message = _("花括号只能用来写变量")
    advice = _("变量写作{candidate}：半角花括号成对，中间只有变量名")


class WordsEmpty(Invalid):
    """Nothing was written."""

    code = "words_empty"
    message = _("请填写这段文字")
    advice = _("若要用回系统自带的文字，请选择“恢复默认”")


class WordsTooLong(Invalid):
    """More than fits; `detail` is the limit."""

    code = "words_too_long"
    message = _("文字过长，最多字数：")
    advice = _("请删减后再保存")


class OneLineOnly(Invalid):
    """A subject and an SMS are one line."""

    code = "one_line_only"
    message = _("标题与短信不能换行")
    advice = _("请写成一行")


def check(template: str, text: Text) -> None:
    """Let through what can be said. Raises an Invalid with the field at fault: title, body or sms."""
    speech = SPEECHES[template]
    needed = {"title": (), "body": speech.body, "sms": speech.sms}
    for field, limit in LIMITS.items():
        words = getattr(text, field)
        if not words.strip():
            raise WordsEmpty(field=field)
        if len(words) > limit:
            raise WordsTooLong(field=field, detail=str(limit))
        if field != "body" and len(words.splitlines()) > 1:
            raise OneLineOnly(field=field)
        _check_variables(words, field=field, may=speech.may, must=needed[field])


def _check_variables(words: str, *, field: str, may: tuple[str, ...], must: tuple[str, ...]) -> None:
    for name in variables_of(words):
        if name not in may:
            raise UnknownVariable(field=field, detail=f"{{{name}}}")
    stray = _BRACE.search(VARIABLE.sub(lambda found: " " * len(found[0]), words))
    if stray is not None:
        place = words[max(0, stray.start() - _AROUND) : stray.end() + _AROUND]
        raise MalformedBraces(field=field, detail=" ".join(place.split()))
    used = set(variables_of(words))
    for name in must:
        if name not in used:
            raise MissingVariable(field=field, detail=f"{{{name}}} {VARIABLES[name].label}")


def variables_of(words: str) -> Iterator[str]:
    """Yield the name of each variable in the words, in order, as often as it is there."""
    return (found[1] for found in VARIABLE.finditer(words))


def save_words(*, actor: Actor, template: str, language: str, text: Text, now: datetime) -> None:
    """Put a company's words in force for what is written from now on.

    Raises NotAllowed, NotFound, and what `check` raises. The default's own words are no words of the company's.
    """
    demand(actor, Ability.EDIT_NOTICES)
    known(template, language)
    text = Text(text.title.strip(), _unix(text.body), text.sms.strip())
    check(template, text)
    before = _end(actor, template, language, now) or default_text(template, language)
    if text != default_text(template, language):
        Wording.objects.create(
            company_id=actor.company_id,
            template=template,
            language=language,
            changed_at=now,
            changed_by=actor.person,
            **vars(text),
        )
    changed = [field for field in LIMITS if getattr(text, field) != getattr(before, field)]
    _note(actor, Action.WORDS_SAVED, now, template=template, language=language, changed=changed)


def reset_words(*, actor: Actor, template: str, language: str, now: datetime) -> None:
    """Go back to the product's own words. Raises NotAllowed, NotFound."""
    demand(actor, Ability.EDIT_NOTICES)
    known(template, language)
    if _end(actor, template, language, now) is not None:
        _note(actor, Action.WORDS_RESET, now, template=template, language=language)


def known(template: str, language: str) -> None:
    """Raise NotFound for a template or a language there isn't."""
    if template not in SPEECHES or language not in Language:
        raise NotFound


def _unix(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _end(actor: Actor, template: str, language: str, now: datetime) -> Text | None:
    """End the words in force and return them; two who save at once do so one after the other."""
    Company.objects.select_for_update(no_key=True).get(id=actor.company_id)
    mine = Wording.objects.filter(
        company_id=actor.company_id, template=template, language=language, ended_at=None
    )
    in_force = mine.first()
    mine.update(ended_at=now)
    return None if in_force is None else in_force.text


def _note(actor: Actor, action: Action, now: datetime, **facts: object) -> None:
    deed = Deed(action, Subject("company", actor.company_id), facts)
    note(actor=actor, deed=deed, now=now)
