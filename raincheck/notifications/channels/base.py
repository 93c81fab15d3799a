"""What a channel is."""

from dataclasses import dataclass
from typing import Protocol


class Retry(Exception):
    """It may work later; `after` is in seconds."""

    def __init__(self, why: str, *, after: float = 30.0) -> None:
        super().__init__(why)
        self.after = after


class Undeliverable(Exception):
    """It will never work: no address, or refused for good."""


@dataclass(frozen=True)
class Envelope:
    """A finished message for one channel. `key` is the same at every attempt, so a receiver can tell a repeat.

    `address` is an e-mail address or an E.164 number, in the clear: never logged, never stored.
    """

    key: str
    address: str
    title: str
    body: str
    sms: str
    template: str
    calendar: str | None
    calendar_method: str


class Channel(Protocol):
    """One way to reach a person."""

    name: str
    #: which contact it needs: "email", "phone" or "" for none
    needs: str

    def send(self, envelope: Envelope) -> str:
        """Hand it over and return the provider's id for it. Raises Retry, Undeliverable."""
        ...
