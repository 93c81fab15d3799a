"""What a vendor's error code means for a message: who is at fault, and whether it may work later."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from raincheck.notifications.channels.base import OursToMend, Retry, Undeliverable


@dataclass(frozen=True)
class Codes:
    """A vendor's codes, by their beginnings.

    `person`: the address is wrong or won't have it. `later`: seconds to wait. Everything else is ours to mend, and
    is tried again meanwhile: nobody goes without a message because of a bill.
    """

    person: Collection[str] = ()
    later: Mapping[str, float] = field(default_factory=dict)

    def refuse(self, vendor: str, code: str) -> NoReturn:
        """Raise what a code means. Its text isn't taken: vendors write numbers into it."""
        why = f"{vendor}: {code or 'no code'}"[:120]
        if code.startswith(tuple(self.person)):
            raise Undeliverable(why)
        for beginning, after in self.later.items():
            if code.startswith(beginning):
                raise Retry(why, after=after)
        raise OursToMend(why)
