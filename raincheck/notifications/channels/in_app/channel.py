"""The app's own inbox."""

from raincheck.notifications.channels.base import Envelope


class InApp:
    """Delivered the moment it is written."""

    name = "in_app"
    needs = ""

    def send(self, envelope: Envelope) -> str:
        """Return the key: the row itself is what the person reads."""
        return envelope.key
