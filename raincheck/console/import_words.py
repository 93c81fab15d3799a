"""How an upload reads on its page: its steps, its columns as questions, its progress with the time left."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from raincheck.migration.fields import WORDS, Field
from raincheck.migration.kinds.names import KIND_WORDS, Kind
from raincheck.migration.kinds.speech import SPEECHES
from raincheck.migration.profiles.reading import profile, profiles
from raincheck.migration.uploads.answers import NONE
from raincheck.migration.uploads.models import AT_WORK, Upload, UploadState
from raincheck.migration.uploads.proposing import Proposed
from raincheck.migration.values.date_order import NAMES
from raincheck.migration.words import Words, letter
from raincheck.operations.queue import BREATHES_WITHIN, workers

STEPS: tuple[tuple[Promise, frozenset[str]], ...] = (
    (_("上传"), frozenset()),
    (_("核对列"), frozenset({UploadState.ASKING})),
    (_("试算"), frozenset({UploadState.TRYING, UploadState.TRIED})),
    (_("导入"), frozenset({UploadState.LOADING, UploadState.BROKEN})),
    (_("结果"), frozenset({UploadState.DONE, UploadState.GONE})),
)
TONES = {
    UploadState.ASKING: ("alert", "warn"),
    UploadState.TRYING: ("clock", "info"),
    UploadState.TRIED: ("alert", "warn"),
    UploadState.LOADING: ("clock", "info"),
    UploadState.BROKEN: ("alert", "danger"),
    UploadState.DONE: ("check", "ok"),
    UploadState.GONE: ("x", "neutral"),
}
_ODD = ("Etc/", "SystemV/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/")


@dataclass(frozen=True)
class Question:
    """One column: what is known of it, and what its select holds; `open` where nothing is chosen yet."""

    column: Proposed
    name: str
    letter: str
    guess: str
    why: str
    percent: int
    chosen: str

    @property
    def open(self) -> bool:
        """Whether a person has to say what it is."""
        return not self.chosen


@dataclass(frozen=True)
class Pace:
    """How far a job is: rows settled, rows in all, and the time left where that can be told.

    `stands_since` is when it last got on, where nobody is there to get it on.
    """

    done: int
    total: int
    left: timedelta | None
    stands_since: datetime | None = None

    @property
    def percent(self) -> int:
        """Of a hundred."""
        return 100 * self.done // self.total if self.total else 0


def in_language(words: Words) -> str:
    """Return the words in the reader's language."""
    return words.en if get_language() == "en" else words.zh


def sentence(said: Mapping[str, str]) -> str:
    """Return a sentence kept as `{zh, en}` in the reader's language."""
    return said["en"] if get_language() == "en" else said["zh"]


def questions(proposal: Sequence[Proposed], chosen: Mapping[int, str]) -> Iterator[Question]:
    """Yield every column, those that ask first."""
    found = [
        Question(
            one,
            f"column-{one.index}",
            letter(one.index),
            in_language(WORDS[Field(one.perhaps)]) if one.perhaps else "",
            in_language(one.why),
            round(100 * one.confidence),
            chosen.get(one.index, one.field or ("" if one.perhaps else NONE)),
        )
        for one in proposal
    ]
    yield from sorted(found, key=lambda question: (not question.open, question.column.index))


def fields(kind: Kind) -> list[tuple[str, str]]:
    """Return what a column of such a list can be, each with its name."""
    there = SPEECHES[kind].fields
    return [(str(field), in_language(words)) for field, words in WORDS.items() if field in there]


def kinds() -> list[tuple[str, str]]:
    """Return what a row can be, each with its name."""
    return [(str(kind), in_language(words)) for kind, words in KIND_WORDS.items()]


def kind_of(upload: Upload) -> str:
    """Return what its rows are, as a person said or confirmed; empty before."""
    kind = upload.answers.get("kind")
    return in_language(KIND_WORDS[Kind(kind)]) if kind else ""


def systems() -> list[tuple[str, str]]:
    """Return the systems whose names are known, each with its own."""
    return [(code, profile(code).name) for code in profiles()]


def orders() -> list[tuple[str, str]]:
    """Return the orders of day and month, each with its name."""
    return [(code, in_language(words)) for code, words in NAMES.items()]


def order(code: str) -> str:
    """Return the name of an order; of none, none."""
    return in_language(NAMES[code]) if code in NAMES else ""


def zones(first: Iterable[str]) -> list[str]:
    """Return the zones to choose from, these first."""
    rest = sorted(z for z in available_timezones() if "/" in z and not z.startswith(_ODD))
    return [*dict.fromkeys([*first, *rest, "UTC"])]


def steps(upload: Upload) -> list[tuple[Promise, str]]:
    """Return the steps with how each stands: done, now or to come."""
    at = next((place for place, (_name, states) in enumerate(STEPS) if upload.state in states), 1)
    last = upload.state == UploadState.DONE
    return [
        (name, "done" if place < at or last else "now" if place == at else "")
        for place, (name, _states) in enumerate(STEPS)
    ]


def pace(upload: Upload, now: datetime) -> Pace:
    """Return how far its job is; a load that was broken off goes on at the speed of this job alone.

    The speed is that until it last got on: while nobody gets it on the time left would grow and grow.
    """
    if (since := _stands_since(upload, now)) is not None:
        return Pace(upload.rows_done, upload.rows_total, None, since)
    fresh = upload.rows_done - upload.rows_before
    took = ((upload.moved_at or now) - upload.begun_at).total_seconds() if upload.begun_at else 0.0
    left = None
    if fresh > 0 and took > 0 and upload.rows_total > upload.rows_done:
        left = timedelta(seconds=round((upload.rows_total - upload.rows_done) * took / fresh))
    return Pace(upload.rows_done, upload.rows_total, left)


def _stands_since(upload: Upload, now: datetime) -> datetime | None:
    moved = upload.moved_at
    if upload.state not in AT_WORK or moved is None or now - moved <= BREATHES_WITHIN:
        return None
    return None if workers().alive else moved
