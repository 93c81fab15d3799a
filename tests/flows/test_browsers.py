"""The portal as an app: what it says of itself, and the browsers that want notices."""

import base64
import json

import pytest
from django.test import Client

from raincheck.accounts.models import CandidateIdentity
from raincheck.notifications import points
from raincheck.notifications.browsers import MOST
from raincheck.notifications.models import ContactPoint
from tests import people


def subscription(endpoint="https://push.example.com/a", *, key=65, auth=16):
    """Return what a browser's `subscribe` gives, as text."""
    keys = {
        name: base64.urlsafe_b64encode(b"\4" * size).decode().rstrip("=")
        for name, size in (("p256dh", key), ("auth", auth))
    }
    return json.dumps({"endpoint": endpoint, "expirationTime": None, "keys": keys})


@pytest.fixture
def at(here):
    return f"/c/{here.company.slug}/"


def endpoints_of(world):
    """Return the endpoints in force, opened with their owner's key."""
    with world.scope():
        opened = points.open_all(points.points_of([world.candidate.identity_id]))
        return sorted(json.loads(text)["endpoint"] for text in opened.values())


def test_a_browser_is_kept_sealed_under_the_candidates_own_key_and_once(here, signed_in, at):
    for _ in range(2):
        assert signed_in.post(f"{at}push/on/", {"subscription": subscription()}).json() == {"on": True}
    assert endpoints_of(here) == ["https://push.example.com/a"]
    with here.scope():
        [point] = ContactPoint.objects.all()
        assert b"push.example.com" not in bytes(point.address_sealed)
        CandidateIdentity.objects.filter(id=here.candidate.identity_id).update(data_key=None)
    assert endpoints_of(here) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "[]",
        "{}",
        subscription("http://push.example.com/a"),
        subscription("https://localhost/a"),
        subscription("https://10.0.0.8/a"),
        subscription("https://169.254.169.254/latest/"),
        subscription("https://[fd00::1]/a"),
        subscription("https://db.internal/a"),
        subscription("https://me:secret@push.example.com/a"),
        subscription("javascript:alert(1)"),
        subscription(key=64),
        subscription(auth=15),
        subscription("https://push.example.com/" + "a" * 3000),
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_push_service_is_refused_and_not_kept(here, signed_in, at, wrong):
    answer = signed_in.post(f"{at}push/on/", {"subscription": wrong}, HTTP_ACCEPT="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_subscription")
    assert endpoints_of(here) == []


def test_one_person_has_so_many_browsers_and_the_oldest_makes_room(here, signed_in, at):
    for number in range(MOST + 2):
        signed_in.post(f"{at}push/on/", {"subscription": subscription(f"https://push.example.com/{number}")})
    assert endpoints_of(here) == [f"https://push.example.com/{number}" for number in range(2, MOST + 2)]


def test_turned_off_or_signed_out_a_browser_is_forgotten_and_no_other(here, signed_in, at):
    for name in "abc":
        signed_in.post(f"{at}push/on/", {"subscription": subscription(f"https://push.example.com/{name}")})
    signed_in.post(f"{at}push/off/", {"endpoint": "https://push.example.com/a"})
    stranger = people.candidate_client(here.company, here.add_candidate())
    stranger.post(f"{at}push/off/", {"endpoint": "https://push.example.com/b"})
    assert endpoints_of(here) == ["https://push.example.com/b", "https://push.example.com/c"]
    signed_in.post(f"{at}sign-out/", {"endpoint": "https://push.example.com/b"})
    Client().post(f"{at}sign-out/", {"endpoint": "https://push.example.com/c"})
    assert endpoints_of(here) == ["https://push.example.com/c"]


def test_the_manifest_speaks_the_readers_language_and_its_icons_are_ours(here, at):
    said = Client().get(f"{at}manifest.webmanifest", HTTP_ACCEPT_LANGUAGE="en")
    assert said["Content-Type"] == "application/manifest+json"
    english = said.json()
    chinese = Client().get(f"{at}manifest.webmanifest").json()
    assert (english["short_name"], chinese["short_name"]) == ("My interviews", "我的面试")
    assert english["scope"] == english["start_url"] == at
    assert {icon["purpose"] for icon in english["icons"]} == {"any", "maskable"}
    for icon in english["icons"]:
        body = b"".join(Client().get(icon["src"]))
        assert body.startswith(b"\x89PNG")
        assert f"{int.from_bytes(body[16:20])}x{int.from_bytes(body[20:24])}" == icon["sizes"]


def test_the_worker_and_its_offline_page_hold_nothing_of_anybody(here, signed_in, at):
    worker = signed_in.get(f"{at}sw.js")
    assert worker["Content-Type"].startswith("text/javascript")
    page = people.text(signed_in.get(f"{at}offline/"))
    for text in (people.text(worker), page):
        assert here.candidate.name not in text
        assert here.phone()[-8:] not in text
    assert "没有网络" in page
    assert here.company.contact_phone in page
