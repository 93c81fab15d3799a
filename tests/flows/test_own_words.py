"""A company's own words and choices: checked by name, told from then on, and never a raw variable to anybody."""

import re
import runpy
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raincheck.accounts.models import Language
from raincheck.audit.models import Entry
from raincheck.core.errors import Invalid, NotAllowed, NotFound
from raincheck.notifications import choices, wording
from raincheck.notifications.catalogue import TEXTS, Text, default_text
from raincheck.notifications.models import Choice, Message, Wording
from raincheck.notifications.queries import inbox
from raincheck.notifications.recipients import TABLE, Recipient
from raincheck.notifications.variables import SPEECHES, VARIABLES
from raincheck.notifications.words import facts_said, fill

OWN = Text(
    "已取消：{position}",
    "您好{candidate}，{position}已取消。{contact}{link_note}{pool_note}",
    "已取消，{contact}",
)


def save(world, text=OWN, *, template="candidate_cancelled", language="zh-hans", role="hr_manager"):
    actor = world.actor(role)
    with world.scope() as now:
        wording.save_words(actor=actor, template=template, language=language, text=text, now=now)


def choose(world, event, recipient, channels, *, on=True, role="hr_manager"):
    actor = world.actor(role)
    with world.scope() as now:
        choices.choose(actor=actor, event=event, recipient=recipient, on=on, channels=channels, now=now)


def refusal(text, template="candidate_cancelled"):
    with pytest.raises(Invalid) as refused:
        wording.check(template, text)
    return refused.value.code, refused.value.field, refused.value.detail


def body(words):
    return Text(OWN.title, words, OWN.sms)


def example_message(template, language):
    """Return an unsaved message with the examples for facts."""
    params = {name: VARIABLES[name].example for name in SPEECHES[template].may}
    return Message(template=template, language=language, timezone="Asia/Shanghai", params=params)


class TestCheckedWhenSaved:
    def test_every_template_says_what_it_may_speak_of_and_its_own_words_pass(self):
        assert set(SPEECHES) == set(TEXTS)
        for template, speech in SPEECHES.items():
            assert set(speech.may) <= set(VARIABLES)
            for language in Language.values:
                wording.check(template, default_text(template, language))

    @pytest.mark.parametrize(
        ("words", "code", "detail"),
        [
            ("{nmae}" + OWN.body, "unknown_variable", "{nmae}"),
            ("{due}" + OWN.body, "unknown_variable", "{due}"),
            ("{Candidate}" + OWN.body, "unknown_variable", "{Candidate}"),
            ("{候选人}" + OWN.body, "unknown_variable", "{候选人}"),
            ("{0}" + OWN.body, "unknown_variable", "{0}"),
            ("{candidate!r}" + OWN.body, "unknown_variable", "{candidate!r}"),
            ("{candidate:>9}" + OWN.body, "unknown_variable", "{candidate:>9}"),
            ("{candidate.__class__}" + OWN.body, "unknown_variable", "{candidate.__class__}"),
            ("{ candidate }" + OWN.body, "unknown_variable", "{ candidate }"),
            ("{{candidate}}" + OWN.body, "malformed_braces", "{{candidate}}"),
            ("{}" + OWN.body, "malformed_braces", "{}"),
            ("{candidate" + OWN.body, "malformed_braces", "{candidate"),
            (OWN.body + "}", "malformed_braces", "}"),
            ("｛candidate｝" + OWN.body, "malformed_braces", "｛candidate｝您好"),
            (OWN.body.replace("{contact}", ""), "missing_variable", "{contact} 联系人与电话"),
            (OWN.body.replace("{pool_note}", ""), "missing_variable", "{pool_note}"),
            ("  \n ", "words_empty", ""),
            (OWN.body + "字" * 4000, "words_too_long", "4000"),
        ],
    )
    def test_what_cannot_be_said_is_refused_by_name(self, words, code, detail):
        got_code, field, got = refusal(body(words))
        assert (got_code, field) == (code, "body")
        assert detail in got

    def test_a_subject_and_an_sms_are_one_line(self):
        assert refusal(Text("a\nb", OWN.body, OWN.sms))[:2] == ("one_line_only", "title")
        assert refusal(Text(OWN.title, OWN.body, "a\u2028b"))[:2] == ("one_line_only", "sms")

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        pieces=st.lists(
            st.one_of(
                st.sampled_from([f"{{{name}}}" for name in VARIABLES]),
                st.sampled_from(
                    ["{", "}", "{{", "}}", "｛", "｝", "{}", "{0}", "%s", "$x", "!r", ":>3", "."]
                ),
                st.text(max_size=6),
            ),
            max_size=8,
        ),
        template=st.sampled_from(sorted(TEXTS)),
        language=st.sampled_from(Language.values),
    )
    def test_whatever_is_let_in_is_said_without_a_raw_variable(self, pieces, template, language):
        default = default_text(template, language)
        text = Text(default.title, default.body + "".join(pieces), default.sms)
        with suppress(Invalid):
            wording.check(template, text)
            said = fill(text, facts_said(example_message(template, language)))
            assert not re.search(r"[{}｛｝]", said.title + said.body + said.sms)


