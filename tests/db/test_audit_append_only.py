"""The audit trail only grows, and holds pseudonyms and facts, never how to reach anyone."""

import json

import psycopg
import pytest
from django.db import DatabaseError, connection

from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.runtime.postgres_roles import OWNER, database_url


@pytest.fixture
def recorded(here, interview, drain):
    """Run the main job, so that there is something to tamper with."""
    here.ask(interview, note="请致电13912345678")
    drain()
    assert here.count(Entry) >= 4
    return here


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_entry SET canonical = '{}'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "DELETE FROM audit_entry WHERE false",
    ],
)
def test_the_run_time_role_can_neither_change_nor_remove_an_entry(recorded, tampering):
    before = recorded.entries()
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        recorded.scope(),
        connection.cursor() as cursor,
    ):
        cursor.execute(tampering)
    assert recorded.entries() == before


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_entry SET canonical = '{}'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry CASCADE",
    ],
)
def test_not_even_the_owner_can(recorded, home, tampering):
    before = recorded.entries()
    with psycopg.connect(database_url(OWNER, home=home), autocommit=True) as owner:
        owner.execute("SELECT set_config('raincheck.company', %s, false)", [str(recorded.company.id)])
        with pytest.raises(psycopg.errors.RaiseException, match="can only grow"):
            owner.execute(tampering)
    assert recorded.entries() == before


def test_which_transaction_wrote_an_entry_is_not_for_its_writer_to_say(recorded):
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        recorded.scope(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO audit_entry (canonical, xid) SELECT canonical, '1'::xid8 FROM audit_entry LIMIT 1"
        )


def test_the_entries_hold_no_name_and_no_way_to_reach_anyone(recorded, interview):
    with recorded.scope():
        written = json.dumps(list(Entry.objects.values()), default=str, ensure_ascii=False)
        names = [recorded.candidate.name, *(person.name for person in recorded.staff.values())]
        addresses = [person.email for person in recorded.staff.values()]
    secret = [*names, *addresses, recorded.phone(), recorded.phone()[3:], recorded.email(), "13912345678"]
    assert [word for word in secret if word in written] == []
    assert recorded.candidate.school in written
    assert "校园招聘" in written


def test_an_entry_outlives_what_it_speaks_of(superuser, migrated):
    keys = superuser.execute(
        "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'audit_entry'::regclass"
    ).fetchone()
    assert keys == (0,)


def test_a_deed_and_its_entry_are_one_transaction(here, interview):
    def halfway():
        with here.scope():
            here.ask(interview)
            raise RuntimeError("after the deed")

    with pytest.raises(RuntimeError, match="after the deed"):
        halfway()
    assert here.entries(interview=interview) == []
    here.ask(interview)
    assert here.entries(interview=interview) == [Action.REQUESTED]
