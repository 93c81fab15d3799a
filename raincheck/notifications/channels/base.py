"""What a channel is, and what carries it.

A *channel* is a way to reach a person, as the table of who hears what names it: in_app, email, sms, web_push,
app_push, chat. A *carrier* is who takes a message there: an SMTP server, Aliyun, Tencent, JPush. A company picks
one carrier a channel.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable


class Channel(StrEnum):
    """The ways to reach a person."""

    IN_APP = "in_app"
    EMAIL = "email"
    SMS = "sms"
    WEB_PUSH = "web_push"
    APP_PUSH = "app_push"
    CHAT = "chat"


class Needs(StrEnum):
    """What a carrier has to know of a person; POINT is a contact point of its own channel."""

    NOTHING = ""
    EMAIL = "email"
    PHONE = "phone"
    POINT = "point"


#: What each channel's carriers need, whoever they are.
NEEDS = {
    Channel.IN_APP: Needs.NOTHING,
    Channel.EMAIL: Needs.EMAIL,
    Channel.SMS: Needs.PHONE,
    Channel.WEB_PUSH: Needs.POINT,
    Channel.APP_PUSH: Needs.POINT,
    Channel.CHAT: Needs.POINT,
}


#: Seconds until what a person has to mend is looked at again.
MENDED_IN = 120.0


class Retry(Exception):
    """It may work later; `after` is in seconds."""

    def __init__(self, why: str, *, after: float = 30.0) -> None:
        super().__init__(why)
        self.after = after


class OursToMend(Retry):
    """It works again once a person has mended it: a wrong key, an empty balance, a signature or template not approved.

    Tried again meanwhile, for nobody is to go without a message because of a bill.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(f"{cause} (ours to mend)", after=MENDED_IN)
        self.cause = cause


class Undeliverable(Exception):
    """It will never work at this address; `gone`: the address itself has ceased to be (a browser unsubscribed)."""

    def __init__(self, why: str, *, gone: bool = False) -> None:
        super().__init__(why)
        self.gone = gone


@dataclass(frozen=True)
class Envelope:
    """A finished message for one channel. `key` is the same at every attempt, so a receiver can tell a repeat.

    `address` is an e-mail address, an E.164 number or a contact point's text, in the clear: never logged, never
    stored. `facts` are what the words were made from, as said to this reader: a Chinese SMS is a template's code and
    its parameters, never finished text. `calendar` is the iTIP message the envelope is about; a digest has one for each
    of the appointments it speaks of instead, in `calendars`.
    """

    key: str
    address: str
    title: str
    body: str
    sms: str
    template: str
    calendar: str | None = None
    calendars: tuple[str, ...] = ()
    html: str = ""
    link: str = ""
    language: str = "zh-hans"
    urgent: bool = True
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Account:
    """A company's settings with a carrier, open in memory; empty where the installation's own settings serve.

    `receipts` is where the carrier may tell what became of a message; `""` where nobody would hear it.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    receipts: str = ""


class Shape(StrEnum):
    """How a setting is typed, and what it is checked for."""

    TEXT = "text"
    HOST = "host"
    NUMBER = "number"
    TEMPLATES = "templates"


@dataclass(frozen=True)
class Setting:
    """One thing a carrier has to be told, for the form and the command that are made from it.

    `default` stands in where an option was left out; a secret has none and is never shown.
    """

    name: str
    zh: str
    en: str
    needed: bool = True
    secret: bool = False
    shape: Shape = Shape.TEXT
    default: str = ""
    matches: str = ""


class Repeats(StrEnum):
    """What the peer makes of the message's key when an answer was lost and it is handed over once more."""

    TAKEN_ONCE = "taken_once"
    REPLACES = "replaces"
    TRACEABLE = "traceable"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Call:
    """A call by which a carrier tells what became of messages, as it came in; `url` as the carrier wrote it."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Told:
    """What a carrier says of one message: the id its `send` returned, and its code where it failed. No number."""

    provider_id: str
    delivered: bool
    why: str = ""


class Unproven(Exception):
    """A call that isn't signed as this carrier signs."""


class NotUnderstood(Exception):
    """A call that isn't what the carrier documents."""


@runtime_checkable
class Telling(Protocol):
    """A carrier that says later what became of a message; `thanks` is what it wants to be answered."""

    thanks: str

    def hear(self, call: Call, account: Account) -> list[Told]:
        """Return what a call tells. Raises Unproven, NotUnderstood."""
        ...


class Carrier(Protocol):
    """Who takes messages to people on one channel."""

    name: str
    title: str
    channel: Channel
    settings: tuple[Setting, ...]
    repeats: Repeats
    #: Somebody has seen it work against the service itself; the loopback servers answer only what is documented.
    verified_against_live: bool
    #: It says later what became of a message (a receipt), so that silence means something.
    confirms: bool

    def send(self, envelope: Envelope, account: Account) -> str:
        """Hand it over and return the carrier's id for it. Raises Retry, Undeliverable."""
        ...
