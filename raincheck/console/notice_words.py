"""The table of who hears what in the trade's words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.models import Language
from raincheck.notifications import recipients as who
from raincheck.notifications.channels.base import Channel
from raincheck.notifications.recipients import Recipient

#: The events in the order an interview lives through them.
GROUPS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (_("安排与改期"), (who.SCHEDULED, who.RESCHEDULED, who.REBOOKED, who.REMINDER)),
    (_("申请取消"), (who.ASKED_AUTO, who.ASKED_REVIEW, who.BEGUN, who.BEGUN_UNHEARD, who.ESCALATED)),
    (_("已取消"), (who.CANCELLED_BY_CANDIDATE, who.CANCELLED_BY_COMPANY, who.CANCELLED_TOGETHER)),
    (
        _("没有取消，面试照常"),
        (who.ENDED_REJECTED, who.ENDED_SUBMITTED, who.ENDED_WITHDRAWN, who.ENDED_UNHEARD),
    ),
    (_("候选人的个人信息"), (who.DATA_COPY, who.DATA_DECLINED, who.DATA_ERASING, who.DATA_PUT_OFF)),
    (_("需要人处理"), (who.TASK, who.ALERT, who.HANDED_OVER)),
)

EVENTS: dict[str, Promise] = {
    who.SCHEDULED: _("安排面试"),
    who.RESCHEDULED: _("面试改期"),
    who.REBOOKED: _("取消后重新安排或恢复"),
    who.REMINDER: _("面试前提醒"),
    who.ASKED_AUTO: _("候选人申请取消，直接办理"),
    who.ASKED_REVIEW: _("候选人申请取消，需要审核"),
    who.BEGUN: _("候选人申请的取消，发现面试已开始"),
    who.BEGUN_UNHEARD: _("公司发起的取消，发现面试已开始"),
    who.ESCALATED: _("审核超时，升级处理"),
    who.CANCELLED_BY_CANDIDATE: _("候选人申请的取消已完成"),
    who.CANCELLED_BY_COMPANY: _("公司发起的取消已完成"),
    who.CANCELLED_TOGETHER: _("岗位的面试整批取消，合并为一条"),
    who.ENDED_REJECTED: _("申请被驳回"),
    who.ENDED_SUBMITTED: _("面试已提交，申请关闭"),
    who.ENDED_WITHDRAWN: _("候选人撤回申请"),
    who.ENDED_UNHEARD: _("公司发起的取消没有成功"),
    who.DATA_COPY: _("同意提供个人信息副本"),
    who.DATA_DECLINED: _("未同意关于个人信息的请求"),
    who.DATA_ERASING: _("同意删除个人信息，删除之前告知"),
    who.DATA_PUT_OFF: _("已告知的删除未能执行，更正"),
    who.TASK: _("新的待办"),
    who.ALERT: _("系统层面的待办：承诺将逾时、后台作业失败"),
    who.HANDED_OVER: _("同事离职，工作交接"),
}

RECIPIENTS: dict[str, Promise] = {
    Recipient.CANDIDATE: _("候选人"),
    Recipient.INTERVIEWERS: _("每位面试官"),
    Recipient.OWNER: _("岗位负责人"),
    Recipient.HR_MANAGERS: _("HR经理"),
    Recipient.DEPARTMENT: _("用人部门"),
    Recipient.HEIR: _("接手的同事"),
}

CHANNELS: dict[str, Promise] = {
    Channel.IN_APP: _("站内消息"),
    Channel.EMAIL: _("邮件"),
    Channel.SMS: _("短信"),
    Channel.WEB_PUSH: _("浏览器推送"),
    Channel.APP_PUSH: _("App推送"),
    Channel.CHAT: _("企业即时通讯"),
}

LANGUAGES: dict[str, str] = dict(Language.choices)
PARTS: dict[str, Promise] = {"title": _("标题"), "body": _("正文（邮件与站内消息）"), "sms": _("短信")}
