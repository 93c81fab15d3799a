"""被拒绝的行: what an import turned away, row by row: mend it, try it again, or discard it with a reason."""

import csv
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.accounts.queries import names_of
from raincheck.console.forms import attempt, uuid_or_none
from raincheck.console.frame import shown
from raincheck.console.import_words import in_language
from raincheck.core.errors import RaincheckError
from raincheck.core.formulas import defused
from raincheck.core.scope import company_scope
from raincheck.migration.columns.masking import shown as as_shown
from raincheck.migration.loading import quarantine
from raincheck.migration.loading.rejections import HEADINGS
from raincheck.migration.mending import actions, departments, reads
from raincheck.migration.models import ImportRun
from raincheck.migration.rows.drafts import Rejection
from raincheck.migration.uploads.wording import on_screen
from raincheck.web.people import Visit, staff_page

PAGE = 50
#: Of the number of a cell: of thousands Python makes no number.
_DIGITS = 9


@staff_page(Ability.MOVE_DATA)
@require_safe
def rows(request: HttpRequest, visit: Visit, batch_id: UUID) -> HttpResponse:
    """List the rows of a batch that wait, with what stands against each."""
    return _listed(request, visit, batch_id)


@staff_page(Ability.MOVE_DATA)
@require_POST
def settle(request: HttpRequest, visit: Visit, batch_id: UUID) -> HttpResponse:
    """Try all rows with one code again, or discard them."""
    which = actions.Which(batch_id, code=request.POST.get("code", "")[:40])
    with attempt() as tried:
        if request.POST.get("do") == "discard":
            reason = request.POST.get("reason", "")
            many = actions.discard(which=which, reason=reason, actor=visit.actor, now=visit.now)
            messages.success(request, ngettext("已舍弃%(n)d行", "已舍弃%(n)d行", many) % {"n": many})
        else:
            _say(request, actions.retry(which=which, actor=visit.actor, now=visit.now))
    if tried.error:
        return _listed(request, visit, batch_id, error=tried.error)
    return redirect("console:rows", batch_id)


@staff_page(Ability.REVEAL_ROWS, fresh=True)
@require_POST
def take(request: HttpRequest, visit: Visit, batch_id: UUID) -> StreamingHttpResponse:
    """Hand out the rejected values as a file, in the clear and on record."""
    run, _found = reads.take(batch_id=batch_id, actor=visit.actor, now=visit.now)
    name = f"raincheck-{visit.company.slug}-rejected-{run.at:%Y%m%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        # The mark at the beginning lets Excel read Chinese.
        yield "\ufeff" + writer.writerow(HEADINGS)
        with company_scope(visit.company.id):
            for one in quarantine.rejections(run):
                yield writer.writerow(_line(one))

    return StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8", headers=headers)


@staff_page(Ability.MOVE_DATA)
@require_safe
def row(request: HttpRequest, visit: Visit, row_id: UUID) -> HttpResponse:
    """Show one row: its cells, contacts hidden, and what stands against it."""
    return _row(request, visit, row_id)


@staff_page(Ability.REVEAL_ROWS)
@require_POST
def reveal(request: HttpRequest, visit: Visit, row_id: UUID) -> HttpResponse:
    """Show one row in the clear, on record."""
    reads.reveal(row_id=row_id, actor=visit.actor, now=visit.now)
    return _row(request, visit, row_id, clear=True)


@staff_page(Ability.MOVE_DATA)
@require_POST
def mend(request: HttpRequest, visit: Visit, row_id: UUID) -> HttpResponse:
    """Load a row, mended or as it is, or discard it."""
    run, found = reads.row_of(visit.actor, row_id)
    batch_id, actor, now = run.batch_id, visit.actor, visit.now
    with attempt() as tried:
        if batch_id and request.POST.get("do") == "discard":
            which = actions.Which(batch_id, row_id=row_id)
            actions.discard(which=which, reason=request.POST.get("reason", ""), actor=actor, now=now)
            messages.success(request, _("已舍弃第 %(row)d 行") % {"row": found.number})
        else:
            _say(request, actions.fix(row_id=row_id, mend=_mend(request), actor=actor, now=now))
    if tried.error:
        return _row(request, visit, row_id, error=tried.error)
    return redirect("console:rows", batch_id) if batch_id else redirect("console:batches")


def _mend(request: HttpRequest) -> actions.Mend:
    """Return what was typed of a row."""
    said = request.POST.get("department", "")
    return actions.Mend(
        texts=_typed(request),
        department_id=uuid_or_none(said),
        alike=request.POST.get("alike") == "yes",
    )


