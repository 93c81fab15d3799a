"""An imported interview that stands at an AI interview system is held against it, once it is loaded."""

from datetime import UTC, timedelta

import pytest

from raincheck.recruiting.models import Interview
from raincheck.vendors.models import Reconciliation, VendorCall
from raincheck.worklist.models import Task
from tests import simulators
from tests.flows.importing import warned

HEAD = "姓名,手机号,岗位,面试时间,面试结束时间,状态,AI面试系统,AI面试编号\n"


@pytest.fixture
def vendor(tmp_path):
    """Return a vendor that lists nothing but what this test books there."""
    with simulators.start_ai_interview(tmp_path) as running:
        yield running


@pytest.fixture
def there(here):
    """Return an interview that the vendor has and we don't: its reference, start and end."""
    booked = here.book(hours=120)
    here.put(booked, vendor_account_id=None, vendor_ref="", state="expired")
    return booked.vendor_ref, booked.starts_at, booked.ends_at


def line(name, starts_at, ends_at, account, ref, state="待面试"):
    start, end = (at.astimezone(UTC).isoformat() for at in (starts_at, ends_at))
    return f"{name},,岗位,{start},{end},{state},{account},{ref}\n"


def tasks(here, interview):
    with here.scope():
        return [one.details for one in Task.objects.filter(kind="difference", interview_id=interview.id)]


def loaded(here, name="示例甲"):
    with here.scope():
        return Interview.objects.get(application__candidate__name=name)


def test_another_time_at_the_vendor_is_a_task_and_no_vendor_is_called_while_the_file_is_loaded(
    brought, here, there, drain
):  # fmt: skip
    ref, starts_at, ends_at = there
    hour = timedelta(hours=1)
    before = here.count(VendorCall)
    text = HEAD + line("示例甲", starts_at + hour, ends_at + hour, here.account.name, ref)
    assert brought(text, company=here.company.slug)["loaded"] == 1
    one = loaded(here)
    assert (one.vendor_account_id, one.vendor_ref) == (here.account.id, ref)
    assert here.count(VendorCall) == before
    with here.scope():
        assert Reconciliation.objects.get().finished_at is None
    drain()
    assert [task["mismatch"] for task in tasks(here, one)] == ["other_time"]


def test_the_same_time_there_is_no_task(brought, here, there, drain):
    ref, starts_at, ends_at = there
    text = HEAD + line("示例甲", starts_at, ends_at, "", ref)
    assert brought(text, company=here.company.slug)["loaded"] == 1
    drain()
    with here.scope():
        assert Reconciliation.objects.get().outcome == "ok"
    assert tasks(here, loaded(here)) == []


def test_what_is_over_or_unknown_or_taken_is_loaded_without_being_tied(brought, here, there, drain):
    ref, starts_at, ends_at = there
    week = timedelta(days=30)
    text = (
        HEAD
        + line("示例甲", starts_at, ends_at, here.account.name, ref)
        + line("示例乙", starts_at, ends_at, here.account.name, ref)
        + line("示例丙", starts_at, ends_at, "别的系统", "x-1")
        + line("示例丁", starts_at - week, ends_at - week, here.account.name, "x-2", state="已取消")
    )
    said = brought(text, company=here.company.slug)
    assert said["loaded"] == 4
    assert {"vendor_ref_taken", "vendor_unknown"} <= warned(said).keys()
    assert loaded(here).vendor_ref == ref
    assert [loaded(here, name).vendor_ref for name in ("示例乙", "示例丙", "示例丁")] == ["", "", ""]


def test_a_dry_run_asks_nobody(brought, here, there):
    ref, starts_at, ends_at = there
    text = HEAD + line("示例甲", starts_at, ends_at, here.account.name, ref)
    brought(text, company=here.company.slug, way="--dry-run")
    assert here.count(Reconciliation) == 0
