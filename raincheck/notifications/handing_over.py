"""Telling a colleague what they took over from somebody who has left: how much, and where it is to be seen.

It names no candidate: a message that is about many would have to be found again when one of them is erased.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from raincheck.accounts.models import Company, Staff
from raincheck.audit.models import Entry
from raincheck.notifications.addressing import News, addressed
from raincheck.notifications.choices import told
from raincheck.notifications.recipients import HANDED_OVER
from raincheck.notifications.tasks import deliver_later


def tell_heir(*, entry: Entry, heir: Staff, leaver: Staff, now: datetime) -> None:
    """Tell who takes over, if there is anything; `entry` says how much it is."""
    handed = {"count": entry.facts["interviews"], **{n: entry.facts[n] for n in ("positions", "tasks")}}
    if not any(handed.values()):
        return
    company = Company.objects.get(id=entry.company_id)
    link = f"{settings.RAINCHECK_BASE_URL}/console/"
    news = News(
        entry.id, HANDED_OVER, {"company": company.name, "colleague": leaver.name, "link": link, **handed}
    )
    ids: list[UUID] = []
    for line in told(company.id)[HANDED_OVER]:
        message = addressed(news, to=heir, line=line, company=company)
        message.made_at = message.next_attempt_at = now
        message.save(force_insert=True)
        ids.append(message.id)
    deliver_later(company.id, ids, bulk=False)
