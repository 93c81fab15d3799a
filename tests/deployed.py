"""An installation as deploy/ makes it: its roles, its environment files, its units' own commands; one cancel walked."""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import httpx
import psycopg

from raincheck.core.weakness import fresh_secrets
from tests.commands import CHECKOUT
from tests.simulators import LOOPBACK, Outbox

DEPLOY = CHECKOUT / "deploy"
PROGRAM = "/opt/raincheck/.venv/bin/raincheck"
HOST = "interviews.example.com"
PHONE = "+8613812345678"
LIMIT = 60.0


def unit(name: str) -> dict[str, list[str]]:
    """Return what a unit says, each name with all its values."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "systemd" / name).read_text("utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def environment_file(path: Path) -> dict[str, str]:
    """Read a file as systemd and compose read it: a name, =, and the rest of the line."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@dataclass(frozen=True)
class Service:
    """What runs as one unit's service, and what it writes to the journal."""

    process: "subprocess.Popen[bytes]"
    log: IO[str]

    def said(self) -> str:
        """Return all it wrote."""
        self.log.seek(0)
        return self.log.read()

    def stop(self) -> tuple[int, float]:
        """Stop it as systemd does; return its status, and how long it took in seconds."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LIMIT), time.monotonic() - begun

    def end(self) -> None:
        """Kill it if it lives."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()


