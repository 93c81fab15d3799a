"""A candidate's phone: sign in, cancel in three steps, watch it happen."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.site import candidate_cookies

pytestmark = pytest.mark.browser


def test_a_candidate_signs_in_and_cancels_and_the_page_turns_by_itself(here, interview, outbox, open_page):
    phone = open_page()
    phone.goto(f"/c/{here.company.slug}/")
    phone.get_by_label("手机号").fill(here.phone().removeprefix("+86"))
    phone.get_by_role("button", name="获取验证码").click()
    phone.locator("input[name=code]").fill(_code(here, outbox))
    phone.get_by_role("button", name="登录").click()
    phone.get_by_role("link", name=re.compile(here.position.title)).first.click()
    expect(phone.get_by_text("现在取消将自动通过")).to_be_visible()
    _three_steps(phone, reason="时间冲突")
    expect(phone.get_by_text("您的AI面试已成功取消").first).to_be_visible(timeout=15000)
    assert here.fresh(interview).state == "cancelled"


def test_a_late_request_says_that_hr_reviews_it_and_can_be_taken_back(here, soon, open_page):
    phone = open_page(cookies=candidate_cookies(here.company, here.candidate))
    phone.goto(f"/c/{here.company.slug}/interviews/{soon.id}/")
    expect(phone.get_by_text(re.compile("需HR审核")).first).to_be_visible()
    _three_steps(phone, reason="身体不适")
    expect(phone.get_by_text(re.compile("按时参加")).first).to_be_visible()
    phone.get_by_role("button", name=re.compile("撤回")).click()
    expect(phone.get_by_text(re.compile("已撤回|照常")).first).to_be_visible()
    assert here.fresh(soon).state == "scheduled"


def test_without_javascript_the_page_still_turns(here, interview, chromium, running_site):
    context = chromium.new_context(java_script_enabled=False, base_url=running_site.url, locale="en-GB")
    cookies = candidate_cookies(here.company, here.candidate)
    context.add_cookies([{"name": n, "value": v, "url": running_site.url} for n, v in cookies.items()])
    phone = context.new_page()
    phone.goto(f"/c/{here.company.slug}/interviews/{interview.id}/cancel/")
    phone.locator("input[value=health]").check(force=True)
    phone.get_by_role("button", name="Next").click()
    phone.locator("#send button").last.click()
    expect(phone.get_by_role("heading", name=re.compile("cancelled"))).to_be_visible(timeout=20000)
    context.close()


def _three_steps(phone, *, reason: str) -> None:
    phone.locator("a[href$='/cancel/']").click()
    phone.get_by_text(reason, exact=True).click()
    phone.get_by_role("button", name="下一步").click()
    phone.get_by_role("button", name="提交取消申请").click()


def _code(here, outbox) -> str:
    for _ in range(100):
        found = [m["body"] for m in outbox.sms(here.phone()) if "验证码" in m["body"]]
        if found:
            return re.search(r"\d{6}", found[-1]).group()
        time.sleep(0.1)
    raise AssertionError("no code came")
