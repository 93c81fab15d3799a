"""A candidate's name in two parts, for vendors that keep it so."""

import re

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·]+")
#: Two-character family names that are common enough to meet.
_DOUBLE = frozenset(
    {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "端木"}
)
_DOUBLE_LENGTH = 2


def split(name: str) -> tuple[str, str]:
    """Return given and family name; a name of one word that isn't Chinese counts as both."""
    if _HAN.fullmatch(name) and len(name) > 1:
        length = 2 if name[:2] in _DOUBLE and len(name) > _DOUBLE_LENGTH else 1
        return name[length:], name[:length]
    given, _, family = name.strip().rpartition(" ")
    return given or family, family
