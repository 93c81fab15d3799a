"""Where a file is cut into parts is nobody's business: each is planned before the one before it is committed."""

import random

import pytest

from raincheck.migration.files import source
from raincheck.migration.models import CandidateKey, ImportedRow
from raincheck.recruiting.models import Candidate, Interview
from tests import seeds
from tests.flows.importing import rejected, scope, warned

HEAD = "候选人编号,姓名,手机号,邮箱,部门,岗位,渠道,面试时间,面试状态,取消原因\n"


def crowd(dice: random.Random) -> str:
    """Return rows about few people, with few positions and times: copies, contradictions, and all across parts."""
    rows = [_row(dice) for _ in range(50)]
    return HEAD + "".join([*rows, *dice.choices(rows, k=10)])


def _row(dice: random.Random) -> str:
    person = dice.randrange(6)
    name = f"示例{'甲乙丙丁戊己'[person if dice.random() < 0.9 else dice.randrange(6)]}"
    number = f"C{person}" if dice.random() < 0.4 else ""
    phone = f"1380000000{person}" if not number or dice.random() < 0.5 else ""
    mail = f"p{person}.{dice.randrange(2)}@example.com" if dice.random() < 0.5 else ""
    day = f"2024-0{dice.randint(1, 3)}-0{dice.randint(1, 4)} 10:00" if dice.random() < 0.9 else "2024-02-31"
    state, why = dice.choice([("已完成", ""), ("未到场", ""), ("已取消", "时间冲突"), ("已取消", "身体不适")])
    room = dice.choice(["研发部,后端", "研发部,前端", "市场部,策划"])
    return f"{number},{name},{phone},{mail},{room},渠道{person % 2},{day},{state},{why}\n"


def _stands(company: str) -> dict[str, object]:
    """Return all that was loaded, without ids."""
    path = "application__candidate__name", "application__position__title", "application__state"
    with scope(company):
        interviews = Interview.objects.values_list(*path, "application__source", "starts_at", "state")
        return {
            "interviews": sorted(interviews),
            "people": sorted(Candidate.objects.values_list("name", flat=True)),
            "keys": CandidateKey.objects.count(),
            "rows": sorted(ImportedRow.objects.values_list("number", "interview__starts_at")),
        }


@pytest.mark.parametrize("turn", range(3))
def test_however_a_file_is_cut_into_parts_the_same_stands(brought, monkeypatch, turn):
    seed = seeds.draw() + turn
    text = crowd(random.Random(seed))
    came = {}
    for size in (1000, 7, 1):
        with monkeypatch.context() as cut:
            cut.setattr(source, "PART", size)
            said = brought(text, company=f"示例{size}行企业", tz="Asia/Shanghai")
        figures = {name: said[name] for name in ("rows_in", "loaded", "rejected", "unchanged")}
        came[size] = figures, rejected(said), warned(said).get("same_row_twice"), _stands(f"示例{size}行企业")
    seeds.say(f"seed {seed}: {came[1000][0]}")
    assert came[7] == came[1000]
    assert came[1] == came[1000]
