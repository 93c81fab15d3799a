"""Sealing personal data: a data key a candidate, wrapped by the master key; finding it by keyed hash.

AES-256-GCM throughout; the associated data binds a ciphertext to its row and field, so that one can't
be moved to another place. Destroying the wrapped data key erases everything sealed under it.

There may be several master keys (keyring.py). What is sealed under one begins with its mark; what was sealed before
there were marks is tried with each. The key of hashes is none of them, so that a new master key leaves hashes alone.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from raincheck.core.keyring import BadKeys
from raincheck.core.models import SealedKey

_NONCE, _NONCES, _KEY = 12, 256, 32
#: What a text sealed under a marked key begins with, and how much of the mark follows.
_MARKED, _MARK = b"\x01", 4
#: The row that holds the key of hashes, sealed; without one it is derived, as it was before there were several keys.
FIND = "find"
#: Bytes that SHA-256 takes at a time.
_BLOCK = 64
#: Bytes, as many as an id has.
_SIGNATURE = 16


#: Nonces not used yet. They are no secret, and asking for one by one takes longer than to seal with it.
_nonces: list[bytes] = []
# Two processes must never go on with the same ones.
os.register_at_fork(after_in_child=_nonces.clear)


def _nonce() -> bytes:
    try:
        return _nonces.pop()
    except IndexError:
        many = os.urandom(_NONCES * _NONCE)
        _nonces.extend(many[at : at + _NONCE] for at in range(_NONCE, len(many), _NONCE))
        return many[:_NONCE]


def _encrypt(cipher: AESGCM, plain: bytes, bound_to: str) -> bytes:
    nonce = _nonce()
    return nonce + cipher.encrypt(nonce, plain, bound_to.encode())


def _decrypt(cipher: AESGCM, sealed: bytes, bound_to: str) -> bytes:
    return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())


@lru_cache(maxsize=64)
def _derived(master: bytes, purpose: str) -> bytes:
    return hmac.digest(master, purpose.encode(), "sha256")


@lru_cache(maxsize=64)
def _cipher(master: bytes, purpose: str) -> AESGCM:
    return AESGCM(_derived(master, purpose))


@lru_cache(maxsize=64)
def _prefix(master: bytes) -> bytes:
    return _MARKED + _derived(master, "mark")[:_MARK]


def _seal(purpose: str, plain: bytes, bound_to: str) -> bytes:
    newest = settings.RAINCHECK_MASTER_KEYS[0]
    return _prefix(newest) + _encrypt(_cipher(newest, purpose), plain, bound_to)


def _open(purpose: str, sealed: bytes | memoryview, bound_to: str) -> bytes:
    """Open what any of our keys sealed. Raises InvalidTag, ValueError."""
    return _opened(purpose, sealed, bound_to)[1]


def _opened(purpose: str, sealed: bytes | memoryview, bound_to: str) -> tuple[bytes, bytes]:
    """Return the master key that opens it, and what was sealed. Raises InvalidTag, ValueError."""
    whole = bytes(sealed)
    for master in settings.RAINCHECK_MASTER_KEYS:
        marked = _prefix(master)
        if whole.startswith(marked):
            try:
                return master, _decrypt(_cipher(master, purpose), whole[len(marked) :], bound_to)
            except InvalidTag:
                # One from before there were marks may begin like this by chance.
                break
    for master in settings.RAINCHECK_MASTER_KEYS:
        try:
            return master, _decrypt(_cipher(master, purpose), whole, bound_to)
        except InvalidTag:
            continue
    raise InvalidTag


class DataKey:
    """One candidate's key, open in memory; `owner` is the row it belongs to."""

    __slots__ = ("_cipher", "_name", "key", "owner")

    def __init__(self, owner: UUID, key: bytes) -> None:
        self.owner, self.key = owner, key
        self._name, self._cipher = str(owner), AESGCM(key)

    @classmethod
    def create(cls, owner: UUID) -> "DataKey":
        """Make a fresh 256-bit key."""
        return cls(owner, os.urandom(_KEY))

    @classmethod
    def unwrap(cls, owner: UUID, wrapped: bytes | memoryview) -> "DataKey":
        """Open a wrapped key; raises cryptography's InvalidTag if it isn't this owner's."""
        return cls(owner, _open("wrap", wrapped, f"data-key:{owner}"))

    def wrapped(self) -> bytes:
        """Return the key sealed under the master key, fit to store."""
        return _seal("wrap", self.key, f"data-key:{self._name}")

    def seal(self, field: str, value: str) -> bytes | None:
        """Seal one field's text; an empty text needs no seal."""
        return _encrypt(self._cipher, value.encode(), f"{self._name}:{field}") if value else None

    def open(self, field: str, sealed: bytes | memoryview | None) -> str:
        """Open what `seal` returned; `""` for nothing."""
        return _decrypt(self._cipher, bytes(sealed), f"{self._name}:{field}").decode() if sealed else ""

    def seal_bytes(self, field: str, value: bytes) -> bytes:
        """Seal a piece of a file."""
        return _encrypt(self._cipher, value, f"{self._name}:{field}")

    def open_bytes(self, field: str, sealed: bytes | memoryview) -> bytes:
        """Open what `seal_bytes` returned."""
        return _decrypt(self._cipher, bytes(sealed), f"{self._name}:{field}")


