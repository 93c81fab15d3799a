"""Which column is what where no list of headings says it: by words, slips of the keys, values; and asked if unsure."""

import pytest

from bench.mapping import held_out, of_others, of_strangers, of_witnesses
from raincheck.migration import refusals
from raincheck.migration.columns.mapping import find_mapping
from raincheck.migration.fields import KNOWN, Field, key_of
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.recognising import find_kind
from raincheck.migration.kinds.stages import POSITION_STATES
from raincheck.migration.values.meanings import meaning
from tests.headings import HELD_OUT, lists

DAYS = [f"2026-03-{day:02d} 10:00" for day in range(1, 7)]
PEOPLE = ["王伟", "李娜", "张敏", "刘强", "陈静", "赵军"]
PHONES = [f"138000000{n:02d}" for n in range(6)]
JOBS = ["会计"] * 6


def mapping(headings, *columns, said=(), above=()):
    """Map a table given by its columns."""
    lines = [*above, headings, *map(list, zip(*columns, strict=True))]
    return find_mapping(list(enumerate(lines, start=1)), said=said)


def fields(found):
    return [column.field for column in found.columns]


def test_what_nobody_listed_is_understood_by_its_words_and_values():
    found = mapping(
        ["求职人姓名", "Applicant's cell no.", "意向岗位", "预定面试时刻"], PEOPLE, PHONES, JOBS, DAYS
    )
    assert fields(found) == [Field.NAME, Field.PHONE, Field.POSITION, Field.START]
    assert all(0.75 <= column.confidence < 1 for column in found.columns)
    assert "100%" in found.columns[1].why.en


def test_headings_in_traditional_characters_are_those_in_simplified_ones():
    found = mapping(["候選人", "手機號碼", "應徵職位", "面試時間"], PEOPLE, PHONES, JOBS, DAYS)
    assert fields(found) == [Field.NAME, Field.PHONE, Field.POSITION, Field.START]


def test_abbreviations_of_a_databases_columns_and_a_rounds_own_time_are_understood():
    found = mapping(["cand_nm", "cand_mob", "req_title", "一面时间"], PEOPLE, PHONES, JOBS, DAYS)
    assert fields(found) == [Field.NAME, Field.PHONE, Field.POSITION, Field.START]
    # Of two rounds in one row neither comes first.
    with pytest.raises(refusals.Refused):
        mapping(["人选", "岗位", "一面时间", "二面时间"], PEOPLE, JOBS, DAYS, DAYS)


def test_slips_of_the_keys_are_forgiven():
    assert fields(mapping(["Candidat Name", "Positon name", "Interveiw Date"], PEOPLE, JOBS, DAYS)) == [
        Field.NAME,
        Field.POSITION,
        Field.START,
    ]


def test_a_heading_that_lacks_a_word_or_says_what_a_thing_is_like_is_no_slip():
    headings = ["姓名", "岗位", "面试时间", "Canceled", "Job type", "面试地点", "Interview name"]
    others = ["TRUE", "FALSE", "TRUE", "TRUE", "FALSE", "TRUE"], JOBS, ["示例楼"] * 6, ["First round"] * 6
    assert fields(mapping(headings, PEOPLE, JOBS, DAYS, *others))[3:] == [None] * 4


@pytest.mark.parametrize("heading", ["面试官手机", "紧急联系人电话", "Recruiter phone", "Parent's mobile"])
def test_what_is_somebody_elses_is_never_taken(heading):
    assert fields(mapping(["姓名", "岗位", "面试时间", heading], PEOPLE, JOBS, DAYS, PHONES))[3] is None


def test_values_alone_are_asked_about_and_an_answer_settles_it():
    columns = PEOPLE, JOBS, DAYS, PHONES
    with pytest.raises(refusals.NotSure, match="--map '#4=phone'") as asked:
        mapping(["姓名", "岗位", "面试时间", "甲"], *columns)
    assert "13800" not in str(asked.value)
    assert (
        fields(mapping(["姓名", "岗位", "面试时间", "甲"], *columns, said=(("#4", "phone"),)))[3]
        is Field.PHONE
    )
    assert fields(mapping(["姓名", "岗位", "面试时间", "甲"], *columns, said=(("#4", "-"),)))[3] is None


