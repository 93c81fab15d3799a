"""The demo in the foreground: database, simulated outside world, data, web and worker, until Ctrl-C."""

import base64
import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from raincheck import hosting
from raincheck.demo.companies import COMPANIES, Company
from raincheck.demo.words import welcome
from raincheck.installation import DEMO_NETWORKS, demo_sms_key
from raincheck.runtime.home import Home
from raincheck.runtime.instance import Claim, only_instance
from raincheck.runtime.postgres import Postgres
from raincheck.runtime.postgres_place import database_folder
from raincheck.runtime.processes import Command, Supervisor
from raincheck.runtime.readiness import http_answers
from raincheck.upkeep import bring_up_to_date, let_go_of_the_database

HOST = "127.0.0.1"
#: What names an installation's database and keys: the demo has its own, whatever the shell says.
_NOT_OURS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_BACKUP_URL",
    "RAINCHECK_SECRET_KEY",
    "RAINCHECK_MASTER_KEY",
    "RAINCHECK_MASTER_KEY_FILE",
    "RAINCHECK_KMS",
    "RAINCHECK_AUDIT_KEY",
    "RAINCHECK_CHECKPOINTS",
)


@dataclass(frozen=True)
class Ports:
    """Where everything listens, on loopback."""

    web: int
    vendors: tuple[int, ...]
    outbox: int
    smtp: int

    @classmethod
    def of(cls, args: Namespace) -> "Ports":
        """Read them from the command line; raises PortTaken, naming the flag that chooses another."""
        flags = ("port", "vendor_port", "second_vendor_port", "outbox_port", "smtp_port")
        for flag in flags:
            hosting.require_free_port(HOST, getattr(args, flag), flag=f"--{flag.replace('_', '-')}")
        return cls(args.port, (args.vendor_port, args.second_vendor_port), args.outbox_port, args.smtp_port)

    def url(self, port: int) -> str:
        """Return the address of what listens there."""
        return f"http://{HOST}:{port}"

    @property
    def addresses(self) -> dict[str, str]:
        """Return what the running demo publishes of itself, by what it is for."""
        web = self.url(self.web)
        vendors = zip(COMPANIES, self.vendors, strict=True)
        return {
            **{f"portal-{company.slug}": f"{web}/c/{company.slug}/" for company in COMPANIES},
            "console": f"{web}/console/",
            "phone": f"{self.url(self.outbox)}/phone/",
            "mail": f"{self.url(self.outbox)}/mail/",
            "smtp": f"smtp://{HOST}:{self.smtp}",
            "sms": self.url(self.outbox),
            **{f"vendor-{company.slug}": f"{self.url(port)}/" for company, port in vendors},
        }


def demo(args: Namespace) -> int:
    """Run the demo, or forget all about it. Raises AlreadyRunning, PortTaken, StartFailed, BadSetting."""
    _keep_out_of_others(Home(hosting.demo_home()))
    home = Home.open(hosting.demo_home())
    with only_instance(home) as claim:
        home.demo_mark.touch()
        if args.forget:
            return _forget(home)
        ports = Ports.of(args)
        for name in _NOT_OURS:
            os.environ.pop(name, None)
        os.environ.update(_settings(home, ports))
        with hosting.database(home, own=True) as postgres:
            django.setup()
            bring_up_to_date()
            commands = [
                *_outside_world(home, ports),
                hosting.web(host=HOST, port=ports.web),
                hosting.worker(),
            ]
            stage = _Stage(home, ports, claim)
            return Supervisor(commands, on_ready=stage.open, tend=postgres.revive if postgres else None).run()


def _keep_out_of_others(home: Home) -> None:
    """Let the demo, which may be forgotten with all that lies there, have no folder but an empty one or its own.

    An installation whose database is elsewhere has its keys and files in its home. Raises BadSetting.
    """
    taken = (database_folder(home) / "data").exists() or (home.root.exists() and not home.is_bare)
    if taken and not home.holds_a_demo:
        msg = (
            f"RAINCHECK_HOME {home.root} 不是空的：已有正式安装或别的文件，请换一个 / "
            "holds an installation or other files of yours; choose another"
        )
        raise hosting.BadSetting(msg)


