"""A witness signs what only grew; a history that its keeper made up is not witnessed, whatever keys they hold."""

import base64

import pytest

from raincheck.audit import shelf
from raincheck.audit.models import Leaf, Node, Seal
from raincheck.audit.notes import NotOurs, signer
from raincheck.audit.sealing import seal
from raincheck.audit.tasks import have_it_witnessed
from raincheck.audit.verifying import verify
from raincheck.audit.witness import NotWitnessed, Witness, show
from raincheck.core.scope import Purpose, system_scope
from tests.simulators import free_port
from tests.trail import write
from tests.witness import watching

pytestmark = pytest.mark.usefixtures("shelf_of_its_own")


@pytest.fixture
def onlooker():
    with watching(signer().verifier) as found:
        yield found


@pytest.fixture
def witness(onlooker):
    return Witness.read(onlooker.url, onlooker.vkey)


def grow(here, count):
    write(here, count)
    seal()


def test_each_checkpoint_is_signed_by_the_witness_and_kept_and_the_trail_is_held_against_it(
    here, onlooker, witness
):
    assert show(witness) is None, "nothing is sealed yet"
    for size in (3, 5, 9):
        grow(here, size - onlooker.size)
        checkpoint, at = show(witness)
        assert checkpoint.size == onlooker.size == size
        kept = shelf.witnessed(signer().verifier)
        assert (kept.size, witness.saw(kept.note)) == (size, at)
    with system_scope(Purpose.SEAL):
        report = verify(checkpoints=shelf.all_of(signer().verifier), verifier=signer().verifier)
    assert report.findings == []


def test_shown_the_same_again_it_signs_again(here, witness):
    grow(here, 4)
    assert show(witness)[0].size == show(witness)[0].size == 4


def test_after_a_lost_shelf_the_witness_says_how_much_it_saw(here, onlooker, witness):
    grow(here, 3)
    show(witness)
    (shelf.folder() / shelf.WITNESSED).unlink()
    grow(here, 4)
    assert show(witness)[0].size == 7
    assert [body.split("\n")[0] for body in onlooker.asked[-2:]] == ["old 0", "old 3"]


def test_a_history_made_up_by_whoever_holds_database_and_key_is_not_witnessed(
    here, superuser, onlooker, witness
):
    grow(here, 6)
    show(witness)
    # A thief with every right and the audit key: one leaf is another, the whole tree signed anew, the shelf cleared.
    superuser.execute("SET session_replication_role = replica")
    superuser.execute("UPDATE audit_leaf SET hash = sha256('another') WHERE index = 2")
    superuser.execute("DELETE FROM audit_seal")
    superuser.execute("SET session_replication_role = DEFAULT")
    for path in shelf.folder().iterdir():
        path.unlink()
    from raincheck.audit.merkle import Tree
    from raincheck.audit.notes import Checkpoint
    from raincheck.audit.sealing import tiles

    with system_scope(Purpose.SEAL) as now:
        assert Node.objects.count() == 0
        count = Leaf.objects.count()
        forged = Checkpoint(signer().verifier.name, count, Tree(count, tiles).root(), now).signed(signer())
        Seal.objects.create(size=count, root=forged.root, note=forged.note, horizon="0", sealed_at=now)
    assert forged.size == 6
    grow(here, 2)
    with pytest.raises(NotWitnessed) as refused:
        show(witness)
    assert "422" in str(refused.value)
    assert onlooker.size == 6


@pytest.mark.parametrize("line", ["— somebody.example/w2 AAAA\n", "— somebody.example/w2 签名\n"])
def test_a_signature_that_is_not_the_witness_s_is_none(here, onlooker, witness, monkeypatch, line):
    grow(here, 2)
    monkeypatch.setattr(type(onlooker), "sign", lambda self, text: line)
    with pytest.raises(NotOurs):
        show(witness)
    assert shelf.witnessed(signer().verifier) is None


def test_a_witness_that_is_away_is_said_and_nothing_stops(here, settings_of_witness, onlooker):
    grow(here, 2)
    away = Witness.read(f"http://127.0.0.1:{free_port()}", onlooker.vkey)
    with pytest.raises(NotWitnessed):
        show(away)
    settings_of_witness(away.url, onlooker.vkey)
    have_it_witnessed(timestamp=0)
    settings_of_witness(onlooker.url, onlooker.vkey)
    have_it_witnessed(timestamp=0)
    assert shelf.witnessed(signer().verifier).size == 2
    settings_of_witness("", "")
    have_it_witnessed(timestamp=0)
    assert len(onlooker.asked) == 1


@pytest.fixture
def settings_of_witness(monkeypatch):
    from django.conf import settings

    def say(url, key):
        monkeypatch.setattr(settings, "RAINCHECK_WITNESS_URL", url)
        monkeypatch.setattr(settings, "RAINCHECK_WITNESS_KEY", key)

    return say


@pytest.mark.parametrize(
    "key",
    [
        "",
        "name",
        "name+00000000+AA==",
        "name+00000000+密钥",
        f"name+00000000+{base64.b64encode(bytes([4]) + bytes(32)).decode()}",
    ],
)
def test_what_is_no_witness_s_key_is_refused(key):
    with pytest.raises(NotOurs):
        Witness.read("https://witness.example.com", key)
