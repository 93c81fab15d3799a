"""How words read before anybody gets them: from a company's own data where it has any, and sent to oneself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company, Staff
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, TooMany
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope
from raincheck.notifications import letter
from raincheck.notifications.carriage import carriages
from raincheck.notifications.catalogue import Text, default_text
from raincheck.notifications.channels.base import Channel, Envelope, Retry, Undeliverable
from raincheck.notifications.models import Message, RecipientKind, Wording
from raincheck.notifications.variables import SPEECHES, VARIABLES
from raincheck.notifications.wording import check, known
from raincheck.notifications.words import Rendered, facts_said, fill
from raincheck.recruiting.models import Interview
from raincheck.recruiting.queries import visible_interviews

TESTS_AN_HOUR = 20
#: What a preview never shows as it was: a reminder's link lets its bearer act for the candidate.
_NEVER_AS_SENT = ("link", "unsubscribe", "calendar")
_TEST_MARK = {"zh-hans": "【试发】", "en": "[Test] "}
_SMS_MARK = {"zh-hans": "短信：", "en": "SMS: "}


class TestNotSent(Conflict):
    """The mail server didn't take it; `detail` says why."""

    __test__ = False
    code = "test_not_sent"
    message = _("试发没有成功")
    advice = _("请检查邮件服务器设置后再试")


class TooManyTests(TooMany):
    """More tests than anybody reads."""

    code = "too_many_tests"
    message = _("一小时内试发次数过多")


@dataclass(frozen=True)
class Preview:
    """Words with facts in them. `real`: the facts are an interview's of the company's, as far as there is one."""

    language: str
    rendered: Rendered
    html: str
    real: bool


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
    return Preview(language, rendered, letter.html(message, rendered), real)


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
    times = {
        "kind": interview.kind,
        "precision": interview.precision,
        "starts_at": interview.starts_at.isoformat(),
        "ends_at": interview.ends_at.isoformat(),
    }
    return {"candidate": candidate, "position": position, "when": times}


def send_test(*, actor: Actor, template: str, language: str, text: Text) -> str:
    """Mail a text to the actor's own address, the SMS's words below the mail's; returns the address.

    Called outside any transaction, for it waits for a mail server. Raises NotAllowed, NotFound, TooManyTests,
    TestNotSent, and what `wording.check` raises.
    """
    with company_scope(actor.company_id) as now:
        demand(actor, Ability.EDIT_NOTICES)
        shown = preview(actor, template, language, text)
        _count(actor, template, language, now)
        address = Staff.objects.get(company_id=actor.company_id, id=actor.person).email
        carriage = carriages(actor.company_id)[Channel.EMAIL]
    words = shown.rendered
    envelope = Envelope(
        key=f"test-{new_id()}",
        address=address,
        title=f"{_TEST_MARK[language]}{words.title}",
        body=f"{words.body}\n\n--\n{_SMS_MARK[language]}{words.sms}",
        sms=words.sms,
        template=template,
        html=shown.html,
        language=language,
    )
    try:
        carriage.carrier.send(envelope, carriage.account)
    except (Retry, Undeliverable) as error:
        raise TestNotSent(detail=str(error), field="test") from error
    return address


def _count(actor: Actor, template: str, language: str, now: datetime) -> None:
    """Note one more test; the audit trail is what they are counted by."""
    Company.objects.select_for_update(no_key=True).get(id=actor.company_id)
    lately = Entry.objects.filter(
        company_id=actor.company_id,
        action=Action.WORDS_TESTED,
        actor_id=actor.id,
        at__gt=now - timedelta(hours=1),
    )
    times = sorted(lately.values_list("at", flat=True))
    if len(times) >= TESTS_AN_HOUR:
        wait = times[-TESTS_AN_HOUR] + timedelta(hours=1) - now
        raise TooManyTests(field="test", retry_after=ceil(wait.total_seconds()))
    deed = Deed(
        Action.WORDS_TESTED,
        Subject("company", actor.company_id),
        {"template": template, "language": language},
    )
    note(actor=actor, deed=deed, now=now)
