"""Loading the demo: two companies on the first start, and fresh interviews to cancel on every start."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Value
from django.db.models.functions import Replace

from raincheck.accounts.models import Company as CompanyRow
from raincheck.audit.sealing import unsealed_meanwhile
from raincheck.core.scope import company_scope
from raincheck.demo.bookings import Draft, book
from raincheck.demo.companies import COMPANIES, Company
from raincheck.demo.freshness import Cast, freshen
from raincheck.demo.people import Population, settle_in
from raincheck.demo.stories import begin_stories, keep_reviewing
from raincheck.demo.timetable import Plan, plan
from raincheck.demo.vendor import SimulatedVendor
from raincheck.recruiting.models import (
    Application,
    ApplicationState,
    Candidate,
    Interview,
    InterviewState,
    Position,
    PositionState,
)
from raincheck.vendors.models import VendorAccount

_SOURCES = ("校园招聘", "官网投递", "内部推荐", "招聘网站", "猎头推荐")


@dataclass(frozen=True)
class VendorPlace:
    """Where a company's simulated AI interview system is, and what the two of them know each other by."""

    url: str
    key: str
    webhook_secret: str


def load(places: Mapping[str, VendorPlace]) -> None:
    """Load what is missing; `places` is by company slug. Needs migrated tables and running vendors.

    Raises httpx.HTTPError.
    """
    with unsealed_meanwhile():
        _load_all(places)


def _load_all(places: Mapping[str, VendorPlace]) -> None:
    for company in COMPANIES:
        place = places[company.slug]
        vendor = SimulatedVendor(url=place.url, key=place.key)
        with company_scope(company.id) as now:
            known = CompanyRow.objects.filter(id=company.id).exists()
            if known:
                _follow(company, place)
            else:
                _load(company, place, vendor, now)
            cast = Cast.of(company, vendor)
            freshen(cast, now=now)
        if not known:
            begin_stories(cast)
        keep_reviewing(cast)


def _load(company: Company, place: VendorPlace, vendor: SimulatedVendor, now: datetime) -> None:
    population = settle_in(company, now=now)
    account = VendorAccount(
        id=company.account_id,
        company_id=company.id,
        name="云面（模拟AI面试系统）",
        adapter="simulated",
        base_url=place.url,
    )
    account.seal("api_key", place.key)
    account.seal("webhook_secret", place.webhook_secret)
    account.save()
    drafts = _drafts(company, population, now)
    Application.objects.bulk_create(draft.application for draft in drafts)
    book(drafts, account=account, vendor=vendor, by=population.recruiter, now=now)


def _drafts(company: Company, population: Population, now: datetime) -> list[Draft]:
    """Give each planned interview an application: every candidate but the first gets one, some a second."""
    chance = random.Random(company.seed + 1)  # noqa: S311 (a demo's applications, not secrets)
    panel = population.interviewers
    plans = plan(count=company.interviews, interviewers=len(panel), seed=company.seed, now=now)
    others = population.candidates[1:]
    twice = chance.sample(others, company.interviews - len(others))
    applied: dict[Candidate, set[Position]] = {candidate: set() for candidate in others}
    drafts = []
    for candidate, planned in zip(others + twice, plans, strict=True):
        fitting = [p for p in population.positions if _takes(p, planned) and p not in applied[candidate]]
        position = chance.choice(fitting)
        applied[candidate].add(position)
        application = Application(
            company_id=company.id,
            candidate=candidate,
            position=position,
            state=_application_state(planned),
            source=chance.choice(_SOURCES),
            applied_at=min(now, planned.times.starts_at) - timedelta(days=chance.randint(4, 20)),
        )
        drafts.append(Draft(planned, application, panel[planned.interviewer]))
    return drafts


def _takes(position: Position, planned: Plan) -> bool:
    """Frozen and closed positions hold nothing on the schedule, only what was before."""
    over = planned.state not in {InterviewState.SCHEDULED, InterviewState.IN_PROGRESS}
    return over or position.state == PositionState.OPEN


def _application_state(planned: Plan) -> ApplicationState:
    if planned.state == InterviewState.SUBMITTED:
        return ApplicationState.INTERVIEWED
    return ApplicationState.INTERVIEWING


def _follow(company: Company, place: VendorPlace) -> None:
    """Keep up with a vendor that runs on another port this time."""
    account = VendorAccount.objects.get(id=company.account_id)
    if account.base_url == place.url:
        return
    moved = Replace(F("vendor_link"), Value(account.base_url), Value(place.url))
    Interview.objects.filter(vendor_account_id=account.id).update(vendor_link=moved)
    VendorAccount.objects.filter(id=account.id).update(base_url=place.url)
