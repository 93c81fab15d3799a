"""Who hears what, on screen: the table, a line's channels, a template's words, and a test to oneself."""

import re

import pytest

from raincheck.accounts.models import Language
from raincheck.audit.models import Entry
from raincheck.console.notice_words import CHANNELS, EVENTS, GROUPS, RECIPIENTS
from raincheck.notifications.catalogue import TEXTS, default_text
from raincheck.notifications.channels.base import Channel
from raincheck.notifications.choices import chosen
from raincheck.notifications.models import Wording
from raincheck.notifications.recipients import TABLE, Recipient
from raincheck.notifications.sms_length import length
from tests.people import text

WORDS = "/console/notices/words/"
TEMPLATE = "candidate_cancelled"


def typed(language="zh-hans", template=TEMPLATE, **changes):
    """Return a form with the default's words, as a browser sends it."""
    default = default_text(template, language)
    words = {"title": default.title, "body": default.body.replace("\n", "\r\n"), "sms": default.sms}
    return {"template": template, "language": language, **words, **changes}


def line_of(world, event, recipient):
    with world.scope():
        return next(one for one in chosen(world.company.id)[event] if one.line.recipient == recipient)


def test_the_table_is_all_on_screen_in_the_trades_words(hr, here):
    assert [event for _, events in GROUPS for event in events] == list(EVENTS)
    assert (set(EVENTS), set(RECIPIENTS), set(CHANNELS)) == (set(TABLE), set(Recipient), set(Channel))
    page = text(hr.get("/console/notices/"))
    for event in EVENTS:
        assert str(EVENTS[event]) in page
    assert page.count("<tr") == sum(map(len, TABLE.values())) + len(GROUPS)
    assert set(re.findall(r"words/\?template=(\w+)", page)) == set(TEXTS)


def test_a_recruiter_looks_and_changes_nothing(recruiter, here):
    page = text(recruiter.get("/console/notices/"))
    assert "/console/notices/line/" not in page
    words = text(recruiter.get(f"{WORDS}?template={TEMPLATE}"))
    assert "readonly" in words
    assert "words/test/" not in words


def test_a_lines_channels_are_chosen_and_the_default_comes_back(hr, here):
    place = {"event": "cancelled.candidate", "recipient": "owner"}
    before = line_of(here, **place)
    page = text(hr.get("/console/notices/line/", place))
    assert '<option value="at_once" selected>' in page
    ways = {"in_app": "off", "email": "at_once", "chat": "turn"}
    assert hr.post("/console/notices/line/", {**place, "on": "yes", **ways}).status_code == 302
    assert line_of(here, **place).line.channels == ("email", ("chat",))
    assert "贵公司自定" in text(hr.get("/console/notices/"))
    hr.post("/console/notices/line/", {**place, **ways})
    assert not line_of(here, **place).on
    hr.post("/console/notices/line/", {**place, **ways, "do": "default"})
    assert line_of(here, **place) == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"on": ""}, "这一项不能关闭"),
        ({"sms": "off", "email": "off"}, "这一项必须能送达每一个人"),
        ({"sms": "pigeon"}, "请为每个渠道选择发送方式"),
    ],
)
def test_what_a_line_cannot_be_is_said_beside_it(hr, here, changes, said):
    ways = {"in_app": "at_once", "sms": "at_once", "email": "off", "web_push": "off", "app_push": "off"}
    form = {"event": "asked.auto", "recipient": "candidate", "on": "yes", **ways, **changes}
    answer = hr.post("/console/notices/line/", form)
    assert answer.status_code == 422
    assert said in text(answer)
    assert not line_of(here, "asked.auto", "candidate").own


def test_quiet_hours_are_chosen_and_what_they_cannot_be_is_said(hr, recruiter, here):
    page = text(hr.get("/console/notices/"))
    assert "没有设静默时段" in page
    assert hr.post("/console/notices/quiet/", {"begins": "23:00", "ends": "06:30"}).status_code == 302
    company = here.fresh(here.company)
    assert (str(company.quiet_from), str(company.quiet_to)) == ("23:00:00", "06:30:00")
    assert 'value="06:30"' in text(hr.get("/console/notices/"))
    hr.post("/console/notices/quiet/", {"begins": "23:00", "ends": "06:30"})
    for wrong in (
        {"begins": "24:00", "ends": "06:30"},
        {"begins": "", "ends": ""},
        {"begins": "23:00"},
        {"ends": "6"},
    ):
        answer = hr.post("/console/notices/quiet/", wrong)
        assert answer.status_code == 422, wrong
        assert "请填写静默时段的起止时间" in text(answer)
    assert recruiter.post("/console/notices/quiet/", {"begins": "00:00", "ends": "00:00"}).status_code == 403
    assert here.fresh(here.company) == company
    with here.scope():
        [chosen] = Entry.objects.filter(action="notice.chosen").values_list("facts", flat=True)
    assert chosen == {"quiet_from": "23:00", "quiet_to": "06:30"}


def test_a_line_or_template_there_is_not_is_not_found(hr, here):
    for path in (
        "line/?event=asked.auto&recipient=department",
        "words/?template=x",
        "words/mail/?template=x",
    ):
        assert hr.get(f"/console/notices/{path}").status_code == 404
    assert hr.get(f"{WORDS}?template={TEMPLATE}&language=fr").status_code == 404


