"""The installation's key pair for web push, and how it is shown to browsers (RFC 8292)."""

from base64 import urlsafe_b64encode
from email.utils import parseaddr
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02

#: The order of P-256: a private key is a number from 1 to one less.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def signer() -> Vapid02 | None:
    """Return what signs; None where the installation has no key."""
    secret: bytes = settings.RAINCHECK_VAPID_PRIVATE_KEY
    return _made(secret) if secret else None


def public_key() -> str:
    """Return the key a browser subscribes under (`applicationServerKey`), in base64url; `""` where there is none."""
    key = signer()
    if key is None:
        return ""
    point = key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def contact() -> str:
    """Return whom a push service may write to about us."""
    address = settings.RAINCHECK_OPERATOR_MAIL or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return f"mailto:{address}"


@lru_cache(maxsize=1)
def _made(secret: bytes) -> Vapid02:
    number = (
        int.from_bytes(secret) % (_ORDER - 1) + 1
        if int.from_bytes(secret) >= _ORDER
        else int.from_bytes(secret)
    )
    return Vapid02(ec.derive_private_key(number, ec.SECP256R1()))
