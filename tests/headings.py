"""Lists with headings of many hands: shuffled, renamed, in two languages, padded.

`HELD_OUT` was written before the product's own words for headings were extended, and none of it is in their list
(a test holds that): how well the mapping does on it says something of files nobody here has seen. Everybody in
here is made up.
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英华平刚桂兰"
FIRST = ("Asha", "Ben", "Carla", "Deniz", "Emil", "Farah", "Goran", "Hana", "Ivo", "Jana")
LAST = ("Rao", "Novak", "Meyer", "Okafor", "Silva", "Tanaka", "Ueno", "Varga", "Weiss", "Zhang")
Maker = Callable[[random.Random], str]

#: Headings of each field that the product's list does not contain.
HELD_OUT: dict[str, tuple[str, ...]] = {
    "name": (
        "求职人姓名",
        "应聘人员",
        "人选姓名",
        "考生姓名",
        "姓名（中文）",
        "Applicant's full name",
        "Name of candidate",
        "Talent name",
        "Interviewee name",
        "candFullName",
    ),
    "phone": (
        "手机号码（必填）",
        "联络电话",
        "本人手机",
        "求职者联系电话",
        "移动电话号码",
        "Cell no.",
        "Contact phone number",
        "Applicant mobile",
        "Mobile No",
        "tel_number",
    ),
    "email": (
        "E-MAIL地址",
        "电邮",
        "个人邮箱",
        "应聘者电子邮箱",
        "Mail ID",
        "Email ID",
        "Applicant e-mail",
        "Contact e-mail address",
        "email_addr",
    ),
    "id_number": (
        "居民身份证号",
        "身份证件号码",
        "公民身份号码",
        "Identity card no.",
        "National ID No",
        "ID card number",
    ),
    "position": (
        "意向岗位",
        "所投职位",
        "招聘职位名称",
        "面试的岗位",
        "申请职务",
        "Job applied for",
        "Role title",
        "Vacancy name",
        "Opening",
        "Hiring for",
    ),
    "department": ("需求单位", "用人单位部门", "事业部", "Hiring dept.", "Division", "Org unit"),
    "school": (
        "最高学历毕业学校",
        "毕业高校",
        "本科院校",
        "College / University",
        "Graduated from",
        "Alma mater name",
    ),
    "source": (
        "简历渠道",
        "候选人来源渠道",
        "信息来源",
        "Sourcing channel",
        "Referral source",
        "Source of application",
    ),
    "start": (
        "约面时间",
        "面试开始",
        "AI面试时间",
        "预定面试时刻",
        "笔面试日期",
        "Interview slot start",
        "Interview scheduled on",
        "Starts",
        "Interview begins",
        "Meeting start",
        "interviewStartTs",
    ),
    "end": ("面试结束", "预计结束时间", "Interview finishes", "Slot end", "Meeting end", "Finish time"),
    "duration": ("面试用时", "预计时长（分）", "Minutes", "Length in minutes", "Time allotted (min)"),
    "status": (
        "面试结果状态",
        "安排状态",
        "候选人面试状态",
        "Interview progress",
        "Current status",
        "Booking status",
        "Stage status",
    ),
    "reason": (
        "取消的原因",
        "未面试原因",
        "放弃原因",
        "Why cancelled",
        "Reason of cancelation",
        "Cancellation cause",
    ),
    "candidate_id": ("应聘者ID", "简历编号", "候选人唯一标识", "Talent ID", "Applicant no.", "Person ID"),
}
#: Columns that are none of ours, some of them baits: somebody else's phone, name or time.
NOBODYS: dict[str, Maker] = {}
#: Columns that lie beside the interview, with the field that each is; all of them are known headings.
BESIDE: dict[str, str] = {
    "面试官": "interviewers",
    "Interviewer name": "interviewers",
    "Interviewer email": "interviewers",
    "面试链接": "link",
}


def chinese_name(dice: random.Random) -> str:
    """Return a made-up name."""
    return dice.choice(FAMILY) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2, 2))))


def latin_name(dice: random.Random) -> str:
    """Return a made-up name."""
    return f"{dice.choice(FIRST)} {dice.choice(LAST)}"


def name(dice: random.Random) -> str:
    """Return a made-up name of either kind."""
    return dice.choice((chinese_name, latin_name))(dice)


def phone(dice: random.Random) -> str:
    """Return a number of the form Chinese mobiles have."""
    number = f"1{dice.choice('3578')}{dice.randrange(10**9):09d}"
    return dice.choice((number, f"+86 {number}", f"{number[:3]}-{number[3:7]}-{number[7:]}"))


def id_number(dice: random.Random) -> str:
    """Return 18 characters whose check digit holds."""
    born = datetime(1980, 1, 1, tzinfo=UTC) + timedelta(days=dice.randrange(9000))
    front = f"{dice.choice(('110101', '310104', '440305'))}{born:%Y%m%d}{dice.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return front + "10X98765432"[sum(int(d) * w for d, w in zip(front, weights, strict=True)) % 11]


def moment(dice: random.Random) -> str:
    """Return a time of the last year."""
    at = datetime(2025, 3, 1, 9, tzinfo=UTC) + timedelta(minutes=30 * dice.randrange(9000))
    return at.strftime("%Y-%m-%d %H:%M")


VALUES: dict[str, Maker] = {
    "name": name,
    "phone": phone,
    "email": lambda dice: f"p{dice.randrange(10**6)}@example.{dice.choice(('com', 'org', 'net'))}",
    "id_number": id_number,
    "position": lambda dice: dice.choice(
        ("数据分析师", "Java工程师", "产品经理", "Sales lead", "Nurse", "会计")
    ),
    "department": lambda dice: dice.choice(("研发部", "市场中心", "财务部", "Operations", "Data platform")),
    "school": lambda dice: dice.choice(("示例大学", "东湖学院", "Example University", "North College", "")),
    "source": lambda dice: dice.choice(("BOSS直聘", "内推", "官网", "LinkedIn", "校招")),
    "start": moment,
    "end": moment,
    "duration": lambda dice: dice.choice(("30", "45", "60")),
    "status": lambda dice: dice.choice(("待面试", "已完成", "已取消", "未到", "completed", "scheduled")),
    "reason": lambda dice: dice.choice(("", "", "时间冲突", "生病", "schedule conflict", "已接受其他offer")),
    "candidate_id": lambda dice: f"C{dice.randrange(10**6):06d}",
}
NOBODYS |= {
    "面试官": chinese_name,
    "面试官电话": phone,
    "Interviewer name": latin_name,
    "Interviewer email": VALUES["email"],
    "HR负责人": chinese_name,
    "Recruiter": latin_name,
    "紧急联系人电话": phone,
    "创建时间": moment,
    "Last updated": moment,
    "备注": lambda dice: dice.choice(("", "请提前十分钟", "second round")),
    "面试链接": lambda dice: f"https://meet.example.com/{dice.randrange(10**6)}",
    "面试轮次": lambda dice: dice.choice(("1", "2", "3")),
    "性别": lambda dice: dice.choice("男女"),
    "Location": lambda dice: dice.choice(("Shanghai", "Pune", "深圳")),
    "期望薪资": lambda dice: str(dice.randrange(8, 60) * 1000),
    "工作年限": lambda dice: str(dice.randrange(12)),
    "Reminder sent": lambda dice: dice.choice(("Yes", "No")),
    "序号": lambda dice: str(dice.randrange(1, 999)),
}
NEEDED = ("name", "position", "start")


def lists(
    count: int, *, seed: int, headings: dict[str, tuple[str, ...]] = HELD_OUT
) -> list[tuple[list[list[str]], list[str | None]]]:
    """Return so many (table with its heading row, true field of each column or None)."""
    dice = random.Random(seed)
    return [_one(dice, headings) for _ in range(count)]


def _one(
    dice: random.Random, headings: dict[str, tuple[str, ...]]
) -> tuple[list[list[str]], list[str | None]]:
    others = [field for field in headings if field not in NEEDED]
    fields = [*NEEDED, *dice.sample(others, dice.randrange(3, 8))]
    columns: list[tuple[str, str | None, Maker]] = [
        (_written(dice, dice.choice(headings[field])), field, VALUES[field]) for field in fields
    ]
    columns += [
        (heading, BESIDE.get(heading), NOBODYS[heading])
        for heading in dice.sample(list(NOBODYS), dice.randrange(1, 6))
    ]
    dice.shuffle(columns)
    table = [[heading for heading, _, _ in columns]]
    table += [[make(dice) for _, _, make in columns] for _ in range(dice.randrange(12, 40))]
    return table, [field for _, field, _ in columns]


def _written(dice: random.Random, heading: str) -> str:
    """Write a heading as people do: padded, in another case, with a star for what must be filled in."""
    ways: tuple[Callable[[str], str], ...] = (
        lambda text: text,
        lambda text: f"  {text} ",
        lambda text: text.upper(),
        lambda text: f"{text}*",
        lambda text: text.replace(" ", "_"),
        lambda text: text.replace(" ", "  "),
    )
    return dice.choice(ways)(heading)
