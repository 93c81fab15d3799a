"""Aliyun SMS by its own SDK: SendSms, a template's code and its variables as JSON.

[D] help.aliyun.com, SendSms 2017-05-25. OutId bears the message's key and comes back in the report; it doesn't keep
a repeat away: an SMS whose answer was lost goes out twice, under the same OutId.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import requests
from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import SendSmsRequest
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.core import DaraCore
from darabonba.exceptions import RetryError, TeaException

from raincheck.notifications.channels import templates
from raincheck.notifications.channels.base import Account, Envelope, Retry, Setting
from raincheck.notifications.channels.codes import Codes
from raincheck.notifications.channels.places import place
from raincheck.notifications.channels.sdks import TIMEOUT, Carried
from raincheck.notifications.channels.sms import TEMPLATES, TemplateSms, endpoint

ENDPOINT = "dysmsapi.aliyuncs.com"
CODES = Codes(
    person=(
        "isv.MOBILE_NUMBER_ILLEGAL",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
        "isv.INVALID_PARAMETERS",
    ),
    later={
        # One a minute, five an hour and ten a day is what a number gets of one signature.
        "isv.BUSINESS_LIMIT_CONTROL": 60.0,
        "isv.DAY_LIMIT_CONTROL": 3600.0,
        "isv.MONTH_LIMIT_CONTROL": 3600.0,
        "Throttling": 20.0,
        "isp.SYSTEM_ERROR": 20.0,
        "isv.SYSTEM_ERROR": 20.0,
        "ServiceUnavailable": 20.0,
        "InternalError": 20.0,
    },
)

#: What the SDK wraps a refusal in, or a call that got no answer; a ValueError is an answer that isn't JSON.
TROUBLE = (TeaException, RetryError, requests.RequestException, ValueError)

# The SDK opens its connections here and nowhere else; what it gets instead is carried by our own client.
DaraCore.get_adapter = staticmethod(lambda *_args, **_terms: Carried())


class AliyunSms(TemplateSms):
    """阿里云短信. A number in China goes without its +86, as Aliyun wants it."""

    name = "aliyun_sms"
    title = "阿里云短信 Aliyun SMS"
    settings = (
        Setting("access_key_id", "AccessKey ID", "AccessKey ID"),
        Setting("access_key_secret", "AccessKey Secret", "AccessKey secret", secret=True),
        Setting("sign_name", "短信签名（不含【】）", "Signature (without 【】)"),
        *TEMPLATES,
        endpoint(ENDPOINT),
    )
    report_id, report_code = "biz_id", "err_code"
    thanks = '{"code": 0, "msg": "成功"}'

    def send(self, envelope: Envelope, account: Account) -> str:
        """Hand the SMS over; returns Aliyun's BizId. Raises Retry, Undeliverable."""
        code, values = templates.filled(account, envelope)
        request = SendSmsRequest(
            phone_numbers=_number(envelope.address),
            sign_name=account.options["sign_name"],
            template_code=code,
            template_param=json.dumps(dict(values), ensure_ascii=False),
            out_id=envelope.key,
        )
        where = place(account, ENDPOINT)
        client = _client(
            where.scheme,
            where.host,
            account.options["access_key_id"],
            account.secrets["access_key_secret"],
        )
        try:
            answer = client.send_sms(request).body
        except TROUBLE as error:
            refusal = _code_of(error)
            if not refusal:
                raise Retry(f"aliyun: unreachable ({type(error).__name__})") from error
            CODES.refuse("aliyun", refusal)
        if answer is None or answer.code != "OK":
            CODES.refuse("aliyun", str(answer.code if answer else ""))
        return str(answer.biz_id)

    def arrived(self, report: Mapping[str, Any]) -> bool:
        """Say whether an SmsReport is of a message that arrived."""
        return report.get("success") in {True, "true"}


@lru_cache(maxsize=64)
def _client(scheme: str, host: str, key_id: str, key_secret: str) -> Client:
    limit = int(TIMEOUT * 1000)
    return Client(
        Config(
            access_key_id=key_id,
            access_key_secret=key_secret,
            endpoint=host,
            protocol=scheme.upper(),
            connect_timeout=limit,
            read_timeout=limit,
        )
    )


def _number(e164: str) -> str:
    return e164.removeprefix("+86") if e164.startswith("+86") else e164.removeprefix("+")


def _code_of(error: Any) -> str:
    """Return the code of an answer that was a refusal; `""` where no answer came."""
    seen: Any = error
    for _ in range(4):
        if getattr(seen, "status_code", None) and getattr(seen, "code", None):
            return str(seen.code)
        seen = getattr(seen, "inner_exception", None) or seen.__cause__ or seen.__context__
        if seen is None:
            break
    return ""