def _typed(request: HttpRequest) -> dict[int, str]:
    """Return the cells that were typed; a hidden one that was left empty is as it was."""
    hidden = set(request.POST.getlist("hidden"))
    typed = {
        name.removeprefix("cell-"): str(text)[: actions.LONGEST]
        for name, text in request.POST.items()
        if name.startswith("cell-")
    }
    return {
        int(place): text
        for place, text in typed.items()
        if place.isascii() and place.isdigit() and len(place) <= _DIGITS and (text or place not in hidden)
    }


def _say(request: HttpRequest, mended: actions.Mended) -> None:
    done = mended.loaded + mended.unchanged
    if not done and mended.left:
        left = ngettext(
            "没有行能载入，还有%(n)d行待处理；原因见下",
            "没有行能载入，还有%(n)d行待处理；原因见下",
            mended.left,
        )
        messages.warning(request, left % {"n": mended.left})
        return
    said = ngettext("已载入%(n)d行", "已载入%(n)d行", done) % {"n": done}
    if mended.left:
        said += ngettext("，还有%(n)d行待处理", "，还有%(n)d行待处理", mended.left) % {"n": mended.left}
    messages.success(request, said)


class _Echo:
    """Hands a line of CSV back in the place of a file."""

    def write(self, line: str) -> str:
        """Return it."""
        return line


def _line(one: Rejection) -> list[object]:
    return [one.row, defused(one.column), defused(one.value), str(one.fault.words), one.fault.code]


def _against(found: list[Rejection]) -> list[tuple[str, str, str, str]]:
    """Return (column, value as it may be shown, sentence, code) of what stands against a row."""
    return [
        (
            one.column[:60],
            as_shown(one.field, one.value)[:80],
            in_language(on_screen(one.fault.words)),
            one.fault.code,
        )
        for one in found
    ]


def _codes(run: ImportRun) -> list[tuple[str, str, int]]:
    """Return what stands against the rows as (code, sentence, rows): the sentence is that of one of them."""
    found = []
    for code, many in reads.codes(run):
        row = reads.rows(run, code=code).first()
        said = (one for one in reads.against(run, row) if one.fault.code == code) if row else iter(())
        words = next((in_language(on_screen(one.fault.words)) for one in said), code)
        found.append((code, words, many))
    return found


def _discarded(run: ImportRun, visit: Visit) -> dict[str, Any]:
    """Gather the rows that were given up, the first of them with why, when and by whom."""
    rows = reads.discarded(run)
    first = list(rows[:PAGE])
    names = names_of(visit.company.id, {row.settled_by for row in first if row.settled_by})
    return {
        "count": rows.count(),
        "first": [(row, names.get(row.settled_by, "") if row.settled_by else "") for row in first],
    }


def _listed(
    request: HttpRequest, visit: Visit, batch_id: UUID, *, error: RaincheckError | None = None
) -> HttpResponse:
    run = reads.run_of(visit.actor, batch_id)
    code = (request.POST if request.method == "POST" else request.GET).get("code", "")[:40]
    page = Paginator(reads.rows(run, code=code), PAGE).get_page(request.GET.get("page"))
    context = {
        "run": run,
        "batch": run.batch,
        "code": code,
        "codes": _codes(run),
        "discarded": _discarded(run, visit),
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "rows": [(one, _against(list(reads.against(run, one)))) for one in page],
        "left": reads.waiting(run),
        "error": error,
        "reason": request.POST.get("reason", "")[:500],
    }
    return shown(request, visit, "rows.html", context, status=error.status if error else 200)


def _row(
    request: HttpRequest,
    visit: Visit,
    row_id: UUID,
    *,
    clear: bool = False,
    error: RaincheckError | None = None,
) -> HttpResponse:
    run, found = reads.row_of(visit.actor, row_id)
    typed = _typed(request) if error else {}
    cells = [
        {
            **asdict(cell),
            "field": in_language(cell.field) if cell.field else "",
            "typed": typed.get(cell.index),
        }
        for cell in reads.cells(run, found, clear=clear)
    ]
    context = {
        "run": run,
        "batch": run.batch,
        "row": found,
        "cells": [cell for cell in cells if cell["field"]],
        "rest": [cell for cell in cells if not cell["field"]],
        "against": _against(list(reads.against(run, found))),
        "clear": clear,
        "departments": departments.choices(run, found),
        "chosen": request.POST.get("department", "") if error else "",
        "any_hidden": any(cell["hidden"] for cell in cells),
        "alike": reads.rows(run).filter(codes__overlap=found.codes).count() - 1,
        "ticked": request.POST.get("alike") == "yes",
        "reason": request.POST.get("reason", "")[:500],
        "error": error,
    }
    return shown(request, visit, "row.html", context, status=error.status if error else 200)
