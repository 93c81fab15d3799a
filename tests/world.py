"""A small company for tests: its people, a position, candidates, interviews known to the simulated vendor."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.periodic import PeriodicRegistry

from raincheck.accounts.identities import Contacts, new_identity
from raincheck.accounts.models import Company, RoleGrant, Staff
from raincheck.accounts.queries import staff_actor
from raincheck.audit.models import Entry
from raincheck.cancellations import reasons
from raincheck.cancellations.actions import Ask, request_cancellation
from raincheck.cancellations.models import Cancellation
from raincheck.core.actor import STAFF_ROLES, Actor, ActorKind, Role
from raincheck.core.scope import company_scope
from raincheck.recruiting.models import (
    Application,
    ApplicationState,
    Candidate,
    Department,
    Interview,
    Interviewer,
    Position,
    Progress,
)
from raincheck.vendors.models import VendorAccount
from tests.simulators import AiInterview

_numbers = count(1)
PASSWORD = "a-long-demo-password"


def number() -> int:
    """Return a number not used before in this run; web processes remember companies by their address."""
    return next(_numbers)


@dataclass
class World:
    """One company and handles to everyone in it."""

    company: Company
    vendor: AiInterview
    staff: dict[str, Staff]
    department: Department
    position: Position
    account: VendorAccount
    candidates: list[Candidate] = field(default_factory=list)

    @property
    def candidate(self) -> Candidate:
        """The candidate most stories are about."""
        return self.candidates[0]

    def scope(self) -> Any:
        """Open this company's transaction; yields its time."""
        return company_scope(self.company.id)

    def actor(self, role: str = "hr_manager") -> Actor:
        """Return one of the staff, acting."""
        with self.scope():
            return staff_actor(self.staff[role])

    def as_candidate(self, candidate: Candidate | None = None) -> Actor:
        """Return a candidate, acting."""
        who = candidate or self.candidate
        return Actor(ActorKind.CANDIDATE, who.identity_id, self.company.id)

    def add_candidate(self, *, name: str = "", language: str = "zh-hans") -> Candidate:
        """Add one more candidate, with an application to the position."""
        number = next(_numbers)
        contacts = Contacts(phone=f"+86138{number:08d}", email=f"candidate{number}@example.com")
        with self.scope() as now:
            identity = new_identity(company_id=self.company.id, contacts=contacts, language=language)
            identity.save()
            candidate = Candidate.objects.create(
                company=self.company, identity=identity, name=name or f"示例候选人{number}", school="示例大学"
            )
            Application.objects.create(
                company=self.company,
                candidate=candidate,
                position=self.position,
                state=ApplicationState.INTERVIEWING,
                source="校园招聘",
                applied_at=now,
            )
        self.candidates.append(candidate)
        return candidate

    def phone(self, candidate: Candidate | None = None) -> str:
        """Return a candidate's number in the clear."""
        from raincheck.accounts.identities import open_contacts

        with self.scope():
            identity = (
                Candidate.objects.select_related("identity").get(id=(candidate or self.candidate).id).identity
            )
            return open_contacts(identity).phone

    def email(self, candidate: Candidate | None = None) -> str:
        """Return a candidate's address in the clear."""
        from raincheck.accounts.identities import open_contacts

        with self.scope():
            identity = (
                Candidate.objects.select_related("identity").get(id=(candidate or self.candidate).id).identity
            )
            return open_contacts(identity).email

    def book(
        self,
        *,
        hours: float,
        candidate: Candidate | None = None,
        kind: str = "slot",
        state: str = "scheduled",
        progress: str = "unopened",
        with_vendor: bool = True,
    ) -> Interview:
        """Put an interview on the schedule, known to the vendor; the key instant lies `hours` from now."""
        key_instant = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
        slot = kind == "slot"
        starts_at = key_instant if slot else key_instant - timedelta(days=3)
        ends_at = key_instant + timedelta(minutes=40) if slot else key_instant
        with self.scope():
            application = Application.objects.get(
                candidate=candidate or self.candidate, position=self.position
            )
            interview = Interview.objects.create(
                company=self.company,
                application=application,
                kind=kind,
                starts_at=starts_at,
                ends_at=ends_at,
                state=state,
            )
            Interviewer.objects.create(
                company=self.company, interview=interview, staff=self.staff["interviewer"]
            )
        if with_vendor:
            self._tell_vendor(interview, progress)
        return self.fresh(interview)

    def _tell_vendor(self, interview: Interview, progress: str) -> None:
        seeded = self.vendor.seed(
            [
                {
                    "external_id": str(interview.id),
                    "kind": interview.kind,
                    "starts_at": _z(interview.starts_at),
                    "ends_at": _z(interview.ends_at),
                    "title": self.position.title,
                    "candidate": {"name": "示例", "locale": "zh-hans"},
                    "status": {
                        "unopened": "invited",
                        "opened": "invited",
                        "partly_recorded": "in_progress",
                    }.get(progress, "submitted"),
                    "progress": progress,
                }
            ]
        )[0]
        with self.scope() as now:
            Interview.objects.filter(id=interview.id).update(
                vendor_account_id=self.account.id,
                vendor_ref=seeded["id"],
                vendor_link=seeded["invite_url"],
                vendor_version=seeded["version"],
                vendor_progress=Progress(progress),
                vendor_said_at=now,
            )

    def ask(
        self, interview: Interview, *, actor: Actor | None = None, reason: str = "time_conflict", **ask: Any
    ) -> Cancellation:
        """Ask for a cancellation, as the candidate unless told otherwise."""
        with self.scope() as now:
            owner = Actor(ActorKind.CANDIDATE, interview.application.candidate.identity_id, self.company.id)
            return request_cancellation(
                interview_id=interview.id, actor=actor or owner, ask=Ask(reason=reason, **ask), now=now
            )

    def fresh(self, row: Any) -> Any:
        """Load a row again, with what pages show of an interview."""
        with self.scope():
            if isinstance(row, Interview):
                related = ("application__candidate__identity", "application__position__department", "company")
                return Interview.objects.select_related(*related).get(id=row.id)
            return type(row).objects.get(pk=row.pk)

    def entries(self, *, interview: Interview | None = None) -> list[str]:
        """Return the audit trail's actions in order, of one interview if given."""
        with self.scope():
            found = Entry.objects.order_by("at", "id")
            if interview is not None:
                found = found.filter(interview_id=interview.id)
            return list(found.values_list("action", flat=True))

    def count(self, model: Any, **where: Any) -> int:
        """Count this company's rows."""
        with self.scope():
            return int(model.objects.filter(**where).count())

    def put(self, row: Any, **values: Any) -> None:
        """Change a row behind the product's back, to move its clocks or states."""
        with self.scope():
            type(row).objects.filter(pk=row.pk).update(**values)