def test_a_heading_that_its_values_contradict_is_asked_about():
    mails = [f"p{n}@example.com" for n in range(6)]
    with pytest.raises(refusals.NotSure, match="e-mail addresses"):
        mapping(["姓名", "岗位", "面试时间", "手机号"], PEOPLE, JOBS, DAYS, mails)


def test_two_rows_of_headings_with_merged_cells_are_put_together():
    groups = ["候选人", "", "面试官", "", "岗位", "面试", ""]
    below = ["姓名", "手机", "姓名", "手机", "", "时间", "状态"]
    found = mapping(below, PEOPLE, PHONES, PEOPLE, PHONES, JOBS, DAYS, ["待面试"] * 6, above=[groups])
    assert fields(found) == ["name", "phone", "interviewers", None, "position", "start", "status"]
    assert found.heading_row == 2
    assert found.columns[1].heading == "候选人 › 手机"


def test_the_same_headings_in_a_second_language_are_no_row_of_data():
    above = ["Name", "Phone", "Position", "Interview time"]
    found = mapping(["姓名", "手机", "岗位", "面试时间"], PEOPLE, PHONES, JOBS, DAYS, above=[above])
    assert found.heading_row == 2


def test_repeated_groups_of_several_interviews_are_asked_about():
    with pytest.raises(refusals.TwoColumns):
        mapping(["姓名", "岗位", "面试时间1", "面试时间2"], PEOPLE, JOBS, DAYS, DAYS)


def test_held_out_headings_are_not_in_the_list_and_mostly_found():
    """The figures of docs/reference/mapping.md, held to a floor."""
    listed = [heading for headings in HELD_OUT.values() for heading in headings if key_of(heading) in KNOWN]
    assert listed == []
    score = held_out(80)
    assert score.precision >= 0.99
    assert score.recall >= 0.9
    assert lists(1, seed=3) == lists(1, seed=3)


def test_lists_by_another_hand_are_mostly_found_and_nothing_of_them_is_taken_wrongly():
    score = of_others()
    assert (score.precision, score.wrong) == (1, 0)
    assert score.recall >= 0.8


def test_nothing_that_only_sounds_like_a_field_is_taken_for_it_in_lists_by_a_third_hand():
    score = of_strangers()
    assert (score.precision, score.wrong) == (1, 0)
    assert score.recall >= 0.88


def test_panels_links_and_scores_in_lists_by_a_fourth_hand_are_mostly_found_and_none_is_taken_wrongly():
    score = of_witnesses()
    assert (score.precision, score.wrong) == (1, 0)
    assert score.recall >= 0.8


def test_a_column_of_reasons_is_asked_about_whatever_its_heading():
    why = ["时间冲突", "家里老人住院了", "got another offer", "临时有课", "", "already found a new job"]
    with pytest.raises(refusals.NotSure) as asked:
        mapping(["姓名", "岗位", "面试时间", "情况"], PEOPLE, JOBS, DAYS, why)
    assert "取消原因" in str(asked.value)
    # One text in every row is nobody's reason, and a column that gives reasons already leaves no question.
    assert fields(mapping(["姓名", "岗位", "面试时间", "情况"], PEOPLE, JOBS, DAYS, ["设备"] * 6))[3] is None
    found = mapping(["姓名", "岗位", "面试时间", "取消原因", "情况"], PEOPLE, JOBS, DAYS, why, why)
    assert fields(found)[3:] == [Field.REASON, None]


def test_a_question_is_a_heading_too():
    headings = ["姓名", "岗位", "面试时间", "为什么取消", "How did you hear about us?", "用人团队"]
    why, sources = ["时间冲突", "", "其他", "", "记不清", ""], ["内推"] * 6
    found = mapping(headings, PEOPLE, JOBS, DAYS, why, sources, ["研发"] * 6)
    assert fields(found)[3:] == [Field.REASON, Field.SOURCE, Field.DEPARTMENT]


