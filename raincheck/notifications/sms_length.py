"""How long an SMS is: what carriers count and bill."""

from dataclasses import dataclass

#: The basic GSM alphabet; one character beyond it makes the whole SMS UCS-2. Those of the extension table count twice.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True)
class Length:
    """Characters as they are counted, and how many SMS they make."""

    characters: int
    parts: int


def length(text: str) -> Length:
    """Return how a text counts: 160 characters a GSM SMS, 70 in UCS-2; 153 and 67 where it takes several."""
    if set(text) <= _GSM | _GSM_TWICE:
        characters, alone, each = len(text) + sum(one in _GSM_TWICE for one in text), 160, 153
    else:
        characters, alone, each = len(text.encode("utf-16-le")) // 2, 70, 67
    return Length(characters, 1 if characters <= alone else -(-characters // each))
