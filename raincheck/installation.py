"""What an embedded installation tells the settings: its database, its keys. Nothing here needs Django."""

import base64
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from raincheck.runtime.home import Home
from raincheck.runtime.instance import running_instance
from raincheck.runtime.postgres_roles import APP, OWNER, database_url

MASTER = "master"
#: What names the master keys where they aren't a file of the home.
MASTER_KEYS = ("RAINCHECK_MASTER_KEY", "RAINCHECK_MASTER_KEY_FILE", "RAINCHECK_KMS")
#: A demo's AI interview systems are processes beside it. No other home reaches into its own host unless it is told to.
DEMO_NETWORKS = "127.0.0.0/8"


def environment(home: Home) -> dict[str, str]:
    """Return the environment of an embedded installation: what is set already stays as it is."""
    own = {
        "DATABASE_URL": database_url(APP, home=home),
        "DATABASE_OWNER_URL": database_url(OWNER, home=home),
        "RAINCHECK_SECRET_KEY": home.read_or_create_secret("django").hex(),
        "RAINCHECK_MASTER_KEY": master_key_text(home),
        "RAINCHECK_AUDIT_KEY": base64.b64encode(home.read_or_create_secret("audit")).decode(),
        "RAINCHECK_VAPID_PRIVATE_KEY": base64.urlsafe_b64encode(home.read_or_create_secret("vapid")).decode(),
        "RAINCHECK_BOUNCE_TOKEN": home.read_or_create_secret("bounces").hex(),
        "RAINCHECK_HOME": str(home.root),
        "DJANGO_SETTINGS_MODULE": "raincheck.settings",
    }
    if home.holds_a_demo:
        own |= {"RAINCHECK_PRIVATE_NETWORKS": DEMO_NETWORKS, **_beside_a_demo(home)}
    return {name: os.environ.get(name, value) for name, value in own.items()}


def demo_sms_key(home: Home) -> str:
    """Return the key by which a demo and its SMS gateway know each other."""
    return home.read_or_create_secret("demo-sms").hex()


def _beside_a_demo(home: Home) -> dict[str, str]:
    """Return what the demo that runs here told its own processes, and no file holds: where it and its outside are."""
    instance = running_instance(home)
    if instance is None or "smtp" not in instance.addresses:
        return {}
    addresses = instance.addresses
    smtp = urlsplit(addresses["smtp"])
    return {
        "RAINCHECK_BASE_URL": addresses["console"].removesuffix("/console/"),
        "RAINCHECK_SMTP_HOST": smtp.hostname or "",
        "RAINCHECK_SMTP_PORT": str(smtp.port),
        "RAINCHECK_SMS_URL": addresses["sms"],
        "RAINCHECK_SMS_KEY": demo_sms_key(home),
    }


def master_key_text(home: Home) -> str:
    """Return the master keys as RAINCHECK_MASTER_KEY has them, newest first.

    `keys/master` is the first there was, `keys/master-2` came after it.
    """
    first = home.read_or_create_secret(MASTER)
    keys = [*(home.read_secret(name) for name in reversed(later_master_keys(home))), first]
    return ",".join(base64.b64encode(key).decode() for key in keys)


def later_master_keys(home: Home) -> list[str]:
    """Return the names of the master keys that were made after the first, oldest first."""
    numbered = {path.name.removeprefix(f"{MASTER}-"): path.name for path in home.keys.glob(f"{MASTER}-*")}
    return [numbered[number] for number in sorted(filter(str.isdigit, numbered), key=int)]


def is_embedded(env: Mapping[str, str]) -> bool:
    """Say whether the database is ours to start: no DATABASE_URL is set."""
    return "DATABASE_URL" not in env
