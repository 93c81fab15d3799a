"""The simulated outbox, as a real process: SMS gateway, SMTP sink, pages, and what they remember."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulators import Outbox, free_port, refusal, start_outbox

PHONE = "+8613800000001"
MESSAGE = {"to": PHONE, "body": "您的验证码是 482135", "template": "SMS_LOGIN", "params": {"code": "482135"}}
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"
_numbers = count()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outbox]:
    with start_outbox(tmp_path_factory.mktemp("outbox")) as outbox:
        yield outbox


@pytest.fixture
def outbox(running: Outbox) -> Outbox:
    running.clear()
    return running


def text(outbox: Outbox, *, key: str | None = None, **changes: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {outbox.key}", "Idempotency-Key": key or f"sms-{next(_numbers)}"}
    return outbox.http.post("/sms", json={**MESSAGE, **changes}, headers=headers)


def letter(**changes: str) -> EmailMessage:
    message = EmailMessage()
    headers = {
        "Subject": "面试取消通知",
        "From": "雨检 <no-reply@example.invalid>",
        "To": "iv@example.invalid",
        "Date": "Thu, 31 Jan 2030 08:00:00 +0000",
        "Message-ID": f"<{next(_numbers)}@example.invalid>",
    }
    for name, value in {**headers, **changes}.items():
        if value:
            message[name] = value
    message.set_content("面试已取消。")
    return message


def post(outbox: Outbox, message: EmailMessage, *, to: list[str] | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", outbox.smtp_port, timeout=10) as smtp:
        smtp.send_message(message, to_addrs=to)


# SMS


def test_a_text_is_accepted_and_reaches_the_phone(outbox: Outbox) -> None:
    answer = text(outbox, key="one")
    assert answer.status_code == 202
    (arrived,) = outbox.sms(PHONE)
    assert arrived.pop("at")
    assert arrived == {**MESSAGE, "id": answer.json()["id"], "idempotency_key": "one"}
    assert outbox.sms("+8613800000002") == []


def test_a_number_may_be_asked_for_with_its_plus_unescaped(outbox: Outbox) -> None:
    text(outbox)
    assert len(outbox.http.get(f"/api/sms?to={PHONE}").json()["items"]) == 1


def test_the_same_key_gives_the_same_id_and_reaches_the_phone_once(outbox: Outbox) -> None:
    first, second = text(outbox, key="twice"), text(outbox, key="twice")
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(outbox.sms(PHONE)) == 1
    assert outbox.counts() == {"sms": {"twice": 1}, "sms_requests": {"twice": 2}, "mail": {}}


def test_the_same_key_with_another_text_is_refused(outbox: Outbox) -> None:
    text(outbox, key="mine")
    assert refusal(text(outbox, key="mine", body="另一条")) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("number", ["13800000001", "+86 13800000001", "+0138", "+1234567890123456", "+86x"])
def test_a_number_that_is_not_e164_is_refused(outbox: Outbox, number: str) -> None:
    assert refusal(text(outbox, to=number)) == (422, "invalid_number")


@pytest.mark.parametrize(
    "changes", [{"body": ""}, {"template": None}, {"params": {"code": 1}}, {"params": []}, {"sign": "x"}]
)
def test_a_text_of_another_shape_is_refused(outbox: Outbox, changes: dict[str, Any]) -> None:
    assert refusal(text(outbox, **changes)) == (422, "invalid_request")
    assert outbox.sms() == []


def test_a_text_without_bearer_or_key_is_refused(outbox: Outbox) -> None:
    assert refusal(outbox.http.post("/sms", json=MESSAGE)) == (401, "unauthorized")
    headers = {"Authorization": f"Bearer {outbox.key}"}
    assert refusal(outbox.http.post("/sms", json=MESSAGE, headers=headers)) == (
        400,
        "idempotency_key_missing",
    )


def test_sms_faults_refuse_and_keep_nothing(outbox: Outbox) -> None:
    outbox.fault("sms", "error_500", times=1)
    outbox.fault("sms", "reject", times=1)
    outbox.fault("sms", "unreachable", times=1)
    assert refusal(text(outbox)) == (500, "internal_error")
    assert refusal(text(outbox)) == (422, "rejected")
    with pytest.raises(httpx.RemoteProtocolError):
        text(outbox)
    assert outbox.sms() == []
    assert text(outbox).status_code == 202


def test_a_text_whose_answer_is_lost_has_arrived_once(outbox: Outbox) -> None:
    outbox.fault("sms", "lost_answer", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        text(outbox, key="lost")
    assert text(outbox, key="lost").headers["Idempotent-Replayed"] == "true"
    assert len(outbox.sms(PHONE)) == 1


def test_a_slow_gateway_answers_late(outbox: Outbox) -> None:
    outbox.fault("sms", "slow", ms=300)
    began = time.monotonic()
    assert text(outbox).status_code == 202
    assert time.monotonic() - began >= 0.3


# Mail


def test_a_mail_is_kept_with_text_headers_and_calendar(outbox: Outbox) -> None:
    message = letter()
    message.add_alternative("<p>面试<b>已取消</b></p>", subtype="html")
    message.add_alternative(CALENDAR, subtype="calendar", params={"method": "CANCEL"})
    post(outbox, message)
    (arrived,) = outbox.mail("IV@example.invalid")
    assert arrived["message_id"] == message["Message-ID"]
    assert arrived["to"] == ["iv@example.invalid"]
    assert arrived["subject"] == "面试取消通知"
    assert arrived["text"].strip() == "面试已取消。"
    assert "<b>已取消</b>" in arrived["html"]
    assert arrived["headers"]["From"] == "雨检 <no-reply@example.invalid>"
    assert arrived["has_calendar"]
    assert "METHOD:CANCEL" in arrived["calendar"]


def test_a_mail_without_calendar_says_so(outbox: Outbox) -> None:
    post(outbox, letter())
    (arrived,) = outbox.mail()
    assert (arrived["has_calendar"], arrived["calendar"]) == (False, "")
    assert outbox.mail("other@example.invalid") == []


def test_a_calendar_that_comes_as_attachment_counts(outbox: Outbox) -> None:
    message = letter()
    message.add_attachment(CALENDAR.encode(), maintype="text", subtype="calendar", filename="cancel.ics")
    post(outbox, message)
    assert outbox.mail()[0]["has_calendar"]


def test_a_mail_that_arrives_twice_is_counted_twice_but_three_recipients_are_no_double(
    outbox: Outbox,
) -> None:
    twice, three = letter(), letter()
    post(outbox, twice)
    post(outbox, twice)
    post(outbox, three, to=["a@example.invalid", "b@example.invalid", "c@example.invalid"])
    assert outbox.counts()["mail"] == {twice["Message-ID"]: 2, three["Message-ID"]: 1}


@pytest.mark.parametrize("header", ["From", "Date", "Message-ID"])
def test_a_mail_that_lacks_a_header_is_refused(outbox: Outbox, header: str) -> None:
    with smtplib.SMTP("127.0.0.1", outbox.smtp_port, timeout=10) as smtp:
        raw = letter(**{header: ""}).as_bytes()
        with pytest.raises(smtplib.SMTPDataError, match=header):
            smtp.sendmail("no-reply@example.invalid", ["iv@example.invalid"], raw)
    assert outbox.mail() == []


def test_smtp_faults_are_temporary_permanent_or_silence(outbox: Outbox) -> None:
    for mode in ("error_500", "reject", "unreachable"):
        outbox.fault("smtp", mode, times=1)
    for code in (451, 550):
        with pytest.raises(smtplib.SMTPDataError) as refused:
            post(outbox, letter())
        assert refused.value.smtp_code == code
    with pytest.raises(smtplib.SMTPServerDisconnected):
        post(outbox, letter())
    assert outbox.mail() == []
    post(outbox, letter())
    assert len(outbox.mail()) == 1


def test_a_mail_whose_answer_is_lost_shows_as_double_when_sent_again(outbox: Outbox) -> None:
    message = letter()
    outbox.fault("smtp", "lost_answer", times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        post(outbox, message)
    post(outbox, message)
    assert outbox.counts()["mail"] == {message["Message-ID"]: 2}


def test_a_slow_smtp_server_answers_late(outbox: Outbox) -> None:
    outbox.fault("smtp", "slow", ms=300, times=1)
    began = time.monotonic()
    post(outbox, letter())
    assert time.monotonic() - began >= 0.3


def test_a_broken_mail_breaks_no_page(outbox: Outbox) -> None:
    headers = b"From: x\r\nDate: x\r\nMessage-ID: <broken>\r\nSubject: =?utf-9?B?!!?=\r\n"
    kind = b"Content-Type: text/plain; charset=martian\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff!\r\n"
    with smtplib.SMTP("127.0.0.1", outbox.smtp_port, timeout=10) as smtp:
        smtp.sendmail("x@example.invalid", ["y@example.invalid"], headers + kind)
    (arrived,) = outbox.mail()
    assert outbox.http.get(f"/mail/{arrived['id']}").status_code == 200
    assert outbox.http.get("/mail/").status_code == 200


# Control and pages


def test_the_control_plane_asks_for_its_header_and_shape(outbox: Outbox) -> None:
    assert refusal(outbox.http.post("/_control/clear")) == (403, "control_only")
    assert refusal(outbox.http.delete("/_control/faults")) == (403, "control_only")
    for body in ({"channel": "fax", "mode": "slow"}, {"channel": "sms", "mode": "x"}, {"mode": "slow"}):
        with pytest.raises(httpx.HTTPStatusError, match="422"):
            outbox.control("POST", "/faults", body)


def test_clearing_faults_makes_all_well_and_clearing_all_empties_the_boxes(outbox: Outbox) -> None:
    outbox.fault("sms", "error_500")
    outbox.clear_faults()
    assert text(outbox).status_code == 202
    post(outbox, letter())
    outbox.clear()
    assert (outbox.sms(), outbox.mail()) == ([], [])


def test_the_phones_show_unread_messages_until_a_button_is_pressed(outbox: Outbox) -> None:
    text(outbox)
    text(outbox, body="第二条 <script>alert(1)</script>")
    shown = outbox.http.get("/phone/").text
    assert "第二条 &lt;script&gt;" in shown
    assert '<span class="dot" title="未读 unread">2</span>' in shown
    talk = outbox.http.get(f"/phone/{PHONE}")
    assert '<meta http-equiv="refresh" content="3">' in talk.text
    assert talk.text.index("第二条") < talk.text.index("482135")
    assert 'class="dot"' in outbox.http.get("/phone/").text
    assert outbox.http.post(f"/phone/{PHONE}/read").headers["location"] == f"/phone/{PHONE}"
    assert 'class="dot"' not in outbox.http.get("/phone/").text


def test_a_page_runs_no_script_and_loads_nothing(outbox: Outbox) -> None:
    policy = outbox.http.get("/phone/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_an_unknown_number_or_mail_is_not_found(outbox: Outbox) -> None:
    for path in ("/phone/nobody", "/mail/999", "/mail/99999999999999999999", "/nowhere"):
        assert refusal(outbox.http.get(path)) == (404, "not_found")


def test_the_mail_page_shows_every_part_and_keeps_html_in_a_frame_without_rights(outbox: Outbox) -> None:
    message = letter(Subject="<i>取消</i>")
    message.add_alternative("<h1>好</h1><script>alert(1)</script>", subtype="html")
    message.add_attachment(CALENDAR.encode(), maintype="text", subtype="calendar", filename="cancel.ics")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="pdf", filename="cv.pdf")
    post(outbox, message)
    shown = outbox.http.get(f"/mail/{outbox.mail()[0]['id']}").text
    assert "&lt;i&gt;取消&lt;/i&gt;" in shown
    assert '<iframe sandbox="" srcdoc="&lt;h1&gt;好&lt;/h1&gt;&lt;script&gt;' in shown
    assert "<script" not in shown
    for part in ("面试已取消。", "cancel.ics", "METHOD:CANCEL", "cv.pdf"):
        assert part in shown


def test_a_form_from_a_foreign_page_is_refused(outbox: Outbox) -> None:
    answer = outbox.http.post(f"/phone/{PHONE}/read", headers={"Origin": "http://evil.invalid"})
    assert refusal(answer) == (403, "foreign_page")


# The process


def test_everything_accepted_survives_kill_9(tmp_path: Path) -> None:
    message = letter()
    with start_outbox(tmp_path) as outbox:
        first = text(outbox, key="k").json()
        post(outbox, message)
        outbox.kill()
    with start_outbox(tmp_path) as outbox:
        assert text(outbox, key="k").json() == first
        assert outbox.counts()["mail"] == {message["Message-ID"]: 1}


def test_sigterm_ends_it_cleanly_and_quickly_even_with_open_connections(tmp_path: Path) -> None:
    with start_outbox(tmp_path) as outbox:
        smtp = smtplib.SMTP("127.0.0.1", outbox.smtp_port, timeout=10)
        text(outbox)
        began = time.monotonic()
        assert outbox.stop() == 0
        assert time.monotonic() - began < 3
        smtp.close()


def test_a_taken_smtp_port_is_said_so(
    outbox: Outbox, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        pytest.raises(RuntimeError, match="exit status 1"),
        start_outbox(tmp_path, port=free_port(), smtp_port=outbox.smtp_port),
    ):
        pass
    assert "is taken" in capfd.readouterr().err


def test_the_store_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with start_outbox(tmp_path):
        files = list((tmp_path / "simulators").iterdir())
        assert files
        assert {file.stat().st_mode & 0o077 for file in [tmp_path / "simulators", *files]} == {0}
