"""Who is at the door: the decorators that every page wears, and what they hand to it.

A page runs within one transaction of its company. A refusal that is a recorded fact commits, every other
error rolls back, and both travel on to `web/errors.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.validators import slug_re
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import CandidateIdentity, Company, Staff
from raincheck.accounts.queries import company_from_address, staff_actor
from raincheck.accounts.sign_in import actor_from_session
from raincheck.core.actor import Actor
from raincheck.core.allowance import Allowance
from raincheck.core.errors import NotFound, SignInNeeded
from raincheck.core.scope import company_scope

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
COMPANY_KEPT_SECONDS = 30
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
    ability: Ability, *, calls_out: bool = False
) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Let staff with this ability see a page: `view(request, visit, **kwargs)`.

    The page's transaction ends when the view returns: an answer that is streamed opens its own. So does a view that
    `calls_out` to a peer: its transaction has ended before it begins, lest anybody wait for the peer with us.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def page(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            staff = request.user
            if isinstance(staff, AnonymousUser) or not isinstance(staff, Staff):
                raise SignInNeeded
            with company_scope(staff.company_id) as now:
                actor = staff_actor(staff)
                demand(actor, ability)
                zone = ZoneInfo(staff.timezone or staff.company.timezone)
                visit = Visit(staff.company, actor, staff, now, zone)
                if not calls_out:
                    with timezone.override(zone):
                        return view(request, visit, **kwargs)
            with timezone.override(zone):
                return view(request, visit, **kwargs)

        return _marked(page, audience="staff", ability=ability)

    return decorate


def public_page(why: str) -> Callable[[View], View]:
    """Mark a page that needs nobody to be signed in, and say why; the walking test reads it."""

    def decorate(view: View) -> View:
        return _marked(view, audience="public", ability=why)

    return decorate


def _marked(view: View, *, audience: str, ability: str) -> View:
    view.audience = audience  # type: ignore[attr-defined] # read by the walking test
    view.ability = ability  # type: ignore[attr-defined] # likewise
    return view
