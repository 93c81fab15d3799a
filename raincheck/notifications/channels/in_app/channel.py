"""The app's own inbox."""

from raincheck.notifications.channels.base import Account, Channel, Envelope


class InApp:
    """Delivered the moment it is written."""

    name = "in_app"
    channel = Channel.IN_APP
    confirms = False

    def send(self, envelope: Envelope, account: Account) -> str:
        """Return the key: the row itself is what the person reads."""
        return envelope.key
