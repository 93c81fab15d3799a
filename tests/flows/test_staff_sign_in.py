"""Staff sign in, are held back when they guess, prove themselves twice, forget passwords, and end their sessions."""

import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string

from raincheck import settings as product
from raincheck.accounts import tries
from raincheck.accounts.models import SignInTry, Staff
from raincheck.core.actor import Role
from raincheck.core.scope import Purpose, system_scope
from tests import people, world
from tests.commands import CHECKOUT
from tests.people import DOOR, PASSWORD, sign_in
from tests.walk import endpoints

FORGOTTEN = "/staff/forgotten/"
OTHER = "another long password"
NOBODY = "nobody@nowhere.example.com"


@pytest.fixture
def roles_with_factor(monkeypatch):
    from django.conf import settings

    monkeypatch.setattr(settings, "RAINCHECK_MFA_ROLES", frozenset({Role.HR_MANAGER, Role.COMPANY_ADMIN}))


def factors(staff):
    """Give somebody an authenticator app and recovery codes; return the app's secret and the codes."""
    secret = "JBSWY3DPEHPK3PXP"
    with system_scope(Purpose.SIGN_IN):
        TOTP.activate(staff, secret)
        codes = RecoveryCodes.activate(staff).get_unused_codes()
    return secret, codes


def digits(secret, step=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def wrong_digits(secret):
    right = {digits(secret, step) for step in range(-3, 4)}
    return next(text for n in range(10) if (text := f"{n:06d}") not in right)


def test_a_sign_in_is_recorded_with_the_way_it_was_proven(here, person):
    client = sign_in(person().email)
    assert (client.answer.status_code, client.answer["Location"]) == (302, "/console/")
    assert here.entries() == ["staff.signed_in"]
    assert client.get("/console/").status_code == 200


@pytest.mark.parametrize("email", ["theirs", NOBODY])
def test_the_fifth_wrong_password_holds_the_account_whether_or_not_it_exists(here, person, email):
    email = person().email if email == "theirs" else email
    for _ in range(tries.LIMITS[tries.Kind.PASSWORD]):
        assert sign_in(email, "wrong").answer.status_code == 200
    # As another process would see it, and after a restart.
    cache.clear()
    held = sign_in(email, PASSWORD).answer
    assert held.status_code == 429
    assert 0 < int(held["Retry-After"]) <= tries.WINDOW.total_seconds()
    assert "sign_in_held" in people.text(held)
    # To the other ways in, which the page speaks of.
    assert '<a class="btn btn-primary" href="/staff/login/">返回登录</a>' in people.text(held)
    assert here.entries() == []


def test_a_held_account_opens_again_after_the_window_and_another_was_never_held(here, person, superuser):
    recruiter, manager = person(), person("hr_manager")
    for _ in range(5):
        sign_in(recruiter.email, "wrong")
    assert sign_in(manager.email).answer.status_code == 302
    assert sign_in(recruiter.email).answer.status_code == 429
    superuser.execute("UPDATE accounts_signintry SET at = at - interval '15 minutes'")
    assert sign_in(recruiter.email).answer.status_code == 302


def test_a_right_password_forgets_the_wrong_ones_before_it(here, person):
    email = person().email
    for _ in range(2):
        for _ in range(4):
            sign_in(email, "wrong")
        assert sign_in(email).answer.status_code == 302


def test_an_address_that_tries_many_accounts_is_held(here, person, monkeypatch):
    monkeypatch.setattr(tries, "FROM_ONE_ADDRESS", 3)
    for number in range(3):
        sign_in(f"guess{number}@nowhere.example.com", "wrong")
    assert sign_in(person().email).answer.status_code == 429
    assert sign_in(person().email, REMOTE_ADDR="10.1.2.3").answer.status_code == 302


def test_tries_are_kept_as_hashes_alone_and_for_a_day(here, person, superuser):
    email = person().email
    sign_in(email, "wrong", REMOTE_ADDR="10.9.8.7")
    row = superuser.execute("SELECT t::text FROM accounts_signintry t").fetchone()[0]
    assert email not in row
    assert "10.9.8.7" not in row
    superuser.execute("UPDATE accounts_signintry SET at = at - interval '25 hours'")
    sign_in(email, "wrong")
    assert SignInTry.objects.count() == 1


def work(monkeypatch, do):
    """Return how often a password was hashed, how many statements ran, and the answer's status and words."""
    hashed = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    with monkeypatch.context() as patch:
        patch.setattr(
            Argon2PasswordHasher, "encode", lambda s, *a, **k: hashed.append(1) or encode(s, *a, **k)
        )
        patch.setattr(
            Argon2PasswordHasher, "verify", lambda s, *a, **k: hashed.append(1) or verify(s, *a, **k)
        )
        with CaptureQueriesContext(connection) as statements:
            answer = do()
    words = re.sub(r'value="[^"]*"', "", people.text(answer))
    return len(hashed), len(statements), answer.status_code, words


def test_neither_words_nor_work_of_sign_in_tell_who_exists(here, person, monkeypatch):
    known = person().email
    left = person("interviewer")
    here.put(left, is_active=False)
    passwordless = here.staff["department_viewer"].email
    sign_in(NOBODY, "wrong")  # what is done once a process is done
    told = {
        email: work(monkeypatch, lambda email=email: sign_in(email, "wrong").answer)
        for email in (NOBODY, known, left.email, passwordless)
    }
    assert len({(hashed, status, words) for hashed, _statements, status, words in told.values()}) == 1
    assert {hashed for hashed, *_ in told.values()} == {1}
    counts = [statements for _hashed, statements, *_ in told.values()]
    assert max(counts) - min(counts) <= 1
    # Whoever left and knows the password is told the same, too.
    _hashed, _statements, *said = work(monkeypatch, lambda: sign_in(left.email, PASSWORD).answer)
    assert said == list(told[NOBODY][2:])


def test_neither_words_nor_work_of_a_reset_tell_who_exists(here, person, monkeypatch):
    known = person().email
    Client().post(FORGOTTEN, {"email": "once@nowhere.example.com"})
    told = [
        work(monkeypatch, lambda email=email: Client().post(FORGOTTEN, {"email": email}))
        for email in (NOBODY, known)
    ]
    assert told[0] == told[1]
    assert world.jobs() == ["notifications.send_reset"] * 3


def test_a_forgotten_password_is_reset_by_a_link_that_works_once(here, person, outbox, drain):
    staff = person()
    elsewhere = sign_in(staff.email)
    Client().post(FORGOTTEN, {"email": NOBODY})
    Client().post(FORGOTTEN, {"email": staff.email.upper()})
    with connection.cursor() as cursor:
        cursor.execute("SELECT args::text FROM procrastinate_jobs")
        assert not any("@" in args for (args,) in cursor.fetchall())
    drain()
    [letter] = outbox.mail()
    assert outbox.mail(staff.email) == [letter]
    link = re.search(r"https?://[^/\s]+(/staff/reset/\S+/)", letter["text"])[1]
    for _ in range(2):
        assert Client().get(link).status_code == 200
    weak = Client().post(link, {"password": "short"})
    assert (weak.status_code, "weak_password" not in people.text(weak)) == (422, True)
    assert Client().post(link, {"password": OTHER})["Location"] == DOOR
    assert Client().get(link).status_code == 409
    assert Client().post(link, {"password": "a third long password"}).status_code == 409
    assert elsewhere.get("/console/").status_code == 302
    assert sign_in(staff.email, PASSWORD).answer.status_code == 200
    assert sign_in(staff.email, OTHER).answer.status_code == 302
    assert "staff.password_changed" in here.entries()


def test_a_password_known_from_a_breach_or_made_of_the_companys_name_is_refused_wherever_one_is_chosen(
    here, person, monkeypatch
):
    from django.conf import settings

    from raincheck.accounts.resetting import token_for

    monkeypatch.setattr(settings, "RAINCHECK_BREACHED_PASSWORDS", str(CHECKOUT / "tests" / "breached.txt"))
    staff = person()
    client = sign_in(staff.email)
    with here.scope():
        staff.refresh_from_db()
    link = f"/staff/reset/{staff.id}/{token_for(staff)}/"
    for password, word in (("a breached long password", "泄露"), (f"{here.company.slug}-raincheck", "名称")):
        typed = {"oldpassword": PASSWORD, "password1": password, "password2": password}
        assert word in people.text(client.post("/staff/password/", typed)), password
        answer = Client().post(link, {"password": password})
        assert (answer.status_code, word in people.text(answer)) == (422, True), password
    assert sign_in(staff.email).answer.status_code == 302, "the old one holds"


def test_resets_are_asked_for_three_times_in_a_quarter_of_an_hour_at_most(here, person):
    for _ in range(3):
        assert Client().post(FORGOTTEN, {"email": NOBODY}).status_code == 200
    assert Client().post(FORGOTTEN, {"email": NOBODY}).status_code == 429


def test_a_link_of_another_person_or_none_opens_nothing(here, person):
    staff, other = person(), person("hr_manager")
    from raincheck.accounts.resetting import token_for

    for path in (f"/staff/reset/{other.id}/{token_for(staff)}/", f"/staff/reset/{staff.id}/nonsense/"):
        assert Client().get(path).status_code == 409
        assert Client().post(path, {"password": OTHER}).status_code == 409


def test_roles_that_need_a_second_factor_set_it_up_before_anything_else(here, person, roles_with_factor):
    manager = sign_in(person("hr_manager").email)
    for endpoint in endpoints("staff"):
        if not endpoint.names:
            answer = manager.get("/" + endpoint.route)
            if answer.status_code != 405:
                assert (answer.status_code, answer["Location"]) == (302, "/staff/mfa/"), endpoint.route
    assert manager.post("/console/rules/edit/").status_code == 302
    assert "请先设置两步验证" in people.text(manager.get("/staff/mfa/"))
    page = manager.get("/staff/mfa/totp/activate/")
    secret = re.search(r'class="mono">([A-Z2-7]{16,})<', people.text(page))[1]
    activated = manager.post("/staff/mfa/totp/activate/", {"code": digits(secret)})
    assert activated["Location"] == "/staff/mfa/recovery-codes/"
    assert people.text(manager.get("/staff/mfa/recovery-codes/")).count("<br>") == 10
    assert manager.get("/console/rules/").status_code == 200
    assert sign_in(person("recruiter").email).get("/console/").status_code == 200
    assert here.entries().count("staff.factor_changed") == 1


def test_whoever_has_a_second_factor_is_not_in_before_it_is_proven(here, person, superuser):
    staff = person()
    secret, codes = factors(staff)
    kept = superuser.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator").fetchone()[0]
    assert secret not in kept
    client = sign_in(staff.email)
    assert client.answer["Location"] == "/staff/mfa/authenticate/"
    assert client.get("/console/").status_code == 302
    assert "用通行密钥验证" not in people.text(client.get("/staff/mfa/authenticate/")), "they have none"
    wrong = client.post("/staff/mfa/authenticate/", {"code": wrong_digits(secret)})
    assert (wrong.status_code, "验证码不正确或已用过" in people.text(wrong)) == (200, True)
    assert client.get("/console/").status_code == 302
    assert client.post("/staff/mfa/authenticate/", {"code": digits(secret)})["Location"] == "/console/"
    assert client.get("/console/").status_code == 200
    again = sign_in(staff.email)
    assert again.post("/staff/mfa/authenticate/", {"code": codes[0]})["Location"] == "/console/"
    third = sign_in(staff.email)
    assert third.post("/staff/mfa/authenticate/", {"code": codes[0]}).status_code == 200
    assert third.get("/console/").status_code == 302


def test_a_code_that_somebody_looked_on_at_opens_nothing_more_in_any_process(here, person):
    from django.core.cache import cache

    staff = person()
    secret, _codes = factors(staff)
    code = digits(secret)
    first = sign_in(staff.email)
    assert first.post("/staff/mfa/authenticate/", {"code": code})["Location"] == "/console/"
    for typed in (code, f"{code[:3]} {code[3:]}"):
        # As in another process, which has a memory of its own.
        cache.clear()
        onlooker = sign_in(staff.email)
        assert onlooker.post("/staff/mfa/authenticate/", {"code": typed}).status_code == 200
        assert onlooker.get("/console/").status_code == 302


def test_the_code_that_set_an_app_up_lets_nobody_in_afterwards(here, person):
    staff = person()
    client = sign_in(staff.email)
    page = client.get("/staff/mfa/totp/activate/")
    secret = re.search(r'class="mono">([A-Z2-7]{16,})<', people.text(page))[1]
    code = digits(secret)
    assert client.post("/staff/mfa/totp/activate/", {"code": code}).status_code == 302
    onlooker = sign_in(staff.email)
    assert onlooker.post("/staff/mfa/authenticate/", {"code": code}).status_code == 200
    assert onlooker.get("/console/").status_code == 302


def test_codes_are_guessed_five_times_at_most_and_the_password_forgives_none(here, person):
    staff = person()
    secret, _codes = factors(staff)
    for _ in range(5):
        client = sign_in(staff.email)
        assert client.post("/staff/mfa/authenticate/", {"code": wrong_digits(secret)}).status_code == 200
    client = sign_in(staff.email)
    assert client.post("/staff/mfa/authenticate/", {"code": digits(secret)}).status_code == 429


def test_a_dangerous_deed_asks_who_it_is_when_the_sign_in_is_old(here, person):
    staff = person("company_admin")
    client = sign_in(staff.email)
    people.age(client)
    deed = {"name": "示例", "scope": ["tasks.read"], "days": "30"}
    asked = client.post("/console/keys/make/", deed, HTTP_REFERER="http://testserver/console/keys/")
    assert (asked.status_code, asked["Location"]) == (302, "/staff/reauthenticate/?next=%2Fconsole%2Fkeys%2F")
    assert "key.made" not in here.entries()
    wrong = client.post(asked["Location"], {"password": "wrong"})
    assert wrong.status_code == 200
    proven = client.post(asked["Location"], {"password": PASSWORD})
    assert proven["Location"] == "/console/keys/"
    assert client.post("/console/keys/make/", deed).status_code == 200
    assert "key.made" in here.entries()


@pytest.mark.parametrize("way", ["password", "code"])
def test_whoever_proved_who_they_are_reads_that_the_deed_is_yet_to_be_done(here, person, way):
    staff, reminder = person("company_admin"), "刚才的操作还没有执行"
    client = sign_in(staff.email)
    secret, _codes = factors(staff)
    proof = ("/staff/reauthenticate/", {"password": PASSWORD})
    if way == "code":
        proof = ("/staff/mfa/reauthenticate/", {"code": digits(secret)})
    people.age(client)
    client.post("/console/keys/make/", {"name": "示例"}, HTTP_REFERER="http://testserver/console/keys/")
    client.post(proof[0], {**proof[1], "password": "wrong", "code": wrong_digits(secret)})
    assert reminder not in people.text(client.get(proof[0]))
    client.post(*proof)
    assert reminder in people.text(client.get("/console/keys/"))
    assert reminder not in people.text(client.get("/console/keys/"))


def test_whoever_proved_who_they_are_before_a_page_is_reminded_of_nothing(here, person):
    staff = person("hr_manager")
    client = sign_in(staff.email)
    people.age(client)
    asked = client.get(f"/console/positions/{here.position.id}/freeze/")
    client.post(asked["Location"], {"password": PASSWORD})
    assert "刚才的操作还没有执行" not in people.text(client.get("/console/"))


def test_every_dangerous_page_asks_for_a_fresh_sign_in_before_it_does_anything(here, person, interview):
    client = people.staff_client(here.staff["company_admin"])
    manager = people.staff_client(here.staff["hr_manager"])
    people.age(client)
    people.age(manager)
    fine = "/staff/reauthenticate/"
    position = here.position.id
    staff = here.staff["recruiter"].id
    account = f"/console/vendors/{here.account.id}"
    for browser, path in (
        (client, "/console/audit/export/"),
        (client, "/console/audit/trail/export/"),
        (client, "/console/audit/sights/export/"),
        (client, "/console/rules/edit/"),
        (client, "/console/keys/make/"),
        (client, f"/console/keys/{position}/revoke/"),
        (client, "/console/staff/invite/"),
        (client, f"/console/staff/{staff}/roles/"),
        (client, f"/console/staff/{staff}/leave/"),
        (client, f"/console/staff/{staff}/sign-out/"),
        (client, "/console/group/parent/"),
        (client, f"/console/batches/{position}/rollback/"),
        (client, f"{account}/secret/"),
        (client, f"{account}/active/"),
        (client, "/console/channels/stop/"),
        (manager, f"/console/positions/{position}/freeze/"),
        (manager, "/console/batches/exports/new/"),
        (manager, f"/console/batches/exports/{position}/download/"),
        (manager, "/console/batches/retention/"),
        (manager, "/console/batches/retention/run/"),
        (manager, f"/console/batches/retention/hold/{position}/lift/"),
        (manager, f"/console/candidates/{here.candidate.id}/copy/"),
        (manager, f"/console/batches/{position}/rows/take/"),
    ):
        assert browser.post(path)["Location"].startswith(fine), path
    assert manager.get(f"/console/positions/{position}/freeze/")["Location"].endswith("freeze%2F")
    assert here.entries() == []


def test_whoever_only_signs_in_elsewhere_proves_it_by_doing_so_again(here):
    client = people.staff_client(here.staff["company_admin"])
    people.age(client)
    asked = client.post("/console/keys/make/", {"name": "x", "scope": ["tasks.read"], "days": "30"})
    page = client.get(asked["Location"])
    assert (page.status_code, "退出并重新登录" in people.text(page)) == (200, True)
    assert client.get("/staff/mfa/totp/activate/")["Location"].startswith("/staff/reauthenticate/")


def test_a_wrong_password_before_a_dangerous_deed_counts_as_any_other(here, person):
    client = sign_in(person().email)
    for _ in range(5):
        assert client.post("/staff/reauthenticate/", {"password": "wrong"}).status_code == 200
    assert client.post("/staff/reauthenticate/", {"password": PASSWORD}).status_code == 429


def test_a_program_is_told_what_is_missing_not_led_away(here, roles_with_factor):
    client = people.staff_client(here.staff["company_admin"])
    answer = client.get("/console/", HTTP_ACCEPT="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "second_factor_needed")


def test_sessions_are_listed_and_ended_one_by_one(here, person):
    staff = person()
    first, second = sign_in(staff.email), sign_in(staff.email, HTTP_USER_AGENT="Firefox on Windows")
    page = people.text(first.get("/console/account/"))
    assert "Firefox · Windows" in page
    [path] = re.findall(r'action="(/console/account/sessions/\d+/end/)"', page)
    other = sign_in(person("hr_manager").email)
    assert other.post(path).status_code == 404
    assert second.get("/console/").status_code == 200
    assert first.post(path)["Location"] == "/console/account/"
    assert second.get("/console/").status_code == 302
    assert first.get("/console/").status_code == 200
    assert first.post(path).status_code == 404
    assert here.entries().count("staff.sessions_ended") == 1


def test_each_try_that_failed_is_logged_and_neither_whose_nor_what_was_typed(here, person, caplog):
    staff = person("hr_manager")
    with caplog.at_level("WARNING"):
        for email, password in (
            (staff.email, "a wrong one"),
            (staff.email, "another wrong one"),
            (NOBODY, "x"),
        ):
            sign_in(email, password)
    tried = [one.msg for one in caplog.records if "sign_in_tried" in str(one.msg)]
    assert [one["way"] for one in tried] == ["password"] * 3
    assert tried[0]["account"] == tried[1]["account"] != tried[2]["account"]
    assert len({one["address"] for one in tried}) == 1
    assert not any(word in caplog.text for word in (staff.email, NOBODY, "wrong one", "127.0.0.1"))


#: From a browser that speaks none, or from nobody's browser.
_ANSWER = {
    "clientDataJSON": "AAAA",
    "authenticatorData": "AAAA",
    "signature": "AAAA",
    "attestationObject": "AAAA",
}
NO_PASSKEYS = (
    7,
    "x",
    [1],
    {"id": "AAAA"},
    {"id": 1, "rawId": 2, "type": 3, "response": 4},
    {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}},
    {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": _ANSWER},
    {"id": "!", "rawId": "!", "type": "x", "response": {**_ANSWER, "userHandle": "AAAA"}},
)


@pytest.mark.parametrize("forged", NO_PASSKEYS, ids=str)
@pytest.mark.parametrize("door", ["login/", "reauthenticate/", "add/"])
def test_no_door_breaks_on_what_is_no_passkey(here, person, door, forged):
    staff = person()
    client = Client() if door == "login/" else sign_in(staff.email)
    if door == "reauthenticate/":
        with here.scope():
            Authenticator.objects.create(user=staff, type="webauthn", data={"name": "A key"})
    else:
        client.get(f"/staff/mfa/passkeys/{door}", headers={"X-Requested-With": "XMLHttpRequest"})
    answer = client.post(f"/staff/mfa/passkeys/{door}", {"credential": json.dumps(forged), "name": "One"})
    assert answer.status_code in {200, 302}
    with here.scope():
        assert Authenticator.objects.filter(user=staff).count() == (door == "reauthenticate/")


def test_a_passkey_that_failed_is_logged_at_the_door_and_again_before_a_dangerous_deed(here, person, caplog):
    staff = person()
    inside = sign_in(staff.email)
    with here.scope():
        Authenticator.objects.create(user=staff, type=Authenticator.Type.WEBAUTHN, data={"name": "A key"})
    tries_at = ((Client(), "passkeys/login/"), (inside, "passkeys/reauthenticate/"))
    with caplog.at_level("WARNING"):
        for client, door in tries_at:
            for forged in (
                {"id": "AAAA"},
                {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}},
            ):
                answer = client.post(f"/staff/mfa/{door}", {"credential": json.dumps(forged)})
                assert answer.status_code == 302
    tried = [one.msg for one in caplog.records if "sign_in_tried" in str(one.msg)]
    assert [one["way"] for one in tried] == ["passkey"] * 4
    assert tried[0]["account"] == tried[1]["account"] != tried[2]["account"] == tried[3]["account"]
    assert staff.email not in caplog.text


def test_a_new_password_ends_every_other_session(here, person):
    staff = person()
    first, second = sign_in(staff.email), sign_in(staff.email)
    answer = first.post("/staff/password/", {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER})
    assert answer.status_code == 302
    assert first.get("/console/").status_code == 200
    assert second.get("/console/").status_code == 302
    assert here.entries()[-1] == "staff.password_changed"


def test_a_password_may_be_long_and_counts_to_its_last_letter(here, person):
    staff = person()
    long = " 雨落在窗台上 rain on the sill ☔ " * 8
    answer = sign_in(staff.email).post(
        "/staff/password/", {"oldpassword": PASSWORD, "password1": long, "password2": long}
    )
    assert answer.status_code == 302
    assert sign_in(staff.email, long).answer["Location"] == "/console/"
    for other in (long.strip(), long[:-1], long[:72], long.upper()):
        assert sign_in(staff.email, other).answer.status_code == 200


def test_a_session_ends_twelve_hours_after_it_was_proven_however_busy_it_was(here, person, superuser):
    client = sign_in(person().email)
    for hours, status in ((11.9, 200), (0.2, 302)):
        superuser.execute(
            "UPDATE django_session SET expire_date = expire_date - %s * interval '1 hour'", [hours]
        )
        answer = client.get("/console/")
        assert answer.status_code == status
    assert "/staff/login/" in answer["Location"]


def test_whoever_sends_a_form_when_the_session_has_ended_is_told_that_it_was_not_done():
    browser = Client()
    page = "/console/reviews/"
    away = browser.post("/console/positions/", {"x": "y"}, HTTP_REFERER=f"http://testserver{page}")
    assert away["Location"] == "/staff/login/?next=%2Fconsole%2Freviews%2F"
    assert "刚才的操作没有提交" in people.text(browser.get(away["Location"]))


def test_an_administrator_ends_all_sessions_of_somebody(here, person):
    staff = person()
    theirs = sign_in(staff.email)
    admin = people.staff_client(here.staff["company_admin"])
    assert admin.post(f"/console/staff/{staff.id}/sign-out/").status_code == 302
    assert theirs.get("/console/").status_code == 302


def test_passwords_are_kept_by_argon2(here, person):
    with here.scope():
        assert Staff.objects.get(id=person().id).password.startswith("argon2$argon2id$")
    [named] = product.PASSWORD_HASHERS
    made = import_string(named)
    assert (made.algorithm, made.time_cost) == ("argon2", 2)
    assert made.memory_cost >= 19_456, "as OWASP asks"


def test_a_factor_is_taken_away_only_by_whoever_proved_who_they_are(here, person):
    staff = person()
    factors(staff)
    client = people.staff_client(staff)
    people.age(client)
    for path in ("/staff/mfa/totp/deactivate/", "/staff/mfa/recovery-codes/", "/staff/mfa/passkeys/add/"):
        assert client.get(path)["Location"].startswith("/staff/reauthenticate/"), path
    assert client.post("/staff/mfa/totp/deactivate/")["Location"].startswith("/staff/reauthenticate/")
    with here.scope():
        assert Authenticator.objects.filter(user=staff, type="totp").exists()
    client.post("/staff/reauthenticate/", {"password": PASSWORD})
    assert client.post("/staff/mfa/totp/deactivate/")["Location"] == "/staff/mfa/"
    with here.scope():
        assert not Authenticator.objects.filter(user=staff).exists()