def _forget(home: Home) -> int:
    Postgres(home).destroy()
    shutil.rmtree(home.root)
    return 0


@dataclass(frozen=True)
class _Stage:
    """What is left to do once every process runs."""

    home: Home
    ports: Ports
    claim: Claim

    def open(self) -> None:
        """Load what is missing, say where we are, and print what to click."""
        # Imported late: models need Django's settings, which needed the database's address.
        data: Any = import_module("raincheck.demo.data")
        places = {
            company.slug: data.VendorPlace(self.ports.url(port), *_secrets(self.home, company))
            for company, port in zip(COMPANIES, self.ports.vendors, strict=True)
        }
        data.load(places)
        let_go_of_the_database()
        self.claim.publish(self.ports.addresses)
        sys.stdout.write(welcome(self.ports.addresses))
        sys.stdout.flush()


def _settings(home: Home, ports: Ports) -> Mapping[str, str]:
    """Return what the demo's processes are told, over what an embedded installation is told anyway."""
    return {
        "RAINCHECK_HOME": str(home.root),
        "RAINCHECK_DEMO": "1",
        # Everybody may try every role with the one password printed; docs/howto/staff.md says how it is otherwise.
        "RAINCHECK_MFA_ROLES": os.environ.get("RAINCHECK_MFA_ROLES", ""),
        "RAINCHECK_BASE_URL": ports.url(ports.web),
        "RAINCHECK_SMTP_HOST": HOST,
        "RAINCHECK_SMTP_PORT": str(ports.smtp),
        "RAINCHECK_PRIVATE_NETWORKS": DEMO_NETWORKS,
        "RAINCHECK_SMS_URL": ports.url(ports.outbox),
        "RAINCHECK_SMS_KEY": demo_sms_key(home),
        "RAINCHECK_PHONE_URL": f"{ports.url(ports.outbox)}/phone/",
        "RAINCHECK_LOG_LEVEL": os.environ.get("RAINCHECK_LOG_LEVEL", "WARNING"),
    }


def _outside_world(home: Home, ports: Ports) -> Iterator[Command]:
    """Yield the simulators: an outbox for all, an AI interview system for each company."""
    where = ["--port", str(ports.outbox), "--smtp-port", str(ports.smtp), "--key", demo_sms_key(home)]
    yield _simulator("outbox", "outbox", ports.outbox, where, home.folder("simulators", "outbox"))
    for company, port in zip(COMPANIES, ports.vendors, strict=True):
        key, webhook_secret = _secrets(home, company)
        webhook = f"{ports.url(ports.web)}/hooks/simulated/{company.account_id}/"
        where = [
            "--port",
            str(port),
            "--key",
            key,
            "--webhook-url",
            webhook,
            "--webhook-secret",
            webhook_secret,
        ]
        folder = home.folder("simulators", company.slug)
        yield _simulator(f"vendor-{company.slug}", "ai-interview", port, where, folder)


def _simulator(name: str, kind: str, port: int, where: list[str], folder: Path) -> Command:
    argv = [sys.executable, "-m", "raincheck.simulators", kind, *where, "--data", str(folder)]
    return Command(name, argv, ready=http_answers(f"http://{HOST}:{port}/healthz"))


def _secrets(home: Home, company: Company) -> tuple[str, str]:
    """Return (API key, webhook secret) that a company and its AI interview system know each other by."""
    key = home.read_or_create_secret(f"demo-vendor-{company.slug}").hex()
    secret = home.read_or_create_secret(f"demo-webhook-{company.slug}")
    return key, f"whsec_{base64.b64encode(secret).decode()}"
