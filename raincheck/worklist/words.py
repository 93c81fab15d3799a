"""What each kind of task is called in messages, which take both languages along.

Its page says more (console/task_words.py).
"""

from raincheck.worklist.models import Kind

TASK_WORDS = {
    Kind.REVIEW_ESCALATED: {"zh": "审核超时", "en": "Review overdue"},
    Kind.REVOKE_BY_HAND: {"zh": "请人工撤销面试链接", "en": "Revoke the interview link by hand"},
    Kind.VENDOR_PENDING: {"zh": "AI面试系统仍未确认取消", "en": "The AI interview system hasn't agreed yet"},
    Kind.MISMATCH: {"zh": "与AI面试系统记录不一致", "en": "The AI interview system's record differs"},
    Kind.CONTRADICTED: {"zh": "取消后面试仍被进行", "en": "The interview was taken after its cancellation"},
    Kind.MOVE_FAILED: {"zh": "归档校验失败", "en": "Archiving failed its checks"},
    Kind.INVITE_FAILED: {"zh": "AI面试系统邀请失败", "en": "The AI interview system couldn't invite"},
    Kind.RESCHEDULE_FAILED: {
        "zh": "改期未能同步到AI面试系统",
        "en": "The new time didn't reach the AI interview system",
    },
    Kind.NOBODY_REACHED: {"zh": "通知未能送达", "en": "A message reached nobody"},
    Kind.ANSWER_AT_RISK: {
        "zh": "1分钟内的确认将逾时",
        "en": "Answers owed within a minute are about to be late",
    },
    Kind.OUTCOME_AT_RISK: {
        "zh": "15分钟内的处理将逾时",
        "en": "Outcomes owed within 15 minutes are about to be late",
    },
    Kind.JOB_FAILED: {"zh": "后台作业多次失败，已停止重试", "en": "Background jobs have given up"},
    Kind.DIFFERENCE: {
        "zh": "对账发现AI面试系统与本平台不一致",
        "en": "A reconciliation found the AI interview system and us at odds",
    },
    Kind.CALENDAR_UNREACHED: {
        "zh": "日程未能写入日历服务器",
        "en": "Appointments don't reach the calendar server",
    },
    Kind.CHANNEL_BROKEN: {"zh": "通知渠道需要修复", "en": "A message channel needs mending"},
    Kind.COPY_WANTED: {"zh": "候选人索取个人信息副本", "en": "A candidate wants a copy of their data"},
    Kind.ERASURE_WANTED: {"zh": "候选人要求删除个人信息", "en": "A candidate wants their data erased"},
    Kind.QUARANTINED: {
        "zh": "导入的文件中有行未通过检查",
        "en": "Rows of an imported file failed a check",
    },
    Kind.UNCLEAR_REASONS: {
        "zh": "导入的取消原因有待归类",
        "en": "Reasons of an imported file are to be sorted",
    },
    Kind.IMPORT_STOPPED: {"zh": "导入没有完成就停下了", "en": "An import stopped before its end"},
    Kind.OTHER_TIME_WANTED: {"zh": "候选人希望改期", "en": "A candidate would like another time"},
    Kind.VENDOR_DOWN: {"zh": "AI面试系统无响应", "en": "The AI interview system doesn't answer"},
}
