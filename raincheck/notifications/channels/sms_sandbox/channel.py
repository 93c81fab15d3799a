"""A gateway of three fields: `to`, `body`, and what a Chinese provider wants, `template` with its parameters."""

from django.conf import settings

from raincheck.core import http
from raincheck.notifications.channels.base import (
    Account,
    Channel,
    Envelope,
    OursToMend,
    Repeats,
    Retry,
    Setting,
    Undeliverable,
)

_OURS_TO_MEND = frozenset({401, 403})
_TOO_MANY, _SERVER = 429, 500


class SmsSandbox:
    """POST /sms with a bearer key; the gateway takes each idempotency key once."""

    name = "sms_sandbox"
    title = "短信沙箱网关 SMS sandbox"
    channel = Channel.SMS
    settings: tuple[Setting, ...] = ()
    repeats = Repeats.TAKEN_ONCE
    confirms = False
    verified_against_live = False

    def send(self, envelope: Envelope, account: Account) -> str:
        """Hand the SMS to the gateway. Raises Retry, Undeliverable."""
        if not settings.RAINCHECK_SMS_URL:
            raise Undeliverable("no SMS gateway is set (RAINCHECK_SMS_URL)")
        try:
            answer = http.call(
                "POST",
                f"{settings.RAINCHECK_SMS_URL}/sms",
                headers={
                    "Authorization": f"Bearer {settings.RAINCHECK_SMS_KEY}",
                    "Idempotency-Key": envelope.key,
                },
                json={
                    "to": envelope.address,
                    "body": envelope.sms,
                    "template": envelope.template,
                    "params": {},
                },
                trusted=True,
            )
        except http.Unreachable as error:
            raise Retry(f"gateway unreachable ({error})") from error
        if answer.status in _OURS_TO_MEND:
            raise OursToMend(f"gateway answered {answer.status}")
        if answer.status == _TOO_MANY or answer.status >= _SERVER:
            raise Retry(f"gateway answered {answer.status}")
        if answer.json is None or "id" not in answer.json:
            raise Undeliverable(f"gateway answered {answer.status}")
        return str(answer.json["id"])
