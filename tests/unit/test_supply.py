"""What we are built from: locked with hashes, listed, and looked up for weaknesses; an outage is no all-clear."""

import json
import re
import subprocess
import sys

import pytest

from scripts.audit import verdict
from tests.commands import CHECKOUT

LOCKS = ("base.txt", "parquet.txt", "dev.txt")
WEAK = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}


def locked(name):
    text = (CHECKOUT / "requirements" / name).read_text("utf-8")
    return dict(re.findall(r"^([A-Za-z0-9_.\[\]-]+)==([^\s;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_the_hashes_of_what_was_locked(name):
    blocks = (CHECKOUT / "requirements" / name).read_text("utf-8").split("\n")
    heads = [line for line in blocks if line and not line.startswith((" ", "#"))]
    assert len(heads) == len(locked(name)) > 50
    assert all(line.endswith("\\") for line in heads), "a package without a hash"
    assert "://" not in "\n".join(blocks), "from an index, never from an address"


@pytest.mark.parametrize("name", ["base.txt", "parquet.txt"])
def test_the_bill_of_materials_names_every_locked_package_with_its_hashes(tmp_path, name):
    target = tmp_path / "sbom.json"
    rules = subprocess.run(
        ["make", "--dry-run", "sbom"], cwd=CHECKOUT, check=True, capture_output=True, text=True
    ).stdout.replace("\\\n", " ")
    [rule] = [line for line in rules.splitlines() if "cyclonedx_py" in line and name in line]
    argv = rule.partition("cyclonedx_py ")[2].split()
    argv[argv.index("--output-file") + 1] = str(target)
    subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", *argv], cwd=CHECKOUT, check=True, capture_output=True
    )
    bill = json.loads(target.read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "raincheck"
    listed = {re.sub(r"[-_.]+", "-", one["name"]).lower(): one for one in bill["components"]}
    assert {name: one["version"] for name, one in listed.items()} == locked(name)
    assert all("pkg:pypi/" in one["purl"] for one in listed.values())


def test_what_is_optional_is_in_its_own_list_and_in_the_one_that_is_tested_and_audited():
    base, optional, tested = (locked(name) for name in LOCKS)
    assert {name: version for name, version in optional.items() if name not in base}.keys() == {"pyarrow"}
    assert base.items() <= optional.items() <= tested.items()


def dependency(name, *weaknesses, **more):
    return {"name": name, "version": "1.0", **(more or {"vulns": list(weaknesses)})}


@pytest.mark.parametrize(
    ("report", "status", "said"),
    [
        (None, 0, "NOT AUDITED"),
        ({"dependencies": [dependency("a", skip_reason="not found on PyPI")]}, 0, "NOT AUDITED"),
        ({"dependencies": [dependency("a")]}, 0, "1 packages audited, 0 known"),
        ({"dependencies": [dependency("a"), dependency("b", skip_reason="?")]}, 0, "NOT AUDITED: b"),
        ({"dependencies": [dependency("a", WEAK)]}, 1, "a 1.0: PYSEC-2026-1, mended in 2.0"),
        ({"dependencies": [dependency("a", WEAK), dependency("b", skip_reason="?")]}, 1, "NOT AUDITED: b"),
    ],
)
def test_a_known_weakness_fails_and_what_was_not_looked_up_is_never_called_well(report, status, said):
    found, lines = verdict(report)
    assert found == status
    assert any(said in line for line in lines), lines
