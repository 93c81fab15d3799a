"""A company chooses who carries its messages, tries it, and hears what became of them."""

import json

import pytest
from django.conf import settings
from django.test import Client

from raincheck.audit.models import Entry
from raincheck.core.ids import new_id
from raincheck.installation import environment
from raincheck.notifications.carriage import carriages
from raincheck.notifications.channels import templates
from raincheck.notifications.channels.base import Account, Channel, Envelope, Undeliverable
from raincheck.notifications.models import (
    ChannelAccount,
    ContactPoint,
    Delivery,
    DeliveryState,
    Message,
    MessageState,
    Receipt,
    RecipientKind,
)
from tests import people
from tests.carrier_simulators import SECRET, start_carriers
from tests.commands import raincheck as command

PHONE = "+8613800000001"
LIST, EDIT = "/console/channels/", "/console/channels/edit/"


@pytest.fixture(scope="module")
def running():
    """Run the carriers once."""
    with start_carriers() as started:
        yield started


@pytest.fixture
def carriers(running):
    """Return the carriers without faults, with nothing sent."""
    running.clear_faults()
    return running


def form(carriers, name, **changes):
    options, secrets = carriers.options(name)
    typed = {f"options.{k}": v for k, v in options.items()} | {f"secrets.{k}": v for k, v in secrets.items()}
    return {"carrier": name, **typed, **changes}


def account_of(here):
    with here.scope():
        return ChannelAccount.objects.get(company=here.company, ended_at=None)


@pytest.fixture
def by_aliyun(hr, here, carriers):
    """Return the company's account with Aliyun, chosen on the page."""
    assert hr.post(EDIT, form(carriers, "aliyun_sms")).status_code == 302
    return account_of(here)


def test_hr_chooses_a_carrier_and_nobody_reads_its_secret_again(hr, here, by_aliyun):
    assert (by_aliyun.channel, by_aliyun.carrier) == ("sms", "aliyun_sms")
    assert by_aliyun.options["templates"]["candidate_asked"]["zh-hans"]["code"] == "SMS_100001"
    assert SECRET not in json.dumps(by_aliyun.options)
    page = people.text(hr.get(f"{EDIT}?carrier=aliyun_sms")) + people.text(hr.get(LIST))
    assert "SMS_100001 position=position… when=when" in page
    assert "已设置，不能再查看" in page
    assert f"/hooks/messages/aliyun_sms/{by_aliyun.id}/" in page
    assert SECRET not in page
    with here.scope():
        (entry,) = Entry.objects.filter(action="channel.changed")
    assert entry.facts["carrier"] == "aliyun_sms"
    assert SECRET not in json.dumps(entry.facts)


def test_what_a_template_cannot_be_filled_with_is_refused_by_name(hr, here, carriers):
    wrong = "candidate_asked zh-hans SMS_1 position=salary\nnobody zh-hans SMS_2\ncandidate_asked fr SMS_3"
    answer = hr.post(EDIT, form(carriers, "aliyun_sms", **{"options.templates": wrong}))
    assert answer.status_code == 422
    page = people.text(answer)
    for said in ("1: 该模板没有这项内容：salary", "2: 没有这个模板：nobody", "3: 语言或模板编号不正确：fr"):
        assert said in page
    assert wrong.splitlines()[0] in page
    with here.scope():
        assert not ChannelAccount.objects.exists()


@pytest.mark.parametrize(
    ("name", "change", "field"),
    [
        ("aliyun_sms", {"options.sign_name": ""}, "options.sign_name"),
        ("aliyun_sms", {"secrets.access_key_secret": ""}, "secrets.access_key_secret"),
        ("aliyun_sms", {"options.endpoint": "http://example.com"}, "options.endpoint"),
        ("aliyun_sms", {"options.endpoint": "https://u:p@example.com/x?y"}, "options.endpoint"),
        ("twilio", {"options.sender": "13800000001"}, "options.sender"),
    ],
)
def test_a_missing_or_wrong_setting_is_named(hr, carriers, name, change, field):
    answer = hr.post(EDIT, form(carriers, name, **change))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in people.text(answer)


