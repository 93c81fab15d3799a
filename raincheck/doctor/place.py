"""Which installation to examine, and its settings. Nothing is created, and no database is started."""

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from environs import EnvError

from raincheck import hosting
from raincheck.doctor.finding import Finding, Grade, Said
from raincheck.installation import is_embedded
from raincheck.runtime.home import Home, home_path
from raincheck.runtime.instance import Instance, running_instance
from raincheck.runtime.postgres_roles import NoDatabase

_WRONG = (EnvError, hosting.BadSetting, ImproperlyConfigured, SystemCheckError, ValueError)
_START = Said(
    "请先启动：raincheck serve（演示用 make demo），或设置 DATABASE_URL",
    "start it first with raincheck serve (the demo with make demo), or set DATABASE_URL",
)


@dataclass(frozen=True)
class Place:
    """Where an installation lives: its folder, and the instance that runs there now, if one does."""

    home: Home
    instance: Instance | None
    embedded: bool


def find() -> Place:
    """Return what the environment names; where it names nothing, the demo that runs here, else this user's own."""
    named = os.environ.get("RAINCHECK_HOME", "").strip() or not is_embedded(os.environ)
    if not named:
        demo = Home(hosting.demo_home())
        running = running_instance(demo)
        if running is not None:
            return Place(demo, running, embedded=True)
    home = Home(home_path())
    return Place(home, running_instance(home), embedded=is_embedded(os.environ))


def settings(place: Place) -> Iterable[Finding]:
    """Complete the environment and have Django read it; whatever else is checked needs this to be well."""
    # Whoever asks wants findings, not a log.
    os.environ.setdefault("RAINCHECK_LOG_LEVEL", "CRITICAL")
    where = str(place.home.root) if place.embedded else "DATABASE_URL"
    try:
        hosting.adopt_environment(place.home)
        django.setup()
        call_command("check", stdout=io.StringIO(), stderr=io.StringIO())
    except NoDatabase as error:
        seen = Said(f"{place.home.root} 中还没有安装", str(error))
        return [Finding("settings", Grade.FAIL, seen, _START)]
    except _WRONG as error:
        todo = Said("请改正该设置，见 docs/reference/settings.md", "mend it; see docs/reference/settings.md")
        return [Finding("settings", Grade.FAIL, Said(str(error), str(error)), todo)]
    return [Finding("settings", Grade.OK, Said(f"可读（{where}）", f"readable ({where})"))]
