"""The master keys, newest first: from the environment, from a file, or through a key management service (KMS).

The newest seals; every one of them opens. Read once, when a process starts: no call to a KMS is ever made later.
Imports no Django: the settings come after it.
"""

import base64
import binascii
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol, runtime_checkable

#: Where another package names its KMS, so that RAINCHECK_KMS can be that short name.
GROUP = "raincheck.kms"
SIZE = 32


@runtime_checkable
class Kms(Protocol):
    """What a key management service does for us: it keeps a key of its own, under which it seals ours.

    RAINCHECK_KMS names a class or function that makes one without arguments; where it is and how we are known there
    is for it to read from the environment. `decrypt` is called once a key when a process starts, `encrypt` by
    `raincheck keys new` alone. Whatever either raises means that the key can't be had.
    """

    def encrypt(self, key: bytes) -> bytes:
        """Return 32 bytes sealed, in whatever form `decrypt` takes."""

    def decrypt(self, blob: bytes) -> bytes:
        """Return the 32 bytes that were sealed."""


class BadKeys(ValueError):
    """The master keys can't be had; the message names the setting and never a key."""


def master_keys(env: Mapping[str, str]) -> tuple[bytes, ...]:
    """Return the keys that the environment names, newest first. Raises BadKeys."""
    name, text = _text(env)
    kms = named_kms(env)
    keys = tuple(_key(name, encoded, kms) for encoded in _entries(text))
    if not keys:
        raise BadKeys(f"{name} holds no key")
    if len(set(keys)) != len(keys):
        raise BadKeys(f"{name} holds a key twice")
    return keys


def named_kms(env: Mapping[str, str]) -> Kms | None:
    """Return the KMS that RAINCHECK_KMS names; None where it names none. Raises BadKeys."""
    name = env.get("RAINCHECK_KMS", "").strip()
    if not name:
        return None
    try:
        made = _factory(name)()
    except Exception as error:  # somebody else's code: whatever it raises, the setting is what is wrong
        raise BadKeys(f"RAINCHECK_KMS={name} can't be loaded: {type(error).__name__}") from error
    if not isinstance(made, Kms):
        raise BadKeys(f"RAINCHECK_KMS={name} has no encrypt and decrypt")
    return made


def encoded(key: bytes, kms: Kms | None) -> str:
    """Return a key as it stands in a setting: base64, of what the KMS makes of it where there is one."""
    return base64.b64encode(kms.encrypt(key) if kms else key).decode()


def _factory(name: str) -> type[Kms]:
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    factory: type[Kms] = found.load() if found else resolve_name(name)
    return factory


def _text(env: Mapping[str, str]) -> tuple[str, str]:
    path = env.get("RAINCHECK_MASTER_KEY_FILE", "").strip()
    if not path:
        return "RAINCHECK_MASTER_KEY", env.get("RAINCHECK_MASTER_KEY", "")
    try:
        return "RAINCHECK_MASTER_KEY_FILE", Path(path).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise BadKeys(f"RAINCHECK_MASTER_KEY_FILE can't be read: {type(error).__name__}") from error


def _entries(text: str) -> list[str]:
    """Return what is separated by commas or line ends; a line that begins with # is a remark."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [entry.strip() for line in lines for entry in line.split(",") if entry.strip()]


def _key(name: str, entry: str, kms: Kms | None) -> bytes:
    try:
        key = base64.b64decode(entry, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKeys(f"{name} must be base64: {error}") from error
    if kms is not None:
        try:
            key = kms.decrypt(key)
        except Exception as error:  # somebody else's code again, and a service behind it
            raise BadKeys(f"RAINCHECK_KMS can't open a key of {name}: {type(error).__name__}") from error
    if len(key) != SIZE:
        raise BadKeys(f"{name} must be {SIZE} bytes in base64, not {len(key)}")
    return key
