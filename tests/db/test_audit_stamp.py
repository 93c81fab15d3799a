"""A checkpoint is time-stamped by somebody else's clock (RFC 3161), and a stamp that isn't theirs proves nothing."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from raincheck.audit import shelf
from raincheck.audit.models import Leaf, Seal, Stamp
from raincheck.audit.notes import signer
from raincheck.audit.sealing import seal
from raincheck.audit.stamping import Authority, NotStamped, Trust, stamp
from raincheck.audit.stamps import judge
from raincheck.audit.tasks import have_it_stamped
from raincheck.audit.verify_receipt import check, stamp_of
from raincheck.audit.verifying import verify
from raincheck.core.scope import Purpose, system_scope
from raincheck.doctor.finding import Grade
from raincheck.doctor.trail import stamped as doctor_looks
from tests import authority as tsa
from tests.commands import raincheck
from tests.flows.test_audit_verify_command import SETTINGS
from tests.simulators import free_port
from tests.trail import as_thief, write

NOTE = "a note\n"


@pytest.fixture
def clock():
    """Return an authority that listens."""
    with tsa.answering(tsa.Authority()) as found:
        yield found


@pytest.fixture
def named(here, clock, monkeypatch, tmp_path, shelf_of_its_own):
    """Have the installation name it, and return a function that says another address or root."""
    from django.conf import settings

    def say(url, root):
        monkeypatch.setattr(settings, "RAINCHECK_TSA_URL", url)
        monkeypatch.setattr(settings, "RAINCHECK_TSA_ROOT", root)

    say(clock.url, clock.trusted(tmp_path))
    return say


def asked_of(clock, tmp_path):
    return Authority(clock.url, Trust.read(clock.trusted(tmp_path)))


def report(**more):
    with system_scope(Purpose.SEAL):
        return verify(checkpoints=shelf.all_of(signer().verifier), verifier=signer().verifier, **more)


def kinds():
    return {finding.kind for finding in report().findings}


def test_every_hour_the_newest_checkpoint_is_stamped_kept_twice_and_verified(here, clock, named):
    have_it_stamped(timestamp=0)
    assert clock.asked == [], "nothing is sealed yet"
    write(here, 3)
    note = seal().note
    have_it_stamped(timestamp=0)
    with system_scope(Purpose.SEAL):
        [kept] = Stamp.objects.all()
    assert (kept.size, kept.note) == (3, note)
    assert shelf.stamped() == [(note, bytes(kept.token))]
    write(here, 2)
    seal()
    have_it_stamped(timestamp=0)
    assert len(clock.asked) == 1, "an hour isn't over"
    told = report()
    assert (told.findings, told.stamps.sound, told.stamps.size, told.stamps.at) == ([], 2, 3, kept.stamped_at)
    assert next(iter(doctor_looks())).grade == Grade.OK


def test_an_authority_may_send_its_chain_along_in_any_order(here, clock, named):
    """As OpenSSL's do: the certificates come as they lie in its file, which CMS allows."""
    clock.brings = (clock.root, tsa.certified("Sample Elder"))
    write(here, 2)
    note = seal().note
    have_it_stamped(timestamp=0)
    assert [kept for kept, _ in shelf.stamped()] == [note]
    assert report().stamps.sound == 2, "the database's, and the shelf's"


def test_an_authority_that_is_away_holds_up_nothing_and_the_doctor_says_so(here, clock, named, tmp_path):
    root = clock.trusted(tmp_path)
    named(f"http://127.0.0.1:{free_port()}/", root)
    write(here, 2)
    assert seal().size == 2
    have_it_stamped(timestamp=0)
    assert next(iter(doctor_looks())).grade == Grade.WARN
    named(clock.url, root)
    have_it_stamped(timestamp=0)
    assert report().stamps.sound == 2
    named(clock.url, "")
    assert next(iter(doctor_looks())).grade == Grade.FAIL
    assert report().stamps.unjudged == 2
    have_it_stamped(timestamp=0)
    named("", "")
    assert next(iter(doctor_looks())).grade == Grade.OK


def test_a_stamp_waited_for_too_long_is_a_failure(here, named, superuser):
    write(here, 1)
    seal()
    have_it_stamped(timestamp=0)
    write(here, 1)
    seal()
    as_thief(superuser, "UPDATE audit_seal SET sealed_at = sealed_at - interval '25 hours' WHERE size = 2")
    assert next(iter(doctor_looks())).grade == Grade.FAIL


