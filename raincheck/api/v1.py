"""REST for a company's own systems, by API key: interviews, calling one off, tasks, the audit trail.

Every list is the newest page first, `limit` at most 200, and `next` is the address of what comes after it.
"""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from raincheck.accounts.abilities import Ability
from raincheck.audit.models import Entry
from raincheck.cancellations.actions import Ask, request_cancellation
from raincheck.cancellations.models import Cancellation
from raincheck.core.errors import Invalid
from raincheck.insights.filters import TrailFilters
from raincheck.insights.queries import trail
from raincheck.recruiting.models import Interview
from raincheck.recruiting.queries import get_interview, visible_interviews
from raincheck.web.people import Call, program_page
from raincheck.worklist.models import Task
from raincheck.worklist.queries import inbox

MOST, USUAL = 200, 50
#: Characters of an idempotency key.
_KEY = 80


class BadQuery(Invalid):
    """A parameter of the address, or a field of the body, can't be understood."""

    code = "bad_query"
    message = _("参数有误")
    advice = _("请核对接口文档")


@program_page(Ability.VIEW_INTERVIEWS)
@require_safe
def interviews(request: HttpRequest, call: Call) -> JsonResponse:
    """List interviews, the newest made first."""
    found = visible_interviews(call.actor).order_by("-id")
    return _page(request, found, _interview)


@program_page(Ability.VIEW_INTERVIEWS)
@require_safe
def interview(request: HttpRequest, call: Call, interview_id: UUID) -> JsonResponse:
    """Return one interview. Raises NotFound."""
    return JsonResponse(_interview(get_interview(call.actor, interview_id)))


@program_page(Ability.CANCEL_INTERVIEW)
@require_POST
def cancel(request: HttpRequest, call: Call, interview_id: UUID) -> JsonResponse:
    """Call an interview off: `{"reason": "…", "note": "…", "idempotency_key": "…"}`; the same key acts once."""
    given = _body(request)
    ask = Ask(
        reason=given.get("reason", ""),
        note=given.get("note", ""),
        channel="api",
        idempotency_key=given.get("idempotency_key") or None,
    )
    made = request_cancellation(interview_id=interview_id, actor=call.actor, ask=ask, now=call.now)
    return JsonResponse(_cancellation(made), status=202)


@program_page(Ability.VIEW_TASKS)
@require_safe
def tasks(request: HttpRequest, call: Call) -> JsonResponse:
    """List the tasks that are open."""
    return _page(request, inbox(call.actor).order_by("-id"), _task)


@program_page(Ability.VIEW_AUDIT)
@require_safe
def audit(request: HttpRequest, call: Call) -> JsonResponse:
    """List audit entries, the newest first."""
    return _page(request, trail(call.actor, TrailFilters()).order_by("-id"), _entry)


def _page(request: HttpRequest, found: "QuerySet[Any]", said: Any) -> JsonResponse:
    limit = request.GET.get("limit", str(USUAL))
    # Read whole, but no longer than any that is allowed: of thousands of digits Python makes no number.
    short = limit.isascii() and limit.isdigit() and len(limit) <= len(str(MOST))
    if not (short and 1 <= int(limit) <= MOST):
        raise BadQuery(field="limit")
    after = request.GET.get("after", "")
    if after:
        try:
            found = found.filter(id__lt=UUID(after))
        except ValueError as error:
            raise BadQuery(field="after") from error
    rows = list(found[: int(limit) + 1])
    items, more = rows[: int(limit)], len(rows) > int(limit)
    follow = f"{request.path}?{urlencode({'limit': limit, 'after': items[-1].id})}" if more else None
    return JsonResponse({"items": [said(row) for row in items], "next": follow})


def _body(request: HttpRequest) -> dict[str, str]:
    try:
        given = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadQuery(field="body") from error
    known = {"reason", "note", "idempotency_key"}
    if not isinstance(given, dict) or not given.keys() <= known:
        raise BadQuery(field="body")
    for name, value in given.items():
        if not _is_text(value) or (name == "idempotency_key" and len(value) > _KEY):
            raise BadQuery(field=name)
    return given


def _is_text(value: object) -> bool:
    """Say whether it is a text that a column can hold; JSON can say others: with a NUL, or half of a character."""
    if not isinstance(value, str) or "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _interview(one: Interview) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "state": one.state,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "application_id": one.application_id,
        "position_id": one.application.position_id,
        "candidate": one.application.candidate.name,
    }


def _cancellation(one: Cancellation) -> dict[str, Any]:
    return {
        "id": one.id,
        "interview_id": one.interview_id,
        "state": one.state,
        "vendor_agreement": one.agreement,
        "due_at": one.due_at,
    }


def _task(one: Task) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "subject_type": one.subject_type,
        "subject_id": one.subject_id,
        "interview_id": one.interview_id,
        "opened_at": one.opened_at,
        "due_at": one.due_at,
    }


def _entry(one: Entry) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "action": one.action,
        "actor_kind": one.actor_kind,
        "actor_id": one.actor_id,
        "subject_type": one.subject_type,
        "subject_id": one.subject_id,
        "interview_id": one.interview_id,
        "cancellation_id": one.cancellation_id,
        "facts": one.facts,
    }
