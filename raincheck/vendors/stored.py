"""An event as it is kept until its job: what the vendor said of the interview, and nothing about the person."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from raincheck.vendors.adapters.base import Inbound, Status, VendorScore, View


def plain(inbound: Inbound) -> dict[str, Any]:
    """Return an event as JSON values; `word` is None where it only says that something happened."""
    view = inbound.view
    about = {"ref": view.ref if view else inbound.ref, "external_id": inbound.external_id[:64]}
    if view is None:
        return {**about, "word": None}
    return {
        **about,
        "word": view.word,
        "status": view.status,
        "progress": view.progress,
        "starts_at": view.starts_at.isoformat() if view.starts_at else None,
        "ends_at": view.ends_at.isoformat() if view.ends_at else None,
        "tolerance": view.tolerance.total_seconds(),
        "version": view.version,
        "scores": [[s.dimension, str(s.score), str(s.max_score), s.partial] for s in view.scores],
    }


def stored_view(payload: dict[str, Any]) -> View:
    """Return what `plain` wrote of a view; one stored before it knew of times says nothing of them."""
    return View(
        ref=payload["ref"],
        word=payload["word"],
        status=Status(payload["status"]),
        progress=payload["progress"],
        starts_at=_instant(payload.get("starts_at")),
        ends_at=_instant(payload.get("ends_at")),
        tolerance=timedelta(seconds=payload.get("tolerance", 0)),
        version=payload["version"],
        scores=tuple(VendorScore(d, Decimal(s), Decimal(m), p) for d, s, m, p in payload["scores"]),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
