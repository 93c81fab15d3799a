"""What a calendar program reads: whole instants, whatever the zone does; the form that all of them understand."""

import email
import email.policy
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.tz import tzical
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from raincheck.notifications.calendars import Appointment, Invitation, itip
from raincheck.notifications.channels.base import Envelope
from raincheck.notifications.channels.smtp.mail import mail_of

ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("posix", "right"))
)
STAMP = datetime(2026, 1, 1, tzinfo=UTC)
#: Zones that change their rules, doubt about every hour: summer time begun and given up, half hours, a day left out.
CHANGING = [
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Apia",
    "Asia/Pyongyang",
    "UTC",
]
#: 1990 to 2099.
instants = st.integers(631_152_000, 4_070_908_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def message(
    starts_at, zone, *, minutes=45, method="REQUEST", summary="AI面试", sequence=0, uid="0190", organizer=""
):
    appointment = Appointment(
        interview=uid,
        sequence=sequence,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        summary=summary,
        stamp=STAMP,
        cancelled=method == "CANCEL",
    )
    return itip(Invitation(appointment, "a@example.com", zone, organizer))


def unfolded(text):
    return text.replace("\r\n ", "")


def read_strictly(text, name, *, by_name=False):
    """Return an instant as a reader finds it who knows zones only from the VTIMEZONE that came along; or by name."""
    lines = unfolded(text).split("\r\n")
    event = lines[lines.index("BEGIN:VEVENT") :]
    line = next(line for line in event if line.startswith(name))
    head, _, value = line.partition(":")
    if value.endswith("Z"):
        assert ";" not in head
        return datetime.fromisoformat(value)
    tzid = head.partition(";TZID=")[2]
    known = ZoneInfo(tzid) if by_name else None
    zone = known or tzical(io.StringIO(unfolded(text).replace("\r\n", "\n"))).get(tzid)
    return datetime.fromisoformat(value).replace(tzinfo=zone).astimezone(UTC)


@settings(max_examples=150, deadline=None)
@given(
    starts_at=instants, zone=st.sampled_from(CHANGING) | st.sampled_from(ZONES), minutes=st.integers(5, 600)
)
def test_a_wall_clock_time_maps_back_to_its_instant_by_the_calendars_own_rules(starts_at, zone, minutes):
    text = message(starts_at, zone, minutes=minutes)
    assert read_strictly(text, "DTSTART") == starts_at
    assert read_strictly(text, "DTEND") == starts_at + timedelta(minutes=minutes)
    assert read_strictly(text, "DTSTART", by_name=True) == starts_at


@pytest.mark.parametrize("minute", range(0, 180, 15))
def test_the_doubled_hour_is_said_in_utc_and_the_first_of_the_two_as_it_is(minute):
    starts_at = datetime(2026, 10, 25, 0, 0, tzinfo=UTC) - timedelta(minutes=60) + timedelta(minutes=minute)
    text = message(starts_at, "Europe/Berlin", minutes=15)
    assert read_strictly(text, "DTSTART") == starts_at
    berlin = ZoneInfo("Europe/Berlin")
    ends = (starts_at, starts_at + timedelta(minutes=15))
    second = any(end.astimezone(berlin).fold for end in ends)
    assert ("DTSTART;TZID=Europe/Berlin:" in text) is not second


def test_only_the_transitions_near_the_appointment_come_along():
    summer = message(datetime(2026, 7, 1, 8, tzinfo=UTC), "Europe/Berlin")
    assert (summer.count("BEGIN:STANDARD"), summer.count("BEGIN:DAYLIGHT")) == (4, 3)
    assert "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200" in summer.replace("TZNAME:CEST\r\n", "")
    shanghai = message(datetime(2026, 7, 1, 8, tzinfo=UTC), "Asia/Shanghai")
    assert shanghai.count("TZOFFSETTO:+0800") == 1
    # Brazil gave its summer time up: the rules of 2018 aren't those of 2026.
    assert message(datetime(2018, 12, 1, 8, tzinfo=UTC), "America/Sao_Paulo").count("BEGIN:DAYLIGHT") == 3
    assert "BEGIN:DAYLIGHT" not in message(datetime(2026, 12, 1, 8, tzinfo=UTC), "America/Sao_Paulo")


@settings(max_examples=30, deadline=None)
@given(summary=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=120))
def test_no_line_is_longer_than_75_octets_and_no_character_is_torn(summary):
    said = f"面试已取消：{summary}"
    text = message(
        datetime(2026, 7, 1, 8, tzinfo=UTC), "Asia/Shanghai", summary=said, organizer='云帆"科技"' * 20
    )
    assert text.endswith("END:VCALENDAR\r\n")
    for line in text.encode().split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    [event] = Calendar.from_ical(text).walk("VEVENT")
    assert str(event["SUMMARY"]) == said
    assert '"' not in event["ORGANIZER"].params["CN"]


def mail(**envelope):
    made = mail_of(
        Envelope(
            key="0190-email",
            address="a@example.com",
            title="面试已取消",
            body="您的面试已取消",
            sms="",
            template="staff_cancelled",
            **envelope,
        )
    )
    return email.message_from_bytes(made.message().as_bytes(linesep="\r\n"), policy=email.policy.SMTP)


def test_a_mail_has_the_form_that_calendar_programs_act_on():
    text = message(datetime(2026, 7, 1, 8, tzinfo=UTC), "Asia/Shanghai", method="CANCEL", sequence=3)
    sent = mail(calendar=text, html="<p>已取消</p>")
    assert sent.get_content_type() == "multipart/mixed"
    body, file = sent.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    plain, html, invitation = body.iter_parts()
    assert [part.get_content_type() for part in (plain, html)] == ["text/plain", "text/html"]
    assert invitation["Content-Type"].params == {"method": "CANCEL", "charset": "utf-8"}
    assert invitation["Content-Transfer-Encoding"] == "base64"
    assert "Content-Disposition" not in invitation
    assert invitation.get_payload(decode=True) == text.encode()
    assert file.get_content_type() == "application/ics"
    assert (file.get_filename(), file.get_payload(decode=True)) == ("invite.ics", text.encode())
    for line in ("METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:3", "UID:0190@raincheck"):
        assert f"{line}\r\n" in text


def test_a_mail_without_an_appointment_is_a_plain_one():
    assert mail().get_content_type() == "text/plain"
    assert mail(html="<p>好</p>").get_content_type() == "multipart/alternative"


def test_a_digest_brings_a_calendar_for_each_of_its_appointments():
    at = datetime(2026, 7, 1, 8, tzinfo=UTC)
    texts = tuple(message(at, "Asia/Shanghai", method="CANCEL", uid=str(n)) for n in range(3))
    sent = mail(calendars=texts)
    body, *parts = sent.iter_parts()
    assert sent.get_content_type() == "multipart/mixed"
    assert body.get_content_type() == "text/plain"
    assert [part.get_content_type() for part in parts] == ["text/calendar"] * 3
    assert {part["Content-Type"].params["method"] for part in parts} == {"CANCEL"}
    found = [Calendar.from_ical(part.get_payload(decode=True)) for part in parts]
    assert [str(c.walk("VEVENT")[0]["UID"]) for c in found] == [f"{n}@raincheck" for n in range(3)]
    assert len({part.get_filename() for part in parts}) == 3
