"""How words read before anybody gets them: from a company's own data where it has any, and sent to oneself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, NotFound
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope
from raincheck.notifications import letter
from raincheck.notifications.carriage import carriages
from raincheck.notifications.catalogue import Text, default_text
from raincheck.notifications.channels.base import NEEDS, Channel, Envelope, Needs
from raincheck.notifications.models import Message, RecipientKind, Wording
from raincheck.notifications.testing import count
from raincheck.notifications.times import times_of
from raincheck.notifications.trying import address_of, hand_over
from raincheck.notifications.variables import SPEECHES, VARIABLES
from raincheck.notifications.wording import check, known
from raincheck.notifications.words import Rendered, facts_said, fill
from raincheck.recruiting.models import Interview
from raincheck.recruiting.queries import visible_interviews

#: What a preview never shows as it was: a reminder's link lets its bearer act for the candidate.
_NEVER_AS_SENT = ("link", "unsubscribe", "calendar")
_TEST_MARK = {"zh-hans": "【试发】", "en": "[Test] "}
_SMS_MARK = {"zh-hans": "短信：", "en": "SMS: "}


class TestNotSent(Conflict):
    """The carrier didn't take it; `detail` says why."""

    __test__ = False
    code = "test_not_sent"
    message = _("试发没有成功")
    advice = _("请检查该渠道的设置后再试")


@dataclass(frozen=True)
class Preview:
    """Words with facts in them. `real`: the facts are an interview's of the company's, as far as there is one."""

    language: str
    rendered: Rendered
    html: str
    real: bool
    facts: Mapping[str, str]


def in_force(actor: Actor, template: str, language: str) -> tuple[Text, bool]:
    """Return a company's words as they are now, and whether they are its own. Raises NotAllowed, NotFound."""
    demand(actor, Ability.VIEW_NOTICES)
    known(template, language)
    own = Wording.objects.filter(
        company_id=actor.company_id, template=template, language=language, ended_at=None
    ).first()
    return (own.text, True) if own else (default_text(template, language), False)


def own_templates(actor: Actor) -> set[str]:
    """Return the templates a company has words of its own for, in either language."""
    demand(actor, Ability.VIEW_NOTICES)
    own = Wording.objects.filter(company_id=actor.company_id, ended_at=None)
    return set(own.values_list("template", flat=True))


def preview(actor: Actor, template: str, language: str, text: Text) -> Preview:
    """Say a text as its reader would get it. Raises NotAllowed, NotFound, and what `wording.check` raises."""
    demand(actor, Ability.VIEW_NOTICES)
    known(template, language)
    check(template, text)
    message, real = _example(actor, template, language)
    rendered = fill(text, facts_said(message))
    return Preview(language, rendered, letter.html(message, rendered), real, rendered.facts)


def fictional(template: str, language: str) -> Message:
    """Return an unsaved message whose facts are plainly nobody's."""
    params = {name: VARIABLES[name].example for name in SPEECHES[template].may}
    return Message(template=template, language=language, timezone="Asia/Shanghai", params=params)


def _example(actor: Actor, template: str, language: str) -> tuple[Message, bool]:
    """Return an unsaved message: as the last of its kind was, else about the last interview, else fictional."""
    company = Company.objects.get(id=actor.company_id)
    interview = visible_interviews(actor).order_by("-id").first()
    last = Message.objects.filter(company_id=actor.company_id, template=template).order_by("-id").first()
    params: dict[str, Any] = {**fictional(template, language).params}
    params |= {"company": company.name, "contact": f"{company.contact_name} {company.contact_phone}"}
    if interview is not None:
        params |= _about(interview)
    if last is not None:
        params |= {name: value for name, value in last.params.items() if name not in _NEVER_AS_SENT}
    candidate = template.startswith("candidate_")
    page = f"/c/{company.slug}/interviews/" if candidate else "/console/interviews/"
    params["link"] = f"{settings.RAINCHECK_BASE_URL}{page}{interview.id if interview else 'sample'}/"
    message = Message(
        template=template,
        language=language,
        timezone=last.timezone if last else company.timezone,
        recipient_kind=RecipientKind.CANDIDATE if candidate else RecipientKind.STAFF,
        params=params,
    )
    return message, last is not None or interview is not None


def _about(interview: Interview) -> dict[str, Any]:
    candidate, position = interview.application.candidate.name, interview.application.position.title
    return {"candidate": candidate, "position": position, "when": times_of(interview)}


@dataclass(frozen=True)
class Test:
    """Words to be sent to oneself, on one channel; `to` is a number where the channel needs one."""

    __test__ = False
    template: str
    language: str
    text: Text
    channel: Channel = Channel.EMAIL
    to: str = ""


def send_test(*, actor: Actor, test: Test) -> str:
    """Send a text to the actor's own mailbox, browser or robot, or to the number they typed; returns the mailbox.

    Called outside any transaction, for it waits for a carrier. Raises NotAllowed, NotFound, NoTestAddress,
    TooManyTests, TestNotSent, and what `wording.check` raises.
    """
    with company_scope(actor.company_id) as now:
        demand(actor, Ability.EDIT_NOTICES)
        shown = preview(actor, test.template, test.language, test.text)
        carriage = carriages(actor.company_id).get(test.channel)
        if carriage is None or NEEDS[test.channel] is Needs.NOTHING:
            raise NotFound
        address = address_of(actor, test.channel, test.to)
        facts = {"template": test.template, "language": test.language, "channel": test.channel.value}
        deed = Deed(Action.WORDS_TESTED, Subject("company", actor.company_id), facts)
        count(actor=actor, deed=deed, now=now)
    tried = hand_over(actor, carriage, _envelope(test, shown, address))
    if not tried.ok:
        raise TestNotSent(detail=tried.text, field="test")
    return address if test.channel is Channel.EMAIL else ""


def _envelope(test: Test, shown: Preview, address: str) -> Envelope:
    """Mark the words as a test; a mail has the SMS's words below its own, and only it bears HTML."""
    words, mark, mail = shown.rendered, _TEST_MARK[test.language], test.channel is Channel.EMAIL
    return Envelope(
        key=f"test-{new_id()}",
        address=address,
        title=f"{mark}{words.title}",
        body=f"{words.body}\n\n--\n{_SMS_MARK[test.language]}{words.sms}" if mail else words.body,
        sms=words.sms if mail else f"{mark}{words.sms}",
        template=test.template,
        html=shown.html if mail else "",
        language=test.language,
        facts=shown.facts,
    )
