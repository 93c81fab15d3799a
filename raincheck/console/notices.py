"""Who hears what: the table as it is for this company, and choosing for one line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from raincheck.accounts.abilities import Ability
from raincheck.accounts.models import Company
from raincheck.console.forms import attempt
from raincheck.console.frame import shown
from raincheck.console.notice_words import CHANNELS, EVENTS, GROUPS, RECIPIENTS
from raincheck.core.errors import Invalid, RaincheckError
from raincheck.notifications.choices import IN_TURN, OFFERED, Chosen, choose, chosen, line_of
from raincheck.notifications.nights import choose_quiet_hours
from raincheck.notifications.previews import own_templates
from raincheck.notifications.recipients import Channels, Recipient
from raincheck.web.people import Visit, staff_page

AT_ONCE, TURN, OFF = "at_once", "turn", "off"
WAYS: dict[str, Promise] = {
    AT_ONCE: gettext_lazy("立即发送"),
    TURN: gettext_lazy("依次尝试，直到送达"),
    OFF: gettext_lazy("不用"),
}


class BadWay(Invalid):
    """A channel is sent on at once, in turn or not at all."""

    code = "bad_way"
    message = gettext_lazy("请为每个渠道选择发送方式")


@dataclass(frozen=True)
class Row:
    """One line in words; `first` is where its event is named."""

    event: str
    named: Promise
    recipient: Promise
    chosen: Chosen
    at_once: list[Promise]
    turn: list[Promise]
    first: bool
    reworded: bool


@staff_page(Ability.VIEW_NOTICES)
@require_GET
def notices(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the whole table, grouped as an interview lives through it."""
    return _table(request, visit)


def _table(request: HttpRequest, visit: Visit, error: RaincheckError | None = None) -> HttpResponse:
    table, reworded = chosen(visit.company.id), own_templates(visit.actor)
    groups = [
        (name, [row for event in events for row in _rows(event, table[event], reworded)])
        for name, events in GROUPS
    ]
    company = Company.objects.get(id=visit.company.id)
    context = {
        "groups": groups,
        "quiet": company.quiet_from != company.quiet_to,
        "begins": request.POST.get("begins", f"{company.quiet_from:%H:%M}"),
        "ends": request.POST.get("ends", f"{company.quiet_to:%H:%M}"),
        "error": error,
    }
    return shown(request, visit, "notices.html", context, status=error.status if error else 200)


@staff_page(Ability.EDIT_NOTICES)
@require_POST
def quiet(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Choose between which hours what isn't urgent waits."""
    with attempt() as tried:
        begins, ends = (request.POST.get(name, "") for name in ("begins", "ends"))
        choose_quiet_hours(actor=visit.actor, begins=begins, ends=ends, now=visit.now)
    if tried.error is not None:
        return _table(request, visit, tried.error)
    messages.success(request, _("静默时段已保存，对之后的通知立即生效"))
    return redirect("console:notices")


def _rows(event: str, lines: tuple[Chosen, ...], reworded: set[str]) -> Iterator[Row]:
    for number, one in enumerate(lines):
        at_once, turn = split(one.line.channels)
        yield Row(
            event=event,
            named=EVENTS[event],
            recipient=RECIPIENTS[one.line.recipient],
            chosen=one,
            at_once=[CHANNELS[channel] for channel in at_once],
            turn=[CHANNELS[channel] for channel in turn],
            first=number == 0,
            reworded=one.line.template in reworded,
        )


def split(channels: Channels) -> tuple[list[str], list[str]]:
    """Return the channels that go out at once, and those tried in turn."""
    at_once = [item for item in channels if isinstance(item, str)]
    return at_once, [name for item in channels if not isinstance(item, str) for name in item]


@staff_page(Ability.EDIT_NOTICES)
@require_http_methods(["GET", "POST"])
def line(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Turn one line on or off, and choose its channels."""
    asked = request.POST if request.method == "POST" else request.GET
    event, recipient = asked.get("event", ""), asked.get("recipient", "")
    line_of(event, recipient)
    if request.method == "GET":
        return _editor(request, visit, event, recipient)
    with attempt() as tried:
        default = asked.get("do") == "default"
        channels = line_of(event, recipient).channels if default else _channels(asked, recipient)
        on = default or asked.get("on", "") == "yes"
        choose(actor=visit.actor, event=event, recipient=recipient, on=on, channels=channels, now=visit.now)
    if tried.error is not None:
        return _editor(request, visit, event, recipient, error=tried.error)
    messages.success(request, _("通知规则已保存，对之后的通知立即生效"))
    return redirect("console:notices")


def _channels(typed: Mapping[str, str], recipient: str) -> Channels:
    """Build a line's channels from a way each; those in turn go from the cheapest to the surest."""
    ways = {channel: typed.get(channel, "") for channel in OFFERED[recipient == Recipient.CANDIDATE]}
    if not set(ways.values()) <= set(WAYS):
        raise BadWay(field="channels")
    at_once = [channel.value for channel, way in ways.items() if way == AT_ONCE]
    turn = tuple(channel.value for channel in IN_TURN if ways.get(channel) == TURN)
    return (*at_once, turn) if turn else tuple(at_once)


def _editor(
    request: HttpRequest, visit: Visit, event: str, recipient: str, *, error: RaincheckError | None = None
) -> HttpResponse:
    lines = chosen(visit.company.id)[event]
    [one] = [one for one in lines if one.line.recipient == recipient]
    at_once, turn = split(one.line.channels)
    as_is = {**dict.fromkeys(at_once, AT_ONCE), **dict.fromkeys(turn, TURN)}
    posted = request.method == "POST"
    offered = OFFERED[recipient == Recipient.CANDIDATE]
    context = {
        "event": event,
        "recipient": recipient,
        "named": EVENTS[event],
        "to": RECIPIENTS[recipient],
        "chosen": one,
        "on": request.POST.get("on", "") == "yes" if posted else one.on,
        "channels": [
            # In the app a message is there at once, or not.
            (
                channel.value,
                CHANNELS[channel],
                request.POST.get(channel, "") if posted else as_is.get(channel, OFF),
                [(way, words) for way, words in WAYS.items() if way != TURN or channel in IN_TURN],
            )
            for channel in offered
        ],
        "error": error,
    }
    return shown(request, visit, "notice_line.html", context, status=error.status if error else 200)
