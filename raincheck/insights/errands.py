"""An export that is asked for from a shell: the company named, the filters typed, nobody signed in."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.queries import company_named
from raincheck.core.actor import Actor
from raincheck.core.errors import Invalid
from raincheck.core.scope import company_scope
from raincheck.insights.exports import Order, begin_export, stream
from raincheck.insights.filters import RequestFilters, SightFilters, TrailFilters
from raincheck.insights.typed import Typed

_WHAT: dict[str, type[RequestFilters | TrailFilters | SightFilters]] = {
    "cancellations": RequestFilters,
    "trail": TrailFilters,
    "sights": SightFilters,
}


class UnreadableFlags(Invalid):
    """A flag makes no sense; `detail` names it."""

    code = "unreadable_flags"
    message = _("有的筛选条件无法识别，未导出")
    advice = _("请改正后重试")


def begin(
    *,
    company: str,
    form: str,
    what: str,
    fields: Mapping[str, str],
) -> tuple[int, Iterator[bytes]]:
    """Record an export by the system and return its rows and its file, in the company's language and time zone.

    Raises NotFound, UnreadableFlags, UnknownFormat, ExportRunning.
    """
    whose = company_named(company)
    zone = ZoneInfo(whose.timezone)
    reading = Typed(fields, zone=zone)
    filters = _WHAT[what].read(reading)
    if reading.unread:
        raise UnreadableFlags(detail=", ".join(f"--{name}" for name in reading.unread))
    order = Order(Actor.system(whose.id), filters, form, whose.language, zone)
    with company_scope(whose.id) as now, translation.override(whose.language):
        bounded, rows = begin_export(order=order, now=now)
    return rows, stream(bounded)
