"""The page of the AI interview systems: how they are doing, their keys, a test, and changing them."""

import pytest

from raincheck.audit.catalogue import Action
from raincheck.vendors.models import Reconciliation, VendorAccount
from tests import people
from tests.flows import saga

NEW_SECRET = "another-secret-of-theirs"


def account_of(here):
    with here.scope():
        return VendorAccount.objects.get(id=here.account.id)


def at(here, rest=""):
    return f"/console/vendors/{here.account.id}/{rest}"


def form(here, **changed):
    return {"name": here.account.name, "url": here.vendor.url, **changed}


def test_the_list_says_how_each_is_doing(here, interview, hr, drain):
    here.ask(interview)
    drain()
    page = people.text(hr.get("/console/vendors/"))
    assert here.account.name in page
    assert "p50 / p99" in page
    assert "尚未测试" in page
    assert "尚未对账" in page


def test_the_page_shows_calls_tasks_and_what_waits_but_no_secret(here, interview, hr, vendor, drain):
    vendor.fault("unreachable", times=1)
    here.ask(interview)
    drain()
    answer = hr.get(at(here))
    page = people.text(answer)
    assert "无响应" in page
    assert "查询状态" in page
    with here.scope():
        account = account_of(here)
        for secret in (account.secret("api_key"), account.secret("webhook_secret")):
            assert secret not in answer.content.decode()


def test_the_test_button_says_what_came_of_it(here, hr, vendor):
    assert "连接正常" in people.text(hr.post(at(here, "test/"), follow=True))
    assert account_of(here).answered_at is not None
    vendor.fault("unreachable", times=1)
    assert "连接未成功" in people.text(hr.post(at(here, "test/"), follow=True))


def test_no_transaction_is_held_while_the_vendor_is_tested(here, hr, monkeypatch):
    from django.db import connection

    from raincheck.core import http

    held = []
    call = http.call
    monkeypatch.setattr(
        http, "call", lambda *given, **more: held.append(connection.in_atomic_block) or call(*given, **more)
    )
    hr.post(at(here, "test/"))
    assert held == [False]


def test_a_reconciliation_can_be_asked_for(here, hr, drain):
    assert "已开始对账" in people.text(hr.post(at(here, "reconcile/"), follow=True))
    drain()
    with here.scope():
        [report] = Reconciliation.objects.all()
    # The vendor may still have what earlier stories left there.
    assert report.outcome in {"ok", "differences"}
    assert report.get_outcome_display() in people.text(hr.get(at(here)))


def test_an_account_is_opened_with_what_its_adapter_needs(here, hr):
    chosen = people.text(hr.get("/console/vendors/new/"))
    assert "LeapIn" in chosen
    assert "Access ID" in people.text(hr.get("/console/vendors/new/?adapter=leapin"))
    terms = {
        "adapter": "leapin",
        "name": "示例账号",
        "url": "https://vendor.example.com/api",
        "key": "k" * 20,
    }
    missing = hr.post("/console/vendors/new/", terms)
    assert (missing.status_code, here.count(VendorAccount)) == (422, 1)
    made = hr.post("/console/vendors/new/", {**terms, "credentials.access_id": "an-access-id"})
    assert "账号已添加" in people.text(made)
    with here.scope():
        account = VendorAccount.objects.get(adapter="leapin")
        assert account.secret("api_key") == "k" * 20
        assert "an-access-id" in account.secret("credentials")
    assert "k" * 20 not in made.content.decode()


def test_a_secret_made_is_shown_once(here, hr):
    with here.scope():
        old = account_of(here).secret("webhook_secret")
    shown = hr.post(at(here, "secret/")).content.decode()
    with here.scope():
        new, kept = account_of(here).secret("webhook_secret").split()
    assert kept == old
    assert new in shown
    assert new not in hr.get(at(here)).content.decode()
    hr.post(at(here, "retire/"))
    with here.scope():
        assert account_of(here).secret("webhook_secret") == new


@pytest.mark.parametrize("bad", ["short", "with a blank in the midst", "x" * 201])
def test_a_secret_that_could_not_be_one_is_refused(here, hr, bad):
    answer = hr.post(at(here, "secret/"), {"secret": bad})
    assert (answer.status_code, "Webhook密钥不可用" in people.text(answer)) == (422, True)
    assert bad not in answer.content.decode()


def test_what_is_left_empty_stays(here, hr):
    hr.post(at(here, "change/"), form(here, name="新名称", template="T-1"))
    account = account_of(here)
    assert (account.name, account.template) == ("新名称", "T-1")
    with here.scope():
        assert account.secret("api_key") == here.vendor.key
    assert saga.facts_of(here, Action.VENDOR_CHANGED)["what"] == ["settings"]


def test_the_key_does_not_travel_to_another_host(here, hr):
    elsewhere = form(here, url="https://elsewhere.example.com")
    refused = hr.post(at(here, "change/"), elsewhere)
    assert (refused.status_code, account_of(here).base_url) == (422, here.vendor.url)
    hr.post(at(here, "change/"), {**elsewhere, "key": "a-new-key"})
    with here.scope():
        account = account_of(here)
        assert (account.base_url, account.secret("api_key")) == ("https://elsewhere.example.com", "a-new-key")


@pytest.mark.parametrize(
    "url", ["ftp://vendor.example", "vendor.example", "https://" + "x" * 300 + ".example"]
)
def test_a_bad_address_changes_nothing(here, hr, url):
    answer = hr.post(at(here, "change/"), form(here, url=url, key="k"))
    assert (answer.status_code, account_of(here).base_url) == (422, here.vendor.url)
    assert "接口地址不正确" in people.text(answer)


def test_an_ended_account_takes_nothing_new_and_still_cancels(here, interview, hr, drain):
    hr.post(at(here, "active/"), {"active": "no"})
    assert not account_of(here).active
    cancellation = here.ask(interview)
    drain()
    assert saga.state_of(here, cancellation) == saga.AGREED
    hr.post(at(here, "active/"), {"active": "yes"})
    assert account_of(here).active


def test_recruiters_look_and_change_nothing(here, recruiter):
    page = recruiter.get(at(here)).content.decode()
    assert "测试连接" not in page
    for deed in ("test/", "change/", "secret/", "retire/", "active/", "reconcile/"):
        assert recruiter.post(at(here, deed)).status_code == 403


def test_another_companys_account_is_not_there(here, there):
    stranger = people.staff_client(there.staff["hr_manager"])
    assert stranger.get(at(here)).status_code == 404
    for deed in ("test/", "change/", "secret/", "retire/", "active/", "reconcile/"):
        assert stranger.post(at(here, deed), form(here)).status_code == 404
