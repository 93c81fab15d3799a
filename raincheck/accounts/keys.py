"""API keys: made, shown once, found again by their hash, revoked.

A key names its company and its row and adds 256 random bits, so that it is looked for within its company and nowhere
else. What it may do is what the scopes it was given allow, in the whole company.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, Scope, demand
from raincheck.accounts.models import ApiKey
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Subject, record
from raincheck.core import crypto
from raincheck.core.actor import Actor, ActorKind, Role
from raincheck.core.errors import Conflict, Invalid, NotFound, RaincheckError
from raincheck.core.ids import new_id

PREFIX = "rck_"
LONGEST, LIVES = 366, (30, 90, 180, 366)
_ID, _SECRET = 16, 32
_NAME = 80
_A_MINUTE = timedelta(minutes=1)


class KeyRefused(RaincheckError):
    """No key, or none that lets anybody in: unknown, expired and revoked are answered alike."""

    code = "key_refused"
    status = 401
    challenge = "Bearer"
    message = _("API密钥无效")
    advice = _("请在 Authorization 请求头中以 Bearer 方式出示有效的密钥")


class KeyIncomplete(Invalid):
    """A key needs a name, at least one scope, and an end."""

    code = "key_incomplete"
    message = _("请填写名称、至少一项权限范围和有效期")


class KeyRevoked(Conflict):
    """Somebody was faster."""

    code = "key_revoked"
    message = _("该密钥已吊销")


@dataclass(frozen=True)
class Wish:
    """What a key is asked for: a name to know it by, scopes, and how many days it lasts."""

    name: str
    scopes: Sequence[str]
    days: int

    def check(self) -> None:
        """Raise KeyIncomplete for what can't be had."""
        field = (
            "name"
            if not self.name.strip() or len(self.name) > _NAME
            else "scopes"
            if not self.scopes or not set(self.scopes) <= set(Scope)
            else "days"
            if not 1 <= self.days <= LONGEST
            else ""
        )
        if field:
            raise KeyIncomplete(field=field)


def keys(actor: Actor) -> "QuerySet[ApiKey]":
    """Return the company's keys, those that let somebody in first. Raises NotAllowed."""
    demand(actor, Ability.VIEW_KEYS)
    mine = ApiKey.objects.filter(company_id=actor.company_id).select_related("made_by")
    return mine.order_by("revoked_at", "-made_at")


def make_key(*, actor: Actor, wish: Wish, now: datetime) -> tuple[ApiKey, str]:
    """Store a key and return it with its text, which nobody can read again. Raises NotAllowed, KeyIncomplete."""
    demand(actor, Ability.EDIT_KEYS)
    wish.check()
    key_id = new_id()
    text = _written(actor.company_id, key_id)
    key = ApiKey.objects.create(
        id=key_id,
        company_id=actor.company_id,
        name=wish.name.strip(),
        scopes=sorted(set(wish.scopes)),
        token_hash=crypto.token_hash(text),
        ending=text[-4:],
        made_by_id=actor.person,
        made_at=now,
        expires_at=now + timedelta(days=wish.days),
    )
    subject = Subject("api_key", key.id)
    record(actor=actor, action=Action.KEY_MADE, subject=subject, now=now, scopes=key.scopes, days=wish.days)
    return key, text


def revoke_key(*, actor: Actor, key_id: UUID, now: datetime) -> ApiKey:
    """Let it let nobody in from now on. Raises NotAllowed, NotFound, KeyRevoked."""
    demand(actor, Ability.EDIT_KEYS)
    key = ApiKey.objects.select_for_update(no_key=True).filter(company_id=actor.company_id, id=key_id).first()
    if key is None:
        raise NotFound
    if key.revoked_at is not None:
        raise KeyRevoked
    end_keys(actor=actor, found=[key], now=now)
    return key


def end_keys(*, actor: Actor, found: Sequence[ApiKey], now: datetime) -> None:
    """Revoke keys that the caller holds locked and may revoke."""
    for key in found:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        record(actor=actor, action=Action.KEY_REVOKED, subject=Subject("api_key", key.id), now=now)


def company_of(text: str) -> UUID:
    """Return which company a key says it is of; whether it is one is for `actor_of` to say. Raises KeyRefused."""
    return _read(text)[0]


def actor_of(text: str, *, now: datetime) -> Actor:
    """Return who this key is, within its company's scope; note to the minute that it was used. Raises KeyRefused."""
    company_id, key_id = _read(text)
    key = ApiKey.objects.filter(company_id=company_id, id=key_id, revoked_at=None, expires_at__gt=now).first()
    if key is None or not hmac.compare_digest(bytes(key.token_hash), crypto.token_hash(text)):
        raise KeyRefused
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _A_MINUTE)
    ApiKey.objects.filter(stale, id=key.id).update(last_used_at=now)
    return Actor(
        ActorKind.INTEGRATION,
        key.id,
        company_id,
        roles=frozenset({Role.INTEGRATION}),
        scopes=frozenset(key.scopes),
    )


def _written(company_id: UUID, key_id: UUID) -> str:
    said = company_id.bytes + key_id.bytes + secrets.token_bytes(_SECRET)
    return PREFIX + base64.urlsafe_b64encode(said).decode().rstrip("=")


def _read(text: str) -> tuple[UUID, UUID]:
    body = text.removeprefix(PREFIX)
    try:
        said = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyRefused from error
    if not text.startswith(PREFIX) or len(said) != 2 * _ID + _SECRET:
        raise KeyRefused
    return UUID(bytes=said[:_ID]), UUID(bytes=said[_ID : 2 * _ID])
