"""Passkeys in a real browser, with the authenticator that Chromium plays itself."""

import re

import pytest
from playwright.sync_api import expect

from raincheck.audit.models import Entry

pytestmark = pytest.mark.browser
PASSWORD = "a long enough password"


@pytest.fixture
def staff(here):
    person = here.staff["recruiter"]
    with here.scope():
        person.set_password(PASSWORD)
        person.save()
    return person


def with_authenticator(page):
    """Plug in a key that is in the device and knows its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def fill_in(page, place, email):
    page.goto(f"{place}/staff/login/")
    page.get_by_label("邮箱").fill(email)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def test_a_passkey_is_added_and_is_then_the_way_in_alone_and_as_a_second_step(
    here, staff, open_page, running_site
):
    # No passkey can be bound to an address that is a number.
    place = running_site.url.replace("127.0.0.1", "localhost")
    page = open_page(width=1440)
    with_authenticator(page)
    fill_in(page, place, staff.email)
    page.goto(f"{place}/staff/mfa/passkeys/add/")
    page.get_by_label("名称").fill("办公室电脑")
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
    page.goto(f"{place}/staff/mfa/")
    expect(page.get_by_text("办公室电脑")).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"{place}/staff/login/?next=/console/tasks/")
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page).to_have_url(f"{place}/console/tasks/")

    page.context.clear_cookies()
    fill_in(page, place, staff.email)
    expect(page.get_by_role("heading", name="两步验证")).to_be_visible()
    expect(page.get_by_text("请用通行密钥验证")).to_be_visible()
    page.get_by_role("button", name="用通行密钥验证").click()
    expect(page).to_have_url(re.compile(r"/console/$"))
    with here.scope():
        ways = [e.facts["ways"] for e in Entry.objects.filter(action="staff.signed_in").order_by("at", "id")]
    assert ways == [["password"], ["mfa:webauthn"], ["password", "mfa:webauthn"]]


def test_a_passkey_of_another_browser_opens_nothing(here, staff, open_page, running_site):
    place = running_site.url.replace("127.0.0.1", "localhost")
    mine, other = open_page(), open_page()
    with_authenticator(mine)
    with_authenticator(other)
    fill_in(mine, place, staff.email)
    mine.goto(f"{place}/staff/mfa/passkeys/add/")
    mine.get_by_role("button", name="添加").click()
    expect(mine.get_by_role("heading", name="恢复码")).to_be_visible()
    other.goto(f"{place}/staff/login/")
    other.get_by_role("button", name="用通行密钥登录").click()
    expect(other.get_by_role("button", name="用通行密钥登录")).to_be_enabled()
    expect(other).to_have_url(re.compile(r"/staff/login/$"))
