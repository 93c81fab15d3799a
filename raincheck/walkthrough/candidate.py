"""The candidate's part: sign in by phone, choose an interview with ample notice, cancel it in three steps."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

from raincheck.walkthrough.browser import Astray, Browser, Page

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_SMS_WITHIN = 20.0
_POLL = 0.1


@dataclass(frozen=True)
class Asked:
    """A cancellation just asked for: whose, of what, and when its page first said 取消中."""

    browser: Browser
    phone: str
    interview_url: str
    sent_at: datetime
    acknowledged_at: datetime

    @property
    def interview_id(self) -> str:
        """The interview's id, from its address."""
        return urlsplit(self.interview_url).path.rstrip("/").rpartition("/")[2]


def cancel_one(*, portal: str, outbox: str, phones: Iterator[str]) -> Asked:
    """Be the first of these people who has something to cancel without review, and cancel it.

    `portal` is a company's candidate address, `outbox` the demo's phones. Raises Astray, httpx.HTTPError.
    """
    for phone in phones:
        browser = Browser(portal)
        home = _sign_in(browser, phone, outbox=outbox)
        for link in home.links("/interviews/") if home else ():
            page = browser.open(link)
            if page.shows("policy-auto") and page.links("/cancel/"):
                return _cancel(browser, page, phone)
    raise Astray("nobody in the demo has an interview left that can be cancelled at once; start it again")


def _sign_in(browser: Browser, phone: str, *, outbox: str) -> Page | None:
    """Sign in with the code that reaches the phone; None where no more codes are sent for now."""
    known = len(_messages(outbox, phone))
    door = browser.open("sign-in/")
    asked = browser.send(door, door.form("phone"), phone=phone)
    if asked.status == httpx.codes.TOO_MANY_REQUESTS:
        return None
    return browser.send(asked, asked.form("code"), code=_await_code(outbox, phone, known))


def _await_code(outbox: str, phone: str, known: int) -> str:
    deadline = time.monotonic() + _SMS_WITHIN
    while time.monotonic() < deadline:
        for body in _messages(outbox, phone)[known:]:
            if code := _CODE.search(body):
                return code.group()
        time.sleep(_POLL)
    raise Astray(f"no code reached {phone} within {_SMS_WITHIN:g} seconds")


def _messages(outbox: str, phone: str) -> list[str]:
    answer = httpx.get(f"{outbox}/api/sms", params={"to": phone}, trust_env=False).raise_for_status()
    return [message["body"] for message in answer.json()["items"]]


def _cancel(browser: Browser, page: Page, phone: str) -> Asked:
    """Step one is the page itself, with the rule; then the reason; then to confirm."""
    reasons = browser.open(page.links("/cancel/")[0])
    form = reasons.form("reason", "note")
    confirm = browser.send(reasons, form, reason=form.options["reason"][0], note="来自演示的走查。")
    sent_at = datetime.now(UTC)
    done = browser.send(confirm, confirm.form("reason", "key"))
    if not (done.shows("state state-cancelling") or done.shows("state state-cancelled")):
        raise Astray(f"{done.url} ({done.status}) doesn't say that the interview is being cancelled")
    return Asked(browser, phone, page.url, sent_at, datetime.now(UTC))
