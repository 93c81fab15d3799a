"""Reading what was typed into a filter; what makes no sense narrows nothing, and is named."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

LONGEST = 80


class Typed:
    """A form's fields by name. `unread` gathers the names of those that couldn't be read."""

    def __init__(self, fields: Mapping[str, str], *, zone: ZoneInfo) -> None:
        self._fields = fields
        self._zone = zone
        self.unread: list[str] = []

    def text(self, name: str) -> str:
        """Return a text without white space around it, of at most LONGEST characters."""
        found = self._fields.get(name, "").strip()
        return self._refuse(name) if len(found) > LONGEST else found

    def code(self, name: str, known: Collection[str]) -> str:
        """Return one of the codes known."""
        found = self.text(name)
        return found if not found or found in known else self._refuse(name)

    def id(self, name: str) -> UUID | None:
        """Return an id."""
        return self._id(name, self.text(name))

    def code_or_id(self, name: str, known: Collection[str]) -> tuple[str, UUID | None]:
        """Return what a field holds that takes either one of the codes or somebody's id."""
        found = self.text(name)
        return (found, None) if found in known else ("", self._id(name, found))

    def day(self, name: str, *, days_on: int = 0) -> datetime | None:
        """Return when a day, or one some days on, begins in the reader's zone, in UTC."""
        found = self.text(name)
        if not found:
            return None
        try:
            that_day = date.fromisoformat(found) + timedelta(days=days_on)
            return datetime.combine(that_day, time(), tzinfo=self._zone).astimezone(UTC)
        except (ValueError, OverflowError):
            self.unread.append(name)
            return None

    def _id(self, name: str, text: str) -> UUID | None:
        try:
            return UUID(text) if text else None
        except ValueError:
            self.unread.append(name)
            return None

    def _refuse(self, name: str) -> str:
        self.unread.append(name)
        return ""
