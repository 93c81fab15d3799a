"""Declarations of vendors: what is wrong in one is said by its path, and nothing else ever comes of a wrong one."""

import json
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from unittest.mock import patch
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raincheck.core import http
from raincheck.vendors.adapters.base import Booking, Cancel, Line, NeedsPerson, Permanent, Retry, Status, View
from raincheck.vendors.adapters.configured import presets
from raincheck.vendors.adapters.configured.adapter import Configured
from raincheck.vendors.adapters.configured.declaration import LONGEST, Declaration, parse
from raincheck.vendors.adapters.configured.listing import Listing
from raincheck.vendors.adapters.configured.pointers import find
from raincheck.vendors.adapters.configured.shape import BadDeclaration, Findings, Table
from raincheck.vendors.adapters.configured.templates import compiled, filled
from raincheck.vendors.adapters.configured.times import read_times
from raincheck.vendors.adapters.configured.views import Reader
from raincheck.vendors.adapters.wire import as_documented
from tests.commands import CHECKOUT
from tests.declared.examples import example

EXAMPLES = [example("hirevue"), example("iflytek")]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


AT = datetime(2030, 1, 31, 8, tzinfo=UTC)
BOOKING = Booking(
    uuid4(), "slot", AT, AT, "分析师", "李测试", "zh-hans", "a@example.com", "+8613800000001", "1"
)
VERBS = [
    lambda adapter, line: adapter.health(line),
    lambda adapter, line: adapter.invite(line, BOOKING, key="k"),
    lambda adapter, line: adapter.invite(line, replace(BOOKING, again=True), key="k"),
    lambda adapter, line: adapter.read(line, "r"),
    lambda adapter, line: adapter.cancel(line, "r", reason="other", key="k"),
    lambda adapter, line: adapter.reschedule(line, "r", starts_at=AT, ends_at=AT, key="k"),
    lambda adapter, line: list(adapter.pages(line)),
]


def problems(text):
    with pytest.raises(BadDeclaration) as caught:
        parse(text)
    return {problem.path: problem.en for problem in caught.value.problems}, caught.value.open_keys


def changed(old, new, text=EXAMPLES[1]):
    assert old in text
    return text.replace(old, new, 1)