def seal_secret(name: str, value: str) -> bytes:
    """Seal a company's own secret (a vendor's API key) directly under the master key."""
    return _seal("secret", value.encode(), name)


def open_secret(name: str, sealed: bytes | memoryview) -> str:
    """Open what `seal_secret` returned."""
    return _open("secret", sealed, name).decode()


def keyed_hash(company_id: UUID, field: str, value: str) -> bytes:
    """Return the 32-byte HMAC by which a sealed value is found within one company."""
    return hmac.digest(
        _find_key(settings.RAINCHECK_MASTER_KEYS), f"{company_id}:{field}:{value}".encode(), "sha256"
    )


class Finder:
    """`keyed_hash` for many values of one company and field: what doesn't change is put together once."""

    def __init__(self, company_id: UUID, field: str) -> None:
        key = _find_key(settings.RAINCHECK_MASTER_KEYS)
        # HMAC, RFC 2104, with both of its hashes begun: what a value adds is a fraction of the whole.
        padded = (
            key.ljust(_BLOCK, b"\0")
            if len(key) <= _BLOCK
            else hashlib.sha256(key).digest().ljust(_BLOCK, b"\0")
        )
        self._inner = hashlib.sha256(bytes(one ^ 0x36 for one in padded) + f"{company_id}:{field}:".encode())
        self._outer = hashlib.sha256(bytes(one ^ 0x5C for one in padded))

    def __call__(self, value: str) -> bytes:
        """Return the value's 32-byte HMAC."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(value.encode())
        outer.update(inner.digest())
        return outer.digest()


@lru_cache(maxsize=2)
def _find_key(masters: tuple[bytes, ...]) -> bytes:
    """Return the key of hashes, looked up once a process: it stays the same for good. Raises BadKeys."""
    row = SealedKey.objects.filter(name=FIND).first()
    if row is None:
        # It isn't kept yet, and is the oldest key's: the one under which the first hash was made.
        return _derived(masters[-1], "find")
    try:
        return _open("keep", row.sealed, FIND)
    except InvalidTag as error:
        raise BadKeys(
            "RAINCHECK_MASTER_KEY: none of the master keys opens what this database holds"
        ) from error


def find_key_is_kept() -> bool:
    """Say whether the key of hashes is kept as a key of its own."""
    return SealedKey.objects.filter(name=FIND).exists()


def keep_find_key(mark: str) -> None:
    """Have the key of hashes kept as a key of its own, as derived from the master key of this mark."""
    [master] = [one for one in settings.RAINCHECK_MASTER_KEYS if _mark(one) == mark]
    sealed = _seal("keep", _derived(master, "find"), FIND)
    SealedKey.objects.get_or_create(name=FIND, defaults={"sealed": sealed})
    _find_key.cache_clear()


def seal_find_key_anew() -> None:
    """Seal the kept key of hashes under the newest master key. Raises InvalidTag where no key opens it."""
    row = SealedKey.objects.select_for_update().get(name=FIND)
    row.sealed = sealed_anew("keep", FIND, row.sealed)
    row.save(update_fields=["sealed"])


def is_newest(sealed: bytes | memoryview) -> bool:
    """Say whether this is sealed under the newest master key, with its mark."""
    return bytes(sealed).startswith(newest_prefix())


def newest_prefix() -> bytes:
    """Return the bytes that everything sealed under the newest master key begins with."""
    return _prefix(settings.RAINCHECK_MASTER_KEYS[0])


def prefixes() -> dict[str, bytes]:
    """Return, by each master key's mark, what everything sealed under it begins with; newest first."""
    return {_mark(master): _prefix(master) for master in settings.RAINCHECK_MASTER_KEYS}


