"""An entry is its canonical text (RFC 8785), and every column is generated from that."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pytest
import rfc8785
from django.db import DatabaseError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raincheck.audit.canonical import canonical, microseconds
from raincheck.audit.columns import COLUMNS, cut
from raincheck.audit.log import Deed, Subject, note, note_all
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id

_INSERT = "INSERT INTO audit_entry (canonical) VALUES (%s)"
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TEXT, JSON))
def test_our_short_way_gives_the_bytes_of_rfc_8785(document):
    assert canonical(document).encode() == rfc8785.dumps(document)


def test_the_standard_s_own_example_comes_out_as_it_says():
    example = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical(example) == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_a_number_too_great_for_json_is_kept_as_text_not_rounded():
    assert canonical({"n": 2**53, "deep": [-(2**60)]}) == f'{{"deep":["{-(2**60)}"],"n":"{2**53}"}}'


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_is_generated_to_the_microsecond(db_expression, instant):
    assert db_expression(microseconds(instant)) == instant


@pytest.fixture(scope="module")
def db_expression(superuser, migrated):
    """Return a function that has PostgreSQL generate `at` of a number of microseconds, in both ways."""
    [parsed] = [expression for name, _, expression, _ in COLUMNS if name == "at"]
    query = (
        f"SELECT {parsed}, {cut('at', 'timestamptz', may_be_empty=False)}"
        """ FROM (SELECT '{"action":"","at":' || %s::bigint || ',"cancellation_id":null}' AS canonical) document"""
    )

    def generated(number):
        [one, other] = superuser.execute(query, [number]).fetchone()
        assert one == other
        return one

    return generated


def test_columns_say_what_the_text_says_however_it_was_written(here):
    actor, about = here.actor(), Subject("interview", new_id(), interview_id=new_id())
    facts = {"school": "示例大学“一”\n", "count": 3, "share": 0.25, "none": None, "list": [1, {"a": True}]}
    with here.scope() as now:
        note(actor=actor, deed=Deed("task.opened", about, facts), now=now)
        note_all(actor=actor, deeds=[Deed("task.settled", about, facts)] * 2, now=now)
        entries = list(Entry.objects.order_by("id"))
    assert [entry.action for entry in entries] == ["task.opened", "task.settled", "task.settled"]
    for entry in entries:
        assert (entry.at, entry.facts, entry.company_id, entry.actor_id) == (
            now,
            facts,
            here.company.id,
            actor.id,
        )
        assert (entry.interview_id, entry.cancellation_id) == (about.interview_id, None)
        document = {
            "v": 1, "id": str(entry.id), "company_id": str(entry.company_id), "at": microseconds(now),
            "actor_kind": "staff", "actor_id": str(actor.id), "action": entry.action, "subject_type": "interview",
            "subject_id": str(about.id), "interview_id": str(about.interview_id), "cancellation_id": None,
            "facts": facts, "request_id": entry.request_id,
        }  # fmt: skip
        assert entry.canonical.encode() == rfc8785.dumps(document)


def test_a_text_that_is_no_entry_is_not_taken(here):
    for text in ("{}", "nothing", '{"id":"no"}'):
        with pytest.raises(DatabaseError), here.scope(), connection.cursor() as cursor:
            cursor.execute(_INSERT, [text])
    assert here.count(Entry) == 0


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ('{"action":', '{"action":"task.settled","action":'),
        (',"facts":', ',"at":1,"facts":'),
        (',"facts":{', ',"facts":{},"action":"task.settled","facts":{'),
        ('},"id":', '},"action":"task.settled","id":'),
        ('"v":1}', '"v":1,"action":"task.settled"}'),
        ('"v":1}', '"v":2}'),
        ('"v":1}', '"v":1} '),
        (',"request_id":"', ',"request_id": "'),
        (',"request_id":"', ',"request_id":"\\u0041'),
        (',"request_id":"', ',"more":1,"request_id":"'),
        ('"actor_kind":"staff"', '"actor_kind":null'),
        ('"at":', '"at":0'),
        (',"subject_type":"task"', ""),
    ],
)
def test_a_text_that_could_be_read_in_two_ways_is_not_taken(here, there, instead):
    with here.scope() as now:
        deed = Deed("task.opened", Subject("task", new_id()), {"at": 1, "id": "2", "facts": []})
        text = Entry.of(actor=here.actor(), deed=deed, at=now).canonical
    assert there in text
    with pytest.raises(DatabaseError), here.scope(), connection.cursor() as cursor:
        cursor.execute(_INSERT, [text.replace(there, instead, 1)])
    with here.scope(), connection.cursor() as cursor:
        cursor.execute(_INSERT, [text])


@settings(deadline=None, max_examples=50, suppress_health_check=[*HealthCheck])
@given(
    st.dictionaries(TEXT | st.sampled_from(["id", "facts", "v", "at", "action", "interview_id"]), JSON), TEXT
)
def test_what_is_cut_out_of_a_text_is_what_parsing_it_gives_whatever_its_facts_hold(here, facts, request_id):
    facts, request_id = _storable(facts), _storable(request_id)[:64]
    deed = Deed("task.opened", Subject("task", new_id(), cancellation_id=new_id()), facts)
    same = " AND ".join(
        f'("{name}" IS NOT DISTINCT FROM ({parsed})::{kind})' for name, kind, parsed, _ in COLUMNS
    )
    with here.scope() as now, connection.cursor() as cursor:
        entry = Entry.of(actor=here.actor(), deed=deed, at=now, request_id=request_id)
        cursor.execute(_INSERT, [entry.canonical])
        cursor.execute(f"SELECT {same} FROM audit_entry WHERE id = %s", [entry.id])
        assert cursor.fetchall() == [(True,)]


def _storable(value):
    """Return a value without the one character that no text of PostgreSQL's can hold."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    return [_storable(one) for one in value] if isinstance(value, list) else value


