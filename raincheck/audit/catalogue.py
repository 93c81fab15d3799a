"""Every deed that is recorded, with its words; and which of them people are told of."""

from collections.abc import Mapping
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Action(TextChoices):
    """The verbs of the audit trail."""

    COMPANY_FOUNDED = "company.founded", _("建立企业")
    STAFF_ADDED = "staff.added", _("添加员工")
    STAFF_INVITED = "staff.invited", _("邀请员工")
    INVITATION_WITHDRAWN = "staff.invitation_withdrawn", _("撤回员工邀请")
    STAFF_JOINED = "staff.joined", _("员工接受邀请")
    STAFF_ROLES_CHANGED = "staff.roles_changed", _("修改员工角色")
    STAFF_LEFT = "staff.left", _("员工离职交接")
    STAFF_SIGNED_IN = "staff.signed_in", _("员工登录")
    SESSIONS_ENDED = "staff.sessions_ended", _("结束登录会话")
    PASSWORD_CHANGED = "staff.password_changed", _("修改登录密码")
    FACTOR_CHANGED = "staff.factor_changed", _("修改两步验证")
    ACCOUNT_CONNECTED = "staff.account_connected", _("关联或解除第三方登录")
    KEY_MADE = "key.made", _("新建API密钥")
    KEY_REVOKED = "key.revoked", _("吊销API密钥")
    PARENT_GRANTED = "company.parent_granted", _("总部查看权限变更")
    PARENT_LOOKED = "company.parent_looked", _("总部人员查看本企业")
    VENDOR_ADDED = "vendor.added", _("添加AI面试系统账号")
    VENDOR_CHANGED = "vendor.changed", _("修改AI面试系统账号")
    CALENDAR_FEED = "calendar.feed", _("日历订阅变更")
    CALENDAR_SERVER = "calendar.server", _("修改日历服务器")
    CHANNEL_CHANGED = "channel.changed", _("修改通知渠道")
    CHANNEL_TESTED = "channel.tested", _("试发通知")
    RECONCILE_ASKED = "vendor.reconcile_asked", _("要求与AI面试系统对账")
    RECONCILED = "interview.reconciled", _("对账后按AI面试系统的记录自动修复")
    SIGNED_IN = "candidate.signed_in", _("候选人登录")
    IMPORTED = "company.imported", _("导入数据")
    IMPORTED_PART = "company.import_part", _("导入数据的一部分")
    UPLOADED = "upload.received", _("上传待导入的文件")
    LOAD_ASKED = "upload.confirmed", _("确认导入文件")
    UPLOAD_GONE = "upload.gone", _("待导入的文件已销毁")
    ROWS_MENDED = "import.rows_mended", _("更正或重试被拒绝的行")
    ROWS_DISCARDED = "import.rows_discarded", _("舍弃被拒绝的行")
    ROWS_TAKEN = "import.rows_taken", _("下载被拒绝的行")
    REASONS_SORTED = "import.reasons_sorted", _("归类导入的取消原因")
    INTERVIEW_IMPORTED = "interview.imported", _("由文件导入")
    INTERVIEW_SCHEDULED = "interview.scheduled", _("安排面试")
    INTERVIEW_INVITED = "interview.invited", _("AI面试系统已发出邀请")
    INVITE_FAILED = "interview.invite_failed", _("AI面试系统邀请失败")
    INTERVIEW_RESCHEDULED = "interview.rescheduled", _("改期")
    RESCHEDULE_AGREED = "interview.reschedule_agreed", _("AI面试系统已确认改期")
    RESCHEDULE_FAILED = "interview.reschedule_failed", _("AI面试系统改期失败")
    VENDOR_PROGRESS = "interview.vendor_progress", _("AI面试系统进度更新")
    INTERVIEW_SUBMITTED = "interview.submitted", _("面试已提交")
    REMINDED = "interview.reminded", _("发出面试提醒")
    CONFIRMED = "interview.confirmed", _("候选人确认参加")
    OTHER_TIME_WANTED = "interview.other_time_wanted", _("候选人希望改期")
    REMINDERS_CHANGED = "company.reminders_changed", _("修改面试提醒设置")
    INTERVIEW_LAPSED = "interview.lapsed", _("面试时间已过")
    REQUESTED = "cancellation.requested", _("申请取消")
    REFUSED = "cancellation.refused", _("取消申请未受理")
    APPROVED = "cancellation.approved", _("审核通过")
    REJECTED = "cancellation.rejected", _("审核驳回")
    WITHDRAWN = "cancellation.withdrawn", _("撤回取消申请")
    BEGUN = "cancellation.begun", _("取消时发现面试已开始，转人工审核")
    ESCALATED = "cancellation.escalated", _("审核超时，升级处理")
    COMPLETED = "cancellation.completed", _("取消完成")
    AGREED = "cancellation.agreed", _("AI面试系统已确认取消")
    VENDOR_SILENT = "cancellation.vendor_silent", _("AI面试系统未及时确认")
    NEEDS_PERSON = "cancellation.needs_person", _("需人工撤销链接")
    MISMATCH = "cancellation.mismatch", _("AI面试系统记录不一致")
    CONTRADICTED = "cancellation.contradicted", _("取消后面试仍被进行")
    MOVED = "archive.moved", _("归档至历史与人才库")
    MOVE_FAILED = "archive.move_failed", _("归档校验失败，已回退")
    RESTORED = "cancellation.restored", _("恢复为新的面试")
    POSITION_FROZEN = "position.frozen", _("冻结岗位")
    POSITION_REOPENED = "position.reopened", _("重新开放岗位")
    APPLICATION_CHANGED = "application.changed", _("投递状态变更")
    NOTICE_CHOSEN = "notice.chosen", _("修改通知规则")
    WORDS_SAVED = "words.saved", _("修改通知文字")
    WORDS_RESET = "words.reset", _("恢复默认通知文字")
    WORDS_TESTED = "words.tested", _("试发通知")
    POLICY_SAVED = "policy.saved", _("保存取消规则")
    TASK_OPENED = "task.opened", _("新增待办")
    TASK_SETTLED = "task.settled", _("待办已处理")
    TASK_RETRIED = "task.retried", _("待办已重试")
    TOPIC_CHOSEN = "recipient.topic_chosen", _("订阅或退订一类通知")
    CONSENTED = "candidate.pool_consent", _("人才库授权变更")
    VIEWED = "candidate.viewed", _("查看候选人资料")
    REVEALED = "candidate.revealed", _("查看完整联系方式")
    COPIED = "candidate.copied", _("取走个人信息副本")
    DATA_ASKED = "candidate.data_asked", _("候选人提出个人信息请求")
    DATA_WITHDRAWN = "candidate.data_withdrawn", _("候选人撤回个人信息请求")
    DATA_GRANTED = "candidate.data_granted", _("同意个人信息请求")
    DATA_DECLINED = "candidate.data_declined", _("未同意个人信息请求")
    DATA_PUT_OFF = "candidate.data_put_off", _("已同意的删除未能执行，重新交由HR决定")
    EXPORTED = "audit.exported", _("导出审计记录")
    ROLLED_BACK = "migration.rolled_back", _("回滚迁移批次")
    ERASED = "candidate.erased", _("删除候选人个人信息")
    EXPORT_ASKED = "export.asked", _("要求导出企业全部数据")
    EXPORT_READY = "export.ready", _("企业全部数据的导出已备好")
    EXPORT_TAKEN = "export.taken", _("下载企业全部数据")
    EXPORT_GONE = "export.gone", _("导出的文件已销毁")
    RESTORED_HERE = "company.restored", _("由导出恢复企业数据")
    PASSWORD_SET = "staff.password_set", _("重设员工密码")
    RETENTION_CHANGED = "retention.changed", _("修改保留期限")
    RETENTION_RAN = "retention.ran", _("按保留期限删除")
    HOLD_PLACED = "hold.placed", _("设置依法保留")
    HOLD_LIFTED = "hold.lifted", _("解除依法保留")
    TRACK_BEGUN = "track.begun", _("开始双轨核对")
    TRACK_COMPARED = "track.compared", _("双轨核对一天")
    TRACK_SWITCHED = "track.switched", _("双轨核对后切换")
    EXPIRED = "audit.expired", _("审计记录到期清除")