@pytest.mark.parametrize(
    "wrong",
    [
        {"refuse": True},
        {"nonce": 7},
        {"imprint": bytes(32)},
        {"raw": (500, tsa.REPLY, b"")},
        {"raw": (200, "text/html", b"<p>welcome")},
        {"raw": (200, tsa.REPLY, b"no DER at all")},
        {"raw": (200, tsa.REPLY, bytes.fromhex("30053003020100"))},
        {"signs": tsa.certified("Expired", until=tsa.now() - timedelta(days=1))},
        {"at": tsa.now() + 2 * tsa.YEAR},
    ],
    ids=["no", "nonce", "hash", "status", "type", "junk", "empty", "self-made", "later than its certificate"],
)
def test_an_answer_that_is_not_a_stamp_of_ours_is_refused(clock, tmp_path, wrong):
    for name, value in wrong.items():
        setattr(clock, name, value)
    with pytest.raises(NotStamped):
        asked_of(clock, tmp_path).ask(NOTE)


def test_whoever_is_not_certified_for_it_stamps_nothing(clock, tmp_path):
    asker = asked_of(clock, tmp_path)
    assert asker.ask(NOTE)[1] <= tsa.now()
    stranger = tsa.Authority().signs
    expired = tsa.certified("Expired TSA", clock.root, until=tsa.now() - timedelta(days=1))
    server = tsa.certified("A web server", clock.root, purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    forged = replace(clock.signs, key=stranger.key)
    for another in (stranger, expired, server, forged):
        clock.signs = another
        with pytest.raises(NotStamped):
            asker.ask(NOTE)


def test_the_authority_of_the_tests_answers_real_queries_alone(clock):
    from raincheck.core import http

    asked = tsa.tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": bytes(20)},
            "cert_req": True,
        }
    ).dump()
    for kind, body in ((tsa.QUERY, b"{}"), (tsa.QUERY, asked), ("application/json", asked), (tsa.QUERY, b"")):
        answer = http.call("POST", clock.url, headers={"Content-Type": kind}, content=body, trusted=True)
        assert answer.status in {400, 415}, (kind, body)


@given(st.data())
def test_no_change_to_a_stamp_is_believed_and_none_breaks_anything(data):
    authority = _AUTHORITY
    token, trust = _TOKEN, Trust((authority.root.certificate,))
    place = data.draw(st.integers(0, len(token) - 1))
    kept = data.draw(st.sampled_from([len(token), place]))
    changed = bytearray(token[:kept])
    if kept == len(token):
        changed[place] ^= data.draw(st.integers(1, 255))
    try:
        assert trust.time_of(bytes(changed), NOTE) == trust.time_of(token, NOTE)
    except NotStamped:
        return
    # What neither signature covers may differ: the time said is the authority's all the same.


def _made():
    authority = tsa.Authority()
    asked = tsa.tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": tsa.sha256(NOTE.encode()).digest(),
            },
            "nonce": 5,
            "cert_req": True,
        }
    )
    return authority, authority.stamped(asked)


_AUTHORITY, _TOKEN = _made()


def test_a_stamp_tampered_with_moved_or_taken_away_is_found(here, clock, named, superuser):
    write(here, 3)
    seal()
    have_it_stamped(timestamp=0)
    assert kinds() == set()
    with system_scope(Purpose.SEAL):
        token = bytes(Stamp.objects.get().token)
    middle = len(token) // 2
    broken = (token[:middle] + bytes([token[middle] ^ 1]) + token[middle + 1 :]).hex()
    as_thief(superuser, f"UPDATE audit_stamp SET token = '\\x{broken}'")
    assert kinds() == {"stamp_wrong"}
    as_thief(
        superuser,
        f"UPDATE audit_stamp SET token = '\\x{token.hex()}', stamped_at = now() - interval '1 year'",
    )
    assert kinds() == {"stamp_wrong"}
    for note in ("不是检查点\n" + "9" * 5000, "x\n7\n\n— raincheck 密\n"):
        as_thief(superuser, f"UPDATE audit_stamp SET note = '{note}'")
        assert kinds() == {"stamp_wrong"}
    as_thief(superuser, "DELETE FROM audit_stamp")
    assert kinds() == {"stamp_missing"}


def test_a_checkpoint_that_says_it_is_younger_than_its_stamp_is_found(here, clock, named):
    write(here, 1)
    clock.at = tsa.now() - timedelta(hours=2)
    seal()
    have_it_stamped(timestamp=0)
    assert kinds() == {"stamp_wrong"}


def test_an_authority_that_is_believed_no_more_vouches_for_nothing(here, clock, named, tmp_path):
    write(here, 1)
    seal()
    have_it_stamped(timestamp=0)
    other = tmp_path / "other"
    other.mkdir()
    named(clock.url, tsa.Authority().trusted(other))
    assert kinds() == {"stamp_wrong"}
    named(clock.url, str(tmp_path / "nowhere.pem"))
    assert kinds() == {"stamp_wrong"}
    with pytest.raises(NotStamped):
        Authority.of_settings()


