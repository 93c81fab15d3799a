"""API密钥: what programs come in by. A key is shown once, on the answer to the form that made it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from raincheck.accounts import keys as api_keys
from raincheck.accounts.abilities import Ability, Scope
from raincheck.accounts.models import ApiKey
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.core.errors import RaincheckError
from raincheck.web.people import Visit, staff_page

#: Days that a new key lives, unless somebody says otherwise.
USUAL_LIFE = 90
SCOPES = {
    Scope.READ_INTERVIEWS: gettext_lazy("查看面试"),
    Scope.CANCEL_INTERVIEWS: gettext_lazy("查看并取消面试"),
    Scope.READ_TASKS: gettext_lazy("查看待办"),
    Scope.READ_AUDIT: gettext_lazy("查看审计记录"),
}


@staff_page(Ability.VIEW_KEYS)
@require_GET
def keys(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the keys."""
    return _list(request, visit)


@staff_page(Ability.EDIT_KEYS, fresh=True)
@require_POST
def make(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Make a key and show it, this once."""
    days = request.POST.get("days", "")
    wish = api_keys.Wish(
        name=request.POST.get("name", ""),
        scopes=request.POST.getlist("scope"),
        days=int(days) if days.isascii() and days.isdigit() and len(days) < len("1000") + 1 else 0,
    )
    text = ""
    with attempt() as tried:
        _key, text = api_keys.make_key(actor=visit.actor, wish=wish, now=visit.now)
    return _list(request, visit, made=text, error=tried.error)


@staff_page(Ability.EDIT_KEYS, fresh=True)
@require_POST
def revoke(request: HttpRequest, visit: Visit, key_id: UUID) -> HttpResponse:
    """Let a key let nobody in."""
    api_keys.revoke_key(actor=visit.actor, key_id=key_id, now=visit.now)
    messages.success(request, _("密钥已吊销，立即失效"))
    return redirect("console:keys")


def _list(
    request: HttpRequest, visit: Visit, *, made: str = "", error: RaincheckError | None = None
) -> HttpResponse:
    rows = [
        (key, [SCOPES[Scope(scope)] for scope in key.scopes], _standing(key, visit))
        for key in api_keys.keys(visit.actor)
    ]
    context = {
        "rows": rows,
        "made": made,
        "scopes": SCOPES.items(),
        "lives": api_keys.LIVES,
        "life": request.POST.get("days") if error else str(USUAL_LIFE),
        "typed": request.POST if error else {},
        "chosen": request.POST.getlist("scope") if error else [],
        "error": error,
    }
    return shown(request, visit, "keys.html", context, status=error.status if error else 200)


def _standing(key: ApiKey, visit: Visit) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "alive" if key.expires_at > visit.now else "expired"