def test_a_known_heading_of_which_no_value_is_a_word_of_its_field_is_asked_about():
    headings, jobless = ["姓名", "岗位", "面试时间", "状态"], ["在职", "离职", "应届", "在职", "离职", "应届"]
    with pytest.raises(refusals.NotSure, match="none of the values"):
        mapping(headings, PEOPLE, JOBS, DAYS, jobless)
    # One that is leaves no question: the others are said row by row.
    assert fields(mapping(headings, PEOPLE, JOBS, DAYS, ["待面试", *jobless[1:]]))[3] is Field.STATUS
    assert fields(mapping(headings, PEOPLE, JOBS, DAYS, [""] * 6))[3] is Field.STATUS


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("测评得分", "88"),
        ("笔试成绩", "88"),
        ("简历评分", "88"),
        ("GPA", "3.8"),
        ("面试官评价", "88"),
        ("简历链接", "https://example.com/cv"),
        ("面试地址", "三号楼"),
        ("来源地", "江苏"),
        ("现任职位", "会计"),
        ("内推员工邮箱", "e@example.com"),
        ("同事手机", "13800000001"),
        ("started_at", ""),
        ("finished_at", "2026-03-01 10:30"),
    ],
)
def test_what_only_sounds_like_a_field_is_not_taken_for_it(heading, value):
    headings = ["姓名", "岗位", "面试时间", heading]
    try:
        found = mapping(headings, PEOPLE, JOBS, DAYS, [value] * 6)
    except refusals.NotSure:
        return
    assert fields(found)[3] is None


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("背调状态", ["已完成", "未开始"] * 3),
        ("笔试状态", ["已完成", "未开始"] * 3),
        ("辅导员手机", PHONES),
        ("体检邮箱", [f"p{n}@example.com" for n in range(6)]),
        ("所在地部门", ["研发"] * 6),
    ],
)
def test_a_word_nobody_knows_is_asked_about_however_well_the_values_fit(heading, values):
    with pytest.raises(refusals.NotSure, match="a word of the heading isn't known"):
        mapping(["姓名", "岗位", "面试时间", heading], PEOPLE, JOBS, DAYS, values)


def test_the_beginning_of_something_else_is_no_time_of_day_of_the_interview():
    days, jobs = [day[:10] for day in DAYS], ["2026-06-01 09:00"] * 6
    found = mapping(["姓名", "岗位", "面试日期", "实习开始时间"], PEOPLE, JOBS, days, jobs)
    assert fields(found)[2:] == [Field.START, None]
    # A bare 日期 may be the day of the entry, where another column says when the interview is.
    found = mapping(["日期", "姓名", "岗位", "面试时间"], days, PEOPLE, JOBS, DAYS)
    assert fields(found) == [None, Field.NAME, Field.POSITION, Field.START]


def test_a_bare_name_beside_a_candidates_is_asked_about():
    with pytest.raises(refusals.TwoColumns):
        mapping(["姓名", "候选人", "岗位", "面试时间"], PEOPLE, PEOPLE[::-1], JOBS, DAYS)


def test_a_column_of_times_of_day_is_the_time_beside_a_date_whatever_its_heading():
    clocks = ["14:30-15:00"] * 6
    days = [day[:10] for day in DAYS]
    for headings in (
        ["面試日期", "面試時段"],
        ["预约日期", "预约时间"],
        ["Interview date", "Planned time slot"],
    ):
        found = mapping(["姓名", "岗位", *headings], PEOPLE, JOBS, days, clocks)
        assert fields(found)[2:] == [Field.START, Field.TIME], headings


def test_a_bare_date_is_no_better_than_one_that_says_of_what_it_is():
    """日期 beside 预约日期 may be the day the row was written."""
    days = [day[:10] for day in DAYS]
    columns = PEOPLE, JOBS, days, days, ["10:00"] * 6
    with pytest.raises(refusals.TwoColumns, match="#3"):
        mapping(["姓名", "岗位", "日期", "预约日期", "预约时间"], *columns)
    found = mapping(["姓名", "岗位", "日期", "预约日期", "预约时间"], *columns, said=(("#3", "-"),))
    assert fields(found)[2:] == [None, Field.START, Field.TIME]


@pytest.mark.parametrize(
    "headings",
    [
        ["xingming", "yingpin_gangwei", "mianshi_shijian"],
        ["Cand.", "Pos.", "Intvw Dt"],
        ["投递人", "应聘方向", "面试日期/面试时间段"],
    ],
)
def test_pinyin_and_abbreviations_are_known(headings):
    assert fields(mapping(headings, PEOPLE, JOBS, DAYS)) == [Field.NAME, Field.POSITION, Field.START]


