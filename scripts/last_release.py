"""Write deploy/last-release: which code runs out there, and which migrations it knows.

`python scripts/last_release.py` with a release's commit checked out, when that release is made. From then on tests
hold every newer migration against it (docs/howto/deploy.md, “A new release”).
"""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "deploy" / "last-release"
HEAD = """# What runs out there while the next release's schema is brought in. Written by scripts/last_release.py.
"""


def last_migrations() -> dict[str, str]:
    """Return each app's last migration, by the app's folder."""
    found: dict[str, str] = {}
    for path in sorted(ROOT.glob("raincheck/*/migrations/0*.py")):
        found[path.parent.parent.name] = path.stem
    return found


def main() -> None:
    """Write the file."""
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    lines = [f"commit {commit}", *(f"{app} {name}" for app, name in last_migrations().items())]
    FILE.write_text(HEAD + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
