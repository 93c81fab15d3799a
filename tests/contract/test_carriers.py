"""One contract for every carrier of messages, against a server that checks shape and signature and refuses the rest."""

import json
from dataclasses import dataclass, replace

import pytest
from django.conf import settings

from raincheck.notifications.channels import CARRIERS, templates
from raincheck.notifications.channels.base import Account, Envelope, Repeats, Retry, Undeliverable
from raincheck.notifications.channels.sdks import SDKS
from tests.carrier_simulators import SECRET, start_carriers

PHONE = "+8613800000001"
FACTS = {
    "company": "云帆科技（示例）",
    "position": "后端工程师",
    "when": "2026年11月30日(周一) 16:00–17:00(北京时间)",
    "link": "https://raincheck.example/c/yunfan/i/1/",
}
ENVELOPE = Envelope(
    key="019ab1c0-0000-7000-8000-000000000001-sms",
    address=PHONE,
    title="取消请求已收到",
    body="您的AI面试取消请求已收到，我们将在15分钟内处理。",
    sms="【云帆科技】您的AI面试取消请求已收到，我们将在15分钟内处理。",
    template="candidate_asked",
    link="https://raincheck.example/c/yunfan/",
    facts=FACTS,
)
#: By the simulator's name: the carrier, and whom it reaches.
CASES = {
    "aliyun_sms": ("aliyun_sms", PHONE),
    "tencent_sms": ("tencent_sms", PHONE),
    "twilio": ("twilio", PHONE),
    "jpush": ("jpush", "c-019ab1c0"),
    "web_push": ("web_push", ""),
    "wecombot": ("apprise", f"wecombot://{SECRET}"),
    "dingtalk": ("apprise", f"dingtalk://{SECRET}@{SECRET}"),
    "feishu": ("apprise", f"feishu://{SECRET}"),
}
#: What a wrong key is, where the address is the key.
KEY_IS_ADDRESS = {"web_push", "wecombot", "dingtalk", "feishu"}


@dataclass
class Case:
    """One carrier with its account and an envelope, and the server it goes to."""

    there: str
    carrier: object
    account: Account
    envelope: Envelope

    def send(self, **changes):
        return self.carrier.send(replace(self.envelope, **changes), self.account)


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


@pytest.fixture(params=sorted(CASES))
def case(request, carriers):
    """Return each carrier in turn."""
    name, address = CASES[request.param]
    options, secrets = carriers.options(name)
    if "templates" in options:
        options = {**options, "templates": templates.read(options["templates"])}
    if name == "web_push":
        address = json.dumps(carriers.subscription("browser-1"))
    account = Account(options, secrets, receipts="https://raincheck.example/hooks/messages/x/")
    return Case(request.param, CARRIERS[name], account, replace(ENVELOPE, address=address))


def test_every_carrier_is_under_contract_and_says_that_nobody_has_seen_it_live():
    covered = {name for name, _ in CASES.values()} | {"in_app", "smtp", "sms_sandbox"}
    assert covered == set(CARRIERS)
    assert set(SDKS) == {name for name, _ in CASES.values()}
    for name, carrier in CARRIERS.items():
        assert carrier.name == name
        assert carrier.verified_against_live is False
        assert len({setting.name for setting in carrier.settings}) == len(carrier.settings)


def test_a_message_arrives_once_in_the_documented_shape_and_signed(case, carriers):
    told = case.send()
    (there,) = carriers.sent(case.there)
    assert told
    if case.carrier.confirms:
        # What the receipt will name.
        assert told == there["id"]
    if case.carrier.repeats in {Repeats.TRACEABLE, Repeats.REPLACES}:
        assert there["key"] == ENVELOPE.key
    said = json.dumps(there["said"], ensure_ascii=False)
    assert FACTS["position"] in said or "15分钟内处理" in said


@pytest.mark.parametrize("fault", ["unreachable", "error_500", "throttled", "bad_key"])
def test_what_isnt_the_recipients_fault_is_tried_again(case, carriers, fault):
    carriers.fault(fault, case.there)
    with pytest.raises(Retry) as told:
        case.send()
    assert told.value.after > 0
    assert carriers.sent(case.there) == []
    assert PHONE[3:] not in str(told.value)
    assert SECRET not in str(told.value)
    if fault == "throttled" and case.there == "web_push":
        assert told.value.after == 7


def test_a_wrong_number_or_a_robot_that_is_gone_is_never_tried_again(case, carriers):
    carriers.fault("bad_number", case.there)
    with pytest.raises(Undeliverable) as told:
        case.send()
    assert told.value.gone == (case.carrier.name in {"jpush", "web_push", "apprise"})
    assert PHONE[3:] not in str(told.value)


def test_a_lost_answer_is_tried_again_under_the_same_key(case, carriers):
    carriers.fault("lost_answer", case.there, times=1)
    with pytest.raises(Retry):
        case.send()
    case.send()
    keys = [one["key"] for one in carriers.sent(case.there)]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_slow_server_is_waited_for(case, carriers):
    carriers.fault("slow", case.there, ms=150, times=1)
    case.send()
    assert len(carriers.sent(case.there)) == 1


def test_a_wrong_secret_is_ours_to_mend(case, carriers):
    if case.there in KEY_IS_ADDRESS:
        return
    wrong = dict.fromkeys(case.account.secrets, "another-secret")
    with pytest.raises(Retry, match="ours to mend"):
        replace(case, account=replace(case.account, secrets=wrong)).send()
    assert carriers.sent(case.there) == []


def test_no_carrier_calls_into_a_private_network_that_isnt_allowed(case, carriers, monkeypatch):
    # By another name: what is connected already has been judged already.
    monkeypatch.setattr(settings, "RAINCHECK_PRIVATE_NETWORKS", [])
    options = {**case.account.options, "endpoint": carriers.url.replace("127.0.0.1", "localhost")}
    address = case.envelope.address.replace("127.0.0.1", "localhost")
    case = replace(case, account=replace(case.account, options=options))
    with pytest.raises((Retry, Undeliverable)):
        case.send(address=address)
    assert carriers.sent(case.there) == []
