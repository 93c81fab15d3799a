"""JPush by its own SDK: to the app's users by alias.

[D] docs.jiguang.cn, push v3. The address is the alias the app has registered its user under. JPush keeps no key of
ours (a `cid` would have to be fetched first): `extras.key` lets the app drop a repeat, which is the same notification.
"""

from functools import lru_cache

import jpush
from jpush import common

from raincheck.notifications.channels.base import (
    Account,
    Channel,
    Envelope,
    Repeats,
    Retry,
    Setting,
    Shape,
    Undeliverable,
)
from raincheck.notifications.channels.codes import Codes
from raincheck.notifications.channels.places import place
from raincheck.notifications.channels.sdks import TIMEOUT, session

ENDPOINT = "api.jpush.cn"
NOBODY = "1011"
#: 1011: no device is registered under this alias any more; 1003, 1005: the message itself won't do.
CODES = Codes(
    person=("1003", "1005", "1020"), later={"2002": 60.0, "2003": 60.0, "1000": 20.0, "http 5": 20.0}
)
#: A day: what an offline phone is told after that is no news.
TTL_SECONDS = 86_400
LONGEST_ALERT = 500


class JPush:
    """极光推送."""

    name = "jpush"
    title = "极光推送 JPush"
    channel = Channel.APP_PUSH
    settings = (
        Setting("app_key", "AppKey", "AppKey", matches=r"[0-9a-fA-F]{24}"),
        Setting("master_secret", "Master Secret", "Master secret", secret=True),
        Setting("endpoint", "接口地址", "Endpoint", needed=False, shape=Shape.HOST, default=ENDPOINT),
    )
    repeats = Repeats.TRACEABLE
    confirms = False
    verified_against_live = False

    def send(self, envelope: Envelope, account: Account) -> str:
        """Hand the notification over; returns JPush's msg_id. Raises Retry, Undeliverable."""
        where = place(account, ENDPOINT)
        push = _client(where.url, account.options["app_key"], account.secrets["master_secret"]).create_push()
        alert = envelope.sms[:LONGEST_ALERT]
        extras = {"key": envelope.key, "link": envelope.link}
        push.platform = jpush.all_
        push.audience = jpush.audience(jpush.alias(envelope.address))
        push.notification = jpush.notification(
            alert=alert,
            android={"alert": alert, "title": envelope.title, "extras": extras},
            ios={"alert": {"title": envelope.title, "body": alert}, "extras": extras},
        )
        push.options = {"time_to_live": TTL_SECONDS, "apns_production": True}
        try:
            return str(push.send().payload["msg_id"])
        except common.Unauthorized:
            CODES.refuse("jpush", "http 401")
        except (common.APIConnectionException, common.APIRequestException) as error:
            raise Retry(f"jpush: unreachable ({type(error).__name__})") from error
        except (AttributeError, KeyError) as error:
            # The SDK takes an answer apart before it has looked at it.
            raise Retry("jpush: an answer that isn't JPush's") from error
        except common.JPushFailure as error:
            code = str(error.error_code or f"http {error.response.status_code}")
            if code == NOBODY:
                raise Undeliverable(f"jpush: {code}", gone=True) from error
            CODES.refuse("jpush", code)


@lru_cache(maxsize=64)
def _client(url: str, app_key: str, master_secret: str) -> jpush.JPush:
    # The SDK looks its addresses up in a table of zones; a place of one's own is one more zone.
    zone = f"AT {url}".upper()
    common.ZONES[zone] = {**common.ZONES["DEFAULT"], "PUSH": f"{url}/v3/"}
    made = jpush.JPush(app_key, master_secret, timeout=TIMEOUT, zone=zone)
    made.session = session()
    made.session.auth = (app_key, master_secret)
    return made
