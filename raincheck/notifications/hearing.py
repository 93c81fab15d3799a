"""Hearing from carriers what became of messages: proven, applied at once, nothing of it kept but id, verdict and code.

Aliyun and Tencent sign nothing, so the address they are given bears a secret of the account; Twilio signs as well.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import NotFound, RaincheckError
from raincheck.core.scope import Purpose, company_scope, system_scope, take_turns
from raincheck.notifications import receipts
from raincheck.notifications.channels import telling
from raincheck.notifications.channels.base import Account, Call, NotUnderstood, Told, Unproven
from raincheck.notifications.models import ChannelAccount, ReceiptOutcome

#: Under this name a secret for the receipts' address is kept beside the carrier's own.
TOKEN = "receipts"  # noqa: S105 (a name)


class ReceiptUnproven(RaincheckError):
    """The receipt isn't signed as its carrier signs, or its address bears no secret of an account."""

    code = "receipt_unproven"
    status = 401
    message = _("签名校验失败")
    advice = _("请检查该渠道账号的密钥")


class ReceiptNotUnderstood(RaincheckError):
    """The receipt isn't what its carrier documents; `detail` says what was missed, never what came."""

    code = "receipt_not_understood"
    status = 422
    message = _("消息格式无法识别")
    advice = _("请核对该渠道的回执文档")


@dataclass(frozen=True)
class Source:
    """The account whose address a receipt came to, opened."""

    company_id: UUID
    carrier: str
    account: Account


def receipts_url(row: ChannelAccount, secrets: Mapping[str, str]) -> str:
    """Return where an account's carrier may tell what became of messages; `""` where it tells nothing."""
    token = secrets.get(TOKEN, "")
    if not (token and telling(row.carrier)):
        return ""
    return f"{settings.RAINCHECK_BASE_URL}/hooks/messages/{row.carrier}/{row.id}/{token}/"


def find_source(*, carrier: str, account_id: UUID, token: str) -> Source:
    """Return the account an address names; one that was replaced still hears of what it took.

    Raises ReceiptUnproven alike for an account that isn't there and a secret that isn't its own.
    """
    with system_scope(Purpose.INBOUND_WEBHOOK):
        row = ChannelAccount.objects.filter(id=account_id, carrier=carrier).first()
    if row is None or telling(carrier) is None:
        raise ReceiptUnproven
    secrets = json.loads(row.secrets() or "{}")
    right = secrets.get(TOKEN, "")
    if not right or not hmac.compare_digest(right.encode(), token.encode()):
        raise ReceiptUnproven
    return Source(row.company_id, carrier, Account(row.options, secrets))


def receive(*, source: Source, call: Call) -> str:
    """Take in one call and return what its carrier wants to be answered.

    Raises ReceiptUnproven, ReceiptNotUnderstood, NotFound.
    """
    carrier = telling(source.carrier)
    if carrier is None:
        raise NotFound
    try:
        news = carrier.hear(call, source.account)
    except Unproven as error:
        raise ReceiptUnproven from error
    except NotUnderstood as error:
        raise ReceiptNotUnderstood(detail=str(error)) from error
    take_in(company_id=source.company_id, carrier=source.carrier, news=news)
    return carrier.thanks


def take_in(*, company_id: UUID, carrier: str, news: list[Told]) -> int:
    """Apply what was told, whatever the order and however often; returns how much of it was new."""
    with company_scope(company_id) as now:
        # All at once, in the one order in which whoever notes the hand-overs takes them, too.
        take_turns(*(receipts.receipt_turn(carrier, one.provider_id) for one in news))
        return sum(
            receipts.apply(
                company_id=company_id,
                carrier=carrier,
                provider_id=one.provider_id,
                outcome=ReceiptOutcome.DELIVERED if one.delivered else ReceiptOutcome.FAILED,
                at=now,
                why=one.why,
            )
            for one in news
        )