class TestInForce:
    def test_own_words_reach_mail_app_and_sms_and_only_from_then_on(self, here, outbox, drain):
        earlier = here.ask(here.book(hours=90))
        drain()
        save(here)
        here.ask(here.book(hours=100))
        drain()
        first, second = (mail["subject"].strip() for mail in outbox.mail(here.email()))
        assert (first, second) == ("您的AI面试已成功取消", "已取消：数据分析师")
        assert "已取消，示例HR 010-00000000" in [sms["body"] for sms in outbox.sms(here.phone())]
        with here.scope():
            titles = [
                one.title
                for one in inbox(here.as_candidate())
                if "取消：" in one.title or "成功" in one.title
            ]
        assert titles == ["已取消：数据分析师", "您的AI面试已成功取消"]
        assert earlier.id

    @pytest.mark.parametrize("agreed", [True, False, None])
    def test_the_talent_pool_is_spoken_of_to_those_who_agreed(self, here, outbox, drain, agreed):
        save(here)
        here.put(here.candidate, pool_consent=agreed)
        here.ask(here.book(hours=100))
        drain()
        [mail] = outbox.mail(here.email())
        assert ("您的简历已存入我司人才库" in mail["text"]) is bool(agreed)

    def test_one_language_is_one_choice_and_the_other_keeps_its_own(self, here, outbox, drain):
        save(here)
        here.put(here.candidate.identity, language="en")
        here.ask(here.book(hours=100))
        drain()
        assert outbox.mail(here.email())[0]["subject"].strip() == "Your AI interview is cancelled"

    def test_going_back_to_the_default_leaves_what_was_said(self, here, outbox, drain):
        save(here)
        here.ask(here.book(hours=100))
        drain()
        with here.scope() as now:
            wording.reset_words(
                actor=here.actor(), template="candidate_cancelled", language="zh-hans", now=now
            )
        here.ask(here.book(hours=101))
        drain()
        with here.scope():
            titles = [
                one.title for one in inbox(here.as_candidate()) if one.title.startswith(("已取消", "您的"))
            ]
        assert titles == ["您的AI面试已成功取消", "已取消：数据分析师"]

    def test_the_default_saved_is_no_own_words(self, here):
        save(here)
        save(here, default_text("candidate_cancelled", "zh-hans"))
        assert here.count(Wording, ended_at=None) == 0
        assert here.count(Wording) == 1

    def test_another_companys_words_stay_there(self, here, there, outbox, drain):
        save(there)
        here.ask(here.book(hours=100))
        drain()
        assert outbox.mail(here.email())[0]["subject"].strip() == "您的AI面试已成功取消"

    def test_it_is_recorded_without_the_words(self, here):
        save(here, Text("新标题", OWN.body, default_text("candidate_cancelled", "zh-hans").sms))
        with here.scope():
            entry = Entry.objects.get(action="words.saved")
        assert entry.facts == {
            "template": "candidate_cancelled",
            "language": "zh-hans",
            "changed": ["title", "body"],
        }

    def test_a_recruiter_may_not_and_a_template_there_is_not_is_not_found(self, here):
        with pytest.raises(NotAllowed):
            save(here, role="recruiter")
        with pytest.raises(NotFound):
            save(here, template="no_such")
        with pytest.raises(NotFound):
            save(here, language="fr")


