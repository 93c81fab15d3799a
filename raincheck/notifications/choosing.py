"""Choosing who carries a company's messages on a channel. Secrets can be replaced, never read again."""

import json
import re
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Invalid, NotFound
from raincheck.core.scope import take_turns
from raincheck.notifications.channels import CARRIERS, templates
from raincheck.notifications.channels.base import Carrier, Channel, Setting, Shape
from raincheck.notifications.channels.places import is_place
from raincheck.notifications.hearing import TOKEN
from raincheck.notifications.models import ChannelAccount

LONGEST_TEXT, LONGEST_TEMPLATES = 300, 20_000


class UnknownCarrier(Invalid):
    """No carrier of this name can be chosen; `detail` names those that can."""

    code = "unknown_carrier"
    message = _("没有这个通知渠道供应商")
    advice = _("请选择列出的供应商")


class ChannelSettingMissing(Invalid):
    """A setting the carrier needs isn't given; `field` names it."""

    code = "channel_setting_missing"
    message = _("此项必填")
    advice = _("请补充后再保存")


class BadChannelSetting(Invalid):
    """A setting holds what the carrier can't use; `field` names it, `detail` says why."""

    code = "bad_channel_setting"
    message = _("此项填写有误")
    advice = _("请按说明改正后再保存")


@dataclass(frozen=True)
class Terms:
    """A carrier and its settings as typed, by the names it declares. A secret left empty stays as it is."""

    carrier: str
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


def offered() -> list[Carrier]:
    """Return the carriers a company can have an account with; the others are the installation's own."""
    return [CARRIERS[name] for name in CARRIERS if CARRIERS[name].settings]


def in_force(actor: Actor) -> dict[Channel, ChannelAccount]:
    """Return the company's own accounts, by channel. Raises NotAllowed."""
    demand(actor, Ability.VIEW_CHANNELS)
    rows = ChannelAccount.objects.filter(company_id=actor.company_id, ended_at=None)
    return {Channel(row.channel): row for row in rows}


def choose(*, actor: Actor, terms: Terms, now: datetime) -> ChannelAccount:
    """Have a carrier take the company's messages on its channel from now on.

    Secrets go with the place they were given for: where another endpoint is named, they have to be given anew. Raises
    NotAllowed, UnknownCarrier, ChannelSettingMissing, BadChannelSetting.
    """
    demand(actor, Ability.EDIT_CHANNELS)
    carrier = _carrier(terms.carrier)
    present = _locked(actor, carrier.channel)
    same = present if present is not None and present.carrier == carrier.name else None
    options = {
        one.name: _checked(one, terms.options.get(one.name, "").strip())
        for one in carrier.settings
        if not one.secret
    }
    options = {name: value for name, value in options.items() if value}
    kept = json.loads(same.secrets() or "{}") if same else {}
    if same is not None and same.options.get("endpoint") != options.get("endpoint"):
        kept = {TOKEN: kept[TOKEN]} if TOKEN in kept else {}
    secrets = {**kept, **_given(carrier, terms)}
    _demand_all(carrier, options, secrets)
    secrets.setdefault(TOKEN, random.token_urlsafe(24))
    row = same or ChannelAccount(
        company_id=actor.company_id, channel=carrier.channel, carrier=carrier.name, made_at=now
    )
    row.options = options
    row.seal(json.dumps(secrets))
    if present is not None and same is None:
        present.ended_at = now
        present.save(update_fields=["ended_at"])
    row.save()
    facts = {
        "channel": carrier.channel.value,
        "carrier": carrier.name,
        "secrets": sorted(_given(carrier, terms)),
    }
    note(actor=actor, deed=Deed(Action.CHANNEL_CHANGED, Subject("channel_account", row.id), facts), now=now)
    return row


def stop(*, actor: Actor, channel: str, now: datetime) -> None:
    """Leave a channel to the installation's own carrier again, if it has one. Raises NotAllowed, NotFound."""
    demand(actor, Ability.EDIT_CHANNELS)
    present = _locked(actor, channel)
    if present is None:
        raise NotFound
    present.ended_at = now
    present.save(update_fields=["ended_at"])
    facts = {"channel": channel, "carrier": present.carrier, "ended": True}
    note(
        actor=actor, deed=Deed(Action.CHANNEL_CHANGED, Subject("channel_account", present.id), facts), now=now
    )


def _carrier(name: str) -> Carrier:
    if name not in CARRIERS or not CARRIERS[name].settings:
        raise UnknownCarrier(detail=", ".join(one.name for one in offered()), field="carrier")
    return CARRIERS[name]


def _locked(actor: Actor, channel: str) -> ChannelAccount | None:
    take_turns(f"channel:{actor.company_id}:{channel}")
    rows = ChannelAccount.objects.filter(company_id=actor.company_id, channel=channel, ended_at=None)
    return rows.select_for_update(no_key=True).first()


def _given(carrier: Carrier, terms: Terms) -> dict[str, str]:
    given = {one.name: terms.secrets.get(one.name, "").strip() for one in carrier.settings if one.secret}
    for name, value in given.items():
        if len(value) > LONGEST_TEXT or not value.isascii() or not (value.isprintable() or not value):
            raise BadChannelSetting(field=f"secrets.{name}")
    return {name: value for name, value in given.items() if value}


def _demand_all(carrier: Carrier, options: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    for one in carrier.settings:
        if one.needed and not (secrets if one.secret else options).get(one.name):
            raise ChannelSettingMissing(
                detail=one.zh, field=f"{'secrets' if one.secret else 'options'}.{one.name}"
            )


def _checked(one: Setting, typed: str) -> Any:
    """Return an option as it is kept. Raises BadChannelSetting."""
    where = f"options.{one.name}"
    if one.shape is Shape.TEMPLATES:
        return _templates(typed[:LONGEST_TEMPLATES], where)
    if len(typed) > LONGEST_TEXT or "\0" in typed:
        raise BadChannelSetting(field=where)
    if not typed or typed == one.default:
        return ""
    if one.shape is Shape.NUMBER and not re.fullmatch(r"[1-9][0-9]{0,2}", typed):
        raise BadChannelSetting(detail="1–999", field=where)
    if one.shape is Shape.HOST and not is_place(typed):
        raise BadChannelSetting(detail="host, host:port, https://host", field=where)
    if one.matches and not re.fullmatch(one.matches, typed):
        raise BadChannelSetting(detail=one.matches, field=where)
    return typed


def _templates(typed: str, where: str) -> dict[str, dict[str, Any]]:
    try:
        return templates.read(typed)
    except templates.BadTemplates as error:
        chinese = (get_language() or "zh").startswith("zh")
        said = "; ".join(f"{one.line}: {one.zh if chinese else one.en}" for one in error.problems[:10])
        raise BadChannelSetting(detail=said, field=where) from error
