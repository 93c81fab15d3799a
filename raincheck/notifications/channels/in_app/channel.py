"""The app's own inbox."""

from raincheck.notifications.channels.base import Account, Channel, Envelope, Repeats, Setting


class InApp:
    """Delivered the moment it is written."""

    name = "in_app"
    title = "站内消息 In-app"
    channel = Channel.IN_APP
    settings: tuple[Setting, ...] = ()
    repeats = Repeats.TAKEN_ONCE
    confirms = False
    verified_against_live = False

    def send(self, envelope: Envelope, account: Account) -> str:
        """Return the key: the row itself is what the person reads."""
        return envelope.key
