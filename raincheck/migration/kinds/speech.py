"""How a file of one kind speaks: its fields, what each row needs, and headings that mean something of their own there.

`状态` is an interview's state in one file and a position's in another; everything a kind doesn't say for itself is
understood as in `fields` and `lexicon`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from raincheck.migration.fields import OF_OTHER_KINDS, Field, key_of, simplified
from raincheck.migration.kinds.names import Kind

Known = Mapping[str, tuple[Field, int, str]]


@dataclass(frozen=True)
class Speech:
    """One kind's own: its fields, those that are `needed`, its headings, and fields that are heard as others."""

    kind: Kind
    fields: frozenset[Field]
    needed: tuple[Field, ...]
    known: Known = field(default_factory=dict)
    instead: Mapping[Field, Field] = field(default_factory=dict)

    def heard(self, said: Field) -> Field | None:
        """Return what a heading of the general kind means here; None for nothing."""
        meant = self.instead.get(said, said)
        return meant if meant in self.fields else None


_PERSON = frozenset(
    {
        Field.NAME,
        Field.NAME_AND_ID,
        Field.FIRST_NAME,
        Field.LAST_NAME,
        Field.CANDIDATE_ID,
        Field.PHONE,
        Field.PHONE_CODE,
        Field.EMAIL,
        Field.ID_NUMBER,
        Field.SCHOOL,
    }
)
_WHEN = frozenset({Field.START, Field.TIME, Field.HALF, Field.END, Field.DURATION, Field.DEADLINE})
_CANCELLED = frozenset({Field.REASON, Field.REASON_NOTE, Field.CANCELLED_AT, Field.CANCELLED_BY})
_PLACE = frozenset({Field.DEPARTMENT, Field.POSITION})


def _known(**lines: str) -> Known:
    known: dict[str, tuple[Field, int, str]] = {}
    for name, line in lines.items():
        for rank, heading in enumerate(line.split("|")):
            known.setdefault(key_of(heading), (Field(name), rank, heading))
    return known


SPEECHES = {
    Kind.INTERVIEWS: Speech(
        Kind.INTERVIEWS,
        frozenset(Field) - OF_OTHER_KINDS,
        (Field.NAME, Field.POSITION, Field.START),
        _known(
            vendor="AI面试系统|AI面试平台|面试系统|ai interview system|interview vendor|interview platform",
            vendor_ref="AI面试系统编号|AI面试编号|AI面试ID|面试系统编号|ai interview id|"
            "vendor reference|vendor ref|vendor interview id",
        ),
    ),
    Kind.CANDIDATES: Speech(
        Kind.CANDIDATES,
        _PERSON | {Field.HEADLINE},
        (Field.NAME,),
        _known(
            headline="个人亮点|亮点|现任职务|当前职务|现职位|最近职务|profile summary|current job title|"
            "current role|"
            "简历摘要|一句话简历|个人简介|简介|当前职位|目前职位|现任职位|最近职位|headline|summary|"
            "current title|current position"
        ),
    ),
    Kind.APPLICATIONS: Speech(
        Kind.APPLICATIONS,
        _PERSON | _PLACE | {Field.SOURCE, Field.APPLIED_AT, Field.STAGE},
        (Field.NAME, Field.POSITION),
        _known(
            position="第一志愿|第一志愿岗位",
            stage="处理状态|处理进度|简历状态|目前进展|当前进展|投递进展|资格审查状态|审查状态|current step|"
            "current stage name|"
            "current interview stage|recruiting stage|投递状态|申请状态|应聘状态|当前阶段|招聘阶段|"
            "流程阶段|投递阶段|阶段|流程状态|候选人状态|状态|当前环节|招聘环节|流程环节|环节|"
            "application status|application stage|candidate stage|current stage|stage|pipeline stage|status",
        ),
        {Field.STATUS: Field.STAGE},
    ),
    Kind.POSITIONS: Speech(
        Kind.POSITIONS,
        _PLACE | {Field.POSITION_STATE, Field.OWNER},
        (Field.POSITION,),
        _known(
            position="职位名称|岗位名称|职位|岗位|名称|job title|position title|title|position|position name|"
            "job name|job|name|requisition title",
            position_state="req status|requisition state|职位状态|岗位状态|招聘状态|发布状态|状态|招聘进展|"
            "招聘进度|"
            "job status|position status|"
            "requisition status|status",
            owner="负责hr|招聘hr|hr负责人|招聘顾问|recruiter name|primary recruiter|招聘负责人|职位负责人|"
            "岗位负责人|负责人|负责人邮箱|招聘负责人邮箱|"
            "职位负责人邮箱|招聘专员|主负责人|owner|recruiter|job owner|"
            "position owner|owner email|recruiter email",
        ),
        {Field.STATUS: Field.POSITION_STATE},
    ),
    Kind.CANCELLATIONS: Speech(
        Kind.CANCELLATIONS,
        _PERSON | _PLACE | _WHEN | _CANCELLED | {Field.OUTCOME},
        (Field.NAME, Field.START),
        _known(
            start="原面试时间|原定面试时间|原定面试日期|原面试日期|原定日期|原定时间|interview slot|"
            "原面试开始时间|original interview time|"
            "original interview date|original start|original time",
            cancelled_at="提交取消时间|登记日期|登记时间|requested on|request date|cancel requested at|"
            "submitted at|取消申请时间|申请时间|提交时间|提出时间|取消提出时间|"
            "requested at|request time|cancellation requested at",
            cancelled_by="谁提出取消|提出方|申请人|申请方|requester|requested by",
            reason="取消原因|原因|reason category|cancel reason category",
            reason_note="补充说明|原因描述|原因说明|详细说明|具体说明|further details|reason details|"
            "reason text|details",
            outcome="处理意见|hr处理意见|审批意见|request outcome|resolution|取消结果|处理结果|审核结果|"
            "审批结果|最终结果|审批结论|审核结论|处理结论|"
            "结果|取消状态|取消申请状态|处理状态|审核状态|审批状态|申请状态|"
            "状态|outcome|result|decision|cancellation status|request status|status",
        ),
        {Field.STATUS: Field.OUTCOME},
    ),
}
#: Headings that only a list of cancellations has.
_CANCELLATIONS_ALONE = frozenset(
    map(
        key_of,
        [
            "取消结果", "取消申请状态", "取消申请时间", "取消审批结果", "cancellation status", "cancellation outcome",
        ],
    )
)  # fmt: skip


_CANCELLING = re.compile(r"取消|撤销|cancel", re.IGNORECASE)


def names_cancelling(heading: str) -> bool:
    """Say whether a heading speaks of cancelling."""
    return bool(_CANCELLING.search(simplified(heading)))


def is_of_cancellations(heading: str) -> bool:
    """Say whether a heading stands in no list but one of cancellations."""
    return key_of(heading) in _CANCELLATIONS_ALONE