class TestADeclaration:
    def test_what_the_vendor_can_do_and_needs_follows_from_it(self):
        first, second = (Configured().fitted({"declaration": text}).can for text in EXAMPLES)
        assert (first.cancel, first.lists, first.reschedules, first.idempotent) == (
            Cancel.REVOKE,
            True,
            False,
            False,
        )
        assert [s.name for s in first.credentials] == ["application_token", "impersonate"]
        assert [s.name for s in first.options] == ["declaration", "exit_url"]
        assert (second.reschedules, second.idempotent, second.needs_contacts) == (True, True, True)
        assert (first.verified_against_live, second.verified_against_live) == (False, False)

    def test_one_is_read_once(self):
        assert parse(EXAMPLES[0]) is parse(EXAMPLES[0])

    def test_an_account_without_one_is_refused_whatever_is_asked_of_it(self):
        with pytest.raises(BadDeclaration):
            Configured().fitted({})
        with pytest.raises(Permanent, match="no declaration"):
            Configured().health(None)

    @pytest.mark.parametrize(
        ("old", "new", "path", "expected"),
        [
            ('"iflytek-url"', '"iflytek"', "auth.scheme", "must be one of header, basic"),
            ('"iflytek-url"', "7", "auth.scheme", "must be one of header, basic"),
            ("digest = false", 'digest = "no"', "auth.digest", "must be true or false"),
            ("digest = false", "password = 'x'", "auth.password", "unknown key"),
            ('zone = "Asia/Shanghai"', 'zone = "China"', "time.zone", "must be a time zone"),
            (
                '"%Y-%m-%d %H:%M:%S"',
                '"%Y-%m-%d"',
                "time.pattern",
                "must hold at least year, month, day and hour",
            ),
            ('"%Y-%m-%d %H:%M:%S"', '"%Y%Y-%m-%d %H"', "time.pattern", "must hold at least"),
            ('0 = "invited"', '0 = "cancelled there"', "status.0", "must be one of draft, invited"),
            ('0 = "invited"', '0 = "unmapped"', "status.0", "must be one of draft, invited"),
            ('ref = "/interviewId"', 'ref = "interviewId"', "fields.ref", "must be a JSON pointer"),
            ('status = "/state"\n', "", "fields.status", "is missing"),
            ("max_is = 100", "max_is = 0", "fields.scores.max_is", "must be a whole number from 1"),
            ('"/v1/interviews"', '"v1"', "invite.path", "must begin with /"),
            ('"/v1/interviews"', '"/v1?a=b"', "invite.path", "belongs into query"),
            ('"/v1/interviews"', '"/v1 /x"', "invite.path", "holds no blanks"),
            ('"{candidate_name}"', '"{name}"', "invite.json.name", "unknown placeholder {name}; known here:"),
            ('"{candidate_name}"', '"{candidate_name.__class__}"', "invite.json.name", "unknown placeholder"),
            ('"{candidate_name}"', '"{candidate_name!r}"', "invite.json.name", "braces must hold"),
            ('"{candidate_name}"', '"{"', "invite.json.name", "braces must hold"),
            ('"{candidate_name}"', "2030-01-31", "invite.json.name", "no JSON"),
            ('"{candidate_name}"', "nan", "invite.json.name", "no JSON"),
            (
                "X-Request-Key",
                '"X Request"',
                "invite.headers.X Request",
                "must be the name of an HTTP header",
            ),
            ("[200]", "[20]", "invite.success[0].status", "must be a list of HTTP statuses"),
            ('status = [200], at = "/code", is = [0]', 'at = "/code"', "invite.success[0].is", "is missing"),
            (
                'status = [200], at = "/code", is = [0]',
                "",
                "invite.success[0].status",
                "status, or at with is",
            ),
            ('kind = "revoke"', 'kind = "none"', "cancel.method", "unknown key"),
            ('"{offset}"', '"0"', "list.query", "must use {offset}, or every page is the first"),
            ('interview = "/data"\n', "ref = 3\n", "invite.ref", "unknown key"),
            ('encoding = "base64"', "", "webhook.encoding", "is missing"),
            ('scheme = "hmac-sha256"', 'scheme = "none"', "webhook.header", "unknown key"),
            ("[health]", "[healthy]", "health.path", "is missing"),
            ("[health]", "[healthy]", "healthy", "unknown key"),
        ],
    )
    def test_what_is_wrong_is_named_by_its_path_and_what_was_expected(self, old, new, path, expected):
        found, open_keys = problems(changed(old, new))
        assert found[path].startswith(expected) or expected in found[path]
        assert open_keys == []

    def test_secrets_that_login_and_headers_need_are_demanded(self):
        found, _ = problems(changed('"{token}"', '"fixed"', EXAMPLES[0]))
        assert found == {"auth.headers": "must be the headers of every call, with {token}"}

    def test_all_that_is_wrong_is_said_at_once(self):
        text = changed("digest = false", "digest = 1", changed("per_page = 50", "per_page = 0"))
        assert set(problems(text)[0]) == {"auth.digest", "list.per_page"}

    def test_what_is_open_is_listed_by_name_and_not_called_wrong(self):
        text = changed('"{candidate_name}"', '"FILL-IN: the name"', changed("0 =", "FILL-IN ="))
        assert problems(text) == ({}, ["status.FILL-IN", "invite.json.name"])
        for name in presets.names():
            wrong, open_keys = problems(presets.text(name))
            assert (wrong, "read.path" in open_keys) == ({}, True)

    @pytest.mark.parametrize(
        "text", ["", "=", "title = ", "a" * (LONGEST + 1), "a = " + "[" * 5000, "\ud800", "\0"]
    )
    def test_what_is_no_toml_is_said(self, text):
        with pytest.raises(BadDeclaration):
            parse(text)