def test_a_secret_stays_when_left_empty_but_not_at_another_place(hr, here, carriers, by_aliyun):
    blank = {"secrets.access_key_secret": ""}
    changed = form(carriers, "aliyun_sms", **blank, **{"options.sign_name": "云帆"})
    assert hr.post(EDIT, changed).status_code == 302
    again = account_of(here)
    assert (again.id, again.options["sign_name"]) == (by_aliyun.id, "云帆")
    assert json.loads(again.secrets()) == json.loads(by_aliyun.secrets())
    moved = form(carriers, "aliyun_sms", **blank, **{"options.endpoint": "sms.example.com"})
    assert hr.post(EDIT, moved).status_code == 422


def test_a_test_goes_to_ones_own_phone_by_the_companys_carrier(hr, here, carriers, by_aliyun):
    page = people.text(
        hr.post("/console/channels/test/", {"channel": "sms", "to": "13800000001"}, follow=True)
    )
    (there,) = carriers.sent("aliyun_sms")
    assert there["recipient"] == "13800000001"
    assert there["id"] in page
    carriers.fault("bad_key", "aliyun_sms")
    page = people.text(hr.post("/console/channels/test/", {"channel": "sms", "to": PHONE}, follow=True))
    assert "SignatureDoesNotMatch" in page
    assert hr.post("/console/channels/test/", {"channel": "sms", "to": "someone"}).status_code == 422


def test_a_candidate_hears_by_template_and_what_has_none_goes_out_by_mail_alone(
    hr, here, carriers, by_aliyun, interview, drain, outbox
):
    here.ask(interview)
    drain()
    (asked,) = carriers.sent("aliyun_sms")
    assert asked["said"]["code"] == "SMS_100001"
    assert asked["said"]["params"]["position"] == here.position.title
    assert "北京时间" in asked["said"]["params"]["when"]
    with here.scope():
        unsaid = Delivery.objects.get(message__template="candidate_cancelled", channel="sms")
    assert unsaid.error == "no template is registered for candidate_cancelled zh-hans"
    assert outbox.mail()


def test_another_carrier_takes_over_and_the_house_after_it(hr, here, carriers, by_aliyun):
    assert hr.post(EDIT, form(carriers, "tencent_sms")).status_code == 302
    with here.scope():
        assert carriages(here.company.id)[Channel.SMS].carrier.name == "tencent_sms"
        assert ChannelAccount.objects.filter(ended_at=None).count() == 1
    assert hr.post("/console/channels/stop/", {"channel": "sms"}).status_code == 302
    with here.scope():
        assert carriages(here.company.id)[Channel.SMS].carrier.name == "sms_sandbox"


def envelope(**facts):
    said = {"position": "后端工程师", "when": "2026年12月1日", **facts}
    return Envelope("k-sms", PHONE, "", "", "", "candidate_asked", facts=said)


@pytest.mark.parametrize(
    ("variable", "facts", "wrong"),
    [
        ("position=position", {"position": "长" * 36}, "position: 36 characters, at most 35"),
        ("p=position[10]", {"position": "长" * 11}, "p: 11 characters, at most 10"),
        ("position=position", {"position": " "}, "nothing to say for position"),
        ("position=position", {"position": "见https://x.example"}, "a link in a variable that isn't one"),
        ("position=position:link", {}, "not a link"),
        ("position=position:digits", {}, "not digits"),
    ],
)
def test_what_the_carrier_would_refuse_is_caught_before_it_is_sent(variable, facts, wrong):
    account = Account({"templates": templates.read(f"candidate_asked zh-hans SMS_1 {variable}")})
    with pytest.raises(Undeliverable, match=wrong):
        templates.filled(account, envelope(**facts))


def test_only_a_variable_that_may_be_shortened_is():
    account = Account({"templates": templates.read("candidate_asked zh-hans SMS_1 p=position[10]… when")})
    code, values = templates.filled(account, envelope(position="高级" * 10))
    assert (code, values[0]) == ("SMS_1", ("p", f"{'高级' * 4}高…"))
    assert templates.written(account.options["templates"]) == (
        "candidate_asked zh-hans SMS_1 p=position[10]… when=when"
    )
    with pytest.raises(Undeliverable, match="no template is registered for candidate_asked en"):
        templates.filled(account, Envelope("k", PHONE, "", "", "", "candidate_asked", language="en"))