class TestChoices:
    def test_a_line_turned_off_is_not_told_and_another_channel_is_taken(self, here, interview, outbox, drain):
        choose(here, "cancelled.candidate", "owner", ("in_app",), on=False)
        choose(here, "cancelled.candidate", "department", ("in_app", "email"))
        here.ask(interview)
        drain()
        with here.scope():
            told = dict(
                Message.objects.filter(event="cancelled.candidate").values_list("template", "channels")
            )
        assert set(told) == {"candidate_cancelled", "staff_cancelled", "department_cancelled"}
        assert told["department_cancelled"] == ["in_app", "email"]
        assert len(outbox.mail(here.staff["department_viewer"].email)) == 1

    def test_back_to_the_table_is_no_choice(self, here):
        choose(here, "cancelled.candidate", "owner", ("in_app",))
        choose(here, "cancelled.candidate", "owner", ("in_app", "email", "chat"))
        assert here.count(Choice) == 0
        with here.scope():
            chosen = Entry.objects.filter(action="notice.chosen").order_by("at", "id")
            facts = list(chosen.values_list("facts__channels", flat=True))
        assert facts == [["in_app"], ["in_app", "email", "chat"]]

    @pytest.mark.parametrize(
        ("event", "recipient", "on", "channels", "code"),
        [
            ("asked.auto", "candidate", False, ("in_app", "sms"), "line_is_owed"),
            ("cancelled.company", "candidate", False, ("email",), "line_is_owed"),
            ("task.opened", "owner", False, ("email",), "line_is_owed"),
            ("asked.auto", "candidate", True, ("in_app",), "needs_sure_channel"),
            ("asked.auto", "candidate", True, ("in_app", ("web_push",)), "needs_sure_channel"),
            ("task.opened", "owner", True, (("chat",),), "needs_sure_channel"),
            ("cancelled.candidate", "owner", True, (), "no_channel"),
            ("cancelled.candidate", "owner", True, ("sms",), "unknown_channel"),
            ("cancelled.candidate", "owner", True, ("pigeon",), "unknown_channel"),
        ],
    )
    def test_what_somebody_relies_on_stays(self, here, event, recipient, on, channels, code):
        with pytest.raises(Invalid) as refused:
            choose(here, event, recipient, channels, on=on)
        assert refused.value.code == code
        assert here.count(Choice) == 0

    def test_who_is_promised_something_or_awaited_is_owed_it(self):
        owed = {(event, line.recipient) for event, lines in TABLE.items() for line in lines if line.owed}
        for event in TABLE:
            if event.startswith(("asked.", "ended.", "cancelled.c")) and "unheard" not in event:
                assert (event, Recipient.CANDIDATE) in owed, event
        assert ("cancelled.candidate", Recipient.INTERVIEWERS) in owed
        assert not any(line.topic and line.owed for lines in TABLE.values() for line in lines)

    def test_a_line_there_is_not_is_not_found_and_a_recruiter_only_looks(self, here):
        with pytest.raises(NotFound):
            choose(here, "asked.auto", "department", ("in_app",))
        with pytest.raises(NotAllowed):
            choose(here, "cancelled.candidate", "owner", ("in_app",), role="recruiter")


def test_one_deed_never_tells_one_person_two_things(here, drain):
    """Whatever is approved, rejected or booked anew: one message a person and deed, and none of an approval."""
    from raincheck.cancellations.actions import approve
    from raincheck.cancellations.rebooking import restore

    asked = here.ask(here.book(hours=4))
    with here.scope() as now:
        approve(cancellation_id=asked.id, actor=here.actor(), decision_note="", now=now)
    drain()
    with here.scope() as now:
        restore(cancellation_id=asked.id, actor=here.actor(), now=now)
    drain()
    with here.scope():
        told = list(Message.objects.filter(recipient_id=here.candidate.identity_id).order_by("made_at", "id"))
    assert [one.template for one in told] == [
        "candidate_in_review",
        "candidate_cancelled",
        "candidate_rebooked",
    ]
    assert len({(one.entry_id, one.recipient_id) for one in told}) == 3


def test_the_page_about_the_table_is_as_the_code_is():
    notices = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "notices.py"), run_name="notices")
    assert notices["PAGE"].read_text(encoding="utf-8") == notices["page"](), "python scripts/notices.py"
