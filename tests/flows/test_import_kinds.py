"""Files of candidates, positions, applications and past cancellations, told as an operator types it."""

import pytest

from raincheck.archive.models import HistoryRecord
from raincheck.cancellations.models import Cancellation
from raincheck.migration.rollback.undoing import roll_back
from raincheck.recruiting.models import Application, Candidate, Interview, Position
from tests import people
from tests.flows.test_import import brought, everything, future, rejected, scope, warned  # noqa: F401 (a fixture)

CANDIDATES = """\
候选人编号,姓名,手机号,邮箱,毕业院校,当前职位,备注
C-1,示例甲,13800000001,jia@example.com,示例大学,会计三年,内推
C-2,示例乙,13800000002,,,,
C-3,示例丙,13800000003,bing@example.com,示例学院,,
"""
POSITIONS = """\
职位名称,所属部门,职位状态,招聘负责人,编制
会计,财务部,招聘中,,2
后端,研发部,暂停,,1
前端,研发部,已关闭,,1
"""
APPLICATIONS = """\
候选人编号,姓名,手机号,应聘职位,投递时间,渠道,当前阶段
C-1,示例甲,13800000001,会计,2026-01-05 10:00,校园招聘,面试
C-2,示例乙,13800000002,后端,2026-01-06 10:00,内推,淘汰
C-4,示例丁,13800000004,后端,2026-01-07 10:00,内推,已录用
"""
INTERVIEWS = """\
候选人编号,姓名,手机号,应聘职位,部门,面试时间,面试状态
C-1,示例甲,13800000001,会计,财务部,2026-02-03 14:00,待面试
C-2,示例乙,13800000002,后端,研发部,2026-02-04 14:00,待面试
"""
CANCELLATIONS = """\
候选人编号,姓名,应聘职位,原面试时间,取消时间,取消原因,取消方,处理结果
C-1,示例甲,会计,2026-02-03 14:00,2026-02-02 09:30,发烧住院了,候选人,已同意
C-2,示例乙,后端,2026-02-04 14:00,2026-02-03 08:00,时间冲突,候选人,已驳回
C-9,示例壬,后端,2026-02-04 14:00,2026-02-03 08:00,时间冲突,候选人,已同意
C-2,示例乙,后端,2026-02-05 14:00,2026-02-03 08:00,时间冲突,候选人,已同意
"""
ALL = (CANDIDATES, POSITIONS, APPLICATIONS, INTERVIEWS, CANCELLATIONS)


@pytest.fixture
def bring(brought):  # noqa: F811
    return lambda text, *more, **how: brought(text, *more, tz="Asia/Shanghai", **how)


def undo(batch):
    with scope() as now:
        return roll_back(batch_id=batch.id, actor=people.system(batch.company_id), now=now)


def test_a_company_moves_in_kind_by_kind_and_nothing_is_doubled_by_doing_it_again(bring, superuser):
    said = [bring(text) for text in ALL]
    assert [one["loaded"] for one in said] == [3, 3, 3, 2, 2]
    assert ["kind" in warned(one) for one in said] == [True, True, True, False, True]
    with scope():
        assert (Candidate.objects.count(), Position.objects.count(), Application.objects.count()) == (4, 3, 3)
        assert (Interview.objects.count(), Cancellation.objects.count(), HistoryRecord.objects.count()) == (
            2,
            2,
            1,
        )
    before = everything(superuser)
    again = [bring(text) for text in ALL]
    assert [one["unchanged"] for one in again] == [3, 3, 3, 2, 2]
    assert [one["loaded"] for one in again] == [0] * 5
    assert everything(superuser) == before


@pytest.mark.parametrize("text", [CANDIDATES, POSITIONS, APPLICATIONS])
def test_a_dry_run_says_the_same_and_changes_nothing(bring, superuser, text):
    before = everything(superuser)
    dry = bring(text, way="--dry-run")
    assert everything(superuser) == before
    real = bring(text)
    assert {**dry, "rejections_file": ""} == {**real, "rejections_file": ""}
