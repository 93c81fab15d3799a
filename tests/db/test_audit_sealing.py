"""Sealing: nothing is passed over, whatever the order of commits; what dies in between is made up for."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from raincheck.audit import sealing, shelf
from raincheck.audit.canonical import microseconds
from raincheck.audit.catalogue import Action
from raincheck.audit.deeds import Deed, Subject
from raincheck.audit.expiring import NothingToExpire, expire
from raincheck.audit.log import note_all
from raincheck.audit.models import Entry, Leaf, Seal
from raincheck.audit.notes import signer
from raincheck.audit.sealing import seal
from raincheck.audit.verifying import verify
from raincheck.audit.window import window
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id
from raincheck.core.scope import Purpose, system_scope
from raincheck.runtime.postgres_roles import APP, database_url
from tests import seeds
from tests.trail import as_thief, write

pytestmark = pytest.mark.usefixtures("shelf_of_its_own")


def leaves():
    with system_scope(Purpose.SEAL):
        return list(Leaf.objects.order_by("index").values_list("entry_id", flat=True))


def report(**more):
    with system_scope(Purpose.SEAL):
        return verify(checkpoints=shelf.all_of(signer().verifier), verifier=signer().verifier, **more)


def begin(stack, home, world):
    """Open a transaction of the run-time role and write an entry in it; return its connection and the entry."""
    other = stack.enter_context(psycopg.connect(database_url(APP, home=home)))
    other.execute("SELECT set_config('raincheck.company', %s, true)", [str(world.company.id)])
    now = other.execute("SELECT transaction_timestamp()").fetchone()[0]
    deed = Deed(Action.TASK_OPENED, Subject("task", new_id()))
    entry = Entry.of(actor=Actor.system(world.company.id), deed=deed, at=now)
    other.execute("INSERT INTO audit_entry (canonical) VALUES (%s)", [entry.canonical])
    assert str(microseconds(now)) in entry.canonical
    return other, entry.id


def test_an_entry_whose_transaction_ends_last_is_sealed_last_and_not_forgotten(here, home):
    with ExitStack() as stack:
        early, slow = begin(stack, home, here)
        late, quick = begin(stack, home, here)
        late.commit()
        assert seal() is None, "what began before may still commit"
        early.commit()
        assert seal().size == 2
    assert set(leaves()) == {slow, quick}


def test_whatever_the_order_of_commits_and_seals_every_entry_is_sealed_once(here, home):
    seed = seeds.draw()
    seeds.say(f"seed {seed}")
    chance = random.Random(seed)
    committed, open_ones = set(), []
    with ExitStack() as stack:
        for _ in range(40):
            match chance.choice(["begin", "begin", "commit", "roll back", "seal"]):
                case "begin" if len(open_ones) < 5:
                    open_ones.append(begin(stack, home, here))
                case "commit" if open_ones:
                    other, entry_id = open_ones.pop(chance.randrange(len(open_ones)))
                    other.commit()
                    committed.add(entry_id)
                case "roll back" if open_ones:
                    open_ones.pop(chance.randrange(len(open_ones)))[0].rollback()
                case "seal":
                    seal()
        for other, entry_id in open_ones:
            other.commit()
            committed.add(entry_id)
    seal()
    found = leaves()
    assert (len(found), set(found)) == (len(committed), committed)
    assert report().findings == []


def test_a_sealer_that_dies_before_its_commit_leaves_nothing_and_after_it_is_made_up_for(here, monkeypatch):
    write(here, 3)
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "_grow", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            seal()
    assert leaves() == []
    with monkeypatch.context() as patch:
        patch.setattr(sealing.shelf, "keep", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            seal()
    assert (len(leaves()), shelf.newest(signer().verifier)) == (3, None)
    assert seal() is None
    assert shelf.newest(signer().verifier).size == 3
    assert shelf.leaves_kept() == 3


def test_two_sealers_take_turns(here, superuser):
    write(here, 1)
    superuser.execute("SELECT pg_advisory_lock(%s)", [sealing._LOCK])
    try:
        assert seal() is None
    finally:
        superuser.execute("SELECT pg_advisory_unlock(%s)", [sealing._LOCK])
    assert seal().size == 1


def test_while_a_past_is_made_up_nothing_is_sealed_and_all_of_it_afterwards(here):
    def elsewhere():
        try:
            return seal()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as another:
        with sealing.unsealed_meanwhile():
            write(here, 3)
            assert another.submit(elsewhere).result() is None
        assert another.submit(elsewhere).result().size == 3


def test_after_a_restore_into_another_database_all_is_found_again(here, superuser):
    """There, transactions are numbered from the start: what was written here is of the future."""
    write(here, 2)
    seal()
    write(here, 2)
    superuser.execute("SET session_replication_role = replica")
    superuser.execute("UPDATE audit_entry SET xid = '9000000000'::xid8")
    superuser.execute("UPDATE audit_seal SET horizon = '9000000000'")
    superuser.execute("SET session_replication_role = DEFAULT")
    write(here, 1)
    assert seal() is None
    assert seal(thorough=True).size == 5
    sealed = set(leaves())
    with here.scope():
        assert sealed == set(Entry.objects.values_list("id", flat=True))


def test_the_window_says_how_many_wait_and_for_how_long(here):
    with system_scope(Purpose.OPERATIONS) as now:
        assert window(now).unsealed == 0
    write(here, 3)
    with system_scope(Purpose.OPERATIONS) as now:
        waiting = window(now + timedelta(seconds=90))
        assert waiting.unsealed == 3
        assert 90 <= waiting.seconds < 120
    seal()
    with system_scope(Purpose.OPERATIONS) as now:
        assert (window(now).sealed, window(now).unsealed, window(now).seconds) == (3, 0, 0.0)


def test_entries_that_bear_an_older_time_wait_since_they_were_written(here, superuser):
    def write_of_last_month():
        with here.scope() as now:
            deed = Deed(Action.TASK_OPENED, Subject("task", new_id()))
            note_all(actor=here.actor(), deeds=[deed], now=now - timedelta(days=30))

    write_of_last_month()
    with system_scope(Purpose.OPERATIONS) as now:
        assert 90 <= window(now + timedelta(seconds=90)).seconds < 120, "a demo makes its past up"
    seal()
    as_thief(superuser, "UPDATE audit_seal SET sealed_at = sealed_at - interval '1 day'")
    write_of_last_month()
    with system_scope(Purpose.OPERATIONS) as now:
        assert 90 <= window(now + timedelta(seconds=90)).seconds < 120, "and a quiet day is nobody's fault"


def test_nobody_but_the_sealer_s_own_writes_can_change_what_was_sealed(here):
    from django.db import DatabaseError

    write(here, 1)
    seal()
    for table in ("audit_leaf", "audit_node", "audit_seal", "audit_stamp", "audit_expiry"):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            here.scope(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table}")


def test_what_expires_loses_its_text_and_keeps_its_hash(here, superuser):
    write(here, 4)
    seal()
    write(here, 2)
    seal()
    key = signer()
    with system_scope(Purpose.OPERATIONS) as now:
        pass
    with system_scope(Purpose.SEAL):
        second = Seal.objects.latest("size").sealed_at
    with pytest.raises(NothingToExpire):
        expire(before=now - timedelta(days=1), companies=[here.company.id], key=key, now=now)
    assert expire(before=second, companies=[here.company.id], key=key, now=now) == 4
    assert here.entries() == ["task.opened", "task.opened", "audit.expired"]
    seal()
    found = report()
    assert (found.findings, found.expired, found.sealed) == ([], 4, 7)
    # Without the signed statement, or with one of another's making, they count as deleted.
    superuser.execute("SET session_replication_role = replica")
    superuser.execute("UPDATE audit_expiry SET note = replace(note, 'time', 'TIME')")
    superuser.execute("SET session_replication_role = DEFAULT")
    kinds = [finding.kind for finding in report().findings]
    assert kinds == ["expiry_not_ours", *["missing"] * 4]
