"""The portal as an app in a real Chromium: its worker, its offline page, its notices; one tap without JavaScript.

`pushManager.subscribe` talks to the browser maker's push service, which a test has none of: it is replaced at the
browser's edge by one that hands out a subscription of the same shape. All else is the product and the browser.
"""

import re

import pytest
from playwright.sync_api import expect

from raincheck.notifications.models import ContactPoint
from raincheck.reminders.links import address
from raincheck.reminders.models import Reminder
from tests.site import candidate_cookies

pytestmark = pytest.mark.browser

PUSH_SERVICE = """
(() => {
  const make = () => ({
    endpoint: "https://push.example.com/this-browser",
    toJSON() {
      const key = (size) => btoa("\\u0004".repeat(size)).replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
      return { endpoint: this.endpoint, expirationTime: null, keys: { p256dh: key(65), auth: key(16) } };
    },
    async unsubscribe() { sessionStorage.removeItem("subscribed"); return true; },
  });
  PushManager.prototype.getSubscription = async () => (sessionStorage.getItem("subscribed") ? make() : null);
  PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("not our key");
    sessionStorage.setItem("subscribed", "yes");
    return make();
  };
  const ask = Notification.requestPermission.bind(Notification);
  window.asked = 0;
  Notification.requestPermission = () => { window.asked += 1; return ask(); };
})();
"""


def test_notices_are_asked_for_by_the_button_alone_and_end_with_it(here, interview, open_page):
    phone = open_page(cookies=candidate_cookies(here.company, here.candidate))
    phone.context.grant_permissions(["notifications"])
    phone.add_init_script(PUSH_SERVICE)
    phone.goto(f"/c/{here.company.slug}/")
    button = phone.get_by_role("button", name="开启通知")
    expect(button).to_be_visible()
    assert phone.evaluate("window.asked") == 0
    button.click()
    expect(phone.get_by_text("这台设备已开启通知")).to_be_visible()
    assert here.count(ContactPoint, channel="web_push", ended_at=None) == 1
    phone.reload()
    expect(phone.get_by_text("这台设备已开启通知")).to_be_visible()
    phone.get_by_role("button", name="退出登录").click()
    expect(phone.get_by_text("您已退出登录")).to_be_visible()
    assert here.count(ContactPoint, ended_at=None) == 0
    assert here.count(ContactPoint, ended_why="signed_out") == 1


def test_a_notice_pushed_to_the_worker_is_shown_and_names_its_interview(here, interview, open_page):
    phone = open_page(cookies=candidate_cookies(here.company, here.candidate))
    phone.context.grant_permissions(["notifications"])
    home = f"/c/{here.company.slug}/"
    devtools = phone.context.new_cdp_session(phone)
    known = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: known.extend(event["registrations"]))
    devtools.send("ServiceWorker.enable")
    phone.goto(home)
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    [worker] = {one["registrationId"] for one in known if one["scopeURL"].endswith(home)}
    link = f"{home}interviews/{interview.id}/"
    payload = f'{{"title": "面试已取消", "body": "详情请看", "link": "{link}", "tag": "one"}}'
    origin = phone.evaluate("location.origin")
    for _ in range(2):
        devtools.send(
            "ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": worker, "data": payload}
        )
    shown = """async () => {
        const found = await (await navigator.serviceWorker.ready).getNotifications();
        return found.map((notice) => [notice.title, notice.body, notice.data.link]);
    }"""
    phone.wait_for_function(f"({shown})().then((found) => found.length > 0)")
    assert phone.evaluate(shown) == [["面试已取消", "详情请看", link]]


def test_without_a_network_the_app_says_so_and_whom_to_call(here, interview, chromium, running_site):
    context = chromium.new_context(base_url=running_site.url, locale="zh-CN")
    context.add_cookies(
        [
            {"name": n, "value": v, "url": running_site.url}
            for n, v in candidate_cookies(here.company, here.candidate).items()
        ]
    )
    phone = context.new_page()
    phone.goto(f"/c/{here.company.slug}/")
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    running_site.kill("web")
    try:
        phone.goto(f"/c/{here.company.slug}/interviews/{interview.id}/")
        expect(phone.get_by_role("heading", name="没有网络")).to_be_visible()
        expect(phone.get_by_text(here.company.contact_phone)).to_be_visible()
        assert here.candidate.name not in phone.content()
    finally:
        running_site.start_web()
    context.close()


def test_one_tap_works_without_javascript(here, interview, chromium, running_site):
    with here.scope() as now:
        reminder = Reminder.objects.create(
            company=here.company,
            interview=interview,
            lead=1440,
            instant=interview.starts_at,
            decided_at=now,
            told=True,
        )
    path = re.search(r"/c/.*", address(here.company, reminder.id))[0]
    context = chromium.new_context(java_script_enabled=False, base_url=running_site.url, locale="en-GB")
    phone = context.new_page()
    phone.goto(path)
    phone.get_by_role("button", name="I'll come").click()
    expect(phone.get_by_text("You said you will come")).to_be_visible()
    context.close()
    assert here.fresh(reminder).answer == "coming"
