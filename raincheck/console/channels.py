"""Channels: who carries the company's messages, with which account, how it is doing; and one's own chat robots."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.console.forms import attempt, uuid_or_none
from raincheck.console.frame import shown
from raincheck.console.vocabulary import undelivered
from raincheck.core.errors import Invalid, NotFound, RaincheckError
from raincheck.notifications import choosing, points, trying
from raincheck.notifications.carriage import carriages
from raincheck.notifications.channels import templates
from raincheck.notifications.channels.apprise import robots as robot_addresses
from raincheck.notifications.channels.base import (
    NEEDS,
    Account,
    Carrier,
    Channel,
    Needs,
    Repeats,
    Setting,
    Shape,
)
from raincheck.notifications.models import ChannelAccount, RecipientKind
from raincheck.web.people import Visit, staff_page

CHANNELS = {
    Channel.EMAIL: gettext_lazy("邮件"),
    Channel.SMS: gettext_lazy("短信"),
    Channel.APP_PUSH: gettext_lazy("App推送"),
    Channel.WEB_PUSH: gettext_lazy("浏览器推送"),
    Channel.CHAT: gettext_lazy("聊天机器人"),
}
REPEATS = {
    Repeats.TAKEN_ONCE: gettext_lazy("对方按编号去重"),
    Repeats.REPLACES: gettext_lazy("重复的会被覆盖"),
    Repeats.TRACEABLE: gettext_lazy("可能重复，编号可查"),
    Repeats.UNSEEN: gettext_lazy("可能重复，对方不识别编号"),
}


class NotARobotsAddress(Invalid):
    """What was pasted is no address of a chat robot."""

    code = "not_a_robot"
    message = gettext_lazy("这不是可用的机器人地址")
    advice = gettext_lazy("请粘贴企业微信、钉钉或飞书群机器人的Webhook地址")


@dataclass(frozen=True)
class Row:
    """A channel as the list shows it."""

    channel: Channel
    label: str | Promise
    carrier: Carrier | None
    repeats: str | Promise
    own: ChannelAccount | None
    receipts: str
    doing: trying.Doing
    wants_number: bool
    offered: list[Carrier]


@dataclass(frozen=True)
class Field:
    """One setting as the form asks for it; a secret's value is never shown, only that there is one."""

    name: str
    label: str
    value: str
    setting: Setting
    set: bool

    @property
    def long(self) -> bool:
        """Say whether it takes a text of many lines."""
        return self.setting.shape is Shape.TEMPLATES


@staff_page(Ability.VIEW_CHANNELS)
@require_GET
def channels(request: HttpRequest, visit: Visit) -> HttpResponse:
    """List the channels, who carries each, and how each has been doing."""
    return _list(request, visit)


