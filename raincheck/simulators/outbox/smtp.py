"""The SMTP sink: takes every well-formed mail and keeps it raw; nothing ever leaves this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session

from raincheck.simulators.outbox import boxes
from raincheck.simulators.outbox.letters import parse
from raincheck.simulators.outbox.sink import Sink
from raincheck.simulators.serving import HOST

_NEEDED = ("From", "Date", "Message-ID")


class Receiver:
    """aiosmtpd's handler: one fault at most is used up by a message, at the end of its data."""

    def __init__(self, sink: Sink) -> None:
        """Take the store and the faults."""
        self._sink = sink

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd looks hooks up by this name
        """Store the mail and answer 250; 451, 550 or silence when a fault says so; 554 when malformed."""
        del session
        wait, mode = self._sink.faults.take("smtp", None)
        await asyncio.sleep(wait / 1000)
        if mode == "error_500":
            return "451 4.3.0 simulated failure, try again later"
        if mode == "reject":
            return "550 5.1.1 simulated: no such mailbox"
        if mode == "unreachable":
            return _hang_up(server)
        raw = envelope.original_content or b""
        letter = parse(raw)
        missing = [name for name in _NEEDED if not letter[name]]
        if missing:
            return f"554 5.6.0 the mail has no {missing[0]}"
        message_id = str(letter["Message-ID"]).strip()
        boxes.keep_mail(self._sink.store, message_id=message_id, recipients=envelope.rcpt_tos, raw=raw)
        return _hang_up(server) if mode == "lost_answer" else "250 2.0.0 kept"


def _hang_up(server: SMTP) -> str:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
    return "421 4.4.2 nobody reads this: the connection is closed"


@asynccontextmanager
async def listening(sink: Sink, *, port: int) -> AsyncIterator[None]:
    """Take mail on 127.0.0.1:`port` while the block runs."""
    receiver = Receiver(sink)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(receiver, hostname="outbox.invalid", ident="simulated outbox", enable_SMTPUTF8=True),
        HOST,
        port,
    )
    try:
        yield
    finally:
        server.close()
