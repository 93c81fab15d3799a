"""Everybody at every page, sending whatever comes to hand: what the short run and the soak share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from raincheck.accounts.abilities import Ability, reach
from raincheck.core.actor import STAFF_ROLES, Role
from raincheck.core.allowance import Allowance
from raincheck.portal import door
from raincheck.web import people as web_people
from tests import fuzz, people
from tests.crawl import SERVER_ERROR, Crawl, Form, bugs, crawl, patient
from tests.fuzz import Target
from tests.walk import METHOD_NOT_ALLOWED, Endpoint, Scene, endpoints

#: Whoever goes through these is somebody else afterwards, so they get a browser that nobody needs.
_DOORS = ("sign-out/", "staff/logout/", "sign-in/")
_MAY_BE_DOWN = "healthz/ready/"


@dataclass
class Siege:
    """The stage, and a browser for everybody who may come."""

    stage: Scene
    browsers: dict[str, Client]

    @classmethod
    def of(cls, stage: Scene, monkeypatch: pytest.MonkeyPatch) -> "Siege":
        """Sign everybody in, and let nobody be told that they ask too often: what lies behind is to be reached."""
        without_end = Allowance("siege", at_once=10**6, every=timedelta(seconds=1))
        monkeypatch.setattr(web_people, "CANDIDATES_DEEDS", without_end)
        monkeypatch.setattr(door, "AT_THE_DOOR", without_end)
        monkeypatch.setattr(settings, "ACCOUNT_RATE_LIMITS", False, raising=False)
        here = stage.world
        staff = {role.value: people.staff_client(here.staff[role]) for role in STAFF_ROLES}
        others = {"candidate": people.candidate_client(here.company, here.candidate), "nobody": Client()}
        return cls(stage, {who: patient(client) for who, client in {**staff, **others}.items()})

    @property
    def starts(self) -> tuple[str, str, str]:
        """Where one comes in."""
        slug = self.stage.world.company.slug
        return (f"/c/{slug}/", "/console/", f"/c/{slug}/help/")

    def crawl(self, who: str, *, a_kind: int) -> Crawl:
        """Follow every link that `who` is shown."""
        return crawl(self.browsers[who], *self.starts, a_kind=a_kind)

    def browser(self, endpoint: Endpoint) -> Client:
        """Return the browser of somebody who may go there."""
        if any(door in endpoint.route for door in _DOORS):
            return patient(Client())
        if endpoint.audience != "staff":
            return self.browsers["candidate" if endpoint.audience == "candidate" else "nobody"]
        ability = Ability(endpoint.ability)
        here = self.stage.world
        likely = [Role.HR_MANAGER, Role.COMPANY_ADMIN, *STAFF_ROLES]
        may = (role for role in likely if reach(here.actor(role), ability) is not None)
        return self.browsers[next(may)]

    def targets(self, forms: Iterable[Form], fields: fuzz.Fields) -> list[tuple[Client, Target]]:
        """Return every address that takes a POST, with a browser of somebody who may, and what it is known to ask."""
        found = []
        ids = self.stage.ids
        for endpoint in endpoints():
            path, browser = endpoint.path(ids), self.browser(endpoint)
            fields.now_at(path)
            if browser.post(path).status_code != METHOD_NOT_ALLOWED:
                found.append((browser, Target(endpoint.route, path, endpoint.audience, {})))
        known = fuzz.known(forms, fields.asked)
        return [
            (browser, Target(one.route, one.path, one.audience, known.get(one.route, {})))
            for browser, one in found
        ]


def fields_read_by_looking(siege: Siege, fields: fuzz.Fields) -> None:
    """Have every page ask for what it reads from its address."""
    for endpoint in endpoints():
        path = endpoint.path(siege.stage.ids)
        fields.now_at(path)
        siege.browser(endpoint).get(path)


def each_field_once(targets: list[tuple[Client, Target]], *, every: int) -> list[tuple[str, int]]:
    """Put every `every`-th nasty value into each field in turn, beside values that fit; return the statuses."""
    statuses, turn = [], 0
    for browser, target in targets:
        fitting = {name: (values or [""])[-1] for name, values in target.fields.items()}
        for name in target.fields or {"note": []}:
            for nasty in fuzz.NASTY[turn % every :: every]:
                answer = fuzz.send(browser, target, {**fitting, name: nasty}.items())
                statuses.append((target.path, answer.status_code))
            turn += 1
    return statuses


def at_random(siege: Siege, targets: list[tuple[Client, Target]], *, examples: int) -> None:
    """Send forms, questions and bare bodies made up by hypothesis; a 500 is shrunk to the least that makes it."""

    @hypothesis_settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.data())
    def tried(data: Any) -> None:
        browser, target = data.draw(st.sampled_from(targets))
        answer = _deed(data, siege)(data, browser, target)
        broken = answer.status_code >= SERVER_ERROR and target.route != _MAY_BE_DOWN
        assert not broken, (target.path, answer.status_code)

    tried()


def _deed(data: Any, siege: Siege) -> Callable[[Any, Client, Target], Any]:
    if data.draw(st.booleans()):
        return _form
    return data.draw(st.sampled_from([_question, _body, lambda *drawn: _elsewhere(siege, *drawn)]))


def _form(data: Any, browser: Client, target: Target) -> Any:
    typed = []
    for name, values in sorted(target.fields.items()):
        text = st.one_of(st.sampled_from(values), fuzz.TEXT) if values else fuzz.TEXT
        typed += [(name, value) for value in data.draw(st.lists(text, max_size=2))]
    strays = st.tuples(fuzz.TEXT, fuzz.TEXT)
    return fuzz.send(browser, target, [*typed, *data.draw(st.lists(strays, max_size=1))])


def _question(data: Any, browser: Client, target: Target) -> Any:
    asked = [(name, data.draw(fuzz.TEXT)) for name in sorted(target.fields)]
    return browser.get(target.path, QUERY_STRING=fuzz.encoded(asked).decode())


def _body(data: Any, browser: Client, target: Target) -> Any:
    return browser.generic("POST", target.path, data.draw(fuzz.BODIES), content_type=data.draw(fuzz.KINDS))


def _elsewhere(siege: Siege, data: Any, browser: Client, target: Target) -> Any:
    """Ask for what isn't there: another's id, or no id, or words where a key is wanted."""
    endpoint = data.draw(st.sampled_from([one for one in endpoints() if one.names]))
    ids = {
        name: data.draw(st.uuids()) if name.endswith("_id") else fuzz.quoted(data.draw(fuzz.TEXT))
        for name in endpoint.names
        if name != "slug"
    }
    return siege.browser(endpoint).get(endpoint.path({**siege.stage.ids, **ids}))


__all__ = ["Siege", "at_random", "bugs", "each_field_once", "fields_read_by_looking"]