@staff_page(Ability.EDIT_CHANNELS, fresh=True)
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def edit(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Choose a carrier: its form is made from what it declares."""
    typed = request.POST if request.method == "POST" else request.GET
    carrier = {one.name: one for one in choosing.offered()}.get(typed.get("carrier", ""))
    if carrier is None:
        raise NotFound
    error: RaincheckError | None = None
    if request.method == "POST":
        terms = choosing.Terms(carrier.name, _named(typed, "options"), _named(typed, "secrets"))
        with attempt() as tried:
            choosing.choose(actor=visit.actor, terms=terms, now=visit.now)
        if tried.error is None:
            messages.success(request, _("渠道已保存，请试发一条确认"))
            return redirect("console:channels")
        error = tried.error
    own = choosing.in_force(visit.actor).get(carrier.channel)
    own = own if own is not None and own.carrier == carrier.name else None
    context = {
        "carrier": carrier,
        "channel": CHANNELS[carrier.channel],
        "fields": _fields(carrier, own, typed if error else None),
        "templates": _unmapped(own) if own else [],
        "error": error,
    }
    return shown(request, visit, "channel_edit.html", context, status=error.status if error else 200)


@staff_page(Ability.EDIT_CHANNELS, fresh=True)
@require_POST
def stop(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Leave a channel to the installation's own carrier again."""
    choosing.stop(actor=visit.actor, channel=request.POST.get("channel", ""), now=visit.now)
    messages.success(request, _("已停用，改由平台默认渠道发送"))
    return redirect("console:channels")


@staff_page(Ability.EDIT_CHANNELS, calls_out=True)
@require_POST
def test(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Send oneself a test."""
    try:
        channel = Channel(request.POST.get("channel", ""))
    except ValueError as error:
        raise NotFound from error
    tried = trying.try_out(actor=visit.actor, channel=channel, to=request.POST.get("to", ""))
    if tried.ok:
        messages.success(request, _("已交给供应商，编号：%(id)s") % {"id": tried.text})
    else:
        messages.error(request, _("试发未成功：%(why)s") % {"why": undelivered(tried.text)})
    return redirect("console:channels")


@staff_page(Ability.READ_MESSAGES)
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def robots(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show one's own chat robots, and add one."""
    error: RaincheckError | None = None
    if request.method == "POST":
        with attempt() as tried:
            try:
                address = robot_addresses.address_of(request.POST.get("address", ""))
            except robot_addresses.NotARobot as wrong:
                raise NotARobotsAddress(field="address") from wrong
            points.add(
                company_id=visit.actor.company_id,
                kind=RecipientKind.STAFF,
                recipient_id=visit.actor.person,
                channel=Channel.CHAT,
                address=address,
                now=visit.now,
            )
        if tried.error is None:
            messages.success(request, _("机器人已绑定"))
            return redirect("console:robots")
        error = tried.error
    mine = [point for point in points.points_of([visit.actor.person]) if point.channel == Channel.CHAT]
    opened = points.open_all(mine)
    rows = [(point, robot_addresses.schema_of(opened[point.id])) for point in mine if point.id in opened]
    context = {"rows": rows, "error": error}
    return shown(request, visit, "robots.html", context, status=error.status if error else 200)


@staff_page(Ability.READ_MESSAGES)
@require_POST
def end_robot(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Have one of one's own robots say no more."""
    wanted = uuid_or_none(request.POST.get("point", ""))
    mine = [point.id for point in points.points_of([visit.actor.person]) if point.id == wanted]
    if not mine:
        raise NotFound
    points.end(point_ids=mine, why="unbound", now=visit.now)
    messages.success(request, _("机器人已解绑"))
    return redirect("console:robots")


def _list(request: HttpRequest, visit: Visit) -> HttpResponse:
    carried, own = carriages(visit.actor.company_id), choosing.in_force(visit.actor)
    lately = trying.doing(visit.actor, visit.now)
    rows = []
    for channel, label in CHANNELS.items():
        carriage = carried.get(channel)
        rows.append(
            Row(
                channel=channel,
                label=label,
                carrier=carriage.carrier if carriage else None,
                repeats=REPEATS[carriage.carrier.repeats] if carriage else "",
                own=own.get(channel),
                receipts=carriage.account.receipts if carriage else "",
                doing=_in_words(lately.get(channel, trying.Doing())),
                wants_number=NEEDS[channel] is Needs.PHONE,
                offered=[one for one in choosing.offered() if one.channel == channel],
            )
        )
    return shown(request, visit, "channels.html", {"rows": rows})


def _in_words(doing: trying.Doing) -> trying.Doing:
    return replace(doing, errors=tuple((at, undelivered(why)) for at, why in doing.errors))


def _named(typed: Mapping[str, str], group: str) -> dict[str, str]:
    prefix = f"{group}."
    return {name.removeprefix(prefix): typed[name] for name in typed if name.startswith(prefix)}


def _fields(carrier: Carrier, own: ChannelAccount | None, typed: Mapping[str, str] | None) -> list[Field]:
    account = Account(own.options) if own else Account()
    return [_field(one, account, typed, known=own is not None) for one in carrier.settings]


def _field(one: Setting, account: Account, typed: Mapping[str, str] | None, *, known: bool) -> Field:
    name = f"{'secrets' if one.secret else 'options'}.{one.name}"
    label = one.zh if (get_language() or "").startswith("zh") else one.en
    if one.secret:
        return Field(name, label, "", one, known)
    if typed is not None:
        return Field(name, label, typed.get(name, ""), one, known)
    kept = account.options.get(one.name, "")
    value = templates.written(kept) if one.shape is Shape.TEMPLATES and kept else str(kept or "")
    return Field(name, label, value, one, known)


def _unmapped(own: ChannelAccount) -> list[str]:
    """Return the templates that have no code in Chinese with this account: nobody hears of those by SMS."""
    declared = own.options.get("templates")
    if declared is None:
        return []
    return [name for name in templates.to_phones() if "zh-hans" not in declared.get(name, {})]
