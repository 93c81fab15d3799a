"""`raincheck audit verify` and its neighbours, typed at a shell."""

import json
import os

import pytest

from raincheck.audit.notes import Checkpoint, signer
from raincheck.audit.sealing import seal
from tests.commands import raincheck
from tests.trail import rewrite, write

SETTINGS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "RAINCHECK_SECRET_KEY",
    "RAINCHECK_MASTER_KEY",
    "RAINCHECK_AUDIT_KEY",
)


@pytest.fixture
def audit(here, shelf_of_its_own):
    """Return a function that types `raincheck audit …` on the tests' database."""
    settings = {name: os.environ[name] for name in SETTINGS}
    return lambda *words: raincheck("audit", *words, **settings, RAINCHECK_CHECKPOINTS=str(shelf_of_its_own))


def test_a_trail_is_verified_against_a_checkpoint_kept_elsewhere(here, superuser, audit, tmp_path):
    write(here, 3)
    first = audit("checkpoint")
    assert first.returncode == 0, first.stderr
    kept = tmp_path / "kept.checkpoint"
    kept.write_text(first.stdout, "utf-8")
    assert Checkpoint.read(first.stdout, signer().verifier).size == 3
    write(here, 2)
    later = tmp_path / "later.checkpoint"
    later.write_text(seal().note, "utf-8")
    grown = audit("consistency", str(kept), str(later))
    assert (grown.returncode, json.loads(grown.stdout)["later"]) == (0, 5), grown.stderr
    sound = audit("verify", "--checkpoint", str(kept), "--key", str(signer().verifier), "--json")
    assert (sound.returncode, json.loads(sound.stdout)["findings"]) == (0, []), sound.stdout + sound.stderr
    rewrite(superuser, "facts ->> 'n' = '1'", action="'task.settled'::text")
    found = audit("verify")
    assert found.returncode == 1
    assert found.stdout.count("✗") == found.stdout.count("✗ changed leaf") == 2, found.stdout


def test_without_a_checkpoint_there_is_nothing_to_verify_against(audit):
    assert audit("verify").returncode == 2
