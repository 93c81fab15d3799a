"""Where an imported interview hangs: department, position, application; found, or made where they are missing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from raincheck.migration.rows import Draft
from raincheck.recruiting.models import (
    Application,
    ApplicationState,
    Candidate,
    Department,
    Interview,
    InterviewState,
    Position,
)

_FOLLOWS = {InterviewState.SUBMITTED: ApplicationState.INTERVIEWED}


@dataclass
class Places:
    """What one load has found and made; departments and positions are few and kept by name."""

    company_id: UUID
    now: datetime
    _departments: dict[str, Department] = field(default_factory=dict)
    _positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    _made: set[UUID] = field(default_factory=set)
    _again: set[UUID] = field(default_factory=set)
    _looked_at: set[UUID] = field(default_factory=set)
    _standing: set[tuple[UUID, datetime]] = field(default_factory=set)

    def place(self, drafts: Sequence[tuple[Draft, Candidate]]) -> list[Application]:
        """Return the application of each draft, in their order."""
        wanted = [(candidate, self._position(draft)) for draft, candidate in drafts]
        ids = {candidate.id for candidate, _ in wanted}
        known = Application.objects.filter(company_id=self.company_id, candidate_id__in=ids)
        found = {(a.candidate_id, a.position_id): a for a in known.select_related("position", "candidate")}
        fresh, placed = [], []
        for (draft, _), (candidate, position) in zip(drafts, wanted, strict=True):
            application = found.get((candidate.id, position.id))
            if application is None:
                application = self._application(draft, candidate, position)
                found[candidate.id, position.id] = application
                fresh.append(application)
                self._made.add(application.id)
            elif application.id in self._made:
                self._again.add(application.id)
            placed.append(application)
        Application.objects.bulk_create(fresh)
        self._look_at({a.id for a in placed} - self._made - self._looked_at)
        return placed

    def made(self, application: Application) -> bool:
        """Say whether this load made the application; one from before keeps its state."""
        return application.id in self._made

    def stands(self, application: Application, draft: Draft) -> bool:
        """Say whether an interview from before this load has the same application and start."""
        return (application.id, draft.span.starts_at) in self._standing

    def settle(self) -> None:
        """Let applications that this load gave several interviews follow their latest."""
        for application_id in self._again:
            latest = (
                Interview.objects.filter(application_id=application_id).order_by("-starts_at", "-id").first()
            )
            if latest is not None and latest.state != InterviewState.CANCELLED:
                to = _FOLLOWS.get(InterviewState(latest.state), ApplicationState.INTERVIEWING)
                Application.objects.filter(id=application_id).update(state=to)

    def _look_at(self, application_ids: set[UUID]) -> None:
        """Remember what stands already, before this load adds to it."""
        self._looked_at |= application_ids
        standing = Interview.objects.filter(company_id=self.company_id, application_id__in=application_ids)
        self._standing |= set(standing.values_list("application_id", "starts_at"))

    def _position(self, draft: Draft) -> Position:
        key = draft.department, draft.position
        if key not in self._positions:
            position, _ = Position.objects.select_related("department").get_or_create(
                company_id=self.company_id,
                department=self._department(draft.department),
                title=draft.position,
            )
            self._positions[key] = position
        return self._positions[key]

    def _department(self, name: str) -> Department:
        if name not in self._departments:
            department, _ = Department.objects.get_or_create(company_id=self.company_id, name=name)
            self._departments[name] = department
        return self._departments[name]

    def _application(self, draft: Draft, candidate: Candidate, position: Position) -> Application:
        return Application(
            company_id=self.company_id,
            candidate=candidate,
            position=position,
            state=_FOLLOWS.get(draft.standing.state, ApplicationState.INTERVIEWING),
            source=draft.source,
            # Whoever is interviewed has applied by then.
            applied_at=draft.applied_at or min(self.now, draft.span.starts_at),
        )
