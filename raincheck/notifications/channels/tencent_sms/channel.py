"""Tencent Cloud SMS by its own SDK: SendSms 2021-01-11, a template's number and its variables in their order.

[D] cloud.tencent.com/document/api/382/55981. SessionContext bears the message's key and comes back with the answer;
it doesn't keep a repeat away. The status callback knows a message by the serial number alone.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from raincheck.notifications.channels import templates
from raincheck.notifications.channels.base import Account, Envelope, Retry, Setting
from raincheck.notifications.channels.codes import Codes
from raincheck.notifications.channels.places import place
from raincheck.notifications.channels.sdks import TIMEOUT, session
from raincheck.notifications.channels.sms import TEMPLATES, TemplateSms, endpoint

ENDPOINT, REGION = "sms.tencentcloudapi.com", "ap-guangzhou"
CODES = Codes(
    person=(
        "InvalidParameterValue.IncorrectPhoneNumber",
        "FailedOperation.PhoneNumberInBlacklist",
        "InvalidParameterValue.TemplateParameterLengthLimit",
        "InvalidParameterValue.TemplateParameterFormatError",
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
        "FailedOperation.ContainSensitiveWord",
        "UnsupportedOperation.UnsupportedRegion",
    ),
    later={
        "LimitExceeded.PhoneNumberThirtySecondLimit": 30.0,
        "LimitExceeded.PhoneNumberOneHourLimit": 3600.0,
        "LimitExceeded.PhoneNumberDailyLimit": 3600.0,
        "LimitExceeded": 60.0,
        "RequestLimitExceeded": 20.0,
        "InternalError": 20.0,
        "FailedOperation.FailResolvePacket": 20.0,
    },
)
#: The SDK's own words for having got no answer.
_NO_ANSWER = ("ClientNetworkError", "ServerNetworkError")


class TencentSms(TemplateSms):
    """腾讯云短信."""

    name = "tencent_sms"
    title = "腾讯云短信 Tencent Cloud SMS"
    settings = (
        Setting("secret_id", "SecretId", "SecretId"),
        Setting("secret_key", "SecretKey", "SecretKey", secret=True),
        Setting("app_id", "短信应用 SdkAppId", "SMS application (SdkAppId)", matches=r"[0-9]{1,12}"),
        Setting("sign_name", "短信签名内容", "Signature"),
        *TEMPLATES,
        Setting("region", "地域", "Region", needed=False, default=REGION, matches=r"[a-z0-9-]{1,40}"),
        endpoint(ENDPOINT),
    )
    report_id, report_code = "sid", "errmsg"
    thanks = '{"result": 0, "errmsg": "OK"}'

    def send(self, envelope: Envelope, account: Account) -> str:
        """Hand the SMS over; returns Tencent's serial number. Raises Retry, Undeliverable."""
        code, values = templates.filled(account, envelope)
        request = SendSmsRequest()
        request.PhoneNumberSet = [envelope.address]
        request.SmsSdkAppId = account.options["app_id"]
        request.SignName = account.options["sign_name"]
        request.TemplateId = code
        request.TemplateParamSet = [value for _, value in values]
        request.SessionContext = envelope.key
        where = place(account, ENDPOINT)
        client = _client(
            where.scheme,
            where.host,
            account.options.get("region") or REGION,
            account.options["secret_id"],
            account.secrets["secret_key"],
        )
        try:
            statuses = client.SendSms(request).SendStatusSet or []
        except TencentCloudSDKException as error:
            if error.code in _NO_ANSWER:
                raise Retry("tencent: unreachable") from error
            CODES.refuse("tencent", str(error.code))
        if len(statuses) != 1 or statuses[0].Code != "Ok":
            CODES.refuse("tencent", str(statuses[0].Code) if statuses else "")
        return str(statuses[0].SerialNo)

    def arrived(self, report: Mapping[str, Any]) -> bool:
        """Say whether a status callback is of a message that arrived."""
        return report.get("report_status") == "SUCCESS"


@lru_cache(maxsize=64)
def _client(scheme: str, host: str, region: str, secret_id: str, secret_key: str) -> SmsClient:
    http = HttpProfile(protocol=scheme, endpoint=host, reqTimeout=int(TIMEOUT))
    made = SmsClient(Credential(secret_id, secret_key), region, ClientProfile(httpProfile=http))
    made.request.conn._session = session()  # noqa: SLF001 (there is no parameter for it)
    return made
