"""A demo company's own rows: itself, its departments and positions, its staff, its candidates."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.contrib.auth.hashers import make_password

from raincheck.accounts import models as accounts
from raincheck.accounts.identities import Contacts, new_identity
from raincheck.accounts.models import CandidateIdentity, Language, RoleGrant, Staff
from raincheck.core.actor import Role
from raincheck.demo import companies, names
from raincheck.founding import Charter, found_company
from raincheck.recruiting.models import Candidate, Department, Position

_SCHOOLS = (
    "示例大学",
    "示例理工大学",
    "示例师范大学",
    "示例财经大学",
    "示例科技学院",
    "Example University",
)
_HEADLINES = (
    "应届硕士，两段实习",
    "三年相关经验",
    "应届本科，竞赛获奖",
    "五年相关经验，带过小组",
    "转行，自学一年",
)


@dataclass(frozen=True)
class Population:
    """Who and what a company consists of before its first interview."""

    company: accounts.Company
    positions: list[Position]
    interviewers: list[Staff]
    recruiter: Staff
    candidates: list[Candidate]


def settle_in(spec: companies.Company, *, now: datetime) -> Population:
    """Store a company with its people; the caller has opened its scope."""
    company = found_company(company_id=spec.id, charter=_charter(spec), now=now)
    # Whoever tries the demo at night wants to see every message arrive, not read of it in the morning.
    company.quiet_to = company.quiet_from
    company.save(update_fields=["quiet_to"])
    departments = [Department(company=company, name=department.name) for department in spec.departments]
    Department.objects.bulk_create(departments)
    staff = _staff(spec, company, departments[0])
    by_login = {person.login: member for person, member in zip(spec.staff, staff, strict=True)}
    recruiter = by_login["recruiter"]
    positions = [
        Position(company=company, department=department, title=title, state=state, owner=recruiter)
        for department, planned in zip(departments, spec.departments, strict=True)
        for title, state in planned.positions
    ]
    Position.objects.bulk_create(positions)
    panel = [by_login[person.login] for person in spec.staff if person.role is Role.INTERVIEWER]
    return Population(company, positions, panel, recruiter, _candidates(spec, company, now))


def _charter(spec: companies.Company) -> Charter:
    return Charter(
        slug=spec.slug,
        name=spec.name,
        timezone="Asia/Shanghai",
        contact_name="示例招聘团队",
        contact_phone=spec.contact_phone,
        contact_email=f"recruiting@{spec.slug}.example.com",
    )


def _staff(spec: companies.Company, company: accounts.Company, first: Department) -> list[Staff]:
    # One hash for all: it is one password, and meant to be known.
    password = make_password(companies.PASSWORD)
    staff = [
        Staff(company=company, email=spec.email(person), name=person.name, password=password)
        for person in spec.staff
    ]
    Staff.objects.bulk_create(staff)
    RoleGrant.objects.bulk_create(
        RoleGrant(
            company=company,
            staff=member,
            role=person.role,
            department_id=first.id if person.role is Role.DEPARTMENT_VIEWER else None,
        )
        for person, member in zip(spec.staff, staff, strict=True)
    )
    return staff


def _candidates(spec: companies.Company, company: accounts.Company, now: datetime) -> list[Candidate]:
    chance = random.Random(spec.seed)  # noqa: S311 (a demo's people, not secrets)
    identities = [_identity(spec, number) for number in range(spec.candidates)]
    CandidateIdentity.objects.bulk_create(identities)
    candidates = [
        Candidate(
            company=company,
            identity=identity,
            name=name,
            school=chance.choice(_SCHOOLS),
            headline=chance.choice(_HEADLINES),
            pool_consent=True if (agreed := chance.random() < 0.3) else None,  # noqa: PLR2004 (a share)
            pool_consent_at=now - timedelta(days=chance.randint(1, 60)) if agreed else None,
        )
        for identity, name in zip(identities, _names(spec), strict=True)
    ]
    return Candidate.objects.bulk_create(candidates)


def somebody_new(spec: companies.Company, place: int) -> Candidate:
    """Give the number of a candidate who was erased to somebody else; the caller has opened the company's scope."""
    identity = _identity(spec, place)
    identity.save()
    return Candidate.objects.create(
        company_id=spec.id, identity=identity, name="示例候选人", school=_SCHOOLS[0], headline=_HEADLINES[0]
    )


def _identity(spec: companies.Company, place: int) -> CandidateIdentity:
    english = place >= spec.candidates - spec.english
    return new_identity(
        company_id=spec.id,
        contacts=Contacts(
            phone=spec.phone(place), email=f"candidate{spec.first_number + place:04d}@example.com"
        ),
        language=Language.EN if english else Language.ZH,
        timezone="Europe/Berlin" if english and place % 2 else "",
    )


def _names(spec: companies.Company) -> Iterator[str]:
    yield from islice(names.chinese(spec.seed), spec.candidates - spec.english)
    yield from islice(names.english(), spec.english)
