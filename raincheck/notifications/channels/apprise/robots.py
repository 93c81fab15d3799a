"""Which chats a robot may be in, and how its address is written: Apprise's own, or the webhook a chat shows."""

import re
from dataclasses import dataclass
from importlib import import_module

#: schema → Apprise's plug-in. None of them runs a program, reads a file or opens a socket of its own.
PLUGINS = {
    "wecombot": "wecombot",
    "dingtalk": "dingtalk",
    "feishu": "feishu",
    "lark": "lark",
    "pushplus": "pushplus",
    "wxpusher": "wxpusher",
    "schan": "serverchan",
    "barks": "bark",
    "slack": "slack",
    "workflows": "workflows",
    "tgram": "telegram",
    "discord": "discord",
    "gchat": "google_chat",
    "mmosts": "mattermost",
}
_WEBHOOKS = (
    (re.compile(r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send/?\?key=([\w-]{8,80})"), "wecombot://{}"),
    (re.compile(r"https://oapi\.dingtalk\.com/robot/send/?\?access_token=([0-9a-zA-Z]{8,128})"), "dingtalk://{}"),
    (re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([\w-]{8,80})"), "feishu://{}"),
    (re.compile(r"https://open\.larksuite\.com/open-apis/bot/v2/hook/([\w-]{8,80})"), "lark://{}"),
)  # fmt: skip
_URL = re.compile(r"([a-z]{3,20})://[\x21-\x7e]{4,400}")


class NotARobot(ValueError):
    """The text is no address of a robot that may be used."""


@dataclass(frozen=True)
class Answers:
    """How a chat says what came of a message: 200 and a number in the body, 0 where it was taken."""

    field: str
    gone: frozenset[int]
    later: frozenset[int]


#: What is told by a number; the others tell by HTTP's status.
ANSWERS = {
    "wecombot": Answers("errcode", gone=frozenset({93000, 93017}), later=frozenset({45009, -1})),
    "dingtalk": Answers(
        "errcode", gone=frozenset({300001, 400013, 400101, 400102}), later=frozenset({130101, 660026, -1})
    ),
    "feishu": Answers("code", gone=frozenset({19001}), later=frozenset({11232, 9499})),
    "lark": Answers("code", gone=frozenset({19001}), later=frozenset({11232, 9499})),
}  # fmt: skip


def address_of(typed: str) -> str:
    """Return a robot's address as it is kept, from what a person pasted. Raises NotARobot."""
    text = typed.strip()
    for webhook, written in _WEBHOOKS:
        found = webhook.fullmatch(text)
        if found:
            text = written.format(found[1])
    found = _URL.fullmatch(text)
    # A query could change how a plug-in calls; no schema here needs one.
    if found is None or found[1] not in PLUGINS or "?" in text:
        raise NotARobot
    if not import_module("apprise").Apprise.instantiate(text, suppress_exceptions=True):
        raise NotARobot
    return text


def schema_of(address: str) -> str:
    """Return which chat an address is of. Raises NotARobot."""
    schema = address.partition("://")[0]
    if schema not in PLUGINS or "?" in address:
        raise NotARobot
    return schema
