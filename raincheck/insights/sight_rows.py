"""One sight of personal data in words: who, whose, and what of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.insights import words
from raincheck.insights.batches import batches
from raincheck.insights.trail_rows import names_in
from raincheck.recruiting.models import Candidate
from raincheck.recruiting.sights import Page, Purpose

FIELDS = {
    "phone": gettext_lazy("手机"),
    "email": gettext_lazy("邮箱"),
    "id_number": gettext_lazy("证件号"),
}


@dataclass(frozen=True, slots=True)
class SightRow:
    """One sight as it reads on the page and in a file; `candidate` is the name today, empty for many at once."""

    id: UUID
    at: datetime
    action: str
    action_code: str
    actor_kind: str
    actor: str
    candidate: str
    candidate_id: UUID | None
    what: str
    request_id: str


def sight_rows(found: "QuerySet[Entry]", actor: Actor) -> Iterator[list[SightRow]]:
    """Yield these sights in words and in order, batch by batch, from one look at the database."""
    actions = {str(code): str(label) for code, label in Action.choices}
    kinds = {str(code): str(label) for code, label in words.ACTORS.items()}
    for batch in batches(found):
        names = names_in(actor.company_id, batch)
        candidates = _candidates(actor.company_id, batch)
        yield [
            SightRow(
                id=entry.id,
                at=entry.at,
                action=actions.get(entry.action, entry.action),
                action_code=entry.action,
                actor_kind=kinds.get(entry.actor_kind, entry.actor_kind),
                actor=names.get(entry.actor_id, "") if entry.actor_id else "",
                candidate=candidates.get(entry.subject_id, ""),
                candidate_id=entry.subject_id if entry.subject_type == "candidate" else None,
                what=seen(entry),
                request_id=entry.request_id,
            )
            for entry in batch
        ]


def seen(entry: Entry) -> str:
    """Say what of somebody's data was seen."""
    facts = entry.facts
    match entry.action:
        case Action.VIEWED:
            page = facts.get("page", "")
            return str(Page(page).label) if page in Page.values else page
        case Action.REVEALED:
            said = [str(FIELDS.get(name, name)) for name in facts.get("fields", ())]
            purpose = facts.get("purpose", "")
            return " · ".join([*said, *([str(Purpose(purpose).label)] if purpose in Purpose.values else [])])
        case Action.EXPORTED | Action.ROWS_TAKEN:
            rows = facts.get("rows", 0)
            count = ngettext("%(n)d行", "%(n)d行", rows) % {"n": rows}
            return f"{str(facts.get('format', '')).upper()} {count}"
    return _("全部个人信息")


def _candidates(company_id: UUID, entries: list[Entry]) -> dict[UUID, str]:
    ids = {entry.subject_id for entry in entries if entry.subject_type == "candidate"}
    return dict(Candidate.objects.filter(company_id=company_id, id__in=ids).values_list("id", "name"))
