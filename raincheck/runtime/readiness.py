"""Ready checks for the supervisor: quick questions, asked again until the answer is yes."""

import http.client
import socket
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

PATIENCE = 1.0


def port_answers(host: str, port: int) -> Callable[[], bool]:
    """Return a check that asks whether something accepts TCP connections there."""

    def check() -> bool:
        with socket.create_connection((host, port), timeout=PATIENCE):
            return True

    return check


def http_answers(url: str) -> Callable[[], bool]:
    """Return a check that asks whether a GET of this http:// URL answers with a status below 400."""
    parts = urlsplit(url)

    def check() -> bool:
        connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
        try:
            connection.request("GET", parts.path or "/")
            return connection.getresponse().status < HTTPStatus.BAD_REQUEST
        except http.client.HTTPException:
            return False
        finally:
            connection.close()

    return check
