"""Why a cancellation can't be had: each a class with its code, status and words."""

from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import Conflict, Invalid, RaincheckError


class CancellationRefused(RaincheckError):
    """The policy refuses. The refusal is itself recorded; nothing else changes."""

    code = "refused_by_rule"
    status = 409
    recorded = True
    message = _("根据公司的取消规则，该面试不能取消")
    advice = _("如有特殊情况，请直接联系HR")


class InterviewSubmitted(CancellationRefused):
    """The interview has been handed in."""

    code = "interview_submitted"
    message = _("该面试已提交，不能取消")
    advice = _("您的作答已进入评估。如需撤回投递，请联系HR")


class InterviewPast(CancellationRefused):
    """Its time is over."""

    code = "interview_past"
    message = _("该面试的时间已过，不能取消")
    advice = _("如需重新安排，请联系HR")


class AlreadyCancelled(CancellationRefused):
    """It is cancelled already, by another request."""

    code = "already_cancelled"
    message = _("该面试已经取消，无需再次操作")
    advice = _("如需重新安排，请联系HR")


REFUSALS: dict[str | None, type[CancellationRefused]] = {
    "submitted": InterviewSubmitted,
    "past": InterviewPast,
    "already_cancelled": AlreadyCancelled,
}


class InterviewMoved(Conflict):
    """It has another time than whoever asks was shown, so perhaps another rule."""

    code = "interview_moved"
    message = _("面试时间刚刚有变化")
    advice = _("尚未提交。请核对新的时间和规则，再决定是否取消")


class KeyReused(Conflict):
    """The idempotency key belongs to a request about another interview."""

    code = "idempotency_key_reused"
    message = _("该提交标识已用于另一场面试")
    advice = _("请返回面试页面重新提交")


class UnknownReason(Invalid):
    """The reason isn't on the company's list, or not for this person."""

    code = "unknown_reason"
    message = _("请选择取消原因")
    advice = _("请从列表中选择一个原因后再提交")


class NoteBlank(Invalid):
    """A note of white space alone."""

    code = "note_blank"
    message = _("补充说明不能只有空白")
    advice = _("请填写具体说明，或将其留空")


class NoteTooLong(Invalid):
    """More than the note can hold."""

    code = "note_too_long"
    message = _("补充说明过长")
    advice = _("请控制在500字以内")


class DecisionNoteMissing(Invalid):
    """A rejection must say why: the candidate will read it."""

    code = "decision_note_missing"
    message = _("请填写驳回理由")
    advice = _("候选人会看到该理由，请说明原因与后续安排")


class NotInReview(Conflict):
    """Somebody, or the clock, decided first."""

    code = "not_in_review"
    message = _("该取消申请已有结果，不能再审核")
    advice = _("请刷新页面查看最新结果")


class NotWithdrawable(Conflict):
    """Only what is still under review can be taken back."""

    code = "not_withdrawable"
    message = _("该取消申请已在处理，不能撤回")
    advice = _("如需重新安排面试，请联系HR")


class NoMismatch(Conflict):
    """There is no disagreement with the vendor to settle."""

    code = "no_mismatch"
    message = _("该取消申请没有待处理的不一致")


class NotContradicted(Conflict):
    """Only an interview that was taken after its cancellation can be accepted, and only once."""

    code = "not_contradicted"
    message = _("该面试没有取消后的作答可以采纳")


class NotRestorable(Conflict):
    """Restoring is for what was cancelled, once, within the grace time, and still ahead."""

    code = "not_restorable"
    message = _("该面试不能恢复")
    advice = _("恢复仅限取消后24小时内且面试时间未到；请改为新建面试")


class RulesRefused(Invalid):
    """The rule set has a hole or treats more notice worse; `detail` names the rules."""

    code = "rules_refused"
    message = _("该规则集不能保存")
