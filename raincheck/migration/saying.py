"""What a person said of a file's columns: (heading, or # and its number; field, or - for none) each."""

from dataclasses import dataclass

from raincheck.migration.cells import plain
from raincheck.migration.kinds.names import Kind

Said = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Memory:
    """What was said before of files with the same headings: columns, kind, the system's code if one was named.

    `timezone` is the name of the zone of their times; empty where it isn't known.
    """

    columns: Said
    kind: Kind
    source: str = ""
    timezone: str = ""

    def fits(self, kind: Kind | None, source: str) -> bool:
        """Say whether it still counts beside what is said now; None and "" say nothing."""
        return (kind is None or kind == self.kind) and (not source or self.source in {source, ""})


def together(remembered: Said, said: Said) -> Said:
    """Return both; what the person says now goes before what was said then, of a column and of a field."""
    fields = {field for _, field in said if field != "-"}
    headings = {plain(heading) for heading, _ in said}
    kept = [
        (heading, field)
        for heading, field in remembered
        if field not in fields and plain(heading) not in headings
    ]
    return (*kept, *said)
