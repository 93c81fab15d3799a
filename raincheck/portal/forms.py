"""What a candidate fills in to cancel, as it came in."""

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.http import HttpRequest

from raincheck.cancellations.actions import Ask
from raincheck.portal.page import typed

_A_SEQUENCE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class CancelForm:
    """Carried by POST from step to step: free text never goes into an address.

    `key` is made when the form is first shown, so that sending it twice asks once.
    """

    key: UUID
    reason: str = ""
    note: str = ""
    consent: bool = False
    #: the interview's sequence when the last step was shown; None where it wasn't
    seen: int | None = None

    @classmethod
    def fresh(cls) -> "CancelForm":
        """Return an empty form."""
        return cls(uuid4())

    @classmethod
    def sent(cls, request: HttpRequest) -> "CancelForm":
        """Return the form as it was sent; a key that isn't one of ours is replaced."""
        try:
            key = UUID(typed(request, "key"))
        except ValueError:
            key = uuid4()
        seen = typed(request, "seen")
        return cls(
            key,
            typed(request, "reason"),
            typed(request, "note"),
            request.POST.get("consent") == "yes",
            int(seen) if _A_SEQUENCE.fullmatch(seen) else None,
        )

    def ask(self, interview_id: UUID) -> Ask:
        """Return what is asked; the key counts for this interview alone."""
        key = f"{interview_id}:{self.key}"
        return Ask(reason=self.reason, note=self.note, channel="portal", idempotency_key=key, seen=self.seen)
