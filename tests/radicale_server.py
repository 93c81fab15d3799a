"""A real Radicale for tests: started, stopped and started again on the same port, its calendars on disk throughout."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import caldav
from icalendar import Calendar

from raincheck.runtime.leash import leashed
from tests.simulators import STOP_LIMIT, free_port

USER, PASSWORD = "raincheck", "a-long-calendar-password"
#: In seconds; long, for it starts beside everything else.
START_LIMIT = 60.0
_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = authenticated
[storage]
filesystem_folder = {folder}/calendars
[logging]
level = error
"""


class Radicale:
    """The server; whoever knows the password may write into every calendar, as a company's service account may."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.url = f"http://127.0.0.1:{self.port}/{{email}}/work/"
        self._process: subprocess.Popen[bytes] | None = None
        self._client: caldav.DAVClient | None = None
        (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        (folder / "config").write_text(_CONFIG.format(port=self.port, folder=folder))

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = [sys.executable, "-m", "radicale", "--config", str(self._folder / "config")]
        self._process = subprocess.Popen(leashed(command, on_our_death=signal.SIGTERM))
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("Radicale does not listen")

    def stop(self) -> None:
        """Stop it; what it holds stays on disk."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_LIMIT)
            self._process = None

    def give_calendar(self, email: str) -> None:
        """Have a calendar of this person's."""
        where = self._folder / "calendars" / "collection-root" / email / "work"
        where.mkdir(parents=True)
        (where / ".Radicale.props").write_text(json.dumps({"tag": "VCALENDAR", "D:displayname": "work"}))

    def calendar(self, email: str) -> caldav.Calendar:
        """Return a person's calendar through a client that isn't ours."""
        if self._client is None:
            self._client = caldav.DAVClient(
                url=f"http://127.0.0.1:{self.port}/",
                username=USER,
                password=PASSWORD,
                enable_rfc6764=False,
                require_tls=False,
            )
        return caldav.Calendar(client=self._client, url=self.url.replace("{email}", email))

    def events(self, email: str) -> list[Calendar]:
        """Return what a person's calendar holds, each as its whole VCALENDAR."""
        return [Calendar.from_ical(event.data) for event in self.calendar(email).get_events()]