HUNDRED, FIVES = ["88", "92.5", "60", "71", "66", ""], ["4", "5", "3", "4.5", "2", ""]
LINKS = [f"https://meet.example.com/{n}" for n in range(6)]


@pytest.mark.parametrize(
    ("heading", "values", "field"),
    [
        ("综合得分", HUNDRED, "score_100"),
        ("沟通能力", HUNDRED, "score_100"),
        ("AI评分 › 背景", HUNDRED, "score_100"),
        ("scores.whatever", HUNDRED, "score_100"),
        ("逻辑（满分5）", FIVES, "score"),
        ("Rating (1-5)", FIVES, "score"),
        ("Score", ["4/5", "3/5", "18/20", "5/5", "1/5", ""], "score"),
        ("評分", [""] * 6, "score"),
        ("面试官", PEOPLE, "interviewers"),
        ("主面试官", PEOPLE, "interviewers"),
        ("面试官2", PEOPLE, "interviewers"),
        ("Interviewer 面试官", PEOPLE, "interviewers"),
        ("interviewers.0.email", [f"p{n}@example.com" for n in range(6)], "interviewers"),
        ("面试链接（必填）", LINKS, "link"),
        ("面试地址", LINKS, "link"),
        ("Meeting URL", [f"Zoom: {link}" for link in LINKS], "link"),
    ],
)
def test_what_lies_beside_an_interview_is_known(heading, values, field):
    assert fields(mapping(["姓名", "岗位", "面试时间", heading], PEOPLE, JOBS, DAYS, values))[3] == field


@pytest.mark.parametrize(
    ("heading", "values", "field"),
    [
        # Of how many?
        ("综合得分", FIVES, "score_5"),
        ("综合得分", ["9", "8.5", "7", "6", "10", ""], "score_10"),
        ("综合得分", ["19", "18.5", "17", "16", "10", ""], "score_100"),
        # What is scored?
        ("稳健度得分", HUNDRED, "score_100"),
        # Of what?
        ("链接", LINKS, "link"),
        ("面试官", PHONES, "interviewers"),
    ],
)
def test_where_it_is_not_sure_what_lies_beside_an_interview_a_person_is_asked(heading, values, field):
    with pytest.raises(refusals.NotSure, match=f"--map '#4={field}'"):
        mapping(["姓名", "岗位", "面试时间", heading], PEOPLE, JOBS, DAYS, values)


@pytest.mark.parametrize("values", [["150", "120"] * 3, ["优", "良"] * 3])
def test_scores_that_nobody_could_place_are_left_with_their_rows(values):
    assert fields(mapping(["姓名", "岗位", "面试时间", "评分"], PEOPLE, JOBS, DAYS, values))[3] is None


def test_scores_and_interviewers_may_stand_in_several_columns_and_one_settled_leaves_the_others():
    headings = ["姓名", "岗位", "面试时间", "面试官1", "面试官2", "沟通", "逻辑", "综合得分"]
    columns = PEOPLE, JOBS, DAYS, PEOPLE, PEOPLE, HUNDRED, HUNDRED, FIVES
    found = mapping(headings, *columns, said=(("综合得分", "score_5"),))
    assert fields(found)[3:] == [
        "interviewers", "interviewers", "score_100", "score_100", "score_5",
    ]  # fmt: skip


def table(*lines):
    """Return a file's rows as its readers give them."""

    class Rows:
        def rows(self):
            return enumerate([list(line) for line in lines], start=1)

    return Rows()


CANCELLED = [
    ["示例甲", "13800000001", "会计", "2026-04-14 13:15", "2026-04-13 11:04", "周敏", "身体不适", "同意"],
    ["示例乙", "13800000002", "会计", "2026-04-15 13:15", "2026-04-14 11:04", "孙悦", "时间冲突", "驳回"],
    ["示例丙", "13800000003", "会计", "2026-04-16 13:15", "2026-04-15 11:04", "周敏", "身体不适", "同意"],
]
ASKED_FOR = [
    "候选人姓名",
    "候选人手机",
    "应聘岗位",
    "原面试时间",
    "申请时间",
    "申请人",
    "取消原因",
    "审批结果",
]


