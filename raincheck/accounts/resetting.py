"""A forgotten password: a link by mail, for an hour, once.

Whoever asks learns nothing: the page answers the same whether or not anybody has the address, and does the same: one
look, one job. It is the worker that knows whether there is somebody to write to.
"""

from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from raincheck.accounts import tries
from raincheck.accounts.identities import normal_email
from raincheck.accounts.models import Staff
from raincheck.accounts.sessions import end_sessions
from raincheck.accounts.trail import note_own
from raincheck.accounts.tries import Kind
from raincheck.audit.catalogue import Action
from raincheck.core.errors import Conflict, Invalid
from raincheck.core.ids import new_id
from raincheck.core.jobs import defer
from raincheck.core.scope import Purpose, system_scope


class LinkDead(Conflict):
    """The link is old, was used, or is none of ours."""

    code = "link_dead"
    message = _("链接已失效或已使用")
    advice = _("请重新获取")


class WeakPassword(Invalid):
    """Too easy to guess; `detail` says why."""

    code = "weak_password"
    message = _("密码过于简单")
    advice = _("请用至少10个字符、不常见、且与姓名邮箱无关的密码")


def ask(*, email: str, address: str) -> None:
    """Have a link sent to whoever has this mail address, if anybody. Raises SignInHeld."""
    tries.let_try(Kind.RESET, account=email, address=address)
    tries.failed(Kind.RESET, account=email, address=address)
    with system_scope(Purpose.SIGN_IN):
        staff = (
            Staff.objects.filter(email=normal_email(email), is_active=True)
            .values_list("id", flat=True)
            .first()
        )
        defer("notifications.send_reset", queue="tell", priority=10, staff_id=str(staff or new_id()))


def token_for(staff: Staff) -> str:
    """Return what the link bears; a new password or a sign-in ends it."""
    return default_token_generator.make_token(staff)


def bearer(*, staff_id: UUID, token: str) -> Staff:
    """Return whose link this is. Raises LinkDead."""
    with system_scope(Purpose.SIGN_IN):
        staff = Staff.objects.filter(id=staff_id, is_active=True).first()
    if staff is None or not default_token_generator.check_token(staff, token):
        raise LinkDead
    return staff


def reset(*, staff_id: UUID, token: str, password: str) -> Staff:
    """Give them a new password; wherever they were signed in, they are no more. Raises LinkDead, WeakPassword."""
    with system_scope(Purpose.SIGN_IN):
        staff = Staff.objects.select_for_update(no_key=True).filter(id=staff_id, is_active=True).first()
        if staff is None or not default_token_generator.check_token(staff, token):
            raise LinkDead
        check_password(password, staff)
        staff.set_password(password)
        staff.save(update_fields=["password"])
        end_sessions([staff.id])
        tries.succeeded(Kind.PASSWORD, account=staff.email)
        note_own(staff, Action.PASSWORD_CHANGED, by="reset")
        return staff


def check_password(password: str, staff: Staff) -> None:
    """Raise WeakPassword for one that is too easy to guess for this person."""
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise WeakPassword(detail=" ".join(error.messages), field="password") from error