def called(action: str, facts: Mapping[str, Any]) -> str:
    """Return what a deed is called, in the reader's language; what no code of ours is stays as it is."""
    if action == Action.AGREED and facts.get("agreement") == "not_needed":
        # Nobody was asked: the interview stands at no AI interview system.
        return gettext("无需AI面试系统确认")
    return str(Action(action).label) if action in Action.values else action


#: How every request for a cancellation begins; an auditor asks of these, so they have an index of their own.
REQUESTS = (Action.REQUESTED, Action.REFUSED)

#: Deeds by which somebody saw personal data; who asks “who saw what” asks of these.
SIGHTS = (Action.VIEWED, Action.REVEALED, Action.COPIED, Action.EXPORTED, Action.ROWS_TAKEN)

#: Deeds whose recording defers their telling. `fanout.py` holds who hears what; COMPLETED and TASK_OPENED
#: are told too, but announced by whoever records them, several in one job.
ANNOUNCED = frozenset(
    {
        Action.INTERVIEW_SCHEDULED,
        Action.INTERVIEW_RESCHEDULED,
        Action.REQUESTED,
        Action.REJECTED,
        Action.WITHDRAWN,
        Action.ESCALATED,
        Action.DATA_GRANTED,
        Action.DATA_DECLINED,
        Action.DATA_PUT_OFF,
    }
)
