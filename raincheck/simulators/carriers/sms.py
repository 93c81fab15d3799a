"""Aliyun, Tencent and Twilio, simulated: their signatures are computed anew, their templates are looked up.

[D] ACS3-HMAC-SHA256 and SendSms 2017-05-25; TC3-HMAC-SHA256 and SendSms 2021-01-11; Basic and Messages.json.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import Response

from raincheck.simulators.carriers.kit import (
    Carrier,
    Desk,
    RefusedError,
    Sent,
    Words,
    as_json,
    exactly,
    json_body,
)

KEY_ID, APP_ID = "test-key-id", "1400000001"
SIGN_NAME = "云帆科技"
ACCOUNT_SID = f"AC{'0' * 31}1"
#: Templates registered there, with their variables: by name at Aliyun, counted at Tencent.
TEMPLATES = {
    "SMS_100001": ("position", "when"),
    "SMS_100002": ("company", "code"),
    "SMS_100003": ("position", "link"),
}
COUNTED = {"2000001": 2, "2000002": 2}
LONGEST = 35
_SKEW = 900


async def aliyun(desk: Desk, request: Request) -> Sent:
    """Understand SendSms."""
    headers = request.headers
    if headers.get("x-acs-action") != "SendSms" or headers.get("x-acs-version") != "2017-05-25":
        raise RefusedError("InvalidAction.NotFound")
    _acs3(desk, request, await request.body())
    asked = dict(request.query_params)
    exactly(
        asked,
        {"PhoneNumbers", "SignName", "TemplateCode"},
        "isv.INVALID_PARAMETERS",
        optional={"TemplateParam", "OutId"},
    )
    if not re.fullmatch(r"1[0-9]{10}|[1-9][0-9]{6,14}", asked["PhoneNumbers"]):
        raise RefusedError("isv.MOBILE_NUMBER_ILLEGAL")
    if asked["SignName"] != SIGN_NAME:
        raise RefusedError("isv.SMS_SIGNATURE_ILLEGAL")
    if asked["TemplateCode"] not in TEMPLATES:
        raise RefusedError("isv.SMS_TEMPLATE_ILLEGAL")
    try:
        values = json.loads(asked.get("TemplateParam", "{}"))
    except ValueError:
        raise RefusedError("isv.INVALID_JSON_PARAM") from None
    if set(values) != set(TEMPLATES[asked["TemplateCode"]]):
        raise RefusedError("isv.TEMPLATE_MISSING_PARAMETERS")
    _variables(values, "isv.PARAM_LENGTH_LIMIT", "isv.PARAM_NOT_SUPPORT_URL")
    return Sent(
        asked["PhoneNumbers"], asked.get("OutId", ""), {"code": asked["TemplateCode"], "params": values}
    )


def _acs3(desk: Desk, request: Request, body: bytes) -> None:
    headers = request.headers
    found = re.fullmatch(
        r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
        headers.get("authorization", ""),
    )
    if found is None:
        raise RefusedError("IncompleteSignature")
    if found[1] != KEY_ID:
        raise RefusedError("InvalidAccessKeyId.NotFound")
    signed = found[2].split(";")
    if not {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"} <= set(
        signed
    ):
        raise RefusedError("IncompleteSignature")
    at = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if abs(at.timestamp() - time.time()) > _SKEW:
        raise RefusedError("InvalidTimeStamp.Expired")
    digest = hashlib.sha256(body).hexdigest()
    pairs = sorted(parse_qsl(request.url.query, keep_blank_values=True))
    query = "&".join(f"{_plus(k)}={_plus(v)}" for k, v in pairs)
    named = "".join(f"{name}:{headers[name].strip()}\n" for name in signed)
    canonical = "\n".join([request.method, request.url.path, query, named, found[2], digest])
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    right = hmac.new(desk.secret.encode(), text.encode(), "sha256").hexdigest()
    if headers["x-acs-content-sha256"] != digest or not hmac.compare_digest(right, found[3]):
        raise RefusedError("SignatureDoesNotMatch")


def _plus(text: str) -> str:
    return quote(text, safe="-_.~")


async def tencent(desk: Desk, request: Request) -> Sent:
    """Understand SendSms."""
    headers = request.headers
    if headers.get("x-tc-action") != "SendSms" or headers.get("x-tc-version") != "2021-01-11":
        raise RefusedError("InvalidAction")
    _tc3(desk, request, await request.body())
    asked = await json_body(request, "InvalidParameter")
    needed = {"PhoneNumberSet", "SmsSdkAppId", "TemplateId", "SignName"}
    exactly(asked, needed, "UnknownParameter", optional={"TemplateParamSet", "SessionContext"})
    numbers = asked["PhoneNumberSet"]
    if len(numbers) != 1 or not re.fullmatch(r"\+[1-9][0-9]{6,14}", numbers[0]):
        raise RefusedError("InvalidParameterValue.IncorrectPhoneNumber")
    if asked["SmsSdkAppId"] != APP_ID:
        raise RefusedError("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
    if asked["SignName"] != SIGN_NAME:
        raise RefusedError("FailedOperation.SignatureIncorrectOrUnapproved")
    values = asked.get("TemplateParamSet", [])
    if COUNTED.get(asked["TemplateId"]) != len(values):
        raise RefusedError("FailedOperation.TemplateIncorrectOrUnapproved")
    named = {str(place): value for place, value in enumerate(values)}
    _variables(
        named,
        "InvalidParameterValue.TemplateParameterLengthLimit",
        "InvalidParameterValue.TemplateParameterFormatError",
    )
    said = {"code": asked["TemplateId"], "params": values}
    return Sent(numbers[0], asked.get("SessionContext", ""), said)


def _tc3(desk: Desk, request: Request, body: bytes) -> None:
    headers = request.headers
    found = re.fullmatch(
        r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, "
        r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})",
        headers.get("authorization", ""),
    )
    if found is None:
        raise RefusedError("AuthFailure.SignatureFailure")
    if found[1] != KEY_ID:
        raise RefusedError("AuthFailure.SecretIdNotFound")
    stamp = headers.get("x-tc-timestamp", "0")
    if (
        abs(int(stamp) - time.time()) > _SKEW
        or f"{datetime.fromtimestamp(int(stamp), UTC):%Y-%m-%d}" != found[2]
    ):
        raise RefusedError("AuthFailure.SignatureExpire")
    named = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in found[3].split(";"))
    canonical = "\n".join(["POST", "/", "", named, found[3], hashlib.sha256(body).hexdigest()])
    scope = f"{found[2]}/sms/tc3_request"
    text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{desk.secret}".encode()
    for part in (found[2], "sms", "tc3_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    if not hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), found[4]):
        raise RefusedError("AuthFailure.SignatureFailure")


def _variables(values: dict[str, Any], too_long: str, not_a_link: str) -> None:
    for name, value in values.items():
        if not isinstance(value, str) or not value or len(value) > LONGEST:
            raise RefusedError(too_long)
        if "://" in value and name != "link":
            raise RefusedError(not_a_link)


async def twilio(desk: Desk, request: Request) -> Sent:
    """Understand Messages.json."""
    right = base64.b64encode(f"{ACCOUNT_SID}:{desk.secret}".encode()).decode()
    basic = hmac.compare_digest(request.headers.get("authorization", ""), f"Basic {right}")
    if not basic or request.path_params["sid"] != ACCOUNT_SID:
        raise RefusedError("20003")
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise RefusedError("12100")
    asked = dict(parse_qsl((await request.body()).decode()))
    exactly(asked, {"To", "Body"}, "21602", optional={"From", "MessagingServiceSid", "StatusCallback"})
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", asked["To"]):
        raise RefusedError("21211")
    if len(asked["Body"]) > 1600:  # noqa: PLR2004 (documented)
        raise RefusedError("21617")
    if not (asked.get("From") or asked.get("MessagingServiceSid")):
        raise RefusedError("21603")
    said = {"body": asked["Body"], "callback": asked.get("StatusCallback", "")}
    return Sent(asked["To"], "", said, id=f"SM{hashlib.md5(str(time.time_ns()).encode()).hexdigest()}")  # noqa: S324 (an id's form)


def _aliyun_refusal(code: str) -> Response:
    status = (
        400
        if code.partition(".")[0] in {"SignatureDoesNotMatch", "IncompleteSignature", "InvalidAccessKeyId"}
        else 200
    )
    if code == "InvalidAccessKeyId.NotFound":
        status = 404
    return as_json({"RequestId": "R", "Code": code, "Message": code}, status)


def _tencent_refusal(code: str) -> Response:
    by_message = (
        "InvalidParameterValue.Incorrect",
        "LimitExceeded",
        "FailedOperation",
        "InvalidParameterValue.Template",
    )
    if code.startswith(by_message):
        status = {
            "SerialNo": "",
            "PhoneNumber": "",
            "Fee": 0,
            "SessionContext": "",
            "Code": code,
            "Message": code,
        }
        return as_json({"Response": {"SendStatusSet": [{**status, "IsoCode": "CN"}], "RequestId": "R"}})
    return as_json({"Response": {"Error": {"Code": code, "Message": code}, "RequestId": "R"}})


def _tencent_answer(sent: Sent) -> Response:
    status = {
        "SerialNo": sent.id,
        "PhoneNumber": sent.recipient,
        "Fee": 1,
        "SessionContext": sent.key,
        "Code": "Ok",
        "Message": "send success",
        "IsoCode": "CN",
    }
    return as_json({"Response": {"SendStatusSet": [status], "RequestId": "R"}})


def _twilio_refusal(code: str) -> Response:
    status = {"20003": 401, "20429": 429}.get(code, 400)
    info = f"https://www.twilio.com/docs/errors/{code}"
    return as_json({"code": int(code), "message": code, "more_info": info, "status": status}, status)


CARRIERS = {
    "aliyun_sms": Carrier(
        "aliyun_sms",
        Words("isv.BUSINESS_LIMIT_CONTROL", "isv.MOBILE_NUMBER_ILLEGAL", "SignatureDoesNotMatch"),
        aliyun,
        lambda sent: as_json({"RequestId": "R", "Message": "OK", "BizId": sent.id, "Code": "OK"}),
        _aliyun_refusal,
    ),
    "tencent_sms": Carrier(
        "tencent_sms",
        Words(
            "LimitExceeded.PhoneNumberThirtySecondLimit",
            "InvalidParameterValue.IncorrectPhoneNumber",
            "AuthFailure.SignatureFailure",
        ),
        tencent,
        _tencent_answer,
        _tencent_refusal,
    ),
    "twilio": Carrier(
        "twilio",
        Words("20429", "21211", "20003"),
        twilio,
        lambda sent: as_json({"sid": sent.id, "status": "queued", "to": sent.recipient}, 201),
        _twilio_refusal,
    ),
}
