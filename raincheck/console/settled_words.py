"""What a task that settled itself says came of it: actions keep a code, the reader gets words in their language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from raincheck.archive.models import RequestState
from raincheck.cancellations.models import State

SETTLED: dict[str, Promise | str] = {
    "accepted": _("已采纳为新的关联面试"),
    "answered": _("已恢复应答"),
    "answers again": _("已恢复应答"),
    "approved": _("已审核通过"),
    "begun": _("发现面试已开始，转人工审核"),
    "both sides agree": _("双方已一致"),
    "completed": _("取消已完成"),
    "contradicted": _("取消后面试仍被进行"),
    "delivered": _("已送达"),
    "done": _("已完成"),
    "erased": _("个人信息已删除"),
    "every row is settled": _("所有行均已处理"),
    "every reason is sorted": _("所有原因均已归类"),
    "the batch was rolled back": _("批次已回滚"),
    "loaded after all": _("已载入"),
    "the file was given up": _("文件已放弃"),
    "invited anew": _("已重新邀请"),
    "rescheduled": _("已改期"),
    "the server is no longer used": _("该服务器已不再使用"),
    "vendor agreed": _("AI面试系统已确认取消"),
    "vendor agrees": _("AI面试系统已确认取消"),
    "works again": _("已恢复正常"),
    "written after all": _("已成功写入"),
    **{state.value: state.label for state in State},
    **{state.value: state.label for state in (RequestState.GRANTED, RequestState.DECLINED)},
}


#: What tasks of imports once kept, in both languages at once.
_IN_BOTH = {
    "所有行均已处理 / every row is settled": "every row is settled",
    "所有原因均已归类 / every reason is sorted": "every reason is sorted",
    "批次已回滚 / the batch was rolled back": "the batch was rolled back",
}


def settled(resolution: str) -> Promise | str:
    """Return in words what came of a task; what a person wrote stays as it is."""
    return SETTLED.get(_IN_BOTH.get(resolution, resolution), resolution)