def written(value):
    """Write a value as TOML, tables in their inline form."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return "0" if value is None else json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf")


def places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


@st.composite
def mutants(draw):
    """Return a declaration that was right, with some of its values replaced, renamed or taken out."""
    tree = tomllib.loads(draw(st.sampled_from(EXAMPLES)))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([p for p in places(tree) if p]))
        holder = tree
        for key in way:
            holder = holder[key]
        gone = holder.pop(last)
        what = draw(st.sampled_from(["remove", "replace", "rename", "swap"]))
        put = {
            "replace": draw(JSON),
            "rename": gone,
            "swap": draw(st.sampled_from(["{}", "{ref}", "/x", "none"])),
        }
        if what == "remove":
            continue
        if isinstance(holder, list):
            holder.insert(last, put[what])
        else:
            holder[draw(st.text(max_size=6)) if what == "rename" else last] = put[what]
    return "\n".join(f"{json.dumps(key)} = {written(value)}" for key, value in tree.items())


def tried(read, given_to_it):
    """Return what came of it: what was read, or the refusal."""
    try:
        return read(given_to_it)
    except Permanent as refusal:
        return refusal


class TestAnyText:
    @settings(max_examples=400, deadline=None)
    @given(mutants())
    def test_a_mutated_declaration_is_a_declaration_or_a_bad_one(self, text):
        match tried(parse, text):
            case Declaration() as made:
                assert made.can.verified_against_live is False
            case BadDeclaration() as error:
                assert error.problems or error.open_keys

    @settings(max_examples=200, deadline=None)
    @given(st.text(max_size=80), st.integers(0, 2000), st.sampled_from(EXAMPLES))
    def test_text_cut_and_pasted_anywhere_never_crashes_it(self, more, where, text):
        assert str(tried(parse, text[:where] + more + text[where + len(more) // 2 :]))

    @settings(max_examples=300, deadline=None)
    @given(
        JSON,
        st.sampled_from(EXAMPLES),
        st.sampled_from(["interviewId", "state", "version", "beginTime", "scores"]),
    )
    def test_any_answer_is_an_interview_or_not_the_documented_shape(self, value, text, key):
        declared = parse(text)
        reader = Reader(declared.times, declared.status, declared.fields)
        about = {"interviewId": "iv-1", "state": 1, "version": 3, key: value}
        for answer in (value, about):
            came = tried(lambda data: as_documented(reader.view, data), answer)
            assert isinstance(came, View) or str(came) == "not the documented shape"


@st.composite
def answers(draw):
    """Return whatever a vendor may answer."""
    status = draw(st.sampled_from([200, 201, 204, 302, 400, 401, 404, 409, 410, 429, 500, 501]))
    said = draw(
        JSON | st.fixed_dictionaries({"code": st.sampled_from([0, 40400, 41000, "0", None]), "data": JSON})
    )
    body = draw(st.binary(max_size=5)) if draw(st.booleans()) else json.dumps(said).encode()
    return http.Answer(status, draw(st.sampled_from([{}, {"set-cookie": "a=b"}])), body, None)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EXAMPLES), st.lists(answers(), min_size=1, max_size=6), st.sampled_from(VERBS))
def test_whatever_is_answered_every_verb_gives_what_it_promises_or_says_which_failure_it_is(text, said, verb):
    adapter = Configured().fitted({"declaration": text})
    names = ("application_token", "impersonate", "api_secret")
    line = Line(
        uuid4(),
        "https://v.example.com",
        "k",
        "s",
        dict.fromkeys(names, "x"),
        {"exit_url": "https://example.com"},
    )
    come = chain(said, repeat(said[-1]))
    with patch.object(http, "call", lambda *_, **__: next(come)):
        try:
            found = verb(adapter, line)
        except (Retry, NeedsPerson, Permanent) as failure:
            found = failure
    assert found is None or isinstance(found, View | list | Retry | NeedsPerson | Permanent)


class TestAnInterview:
    @pytest.fixture
    def reader(self):
        declared = parse(EXAMPLES[1])
        return Reader(declared.times, declared.status, declared.fields)

    def test_it_is_read_where_the_declaration_says(self, reader):
        view = reader.view(
            {
                "interviewId": 17,
                "state": 2,
                "url": "https://x.example.com/1",
                "beginTime": "2030-01-31 16:00:00",
                "version": "2030-01-31 16:00:00",
                "scores": [{"name": "逻辑", "value": "61.5"}],
            }
        )
        at = datetime(2030, 1, 31, 8, tzinfo=UTC)
        assert (view.ref, view.word, view.status) == ("17", "2", Status.SUBMITTED)
        assert (view.starts_at, view.ends_at, view.tolerance) == (at, None, timedelta(seconds=1))
        assert view.version == int(at.timestamp()) * 1_000_000
        [score] = view.scores
        assert (score.dimension, str(score.score), str(score.max_score), score.partial) == (
            "逻辑",
            "61.5",
            "100",
            False,
        )

    def test_an_unknown_word_is_kept_and_means_nothing(self, reader):
        view = reader.view({"interviewId": "1", "state": "archived by the vendor"})
        assert (view.word, view.status) == ("archived by the vendor", Status.UNMAPPED)

    @pytest.mark.parametrize(
        "broken", [{}, {"interviewId": "", "state": 0}, {"interviewId": "1"}, {"interviewId": None}]
    )
    def test_without_id_or_state_it_is_none(self, reader, broken):
        with pytest.raises(Permanent):
            as_documented(reader.view, broken)

    @pytest.mark.parametrize(
        ("declared", "there"),
        [
            ({}, "2030-01-31T08:00:00Z"),
            ({"zone": "Asia/Shanghai"}, "2030-01-31T16:00:00+08:00"),
            ({"format": "epoch-s"}, 1896076800),
            ({"format": "epoch-ms"}, 1896076800000),
            ({"format": "pattern", "pattern": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}, "31.01.2030 09:00"),
        ],
    )
    def test_instants_are_written_and_read_the_vendors_way(self, declared, there):
        findings = Findings()
        times = read_times(Table(declared, "time", findings))
        at = datetime(2030, 1, 31, 8, tzinfo=UTC)
        assert (times.write(at), times.read(there), findings.problems) == (there, at, [])

    def test_an_instant_without_a_zone_is_in_the_declared_one(self):
        times = read_times(Table({"zone": "Asia/Shanghai"}, "time", Findings()))
        assert times.read("2030-01-31T16:00:00") == datetime(2030, 1, 31, 8, tzinfo=UTC)


class TestTemplates:
    def made(self, text):
        findings = Findings()
        one = compiled(text, Table({}, "", findings), "here", {"ref", "page"})
        assert findings.problems == []
        return one

    def test_a_placeholder_alone_keeps_its_kind(self):
        body = {
            "page": self.made("{page}"),
            "text": self.made("p{page}"),
            "n": 1,
            "list": [self.made("{{{page}}}")],
        }
        assert filled(body, {"page": 2}) == {"page": 2, "text": "p2", "n": 1, "list": ["{2}"]}

    def test_what_is_filled_into_an_address_stays_one_step(self):
        assert self.made("/a/{ref}/b").path({"ref": "x/../y?z#名"}) == "/a/x%2F..%2Fy%3Fz%23%E5%90%8D/b"
        for bad in ("", ".", ".."):
            with pytest.raises(Permanent):
                self.made("/a/{ref}").path({"ref": bad})

    def test_what_is_filled_in_is_never_filled_in_again(self):
        assert self.made("{ref}").render({"ref": "{api_key}", "api_key": "secret"}) == "{api_key}"

    def test_a_credential_the_account_lacks_is_a_persons_to_give(self):
        with pytest.raises(NeedsPerson, match="credentials\\.app_secret"):
            self.made("{credentials.app_secret}").render({})

    @pytest.mark.parametrize(
        ("pointer", "found"),
        [("", {"a": [{"b/~": 1}]}), ("/a/0/b~1~0", 1), ("/a/00", None), ("/a/-", None), ("/b", None)],
    )
    def test_pointers_are_rfc_6901(self, pointer, found):
        document = {"a": [{"b/~": 1}]}
        if found is None:
            with pytest.raises(KeyError):
                find(document, pointer)
        else:
            assert find(document, pointer) == found


class TestPages:
    def pages(self, paging, answers):
        listing = Listing(None, "/items", paging, 1, 2, "/next")
        asked = []

        def ask(values):
            asked.append({name: values[name] for name in ("page", "offset", "cursor")})
            return answers[len(asked) - 1]

        return [list(page) for page in listing.pages(ask)], asked

    def test_a_short_page_is_no_end_only_an_empty_one_is(self):
        found, asked = self.pages(
            "page", [{"items": [1, 2]}, {"items": [3]}, {"items": [4, 5]}, {"items": []}]
        )
        assert found == [[1, 2], [3], [4, 5]]
        assert [one["page"] for one in asked] == [1, 2, 3, 4]

    def test_an_offset_counts_what_came(self):
        _, asked = self.pages("offset", [{"items": [1, 2]}, {"items": [3]}, {"items": []}])
        assert [one["offset"] for one in asked] == [0, 2, 3]

    def test_a_cursor_ends_when_none_is_given_even_after_an_empty_page(self):
        answers = [{"items": [1], "next": "b"}, {"items": [], "next": "c"}, {"items": [2], "next": None}]
        found, asked = self.pages("cursor", answers)
        assert (found, [one["cursor"] for one in asked]) == ([[1], [2]], ["", "b", "c"])

    def test_without_paging_there_is_one_page(self):
        assert self.pages("none", [{"items": [1]}])[0] == [[1]]

    @pytest.mark.parametrize("paging", ["page", "offset"])
    def test_a_vendor_that_ignores_the_page_is_found_out(self, paging):
        with pytest.raises(Permanent, match="don't advance"):
            self.pages(paging, [{"items": [1]}, {"items": [1]}])

    @pytest.mark.parametrize("cursors", ["bb", "bcb"])
    def test_a_cursor_that_goes_in_circles_is_found_out(self, cursors):
        with pytest.raises(Permanent, match="doesn't advance"):
            self.pages("cursor", [{"items": [n], "next": cursor} for n, cursor in enumerate(cursors)])


def test_every_key_is_in_the_reference():
    folder = CHECKOUT / "raincheck/vendors/adapters/configured"
    taken = re.compile(r'\b(?:table|login|t)(?:\.\w+\(|, )"([a-z_0-9]+)"')
    keys = {key for file in folder.glob("*.py") for key in taken.findall(file.read_text(encoding="utf-8"))}
    reference = (CHECKOUT / "docs/reference/vendor-declaration.md").read_text(encoding="utf-8")
    assert {"auth", "token_url", "max_is", "next_cursor", "event_id_header"} <= keys
    assert {key for key in keys if not re.search(rf"[`.\[]{key}\b", reference)} == set()
