"""A thief with a superuser's rights at the sealed trail, in many ways: every one is found, and found where it is."""

import shutil
from datetime import timedelta
from types import SimpleNamespace

import psycopg
import pytest
import structlog

from raincheck.audit import reading, shelf, structure, verifying
from raincheck.audit.columns import COLUMNS
from raincheck.audit.log import Deed, Subject, note_all
from raincheck.audit.merkle import TILE
from raincheck.audit.models import Entry, Leaf
from raincheck.audit.notes import Checkpoint, Signer, signer
from raincheck.audit.sealing import Forked, seal
from raincheck.audit.verifying import verify
from raincheck.core.ids import new_id
from raincheck.core.scope import Purpose, system_scope
from tests.trail import as_thief, rewrite, write

#: More than one tile, so that a thief can meet a stored node, too.
MANY = TILE + 44


@pytest.fixture
def trail(here, superuser, shelf_of_its_own):
    """Return a sealed trail of two seals, of which a copy of the first checkpoint lies elsewhere."""
    write(here, MANY)
    first = seal()
    write(here, 5)
    last = seal()
    assert (first.size, last.size) == (MANY, MANY + 5)
    return SimpleNamespace(world=here, first=first, last=last, shelf=shelf_of_its_own, superuser=superuser)


def found(trail, *checkpoints, leaves=None):
    """Return what a verification finds, as {(kind, leaf)}."""
    beside = (trail.shelf / shelf.LEAVES).read_bytes() if leaves is None else leaves
    with system_scope(Purpose.SEAL):
        report = verify(checkpoints=checkpoints or [trail.last], verifier=signer().verifier, leaves=beside)
    return {(finding.kind, finding.index) for finding in report.findings}


def id_of(leaf):
    with system_scope(Purpose.SEAL):
        return Leaf.objects.get(index=leaf).entry_id


def test_an_honest_trail_is_sound(trail):
    write(trail.world, 2)
    with system_scope(Purpose.SEAL):
        report = verify(checkpoints=[trail.first, trail.last], verifier=signer().verifier)
    assert (report.findings, report.sealed, report.covered, report.unsealed) == ([], MANY + 5, MANY + 5, 2)
    assert report.unsealed_at is not None


# Edit.


def test_one_who_edits_is_found(trail):
    rewrite(trail.superuser, f"id = '{id_of(7)}'", action="'task.settled'::text")
    assert found(trail) == {("changed", 7)}


def test_one_who_edits_and_puts_the_leaf_right_is_found(trail):
    rewrite(trail.superuser, f"id = '{id_of(7)}'", action="'task.settled'::text")
    as_thief(
        trail.superuser,
        "UPDATE audit_leaf l SET hash = sha256('\\x00'::bytea || convert_to(e.canonical, 'UTF8'))"
        " FROM audit_entry e WHERE e.id = l.entry_id",
    )
    assert found(trail) == {("leaf_rewritten", 7)}
    # Without the leaves kept outside, it is known between which checkpoints.
    assert found(trail, trail.first, leaves=b"") == {("history_rewritten", 0)}


def test_leaves_kept_outside_say_where_it_was_though_the_log_has_grown_since(trail):
    beside = (trail.shelf / shelf.LEAVES).read_bytes()[: MANY * shelf.WIDTH]
    rewrite(trail.superuser, f"id = '{id_of(7)}'", action="'task.settled'::text")
    as_thief(
        trail.superuser,
        "UPDATE audit_leaf l SET hash = sha256('\\x00'::bytea || convert_to(e.canonical, 'UTF8'))"
        " FROM audit_entry e WHERE e.id = l.entry_id",
    )
    assert found(trail, trail.first, leaves=beside) == {("leaf_rewritten", 7)}
    # What was changed behind them lies between the last checkpoint that holds and the next.
    rewrite(trail.superuser, f"id = '{id_of(MANY + 2)}'", action="'task.settled'::text")
    as_thief(
        trail.superuser,
        "UPDATE audit_leaf l SET hash = sha256('\\x00'::bytea || convert_to(e.canonical, 'UTF8'))"
        " FROM audit_entry e WHERE e.id = l.entry_id",
    )
    assert found(trail, trail.first, leaves=beside) == {("leaf_rewritten", 7), ("history_rewritten", MANY)}


# Delete.


def test_one_who_deletes_is_found(trail):
    as_thief(trail.superuser, f"DELETE FROM audit_entry WHERE id = '{id_of(8)}'")
    assert found(trail) == {("missing", 8)}


def test_one_who_deletes_entry_and_leaf_is_found(trail):
    gone = id_of(8)
    as_thief(
        trail.superuser,
        f"DELETE FROM audit_entry WHERE id = '{gone}'",
        f"DELETE FROM audit_leaf WHERE entry_id = '{gone}'",
    )
    assert found(trail) == {("leaf_missing", 8), ("leaf_rewritten", 8)}


