"""The move by the thousand writes what the move of one does, to the letter, or nothing."""

from datetime import UTC, datetime, timedelta
from threading import Timer

import psycopg
import pytest
from django.db import transaction

from raincheck.archive.actions import Departure, MoveFailed, checksum_of, move_out
from raincheck.archive.bulk import Leaving, move_out_in_bulk
from raincheck.archive.models import HistoryRecord, ProfileEntry, TalentProfile
from raincheck.cancellations.models import Cancellation, Reason
from raincheck.core.actor import Actor
from raincheck.recruiting.models import Assessment, Candidate, Interview


def cancelled(here, now, *, scores):
    """Return a booked interview marked cancelled, with a completed cancellation."""
    interview = here.book(hours=100, with_vendor=False)
    Interview.objects.filter(id=interview.id).update(
        state="cancelled",
        vendor_word='said "no"\n\\ 取消\t',
        # A fraction whose last digits are zeros; the start has none.
        ends_at=interview.ends_at + timedelta(milliseconds=120),
    )
    for dimension, score in scores:
        Assessment.objects.create(
            company=here.company,
            interview=interview,
            dimension=dimension,
            score=score,
            max_score="10",
            partial=True,
            scored_at=now,
        )
    cancellation = Cancellation.objects.create(
        company=here.company,
        interview=interview,
        state="completed",
        initiator="hr",
        requested_at=now,
        completed_at=now,
        channel="import",
        reason=Reason.objects.get(code="health"),
        outcome="auto",
        rule="imported",
        policy_version=0,
        agreement="not_needed",
    )
    related = Interview.objects.select_related("application__candidate", "application__position")
    return related.get(id=interview.id), cancellation


def links_of(candidate_id):
    entries = ProfileEntry.objects.filter(profile__candidate_id=candidate_id).order_by("kind", "subject_id")
    return list(entries.values_list("kind", "subject_id", "data", "occurred_at"))


@pytest.mark.parametrize("consent", [True, False, None])
@pytest.mark.parametrize("scores", [[], [("逻辑", "7.5"), ('"quoted"', "3")]])
def test_it_writes_what_the_move_of_one_writes(here, scores, consent):
    with here.scope() as now:
        interview, cancellation = cancelled(here, now, scores=scores)
        candidate_id = interview.application.candidate_id
        Candidate.objects.filter(id=candidate_id).update(pool_consent=consent)
        departure = Departure(cancellation.id, "health", "hr", now, note_given=False)
        with transaction.atomic():
            history = move_out(
                interview=interview, departure=departure, actor=Actor.system(here.company.id), now=now
            )
            profile = TalentProfile.objects.get(candidate_id=candidate_id)
            single = history.snapshot, history.checksum, links_of(candidate_id), profile.in_pool
            transaction.set_rollback(True)
        [moved] = move_out_in_bulk(
            company_id=here.company.id,
            leaving=[Leaving(interview.id, cancellation.id, "health", "hr", now)],
            now=now,
        )
        written = HistoryRecord.objects.get(id=moved.history_id)
        profile = TalentProfile.objects.get(candidate_id=candidate_id)
        assert (written.snapshot, written.checksum, links_of(candidate_id), profile.in_pool) == single
        assert checksum_of(written.snapshot) == moved.checksum
        assert (written.school, written.source, written.reason_code, written.archived_at) == (
            history.school,
            history.source,
            "health",
            now,
        )


def test_who_has_a_profile_already_keeps_it_and_goes_into_the_pool_once_they_consent(here):
    with here.scope() as now:
        moves = []
        for consent in (None, True):
            interview, cancellation = cancelled(here, now, scores=[])
            candidate_id = interview.application.candidate_id
            Candidate.objects.filter(id=candidate_id).update(pool_consent=consent)
            leaving = [Leaving(interview.id, cancellation.id, "health", "hr", now)]
            moves += move_out_in_bulk(company_id=here.company.id, leaving=leaving, now=now)
            profile = TalentProfile.objects.get(candidate_id=candidate_id)
            assert (profile.in_pool, profile.pooled_at) == ((True, now) if consent else (False, None))
        linked = [(kind, subject) for kind, subject, *_ in links_of(candidate_id)]
    first, second = (("cancellation", move.cancellation_id) for move in moves)
    application = ("application", interview.application_id)
    assert sorted(linked) == sorted([("cv", candidate_id), application, first, second])


def test_two_of_one_candidate_are_linked_to_one_profile_and_nothing_is_linked_twice(here):
    with here.scope() as now:
        pairs = [cancelled(here, now, scores=[("逻辑", "7.5")]) for _ in range(2)]
        leaving = [Leaving(one.id, cancellation.id, "health", "hr", now) for one, cancellation in pairs]
        moves = move_out_in_bulk(company_id=here.company.id, leaving=leaving, now=now)
        [profile] = TalentProfile.objects.all()
        linked = [kind for kind, *_ in links_of(profile.candidate_id)]
        made = [
            profile.id,
            *ProfileEntry.objects.values_list("id", flat=True),
            *(one.history_id for one in moves),
        ]
    assert linked == ["application", *["assessment"] * 2, *["cancellation"] * 2, "cv"]
    assert len(set(made)) == len(made)
    for id_ in made:
        assert (id_.version, id_.variant) == (7, "specified in RFC 4122")
        at = datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)
        assert abs(at - datetime.now(UTC)) < timedelta(minutes=5)


def test_consent_that_is_given_at_this_moment_finds_the_profile_or_is_found_by_it(here, superuser):
    with (
        here.scope() as now,
        psycopg.connect(superuser.info.dsn, password=superuser.info.password) as candidate_s,
    ):
        interview, cancellation = cancelled(here, now, scores=[])
        candidate_s.execute(
            "UPDATE recruiting_candidate SET pool_consent = true WHERE id = %s",
            [interview.application.candidate_id],
        )
        Timer(0.5, candidate_s.commit).start()
        leaving = [Leaving(interview.id, cancellation.id, "health", "hr", now)]
        move_out_in_bulk(company_id=here.company.id, leaving=leaving, now=now)
        assert TalentProfile.objects.get(candidate_id=interview.application.candidate_id).in_pool


def test_one_that_still_stands_keeps_all_from_moving(here):
    with here.scope() as now:
        interview, cancellation = cancelled(here, now, scores=[])
        Interview.objects.filter(id=interview.id).update(state="scheduled")
        with pytest.raises(MoveFailed), transaction.atomic():
            move_out_in_bulk(
                company_id=here.company.id,
                leaving=[Leaving(interview.id, cancellation.id, "health", "hr", now)],
                now=now,
            )
        assert HistoryRecord.objects.count() == 0
