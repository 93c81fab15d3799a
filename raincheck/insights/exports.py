"""An export: what is filtered, as a file. Recorded before its first byte leaves; then streamed as it is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import structlog
from django.db import connection
from django.db.models import QuerySet
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from raincheck.accounts.abilities import Ability, demand
from raincheck.accounts.models import Company
from raincheck.audit.catalogue import Action
from raincheck.audit.log import Deed, Subject, note
from raincheck.core.actor import Actor
from raincheck.core.errors import Conflict, Invalid
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope, take_turn_if_free
from raincheck.insights.columns import Column, request_columns, sight_columns, trail_columns
from raincheck.insights.csv_file import csv_file
from raincheck.insights.filters import Filters, RequestFilters, SightFilters, TrailFilters, recorded
from raincheck.insights.pdf_file import ROWS as PDF_ROWS
from raincheck.insights.pdf_file import pdf_file
from raincheck.insights.queries import requests, sights, trail
from raincheck.insights.request_rows import request_rows
from raincheck.insights.sight_rows import sight_rows
from raincheck.insights.trail_rows import trail_rows
from raincheck.insights.xlsx_file import xlsx_file

log = structlog.get_logger(__name__)
#: A reader who takes nothing for so long is gone; the transaction they hold open ends.
PATIENCE_SECONDS = 120
_BLINK = timedelta(microseconds=1)


class ExportRunning(Conflict):
    """One export at a time a company: each holds a connection and a thread for as long as it is read."""

    code = "export_running"
    message = _("贵公司已有一份导出正在进行")
    advice = _("请等它下载完成后再导出")


class UnknownFormat(Invalid):
    """None of the formats there are."""

    code = "unknown_format"
    message = _("无法识别的导出格式")
    advice = _("请选择CSV、XLSX或PDF")


class TooManyRows(Invalid):
    """A PDF is for reading; `detail` says how many rows it holds at most."""

    code = "too_many_rows"
    message = _("记录过多，不能导出为PDF")
    advice = _("请缩小日期或筛选范围，或改用CSV、Excel")


class Writer(Protocol):
    """What makes a file of rows, a piece at a time."""

    def __call__(
        self, columns: list[Column], batches: Iterator[list[Any]], *, zone: ZoneInfo, title: str, whose: str
    ) -> Iterator[bytes]:
        """Yield the file."""


@dataclass(frozen=True)
class Format:
    """A kind of file."""

    content_type: str
    write: Writer
    #: So many rows at most; None: as many as there are.
    most: int | None = None


@dataclass(frozen=True)
class Sheet:
    """What can be exported: how it is found, put into words, and headed."""

    code: str
    title: Promise
    find: Callable[[Actor, Any], "QuerySet[Any]"]
    rows: Callable[["QuerySet[Any]", Actor], Iterator[list[Any]]]
    columns: Callable[..., list[Column]]


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", csv_file),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_file),
    "pdf": Format("application/pdf", pdf_file, most=PDF_ROWS),
}
_SHEETS: dict[type[Filters], Sheet] = {
    RequestFilters: Sheet("cancellations", _("取消审计"), requests, request_rows, request_columns),
    TrailFilters: Sheet("trail", _("操作记录"), trail, trail_rows, trail_columns),
    SightFilters: Sheet("sights", _("查看记录"), sights, sight_rows, sight_columns),
}


@dataclass(frozen=True)
class Order:
    """One export as it was asked for: by whom, of what, in which form, language and time zone."""

    actor: Actor
    filters: Filters
    format: str
    language: str
    zone: ZoneInfo

    @property
    def sheet(self) -> Sheet:
        """What is exported."""
        return _SHEETS[type(self.filters)]

    def find(self) -> "QuerySet[Any]":
        """Return what is exported, newest first. Raises NotAllowed."""
        return self.sheet.find(self.actor, self.filters)

    def file_name(self, slug: str) -> str:
        """Return a name that says whose, of what and of which days, in ASCII."""
        days = [
            instant.astimezone(self.zone).strftime("%Y%m%d") if instant else "all"
            for instant in (self.filters.since, self.filters.before and self.filters.before - _BLINK)
        ]
        return f"raincheck-{self.sheet.code}-{slug}-{'-'.join(days)}.{self.format}"


def begin_export(*, order: Order, now: datetime) -> tuple[Order, int]:
    """Record an export, and return it as it is to be streamed, with how many rows that is now.

    What is begun from now on is no part of it, the record of the export included. What is under way commits with
    an earlier instant: the stream, which looks anew, may hold a row or so that isn't counted.

    Raises NotAllowed, UnknownFormat, ExportRunning, TooManyRows.
    """
    demand(order.actor, Ability.EXPORT_AUDIT)
    if order.format not in FORMATS:
        raise UnknownFormat(field="format")
    if not take_turn_if_free(_turn(order)):
        raise ExportRunning
    before = min(order.filters.before or now, now)
    bounded = replace(order, filters=replace(order.filters, before=before))
    rows = bounded.find().order_by().count()
    most = FORMATS[order.format].most
    if most is not None and rows > most:
        raise TooManyRows(detail=str(most), field="format")
    facts = {
        "what": order.sheet.code,
        "format": order.format,
        "rows": rows,
        "filters": recorded(bounded.filters, found=rows),
    }
    note(actor=order.actor, deed=Deed(Action.EXPORTED, Subject("export", new_id()), facts), now=now)
    return bounded, rows


def stream(order: Order) -> Iterator[bytes]:
    """Yield the file of a recorded export, in a transaction of its own that ends with it, or with its reader.

    Whoever reads it must do so, and close it, in one thread. Raises ExportRunning, before the first byte, where
    another that was recorded in the same moment is being read: the download breaks off, and nobody waits.
    """
    with company_scope(order.actor.company_id), translation.override(order.language):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{PATIENCE_SECONDS}s'")
        if not take_turn_if_free(_turn(order)):
            log.warning("an export gave way to another", company_id=str(order.actor.company_id))
            raise ExportRunning
        columns = order.sheet.columns(order.actor, zone=str(order.zone))
        batches = order.sheet.rows(order.find(), order.actor)
        write = FORMATS[order.format].write
        whose = Company.objects.get(id=order.actor.company_id).name
        title = str(order.sheet.title)
        yield from write(columns, batches, zone=order.zone, title=title, whose=whose)


def _turn(order: Order) -> str:
    return f"export:{order.actor.company_id}"
