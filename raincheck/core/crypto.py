"""Sealing personal data: a data key a candidate, wrapped by the master key; finding it by keyed hash.

AES-256-GCM throughout; the associated data binds a ciphertext to its row and field, so that one can't
be moved to another place. Destroying the wrapped data key erases everything sealed under it.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12
#: Bytes, as many as an id has.
_SIGNATURE = 16


def _encrypt(key: bytes, plain: bytes, bound_to: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def _decrypt(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())


@lru_cache(maxsize=4)
def _derived(master: bytes, purpose: str) -> bytes:
    return hmac.digest(master, purpose.encode(), "sha256")


def _key(purpose: str) -> bytes:
    return _derived(settings.RAINCHECK_MASTER_KEY, purpose)


@dataclass(frozen=True)
class DataKey:
    """One candidate's key, open in memory; `owner` is the row it belongs to."""

    owner: UUID
    key: bytes

    @classmethod
    def create(cls, owner: UUID) -> "DataKey":
        """Make a fresh 256-bit key."""
        return cls(owner, AESGCM.generate_key(256))

    @classmethod
    def unwrap(cls, owner: UUID, wrapped: bytes | memoryview) -> "DataKey":
        """Open a wrapped key; raises cryptography's InvalidTag if it isn't this owner's."""
        return cls(owner, _decrypt(_key("wrap"), bytes(wrapped), f"data-key:{owner}"))

    def wrapped(self) -> bytes:
        """Return the key sealed under the master key, fit to store."""
        return _encrypt(_key("wrap"), self.key, f"data-key:{self.owner}")

    def seal(self, field: str, value: str) -> bytes | None:
        """Seal one field's text; an empty text needs no seal."""
        return _encrypt(self.key, value.encode(), f"{self.owner}:{field}") if value else None

    def open(self, field: str, sealed: bytes | memoryview | None) -> str:
        """Open what `seal` returned; `""` for nothing."""
        return _decrypt(self.key, bytes(sealed), f"{self.owner}:{field}").decode() if sealed else ""


def seal_secret(name: str, value: str) -> bytes:
    """Seal a company's own secret (a vendor's API key) directly under the master key."""
    return _encrypt(_key("secret"), value.encode(), name)


def open_secret(name: str, sealed: bytes | memoryview) -> str:
    """Open what `seal_secret` returned."""
    return _decrypt(_key("secret"), bytes(sealed), name).decode()


def keyed_hash(company_id: UUID, field: str, value: str) -> bytes:
    """Return the 32-byte HMAC by which a sealed value is found within one company."""
    return hmac.digest(_key("find"), f"{company_id}:{field}:{value}".encode(), "sha256")


class Finder:
    """`keyed_hash` for many values of one company and field: what doesn't change is put together once."""

    def __init__(self, company_id: UUID, field: str) -> None:
        self._key, self._before = _key("find"), f"{company_id}:{field}:".encode()

    def __call__(self, value: str) -> bytes:
        """Return the value's 32-byte HMAC."""
        return hmac.digest(self._key, self._before + value.encode(), "sha256")


def key_mark() -> str:
    """Return what tells this master key from another; nothing of the key can be learnt from it."""
    return _key("mark")[:8].hex()


def token_hash(token: str) -> bytes:
    """Hash a random bearer token (256 bits of entropy, so no key is needed)."""
    return hashlib.sha256(token.encode()).digest()


def sign_id(purpose: str, what: UUID) -> str:
    """Return 43 characters for a link that may do one thing with one row, and that nobody else can make."""
    return base64.urlsafe_b64encode(what.bytes + _signature(purpose, what)).decode().rstrip("=")


def signed_id(purpose: str, token: str) -> UUID | None:
    """Return the id that `sign_id` put into this token for this purpose; None for any other text."""
    try:
        signed = base64.urlsafe_b64decode(token + "=")
    except ValueError:
        return None
    if len(signed) != 2 * _SIGNATURE:
        return None
    what = UUID(bytes=signed[:_SIGNATURE])
    return what if hmac.compare_digest(signed[_SIGNATURE:], _signature(purpose, what)) else None


def _signature(purpose: str, what: UUID) -> bytes:
    return hmac.digest(_key("sign"), f"{purpose}:{what}".encode(), "sha256")[:_SIGNATURE]


def mask_phone(phone: str) -> str:
    """Return `+86138****0001` style text, safe to show."""
    return f"{phone[:-8]}****{phone[-4:]}" if phone else ""


def mask_email(email: str) -> str:
    """Return `z***@example.com` style text, safe to show."""
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}" if host else ""