# Insert.


def test_one_who_inserts_behind_the_seal_is_found(trail):
    as_thief(
        trail.superuser,
        "INSERT INTO audit_entry (canonical, xid) SELECT replace(canonical, id::text, gen_random_uuid()::text), xid"
        f" FROM audit_entry WHERE id = '{id_of(3)}'",
    )
    assert found(trail) == {("inserted", None)}


def test_one_who_inserts_with_a_leaf_that_no_checkpoint_covers_is_found(trail):
    write(trail.world, 1)
    as_thief(
        trail.superuser,
        f"INSERT INTO audit_leaf (index, entry_id, hash) SELECT {MANY + 5}, id,"
        " sha256('\\x00'::bytea || convert_to(canonical, 'UTF8')) FROM audit_entry e"
        " WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry_id = e.id)",
    )
    assert found(trail) == {("inserted", MANY + 5)}


# Swap.


def test_one_who_swaps_two_entries_is_found(trail):
    one, other = id_of(10), id_of(20)
    as_thief(
        trail.superuser,
        "UPDATE audit_leaf SET entry_id = gen_random_uuid() WHERE index = 10",
        f"UPDATE audit_leaf SET entry_id = '{one}' WHERE index = 20",
        f"UPDATE audit_leaf SET entry_id = '{other}' WHERE index = 10",
    )
    assert found(trail) == {("moved", 10), ("moved", 20)}


def test_one_who_swaps_their_leaves_is_found(trail):
    as_thief(
        trail.superuser,
        "UPDATE audit_leaf SET index = -1 WHERE index = 10",
        "UPDATE audit_leaf SET index = 10 WHERE index = 20",
        "UPDATE audit_leaf SET index = 20 WHERE index = -1",
    )
    assert found(trail) == {("leaf_rewritten", 10), ("leaf_rewritten", 20)}


# Truncate.


def test_one_who_truncates_is_found(trail):
    as_thief(trail.superuser, "TRUNCATE audit_entry")
    assert found(trail) >= {("missing", leaf) for leaf in range(MANY + 5)}


def test_one_who_truncates_all_of_it_is_found(trail):
    as_thief(trail.superuser, "TRUNCATE audit_entry, audit_leaf, audit_node, audit_seal")
    assert found(trail) == {("rolled_back", 0)}
    with pytest.raises(Forked):
        seal()


# Edit a generated column's source.

#: What a thief lets go of first: a CHECK holds each text and its columns together, whoever writes them.
UNHELD = "ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_as_written"


def test_a_column_that_says_other_than_its_text_is_not_taken_though_it_is_generated_no_more(trail):
    with psycopg.connect(trail.superuser.info.dsn, password=trail.superuser.info.password) as thief:
        thief.execute("SET session_replication_role = replica")
        thief.execute("ALTER TABLE audit_entry ALTER COLUMN action DROP EXPRESSION")
        with pytest.raises(psycopg.errors.CheckViolation):
            thief.execute("UPDATE audit_entry SET action = 'task.settled'")
        thief.rollback()


@pytest.mark.parametrize(
    "deed",
    [
        UNHELD,
        f"{UNHELD}, ADD CONSTRAINT audit_entry_as_written CHECK (true)",
        f"{UNHELD}, ADD CONSTRAINT audit_entry_as_written CHECK (canonical <> '' AND id IS NOT NULL) NOT VALID",
    ],
)
def test_one_who_no_longer_holds_texts_to_their_columns_is_found(trail, deed):
    with psycopg.connect(trail.superuser.info.dsn, password=trail.superuser.info.password) as thief:
        thief.execute(deed)
        seen = found_within(thief, trail)
        thief.rollback()
    assert seen == {("column_not_generated", None)}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("company_id", "gen_random_uuid()"),
        ("at", "at + interval '1 microsecond'"),
        ("at", "'infinity'"),
        ("actor_kind", "'system '"),
        ("actor_id", "gen_random_uuid()"),
        ("actor_id", "NULL"),
        ("action", "'task.settled'"),
        ("action", """'task.opened","actor_id":null'"""),
        ("subject_type", "''"),
        ("subject_id", "gen_random_uuid()"),
        ("interview_id", "gen_random_uuid()"),
        ("cancellation_id", "gen_random_uuid()"),
        ("facts", """facts || '{"kind": "other"}'"""),
        ("facts", "'[]'"),
        ("request_id", "'a-request'"),
    ],
)
def test_one_who_makes_a_column_say_other_than_its_text_is_found(trail, column, value):
    with psycopg.connect(trail.superuser.info.dsn, password=trail.superuser.info.password) as thief:
        thief.execute("SET session_replication_role = replica")
        thief.execute(UNHELD)
        thief.execute(f"ALTER TABLE audit_entry ALTER COLUMN {column} DROP EXPRESSION")
        thief.execute(f"UPDATE audit_entry SET {column} = {value} WHERE id = '{id_of(9)}'")
        seen = found_within(thief, trail)
        thief.rollback()
    assert seen == {("column_not_generated", None), ("column_differs", 9)}