def handed_over(here, carrier, provider_id, channel="sms"):
    """Store a message as sent by a carrier."""
    with here.scope() as now:
        message = Message.objects.create(
            company=here.company,
            entry_id=new_id(),
            event="asked.auto",
            template="candidate_asked",
            recipient_kind=RecipientKind.CANDIDATE,
            recipient_id=here.candidate.identity_id,
            language="zh-hans",
            timezone="Asia/Shanghai",
            channels=[channel],
            params={},
            state=MessageState.SENT,
            made_at=now,
        )
        Delivery.objects.create(
            company=here.company,
            message=message,
            channel=channel,
            attempt=1,
            state=DeliveryState.SENT,
            carrier=carrier,
            provider_id=provider_id or f"<{message.id}-email@raincheck.example>",
            confirms=True,
            at=now,
        )
    return message


def receipt_of(here, message):
    with here.scope():
        delivery = Delivery.objects.get(message=message)
        return delivery.receipt, delivery.error


@pytest.mark.parametrize("name", ["aliyun_sms", "tencent_sms", "twilio"])
@pytest.mark.parametrize("delivered", [True, False])
def test_a_receipt_is_heard_once_however_often_it_comes(hr, here, carriers, name, delivered):
    assert hr.post(EDIT, form(carriers, name)).status_code == 302
    with here.scope():
        carriage = carriages(here.company.id)[Channel.SMS]
    facts = {"position": "后端", "when": "明天"}
    provider_id = carriage.carrier.send(
        Envelope("k-sms", PHONE, "", "", "正文", "candidate_asked", facts=facts), carriage.account
    )
    message = handed_over(here, name, provider_id)
    url = carriage.account.receipts
    report = carriers.report(provider_id, url, delivered=delivered)
    path = url.removeprefix(settings.RAINCHECK_BASE_URL)
    for _ in range(2):
        answer = Client().post(path, report["body"], content_type=report["kind"], headers=report["headers"])
        assert answer.status_code == (204 if name == "twilio" else 200)
    outcome, error = receipt_of(here, message)
    assert outcome == ("delivered" if delivered else "failed")
    with here.scope():
        (kept,) = Receipt.objects.all()
    assert PHONE[3:] not in f"{kept.why}{error}"
    assert bool(kept.why) is not delivered


def test_a_receipt_without_the_secret_or_the_signature_is_refused(hr, here, carriers, by_aliyun):
    with here.scope():
        url = carriages(here.company.id)[Channel.SMS].account.receipts
    path = url.removeprefix(settings.RAINCHECK_BASE_URL)
    told = json.dumps([{"biz_id": "b1", "success": True}])
    for wrong in (
        path[:-2] + "/",
        path.replace("aliyun_sms", "tencent_sms"),
        path.replace(str(by_aliyun.id), str(new_id())),
    ):
        assert Client().post(wrong, told, content_type="application/json").status_code == 401
    for body in ("{}", "[]", "[1]", "no json", json.dumps([{"biz_id": 7}])):
        assert Client().post(path, body, content_type="application/json").status_code == 422
    assert hr.post(EDIT, form(carriers, "twilio")).status_code == 302
    with here.scope():
        path = carriages(here.company.id)[Channel.SMS].account.receipts.removeprefix(
            settings.RAINCHECK_BASE_URL
        )
    forged = Client().post(
        path, {"MessageSid": "SM1", "MessageStatus": "delivered"}, headers={"X-Twilio-Signature": "no"}
    )
    assert forged.status_code == 401
    with here.scope():
        assert not Receipt.objects.exists()


def bounce_of(message_id, *, action="failed", status="5.1.1"):
    """Return a bounce as mail servers write it (RFC 3464)."""
    return BOUNCE.format(message_id=message_id, action=action, status=status).encode()


BOUNCE = """From: MAILER-DAEMON@mx.example
Subject: Undelivered Mail
Message-ID: <bounce-1@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

could not be delivered
--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; li@example.com
Action: {action}
Status: {status}

--b1
Content-Type: message/rfc822

Message-ID: {message_id}
To: li@example.com

text
--b1--
"""


