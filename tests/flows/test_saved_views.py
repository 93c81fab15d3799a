"""Saved views: one's own filters under a name, the company's if one says so, and nobody's names in them."""

import re
from datetime import timedelta

from django.utils import timezone

from raincheck.insights.models import SavedView
from tests import people
from tests.audit import SHANGHAI
from tests.people import text

SAVE = "/console/audit/views/save/"


def test_a_view_brings_back_its_filters_and_its_days_move_along(here, hr):
    since = (timezone.localdate(timezone=SHANGHAI) - timedelta(days=6)).isoformat()
    form = {"page": "cancellations", "name": "被驳回的", "outcome": "rejected", "from": since, "to": ""}
    kept = hr.post(SAVE, form)
    assert f"from={since}" in kept["Location"]
    with here.scope():
        assert SavedView.objects.get().query == {"outcome": "rejected", "span": 7}
    page = text(hr.get("/console/audit/"))
    [link] = re.findall(r'href="\?([^"]*)">被驳回的', page)
    assert "outcome=rejected" in link
    assert 'value="rejected" selected' in text(hr.get(f"/console/audit/?{link.replace('&amp;', '&')}"))
    assert "被驳回的" not in text(hr.get("/console/audit/trail/"))


def test_a_candidates_name_is_not_kept(here, hr):
    hr.post(SAVE, {"page": "cancellations", "name": "某人", "candidate": "张三", "from": "2026-01-05"})
    with here.scope():
        assert SavedView.objects.get().query == {"from": "2026-01-05", "to": ""}
    assert "候选人姓名不会保存" in text(hr.get("/console/audit/", {"candidate": "张三"}))


def test_what_is_shared_is_seen_by_colleagues_and_forgotten_by_its_owner_alone(here, hr, recruiter, other_hr):
    hr.post(SAVE, {"page": "trail", "name": "共有", "shared": "yes", "action": "audit.exported"})
    hr.post(SAVE, {"page": "trail", "name": "自用"})
    seen = text(recruiter.get("/console/audit/trail/"))
    assert ("共有" in seen, "自用" in seen) == (True, False)
    assert "共有" not in text(other_hr.get("/console/audit/trail/"))
    with here.scope():
        view = SavedView.objects.get(name="共有")
    path = f"/console/audit/views/{view.id}/forget/"
    for stranger in (recruiter, other_hr):
        assert stranger.post(path).status_code == 404
    assert hr.post(path, {"page": "trail"})["Location"] == "/console/audit/trail/"
    assert here.count(SavedView) == 1


def test_the_same_name_replaces_and_nonsense_is_refused(here, hr):
    for outcome in ("rejected", "completed"):
        hr.post(SAVE, {"page": "cancellations", "name": " 一个  名字 ", "outcome": outcome})
    with here.scope():
        assert [view.query["outcome"] for view in SavedView.objects.filter(name="一个 名字")] == ["completed"]
    for form in (
        {"page": "nowhere", "name": "x"},
        {"page": "trail", "name": " "},
        {"page": "trail", "name": "长" * 41},
    ):
        assert hr.post(SAVE, form).status_code == 422


def test_nobody_keeps_more_views_than_they_find_their_way_in(here, hr):
    with here.scope() as now:
        SavedView.objects.bulk_create(
            SavedView(
                company=here.company,
                staff=here.staff["hr_manager"],
                page="trail",
                name=str(n),
                query={},
                made_at=now,
            )
            for n in range(50)
        )
    assert hr.post(SAVE, {"page": "trail", "name": "one more"}).status_code == 409
    assert hr.post(SAVE, {"page": "trail", "name": "7"}).status_code == 302
    assert (
        people.staff_client(here.staff["recruiter"]).post(SAVE, {"page": "trail", "name": "x"}).status_code
        == 302
    )


def test_a_guest_of_the_parent_company_keeps_no_views(here, there):
    here.put(here.company, parent_id=there.company.id, parent_may_read=True)
    boss = people.staff_client(there.staff["auditor"])
    assert boss.post(f"/console/group/{here.company.id}/enter/").status_code == 302
    assert "保存当前筛选" not in text(boss.get("/console/audit/"))
    kept = boss.post(SAVE, {"page": "trail", "name": "总部的", "action": "audit.exported"})
    assert (kept.status_code, "not_allowed" in text(kept)) == (403, True)
    assert [here.count(SavedView), there.count(SavedView)] == [0, 0]
