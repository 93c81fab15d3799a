"""Statements put together once give what Django's own would."""

from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet

from raincheck.accounts.abilities import Ability
from raincheck.cancellations.models import Cancellation
from raincheck.core.prepared import Prepared, insert, update
from raincheck.recruiting.models import Interview
from raincheck.recruiting.queries import lock_interview, visible_interviews


def _values(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_prepared_query_gives_the_row_and_what_is_selected_along_as_django_does(here, interview):
    actor = here.as_candidate()
    with here.scope():
        mine = lock_interview(actor, interview.id, ability=Ability.CANCEL_INTERVIEW)
        theirs = visible_interviews(actor).get(id=interview.id)
        with_it = [
            mine,
            mine.company,
            mine.application,
            mine.application.candidate,
            mine.application.position,
        ]
        same = [
            theirs,
            theirs.company,
            theirs.application,
            theirs.application.candidate,
            theirs.application.position,
        ]
        assert [_values(row) for row in with_it] == [_values(row) for row in same]
        assert not mine._state.adding


def test_it_is_written_once_and_answers_by_the_values_of_each_call(here, interview, soon):
    written = []

    def by_id(interview_id: UUID) -> QuerySet[Interview]:
        written.append(interview_id)
        return Interview.objects.filter(id=interview_id)

    query = Prepared(by_id)
    with here.scope():
        found = [query.first(interview_id=wanted) for wanted in (interview.id, soon.id, uuid4())]
    assert [row and row.id for row in found] == [interview.id, soon.id, None]
    assert len(written) == 1


def test_a_value_that_stands_nowhere_in_the_statement_is_refused(here):
    def forgetful(interview_id: UUID, company_id: UUID) -> QuerySet[Interview]:
        return Interview.objects.filter(id=interview_id)

    with pytest.raises(TypeError, match="company_id"), here.scope():
        Prepared(forgetful).first(interview_id=uuid4(), company_id=here.company.id)


def test_a_row_inserted_and_updated_by_them_reads_back_whole(here, interview):
    asked = here.ask(interview)
    here.put(asked, state="withdrawn", idempotency_key=None)
    copy = here.fresh(asked)
    copy.id = uuid4()
    with here.scope():
        insert(copy)
        assert _values(Cancellation.objects.get(id=copy.id)) == _values(copy)
        copy.note, copy.state = "改过", "rejected"
        update(copy, "note")
        stored = Cancellation.objects.get(id=copy.id)
    assert (stored.note, stored.state) == ("改过", "withdrawn")


def test_the_database_plans_a_request_s_statements_once(here):
    """Fails when parameters are put into the text again, where nothing can be prepared."""
    for number in range(6):
        here.ask(here.book(hours=100 + number, candidate=here.add_candidate()))
    with here.scope(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%cancellation%"]
        )
        assert cursor.fetchone()[0] > 0
