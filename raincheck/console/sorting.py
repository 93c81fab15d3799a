"""原因归类: what reasons of an import may mean, text by text, sorted by whoever moves data."""

import re
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, ngettext
from django.views.decorators.http import require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.core.errors import RaincheckError
from raincheck.migration.sorting import actions, unsorted
from raincheck.migration.values.states import OTHER
from raincheck.web.people import Visit, staff_page

#: A field of the form is named for its text's key.
_FIELD = re.compile("to-([0-9a-f]{64})")


@staff_page(Ability.MOVE_DATA)
@require_safe
def reasons(request: HttpRequest, visit: Visit, batch_id: UUID) -> HttpResponse:
    """List the texts of a batch that wait, the most frequent first."""
    return _listed(request, visit, batch_id)


@staff_page(Ability.MOVE_DATA)
@require_POST
def sort(request: HttpRequest, visit: Visit, batch_id: UUID) -> HttpResponse:
    """Sort all that were chosen on the page."""
    with attempt() as tried:
        done = actions.sort(batch_id=batch_id, chosen=_chosen(request), actor=visit.actor, now=visit.now)
        said = ngettext("已归类%(n)d条", "已归类%(n)d条", done.count) % {"n": done.count}
        if done.left:
            said += ngettext("，还有%(n)d条待归类", "，还有%(n)d条待归类", done.left) % {"n": done.left}
        messages.success(request, said)
    if tried.error:
        return _listed(request, visit, batch_id, error=tried.error)
    return redirect("console:reasons", batch_id)


def _chosen(request: HttpRequest) -> dict[str, str]:
    """Return each text's key and the code chosen for it."""
    fields = [found for name in request.POST if (found := _FIELD.fullmatch(name))]
    return {found[1]: str(request.POST[found[0]])[:40] for found in fields[: unsorted.SHOWN]}


def _listed(
    request: HttpRequest, visit: Visit, batch_id: UUID, *, error: RaincheckError | None = None
) -> HttpResponse:
    run, found = unsorted.texts(visit.actor, batch_id)
    english, typed = get_language() == "en", _chosen(request) if error else {}
    names = {one.code: one.label_en if english else one.label_zh for one in unsorted.choices(run.company_id)}
    context = {
        "run": run,
        "batch": run.batch,
        "texts": [(one, names.get(one.guess, ""), typed.get(one.key, "")) for one in found],
        "reasons": [(code, name) for code, name in names.items() if code != OTHER],
        "other": OTHER,
        "left": unsorted.waiting(run.company_id, run.id),
        "shown": sum(one.count for one in found),
        "error": error,
    }
    return shown(request, visit, "reasons.html", context, status=error.status if error else 200)
