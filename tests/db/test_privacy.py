"""Phone, e-mail and ID number: sealed under a key of the candidate's own, and in the clear nowhere at all."""

import logging
import re
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raincheck.accounts.abilities import Ability
from raincheck.accounts.identities import Contacts, InvalidPhone, new_identity, normal_phone, open_contacts
from raincheck.accounts.models import CandidateIdentity
from raincheck.accounts.sign_in import digits
from raincheck.core import crypto
from raincheck.core.crypto import DataKey
from raincheck.core.ids import new_id
from raincheck.recruiting.models import Application, ApplicationState, Candidate
from raincheck.vendors.models import VendorAccount
from tests import people, walk

PLANTED = Contacts(
    phone="+8613907654321", email="planted.marker@secret.example", id_number="11010519491231002X"
)


def needles():
    """Return every spelling by which a leak would show, in text and in the hex that bytes are dumped in."""
    clear = [PLANTED.phone, PLANTED.phone[3:], PLANTED.email, "planted.marker", PLANTED.id_number]
    return [*clear, *(word.encode().hex() for word in clear)]


def found_in(text):
    return [needle for needle in needles() if needle.lower() in text.lower()]


def test_what_is_sealed_opens_again_and_reads_like_nothing():
    key = DataKey.create(new_id())
    sealed = key.seal("phone", PLANTED.phone)
    assert key.open("phone", sealed) == PLANTED.phone
    assert PLANTED.phone.encode() not in sealed
    assert sealed != key.seal("phone", PLANTED.phone)
    assert (key.seal("phone", ""), key.open("phone", None)) == (None, "")


def test_a_sealed_value_opens_for_its_owner_and_its_field_alone():
    owner, other = new_id(), new_id()
    key = DataKey.create(owner)
    sealed = key.seal("phone", PLANTED.phone)
    with pytest.raises(InvalidTag):
        key.open("email", sealed)
    with pytest.raises(InvalidTag):
        DataKey(other, key.key).open("phone", sealed)
    with pytest.raises(InvalidTag):
        DataKey.unwrap(other, key.wrapped())
    assert DataKey.unwrap(owner, key.wrapped()).open("phone", sealed) == PLANTED.phone


def test_another_master_key_opens_nothing(settings_master_key):
    owner = new_id()
    wrapped = DataKey.create(owner).wrapped()
    settings_master_key(bytes(32))
    with pytest.raises(InvalidTag):
        DataKey.unwrap(owner, wrapped)


@pytest.fixture
def settings_master_key(monkeypatch):
    """Return a function that puts another master key in force."""
    from django.conf import settings

    return lambda *keys: monkeypatch.setattr(settings, "RAINCHECK_MASTER_KEYS", keys)


def test_erasing_the_data_key_erases_everything_sealed_under_it(here):
    with here.scope():
        identity = CandidateIdentity.objects.get(id=here.candidate.identity_id)
        assert open_contacts(identity).phone
        CandidateIdentity.objects.filter(id=identity.id).update(data_key=None)
        assert open_contacts(CandidateIdentity.objects.get(id=identity.id)) == Contacts()


def test_the_hash_by_which_a_number_is_found_differs_between_companies_and_fields(db):
    here, there = new_id(), new_id()
    hashes = {
        crypto.keyed_hash(company, field, PLANTED.phone)
        for company in (here, there)
        for field in ("phone", "email")
    }
    assert len(hashes) == 4
    assert crypto.keyed_hash(here, "phone", PLANTED.phone) == crypto.keyed_hash(here, "phone", PLANTED.phone)


