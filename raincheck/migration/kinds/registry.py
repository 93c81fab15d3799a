"""Which reader and which load a file of a kind gets."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from raincheck.migration.kinds.applications import ApplicationKeeper
from raincheck.migration.kinds.cancellations import CancellationKeeper
from raincheck.migration.kinds.candidates import CandidateKeeper
from raincheck.migration.kinds.keeping import Keeper
from raincheck.migration.kinds.loading import KindLoading
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.positions import PositionKeeper
from raincheck.migration.kinds.reading import KindReader
from raincheck.migration.loading.interviews import Loading
from raincheck.migration.rows.drafts import Rules
from raincheck.migration.rows.interview_reader import InterviewReader
from raincheck.migration.rows.row_reader import RowReader
from raincheck.migration.rows.survey import Study

KEEPERS: Mapping[Kind, type[Keeper]] = {
    keeper.kind: keeper for keeper in (CandidateKeeper, ApplicationKeeper, PositionKeeper, CancellationKeeper)
}


def reader_of(study: Study, rules: Rules) -> RowReader[Any]:
    """Return what reads the file's rows: as what its kind's load takes."""
    keeper = KEEPERS.get(study.kind)
    return KindReader(study, rules, keeper.row) if keeper else InterviewReader(study, rules)


def loading_of(kind: Kind) -> "Callable[..., Loading | KindLoading]":
    """Return what makes the load: of company, study, rejections, outcome, run and reasons."""
    keeper = KEEPERS.get(kind)
    return Loading if keeper is None else partial(KindLoading, make_keeper=keeper)
