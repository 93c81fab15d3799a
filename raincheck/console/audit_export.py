"""An export's answer to a browser: streamed, so that its first byte comes at once and its last costs no memory."""

from urllib.parse import quote

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import Invalid
from raincheck.insights.exports import FORMATS, Order, begin_export, stream
from raincheck.insights.filters import Filters
from raincheck.web.people import Visit


class UnreadableFilters(Invalid):
    """A filter makes no sense; an export that ignored it would hold more than was asked for."""

    code = "unreadable_filters"
    message = _("有的筛选条件无法识别，未导出")
    advice = _("请返回审计页面，重新筛选后再导出")


def answer(
    request: HttpRequest, visit: Visit, filters: Filters, *, unread: list[str]
) -> StreamingHttpResponse:
    """Record an export and answer with it. Raises NotAllowed, UnreadableFilters, UnknownFormat, ExportRunning."""
    if unread:
        raise UnreadableFilters(detail="、".join(unread))
    order = Order(
        actor=visit.actor,
        filters=filters,
        format=request.POST.get("format", ""),
        language=get_language() or visit.person.language,
        zone=visit.zone,
    )
    bounded, _rows = begin_export(order=order, now=visit.now)
    plain = order.file_name(visit.company.slug)
    said = f"{order.sheet.title}-{plain.removeprefix('raincheck-')}"
    return StreamingHttpResponse(
        stream(bounded),
        content_type=FORMATS[order.format].content_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(said)}",
            # A proxy that gathered the whole answer first would undo the streaming.
            "X-Accel-Buffering": "no",
        },
    )