def test_a_list_whose_rows_all_tell_of_a_cancellation_is_one_of_cancellations():
    found = find_kind(table(ASKED_FOR, *CANCELLED), said=())
    assert found.kind is Kind.CANCELLATIONS
    # Who asked for it in the name of whom is no candidate, HR or company.
    assert fields(found)[3:] == ["start", "cancelled_at", None, "reason", "outcome"]


def test_when_somebody_applied_and_with_what_result_is_no_cancellation():
    headings = [*ASKED_FOR[:3], "面试时间", "申请时间", "备注", "结果说明"]
    rows = [[*row[:5], "请带简历", "同意"] for row in CANCELLED]
    assert find_kind(table(headings, *rows), said=()).kind is Kind.INTERVIEWS


def test_what_a_list_of_another_kind_asks_about_is_asked_as_of_that_kind():
    headings = [*ASKED_FOR[:4], "提交取消的确切时间", *ASKED_FOR[5:]]
    with pytest.raises(refusals.NotSure) as asked:
        find_kind(table(headings, *CANCELLED), said=())
    assert asked.value.kind == Kind.CANCELLATIONS


def test_what_somebody_is_now_makes_no_list_of_applications():
    headings = ["姓名", "电话", "毕业院校", "最近职位"]
    rows = [[name, phone, "示例大学", "示例公司 · 会计"] for name, phone in zip(PEOPLE, PHONES, strict=True)]
    found = find_kind(table(headings, *rows), said=())
    assert (found.kind, fields(found)[3]) == (Kind.CANDIDATES, "headline")


def test_a_title_above_a_list_is_no_heading_whatever_it_says():
    rows = [["会计", "财务部", "招聘中"], ["工程师", "研发部", "已关闭"]]
    found = find_kind(table(["2026年岗位一览表", "", ""], ["岗位", "部门", "状态"], *rows), said=())
    assert (found.kind, found.heading_row) == (Kind.POSITIONS, 2)


@pytest.mark.parametrize(
    ("heading", "values", "field"),
    [
        ("手機 Mobile", ["5500 2477", "+852 5500 9434"] * 3, "phone"),
        ("部门 / Dept.", JOBS, "department"),
        ("应聘者ID", [f"C{n:05}" for n in range(6)], "candidate_id"),
        ("时段", ["上午", "下午"] * 3, "half"),
        ("是否签到", ["√", "×"] * 3, "attended"),
        ("您的手机号", PHONES, "phone"),
    ],
)
def test_headings_as_people_write_them(heading, values, field):
    assert fields(mapping(["姓名", "岗位", "面试时间", heading], PEOPLE, JOBS, DAYS, values))[3] == field


def test_an_applicant_in_two_languages_is_the_name():
    assert fields(mapping(["應徵者 Candidate", "职位 Position", "面試時間 Time"], PEOPLE, JOBS, DAYS)) == [
        "name", "position", "start",
    ]  # fmt: skip


def test_when_an_interview_was_begun_is_asked_about_where_nothing_says_when_it_was_to_be():
    with pytest.raises(refusals.NotSure, match="--map '#3=start'"):
        mapping(["name", "position", "started_at"], PEOPLE, JOBS, DAYS)
    assert fields(mapping(["name", "position", "start", "started_at"], PEOPLE, JOBS, DAYS, DAYS))[3] is None


def test_a_word_in_two_languages_is_what_both_halves_say():
    assert meaning("Open 招聘中", POSITION_STATES) == "open"
    assert meaning("Open 已关闭", POSITION_STATES) is None
    assert meaning("Open 替补", POSITION_STATES) is None


def test_an_export_of_ai_interviews_that_asks_about_its_times_is_no_list_of_cancellations():
    headings = ["候选人姓名", "手机号", "应聘职位", "开始作答时间", "提交时间", "面试状态", "综合得分"]
    rows = [
        [name, phone, "会计", f"{day}:05", f"{day}:45", "已完成", "71.6"]
        for name, phone, day in zip(PEOPLE, PHONES, DAYS, strict=True)
    ]
    with pytest.raises(refusals.NotSure) as asked:
        find_kind(table(headings, *rows), said=())
    assert (asked.value.kind, asked.value.pairs) == (Kind.INTERVIEWS, (("#4", "start"),))
