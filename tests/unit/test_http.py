"""The one way out: what private addresses, slow peers and endless answers come to."""

import gzip
import ipaddress
import socket
import threading
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from raincheck.core import http, network
from raincheck.vendors.adapters import wire
from raincheck.vendors.adapters.base import Line, Permanent

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@contextmanager
def peer(answer: Callable[[socket.socket], None], heard: list[bytes] | None = None) -> Iterator[str]:
    """Run a server that treats each connection with `answer`; yields its URL. It keeps what it `heard`."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(10)

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=_one, args=(connection,), daemon=True).start()

    def _one(connection: socket.socket) -> None:
        with connection:
            try:
                asked = connection.recv(65536)
                if heard is not None:
                    heard.append(asked)
                answer(connection)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


@pytest.fixture
def nothing_private():
    with override_settings(RAINCHECK_PRIVATE_NETWORKS=[]):
        yield


def test_an_answer_comes_back_whole():
    with peer(lambda connection: connection.sendall(OK)) as url:
        answer = http.call("GET", url)
    assert (answer.status, answer.json, answer.body) == (200, {}, b"{}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "169.254.169.254",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "0.0.0.0",  # noqa: S104 (called, not bound)
        "2130706433",
    ],
)
def test_a_private_address_is_refused_before_anything_is_sent(nothing_private, host):
    with pytest.raises(http.Forbidden):
        http.call("GET", f"http://{host}:1/")


@override_settings(RAINCHECK_PRIVATE_NETWORKS=[ipaddress.ip_network("127.0.0.0/8")])
def test_a_private_address_is_called_where_the_installation_says_so():
    with peer(lambda connection: connection.sendall(OK)) as url:
        assert http.call("GET", url).status == 200


def test_the_installations_own_address_is_no_way_in_for_others(nothing_private):
    with peer(lambda connection: connection.sendall(OK)) as url:
        assert http.call("GET", url, trusted=True).status == 200
        with pytest.raises(http.Forbidden):
            http.call("GET", url)


def test_a_name_that_also_leads_inside_is_refused(nothing_private, monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.215.14", "10.0.0.7")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
    with pytest.raises(http.Forbidden):
        http.call("GET", "http://vendor.example/")


def test_a_host_with_one_dead_address_is_reached_at_the_other(monkeypatch):
    with peer(lambda connection: connection.sendall(OK)) as url:
        port = int(url.rpartition(":")[2])
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.77", "127.0.0.1")
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
        assert http.call("GET", f"http://vendor.example:{port}/").status == 200


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_peer_that_drips_is_cut_off_at_the_deadline(monkeypatch, where):
    monkeypatch.setattr(http, "LONGEST_CALL", 0.6)

    def drip(connection: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n"
        connection.sendall(head if where == "head" else head + b"\r\n")
        for _ in range(100):
            connection.sendall(b"x" if where == "body" else b"x-a: b\r\n")
            time.sleep(0.1)

    with peer(drip) as url, pytest.raises(http.Unreachable, match="ReadTimeout"):
        http.call("GET", url)


@pytest.fixture
def hung(monkeypatch):
    """Names under hung.example are looked up until the test ends; yields what was asked."""
    over, asked, look_up = threading.Event(), [], socket.getaddrinfo

    def hang(host: str, *rest: object, **options: object) -> object:
        asked.append(host)
        if host.endswith("hung.example"):
            over.wait(10)
            raise socket.gaierror
        return look_up(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield asked
    over.set()


def test_a_name_that_is_looked_up_for_ever_is_given_up_at_the_deadline(monkeypatch, hung):
    monkeypatch.setattr(http, "LONGEST_CALL", 0.3)
    started = time.monotonic()
    with pytest.raises(http.Unreachable, match="ConnectTimeout"):
        http.call("GET", "http://hung.example/")
    assert time.monotonic() - started < 2


def test_a_name_that_hangs_keeps_no_other_from_being_looked_up(monkeypatch, hung):
    monkeypatch.setattr(http, "LONGEST_CALL", 0.3)
    with pytest.raises(http.Unreachable):
        http.call("GET", "http://hung.example/")
    monkeypatch.setattr(http, "LONGEST_CALL", 5.0)
    with peer(lambda connection: connection.sendall(OK)) as url:
        assert http.call("GET", url.replace("127.0.0.1", "localhost")).status == 200


def test_no_more_names_are_looked_up_at_a_time_than_there_are_threads_for_it(monkeypatch, hung):
    monkeypatch.setattr(http, "LONGEST_CALL", 0.3)
    monkeypatch.setattr(network, "_LOOKUPS", ThreadPoolExecutor(2))
    for number in range(4):
        with pytest.raises(http.Unreachable, match="ConnectTimeout"):
            http.call("GET", f"http://{number}.hung.example/")
    assert hung == ["0.hung.example", "1.hung.example"]


def test_an_endless_answer_is_cut_off(monkeypatch):
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 1000)

    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with peer(flood) as url, pytest.raises(http.Unreachable, match="AnswerTooLong"):
        http.call("GET", url)


def encoded(name: str, body: bytes) -> Callable[[socket.socket], None]:
    """Answer with a JSON body of which the peer says that it is encoded so."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: {name}\r\n"
    whole = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
    return lambda connection: connection.sendall(whole)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("identity", b'{"a": 1}'),
        ("gzip", gzip.compress(b'{"a": 1}')),
        ("X-GZIP", gzip.compress(b'{"a": 1}')),
        ("deflate", zlib.compress(b'{"a": 1}')),
    ],
    ids=["identity", "gzip", "x-gzip", "deflate"],
)
def test_an_answer_encoded_once_is_read(name, body):
    with peer(encoded(name, body)) as url:
        assert http.call("GET", url).json == {"a": 1}