def test_a_mail_that_came_back_is_known_by_its_message_id(here):
    message = handed_over(here, "smtp", "", channel="email")
    known = f"<{message.id}-email@raincheck.example>"
    path = f"/hooks/messages/mail/{settings.RAINCHECK_BOUNCE_TOKEN}/"

    def post(raw, to=path):
        return Client().post(to, raw, content_type="message/rfc822").status_code

    assert post(bounce_of(known, action="delayed", status="4.4.1")) == 204
    assert receipt_of(here, message) == ("", "")
    assert post(bounce_of(known)) == 204
    assert receipt_of(here, message) == ("failed", "bounced 5.1.1")
    assert post(bounce_of(f"<{new_id()}-email@raincheck.example>")) == 422
    assert post(bounce_of("<newsletter@elsewhere.example>")) == 422
    assert post(b"Subject: hello\n\nhello") == 422
    assert post(bounce_of(known), "/hooks/messages/mail/guess/") == 401


def test_one_binds_a_robot_of_ones_own_and_lets_it_go(hr, here, carriers):
    page = "/console/channels/robots/"
    for wrong in (
        "file:///etc/passwd",
        "json://127.0.0.1/x",
        "wecombot://key?verify=no",
        "https://qyapi.weixin.qq.com/",
    ):
        assert hr.post(page, {"address": wrong}).status_code == 422, wrong
    pasted = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={SECRET}"
    assert hr.post(page, {"address": pasted}).status_code == 302
    with here.scope():
        (point,) = ContactPoint.objects.all()
    shown = people.text(hr.get(page))
    assert "wecombot" in shown
    assert SECRET not in shown
    other = people.staff_client(here.staff["recruiter"])
    assert other.post(f"{page}end/", {"point": str(point.id)}).status_code == 404
    assert hr.post(EDIT, form(carriers, "apprise")).status_code == 302
    said = people.text(hr.post("/console/channels/test/", {"channel": "chat"}, follow=True))
    assert "已交给供应商" in said
    assert len(carriers.sent("wecombot")) == 1
    assert hr.post(f"{page}end/", {"point": str(point.id)}).status_code == 302
    with here.scope():
        assert ContactPoint.objects.get().ended_why == "unbound"


def test_at_a_shell_a_carrier_is_chosen_and_tried(here, home, carriers, tmp_path):
    names = ("DATABASE_URL", "RAINCHECK_SECRET_KEY", "RAINCHECK_MASTER_KEY", "RAINCHECK_HOME")
    own = {name: value for name, value in environment(home).items() if name in names}
    own |= {"RAINCHECK_PRIVATE_NETWORKS": "127.0.0.0/8", "RAINCHECK_CHANNEL_ACCESS_KEY_SECRET": SECRET}
    options, _ = carriers.options("aliyun_sms")
    (tmp_path / "sms.txt").write_text(options.pop("templates"), encoding="utf-8")
    whose, given = ("--company", here.company.slug), [f"--option={k}={v}" for k, v in options.items()]
    chosen = ("channel", "set", *whose, "--carrier", "aliyun_sms", "--templates", str(tmp_path / "sms.txt"))
    refused = command(*chosen, **own)
    assert (refused.returncode, "AccessKey ID" in refused.stderr) == (1, True), refused.stderr
    done = command(*chosen, *given, **own)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"/hooks/messages/aliyun_sms/{account_of(here).id}/" in done.stdout
    assert SECRET not in done.stdout
    tried = command("channel", "test", *whose, "--channel", "sms", "--to", PHONE, **own)
    assert (tried.returncode, carriers.sent("aliyun_sms")[0]["id"] in tried.stdout) == (0, True)
    listed = command("channel", "list", *whose, **own)
    assert "sms\taliyun_sms" in listed.stdout
    assert "verified against the live service: 是" not in listed.stdout


def test_recruiters_and_others_have_no_say_in_it(recruiter, carriers):
    assert recruiter.get(LIST).status_code == 403
    assert recruiter.post(EDIT, form(carriers, "aliyun_sms")).status_code == 403
