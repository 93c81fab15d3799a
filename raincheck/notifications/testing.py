"""How many tests anybody may send: carriers bill them, and a number that was typed is somebody's phone."""

from datetime import datetime, timedelta
from math import ceil

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, note
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.errors import TooMany

TESTS_AN_HOUR = 20


class TooManyTests(TooMany):
    """More tests than anybody reads."""

    code = "too_many_tests"
    message = _("一小时内试发次数过多")


def count(*, actor: Actor, deed: Deed, now: datetime) -> None:
    """Note one more test; the audit trail is what they are counted by. Raises TooManyTests.

    Whoever holds the shell could send without us: only staff are counted.
    """
    Company.objects.select_for_update(no_key=True).get(id=actor.company_id)
    lately = Entry.objects.filter(
        company_id=actor.company_id,
        action__in=[Action.WORDS_TESTED, Action.CHANNEL_TESTED],
        actor_id=actor.id,
        at__gt=now - timedelta(hours=1),
    )
    times = sorted(lately.values_list("at", flat=True)) if actor.kind is ActorKind.STAFF else []
    if len(times) >= TESTS_AN_HOUR:
        wait = times[-TESTS_AN_HOUR] + timedelta(hours=1) - now
        raise TooManyTests(field="test", retry_after=ceil(wait.total_seconds()))
    note(actor=actor, deed=deed, now=now)
