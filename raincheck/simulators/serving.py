"""Run one simulator: granian inside this one process, on loopback, until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import sys
from pathlib import Path
from typing import NoReturn

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.requests import Request
from starlette.types import ASGIApp

HOST = "127.0.0.1"
GRACE = 1.0


class PortTakenError(Exception):
    """Somebody listens on that port already."""


def serve(app: ASGIApp, *, port: int) -> NoReturn:
    """Serve `app` on 127.0.0.1:`port` until SIGTERM or SIGINT, then end the process.

    Exit status 0 when asked to stop, 1 when the server ended by itself; raises PortTakenError first.
    One process and no children: when it is killed nothing is left over.
    """
    require_free_port(port)
    status = asyncio.run(_serve(app, port))
    _leave(status)


async def _serve(app: ASGIApp, port: int) -> int:
    server = Server(
        app,
        address=HOST,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.ensure_future(server.serve())
    asked = asyncio.ensure_future(stop.wait())
    await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        asked.cancel()
        serving.result()
        return 1
    asyncio.get_running_loop().call_soon(server.stop)
    await asyncio.wait({serving}, timeout=GRACE)
    if not serving.done():
        # A call that is being slow on purpose: its caller sees what a restarting vendor shows.
        _leave(0)
    return 0


def _leave(status: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    # granian's threads may still call into Python; tearing the interpreter down under them now and
    # then aborts the process. What was answered is committed, so leaving without ceremony loses nothing.
    os._exit(status)


def require_free_port(port: int) -> None:
    """Raise PortTakenError if anything answers; granian would share the port with it silently."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((HOST, port)) == 0:
            raise PortTakenError(f"{HOST}:{port} is taken; stop what runs there or choose another port")


def hang_up(request: Request) -> None:
    """Close the connection `request` came on, so that the caller gets no answer at all.

    An ASGI application cannot do that by itself: the socket is found among our own open files by the
    caller's address.
    """
    caller = (str(request.scope["client"][0]), int(request.scope["client"][1]))
    for opened in _open_files().iterdir():
        try:
            # Only a socket's number is doubled: another file's double would stay open for good.
            if not stat.S_ISSOCK(os.fstat(int(opened.name)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(opened.name))) as connection:
                if connection.getpeername() == caller:
                    connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            # Not connected, or closed while we looked: not the one.
            continue


def _open_files() -> Path:
    return next(folder for folder in (Path("/proc/self/fd"), Path("/dev/fd")) if folder.is_dir())
