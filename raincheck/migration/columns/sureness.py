"""How surely a column is a field: the guess, and the lines from which on it counts or is asked about."""

from dataclasses import dataclass

from raincheck.migration.fields import Field
from raincheck.migration.words import Words

#: From here on a column is taken for its field; from there on a person is asked; below, it is none.
SURE, ASK = 0.75, 0.55
JUST_UNSURE = 0.74
#: The rank of headings that aren't known: any that is comes before them.
UNLISTED = 1000


@dataclass(frozen=True)
class Guess:
    """A field, how sure it is from 0 to 1, and why; `rank` among headings of one field, the least first."""

    field: Field
    confidence: float
    why: Words
    rank: int = UNLISTED
