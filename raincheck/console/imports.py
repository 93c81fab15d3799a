"""导入: a file uploaded, its columns confirmed, tried without changing anything, loaded by a job; and the outcome."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.console import import_words as words
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.core.errors import RaincheckError
from raincheck.core.scope import company_scope
from raincheck.migration.kinds.names import Kind
from raincheck.migration.mending import reads as kept
from raincheck.migration.models import ImportRun
from raincheck.migration.rollback.batches import batches, fates
from raincheck.migration.sorting.unsorted import waiting_in
from raincheck.migration.uploads import actions
from raincheck.migration.uploads.answers import Answers
from raincheck.migration.uploads.errors import (
    FileRefused,
    KindUnanswered,
    NoFile,
    NoSuchSheet,
    NotFromSystem,
    TooManyUploads,
)
from raincheck.migration.uploads.models import AT_WORK, OVER, Upload, UploadState
from raincheck.migration.uploads.wording import plainly
from raincheck.migration.words import Words
from raincheck.web.client import takes_up_to
from raincheck.web.people import Visit, staff_page

PAGE = 20
#: Beside the file itself: the form's token and its boundaries.
FORM = 100_000


@staff_page(Ability.MOVE_DATA)
@require_safe
def imports(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the uploads, newest first, and offer another."""
    return _listed(request, visit)


