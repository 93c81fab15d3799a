"""Open lines to the mail server, kept from one mail to the next: shaking hands costs more than a mail.

A line is one thread's while a mail goes out. One that is lost costs that mail alone, and is replaced.
"""

import atexit
import contextlib
import smtplib
import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

#: Seconds after which a line may have gone dead without our knowing, and after which it isn't worth keeping.
ASKED_AFTER, KEPT_FOR = 1.0, 30.0
#: Many servers hang up on whoever sends more than a hundred.
MAILS_A_LINE = 50
_CLOSING = 421


@dataclass
class Line:
    """A connection, how many mails it took, and when the last one."""

    backend: Any
    place: tuple[object, ...]
    mails: int = 0
    used_at: float = field(default_factory=monotonic)

    def send(self, mail: EmailMessage) -> None:
        """Hand one mail over. Raises what smtplib raises, and OSError."""
        self.mails += 1
        mail.connection = self.backend
        mail.send()
        self.used_at = monotonic()

    @property
    def open(self) -> bool:
        """Say whether the connection still stands, as far as we know."""
        smtp = self.backend.connection
        return smtp is not None and smtp.sock is not None

    def answers(self) -> bool:
        """Ask the server whether it is still there, unless it just was."""
        idle = monotonic() - self.used_at
        if not self.open or self.mails >= MAILS_A_LINE or idle > KEPT_FOR:
            return False
        if idle < ASKED_AFTER:
            return True
        try:
            return bool(self.backend.connection.noop()[0] == 250)  # noqa: PLR2004 (SMTP's word for yes)
        except (smtplib.SMTPException, OSError):
            return False

    def close(self) -> None:
        """Say goodbye, if anybody still listens."""
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self.backend.close()


class Lines:
    """The lines nobody is using."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Line] = []

    def send(self, mail: EmailMessage) -> None:
        """Send a mail on a line that stands. Raises what smtplib raises, and OSError."""
        line = self._take()
        fresh = line.mails == 0
        try:
            self._send_on(line, mail)
        except smtplib.SMTPSenderRefused as error:
            # "Closing" in answer to a mail's first word: it had enough of this line, and took nothing.
            if fresh or error.smtp_code != _CLOSING:
                raise
            self._send_on(_new_line(), mail)

    def _send_on(self, line: Line, mail: EmailMessage) -> None:
        try:
            line.send(mail)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            # smtplib resets the line after a refusal, so that the next mail starts clean.
            self._give_back(line)
            raise
        except BaseException:  # whatever broke off, the next mail mustn't begin in the midst of this one
            line.close()
            raise
        self._give_back(line)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    def _take(self) -> Line:
        while True:
            with self._lock:
                line = self._idle.pop() if self._idle else None
            if line is None:
                return _new_line()
            if line.place == _place() and line.answers():
                return line
            line.close()

    def _give_back(self, line: Line) -> None:
        if line.open:
            with self._lock:
                self._idle.append(line)
        else:
            line.close()


def _new_line() -> Line:
    backend = get_connection()
    line = Line(backend, _place())
    try:
        backend.open()
    except BaseException:  # half a handshake holds a socket, too
        line.close()
        raise
    return line


def _place() -> tuple[object, ...]:
    return (
        settings.EMAIL_HOST,
        settings.EMAIL_PORT,
        settings.EMAIL_HOST_USER,
        settings.EMAIL_HOST_PASSWORD,
        settings.EMAIL_USE_TLS,
    )


LINES = Lines()
atexit.register(LINES.close)