def sealed_anew(purpose: str, name: str, sealed: bytes | memoryview) -> bytes:
    """Return what any master key sealed, sealed under the newest; `purpose` is wrap or secret. Raises InvalidTag."""
    return _seal(purpose, _open(purpose, sealed, name), name)


def opened_by(purpose: str, name: str, sealed: bytes | memoryview) -> str:
    """Return the mark of the master key that opens this; `""` where none of ours does."""
    try:
        return _mark(_opened(purpose, sealed, name)[0])
    except (InvalidTag, ValueError):
        return ""


def found_by(purpose: str, value: str) -> bytes:
    """Return the 16-byte HMAC under which something is kept that belongs to no company."""
    key = _derived(settings.RAINCHECK_MASTER_KEYS[0], "find")
    return hmac.digest(key, f"{purpose}:{value}".encode(), "sha256")[:16]


def key_mark() -> str:
    """Return what tells the newest master key from another; nothing of the key can be learnt from it."""
    return key_marks()[0]


def key_marks() -> list[str]:
    """Return the marks of all master keys, newest first."""
    return [_mark(master) for master in settings.RAINCHECK_MASTER_KEYS]


def _mark(master: bytes) -> str:
    return _derived(master, "mark")[:8].hex()


def token_hash(token: str) -> bytes:
    """Hash a random bearer token (256 bits of entropy, so no key is needed)."""
    return hashlib.sha256(token.encode()).digest()


def sign_id(purpose: str, what: UUID) -> str:
    """Return 43 characters for a link that may do one thing with one row, and that nobody else can make."""
    signature = _signature(settings.RAINCHECK_MASTER_KEYS[0], purpose, what)
    return base64.urlsafe_b64encode(what.bytes + signature).decode().rstrip("=")


def signed_id(purpose: str, token: str) -> UUID | None:
    """Return the id that `sign_id` put into this token for this purpose; None for any other text."""
    try:
        signed = base64.urlsafe_b64decode(token + "=")
    except ValueError:
        return None
    if len(signed) != 2 * _SIGNATURE:
        return None
    what, given = UUID(bytes=signed[:_SIGNATURE]), signed[_SIGNATURE:]
    ours = [_signature(master, purpose, what) for master in settings.RAINCHECK_MASTER_KEYS]
    return what if any(hmac.compare_digest(given, one) for one in ours) else None


def _signature(master: bytes, purpose: str, what: UUID) -> bytes:
    return hmac.digest(_derived(master, "sign"), f"{purpose}:{what}".encode(), "sha256")[:_SIGNATURE]


def mask_phone(phone: str) -> str:
    """Return `+86138****0001` style text, safe to show."""
    return f"{phone[:-8]}****{phone[-4:]}" if phone else ""


def mask_email(email: str) -> str:
    """Return `z***@example.com` style text, safe to show."""
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}" if host else ""
