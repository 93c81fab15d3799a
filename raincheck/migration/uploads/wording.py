"""What an import says, as a page says it: without the switches of the command line."""

import re
from typing import Any

from raincheck.migration.words import Words

#: A hint in brackets, or at the end, that names a switch.
_ASIDE = re.compile(
    r"\s*[（(][^（）()]*--[a-z][^（）()]*[)）]|[，,]\s*(?:或用|or name it with)\s*--[a-z-]+(?:\s*指明)?"
)
_NAMES = {
    "--date-order": ("“日月顺序”", "“Day and month”"),
    "用同样的命令继续": ("从断点继续", ""),
    "go on with the same command": ("", "go on from there"),
}


def on_screen(words: Words) -> Words:
    """Return the words without a hint at a switch, and with the page's own name for one that they speak of."""
    zh, en = (_ASIDE.sub("", text) for text in (words.zh, words.en))
    for switch, (in_zh, in_en) in _NAMES.items():
        zh, en = zh.replace(switch, in_zh), en.replace(switch, in_en)
    return Words(zh, en)


def plainly(code: str, words: Words) -> dict[str, Any]:
    """Return a sentence with its code as plain values, `{code, zh, en}`."""
    said = on_screen(words)
    return {"code": code, "zh": said.zh, "en": said.en}
