"""Changing an account at an AI interview system. Its secrets can be replaced, never read again."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Invalid, NotFound
from raincheck.vendors.models import VendorAccount
from raincheck.vendors.opening import KeyNeeded, new_webhook_secret, place, save_checked


class BadSecret(Invalid):
    """Blanks separate secrets, so that none can hold one; and too short a one is none."""

    code = "bad_secret"
    message = _("Webhook密钥不可用")
    advice = _("请填写16至200个字符，不含空格")


_ORIGIN = re.compile(r"https?://[^/\s\"'?#]+", re.IGNORECASE)
SHORTEST_SECRET, LONGEST_SECRET = 16, 200


@dataclass(frozen=True)
class Changes:
    """What an account is to be from now on. A secret left empty stays as it is."""

    name: str
    url: str
    template: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict)


def change(*, actor: Actor, account_id: UUID, changes: Changes, now: datetime) -> VendorAccount:
    """Change where an account is, what it is called by, and what it is known by there.

    Secrets go with the hosts they were given for: where another one appears, all of them have to be given anew, or
    whoever may change an address could have them sent to themselves. Raises NotAllowed, NotFound, BadUrl, KeyNeeded,
    DeclarationWrong, SettingsMissing, AccountNameTaken.
    """
    account = _locked(actor, account_id)
    before = _destinations(account)
    place(
        account,
        name=changes.name,
        url=changes.url,
        template=changes.template,
        options=changes.options,
    )
    given = {name: value for name, value in changes.credentials.items() if value}
    kept = json.loads(account.secret("credentials") or "{}")
    if _destinations(account) - before:
        if not changes.key:
            raise KeyNeeded(field="key")
        kept = {}
    if changes.key:
        account.seal("api_key", changes.key)
    both = {**kept, **given}
    account.seal("credentials", json.dumps(both) if both else "")
    save_checked(account)
    what = ["settings", *(["key"] if changes.key else []), *sorted(given)]
    _note(account, actor, now, what=what)
    return account


def _destinations(account: VendorAccount) -> set[str]:
    """Return the origins an account's calls may go to: its address's, and any its options name."""
    texts = (account.base_url, *(str(value) for value in account.options.values()))
    return {origin.lower() for text in texts for origin in _ORIGIN.findall(text)}


def rotate_webhook_secret(*, actor: Actor, account_id: UUID, secret: str = "", now: datetime) -> str:
    """Let a new secret count besides the present one, until that is retired; returns it, to be shown this once.

    `secret` is one the vendor chose. Raises NotAllowed, NotFound, BadSecret.
    """
    account = _locked(actor, account_id)
    new = secret.strip() or new_webhook_secret()
    if len(new.split()) != 1 or not SHORTEST_SECRET <= len(new) <= LONGEST_SECRET:
        raise BadSecret(field="secret")
    present = account.secret("webhook_secret").split()[:1]
    account.seal("webhook_secret", " ".join([new, *present]))
    account.save(update_fields=["webhook_secret_sealed"])
    _note(account, actor, now, what=["webhook_secret"])
    return new


def retire_old_secrets(*, actor: Actor, account_id: UUID, now: datetime) -> None:
    """Let only the newest webhook secret count. Raises NotAllowed, NotFound."""
    account = _locked(actor, account_id)
    newest, *old = account.secret("webhook_secret").split() or [""]
    if old:
        account.seal("webhook_secret", newest)
        account.save(update_fields=["webhook_secret_sealed"])
        _note(account, actor, now, what=["webhook_secret_retired"])


def set_active(*, actor: Actor, account_id: UUID, active: bool, now: datetime) -> None:
    """End an account, or take it up again: nothing new is booked there, webhooks aren't heard, nothing is reconciled.

    What was booked is cancelled there all the same. Raises NotAllowed, NotFound.
    """
    account = _locked(actor, account_id)
    if account.active != active:
        account.active = active
        account.save(update_fields=["active"])
        _note(account, actor, now, what=["resumed" if active else "ended"])


def _locked(actor: Actor, account_id: UUID) -> VendorAccount:
    demand(actor, Ability.EDIT_VENDORS)
    mine = VendorAccount.objects.select_for_update(no_key=True).filter(company_id=actor.company_id)
    account = mine.filter(id=account_id).first()
    if account is None:
        raise NotFound(field="vendor")
    return account


def _note(account: VendorAccount, actor: Actor, now: datetime, *, what: list[str]) -> None:
    deed = Deed(Action.VENDOR_CHANGED, Subject("vendor_account", account.id), {"what": what})
    note(actor=actor, deed=deed, now=now)
