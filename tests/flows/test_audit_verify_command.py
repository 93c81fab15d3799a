"""`raincheck audit verify` and its neighbours, typed at a shell."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from raincheck.audit.models import Entry, Leaf
from raincheck.audit.notes import Checkpoint, signer
from raincheck.audit.sealing import seal
from raincheck.audit.verify_receipt import check
from raincheck.core.ids import first_id_at
from raincheck.core.scope import Purpose, system_scope
from raincheck.doctor import trail
from raincheck.doctor.finding import Grade
from raincheck.operations import metrics
from tests import people
from tests.commands import raincheck
from tests.trail import as_thief, rewrite, write
from tests.witness import watching

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


def test_of_many_findings_of_a_kind_people_read_the_first_and_programs_all(here, superuser, audit):
    write(here, 25)
    seal()
    rewrite(superuser, "action = 'task.opened'", action="'task.settled'::text")
    said, told = audit("verify").stdout, json.loads(audit("verify", "--json").stdout)["findings"]
    assert (said.count("✗ changed leaf"), "5 more of these" in said, "25 found" in said) == (
        20,
        True,
        True,
    ), said
    assert len(told) == 25


def test_without_a_checkpoint_there_is_nothing_to_verify_against(audit):
    assert audit("verify").returncode == 2


def test_an_entry_is_proven_and_its_proof_holds_when_its_text_has_expired_by_the_owners_hand(
    here, audit, tmp_path
):
    write(here, 3)
    with here.scope():
        entry = Entry.objects.order_by("id").first()
    assert audit("proof", str(entry.id)).returncode == 1, "it isn't sealed yet"
    seal()
    proven = audit("proof", str(entry.id))
    assert proven.returncode == 0, proven.stderr
    key = audit("key").stdout.strip()
    assert check(json.loads(proven.stdout), key)[0]["id"] == str(entry.id)
    write(here, 2)
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    slip = audit("expire", "--before", tomorrow.replace(year=tomorrow.year + 1).isoformat())
    assert (slip.returncode, "yet to come" in slip.stderr) == (2, True)
    dropped = audit("expire", "--before", tomorrow.isoformat())
    assert (dropped.returncode, "first 3" in dropped.stdout) == (0, True), dropped.stdout + dropped.stderr
    assert audit("expire", "--before", "2020-01-01").returncode == 1
    with here.scope():
        left = list(Entry.objects.order_by("id").values_list("action", flat=True))
        assert Leaf.objects.count() == 3, "their hashes stay"
    assert left == ["task.opened", "task.opened", "audit.expired"]
    sound = audit("verify", "--json")
    told = json.loads(sound.stdout)
    assert (sound.returncode, told["findings"], told["expired"]) == (0, [], 3)
    assert check(json.loads(proven.stdout), key)[0]["id"] == str(entry.id)
    assert audit("proof", str(entry.id)).returncode == 1, "there is no text any more to prove"
    assert audit("expire", "--before", "yesterday").returncode == 2


def test_the_witness_signs_when_it_is_asked_to_and_says_later_what_it_saw(here, shelf_of_its_own):
    settings = {name: os.environ[name] for name in SETTINGS}
    settings["RAINCHECK_CHECKPOINTS"] = str(shelf_of_its_own)
    with watching(signer().verifier) as onlooker:
        settings |= {"RAINCHECK_WITNESS_URL": onlooker.url, "RAINCHECK_WITNESS_KEY": onlooker.vkey}
        assert raincheck("audit", "witness", **settings).returncode == 2, "nothing is sealed yet"
        write(here, 4)
        seal()
        seen = raincheck("audit", "witness", **settings)
        assert (seen.returncode, "saw 4 entries" in seen.stdout) == (0, True), seen.stderr
    kept = str(shelf_of_its_own / "witnessed.checkpoint")
    said = raincheck("audit", "witness", "--check", kept, "--witness-key", onlooker.vkey, **settings)
    assert (said.returncode, said.stdout) == (0, seen.stdout)
    unseen = str(shelf_of_its_own / "checkpoint")
    assert (
        raincheck(
            "audit", "witness", "--check", unseen, "--witness-key", onlooker.vkey, **settings
        ).returncode
        == 1
    )
    assert raincheck("audit", "witness", **settings).returncode == 1, "it is away"


def test_an_entry_that_waits_too_long_is_alarmed_by_the_doctor_the_page_and_the_figure(here, hr, superuser):
    write(here, 1)
    seal()
    assert alarm(hr) == (Grade.OK, False)
    write(here, 1)
    for minutes, grade in ((2, Grade.WARN), (11, Grade.FAIL)):
        earlier = f"now() - interval '{minutes} minutes'"
        # When it was written its id says, too.
        written = f"'{first_id_at(datetime.now(UTC) - timedelta(minutes=minutes))}'::text"
        unsealed = "NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry_id = audit_entry.id)"
        rewrite(superuser, unsealed, at=f"(extract(epoch FROM {earlier}) * 1000000)::bigint", id=written)
        as_thief(superuser, f"UPDATE audit_seal SET sealed_at = {earlier}")
        assert alarm(hr) == (grade, True)
        with system_scope(Purpose.OPERATIONS) as now:
            [waited] = [found for found in metrics._audit(now) if found.name.endswith("unsealed_seconds")]
        assert 60 * minutes <= waited.samples[0].value < 60 * minutes + 60


def alarm(client):
    """Return how the doctor grades the seal, and whether the page warns."""
    [found] = trail.sealed()
    return found.grade, "仍未封存" in people.text(client.get("/console/audit/seal/"))
