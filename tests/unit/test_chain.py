"""Which step of a message is due, in every case that matters; and when a reader's night is over."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest

from raincheck.notifications.delivery.chain import LIMITS, Verdict, judge
from raincheck.notifications.delivery.quiet import quiet_until
from raincheck.notifications.models import Delivery

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CHAIN = ("app_push", "sms", "email")


def tried(channel, state, *, ago=0, number=1, confirms=False, receipt="", point=None):
    """Return an attempt made so many seconds ago."""
    at = NOW - timedelta(seconds=ago)
    return Delivery(
        channel=channel,
        attempt=number,
        state=state,
        at=at,
        confirms=confirms,
        receipt=receipt,
        point_id=point,
    )


PUSHED = tried("app_push", "sent", ago=5, confirms=True)
LONG_AGO = tried("app_push", "sent", ago=3600, confirms=True)
REACHED, NOBODY = Verdict(reached=True), Verdict()
WAITS = Verdict(until=PUSHED.at + LIMITS["app_push"].to_confirm)


@pytest.mark.parametrize(
    ("attempts", "verdict"),
    [
        ([], Verdict(due="app_push")),
        ([tried("app_push", "sent")], REACHED),
        ([PUSHED], WAITS),
        ([LONG_AGO], Verdict(due="sms")),
        ([tried("app_push", "sent", confirms=True, receipt="delivered")], REACHED),
        ([tried("app_push", "sent", confirms=True, receipt="failed")], Verdict(due="sms")),
        ([tried("app_push", "skipped")], Verdict(due="sms")),
        ([tried("app_push", "failed"), tried("sms", "skipped")], Verdict(due="email")),
        ([tried("app_push", "failed"), tried("sms", "failed"), tried("email", "failed")], NOBODY),
        ([LONG_AGO, tried("sms", "failed"), tried("email", "failed")], REACHED),
        (
            [tried("app_push", "failed"), tried("sms", "failed"), tried("email", "sent", confirms=True)],
            REACHED,
        ),
        (
            [LONG_AGO, tried("sms", "sent", receipt="failed"), tried("email", "sent", receipt="failed")],
            REACHED,
        ),
        (
            [tried("app_push", "retry", ago=5)],
            Verdict(due="app_push", until=NOW - timedelta(seconds=5) + LIMITS["app_push"].to_hand_over),
        ),
        ([tried("app_push", "retry", ago=3600)], Verdict(due="sms")),
        (
            [tried("app_push", "retry", ago=3600), tried("sms", "skipped"), tried("email", "failed")],
            Verdict(due="app_push"),
        ),
    ],
)
def test_a_chain_goes_on_until_somebody_is_reached(attempts, verdict):
    assert judge(CHAIN, attempts, read=False, now=NOW) == verdict


def test_whoever_has_read_it_in_the_app_is_reached():
    assert judge(CHAIN, [PUSHED], read=True, now=NOW) == REACHED
    assert judge(CHAIN, [tried("app_push", "failed")], read=True, now=NOW) == REACHED
    # What goes out at once doesn't ask.
    assert judge(("email",), [], read=True, now=NOW) == Verdict(due="email")


def test_of_several_browsers_one_is_enough():
    here, there = uuid4(), uuid4()
    gone, refused = (
        tried("web_push", "failed", point=here),
        tried("web_push", "retry", point=there),
    )
    way = ("web_push", "sms")
    assert judge(way, [gone, tried("web_push", "sent", point=there)], read=False, now=NOW) == REACHED
    assert judge(way, [gone, refused], read=False, now=NOW).due == "web_push"
    assert judge(way, [gone, tried("web_push", "failed", point=there)], read=False, now=NOW).due == "sms"
    second = tried("web_push", "sent", point=there, number=2)
    assert judge(way, [gone, refused, second], read=False, now=NOW) == REACHED


def night(now, zone, begins="22:00", ends="08:00"):
    """Return when the night is over that this instant lies in, by the wall clock there."""
    begins, ends = time.fromisoformat(begins), time.fromisoformat(ends)
    return quiet_until(datetime.fromisoformat(now), zone=zone, begins=begins, ends=ends)


@pytest.mark.parametrize(
    ("now", "zone", "over"),
    [
        ("2026-06-01T13:59:59Z", "Asia/Shanghai", None),
        ("2026-06-01T14:00:00Z", "Asia/Shanghai", "2026-06-02T00:00:00Z"),
        ("2026-06-01T23:59:59Z", "Asia/Shanghai", "2026-06-02T00:00:00Z"),
        ("2026-06-02T00:00:00Z", "Asia/Shanghai", None),
        # The clocks go forward in that night, and back in this: 8 in the morning is 8 in the morning.
        ("2026-03-28T22:30:00Z", "Europe/Berlin", "2026-03-29T06:00:00Z"),
        ("2026-10-24T20:30:00Z", "Europe/Berlin", "2026-10-25T07:00:00Z"),
        ("2026-03-08T04:00:00Z", "America/New_York", "2026-03-08T12:00:00Z"),
    ],
)
def test_the_night_ends_by_the_readers_clock(now, zone, over):
    assert night(now, zone) == (over and datetime.fromisoformat(over))


def test_an_end_the_clocks_leap_over_or_show_twice():
    assert night("2026-03-29T00:30:00Z", "Europe/Berlin", ends="02:30") == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )
    assert night("2026-10-24T21:00:00Z", "Europe/Berlin", ends="02:30") == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


def test_quiet_hours_may_lie_within_a_day_or_not_be_at_all():
    assert night("2026-06-01T05:00:00Z", "Asia/Shanghai", "12:00", "14:00") == datetime(
        2026, 6, 1, 6, tzinfo=UTC
    )
    assert night("2026-06-01T07:00:00Z", "Asia/Shanghai", "12:00", "14:00") is None
    assert night("2026-06-01T15:00:00Z", "Asia/Shanghai", "08:00", "08:00") is None