@takes_up_to(actions.LARGEST + FORM)
@staff_page(Ability.MOVE_DATA, calls_out=True)
@require_POST
def upload(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take a file in. It is read and sealed before the database is asked for anything."""
    try:
        made = actions.receive(sent=_sent(request), actor=visit.actor)
    except (NoFile, FileRefused, TooManyUploads) as error:
        with company_scope(visit.company.id):
            return _listed(request, visit, error=error)
    return redirect("console:import", made.id)


@staff_page(Ability.MOVE_DATA)
@require_safe
def one(request: HttpRequest, visit: Visit, upload_id: UUID) -> HttpResponse:
    """Show the step a file is at; while a job is at it the page asks again by itself."""
    return _shown(request, visit, upload_id)


@staff_page(Ability.MOVE_DATA, calls_out=True)
@require_POST
def sheet(request: HttpRequest, visit: Visit, upload_id: UUID) -> HttpResponse:
    """Read another sheet of a workbook."""
    name = request.POST.get("sheet", "")
    try:
        actions.choose_sheet(upload_id=upload_id, sheet=name, actor=visit.actor)
    except (NoSuchSheet, FileRefused) as error:
        with company_scope(visit.company.id):
            return _shown(request, visit, upload_id, error=error)
    return redirect("console:import", upload_id)


@staff_page(Ability.MOVE_DATA, calls_out=True)
@require_POST
def columns(request: HttpRequest, visit: Visit, upload_id: UUID) -> HttpResponse:
    """Take what a person says of the columns, and have it tried; said to be of another kind, it is read anew first."""
    with company_scope(visit.company.id):
        proposal = actions.proposal(actions.upload(visit.actor, upload_id))
    answers = _answers(request, len(proposal.columns))
    if (answers.kind, answers.source) != (proposal.kind or "", proposal.source):
        return _read_anew(request, visit, upload_id, answers)
    with company_scope(visit.company.id) as now:
        again = "again" in request.POST
        with attempt() as tried:
            if not again:
                actions.answer(upload_id=upload_id, answers=answers, actor=visit.actor, now=now)
        if again or tried.error:
            return _shown(request, visit, upload_id, error=tried.error, typed=answers)
    return redirect("console:import", upload_id)


def _read_anew(request: HttpRequest, visit: Visit, upload_id: UUID, answers: Answers) -> HttpResponse:
    """Propose the columns anew, and keep what else was filled in."""
    error: RaincheckError | None = None
    try:
        actions.choose_kind(upload_id=upload_id, kind=answers.kind, source=answers.source, actor=visit.actor)
        answers = replace(answers, columns=())
    except (KindUnanswered, NotFromSystem, FileRefused) as refused:
        error = refused
    with company_scope(visit.company.id):
        return _shown(request, visit, upload_id, error=error, typed=answers)


@staff_page(Ability.MOVE_DATA)
@require_POST
def load(request: HttpRequest, visit: Visit, upload_id: UUID) -> HttpResponse:
    """Have it loaded for good, or gone on with."""
    actions.confirm(upload_id=upload_id, actor=visit.actor, now=visit.now)
    return redirect("console:import", upload_id)


@staff_page(Ability.MOVE_DATA)
@require_POST
def discard(request: HttpRequest, visit: Visit, upload_id: UUID) -> HttpResponse:
    """Throw it away."""
    actions.discard(upload_id=upload_id, actor=visit.actor, now=visit.now)
    messages.success(request, _("文件已销毁"))
    return redirect("console:imports")


def _answers(request: HttpRequest, many: int) -> Answers:
    """Return what the form says of a file of so many columns."""
    return Answers(
        columns=tuple(request.POST.get(f"column-{place}", "")[:40] for place in range(many)),
        timezone=request.POST.get("timezone", "")[:64],
        kind=request.POST.get("kind", "")[:16],
        source=request.POST.get("source", "")[:40],
        region=request.POST.get("region", "").strip().upper()[:8],
        date_order=request.POST.get("date_order", "")[:8],
        year=request.POST.get("year", "").strip()[:8],
    )


def _sent(request: HttpRequest) -> actions.Sent:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or file.file is None:
        raise NoFile(field="file")
    return actions.Sent(file.file, file.name or "")


def _listed(request: HttpRequest, visit: Visit, *, error: RaincheckError | None = None) -> HttpResponse:
    page = Paginator(actions.uploads(visit.actor), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "rows": [(one_, words.kind_of(one_), *words.TONES[UploadState(one_.state)]) for one_ in page],
        "limit": actions.LARGEST // 2**20,
        "days": actions.KEPT.days,
        "error": error,
    }
    return shown(request, visit, "imports.html", context, status=error.status if error else 200)


def _shown(
    request: HttpRequest,
    visit: Visit,
    upload_id: UUID,
    *,
    error: RaincheckError | None = None,
    typed: Answers | None = None,
) -> HttpResponse:
    found = actions.upload(visit.actor, upload_id)
    asks = found.state == UploadState.ASKING or (
        found.state == UploadState.TRIED
        and (error is not None or typed is not None or request.GET.get("step") == "columns")
    )
    context = {
        "upload": found,
        "kind": words.kind_of(found),
        "steps": words.steps(found),
        "at_work": found.state in AT_WORK,
        "over": found.state in OVER,
        "asks": asks,
        "refusal": words.sentence(found.refusal) if found.refusal else "",
        "error": error,
        "limit": actions.LARGEST // 2**20,
        **(_columns(found, visit, typed) if asks else _progress(found, visit)),
    }
    return shown(request, visit, "import.html", context, status=error.status if error else 200)


def _columns(found: Upload, visit: Visit, typed: Answers | None) -> dict[str, Any]:
    given = typed or (Answers.from_json(found.answers) if found.answers else None)
    chosen = dict(enumerate(given.columns)) if given else {}
    proposal = actions.proposal(found)
    asked = list(words.questions(proposal.columns, chosen))
    return {
        "questions": asked,
        "proposal": proposal,
        "open": sum(question.open for question in asked) if proposal.kind else 0,
        "kinds": words.kinds(),
        "chosen_kind": given.kind if given else proposal.kind or "",
        "systems": words.systems(),
        "chosen_system": given.source if given else proposal.source,
        "fields": words.fields(proposal.kind or Kind.INTERVIEWS),
        "zones": words.zones(filter(None, [proposal.manner.timezone, visit.company.timezone])),
        "chosen_zone": (given.timezone if given else "") or proposal.manner.timezone,
        "chosen_region": given.region if given else proposal.manner.region,
        "order_before": words.order(proposal.manner.date_order),
        "orders": words.orders(),
        "given": given,
    }


def _progress(found: Upload, visit: Visit) -> dict[str, Any]:
    tried = actions.found(found)
    run, batch, left, unsorted = None, None, 0, 0
    if found.batch_id:
        batch = batches(visit.actor).filter(id=found.batch_id).first()
        run = ImportRun.objects.filter(company_id=visit.company.id, batch_id=found.batch_id).first()
        left = kept.waiting(run) if run else 0
        unsorted = waiting_in(batch) if batch else 0
    loaded = [plainly(one_["code"], Words(one_["zh"], one_["en"])) for one_ in run.warnings] if run else None
    said = tried.get("notices", []) if loaded is None else loaded
    return {
        "pace": words.pace(found, visit.now),
        "notices": [words.sentence(one_) for one_ in said],
        "first": [(one_, words.sentence(one_)) for one_ in tried.get("first", [])],
        "batch": batch,
        "fate": fates(visit.company.id, [batch.id])[batch.id] if batch else None,
        "left": left,
        "unsorted": unsorted,
    }
