"""Opening an account at an AI interview system: where it is, and what the two of us know each other by."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

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
    """Not an http(s) address."""

    code = "bad_url"
    message = _("接口地址不正确")
    advice = _("请填写以 https:// 或 http:// 开头的完整地址")


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


def open_account(*, company_id: UUID, terms: Terms, now: datetime) -> VendorAccount:
    """Store an account, its secrets sealed.

    Raises UnknownAdapter, BadUrl, KeyNeeded, DeclarationWrong, SettingsMissing, AccountNameTaken.
    """
    if terms.adapter not in adapters.REGISTRY:
        raise UnknownAdapter(detail=", ".join(sorted(adapters.REGISTRY)))
    try:
        URLValidator(schemes=["http", "https"])(terms.url)
    except ValidationError as error:
        raise BadUrl(detail=terms.url) from error
    if not terms.key:
        raise KeyNeeded
    _check_settings(terms)
    account = VendorAccount(
        company_id=company_id, name=terms.name.strip()[:80] or terms.adapter, adapter=terms.adapter
    )
    account.base_url = terms.url
    account.seal("api_key", terms.key)
    account.seal("webhook_secret", terms.webhook_secret or new_webhook_secret())
    account.seal("credentials", json.dumps(dict(terms.credentials)) if terms.credentials else "")
    account.options, account.template = dict(terms.options), terms.template[:128]
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        raise AccountNameTaken(detail=account.name) from error
    deed = Deed(Action.VENDOR_ADDED, Subject("vendor_account", account.id), {"adapter": account.adapter})
    note(actor=Actor.system(company_id), deed=deed, now=now)
    return account


def _check_settings(terms: Terms) -> None:
    """Raise DeclarationWrong or SettingsMissing unless the adapter has what it says it needs."""
    try:
        can = adapters.find(terms.adapter, terms.options).can
    except Permanent as error:
        raise DeclarationWrong(detail=str(error)) from error
    given = (("credentials", can.credentials, terms.credentials), ("options", can.options, terms.options))
    missing = [
        f"{kind}.{s.name}" for kind, wanted, has in given for s in wanted if s.needed and not has.get(s.name)
    ]
    if missing:
        raise SettingsMissing(detail=", ".join(missing))


def new_webhook_secret() -> str:
    """Return a fresh secret in the form vendors take: `whsec_` and 24 random bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