@dataclass(frozen=True)
class Installation:
    """One host: its environment files filled in, and what stands where the units say the program is."""

    port: int
    files: dict[str, dict[str, str]]
    #: A checkout, whose code is run; ours unless another release's is.
    code: Path = CHECKOUT

    def command(self, exec_start: str) -> list[str]:
        """Return what a unit's ExecStart runs, with this Python and this code."""
        program, *arguments = shlex.split(exec_start.replace("%i", str(self.port)))
        assert program == PROGRAM
        return [sys.executable, "-m", "raincheck.cli", *arguments]

    def environment(self, named: list[str]) -> dict[str, str]:
        """Return what a unit's EnvironmentFile= lines give it, and nothing of ours."""
        given: dict[str, str] = {}
        for path in named:
            given |= self.files[Path(path).name]
        return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(self.code), **given}

    def start(self, name: str) -> "Service":
        """Start a unit's service."""
        said = unit(name)
        # A file, as the journal is: a pipe that nobody reads would stop it sooner or later.
        log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (closed with the service)
        process = subprocess.Popen(
            self.command(said["ExecStart"][0]),
            env=self.environment(said["EnvironmentFile"]),
            cwd=self.code,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        return Service(process, log)

    def run_once(self, name: str) -> str:
        """Run a oneshot unit to its end, what comes before it as well; return what it said."""
        said, output = unit(name), ""
        for command in [*said.get("ExecStartPre", []), *said["ExecStart"]]:
            output += self._ended(self.command(command), said["EnvironmentFile"])
        return output

    def operator(self, *arguments: str, **more: str) -> str:
        """Run a command as an operator does, with what the services run with."""
        return self._ended([sys.executable, "-m", "raincheck.cli", *arguments], ["raincheck.env"], **more)

    def _ended(self, argv: list[str], named: list[str], **more: str) -> str:
        env = {**self.environment(named), **more}
        done = subprocess.run(
            argv, env=env, cwd=self.code, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, f"{argv[2:]}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
        return done.stdout


def filled_in(database: dict[str, str], *, home: Path, outbox: Outbox) -> dict[str, dict[str, str]]:
    """Return deploy/'s environment files with every `<…>` filled in, pointed at the tests' database and peers."""
    files = {name: environment_file(DEPLOY / name) for name in ("raincheck.env", "owner.env", "backup.env")}
    files["raincheck.env"] |= {
        **fresh_secrets(),
        "RAINCHECK_BASE_URL": f"https://{HOST}",
        "RAINCHECK_ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "RAINCHECK_SMTP_HOST": "127.0.0.1",
        "RAINCHECK_SMTP_PORT": str(outbox.smtp_port),
        "RAINCHECK_SMTP_STARTTLS": "off",
        "RAINCHECK_SMTP_USER": "",
        "RAINCHECK_SMTP_PASSWORD": "",
        "RAINCHECK_OPERATOR_MAIL": "operator@example.com",
        "RAINCHECK_SMS_URL": outbox.url,
        "RAINCHECK_SMS_KEY": outbox.key,
        "RAINCHECK_HOME": str(home),
    }
    for values in files.values():
        values |= {name: url for name, url in database.items() if name in values}
        unfilled = {name: value for name, value in values.items() if "<" in value and "no-reply" not in value}
        assert unfilled == {}
    return files


def set_up(installation: Installation, folder: Path) -> None:
    """Make a company with one interview in five days, as docs/howto/deploy.md says."""
    contact = ("--contact-phone", "+861000000000", "--contact-email", "hr@example.com")
    installation.operator("company", "add", "示例公司", "--slug", "example", *contact)
    day = (datetime.now(UTC) + timedelta(days=5)).strftime("%Y-%m-%d")
    file = folder / "interviews.csv"
    file.write_text(f"name,phone,position,interview start\n示例候选人,{PHONE},分析师,{day} 10:00\n", "utf-8")
    installation.operator("import", str(file), "--company", "example", "--tz", "Asia/Shanghai", "--yes")


@dataclass
class Browser:
    """A candidate's browser behind the proxy that ends TLS: secure cookies go along, plain HTTP comes out."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, typed: dict[str, str] | None = None) -> httpx.Response:
        """Make one request, as the proxy hands it on."""
        head = {
            "Host": HOST,
            "X-Forwarded-For": "203.0.113.9",
            "X-Forwarded-Proto": "https",
            "Accept-Language": "en",
        }
        head["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            head["Origin"] = f"https://{HOST}"
        with httpx.Client(**LOOPBACK, timeout=30) as client:
            answer = client.request(method, f"{self.url}{path}", headers=head, data=typed)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def fill_in(self, path: str, typed: dict[str, str], *, form_at: str = "") -> httpx.Response:
        """Open a page, take its form's token, and send the form."""
        page = self.ask("GET", form_at or path).text
        [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        return self.ask("POST", path, {"csrfmiddlewaretoken": token, **typed})


def walk_one_cancel(installation: Installation, outbox: Outbox) -> None:
    """Sign in by phone, cancel, and see it done: web, worker, database and SMS gateway all at work."""
    browser, at = Browser(f"http://127.0.0.1:{installation.port}"), "/c/example/"
    assert browser.fill_in(f"{at}sign-in/", {"phone": PHONE}).status_code == 302
    text = until(lambda: next(iter(outbox.sms()), None), "no code came")["body"]
    [code] = re.findall(r"(?<!\d)\d{6}(?!\d)", text)
    assert browser.fill_in(f"{at}sign-in/code/", {"code": code}).headers["Location"] == at
    [interview, *_] = re.findall(r"/c/example/interviews/[0-9a-f-]{36}/", browser.ask("GET", at).text)
    sent = browser.fill_in(f"{interview}cancel/", {"reason": "time_conflict"})
    assert sent.status_code == 302, sent.text[-500:]
    with psycopg.connect(
        installation.files["backup.env"]["DATABASE_BACKUP_URL"], autocommit=True
    ) as all_seeing:
        asked = "SELECT state FROM cancellations_cancellation"
        until(lambda: all_seeing.execute(asked).fetchall() == [("completed",)], "it was never cancelled")
    assert "Cancelled" in browser.ask("GET", interview).text


def until(asked: Callable[[], Any], otherwise: str) -> Any:
    """Ask until the answer is yes, and return it."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if answer := asked():
                return answer
        time.sleep(0.1)
    raise AssertionError(otherwise)


@contextmanager
def services(installation: Installation) -> Iterator[dict[str, Service]]:
    """Run web and worker as their units do; whatever lives at the end is killed."""
    started: dict[str, Service] = {}
    try:
        for name in ("raincheck-web@.service", "raincheck-worker@.service"):
            started[name] = installation.start(name)
        ready = f"http://127.0.0.1:{installation.port}/healthz/ready/"
        try:
            until(lambda: httpx.get(ready, **LOOPBACK).status_code == 200, "never ready")
        except AssertionError as error:
            raise AssertionError([service.said()[-1500:] for service in started.values()]) from error
        yield started
    finally:
        for service in started.values():
            service.end()
