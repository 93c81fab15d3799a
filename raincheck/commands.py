"""What the commands of an installation do. `args` is what argparse read."""

import io
import os
import sys
from argparse import Namespace
from importlib import import_module

import django
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from raincheck import hosting
from raincheck.core.weakness import fresh_secrets
from raincheck.doctor.run import deployment
from raincheck.hosting import BadSetting
from raincheck.runtime.home import Home
from raincheck.runtime.instance import only_instance
from raincheck.runtime.processes import Supervisor
from raincheck.upkeep import bring_up_to_date, let_go_of_the_database
from raincheck.worker import work


def migrate(args: Namespace) -> int:
    """Bring the database up to date as its owner, and the translations with it."""
    with hosting.database(Home.open()):
        _quietly()
        migrated = bring_up_to_date()
    _print("数据库已更新 / Migrated." if migrated else "数据库已是最新 / Nothing to migrate.")
    return 0


def web(args: Namespace) -> int:
    """Become the web server."""
    hosting.adopt_environment()
    # Read here once, where what is wrong is named; the server would only say that it can't load us.
    import_module("raincheck.settings")
    hosting.require_free_port(args.host, args.port)
    argv = hosting.web_argv(host=args.host, port=args.port, workers=args.workers)
    os.execv(sys.executable, argv)  # noqa: S606 (no shell is what we want)


def worker(args: Namespace) -> int:
    """Be a worker until SIGTERM or SIGINT."""
    hosting.adopt_environment()
    django.setup()
    work()
    return 0


def serve(args: Namespace) -> int:
    """Run web, worker and, unless DATABASE_URL names another, the embedded database until told to stop."""
    with only_instance(home := Home.open()) as claim, hosting.database(home, own=True) as postgres:
        django.setup()
        bring_up_to_date()
        let_go_of_the_database()
        address = f"http://{args.host}:{args.port}/"
        commands = [hosting.web(host=args.host, port=args.port, workers=args.workers), hosting.worker()]

        def announce() -> None:
            claim.publish({"web": address})
            _print(f"Raincheck 已启动 / is running: {address}")

        tend = postgres.revive if postgres else None
        return Supervisor(commands, on_ready=announce, tend=tend).run()


def check(args: Namespace) -> int:
    """Read the settings and say whether they are right."""
    hosting.adopt_environment()
    _quietly()
    try:
        call_command("check", stdout=io.StringIO())
    except SystemCheckError as error:
        raise BadSetting(str(error)) from error
    if args.deploy:
        return deployment(args)
    _print("设置正确 / The settings are right.")
    return 0


def print_secrets(args: Namespace) -> int:
    """Print every secret of a new installation, made anew, as an environment file has them."""
    for name, value in fresh_secrets().items():
        _print(f"{name}={value}")
    return 0


def _quietly() -> None:
    """Set Django up for a command whose own words are all its user wants to read."""
    os.environ.setdefault("RAINCHECK_LOG_LEVEL", "WARNING")
    django.setup()


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
