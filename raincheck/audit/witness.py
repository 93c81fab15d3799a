"""A witness: somebody else who is shown every checkpoint, makes sure that the log only grew, and signs it.

As C2SP tlog-witness and tlog-cosignature have it, so that any such witness will do. Whoever holds the database *and*
the audit key can sign a history of their own making; they can't have it witnessed, for it doesn't go on from the last.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import structlog
from django.conf import settings

from raincheck.audit import shelf
from raincheck.audit.notes import Checkpoint, NotOurs, Verifier, signer
from raincheck.audit.proving import consistency, newest
from raincheck.core import http
from raincheck.core.scope import Purpose, system_scope

log = structlog.get_logger(__name__)
#: The kind of a key that signs with the time of it.
_COSIGNATURE = b"\x04"
_KEY, _KEY_ID, _TIME = 32, 4, 8
_OK, _CONFLICT = 200, 409


class NotWitnessed(Exception):
    """The witness couldn't be reached, refused, or signed something else; the message says which."""

    code = "not_witnessed"


@dataclass(frozen=True)
class Witness:
    """Where a witness is, and whose signature it is by."""

    url: str
    name: str
    public: bytes

    @classmethod
    def of_settings(cls) -> "Witness | None":
        """Return the one that the installation names; None without. Raises NotOurs for no such key."""
        if not settings.RAINCHECK_WITNESS_URL:
            return None
        return cls.read(settings.RAINCHECK_WITNESS_URL, settings.RAINCHECK_WITNESS_KEY)

    @classmethod
    def read(cls, url: str, key: str) -> "Witness":
        """Read a witness' key, `<name>+<key id in hex>+<base64 of 0x04 and the public key>`. Raises NotOurs."""
        name, _, rest = key.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise NotOurs("no witness' key") from error
        found = cls(url.rstrip("/"), name, raw[1:])
        if raw[:1] != _COSIGNATURE or len(raw) != _KEY + 1 or found.key_id.hex() != key_id:
            raise NotOurs("no witness' key")
        return found

    @property
    def key_id(self) -> bytes:
        """The four bytes that its signature lines begin with."""
        return sha256(self.name.encode() + b"\n" + _COSIGNATURE + self.public).digest()[:_KEY_ID]

    def saw(self, note: str) -> datetime:
        """Return when the witness saw this checkpoint. Raises NotOurs where none of its signatures is theirs."""
        text, _, signatures = note.rpartition("\n\n")
        for line in signatures.splitlines():
            dash, _, rest = line.partition(" ")
            name, _, encoded = rest.partition(" ")
            try:
                signature = base64.b64decode(encoded, validate=True)
            except ValueError:
                continue
            if (dash, name, signature[:_KEY_ID]) != ("—", self.name, self.key_id):
                continue
            seconds = int.from_bytes(signature[_KEY_ID : _KEY_ID + _TIME])
            message = f"cosignature/v1\ntime {seconds}\n{text}\n".encode()
            Verifier(self.name, self.public).check(message, signature[_KEY_ID + _TIME :])
            return datetime.fromtimestamp(seconds, UTC)
        raise NotOurs("not signed by this witness")


def show(witness: Witness) -> tuple[Checkpoint, datetime] | None:
    """Show the newest checkpoint to the witness and keep what it signed; None while there is none.

    Called outside any transaction, for it waits for the witness. Raises NotWitnessed, NotOurs, OSError.
    """
    verifier = signer().verifier
    with system_scope(Purpose.SEAL):
        seal = newest()
    if seal is None:
        return None
    known = shelf.witnessed(verifier)
    seen = known.size if known else 0
    answer = _asked(witness, seen, seal.size, seal.note)
    if answer.status == _CONFLICT:
        # It has seen more than we remember, as after a lost shelf: it says how much.
        answer = _asked(witness, _size(answer.body), seal.size, seal.note)
    if answer.status != _OK:
        raise NotWitnessed(f"{witness.name} answered {answer.status}")
    note = seal.note + answer.body.decode("utf-8", "replace")
    at = witness.saw(note)
    checkpoint = Checkpoint.read(note, verifier)
    shelf.keep_witnessed(checkpoint)
    return checkpoint, at


def _asked(witness: Witness, seen: int, size: int, note: str) -> http.Answer:
    if seen > size:
        raise NotWitnessed(f"{witness.name} has seen {seen} entries, the database has sealed {size}")
    path: list[str] = []
    if 0 < seen < size:
        with system_scope(Purpose.SEAL):
            path = consistency(seen, size)["path"]
    body = "\n".join([f"old {seen}", *path, "", note])
    try:
        return http.call("POST", f"{witness.url}/add-checkpoint", content=body.encode(), trusted=True)
    except http.Unreachable as error:
        raise NotWitnessed(f"{witness.name} can't be reached ({error})") from error


def _size(body: bytes) -> int:
    text = body.decode("ascii", "replace").strip()
    if not (text.isascii() and text.isdigit()):
        raise NotWitnessed("the witness says no size")
    return int(text)
