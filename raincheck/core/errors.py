"""Every way to say no: a stable code, an HTTP status, and words for the person who asked.

Errors are classes; nothing is ever matched by message text. `web/errors.py` turns them into pages
and answers, once.
"""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

Text = str | Promise


@dataclass(frozen=True)
class Contact:
    """Whom to reach when the product itself can't help further."""

    name: str
    phone: str
    email: str


class RaincheckError(Exception):
    """The base of all refusals.

    `message` says what is wrong, `advice` what to do next; both in the person's language when rendered.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    message: ClassVar[Text] = _("操作未能完成")
    advice: ClassVar[Text] = _("请稍后重试")
    #: True where the refusal itself is a recorded fact, so that the transaction around it is kept.
    recorded: ClassVar[bool] = False
    #: How a program may prove who it is, where that is what was missing (RFC 9110 §11.6.1).
    challenge: ClassVar[str] = ""

    def __init__(
        self,
        *,
        detail: str = "",
        contact: Contact | None = None,
        field: str = "",
        retry_after: int | None = None,
    ) -> None:
        """`retry_after`: in so many seconds the same may be tried again, and not before."""
        super().__init__(self.code, detail)
        self.detail = detail
        self.contact = contact
        self.field = field
        self.retry_after = retry_after


class NotFound(RaincheckError):
    """The thing doesn't exist, or isn't this person's to see: the answer is the same for both."""

    code = "not_found"
    status = 404
    message = _("没有找到您要的内容")
    advice = _("它可能已被移除，或不属于您的账号。请返回首页查看")


class NotAllowed(RaincheckError):
    """The role does not reach this act."""

    code = "not_allowed"
    status = 403
    message = _("您的角色不能进行此操作")
    advice = _("如需办理，请联系贵公司的HR经理或管理员")


class SignInNeeded(RaincheckError):
    """Nobody is signed in, or the session ended."""

    code = "sign_in_needed"
    status = 401
    challenge = "Bearer"
    message = _("请先登录")
    advice = _("登录状态已过期或尚未登录，请重新登录")


class SecondFactorNeeded(RaincheckError):
    """The person's role asks for a second factor, and they have none yet."""

    code = "second_factor_needed"
    status = 403
    message = _("请先设置两步验证")
    advice = _("您的角色需要两步验证：添加通行密钥或验证器应用后即可继续")


class FreshSignInNeeded(RaincheckError):
    """The deed is dangerous, and the sign-in is too long ago."""

    code = "fresh_sign_in_needed"
    status = 403
    message = _("请再次确认是您本人")
    advice = _("此操作影响较大，需要您刚刚登录过。请重新验证后再提交")


class Invalid(RaincheckError):
    """A field holds what can't be accepted; `field` names it."""

    code = "invalid"
    status = 422
    message = _("填写的内容有误")
    advice = _("请改正标出的内容后再次提交")


class TextTooLong(Invalid):
    """More text than the field holds; `detail` says how many characters it may have."""

    code = "text_too_long"
    message = _("填写的文字过长")
    advice = _("请控制在500字以内")

    LIMIT: ClassVar[int] = 500

    @classmethod
    def check(cls, text: str, *, field: str) -> str:
        """Return the text without white space around it; raise if it is too long."""
        if len(text) > cls.LIMIT:
            raise cls(field=field)
        return text.strip()


class Conflict(RaincheckError):
    """The thing changed meanwhile, or the state doesn't permit the act."""

    code = "conflict"
    status = 409
    message = _("当前状态不允许此操作")
    advice = _("请刷新页面查看最新状态")


class TooMany(RaincheckError):
    """Asked too often."""

    code = "too_many"
    status = 429
    message = _("操作过于频繁")
    advice = _("请稍等片刻再试")


def in_both_languages(error: RaincheckError, *, briefly: bool = False) -> str:
    """Return a refusal as a shell says it: a line in Chinese, a line in English; `briefly`: without its detail."""
    lines = []
    for language in ("zh-hans", "en"):
        with override(language):
            detail = f" ({error.detail})" if error.detail and not briefly else ""
            lines.append(f"{error.message}{detail}. {error.advice}.")
    return "\n".join(lines)
