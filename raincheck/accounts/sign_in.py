"""Candidates sign in by phone and a one-time code: their company comes from the address they came to.

The code is derived from the row's id under the master key, so it is neither in the database nor in a
job's arguments, and whoever sends it computes it again.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

import structlog
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts import identities
from raincheck.accounts.models import (
    CandidateIdentity,
    CandidateSession,
    Company,
    SignInCode,
)
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core import crypto
from raincheck.core.actor import Actor, ActorKind
from raincheck.core.errors import Invalid, SignInNeeded, TooMany
from raincheck.core.jobs import defer
from raincheck.core.prepared import Prepared
from raincheck.core.scope import take_turns

log = structlog.get_logger(__name__)
CODE_LIFE = timedelta(minutes=5)
RESEND_AFTER = timedelta(seconds=60)
CODES_AN_HOUR = 6
TRIES = 5
SESSION_LIFE = timedelta(days=14)


class CodeWrong(Invalid):
    """The code isn't the one sent, has expired, was used, or was tried too often: one answer for all."""

    code = "code_wrong"
    status = 422
    recorded = True
    message = _("验证码错误或已过期")
    advice = _("请核对短信中的最新验证码，或重新获取")


class CodesTooOften(TooMany):
    """More codes were asked for than a person needs."""

    code = "codes_too_often"
    message = _("验证码获取过于频繁")
    advice = _("请稍后再获取；如仍收不到，请联系HR")


@dataclass(frozen=True)
class SignedIn:
    """A session just begun; `token` goes into the cookie and nowhere else."""

    token: str
    identity: CandidateIdentity
    expires_at: datetime


def send_code(*, company: Company, phone: str, now: datetime) -> UUID:
    """Defer a code to this number and return the attempt's id.

    A number nobody has is answered alike and at the same cost, so that the page can't be used to find out who applied.
    Raises InvalidPhone, CodesTooOften.
    """
    hashed = identities.phone_hash(company.id, identities.normal_phone(phone))
    take_turns(f"code:{hashed.hex()}")
    sent = SignInCode.objects.filter(company=company, phone_hash=hashed, sent_at__gt=now - timedelta(hours=1))
    times = sorted(sent.values_list("sent_at", flat=True))
    if (wait := _wait(times, now)) > timedelta():
        raise CodesTooOften(contact=company.contact, retry_after=ceil(wait.total_seconds()))
    identity = CandidateIdentity.objects.filter(company=company, phone_hash=hashed).first()
    code = SignInCode.objects.create(
        company=company, phone_hash=hashed, identity=identity, sent_at=now, expires_at=now + CODE_LIFE
    )
    # The job is deferred for a number nobody has as well, and then sends nothing: to skip it would take less time.
    defer(
        "notifications.send_code",
        queue="tell",
        priority=10,
        company_id=str(company.id),
        code_id=str(code.id),
    )
    return code.id


def _wait(times: list[datetime], now: datetime) -> timedelta:
    """Return how long until another code may be asked for, given when the last hour's were; not positive: now."""
    after_last = times[-1] + RESEND_AFTER if times else now
    full = len(times) >= CODES_AN_HOUR
    after_first = times[-CODES_AN_HOUR] + timedelta(hours=1) if full else now
    return max(after_last, after_first) - now


def digits(code_id: UUID) -> str:
    """Return the six digits of this attempt."""
    value = int.from_bytes(crypto.keyed_hash(code_id, "sign-in", "code")[:8])
    return f"{value % 1_000_000:06d}"


def sign_in(*, company: Company, code_id: UUID, typed: str, replacing: str = "", now: datetime) -> SignedIn:
    """Spend the code and begin a session; the one that the token `replacing` began ends.

    Raises CodeWrong (a wrong try is counted and kept).
    """
    code = (
        SignInCode.objects.select_for_update(no_key=True)
        .filter(company=company, id=code_id, spent_at=None, expires_at__gt=now, tries__lt=TRIES)
        .first()
    )
    if code is None:
        raise CodeWrong(contact=company.contact, field="code")
    right = hmac.compare_digest(typed.strip().encode(), digits(code.id).encode())
    if not right or code.identity_id is None:
        SignInCode.objects.filter(id=code.id).update(tries=F("tries") + 1)
        log.warning("sign_in_tried", way="phone", attempt=str(code.id), company=company.slug)
        raise CodeWrong(contact=company.contact, field="code")
    SignInCode.objects.filter(id=code.id).update(spent_at=now)
    identity = CandidateIdentity.objects.get(id=code.identity_id)
    sign_out(company_id=company.id, token=replacing, now=now)
    actor = Actor(ActorKind.CANDIDATE, identity.id, company.id)
    note(actor=actor, deed=Deed(Action.SIGNED_IN, Subject("identity", identity.id)), now=now)
    return begin_session(identity=identity, now=now)


def begin_session(*, identity: CandidateIdentity, now: datetime) -> SignedIn:
    """Begin a session for someone known to be who they are; the caller has made sure."""
    token = secrets.token_urlsafe(32)
    session = CandidateSession.objects.create(
        company_id=identity.company_id,
        identity=identity,
        token_hash=crypto.token_hash(token),
        started_at=now,
        expires_at=now + SESSION_LIFE,
    )
    return SignedIn(token, identity, session.expires_at)


def actor_from_session(*, company_id: UUID, token: str, now: datetime) -> tuple[Actor, CandidateIdentity]:
    """Return who this token is at this company. Raises SignInNeeded."""
    session = _open_session.first(company=company_id, token=crypto.token_hash(token), now=now)
    if session is None:
        raise SignInNeeded
    return Actor(ActorKind.CANDIDATE, session.identity_id, company_id), session.identity


@Prepared
def _open_session(company: UUID, token: bytes, now: datetime) -> "QuerySet[CandidateSession]":
    mine = CandidateSession.objects.filter(company_id=company, token_hash=token)
    return mine.filter(ended_at=None, expires_at__gt=now).select_related("identity")


def sign_out(*, company_id: UUID, token: str, now: datetime) -> None:
    """End the session this token began, if any."""
    CandidateSession.objects.filter(
        company_id=company_id, token_hash=crypto.token_hash(token), ended_at=None
    ).update(ended_at=now)
