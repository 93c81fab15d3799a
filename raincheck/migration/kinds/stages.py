"""What words of other systems mean: where an application or a position stands, what became of a request to cancel.

By the values of recruiting.models and cancellations.models; nothing here knows the tables. An unknown word is never
guessed at: its row is rejected.
"""

from raincheck.migration.fields import key_of

_STAGES = {
    "applied": "待沟通|未查看|已查看|待筛|简历筛选中|待审核|received|cv screening|cv review|已投递|投递|"
    "新投递|新简历|待筛选|筛选|筛选中|初筛|简历筛选|待处理|applied|new|new applicant|"
    "application review|screening|resume screening|resume review|lead|new lead",
    "interviewing": "已邀面试|已邀约|笔试|笔试中|take-home|final round|hr call|interview 1|interview 2|"
    "first interview|second interview|面试|面试中|待面试|安排面试|已安排面试|初试|复试|一面|"
    "二面|三面|终面|interview|interviewing|"
    "in interview|phone screen|phone interview|onsite|on-site interview|face to face",
    "interviewed": "已面试|面试完成|面试通过|interviewed|interview completed",
    "to_rebook": "待重新安排|待改期|to rebook|to be rescheduled",
    "offered": "已录用|录用|已发offer|offer|待入职|已入职|入职|offered|offer extended|offer accepted|hired|"
    "onboarded",
    "declined": "简历不通过|审查不通过|挂了|不合适|淘汰|已淘汰|未通过|不通过|已拒绝|rejected|declined|"
    "not selected|disqualified|not a fit",
    "withdrawn": "已放弃|放弃|候选人放弃|主动放弃|withdrawn|withdrew|candidate withdrew",
    "pooled": "已入人才库|人才库|入库|储备|talent pool|pooled|in talent pool",
}
_POSITION_STATES = {
    "open": "开放|招聘中|在招|启用|发布中|已发布|open|active|published|live|recruiting",
    "frozen": "已冻结|冻结|暂停|已暂停|暂停招聘|挂起|frozen|on hold|paused|suspended",
    "closed": "已到岗|已关闭|关闭|停用|已停用|已结束|已招满|下线|已下线|closed|filled|archived|inactive|"
    "cancelled|canceled",
}
#: `open` isn't settled yet, and so can't be the history's.
_OUTCOMES = {
    "completed": "同意取消|已同意取消|已取消|取消|取消成功|已同意|同意|已批准|批准|已通过|通过|cancelled|"
    "canceled|completed|"
    "approved|granted|accepted",
    "rejected": "不同意取消|拒绝取消|已驳回|驳回|已拒绝|拒绝|不同意|未通过|rejected|declined|denied|refused",
    "withdrawn": "已撤回|撤回|withdrawn|retracted",
    "open": "审批中|待审批|未处理|pending review|取消中|待审核|审核中|处理中|待处理|pending|in review|"
    "processing|open",
}


def _read(lines: dict[str, str]) -> dict[str, str]:
    return {key_of(word): meaning for meaning, line in lines.items() for word in (meaning, *line.split("|"))}


#: Each word, compared, → what it means.
STAGES, POSITION_STATES, OUTCOMES = map(_read, (_STAGES, _POSITION_STATES, _OUTCOMES))
