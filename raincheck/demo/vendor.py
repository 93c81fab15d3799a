"""Telling a company's simulated AI interview system of the demo's interviews, many at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from raincheck.recruiting.models import Interview, InterviewState, Progress

_STATUS = {
    InterviewState.SCHEDULED: "invited",
    InterviewState.IN_PROGRESS: "in_progress",
    InterviewState.SUBMITTED: "submitted",
    InterviewState.NO_SHOW: "expired",
    InterviewState.EXPIRED: "expired",
}
_PAGE = 200


@dataclass(frozen=True)
class Score:
    """One dimension's score as the vendor gives it."""

    dimension: str
    score: Decimal
    max_score: Decimal
    partial: bool


class SimulatedVendor:
    """One company's simulated AI interview system at `url`."""

    def __init__(self, *, url: str, key: str) -> None:
        """Nothing is called yet."""
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=30, headers={"X-Api-Key": key})

    def introduce(self, interviews: Sequence[Interview], *, languages: Mapping[Any, str]) -> None:
        """Make these (unsaved) interviews known there, and put the reference and link it gives onto them.

        `languages` is by candidate id. Raises httpx.HTTPError.
        """
        seeds = [_seed(interview, languages[interview.application.candidate_id]) for interview in interviews]
        answer = self._http.post("/_control/seed", json=seeds, headers={"X-Control": "1"})
        known = answer.raise_for_status().json()["items"]
        for interview, there in zip(interviews, known, strict=True):
            interview.vendor_ref, interview.vendor_link = there["id"], there["invite_url"]
            interview.vendor_version = there["version"]
            interview.vendor_word = _STATUS[InterviewState(interview.state)]

    def scores(self) -> dict[str, list[Score]]:
        """Return what is scored there so far, by the vendor's reference. Raises httpx.HTTPError."""
        return {item["id"]: [_score(score) for score in item["scores"]] for item in self._all()}

    def _all(self) -> Iterator[dict[str, Any]]:
        page, pages = 1, 1
        while page <= pages:
            asked = {"page": page, "per_page": _PAGE}
            answer = self._http.get("/v1/interviews", params=asked).raise_for_status().json()
            yield from answer["items"]
            page, pages = page + 1, answer["pages"]


def _seed(interview: Interview, language: str) -> dict[str, Any]:
    application = interview.application
    return {
        "external_id": str(interview.id),
        "kind": str(interview.kind),
        "starts_at": _z(interview.starts_at),
        "ends_at": _z(interview.ends_at),
        "title": application.position.title,
        "candidate": {"name": application.candidate.name, "locale": "en" if language == "en" else "zh-CN"},
        "status": _STATUS[InterviewState(interview.state)],
        "progress": str(Progress(interview.vendor_progress)),
    }


def _score(given: Mapping[str, Any]) -> Score:
    return Score(given["dimension"], Decimal(given["score"]), Decimal(given["max"]), given["partial"])


def _z(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
