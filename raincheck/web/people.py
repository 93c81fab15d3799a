"""Who is at the door: the decorators that every page wears, and what they hand to it.

A page runs within one transaction of its company. A refusal that is a recorded fact commits, every other
error rolls back, and both travel on to `web/errors.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.core.validators import slug_re
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from raincheck.accounts import guests
from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.backends import is_fresh
from raincheck.accounts.factors import demand_factor
from raincheck.accounts.keys import KeyRefused, actor_of, company_of
from raincheck.accounts.models import CandidateIdentity, Company, Staff
from raincheck.accounts.queries import company_from_address, staff_actor
from raincheck.accounts.sign_in import actor_from_session
from raincheck.core.actor import Actor
from raincheck.core.allowance import Allowance
from raincheck.core.errors import FreshSignInNeeded, NotFound, SignInNeeded
from raincheck.core.scope import company_scope

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
COMPANY_KEPT_SECONDS = 30
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: What one candidate may change: sixty things at once, then one every two seconds. Staff aren't counted: they
#: work on hundreds of interviews in a row.
CANDIDATES_DEEDS = Allowance("candidate", at_once=60, every=timedelta(seconds=2))


@dataclass(frozen=True)
class Visit:
    """One request of one known person; `zone` is the time zone they read in."""

    company: Company
    actor: Actor
    person: CandidateIdentity | Staff
    now: datetime
    zone: ZoneInfo


@dataclass(frozen=True)
class Call:
    """One request of a program."""

    actor: Actor
    now: datetime


def candidate_cookie(company: Company) -> str:
    """Return the name of this company's candidate cookie."""
    return f"{settings.RAINCHECK_SECURE_PREFIX}raincheck_c_{company.slug}"


def company_at(slug: str) -> Company:
    """Return the company of a public address, remembered for half a minute. Raises NotFound."""
    if not slug_re.fullmatch(slug):
        raise NotFound
    key = f"company:{slug}"
    company: Company | None = cache.get(key)
    if company is None:
        company = company_from_address(slug)
        cache.set(key, company, COMPANY_KEPT_SECONDS)
    return company


def candidate_page(ability: Ability) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let a signed-in candidate of the company in the address see a page: `view(request, visit, **kwargs)`."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def page(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
            company = company_at(slug)
            token = request.COOKIES.get(candidate_cookie(company), "")
            with company_scope(company.id) as now:
                actor, identity = actor_from_session(company_id=company.id, token=token, now=now)
                demand(actor, ability)
                if request.method not in {"GET", "HEAD"}:
                    CANDIDATES_DEEDS.spend(str(actor.id))
                zone = ZoneInfo(identity.timezone or company.timezone)
                with timezone.override(zone):
                    return view(request, Visit(company, actor, identity, now, zone), **kwargs)

        return _marked(page, audience="candidate", ability=ability)

    return decorate


def staff_page(
    ability: Ability,
    *,
    looking: Ability | None = None,
    fresh: bool = False,
    at_home: bool = False,
    calls_out: bool = False,
) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Let staff with this ability see a page: `view(request, visit, **kwargs)`.

    Where `looking` is named, that is what a GET asks for. A `fresh` page is for whoever proved lately who they are;
    it asks before its form is filled in, if there is one. A guest of a subsidiary is met there, except `at_home`.

    The page's transaction ends when the view returns: an answer that is streamed opens its own. So does a view that
    `calls_out` to a peer: its transaction has ended before it begins, lest anybody wait for the peer with us.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def page(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            acts = request.method not in SAFE
            with visiting(request, ability if acts or looking is None else looking, at_home=at_home) as visit:
                if fresh and (acts or looking is None) and not is_fresh(request):
                    raise FreshSignInNeeded
                if not calls_out:
                    with timezone.override(visit.zone):
                        return view(request, visit, **kwargs)
            with timezone.override(visit.zone):
                return view(request, visit, **kwargs)

        return _marked(page, audience="staff", ability=ability, looking=looking or ability)

    return decorate


def own_page(why: str, *, calls_out: bool = False) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Let any member of staff see a page about themselves, whatever their role, and say why."""

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def page(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            with visiting(request, None, at_home=True) as visit:
                if not calls_out:
                    with timezone.override(visit.zone):
                        return view(request, visit, **kwargs)
            with timezone.override(visit.zone):
                return view(request, visit, **kwargs)

        return _marked(page, audience="own", ability=why)

    return decorate


def own_door(why: str) -> Callable[[View], View]:
    """Mark a page of allauth's that is about whoever is signed in, and say why; it looks after that itself."""

    def decorate(view: View) -> View:
        return _marked(view, audience="own", ability=why)

    return decorate


@contextmanager
def visiting(request: HttpRequest, ability: Ability | None, *, at_home: bool) -> Iterator[Visit]:
    """Open the transaction in which a member of staff is met, at their company or as a guest of a subsidiary.

    Raises SignInNeeded, SecondFactorNeeded, NotAllowed.
    """
    staff = request.user
    if not isinstance(staff, Staff):
        raise SignInNeeded
    host = None if at_home else guests.host_of(request.session)
    with company_scope(staff.company_id) as now:
        actor = staff_actor(staff)
        if ability is not None:
            demand_factor(staff, actor)
            demand(actor, ability if host is None else Ability.VIEW_GROUP)
        if host is None:
            zone = ZoneInfo(staff.timezone or staff.company.timezone)
            yield Visit(staff.company, actor, staff, now, zone)
            return
    with company_scope(host) as now:
        company, actor = guests.guest(staff=staff, host=host, session=request.session)
        if ability is not None:
            demand(actor, ability)
        yield Visit(company, actor, staff, now, ZoneInfo(staff.timezone or company.timezone))


def program_page(ability: Ability) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let a program with an API key that has this ability in: `view(request, call, **kwargs)`.

    The key stands in the Authorization header and nowhere else, so that no other site's form can act by it.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                raise KeyRefused
            with company_scope(company_of(key)) as now:
                actor = actor_of(key, now=now)
                demand(actor, ability)
                return view(request, Call(actor, now), **kwargs)

        return _marked(page, audience="program", ability=ability)

    return decorate


def public_page(why: str) -> Callable[[View], View]:
    """Mark a page that needs nobody to be signed in, and say why; the walking test reads it."""

    def decorate(view: View) -> View:
        return _marked(view, audience="public", ability=why)

    return decorate


def _marked(view: View, *, audience: str, ability: str, looking: str = "") -> View:
    # Read by the walking test; `looking` is what a GET asks for.
    vars(view).update(audience=audience, ability=ability, looking=looking or ability)
    return view