def test_another_past_signed_with_our_own_key_does_not_fit_the_stamp(here, clock, named, superuser):
    write(here, 6)
    seal()
    have_it_stamped(timestamp=0)
    # Whoever holds database, shelf and audit key makes another past; the stamped copy lies with somebody else.
    [(note, token)] = shelf.stamped()
    as_thief(
        superuser,
        "UPDATE audit_leaf SET hash = sha256('another') WHERE index = 2",
        "DELETE FROM audit_seal",
        "DELETE FROM audit_stamp",
    )
    shutil.rmtree(shelf.folder())
    from raincheck.audit.merkle import Tree
    from raincheck.audit.notes import Checkpoint
    from raincheck.audit.sealing import tiles

    with system_scope(Purpose.SEAL) as at:
        forged = Checkpoint(signer().verifier.name, 6, Tree(6, tiles).root(), at).signed(signer())
        Seal.objects.create(size=6, root=forged.root, note=forged.note, horizon="0", sealed_at=at)
    with system_scope(Purpose.SEAL):
        told = verify(checkpoints=[forged], verifier=signer().verifier, stamped=[(note, token)])
    assert {"fork", "stamp_missing"} <= {finding.kind for finding in told.findings}


def test_the_database_lets_nobody_change_a_stamp(here, named):
    from django.db import DatabaseError

    write(here, 1)
    seal()
    have_it_stamped(timestamp=0)
    for statement in ("UPDATE audit_stamp SET size = 9", "DELETE FROM audit_stamp", "TRUNCATE audit_stamp"):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            here.scope(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_the_shelf_keeps_the_last_stamp_of_a_day(here, clock, named, tmp_path):
    asker = asked_of(clock, tmp_path)
    for size in (2, 4):
        write(here, 2)
        seal()
        assert stamp(asker).size == size
    assert stamp(asker).size == 4
    assert len(clock.asked) == 2, "what has a stamp keeps it"
    assert [note.split("\n")[1] for note, _ in shelf.stamped()] == ["4"]
    with system_scope(Purpose.SEAL):
        assert judge(signer().verifier).sound == 3


def test_typed_at_a_shell_a_checkpoint_is_stamped_checked_and_verified_with_its_neighbour(
    here, clock, named, shelf_of_its_own, tmp_path
):
    settings = {name: os.environ[name] for name in SETTINGS}
    settings |= {"RAINCHECK_CHECKPOINTS": str(shelf_of_its_own), "RAINCHECK_TSA_URL": clock.url}
    root = clock.trusted(tmp_path)

    def typed(*words, **more):
        return raincheck("audit", *words, **settings, **more)

    assert typed("stamp", RAINCHECK_TSA_ROOT=root).returncode == 2, "nothing is sealed yet"
    write(here, 4)
    seal()
    assert typed("stamp").returncode == 1, "whom to trust isn't said"
    made = typed("stamp", RAINCHECK_TSA_ROOT=root)
    assert (made.returncode, "4 entries were there" in made.stdout) == (0, True), made.stderr
    [kept] = shelf_of_its_own.glob("*.stamped.checkpoint")
    checked = typed("stamp", "--check", str(kept), "--root", root)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    sound = typed("verify", "--checkpoint", str(kept), "--json", RAINCHECK_TSA_ROOT=root)
    assert (sound.returncode, json.loads(sound.stdout)["stamps"]["covered"]) == (0, 4), sound.stdout
    assert "can't be judged" in typed("verify").stdout
    clock.refuse = True
    write(here, 1)
    seal()
    refused = typed("stamp", RAINCHECK_TSA_ROOT=root)
    assert (refused.returncode, "closed on Sundays" in refused.stderr) == (1, True)
    kept.with_suffix(".tsr").write_bytes(b"junk")
    assert typed("stamp", "--check", str(kept), "--root", root).returncode == 1
    bent = typed("verify", "--checkpoint", str(kept), RAINCHECK_TSA_ROOT=root)
    assert (bent.returncode, "stamp_wrong" in bent.stdout) == (1, True)


def test_typed_at_a_shell_an_entrys_proof_carries_the_stamp_that_covers_it(here, named, shelf_of_its_own):
    settings = {name: os.environ[name] for name in SETTINGS}
    write(here, 2)
    seal()
    have_it_stamped(timestamp=0)
    with system_scope(Purpose.SEAL):
        entry = Leaf.objects.get(index=0).entry_id
    made = raincheck("audit", "proof", str(entry), **settings)
    assert made.returncode == 0, made.stderr
    proof = json.loads(made.stdout)
    assert proof["type"] == "raincheck-proof/2"
    key = str(signer().verifier)
    check(proof, key)
    assert stamp_of(proof, key)[0] == 2


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is the second opinion; this host has none"
)
def test_openssl_itself_takes_the_stamp_for_what_it_is(here, clock, named, shelf_of_its_own, tmp_path):
    write(here, 2)
    seal()
    have_it_stamped(timestamp=0)
    [note] = shelf_of_its_own.glob("*.stamped.checkpoint")
    command = ["openssl", "ts", "-verify", "-in", str(note.with_suffix(".tsr")), "-data", str(note)]
    command += ["-CAfile", clock.trusted(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 0, told.stdout + told.stderr
    note.write_text(note.read_text("utf-8") + "\n", "utf-8")
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode != 0
