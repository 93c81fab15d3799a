"""What a person said of a file: its manner, and its columns: (heading, or # and its number; field, or - for none)."""

from dataclasses import dataclass

from raincheck.migration.fields import REPEATED
from raincheck.migration.files.cells import plain
from raincheck.migration.kinds.names import Kind

Said = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Manner:
    """How a file's values are read where they don't say it themselves; empty what nobody has said.

    `timezone` is the name of the zone of its times, `region` the country of numbers without a country code,
    `date_order` the order of day and month (date_order.ORDERS).
    """

    timezone: str = ""
    region: str = ""
    date_order: str = ""


UNSAID = Manner()


@dataclass(frozen=True)
class Memory:
    """What was said before of files with the same headings: columns, kind, the system's code if one was named.

    Where nobody said anything of the columns there are none, and no kind: only the manner is known.
    """

    columns: Said
    kind: Kind | None
    source: str = ""
    manner: Manner = UNSAID

    def fits(self, kind: Kind | None, source: str) -> bool:
        """Say whether it still counts beside what is said now; None and "" say nothing."""
        return (kind is None or self.kind in {kind, None}) and (not source or self.source in {source, ""})


def together(remembered: Said, said: Said) -> Said:
    """Return both; what the person says now goes before what was said then, of a column and of a field."""
    fields = {field for _, field in said if field not in {"-", *REPEATED}}
    headings = {plain(heading) for heading, _ in said}
    kept = [
        (heading, field)
        for heading, field in remembered
        if field not in fields and plain(heading) not in headings
    ]
    return (*kept, *said)