def test_one_who_gives_an_entry_another_id_is_found(trail):
    with psycopg.connect(trail.superuser.info.dsn, password=trail.superuser.info.password) as thief:
        thief.execute("SET session_replication_role = replica")
        thief.execute(UNHELD)
        thief.execute("ALTER TABLE audit_entry ALTER COLUMN id DROP EXPRESSION")
        thief.execute(f"UPDATE audit_entry SET id = gen_random_uuid() WHERE id = '{id_of(9)}'")
        seen = found_within(thief, trail)
        thief.rollback()
    assert seen == {("column_not_generated", None), ("missing", 9)}


def test_texts_that_are_no_json_are_found_one_by_one(trail):
    """No column could be generated from such a text, so none is any more."""
    with psycopg.connect(trail.superuser.info.dsn, password=trail.superuser.info.password) as thief:
        thief.execute("SET session_replication_role = replica")
        thief.execute(UNHELD)
        for column, *_ in COLUMNS:
            thief.execute(f'ALTER TABLE audit_entry ALTER COLUMN "{column}" DROP EXPRESSION')
        for leaf, text in ((9, "nothing"), (10, "{"), (11, "取消" * 200)):
            thief.execute(f"UPDATE audit_entry SET canonical = '{text}' WHERE id = '{id_of(leaf)}'")
        with pytest.raises(psycopg.DataError), thief.transaction():
            found_within(thief, trail)
        seen = found_within(thief, trail, reading.GUARDED)
        thief.rollback()
    assert {(kind, leaf) for kind, leaf in seen if kind == "changed"} == {("changed", n) for n in (9, 10, 11)}


def test_an_entry_of_unusual_words_is_sound(trail):
    """What of a text is compared as it stands, and what is parsed, never makes two of the same."""
    deeds = [
        Deed("task.opened", Subject("task", new_id()), facts)
        for facts in (
            {},
            {"b": [], "a": {"z": None, "é": '"\\\u2028\x01'}},
            {"n": 2**60, "f": 1.5e-7},
            {"取消": "😀"},
        )
    ]
    with trail.world.scope():
        for request_id in ("", 'a"quoted\\one', "控制\x07\x1f\t\x7f", "😀"):
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                note_all(actor=trail.world.actor(), deeds=deeds, now=trail.last.at)
    seal()
    assert found(trail) == set()
    with system_scope(Purpose.SEAL):
        assert not [row for row in reading.rows(reading.SWIFT) if row[4]]


# Drop a trigger.


