"""Packages with adapters of their own, as an installer leaves them in a folder."""

from pathlib import Path

from tests.commands import CHECKOUT

#: An adapter that does nothing right but being one.
GOOD = """
from raincheck.vendors.adapters.base import BadSignature, Cancel, Capabilities, Permanent


class Good:
    name = "{name}"
    title = "示例"
    can = Capabilities(cancel=Cancel.REVOKE, webhook_signature="none")

    def invite(self, line, booking, *, key):
        raise Permanent("no")

    def read(self, line, ref):
        return None

    def pages(self, line):
        return iter(())

    def cancel(self, line, ref, *, reason, key):
        return None

    def reschedule(self, line, ref, *, starts_at, ends_at, key):
        raise Permanent("no")

    def receive(self, line, *, headers, body, now):
        raise BadSignature("never calls")

    def health(self, line):
        return None
"""


def put(folder: Path, package: str, source: str, *, name: str = "", thing: str = "Good") -> None:
    """Install a package of one module whose `thing` is the adapter called `name` (the package's name)."""
    name = name or package
    (folder / f"{package}.py").write_text(source.replace("{name}", name), encoding="utf-8")
    about = folder / f"{package}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[raincheck.adapters]\n{name} = {package}:{thing}\n")


def path_with(folder: Path) -> str:
    """Return the PYTHONPATH of a process that has these packages beside the product."""
    return f"{CHECKOUT}:{folder}"
