"""Kinds of values that settings have, each read from the environment; what is wrong is named (`EnvError`)."""

import base64
import ipaddress
import os
import re
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from environs import Env, EnvError

from raincheck.core.actor import STAFF_ROLES, Role
from raincheck.core.keyring import BadKeys, master_keys

env = Env()


def database(name: str, *, pool: bool) -> dict[str, Any]:
    """Return a database as Django wants it, from a postgresql:// address. Raises EnvError."""
    url = urlsplit(env.str(name))
    if url.scheme not in {"postgres", "postgresql"}:
        message = f"{name} must be postgresql://…, not {url.scheme}://… (Raincheck runs on PostgreSQL only)"
        raise EnvError(message)
    # What libpq takes: sslmode, sslrootcert, target_session_attrs, …
    given = dict(parse_qsl(url.query))
    # Parameters travel apart from the statement, so that PostgreSQL plans what comes again and again only once:
    # planning our joins costs it ten times what running them does.
    options: dict[str, Any] = {
        "connect_timeout": 5,
        "server_side_binding": True,
        "prepare_threshold": 3,
        **given,
    }
    if pool:
        # Waits between attempts to connect double; begun anew so often, a database that is back is soon found.
        limits = {"timeout": 10, "reconnect_timeout": 5}
        options["pool"] = {"min_size": 1, "max_size": env.int("RAINCHECK_DB_POOL", 16), **limits}
    return {
        "ENGINE": "raincheck.core.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": 0,
        # A pooled connection may have died with a database that was restarted since.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def key_of_32(name: str) -> bytes:
    """Return a key of 32 bytes from base64. Raises EnvError."""
    try:
        key = base64.b64decode(env.str(name), validate=True)
    except ValueError as error:
        message = f"{name} must be base64: {error}"
        raise EnvError(message) from error
    if len(key) != 32:  # noqa: PLR2004 (Ed25519)
        message = f"{name} must be 32 bytes in base64, not {len(key)}"
        raise EnvError(message)
    return key


def the_master_keys() -> tuple[bytes, ...]:
    """Return the master keys, the newest first, from wherever the environment says they are. Raises EnvError."""
    if not env.str("RAINCHECK_MASTER_KEY_FILE", ""):
        env.str("RAINCHECK_MASTER_KEY")
    try:
        return master_keys(os.environ)
    except BadKeys as error:
        raise EnvError(str(error)) from error


def vapid(name: str) -> bytes:
    """Return a P-256 private key from base64url; nothing where none is set. Raises EnvError."""
    text = env.str(name, "")
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        message = f"{name} must be base64url: {error}"
        raise EnvError(message) from error
    if len(key) not in (0, 32):
        message = f"{name} must be a P-256 private key of 32 bytes in base64url, not {len(key)}"
        raise EnvError(message)
    return key


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return networks from a list with commas. Raises EnvError."""
    try:
        return [ipaddress.ip_network(network.strip()) for network in env.str(name, "").split(",") if network]
    except ValueError as error:
        message = f"{name} must list networks such as 10.1.0.0/16: {error}"
        raise EnvError(message) from error


def list_of_hashes(name: str) -> str:
    """Return the path of a sorted list of SHA-1 hashes; nothing where none is set. Raises EnvError."""
    path = env.str(name, "")
    if not path:
        return ""
    try:
        with Path(path).open("rb") as file:
            first = file.readline()
    except OSError as error:
        message = f"{name}: {path} can't be read ({error.strerror})"
        raise EnvError(message) from error
    if not re.match(rb"[0-9A-Fa-f]{40}(:\d+)?\s*$", first):
        message = f"{name}: {path} must have a SHA-1 in 40 hexadecimal digits a line, in order"
        raise EnvError(message)
    return path


def roles(name: str, default: str) -> frozenset[Role]:
    """Return roles of staff from a list with commas. Raises EnvError."""
    given = {role.strip() for role in env.str(name, default).split(",") if role.strip()}
    if not given <= set(STAFF_ROLES):
        message = f"{name} must list roles, of {', '.join(STAFF_ROLES)}, not {', '.join(sorted(given))}"
        raise EnvError(message)
    return frozenset(Role(role) for role in given)


def outside_door(provider: str, name: str, **more: Any) -> dict[str, Any]:
    """Return the one app of a provider as allauth wants it, nothing where the installation names none."""
    prefix = "RAINCHECK_OIDC" if provider == "openid_connect" else f"RAINCHECK_{provider.upper()}"
    client_id, secret = env.str(f"{prefix}_CLIENT_ID", ""), env.str(f"{prefix}_CLIENT_SECRET", "")
    if bool(client_id) != bool(secret):
        message = f"{prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET belong together"
        raise EnvError(message)
    app = {"name": name, "client_id": client_id, "secret": secret, **more}
    return (
        {provider: {"APPS": [app], "OAUTH_PKCE_ENABLED": provider == "openid_connect"}} if client_id else {}
    )


def oidc_terms(issuer: str) -> dict[str, Any]:
    """Return what allauth is to know of an OIDC server: its tokens name this issuer, whatever its metadata say."""
    metadata = "/.well-known/openid-configuration"
    issuer = issuer.removesuffix(metadata)
    return {
        "server_url": f"{issuer.rstrip('/')}{metadata}",
        "openid_configuration_overrides": {"issuer": issuer},
    }


def dingtalk_terms() -> dict[str, Any]:
    """Return what allauth is to know of DingTalk: its documents demand `prompt`, which allauth doesn't send."""
    return {"auth_params": {"prompt": "consent"}}


def time_of_day(name: str, default: str) -> time | None:
    """Return a time of day in UTC; None where it is off. Raises EnvError."""
    given = env.str(name, default).strip()
    if given in {"", "off"}:
        return None
    try:
        return time.fromisoformat(given)
    except ValueError as error:
        message = f"{name} must be a time of day in UTC such as 19:30, or off: {error}"
        raise EnvError(message) from error


def backups_kept(name: str, default: str) -> tuple[int, int, int]:
    """Return how many daily, weekly and monthly backups are kept. Raises EnvError."""
    try:
        daily, weekly, monthly = (int(many) for many in env.str(name, default).split(","))
    except ValueError as error:
        message = f"{name} must be three numbers, days, weeks and months, such as 7,4,12"
        raise EnvError(message) from error
    return daily, weekly, monthly


def require_strong(**why: str) -> None:
    """Refuse, for an installation that people reach over a network, secrets that others know or can guess."""
    for name, weakness in why.items():
        if weakness:
            message = (
                f"{name} is {weakness}, and RAINCHECK_BASE_URL is https: make one with raincheck secrets"
            )
            raise EnvError(message)
