"""Twilio's Programmable Messaging by its own SDK: finished text, to any country but China's template-bound numbers.

[D] twilio.com/docs/messaging/api/message-resource. It takes no idempotency key: a lost answer means a second SMS, and
nothing in it tells. The status callback is asked for with each message, and signed with the account's token.
"""

from functools import lru_cache
from urllib.parse import parse_qsl

import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from raincheck.notifications.channels.base import (
    Account,
    Call,
    Envelope,
    Repeats,
    Retry,
    Setting,
    Told,
    Unproven,
)
from raincheck.notifications.channels.codes import Codes
from raincheck.notifications.channels.places import place
from raincheck.notifications.channels.sdks import TIMEOUT, session
from raincheck.notifications.channels.sms import Sms, endpoint

ENDPOINT = "api.twilio.com"
#: Error codes of twilio.com/docs/api/errors.
CODES = Codes(
    person=("21211", "21214", "21217", "21408", "21610", "21612", "21614", "21617"),
    later={"20429": 10.0, "21611": 60.0, "14107": 30.0, "http 5": 20.0, "http 429": 10.0},
)
LONGEST = 1600
#: The statuses after which there is no other; before them it is queued, sending or sent.
_ENDS = {"delivered": True, "read": True, "undelivered": False, "failed": False}


class Twilio(Sms):
    """One client an account. `sender` is a number (E.164) or a messaging service (`MG…`)."""

    name = "twilio"
    title = "Twilio"
    settings = (
        Setting("account_sid", "Account SID", "Account SID", matches=r"AC[0-9a-fA-F]{32}"),
        Setting("auth_token", "Auth Token", "Auth token", secret=True),
        Setting(
            "sender", "发送号码（E.164）或 Messaging Service SID", "Sender: a number (E.164) or a messaging service",
            matches=r"\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32}",
        ),
        endpoint(ENDPOINT),
    )  # fmt: skip
    repeats = Repeats.UNSEEN
    thanks = ""

    def send(self, envelope: Envelope, account: Account) -> str:
        """Hand the SMS over; returns the message's SID. Raises Retry, Undeliverable."""
        client = _client(
            place(account, ENDPOINT).url, account.options["account_sid"], account.secrets["auth_token"]
        )
        sender = account.options["sender"]
        by_service = sender.startswith("MG")
        terms = {"messaging_service_sid" if by_service else "from_": sender}
        if account.receipts:
            terms["status_callback"] = account.receipts
        try:
            message = client.messages.create(to=envelope.address, body=envelope.sms[:LONGEST], **terms)
        except requests.RequestException as error:
            raise Retry(f"twilio: unreachable ({type(error).__name__})") from error
        except TwilioRestException as error:
            CODES.refuse("twilio", str(error.code) if error.code else f"http {error.status}")
        return str(message.sid)

    def hear(self, call: Call, account: Account) -> list[Told]:
        """Read a status callback, signed with the account's token over address and form. Raises Unproven."""
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        signature = call.headers.get("x-twilio-signature", "")
        if not RequestValidator(account.secrets["auth_token"]).validate(call.url, form, signature):
            raise Unproven
        status, sid = form.get("MessageStatus", ""), form.get("MessageSid", "")
        if status not in _ENDS or not sid:
            return []
        return [
            Told(sid, _ENDS[status], "" if _ENDS[status] else f"{status} {form.get('ErrorCode', '')[:10]}")
        ]


@lru_cache(maxsize=64)
def _client(url: str, account_sid: str, auth_token: str) -> Client:
    http = TwilioHttpClient(timeout=TIMEOUT)
    http.session = session()
    made = Client(account_sid, auth_token, http_client=http)
    made.api.base_url = url
    return made