def test_an_empty_answer_is_empty_whatever_its_encoding():
    with peer(encoded("gzip", b"")) as url:
        assert http.call("GET", url).body == b""


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}"))),
        ("br", b"{}"),
        ("gzip", b"{}"),
        ("gzip", gzip.compress(b"{}")[:-1]),
        ("gzip", gzip.compress(b"{}") + gzip.compress(b"{}")),
    ],
    ids=["twice", "unknown", "not gzip", "cut short", "more behind it"],
)
def test_an_answer_that_is_encoded_otherwise_is_refused(name, body):
    with peer(encoded(name, body)) as url, pytest.raises(http.Unreachable, match="EncodedAnswer"):
        http.call("GET", url)


@pytest.mark.parametrize(
    ("times", "said"), [(1, "AnswerTooLong"), (2, "EncodedAnswer")], ids=["gzip", "gzip in gzip"]
)
def test_a_small_answer_takes_no_more_memory_than_a_long_one_may(times, said):
    body = bytes(100_000_000)
    for _ in range(times):
        body = gzip.compress(body)
    assert len(body) < 100_000
    with peer(encoded(", ".join(["gzip"] * times), body)) as url:
        tracemalloc.start()
        try:
            with pytest.raises(http.Unreachable, match=said):
                http.call("GET", url)
            assert tracemalloc.get_traced_memory()[1] < 4 * http.MAX_ANSWER_BYTES
        finally:
            tracemalloc.stop()


def test_no_peer_is_asked_to_encode_its_answer():
    heard: list[bytes] = []
    with peer(lambda connection: connection.sendall(OK), heard) as url:
        http.call("GET", url)
    assert b"accept-encoding: identity\r\n" in heard[0].lower()


@pytest.mark.parametrize("url", ["http://vendor.invalid/", "http://[::1", "http://127.0.0.1:1/"])
def test_what_can_not_be_reached_says_so(url):
    with pytest.raises(http.Unreachable):
        http.call("GET", url)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_dress_is_judged_as_itself(address):
    dressed = f"::ffff:{address}"
    assert network.may_be_called(dressed) == network.may_be_called(str(address))


@given(st.ip_addresses(v=4))
def test_an_address_behind_nat64_is_judged_as_the_ipv4_address_it_leads_to(address):
    dressed = str(ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address)))
    assert network.may_be_called(dressed) == network.may_be_called(str(address))


@pytest.mark.parametrize(
    "address",
    [
        "::10.0.0.1",
        "::93.184.215.14",
        "::ffff:0:10.0.0.1",
        "64:ff9b:1::a00:1",
        "fec0::1",
        "2001:0:5db8:d70e::f5ff:fffe",
        "2002:a00:1::",
    ],
    ids=["compatible", "compatible, public", "translated", "own NAT64", "site-local", "Teredo", "6to4"],
)
def test_ways_inside_that_look_like_public_ipv6_are_refused(nothing_private, address):
    assert not network.may_be_called(address)


def test_public_ipv6_is_called(nothing_private):
    assert network.may_be_called("2606:4700::6810:84e5")


@override_settings(RAINCHECK_PRIVATE_NETWORKS=[ipaddress.ip_network("64:ff9b:1::/48")])
def test_an_installation_may_allow_its_own_nat64():
    assert network.may_be_called("64:ff9b:1::a00:1")


UNSENDABLE = ["k\u00e9y-of-ours", "key-of-ours\n", "key-of-ours\r\nx-a: b", "key-of-ours ", "key-of-\x00ours"]


@pytest.mark.parametrize("key", UNSENDABLE)
def test_a_header_that_http_can_not_send_is_named_and_its_value_kept_quiet(key):
    with pytest.raises(http.Unsendable, match="X-Key") as refused:
        http.call("GET", "http://127.0.0.1:1/", headers={"X-Key": key})
    assert "of-" not in "".join(traceback.format_exception(refused.value, chain=True))


def test_a_header_may_have_no_value_and_several_words():
    with peer(lambda connection: connection.sendall(OK)) as url:
        assert http.call("GET", url, headers={"X-None": "", "X-Words": "Bearer a\tb ~"}).status == 200


@pytest.mark.parametrize("key", UNSENDABLE)
def test_a_vendors_key_that_http_can_not_send_is_no_reason_to_try_again(key):
    line = Line(account_id=uuid4(), base_url="http://127.0.0.1:1", api_key=key)
    with pytest.raises(Permanent, match="a header holds what HTTP can't send") as refused:
        wire.ask(line, wire.Request("read", "GET", "/", headers={"Authorization": f"Bearer {key}"}))
    assert "of-" not in "".join(traceback.format_exception(refused.value, chain=True))
    assert [(call.outcome, call.detail) for call in line.calls] == [("unreachable", "unsendable header")]
