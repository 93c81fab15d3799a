"""When a company lets its people sleep: what isn't urgent waits for the end of these hours, by the reader's clock."""

import re
from datetime import datetime, time

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Invalid

_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


class BadQuietHours(Invalid):
    """A night begins and ends at a time of day."""

    code = "bad_quiet_hours"
    message = _("请填写静默时段的起止时间")
    advice = _("例如 22:00 到 08:00；起止相同表示不设静默时段")


def choose_quiet_hours(*, actor: Actor, begins: str, ends: str, now: datetime) -> None:
    """Set a company's quiet hours, `HH:MM` each; the same twice: it has none. Raises NotAllowed, BadQuietHours."""
    demand(actor, Ability.EDIT_NOTICES)
    if not (_CLOCK.fullmatch(begins) and _CLOCK.fullmatch(ends)):
        raise BadQuietHours(field="quiet")
    company = Company.objects.select_for_update(no_key=True).get(id=actor.company_id)
    chosen = time.fromisoformat(begins), time.fromisoformat(ends)
    if (company.quiet_from, company.quiet_to) == chosen:
        return
    company.quiet_from, company.quiet_to = chosen
    company.save(update_fields=["quiet_from", "quiet_to"])
    facts = {"quiet_from": begins, "quiet_to": ends}
    note(actor=actor, deed=Deed(Action.NOTICE_CHOSEN, Subject("company", company.id), facts), now=now)
