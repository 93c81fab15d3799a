"""A vendor that does nothing but list: as many interviews as wanted, in the simulated vendor's shape.

`python -m bench.listing_vendor PORT ROWS ALTERED`: every interview is invited at the hour its number gives, except that
each ALTERED-th was handed in. Pages are written as they are asked for, so that it holds next to nothing.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_ITEM = (
    '{"id":"iv_%016x","external_id":"00040000-0000-7000-8000-%012x","kind":"slot","status":"%s","progress":"%s",'
    '"starts_at":"2030-%02d-%02dT%02d:00:00Z","ends_at":"2030-%02d-%02dT%02d:40:00Z",'
    '"invite_url":"http://127.0.0.1:8801/i/%032x","version":2,"scores":[]}'
)


def item(number: int, altered: int) -> str:
    """Return one interview as the vendor shows it."""
    hour = (number // 28 // 12 % 23, number % 28 + 1, number // 28 % 12 + 1)
    at = (hour[2], hour[1], hour[0])
    said = ("submitted", "submitted") if number % altered == 0 else ("invited", "unopened")
    return _ITEM % (number, number, *said, *at, *at, number)


def main(port: int, rows: int, altered: int) -> None:
    """Serve until killed."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = {name: int(values[0]) for name, values in parse_qs(address.query).items()}
            if asked:
                first, size = (asked["page"] - 1) * asked["per_page"] + 1, asked["per_page"]
                numbers = range(first, min(first + size, rows + 1))
                items = ",".join([item(number, altered) for number in numbers])
                body = f'{{"items":[{items}],"page":{asked["page"]},"pages":{-(-rows // size)}}}'
            else:
                _, known, number = address.path.rpartition("/iv_")
                body = item(int(number, 16), altered) if known else '{"status":"ok"}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    ThreadingHTTPServer(("127.0.0.1", port), Answers).serve_forever()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
