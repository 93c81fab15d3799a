"""HR on a phone brings a list in: upload, one column corrected, dry run, load, and one row mended."""

import re

import pytest
from playwright.sync_api import expect

from raincheck.migration.models import ImportRun
from tests.flows.uploading import HEAD, lines
from tests.people import staff_client

pytestmark = pytest.mark.browser

UNSURE = HEAD.replace("手机号", "联络用") + lines(30) + "示例甲,12345,工程师,研发部,2031-06-01 10:00,候场\n"


def test_hr_brings_a_list_in_and_mends_the_row_that_was_turned_away(here, open_page):
    cookies = {name: morsel.value for name, morsel in staff_client(here.staff["hr_manager"]).cookies.items()}
    phone = open_page(cookies=cookies)
    phone.goto("/console/batches/imports/")
    content = {"name": "名单.csv", "mimeType": "text/csv", "buffer": UNSURE.encode()}
    phone.get_by_label("文件", exact=True).set_input_files(content)
    phone.get_by_role("button", name="上传并核对").click()
    expect(phone.get_by_text("有 1 列不够确定")).to_be_visible()
    _fits(phone)
    phone.locator("#timezone").select_option("Asia/Shanghai")
    phone.get_by_role("button", name="试算").click()
    # The browser itself holds the form back: nothing is chosen for the column that asks.
    expect(phone.get_by_text("有 1 列不够确定")).to_be_visible()
    phone.get_by_label("联络用").select_option("phone")
    phone.get_by_role("button", name="试算").click()
    load = phone.get_by_role("button", name="导入 30 行")
    expect(load).to_be_visible(timeout=30000)
    _fits(phone)
    load.click()
    expect(phone.get_by_role("link", name="处理这些行")).to_be_visible(timeout=30000)
    _fits(phone)
    phone.get_by_role("link", name="处理这些行").click()
    _fits(phone)
    phone.get_by_role("link", name=re.compile("第 32 行")).click()
    _fits(phone)
    phone.get_by_label(re.compile("手机号")).fill("13800000001")
    phone.get_by_label(re.compile("状态")).fill("待面试")
    phone.get_by_role("button", name="重新检查并载入").click()
    expect(phone.get_by_text("已载入1行")).to_be_visible()
    expect(phone.get_by_text("没有待处理的行")).to_be_visible()
    with here.scope():
        run = ImportRun.objects.get()
    assert (run.loaded, run.rejected) == (31, 0)


def test_without_javascript_the_page_turns_to_the_dry_run_by_itself(here, chromium, running_site):
    context = chromium.new_context(java_script_enabled=False, base_url=running_site.url, locale="en-GB")
    cookies = staff_client(here.staff["hr_manager"]).cookies
    context.add_cookies(
        [{"name": name, "value": one.value, "url": running_site.url} for name, one in cookies.items()]
    )
    desk = context.new_page()
    desk.goto("/console/batches/imports/")
    content = {"name": "list.csv", "mimeType": "text/csv", "buffer": (HEAD + lines(2)).encode()}
    desk.locator("#file").set_input_files(content)
    desk.get_by_role("button", name="Upload and check").click()
    desk.locator("#timezone").select_option("Asia/Shanghai")
    desk.get_by_role("button", name="Dry run").click()
    expect(desk.get_by_role("button", name="Import 2 rows")).to_be_visible(timeout=30000)
    context.close()


def _fits(page):
    wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= room, f"the page is {wide} px wide on {room}"