def test_entries_stay_what_they_are_when_their_columns_are_parsed_again_and_cut_again(
    here, superuser, migrated
):
    """Run the migration backwards and forwards with entries there, as its owner, and take it all back."""
    migration = import_module("raincheck.audit.migrations.0008_cut_columns")
    with here.scope() as now:
        note_all(
            actor=here.actor(), deeds=[Deed("task.opened", Subject("task", new_id()), {"n": 1})] * 3, now=now
        )
    [operation] = migration.Migration.operations
    shape = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'audit_entry' ORDER BY 1"
    rows = "SELECT to_jsonb(e) FROM audit_entry e ORDER BY id"
    with psycopg.connect(superuser.info.dsn, password=superuser.info.password) as owner:
        before, entries = owner.execute(shape).fetchall(), owner.execute(rows).fetchall()
        editor = SimpleNamespace(
            execute=owner.execute,
            connection=SimpleNamespace(cursor=owner.cursor),
        )
        for way in (operation.reverse_code, operation.code):
            way(None, editor)
            assert owner.execute(rows).fetchall() == entries
            assert [name for name, _ in owner.execute(shape).fetchall()] == [name for name, _ in before]
        owner.rollback()


def test_an_entry_of_another_company_is_not_taken(here, there):
    elsewhere = Actor.system(there.company.id)
    with pytest.raises(DatabaseError, match="row-level security"), here.scope() as now:
        note(actor=elsewhere, deed=Deed("task.opened", Subject("task", new_id())), now=now)


def test_entries_from_before_get_the_text_they_would_have_been_written_with(superuser, migrated):
    """Run the migration's own code on a table of the former shape, in a schema of its own."""
    migration = import_module("raincheck.audit.migrations.0003_canonical")
    with psycopg.connect(superuser.info.dsn, password=superuser.info.password) as old:
        old.execute("CREATE SCHEMA before")
        old.execute("SET search_path = before")
        old.execute(_BEFORE)
        at = datetime(2026, 3, 1, 12, 0, 0, 123457, tzinfo=UTC)
        facts = '{"school": "示例“大学”", "b": 1.50, "a": [1, null]}'
        rows = [[uuid4(), uuid4(), at + timedelta(microseconds=n), uuid4(), facts] for n in range(7)]
        for row in rows:
            old.execute(
                "INSERT INTO audit_entry (id, company_id, at, actor_kind, action, subject_type, subject_id, facts,"
                " request_id) VALUES (%s, %s, %s, 'system', 'task.opened', 'task', %s, %s, 'r')",
                row,
            )
        editor = SimpleNamespace(
            execute=old.execute,
            connection=SimpleNamespace(cursor=old.cursor),
            quote_name=lambda name: f'"{name}"',
        )
        migration._BATCH = 3
        migration.forwards(None, editor)
        found = old.execute(
            "SELECT id, company_id, at, subject_id, facts, canonical FROM audit_entry ORDER BY at"
        ).fetchall()
        assert [list(row[:4]) for row in found] == [row[:4] for row in rows]
        for *_, kept, text in found:
            assert kept == {"school": "示例“大学”", "b": 1.5, "a": [1, None]}
            assert '"facts":{"a":[1,null],"b":1.5,"school":"示例“大学”"}' in text
        old.rollback()


_BEFORE = """
CREATE TABLE audit_entry (
  id uuid PRIMARY KEY, company_id uuid NOT NULL, at timestamptz NOT NULL, actor_kind varchar(16) NOT NULL,
  actor_id uuid, action varchar(48) NOT NULL, subject_type varchar(32) NOT NULL, subject_id uuid NOT NULL,
  interview_id uuid, cancellation_id uuid, facts jsonb NOT NULL, request_id varchar(64) NOT NULL);
CREATE INDEX audit_company_at ON audit_entry (company_id, at);
CREATE INDEX audit_interview ON audit_entry (interview_id);
CREATE INDEX audit_cancellation ON audit_entry (cancellation_id);
CREATE INDEX audit_requests ON audit_entry (company_id, at DESC, id DESC) WHERE action IN ('cancellation.requested');
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'the audit trail can only grow'; END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION no();
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY company_wall ON audit_entry USING (
  company_id = NULLIF(current_setting('raincheck.company', true), '')::uuid);
"""
