"""The operator's mail: one for whatever has just begun, however many companies it concerns."""

from collections import defaultdict
from uuid import UUID

import structlog
from django.conf import settings

from raincheck.accounts.models import Company
from raincheck.core.ids import new_id
from raincheck.core.jobs import defer
from raincheck.core.scope import Purpose, system_scope, take_turns
from raincheck.notifications.channels import CARRIERS, HOUSE
from raincheck.notifications.channels.base import Account, Channel, Envelope, Undeliverable
from raincheck.operations.sql import rows
from raincheck.worklist.models import Kind, State, Task

log = structlog.get_logger(__name__)
JOB = "operations.mail_operator"
ABOUT = (Kind.ANSWER_AT_RISK, Kind.OUTCOME_AT_RISK, Kind.JOB_FAILED)
_WORDS = {
    Kind.ANSWER_AT_RISK: ("1分钟内的确认将逾时", "answers owed within a minute are about to be late"),
    Kind.OUTCOME_AT_RISK: (
        "15分钟内的处理将逾时",
        "outcomes owed within a quarter of an hour are about to be late",
    ),
    Kind.JOB_FAILED: ("后台作业放弃重试", "jobs have given up"),
}


def ask_to_mail_operator() -> None:
    """Have the operator mailed about what is open, if there is one; a letter that waits already will say it all."""
    if not settings.RAINCHECK_OPERATOR_MAIL:
        return
    # No queueing lock of the queue's: under one, a letter tried again while another waits can't be put back.
    take_turns(JOB)
    # Locked, no worker begins it before what it is to speak of is committed.
    waiting = rows(
        "SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND task_name = %(job)s LIMIT 1 FOR SHARE",
        {"job": JOB},
    )
    if waiting:
        log.info("a letter to the operator waits already")
    else:
        defer(JOB, queue="tell", letter_id=str(new_id()))


def mail_operator(letter_id: UUID) -> None:
    """Hand the letter over, unless all of it is over by now. Raises Retry."""
    with system_scope(Purpose.OPERATIONS):
        lines = _lines()
    if not lines:
        return
    envelope = Envelope(
        key=f"operator-{letter_id}",
        address=settings.RAINCHECK_OPERATOR_MAIL,
        title="Raincheck：需要运维处理 / needs its operator",
        body="\n".join([*lines, "", "raincheck doctor", f"{settings.RAINCHECK_BASE_URL}/console/tasks/"]),
        sms="",
        template="operator",
    )
    try:
        CARRIERS[HOUSE[Channel.EMAIL]].send(envelope, Account())
    except Undeliverable as error:
        log.warning("the operator can't be mailed", error=str(error))


def _lines() -> list[str]:
    """Say what is open, by kind and company, in both languages."""
    found = defaultdict(list)
    tasks = Task.objects.filter(kind__in=ABOUT, state=State.OPEN).order_by("opened_at", "id")
    for company_id, kind, details in tasks.values_list("company_id", "kind", "details"):
        found[kind].append((company_id, details["count"]))
    slugs = dict(Company.objects.values_list("id", "slug"))
    lines = []
    for kind in ABOUT:
        if kind in found:
            zh, en = _WORDS[kind]
            lines.append(f"{zh} / {en}:")
            lines += [f"  {slugs[company_id]}: {count}" for company_id, count in found[kind]]
    return lines
