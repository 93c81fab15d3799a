"""Start one simulator: `python -m raincheck.simulators ai-interview | vendor NAME | carriers | outbox`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from raincheck.simulators import ai_interview, carriers, outbox, vendors
from raincheck.simulators.ai_interview import app as ai_interview_app
from raincheck.simulators.ai_interview.webhooks import Endpoint, read_secret
from raincheck.simulators.carriers import app as carriers_app
from raincheck.simulators.outbox import app as outbox_app
from raincheck.simulators.serving import PortTakenError, require_free_port, serve
from raincheck.simulators.vendors import app as vendors_app
from raincheck.simulators.vendors import webhooks as vendor_webhooks
from raincheck.simulators.vendors.kit import Vendor


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; exits 2 on wrong arguments, 1 when a port is taken."""
    chosen = _parser().parse_args(arguments)
    # Mails and messages hold names, numbers and codes: the store is for this user alone.
    os.umask(0o077)
    try:
        chosen.run(chosen)
    except PortTakenError as problem:
        sys.exit(str(problem))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m raincheck.simulators", description=__doc__)
    kinds = parser.add_subparsers(required=True, metavar="KIND")
    vendor = kinds.add_parser("ai-interview", help=ai_interview.__doc__)
    vendor.add_argument("--port", type=int, default=8801)
    vendor.add_argument("--data", type=Path, required=True, help="folder of its store")
    vendor.add_argument("--key", default="simulated-vendor-key", help="what callers send as X-Api-Key")
    vendor.add_argument("--webhook-url", help="where events are posted")
    vendor.add_argument("--webhook-secret", type=_secret, help="whsec_…, what they are signed with")
    vendor.add_argument("--webhook-backoff", type=float, default=0.5, help="seconds to the first retry")
    vendor.set_defaults(run=_run_ai_interview, refuse=vendor.error)
    named = kinds.add_parser("vendor", help=vendors.__doc__)
    ours = ", ".join(sorted(vendors.VENDORS))
    named.add_argument("vendor", metavar="NAME", type=_vendor, help=f"{ours}, or package.module:NAME")
    named.add_argument("--port", type=int, required=True)
    named.add_argument(
        "--data", type=Path, help="folder of its store; without one it forgets all when it ends"
    )
    named.add_argument("--key", required=True, help="what callers have to know")
    named.add_argument("--webhook-url", help="where events are posted")
    named.add_argument("--webhook-secret", help="what they are signed with, in this vendor's way")
    named.set_defaults(run=_run_vendor, refuse=named.error)
    many = kinds.add_parser("carriers", help=carriers.__doc__)
    many.add_argument("--port", type=int, default=8804)
    many.add_argument(
        "--data", type=Path, help="folder of its store; without one it forgets all when it ends"
    )
    many.add_argument("--secret", required=True, help="what every carrier knows its account by")
    many.add_argument("--vapid", default="", help="the public key that browsers have subscribed under")
    many.set_defaults(run=_run_carriers)
    sink = kinds.add_parser("outbox", help=outbox.__doc__)
    sink.add_argument("--port", type=int, default=8802)
    sink.add_argument("--smtp-port", type=int, default=8825)
    sink.add_argument("--data", type=Path, required=True, help="folder of its store")
    sink.add_argument("--key", default="simulated-sms-key", help="what callers send as a Bearer token")
    sink.set_defaults(run=_run_outbox)
    return parser


def _secret(text: str) -> bytes:
    try:
        return read_secret(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _vendor(name: str) -> Vendor:
    try:
        return vendors.find(name)
    except LookupError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _webhooks_wanted(chosen: argparse.Namespace) -> bool:
    if bool(chosen.webhook_url) != bool(chosen.webhook_secret):
        chosen.refuse("--webhook-url and --webhook-secret go together")
    return bool(chosen.webhook_url)


def _run_vendor(chosen: argparse.Namespace) -> None:
    endpoint = None
    if _webhooks_wanted(chosen):
        endpoint = vendor_webhooks.Endpoint(chosen.webhook_url, chosen.webhook_secret)
    require_free_port(chosen.port)
    app = vendors_app.make_app(
        chosen.vendor, data=chosen.data, port=chosen.port, key=chosen.key, endpoint=endpoint
    )
    serve(app, port=chosen.port)


def _run_ai_interview(chosen: argparse.Namespace) -> None:
    endpoint = None
    if _webhooks_wanted(chosen):
        endpoint = Endpoint(chosen.webhook_url, chosen.webhook_secret, chosen.webhook_backoff)
    require_free_port(chosen.port)
    app = ai_interview_app.make_app(data=chosen.data, port=chosen.port, key=chosen.key, endpoint=endpoint)
    serve(app, port=chosen.port)


def _run_carriers(chosen: argparse.Namespace) -> None:
    require_free_port(chosen.port)
    app = carriers_app.make_app(data=chosen.data, port=chosen.port, secret=chosen.secret, vapid=chosen.vapid)
    serve(app, port=chosen.port)


def _run_outbox(chosen: argparse.Namespace) -> None:
    require_free_port(chosen.port)
    require_free_port(chosen.smtp_port)
    serve(outbox_app.make_app(data=chosen.data, smtp_port=chosen.smtp_port, key=chosen.key), port=chosen.port)


if __name__ == "__main__":
    main()
