"""Signed notes (C2SP signed-note) and checkpoints in them (C2SP tlog-checkpoint), signed with Ed25519.

The key is RAINCHECK_AUDIT_KEY, which no database holds. Whoever checks needs the verifier key alone:
`<name>+<key id in hex>+<base64 of 0x01 and the public key>`, as `raincheck audit key` prints it.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

_ED25519 = b"\x01"
_KEY_ID = 4
_HASH = 32


class NotOurs(Exception):
    """A note is malformed or not signed with this key; the message says which."""

    code = "not_ours"


@dataclass(frozen=True)
class Verifier:
    """Whom we believe: a key's name and its 32 public bytes."""

    name: str
    public: bytes

    @classmethod
    def read(cls, text: str) -> "Verifier":
        """Read a verifier key. Raises NotOurs."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise NotOurs("no verifier key") from error
        found = cls(name, key[1:])
        if key[:1] != _ED25519 or len(key) != _HASH + 1 or found.key_id.hex() != key_id:
            raise NotOurs("no verifier key")
        return found

    @property
    def key_id(self) -> bytes:
        """The four bytes that a signature line begins with."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_KEY_ID]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def open(self, note: str) -> str:
        """Return a note's text, once one of its signatures is this key's. Raises NotOurs."""
        text, separator, signatures = note.rpartition("\n\n")
        if not separator:
            raise NotOurs("no signed note")
        for line in signatures.splitlines():
            dash, _, rest = line.partition(" ")
            name, _, encoded = rest.partition(" ")
            if (dash, name) != ("—", self.name):
                continue
            try:
                signature = base64.b64decode(encoded, validate=True)
            except ValueError:
                continue
            if signature[:_KEY_ID] == self.key_id:
                self.check(f"{text}\n".encode(), signature[_KEY_ID:])
                return f"{text}\n"
        raise NotOurs("not signed with this key")

    def check(self, message: bytes, signature: bytes) -> None:
        """Raise NotOurs unless the signature is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature as error:
            raise NotOurs("the signature is wrong") from error


@dataclass(frozen=True)
class Signer:
    """The installation's own key."""

    key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """What others check with; its name is of the key, so that no address has to stay the same."""
        public = self.key.public_key().public_bytes_raw()
        return Verifier(f"raincheck.audit/{sha256(public).hexdigest()[:16]}", public)

    def sign(self, text: str) -> str:
        """Return the note of a text that ends with a newline."""
        verifier = self.verifier
        line = base64.b64encode(verifier.key_id + self.key.sign(text.encode())).decode()
        return f"{text}\n— {verifier.name} {line}\n"


def signer() -> Signer:
    """Return the signer of this installation."""
    return _signer(settings.RAINCHECK_AUDIT_KEY)


@lru_cache(maxsize=2)
def _signer(seed: bytes) -> Signer:
    return Signer(Ed25519PrivateKey.from_private_bytes(seed))


@dataclass(frozen=True)
class Checkpoint:
    """What was signed: the log's name, how many entries it has, their root, and when that was (to the second)."""

    origin: str
    size: int
    root: bytes
    at: datetime
    note: str = ""

    def signed(self, key: Signer) -> "Checkpoint":
        """Return it with its note."""
        root = base64.b64encode(self.root).decode()
        text = f"{self.origin}\n{self.size}\n{root}\ntime {int(self.at.timestamp())}\n"
        return Checkpoint(self.origin, self.size, self.root, self.at, key.sign(text))

    @classmethod
    def read(cls, note: str, verifier: Verifier) -> "Checkpoint":
        """Read a checkpoint's note. Raises NotOurs."""
        origin, *rest = verifier.open(note).splitlines()
        try:
            size, root, time = rest
            seconds = int(time.removeprefix("time "))
            found = cls(origin, int(size), base64.b64decode(root, validate=True), _instant(seconds), note)
        except (ValueError, OverflowError) as error:
            raise NotOurs("no checkpoint") from error
        if origin != verifier.name or len(found.root) != _HASH or found.size < 0:
            raise NotOurs("no checkpoint of this log")
        return found


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
