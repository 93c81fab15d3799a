"""Limits: exactly so much and no more, told to the second; never in the way of staff; and a door that tells nobody."""

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from raincheck.accounts.models import SignInCode
from raincheck.core.allowance import Allowance, TooOften, forget_spent
from raincheck.portal import door
from raincheck.web import people as web_people
from tests import people, world

UNKNOWN = "+8613900000000"
MINUTE = timedelta(minutes=1)


def later(superuser, by):
    """Let this much time have gone by for every allowance."""
    superuser.execute("UPDATE core_allowance SET back_at = back_at - %s", [by])


class TestAllowance:
    few = Allowance("test", at_once=3, every=timedelta(seconds=10))

    def test_so_many_at_once_and_then_the_second_from_which_on_there_is_one_more(self, db, superuser):
        for _ in range(3):
            self.few.spend("somebody")
        with pytest.raises(TooOften) as refused:
            self.few.spend("somebody")
        assert refused.value.retry_after in {9, 10}
        later(superuser, timedelta(seconds=refused.value.retry_after))
        self.few.spend("somebody")
        with pytest.raises(TooOften):
            self.few.spend("somebody")

    def test_a_refusal_costs_nothing_and_others_are_not_held(self, db):
        for _ in range(3):
            self.few.spend("somebody")
        waits = []
        for _ in range(5):
            with pytest.raises(TooOften) as refused:
                self.few.spend("somebody")
            waits.append(refused.value.retry_after)
        assert max(waits) <= 10, waits
        self.few.spend("somebody else")

    def test_side_by_side_no_more_get_through_than_one_after_the_other(self, db):
        many = Allowance("crowd", at_once=10, every=MINUTE)

        def one(_):
            try:
                many.spend("crowd")
            except TooOften:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(8) as crowd:
            assert sum(crowd.map(one, range(40))) == 10

    def test_nobody_is_kept_once_all_has_come_back_and_nobody_can_be_read_off_it(self, db, superuser):
        self.few.spend("198.51.100.7")
        assert b"198" not in superuser.execute("SELECT key FROM core_allowance").fetchone()[0]
        assert forget_spent() == 0
        later(superuser, MINUTE)
        assert forget_spent() == 1


def knocks(client, at, *, phone=UNKNOWN, **headers):
    return client.post(at, {"phone": phone}, **headers)


