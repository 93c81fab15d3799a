"""A school by its usual name: surely, or as it was written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raincheck.recruiting.schools import SURE, school_of, spellings_of
from raincheck.recruiting.schools.naming import _book

NAMES = sorted(_book().spellings)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("北大", "北京大学"),
        ("北京大學", "北京大学"),
        (" 上海 交通 大学 ", "上海交通大学"),
        ("ＰＫＵ", "北京大学"),
        ("peking university", "北京大学"),
        ("The University of Hong Kong", "香港大学"),
        ("國立臺灣大學", "台湾大学"),
        ("北京大学（本科）", "北京大学"),
        ("复旦大学-硕士", "复旦大学"),
        ("浙江大学紫金港校区", "浙江大学"),
        ("清华大学本部", "清华大学"),
        ("北京大学光华管理学院", "北京大学"),
        ("武汉大学 计算机学院", "武汉大学"),
        ("中国石油大学(华东)", "中国石油大学（华东）"),
        ("香港中文大学（深圳）", "香港中文大学（深圳）"),
    ],
)
def test_what_surely_means_a_school_has_its_usual_name(written, name):
    found = school_of(written)
    assert (found.name, found.confidence >= SURE) == (name, True)


@pytest.mark.parametrize(
    ("written", "options"),
    [
        ("华师", ("华中师范大学", "华南师范大学")),
        ("东大", ("东南大学", "东北大学", "东京大学")),
        ("Northeastern University", ("东北大学", "东北大学（美国）")),
        ("浙江大学城市学院", ("浙江大学",)),
        ("北京理工大学珠海学院", ("北京理工大学",)),
    ],
)
def test_what_may_be_several_or_a_school_of_its_own_stays_as_written_and_is_doubtful(written, options):
    found = school_of(written)
    assert (found.name, found.options, found.doubtful) == (written, options, True)
    assert found.confidence < SURE


@pytest.mark.parametrize("written", ["示例大学", "中国地质大学", "Example College", "", "无", "大学"])
def test_a_school_nobody_listed_stays_as_written_and_nothing_is_said_of_it(written):
    found = school_of(written)
    assert (found.name, found.doubtful) == (written, False)


@given(st.text(max_size=40))
@settings(database=None)
def test_anything_is_answered_and_below_the_line_nothing_is_changed(written):
    found = school_of(written)
    assert 0 <= found.confidence <= 1
    if found.confidence < SURE:
        assert found.name == written
    else:
        assert found.name in NAMES


@given(st.sampled_from(NAMES))
@settings(database=None, max_examples=len(NAMES))
def test_a_name_is_its_own_and_each_of_its_spellings_leads_back_to_it(name):
    assert school_of(name).name == name
    assert {school_of(spelling).name for spelling in spellings_of(name)} == {name}
    assert school_of(school_of(name).name) == school_of(name)


@given(st.sampled_from(NAMES), st.sampled_from(["{}（全日制）", " {} ", "{} (985)"]))
@settings(database=None)
def test_what_stands_beside_a_name_changes_nothing(name, way):
    assert school_of(way.format(name)).name == name