def test_words_are_saved_and_go_back(hr, here):
    answer = hr.post(f"{WORDS}save/", typed(title="面试取消通知：{position}"))
    assert answer.status_code == 302
    page = text(hr.get(answer["Location"]))
    assert 'value="面试取消通知：{position}"' in page
    assert "贵公司自定" in page
    assert here.count(Wording, ended_at=None) == 1
    with here.scope():
        assert "\r" not in Wording.objects.get().body
    hr.post(f"{WORDS}save/", typed(do="reset"))
    assert here.count(Wording, ended_at=None) == 0


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-hans", "此模板没有这个变量"), ("en", "This template has no such variable")],
)
def test_an_unknown_variable_is_refused_by_name_in_the_readers_language(hr, here, language, said):
    hr.cookies["raincheck_language"] = language
    answer = hr.post(f"{WORDS}save/", typed(body="{nmae}"))
    page = text(answer)
    assert answer.status_code == 422
    assert said in page
    assert "{nmae}" in page
    assert here.count(Wording) == 0
    answer = hr.post(f"{WORDS}save/", typed(body="x"), HTTP_ACCEPT="application/json")
    assert answer.status_code == 422


def test_a_preview_is_of_the_companys_own_last_interview_in_both_languages(hr, here, drain):
    page = text(hr.get(f"{WORDS}?template={TEMPLATE}"))
    assert "示例数据，并非真人" in page
    interview = here.book(hours=100)
    page = text(hr.get(f"{WORDS}?template={TEMPLATE}"))
    assert "取自贵公司最近一场面试" in page
    assert interview.application.candidate.name in page
    here.ask(interview)
    drain()
    page = text(hr.post(f"{WORDS}save/", typed(title="试看：{candidate}", do="look")))
    assert f"试看：{here.candidate.name}" in page
    assert "Your AI interview is cancelled" in page
    assert here.count(Wording) == 0
    for language in Language.values:
        mail = hr.get(f"{WORDS}mail/", {"template": TEMPLATE, "language": language})
        assert "frame-ancestors 'self'" in mail["Content-Security-Policy"]
        assert here.candidate.name in text(mail)
    unsaved = hr.post(f"{WORDS}mail/", typed(title="试看：{candidate}"))
    assert f"试看：{here.candidate.name}" in text(unsaved)


def test_every_template_has_a_page(hr, here, drain):
    here.ask(here.book(hours=100))
    drain()
    for template in TEXTS:
        page = text(hr.get(f"{WORDS}?template={template}&language=en"))
        assert page.count("preview-mail") == 2, template


def test_a_test_goes_to_oneself_alone(hr, here, outbox):
    answer = hr.post(f"{WORDS}test/", typed(title="新标题：{position}", to="someone@else.example"))
    assert answer.status_code == 200
    [mail] = outbox.mail()
    assert mail["to"] == [here.staff["hr_manager"].email]
    assert mail["subject"].strip() == "【试发】新标题：示例岗位"
    assert "短信：【云帆科技（示例）】" in mail["text"]
    assert "新标题：示例岗位" in mail["html"]
    with here.scope():
        facts = Entry.objects.get(action="words.tested").facts
    assert facts == {"template": TEMPLATE, "language": "zh-hans", "channel": "email"}
    assert here.count(Wording) == 0


def test_tests_are_counted_and_a_dead_mail_server_is_said(hr, here, outbox, monkeypatch):
    outbox.fault("smtp", "reject", times=1)
    answer = hr.post(f"{WORDS}test/", typed())
    assert answer.status_code == 409
    assert "试发没有成功" in text(answer)
    monkeypatch.setattr("raincheck.notifications.testing.TESTS_AN_HOUR", 1)
    answer = hr.post(f"{WORDS}test/", typed())
    assert answer.status_code == 429
    assert "一小时内试发次数过多" in text(answer)
    assert outbox.mail() == []
    # Words and channels are counted together.
    assert hr.post("/console/channels/test/", {"channel": "email"}).status_code == 429


def test_words_are_tried_on_the_phone_by_the_number_typed(hr, here, outbox):
    number = "13800000009"
    assert hr.post(f"{WORDS}test/", typed(channel="sms", to=number)).status_code == 200
    [sms] = outbox.sms(f"+86{number}")
    assert sms["body"].startswith("【试发】")
    assert outbox.mail() == []
    with here.scope():
        facts = Entry.objects.get(action="words.tested").facts
    assert facts == {"template": TEMPLATE, "language": "zh-hans", "channel": "sms"}
    for channel, to, status in (
        ("sms", "someone", 422),
        ("web_push", "", 422),
        ("in_app", "", 404),
        ("fax", "", 404),
    ):
        assert hr.post(f"{WORDS}test/", typed(channel=channel, to=to)).status_code == status, channel
    assert len(outbox.sms()) == 1


@pytest.mark.parametrize(
    ("words", "characters", "parts"),
    [("", 0, 1), ("a" * 160, 160, 1), ("a" * 161, 161, 2), ("字" * 70, 70, 1), ("字" * 71, 71, 2),
     ("字" * 135, 135, 3), ("€" * 80, 160, 1), ("😀" * 35, 70, 1), ("😀" * 36, 72, 2)],
)  # fmt: skip
def test_an_sms_is_counted_as_carriers_count(words, characters, parts):
    counted = length(words)
    assert (counted.characters, counted.parts) == (characters, parts)
