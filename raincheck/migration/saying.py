"""What a person said of a file's columns: (heading, or # and its number; field, or - for none) each."""

from raincheck.migration.cells import plain

Said = tuple[tuple[str, str], ...]


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