class TestTheCandidatesDoor:
    @pytest.fixture
    def at(self, here):
        return f"/c/{here.company.slug}/sign-in/"

    @pytest.fixture(autouse=True)
    def few(self, monkeypatch):
        monkeypatch.setattr(door, "AT_THE_DOOR", Allowance("door", at_once=3, every=timedelta(seconds=30)))

    def test_one_address_may_try_so_often_and_is_then_told_when_again(self, here, at, superuser):
        answers = [knocks(Client(), at, phone=f"+861390000000{n}") for n in range(4)]
        assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
        wait = int(answers[-1]["Retry-After"])
        assert 25 <= wait <= 30
        assert "too_often" in people.text(answers[-1])
        later(superuser, timedelta(seconds=wait))
        assert knocks(Client(), at, phone="+8613900000009").status_code == 302
        assert knocks(Client(), at, phone="+8613900000010", REMOTE_ADDR="203.0.113.9").status_code == 302

    def test_looking_is_free(self, at):
        assert {Client().get(at).status_code for _ in range(6)} == {200}

    def test_a_number_that_was_just_sent_a_code_waits_for_exactly_the_rest_of_a_minute(self, here, at):
        assert knocks(Client(), at).status_code == 302
        answer = knocks(Client(), at)
        assert (answer.status_code, int(answer["Retry-After"])) in {(429, 60), (429, 59)}
        with here.scope():
            code = SignInCode.objects.get()
        here.put(code, sent_at=code.sent_at - timedelta(seconds=int(answer["Retry-After"])))
        assert knocks(Client(), at).status_code == 302

    def test_whom_a_proxy_speaks_for_is_believed_from_a_proxy_alone_and_from_the_end(
        self, here, at, settings_of
    ):
        claims = {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.5"}
        with settings_of(RAINCHECK_PROXIES="10.0.0.0/8"):
            # From no proxy: the header is the caller's own invention, and a new one each time helps nobody.
            for n in range(3):
                invented = {"HTTP_X_FORWARDED_FOR": f"198.51.100.{n}"}
                assert knocks(Client(), at, phone=f"+86139000000{n}0", **invented).status_code == 302
            assert knocks(Client(), at, phone="+8613900000099", **claims).status_code == 429
            # From a proxy: each of those it speaks for counts alone, whatever they wrote before its word.
            proxied = {"REMOTE_ADDR": "10.1.1.1", **claims}
            for n in range(3):
                proxied["HTTP_X_FORWARDED_FOR"] = f"192.0.2.{n}, 203.0.113.5"
                assert knocks(Client(), at, phone=f"+86139000001{n}0", **proxied).status_code == 302
            assert knocks(Client(), at, phone="+8613900000199", **proxied).status_code == 429
            proxied["HTTP_X_FORWARDED_FOR"] = "203.0.113.6"
            assert knocks(Client(), at, phone="+8613900000299", **proxied).status_code == 302

    def test_behind_a_proxy_that_nobody_named_all_are_not_held_for_one(self, here, at, settings_of):
        with settings_of(SESSION_COOKIE_SECURE=True):
            codes = [knocks(Client(), at, phone=f"+861390000{n}000").status_code for n in range(10, 20)]
        assert set(codes) == {302}


@pytest.fixture
def settings_of(monkeypatch):
    """Return a context in which settings are other ones."""
    from ipaddress import ip_network

    from django.test import override_settings

    def other(**changed):
        if "RAINCHECK_PROXIES" in changed:
            changed["RAINCHECK_PROXIES"] = [ip_network(changed["RAINCHECK_PROXIES"])]
        return override_settings(**changed)

    return other


class TestDeeds:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch):
        allowed = Allowance("candidate", at_once=4, every=timedelta(seconds=30))
        monkeypatch.setattr(web_people, "CANDIDATES_DEEDS", allowed)

    def test_a_candidate_who_hammers_is_told_when_to_come_back(self, here, interview, signed_in):
        path = f"/c/{here.company.slug}/pool/"
        answers = [signed_in.post(path, {"consent": "yes"}) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [302, 302, 302, 302, 429]
        assert 25 <= int(answers[-1]["Retry-After"]) <= 30
        assert signed_in.get(f"/c/{here.company.slug}/").status_code == 200

    def test_staff_who_cancel_one_after_the_other_are_never_held(self, here, hr):
        booked = [
            here.book(hours=90 + n, candidate=here.add_candidate(), with_vendor=False) for n in range(40)
        ]
        answers = [
            hr.post(f"/console/interviews/{one.id}/cancel/", {"reason": "position_frozen"}) for one in booked
        ]
        assert {answer.status_code for answer in answers} == {302}
        assert {here.fresh(one).state for one in booked} == {"cancelling"}

    def test_no_statement_counts_staff(self, here, hr, superuser):
        hr.post(f"/console/interviews/{here.book(hours=90).id}/cancel/", {"reason": "position_frozen"})
        assert superuser.execute("SELECT count(*) FROM core_allowance").fetchone() == (0,)


def without_ids(page):
    """Return a page without what is another each time: tokens, ids, the number typed."""
    return re.sub(r'value="[^"]*"|\d', "", page)


class TestWhoExistsIsNotTold:
    def test_a_candidates_number_that_nobody_has_is_answered_in_the_same_words(self, here):
        at = f"/c/{here.company.slug}/sign-in/"
        pages = []
        for phone in (here.phone(), UNKNOWN):
            client = Client()
            sent = knocks(client, at, phone=phone)
            looked = client.get(f"{at}code/")
            wrong = client.post(f"{at}code/", {"code": "000000"})
            again = client.post(at, {"resend": ""})
            pages.append(
                (
                    [answer.status_code for answer in (sent, looked, wrong, again)],
                    [sent["Location"], sorted(sent.cookies)],
                    [without_ids(people.text(answer)) for answer in (looked, wrong, again)],
                )
            )
        assert pages[0] == pages[1]

    def test_and_at_the_same_cost_statement_by_statement(self, here):
        at = f"/c/{here.company.slug}/sign-in/"
        here.add_candidate()
        knocks(Client(), at, phone=here.phone(here.candidates[1]))
        asked = []
        for phone in (here.phone(), UNKNOWN):
            client = Client()
            with CaptureQueriesContext(connection) as queries:
                knocks(client, at, phone=phone)
                client.post(f"{at}code/", {"code": "000000"})
            asked.append([re.sub(r"'[^']*'(::\w+)?|\d+", "?", query["sql"]) for query in queries])
        known, unknown = ([sql.replace("NULL", "?") for sql in statements] for statements in asked)
        assert known == unknown
        assert len(known) > 8

    def test_an_sms_goes_to_nobody_for_a_number_nobody_has(self, here, drain, outbox):
        knocks(Client(), f"/c/{here.company.slug}/sign-in/")
        assert world.jobs() == ["notifications.send_code"]
        drain()
        assert outbox.sms() == []

    def test_staff_who_are_not_there_are_refused_in_the_same_words_and_no_sooner(self, here):
        person = here.staff["hr_manager"]
        with here.scope():
            person.set_password(world.PASSWORD)
            person.save()
        left = here.staff["recruiter"]
        with here.scope():
            left.set_password(world.PASSWORD)
            left.is_active = False
            left.save()
        names = {"there": person.email, "nobody": "nobody@example.com", "left": left.email}
        took, pages = {who: [] for who in names}, {}
        for _ in range(4):
            for who, login in names.items():
                cache.clear()
                begun = time.perf_counter()
                typed = {"login": login, "password": "not-the-password"}
                answer = Client().post("/staff/login/", typed)
                took[who].append(time.perf_counter() - begun)
                page = without_ids(people.text(answer)).replace(login, "")
                pages.setdefault(who, set()).add((answer.status_code, page))
        assert pages["nobody"] == pages["there"] == pages["left"]
        # To look for nobody's password takes as long as to look at somebody's: most of it is Argon2 either way.
        quickest = {who: min(times) for who, times in took.items()}
        assert quickest["nobody"] > 0.5 * quickest["there"], took
        assert quickest["left"] > 0.5 * quickest["there"], took
        assert statistics.median(took["nobody"]) < 3 * statistics.median(took["there"]), took
