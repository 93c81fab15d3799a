"""Telling a secret that was made from one that was typed, copied or left as it came. Imports no Django."""

import base64
import secrets

_SHORTEST = 32
_FEWEST_DIFFERENT = 12
#: What stands in examples, ours and others', and what people type when asked for a password.
_KNOWN = (
    "change", "default", "django-insecure", "example", "insecure", "nothing", "password", "postgres", "raincheck",
    "replace", "secret", "test", "todo", "your-",
)  # fmt: skip


def why_weak(secret: str) -> str:
    """Say why a secret text could be known or guessed; `""` for one that looks made by a machine."""
    if len(secret) < _SHORTEST:
        return f"shorter than {_SHORTEST} characters"
    if len(set(secret)) < _FEWEST_DIFFERENT:
        return "the same few characters again and again"
    found = next((word for word in _KNOWN if word in secret.lower()), "")
    return f"a text with the word “{found}” in it" if found else ""


def why_weak_key(key: bytes) -> str:
    """Say why a key of 32 bytes isn't random; `""` where it may well be."""
    if len(set(key)) < _FEWEST_DIFFERENT:
        return "the same few bytes again and again"
    # Of 32 random bytes not one in 10**13 keys has nothing but printable characters.
    return "typed characters, not random bytes" if all(32 <= byte < 127 for byte in key) else ""  # noqa: PLR2004


def why_guessable(password: str, *, beside: tuple[str, ...]) -> str:
    """Say why a service's password could be guessed by whoever knows the names `beside` it; `""` if not so."""
    if not password:
        return "there is none"
    if password.lower() in {name.lower() for name in (*beside, *_KNOWN)}:
        return "it is a name or an example"
    return "shorter than 16 characters" if len(password) < _SHORTEST // 2 else ""


def fresh_secrets() -> dict[str, str]:
    """Return, by the name of its setting, everything that an installation keeps secret, made anew."""
    return {
        "RAINCHECK_SECRET_KEY": secrets.token_hex(32),
        "RAINCHECK_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "RAINCHECK_AUDIT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "RAINCHECK_VAPID_PRIVATE_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("="),
        "RAINCHECK_BOUNCE_TOKEN": secrets.token_hex(32),
        "RAINCHECK_METRICS_TOKEN": secrets.token_hex(32),
    }
