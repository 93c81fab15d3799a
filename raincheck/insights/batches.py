"""Reading many rows a few at a time, from one look at the database."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet

#: Rows held in memory at once.
BATCH = 1000


def batches(found: "QuerySet[Any, Any]") -> Iterator[list[Any]]:
    """Yield a query's rows in lists of at most BATCH, through a cursor that stays at the server.

    The cursor lives as long as the transaction around it; what commits meanwhile isn't seen.
    """
    rows = found.iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        yield batch