def build(slug: str, name: str, *, vendor: AiInterview) -> World:
    """Make a company with one of each role, one department, one open position and one candidate."""
    company = Company(
        slug=slug,
        name=name,
        contact_name="示例HR",
        contact_phone="010-00000000",
        contact_email=f"hr@{slug}.example.com",
        # Never quiet: a test ends at night as it does by day.
        quiet_from="00:00",
        quiet_to="00:00",
    )
    with company_scope(company.id):
        company.save()
        department = Department.objects.create(company=company, name="数据平台部")
        staff = _staff(company, department.id)
        position = Position.objects.create(
            company=company, department=department, title="数据分析师", owner=staff["recruiter"]
        )
        account = VendorAccount(
            company=company, name="模拟面试系统", adapter="simulated", base_url=vendor.url
        )
        account.seal("api_key", vendor.key)
        account.seal("webhook_secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        account.save()
        reasons.install(company.id)
    made = World(company, vendor, staff, department, position, account)
    made.add_candidate()
    return made


def _staff(company: Company, department_id: UUID) -> dict[str, Staff]:
    """Add one of each role, and return them by it."""
    staff = {
        role: Staff(company=company, email=_address(company, role), name=f"示例{role.value}")
        for role in STAFF_ROLES
    }
    for person in staff.values():
        person.set_unusable_password()
    Staff.objects.bulk_create(staff.values())
    RoleGrant.objects.bulk_create(
        RoleGrant(
            company=company,
            staff=person,
            role=role,
            department_id=department_id if role is Role.DEPARTMENT_VIEWER else None,
        )
        for role, person in staff.items()
    )
    return {role.value: person for role, person in staff.items()}


def _address(company: Company, role: Role) -> str:
    return f"{role.value.replace('_', '-')}@{company.slug}.example.com"


def drain() -> None:
    """Work off every job that is due, and those they lead to, with the real worker and its own connections."""
    # One connection unless more are wanted: to begin with a pool's four takes as long as a cancellation's jobs.
    worker = app.with_connector(PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=4))
    worker.periodic_registry = PeriodicRegistry()

    async def work() -> None:
        async with worker.open_async():
            while await asyncio.to_thread(_due):
                await worker.run_worker_async(
                    wait=False, install_signal_handlers=False, listen_notify=False, concurrency=4
                )

    # In a thread of its own: a browser test before us may have left an event loop in this one.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()


def _due() -> int:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM procrastinate_jobs"
                " WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())"
            )
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


def jobs() -> list[str]:
    """Return the names of the jobs that wait, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [name for (name,) in cursor.fetchall()]


def _z(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
