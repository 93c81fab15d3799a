"""Opening an account at an AI interview system: where it is, and what the two of us know each other by."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, URLValidator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, Invalid
from raincheck.vendors import adapters
from raincheck.vendors.adapters.base import Permanent
from raincheck.vendors.models import VendorAccount


class UnknownAdapter(Invalid):
    """No adapter of this name is installed; `detail` names those that are."""

    code = "unknown_adapter"
    message = _("没有安装这个AI面试系统的适配器")
    advice = _("请用 --adapter 选择已安装的适配器")


class BadUrl(Invalid):
    """Not an http(s) address, or one with somebody's name in it."""

    code = "bad_url"
    message = _("接口地址不正确")
    advice = _("请填写以 https:// 或 http:// 开头的完整地址，不含用户名和密码")


class AccountNameTaken(Conflict):
    """The company has an account of this name."""

    code = "account_name_taken"
    message = _("该名称的账号已存在")
    advice = _("请用 --name 换一个名称；已有的账号见 raincheck vendor list")


class KeyNeeded(Invalid):
    """Without a key the vendor lets nobody in."""

    code = "key_needed"
    message = _("缺少AI面试系统的接口密钥")
    advice = _("请在提示时输入，或用 --key-stdin，或设置 RAINCHECK_VENDOR_KEY")


class DeclarationWrong(Invalid):
    """The account's options make no adapter; `detail` says what is wrong in them."""

    code = "declaration_wrong"
    message = _("接口声明有误")
    advice = _("请用 raincheck vendor check 检查声明文件，改正后再添加")


class SettingsMissing(Invalid):
    """The adapter needs credentials or options that aren't given; `detail` names them."""

    code = "vendor_settings_missing"
    message = _("缺少该AI面试系统所需的设置")
    advice = _("请补充所列各项后再添加")


@dataclass(frozen=True)
class Terms:
    """What an account needs. `webhook_secret` (`whsec_` and base64) is made where none was agreed.

    `credentials` and `options` go by the names the adapter declares; `template` is what candidates are invited to.
    """

    adapter: str
    name: str
    url: str
    key: str
    webhook_secret: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    template: str = ""


def open_account(*, actor: Actor, terms: Terms, now: datetime) -> VendorAccount:
    """Store an account, its secrets sealed.

    Raises NotAllowed, UnknownAdapter, BadUrl, KeyNeeded, DeclarationWrong, SettingsMissing, AccountNameTaken.
    """
    demand(actor, Ability.EDIT_VENDORS)
    if terms.adapter not in adapters.installed():
        raise UnknownAdapter(detail=", ".join(sorted(adapters.installed())), field="adapter")
    if not terms.key:
        raise KeyNeeded(field="key")
    account = VendorAccount(company_id=actor.company_id, adapter=terms.adapter)
    account.seal("api_key", terms.key)
    account.seal("webhook_secret", terms.webhook_secret or new_webhook_secret())
    account.seal("credentials", json.dumps(dict(terms.credentials)) if terms.credentials else "")
    place(account, name=terms.name, url=terms.url, template=terms.template, options=terms.options)
    save_checked(account)
    deed = Deed(Action.VENDOR_ADDED, Subject("vendor_account", account.id), {"adapter": account.adapter})
    note(actor=actor, deed=deed, now=now)
    return account


def place(account: VendorAccount, *, name: str, url: str, template: str, options: Mapping[str, str]) -> None:
    """Set on an (unsaved) account what is no secret. Raises BadUrl."""
    try:
        URLValidator(schemes=["http", "https"])(url)
        MaxLengthValidator(200)(url)
    except ValidationError as error:
        raise BadUrl(detail=url, field="url") from error
    if "@" in urlsplit(url).netloc:
        # A password in there would be stored and shown like any address.
        raise BadUrl(field="url")
    account.name, account.base_url = name.strip()[:80] or account.adapter, url
    account.template, account.options = template.strip()[:128], dict(options)


def save_checked(account: VendorAccount) -> None:
    """Save an account that has all its adapter needs. Raises what `open_account` does."""
    try:
        can = adapters.find(account.adapter, account.options).can
    except KeyError as error:
        raise UnknownAdapter(detail=account.adapter, field="adapter") from error
    except Permanent as error:
        raise DeclarationWrong(detail=str(error), field="options.declaration") from error
    credentials = json.loads(account.secret("credentials") or "{}")
    given = (("credentials", can.credentials, credentials), ("options", can.options, account.options))
    missing = [
        f"{kind}.{s.name}" for kind, wanted, has in given for s in wanted if s.needed and not has.get(s.name)
    ]
    if missing:
        raise SettingsMissing(detail=", ".join(missing), field=missing[0])
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        raise AccountNameTaken(detail=account.name, field="name") from error


def new_webhook_secret() -> str:
    """Return a fresh secret in the form vendors take: `whsec_` and 24 random bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