@given(st.text(), st.sampled_from(["phone", "email", "imported-row"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_finder_of_many_finds_what_one_hash_finds(db, value, field):
    company = UUID("0190b8a0-0000-7000-8000-000000000001")
    find = crypto.Finder(company, field)
    assert find(value) == find(value) == crypto.keyed_hash(company, field, value)


def test_a_vendors_key_is_sealed_to_its_account(here):
    with here.scope():
        account = VendorAccount.objects.get(id=here.account.id)
        assert account.secret("api_key") == here.vendor.key
        account.api_key_sealed, account.webhook_secret_sealed = (
            account.webhook_secret_sealed,
            account.api_key_sealed,
        )
        with pytest.raises(InvalidTag):
            account.secret("api_key")


@pytest.mark.parametrize(
    "typed", ["13907654321", "139 0765 4321", "139-0765-4321", "+86 139 0765 4321", "１３９０７６５４３２１"]
)
def test_a_number_is_the_same_number_however_it_is_typed(typed):
    assert normal_phone(typed) == PLANTED.phone


@pytest.mark.parametrize("typed", ["", "12", "hello", "1" * 200, "+999999", "１２"])
def test_what_is_no_number_is_refused_without_repeating_it(typed):
    with pytest.raises(InvalidPhone) as refusal:
        normal_phone(typed)
    assert not typed or typed not in str(refusal.value)


def test_masks_show_enough_to_recognise_and_no_more():
    assert crypto.mask_phone(PLANTED.phone) == "+86139****4321"
    assert crypto.mask_email(PLANTED.email) == "p***@secret.example"
    assert (crypto.mask_phone(""), crypto.mask_email("")) == ("", "")


@pytest.fixture
def planted(here):
    """Make the candidate whose number nothing may hold."""
    with here.scope() as now:
        identity = new_identity(company_id=here.company.id, contacts=PLANTED, language="zh-hans")
        identity.save()
        candidate = Candidate.objects.create(company=here.company, identity=identity, name="示例植入者")
        Application.objects.create(
            company=here.company,
            candidate=candidate,
            position=here.position,
            state=ApplicationState.INTERVIEWING,
            applied_at=now,
        )
    here.candidates.insert(0, candidate)
    return candidate


@pytest.fixture
def everything_logged(caplog):
    """Let every logger speak, as loudly as it can."""
    for name in (
        "",
        "httpx",
        "httpcore",
        "django",
        "django.request",
        "procrastinate",
        "procrastinate.worker",
    ):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.fixture
def signed_in_by_code(here, planted, outbox, drain):
    """Sign the planted candidate in as they do it: number, a gateway that fails once, code."""
    client, door = Client(), f"/c/{here.company.slug}/sign-in/"
    outbox.fault("sms", "error_500", times=1)
    assert client.post(door, {"phone": "139 0765 4321"}).status_code == 302
    drain()
    hasten_jobs(here)
    drain()
    [sms] = outbox.sms()
    assert sms["to"] == PLANTED.phone
    [code] = re.findall(r"\d{6}", sms["body"])
    assert (
        client.post(f"{door}code/", {"code": "000000" if code != "000000" else "111111"}).status_code == 422
    )
    assert client.post(f"{door}code/", {"code": code}).status_code == 302
    return client, code


def hasten_jobs(world):
    """Bring every job that waits for its next attempt forward to now."""
    from django.db import connection

    with world.scope(), connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
        cursor.execute("UPDATE notifications_message SET next_attempt_at = now() WHERE state = 'waiting'")


def dumped(superuser):
    """Return every table of the database as text."""
    tables = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    text = []
    for (name,) in tables:
        with superuser.cursor().copy(f'COPY "{name}" TO STDOUT') as rows:
            text += [bytes(row).decode() for row in rows]
    return "\n".join(text)


def test_the_main_job_leaves_no_phone_mail_or_id_number_in_the_clear_anywhere(
    here, everything_logged, signed_in_by_code, outbox, drain, superuser
):
    client, code = signed_in_by_code
    outbox.fault("smtp", "error_500", times=2)
    outbox.fault("sms", "reject", times=1)
    interview = here.book(hours=120)
    cancel = f"/c/{here.company.slug}/interviews/{interview.id}/cancel/"
    assert client.post(cancel, {"reason": "time_conflict", "consent": "yes"}).status_code == 302
    drain()
    hasten_jobs(here)
    drain()
    mails = [mail["subject"] for mail in outbox.mail() if mail["to"] == [PLANTED.email]]
    # The first stood in for the SMS that was rejected.
    assert mails == ["取消请求已收到", "您的AI面试已成功取消"]
    assert len(everything_logged.text) > 2000
    assert found_in(everything_logged.text) == []
    dump = dumped(superuser)
    assert "示例植入者" in dump
    assert found_in(dump) == []
    jobs = superuser.execute(
        "SELECT coalesce(string_agg(args::text, ' '), '') FROM procrastinate_jobs"
    ).fetchone()
    assert "notifications.deliver" in str(
        superuser.execute("SELECT task_name FROM procrastinate_jobs").fetchall()
    )
    assert found_in(jobs[0]) == []
    assert f'"{code}"' not in dump


def test_no_page_shows_more_than_a_mask(here, planted, signed_in_by_code, drain):
    client, _ = signed_in_by_code
    scene = walk.scene(here, drain)
    pages = 0
    for browser, endpoints in (
        (client, walk.endpoints("candidate", "public")),
        (people.staff_client(here.staff["hr_manager"]), walk.endpoints("staff")),
        (people.staff_client(here.staff["department_viewer"]), walk.endpoints("staff")),
    ):
        for endpoint in endpoints:
            if endpoint.ability in {Ability.REVEAL_CONTACTS, Ability.COPY_DATA}:
                continue  # what these show is recorded (tests/flows/test_personal_data.py)
            for interview in (scene.scheduled, scene.cancelled):
                path = endpoint.path({**scene.ids, "interview_id": interview.id})
                for answer in walk.answers(browser, path).values():
                    page = people.text(answer)
                    assert found_in(page) == [], path
                    assert found_in(str(answer.headers)) == [], path
                    assert found_in(str(answer.cookies)) == [], path
                    pages += answer.status_code == 200
    assert pages > 20


def test_the_code_is_derived_and_stored_nowhere(here, planted, drain, superuser):
    Client().post(f"/c/{here.company.slug}/sign-in/", {"phone": PLANTED.phone})
    [(code_id,)] = superuser.execute("SELECT id FROM accounts_signincode").fetchall()
    [(row,)] = superuser.execute("SELECT row_to_json(c)::text FROM accounts_signincode c").fetchall()
    assert re.search(rf"\b{digits(code_id)}\b", row.replace(str(code_id), "")) is None
    assert len(digits(code_id)) == 6


def test_a_code_for_a_number_nobody_has_looks_the_same_and_sends_nothing(here, planted, outbox, drain):
    client = Client()
    known = client.post(f"/c/{here.company.slug}/sign-in/", {"phone": PLANTED.phone})
    unknown = Client().post(f"/c/{here.company.slug}/sign-in/", {"phone": "13900000009"})
    drain()
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [sms["to"] for sms in outbox.sms()] == [PLANTED.phone]


def test_a_code_expires_and_is_spent_once(here, planted, signed_in_by_code, outbox):
    client, code = signed_in_by_code
    assert client.post(f"/c/{here.company.slug}/sign-in/code/", {"code": code}).status_code in {302, 422}
    assert here.count(CandidateIdentity) == len(here.candidates)
    other = Client()
    with here.scope() as now:
        from raincheck.accounts.sign_in import CodeWrong, send_code, sign_in

        later = now + timedelta(minutes=10)
        code_id = send_code(company=here.company, phone=PLANTED.phone, now=later)
        with pytest.raises(CodeWrong):
            sign_in(
                company=here.company, code_id=code_id, typed=digits(code_id), now=later + timedelta(minutes=5)
            )
    assert other.get(f"/c/{here.company.slug}/").status_code == 302