@pytest.mark.parametrize(
    "deed",
    [
        "DROP TRIGGER audit_entry_append_only ON audit_entry",
        "ALTER TABLE audit_leaf DISABLE TRIGGER audit_leaf_append_only",
        "CREATE OR REPLACE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$"  # noqa: ISC004
        " BEGIN RETURN NULL; END $$",
        "CREATE OR REPLACE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$"  # noqa: ISC004
        " BEGIN IF current_user = 'me' THEN RETURN NULL; END IF;"
        " RAISE EXCEPTION 'the audit trail can only grow'; END $$",
        "DROP TRIGGER audit_entry_append_only ON audit_entry;"  # noqa: ISC004
        " CREATE TRIGGER audit_entry_append_only BEFORE TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_append_only()",
        "DROP TRIGGER audit_leaf_append_only ON audit_leaf;"  # noqa: ISC004
        " CREATE TRIGGER audit_leaf_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaf"
        " FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION audit_entry_is_append_only()",
        "DROP TRIGGER audit_seal_append_only ON audit_seal;"  # noqa: ISC004
        " CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal"
        " FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ],
)
def test_one_who_puts_a_guard_to_sleep_is_found(trail, deed):
    with psycopg.connect(trail.superuser.info.dsn, password=trail.superuser.info.password) as thief:
        thief.execute(deed)
        seen = found_within(thief, trail)
        thief.rollback()
    assert {kind for kind, _ in seen} == {"trigger_missing"}


@pytest.mark.parametrize(
    ("deed", "where"),
    [
        ("ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY", "row-level security"),
        ("ALTER POLICY company_wall ON audit_entry USING (true)", "company_wall"),
        ("DROP POLICY own_sign_in ON audit_entry", "own_sign_in"),
        ("CREATE POLICY mine ON audit_entry FOR SELECT USING (current_user = 'me')", "mine"),
    ],
)
def test_one_who_opens_a_wall_is_found(trail, deed, where):
    with psycopg.connect(trail.superuser.info.dsn, password=trail.superuser.info.password) as thief:
        thief.execute(deed)
        connection = SimpleNamespace(cursor=lambda: Borrowed(thief.cursor()))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(structure, "connection", connection)
            seen = list(structure.weaknesses())
        thief.rollback()
    assert seen == [("wall_changed", where)]


class Borrowed:
    """A cursor of the thief's own connection, in the place of ours."""

    def __init__(self, cursor):
        self.cursor = cursor
        self.execute, self.fetchone, self.fetchall = cursor.execute, cursor.fetchone, cursor.fetchall

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cursor.close()


def found_within(thief, trail, statement=reading.SWIFT):
    """Look from within a thief's transaction, which is rolled back: every other test needs the tables whole."""
    connection = SimpleNamespace(cursor=lambda: Borrowed(thief.cursor()))
    with pytest.MonkeyPatch.context() as patch, system_scope(Purpose.SEAL):
        patch.setattr(structure, "connection", connection)
        patch.setattr(reading, "connection", connection)
        seen = verifying._read(statement, trail.last.size, verifying._Floors([], trail.last.size))
        kinds = {(kind, None) for kind, _ in structure.weaknesses()}
        return kinds | {(finding.kind, finding.index) for finding in verifying._entries(seen, 0)}


# Rewrite a checkpoint.


def test_one_who_rewrites_a_checkpoint_is_found(trail):
    as_thief(
        trail.superuser,
        f"UPDATE audit_seal SET note = replace(note, '{MANY}', '{MANY - 1}') WHERE size = {MANY}",
    )
    assert found(trail) == {("checkpoint_not_ours", MANY)}


def test_one_who_signs_with_a_key_of_their_own_is_found(trail):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    theirs = Signer(Ed25519PrivateKey.generate())
    forged = Checkpoint(theirs.verifier.name, MANY, b"\1" * 32, trail.first.at).signed(theirs)
    trail.superuser.execute("SET session_replication_role = replica")
    trail.superuser.execute("UPDATE audit_seal SET note = %s WHERE size = %s", [forged.note, MANY])
    trail.superuser.execute("SET session_replication_role = DEFAULT")
    assert found(trail) == {("checkpoint_not_ours", MANY)}


# Roll the numbering.


def test_one_who_rolls_the_numbers_on_is_found(trail):
    """The log has no sequence to roll: an entry's number is where it lies."""
    as_thief(
        trail.superuser,
        f"DELETE FROM audit_leaf WHERE index = {MANY + 4}",
        "UPDATE audit_leaf SET index = -index - 2",
        "UPDATE audit_leaf SET index = -index - 1",
    )
    places = {leaf for kind, leaf in found(trail) if kind in {"leaf_missing", "leaf_rewritten"}}
    assert places == set(range(MANY + 5))


# Fork.


def test_one_who_shows_two_histories_is_found(trail):
    other = Checkpoint(trail.first.origin, MANY, b"\1" * 32, trail.first.at).signed(signer())
    assert found(trail, trail.last, other) == {("fork", MANY)}


# Replay an old backup.


def test_one_who_puts_an_old_backup_back_is_found_and_nothing_more_is_signed(trail):
    as_thief(
        trail.superuser,
        f"DELETE FROM audit_entry e USING audit_leaf l WHERE l.entry_id = e.id AND l.index >= {MANY}",
        f"DELETE FROM audit_leaf WHERE index >= {MANY}",
        f"DELETE FROM audit_seal WHERE size > {MANY}",
    )
    assert found(trail) == {("rolled_back", MANY)}
    write(trail.world, 9)
    with pytest.raises(Forked, match=f"covers {MANY + 5}"):
        seal()
    # Even where the shelf was lost along with it, and another history grew in its place.
    kept = trail.shelf.rename(trail.shelf.with_name("kept"))
    seal()
    shutil.rmtree(trail.shelf)
    kept.rename(trail.shelf)
    assert {kind for kind, _ in found(trail)} >= {"leaf_rewritten"}


# Back-date.


def test_one_who_dates_an_entry_back_is_found(trail):
    early = trail.last.at - timedelta(days=30)
    with trail.world.scope():
        about = Subject("task", new_id())
        note_all(actor=trail.world.actor(), deeds=[Deed("task.opened", about)], now=early)
    seal()
    assert found(trail) == {("dated_back", MANY + 5)}


def test_the_sealed_entries_are_the_trail_s(trail):
    with system_scope(Purpose.SEAL):
        assert set(Leaf.objects.values_list("entry_id", flat=True)) == set(
            Entry.objects.values_list("id", flat=True)
        )
