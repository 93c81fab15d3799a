"""Staff sign in by OIDC, DingTalk and Feishu, against a server on loopback that speaks all three."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.dingtalk.views import DingTalkOAuth2Adapter
from allauth.socialaccount.providers.feishu.client import FeishuOAuth2Client
from allauth.socialaccount.providers.feishu.views import FeishuOAuth2Adapter
from django.test import Client

from raincheck.core.scope import Purpose, system_scope
from raincheck.setting_kinds import dingtalk_terms, oidc_terms
from tests import identity_server, people
from tests.identity_server import CLIENT, CODE, SECRET

OIDC = "/staff/oidc/oidc/"


@pytest.fixture(scope="module")
def identity():
    with identity_server.running() as server:
        yield server


@pytest.fixture
def server(identity, here, settings_of):
    identity.claims = {"sub": "person-1", "email": here.staff["recruiter"].email, "email_verified": True}
    identity.asked, identity.misstates = [], {}
    app = {"client_id": CLIENT, "secret": SECRET}
    oidc = {"name": "示例SSO", "provider_id": "oidc", "settings": oidc_terms(identity.url)}
    settings_of.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"APPS": [{**app, **oidc}], "OAUTH_PKCE_ENABLED": True},
        "dingtalk": {"APPS": [{**app, "name": "钉钉", "settings": dingtalk_terms()}]},
        "feishu": {"APPS": [{**app, "name": "飞书"}]},
    }
    settings_of.RAINCHECK_OIDC_DOMAINS = {f"{here.company.slug}.example.com"}
    return identity


@pytest.fixture
def settings_of(monkeypatch):
    from django.conf import settings

    class Setter:
        def __setattr__(self, name, value):
            monkeypatch.setattr(settings, name, value)

    for owner, name, path in (
        (DingTalkOAuth2Adapter, "access_token_url", "/dingtalk/token"),
        (DingTalkOAuth2Adapter, "profile_url", "/dingtalk/me"),
        (FeishuOAuth2Adapter, "access_token_url", "/feishu/token"),
        (FeishuOAuth2Adapter, "user_info_url", "/feishu/me"),
        (FeishuOAuth2Client, "app_access_token_url", "/feishu/app"),
    ):
        monkeypatch.setattr(owner, name, _Late(path))
    return Setter()


class _Late:
    """An address of the running server, known only once it runs."""

    def __init__(self, path):
        self.path = path

    def __get__(self, owner, kind=None):
        from django.conf import settings

        [app] = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        return app["settings"]["openid_configuration_overrides"]["issuer"] + self.path


def there_and_back(client, server, door, *, back=None, **posted):
    """Leave by a door, have the other side agree, come back; return the last answer."""
    left = client.post(door, posted)
    assert left.status_code == 200, left
    assert "form-action 'self'" in left["Content-Security-Policy"]
    link = html.unescape(re.search(r'url=([^"]+)"', people.text(left))[1])
    query = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
    server.challenge = query.get("code_challenge")
    given = {"authCode" if "dingtalk" in door else "code": CODE, "state": query["state"], **(back or {})}
    return client.get(urlsplit(query["redirect_uri"]).path, given)


def signed_in_as(client):
    with system_scope(Purpose.SIGN_IN):
        return client.session.get("_auth_user_id")


def test_whoever_the_server_vouches_for_is_signed_in_and_tied(here, server):
    client = Client()
    assert "示例SSO" in people.text(client.get("/staff/login/"))
    answer = there_and_back(client, server, OIDC, next="/console/tasks/")
    assert (answer.status_code, answer["Location"]) == (302, "/console/tasks/")
    assert client.get("/console/").status_code == 200
    with here.scope():
        tie = SocialAccount.objects.get()
        assert (tie.user_id, tie.provider, tie.uid, tie.extra_data) == (
            here.staff["recruiter"].id,
            "oidc",
            "person-1",
            {},
        )
    assert here.entries() == ["staff.account_connected", "staff.signed_in"]
    server.claims = {"sub": "person-1", "email": "changed@elsewhere.example", "email_verified": False}
    again = Client()
    there_and_back(again, server, OIDC)
    assert again.get("/console/").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "recruiter@elsewhere.example"},
        {"email": "nobody@{slug}.example.com"},
        {"email": ""},
    ],
    ids=["unverified", "a-word-for-true", "another-domain", "nobody", "none"],
)
def test_an_address_that_nobody_we_trust_vouches_for_opens_nothing(here, server, claims):
    server.claims |= {
        name: value if value is False else value.format(slug=here.company.slug)
        for name, value in claims.items()
    }
    client = Client()
    answer = there_and_back(client, server, OIDC)
    assert answer.status_code == 200
    assert "还没有关联员工" in people.text(answer)
    assert signed_in_as(client) is None
    assert here.count(SocialAccount) == 0
    assert here.entries() == []


def test_whoever_left_is_not_let_in_by_anybodys_word(here, server):
    there_and_back(Client(), server, OIDC)
    here.put(here.staff["recruiter"], is_active=False)
    client = Client()
    there_and_back(client, server, OIDC)
    assert signed_in_as(client) is None


def test_a_state_that_is_not_this_browsers_leads_back_to_the_door(here, server):
    client = Client()
    answer = there_and_back(client, server, OIDC, back={"state": "forged"})
    assert (answer.status_code, answer["Location"]) == (302, "/staff/login/")
    assert "外部登录未成功" in people.text(client.get("/staff/login/"))
    assert signed_in_as(client) is None


@pytest.mark.parametrize(
    "misstates", [{"aud": "another-client"}, {"iss": "https://another.example"}, {"exp": 1}], ids=str
)
def test_a_token_for_another_client_or_of_another_issuer_opens_nothing(here, server, misstates):
    server.misstates = misstates
    client = Client()
    answer = there_and_back(client, server, OIDC)
    assert (answer.status_code, answer["Location"]) == (302, "/staff/login/")
    assert signed_in_as(client) is None
    assert here.count(SocialAccount) == 0


def test_a_server_whose_metadata_name_another_issuer_speaks_for_none(here, server, monkeypatch):
    other = "https://another.example"
    monkeypatch.setattr(type(server), "config", {**server.config, "issuer": other})
    server.misstates = {"iss": other}
    client = Client()
    there_and_back(client, server, OIDC)
    assert signed_in_as(client) is None


@pytest.mark.parametrize("back", [{"error": "access_denied", "code": ""}, {"code": "another"}])
def test_a_refusal_over_there_leads_back_to_the_door(here, server, back):
    client = Client()
    answer = there_and_back(client, server, OIDC, back=back)
    assert (answer.status_code, answer["Location"]) == (302, "/staff/login/")
    assert signed_in_as(client) is None


def test_dingtalk_is_sent_all_that_its_documents_demand(here, server):
    link = html.unescape(re.search(r'url=([^"]+)"', people.text(Client().post("/staff/dingtalk/")))[1])
    query = parse_qs(urlsplit(link).query)
    assert (query["response_type"], query["prompt"]) == (["code"], ["consent"])
    assert set(query["scope"][0].split()) == {"openid", "corpid"}
    assert query["client_id"] == [CLIENT]
    assert query["redirect_uri"][0].endswith("/staff/dingtalk/callback/")


@pytest.mark.parametrize("door", ["/staff/dingtalk/", "/staff/feishu/"])
def test_dingtalk_and_feishu_let_in_whoever_tied_their_account_first(here, server, door):
    stranger = Client()
    assert "还没有关联员工" in people.text(there_and_back(stranger, server, door))
    person = people.staff_client(here.staff["recruiter"])
    tied = there_and_back(person, server, door, process="connect", next="/console/account/")
    assert tied["Location"] == "/console/account/"
    assert "已关联" in people.text(person.get("/console/account/"))
    with here.scope():
        tie = SocialAccount.objects.get()
        assert (tie.user_id, tie.extra_data) == (here.staff["recruiter"].id, {})
    later = Client()
    there_and_back(later, server, door)
    assert later.get("/console/").status_code == 200


def test_tying_and_untying_ask_for_a_fresh_sign_in(here, server):
    person = people.staff_client(here.staff["recruiter"])
    people.age(person)
    asked = there_and_back(person, server, OIDC, process="connect")
    assert asked["Location"].startswith("/staff/reauthenticate/")
    assert here.count(SocialAccount) == 0
    fresh = people.staff_client(here.staff["hr_manager"])
    there_and_back(fresh, server, OIDC, process="connect")
    with here.scope():
        tie = SocialAccount.objects.get()
        assert tie.user_id == here.staff["hr_manager"].id
    path = f"/console/account/ties/{tie.pk}/untie/"
    assert person.post(path).status_code == 404
    # Without a password it is the only way in, and stays.
    assert fresh.post(path).status_code == 409
    with here.scope():
        staff = here.staff["hr_manager"]
        staff.set_password("another long password")
        staff.save()
    again = people.staff_client(staff)
    assert again.post(path)["Location"] == "/console/account/"
    assert here.count(SocialAccount) == 0
    assert here.entries() == ["staff.account_connected", "staff.account_connected"]


def test_an_account_of_somebody_elses_cannot_be_tied_again(here, server):
    there_and_back(Client(), server, OIDC)
    other = people.staff_client(here.staff["hr_manager"])
    there_and_back(other, server, OIDC, process="connect")
    with here.scope():
        assert SocialAccount.objects.get().user_id == here.staff["recruiter"].id


def test_a_door_that_is_not_set_up_is_none(here):
    for path in (OIDC, "/staff/dingtalk/", "/staff/feishu/"):
        assert Client().post(path).status_code == 404
        assert Client().get(f"{path}callback/").status_code == 404
        assert Client().get(path).status_code == 405
