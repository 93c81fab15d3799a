"""One person's life with the product, their data planted in it: what may show where, and what is left when they go."""

import io
import json
import logging
import re
import zipfile
from dataclasses import dataclass, field

import pypdf
import pytest
from django.test import Client

from raincheck import cli
from raincheck.archive.models import DataRequest
from raincheck.audit.sealing import seal
from raincheck.migration.models import ImportedRow
from raincheck.migration.rollback.batches import open_batch
from raincheck.migration.rollback.capture import record_into
from raincheck.migration.rollback.models import BatchKind
from raincheck.recruiting.models import Application, Candidate, Interview
from raincheck.vendors.models import InboundEvent, VendorAccount
from raincheck.worklist.models import Task
from tests.audit import sent
from tests.db.test_privacy import dumped
from tests.flows.test_hooks import news, post
from tests.flows.test_personal_data import erased as carried_out

PHONE, MAIL, ID_NUMBER = "+8613907650001", "planted.run@secret.example", "11010519491231002X"
NAME, NOTE, CV, WORD = "种植姓名甲", "种植备注乙", "种植简历丙", "种植理由丁"
#: Nowhere in the clear but where somebody asked for it, and is on record for it.
CONTACTS = (PHONE, PHONE[3:], "139 0765 0001", MAIL, "planted.run", ID_NUMBER)
FILE = (
    "姓名,手机号,邮箱,身份证号,应聘职位,面试时间,状态\n"
    f"{NAME},139 0765 0001,{MAIL},{ID_NUMBER},数据分析师,2031-05-06 10:00,待面试\n"
)


def found(text, words):
    """Return the planted words that stand in a text, also in the hex that bytes are dumped in."""
    lower = text.lower()
    spelt = {word: (word.lower(), word.encode().hex()) for word in words}
    return sorted(word for word, forms in spelt.items() if any(form in lower for form in forms))


def as_text(answer):
    """Return an answer's body as text, whatever kind of file it is, and its headers."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answer.close()
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    if body.startswith(b"%PDF"):
        read = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
        body += read.encode()
    return f"{body.decode('utf-8', 'replace')} {answer.headers} {answer.cookies}"


@dataclass
class Watched:
    """A browser whose every answer is kept; `seen` holds (path, text)."""

    client: Client
    seen: list[tuple[str, str]] = field(default_factory=list)

    def get(self, path, **query):
        return self._keep(path, self.client.get(path, query))

    def post(self, path, *, kept=True, **form):
        answer = self.client.post(path, form)
        if not kept:
            return answer
        return self._keep(path, answer)

    def _keep(self, path, answer):
        text = as_text(answer)
        self.seen.append((path, text))
        return answer


@pytest.fixture
def logs(caplog):
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
def imported(here, tmp_path, capsys):
    """Bring the planted person in by a file; return them and all that the command said."""
    (tmp_path / "list.csv").write_text(FILE, "utf-8")
    arguments = [
        "import",
        str(tmp_path / "list.csv"),
        "--company",
        here.company.slug,
        "--tz",
        "Asia/Shanghai",
    ]
    assert cli.main([*arguments, "--yes"]) == 0
    said = capsys.readouterr()
    with here.scope() as now:
        whose = Candidate.objects.select_related("identity").get(name=NAME)
        manager = here.actor("hr_manager")
        # As an import that updates somebody does: their former row is kept as it was.
        batch = open_batch(kind=BatchKind.IMPORT, name="second.csv", actor=manager, now=now)
        record_into(batch)
        Candidate.objects.filter(id=whose.id).update(headline=CV, school="示例大学")
        Candidate.objects.filter(id=whose.id).update(headline=CV, school="示例学院")
        Application.objects.filter(candidate=whose).update(state_note=WORD, position=here.position)
    here.candidates.insert(0, whose)
    return whose, said.out + said.err


@pytest.fixture
def signed_in_by_code(here, imported, outbox, drain):
    """Return the planted person's browser, signed in by the code that went to their phone."""
    browser, door = Watched(Client()), f"/c/{here.company.slug}/sign-in/"
    browser.post(door, phone="139 0765 0001")
    drain()
    [sms] = outbox.sms()
    assert sms["to"] == PHONE
    browser.post(f"{door}code/", code=re.findall(r"\d{6}", sms["body"])[0])
    return browser


def life(here, browser, hr, drain):
    """Cancel one interview, hear of another from the vendor, and have HR look at everything."""
    slug = here.company.slug
    with here.scope():
        first = Interview.objects.get(application__candidate=here.candidate)
    second = here.book(hours=100, candidate=here.candidate, state="scheduled")
    account = here.fresh(here.account)
    body = news(
        second, candidate={"name": NAME, "phone": PHONE, "email": MAIL}, status="invited", progress="unopened"
    )
    assert post(account, body).status_code == 204
    for interview in (first, second):
        browser.get(f"/c/{slug}/interviews/{interview.id}/")
        steps = f"/c/{slug}/interviews/{interview.id}/cancel/"
        browser.post(f"{steps}confirm/", reason="time_conflict", note=NOTE)
        browser.post(steps, reason="time_conflict", note=NOTE, consent="yes")
        drain()
    for page in ("", "messages/", "settings/", "privacy/"):
        browser.get(f"/c/{slug}/{page}")
    for page in ("", "tasks/", "messages/", "talent/", "audit/", "audit/trail/", "audit/sights/", "batches/"):
        hr.get(f"/console/{page}", **({"from": ""} if page.startswith("audit") else {}))
    for page in (f"talent/{here.candidate.id}/", *(f"interviews/{one.id}/" for one in (first, second))):
        assert hr.get(f"/console/{page}").status_code == 200
    seal()
    for room in ("audit", "audit/trail", "audit/sights"):
        for form in ("csv", "xlsx", "pdf"):
            assert hr.post(f"/console/{room}/export/", format=form, **{"from": ""}).status_code == 200


def asked_for(here, browser, hr):
    """See the data where it may be seen, by asking: each is an entry of the trail."""
    shown = hr.post(f"/console/candidates/{here.candidate.id}/reveal/", kept=False)
    assert {PHONE, MAIL, ID_NUMBER} <= set(found(shown.content.decode(), CONTACTS))
    home = f"/c/{here.company.slug}/privacy/"
    browser.post(f"{home}ask/", kind="copy")
    with here.scope():
        task = Task.objects.get(kind="copy_wanted")
    hr.post(f"/console/tasks/{task.id}/decide/", decision="grant")
    copied = json.loads(browser.post(f"{home}copy/", kept=False).content)
    text = json.dumps(copied, ensure_ascii=False)
    for planted in (PHONE, MAIL, ID_NUMBER, NAME, NOTE, CV, WORD, "139 0765 0001"):
        assert planted in text, planted
    assert {"candidate.viewed", "candidate.revealed"} <= {one["what"] for one in copied["seen_by"]}


def column(superuser, query):
    return superuser.execute(f"SELECT coalesce(string_agg({query}").fetchone()[0]


def test_planted_data_shows_only_where_it_was_asked_for_and_is_gone_once_erased(
    here, imported, signed_in_by_code, hr, drain, superuser, logs, shelf_of_its_own, capsys
):
    whose, said = imported
    browser, office = signed_in_by_code, Watched(hr)
    life(here, browser, office, drain)
    asked_for(here, browser, office)
    drain()
    everything = (*CONTACTS, NAME, NOTE, CV, WORD)
    assert len(logs.text) > 2000
    assert found(logs.text + said, everything) == []
    assert found(column(superuser, "args::text, ' '), '') FROM procrastinate_jobs"), everything) == []
    trail = column(superuser, "canonical, ' '), '') FROM audit_entry")
    assert "candidate.revealed" in trail
    assert found(trail, everything) == []
    assert [path for path, text in browser.seen + office.seen if found(text, CONTACTS)] == []
    assert [path for path, _ in browser.seen + office.seen if found(path, everything)] == []
    assert any(NAME in text for _, text in office.seen)
    dump = dumped(superuser)
    assert {NAME, NOTE, CV, WORD} == set(found(dump, everything))
    with here.scope():
        assert set(InboundEvent.objects.get().payload) <= {
            *("ref", "external_id", "word", "status", "progress"),
            *("starts_at", "ends_at", "tolerance", "version", "scores"),
        }
    erased(here, browser, office, drain, superuser)
    assert found(dumped(superuser), everything) == []
    with here.scope():
        assert ImportedRow.objects.filter(interview__application__candidate=whose).count() == 1
        assert DataRequest.objects.filter(kind="erasure").get().state == "granted"
        assert VendorAccount.objects.get(id=here.account.id).secret("api_key")
    for page in ("", "tasks/", "messages/", f"talent/{whose.id}/", "audit/", "audit/sights/"):
        answer = office.client.get(f"/console/{page}", {"from": ""} if page.startswith("audit") else {})
        assert (answer.status_code, found(answer.content.decode(), everything)) == (200, []), page
    rows = sent(office.client.post("/console/audit/export/", {"format": "csv", "from": ""})).decode()
    assert "（已删除）" in rows
    assert found(rows, everything) == []
    assert found(capsys.readouterr().out, everything) == []
    assert found(logs.text, everything) == []


def erased(here, browser, hr, drain, superuser):
    """Ask for erasure, and have it granted."""
    browser.post(f"/c/{here.company.slug}/privacy/ask/", kind="erasure", sure="yes")
    with here.scope():
        task = Task.objects.get(kind="erasure_wanted")
    assert hr.post(f"/console/tasks/{task.id}/decide/", decision="grant").status_code == 302
    carried_out(drain, superuser)


def test_a_backup_from_before_the_end_of_an_erasure_forgets_again(here, drain, tmp_path):
    from raincheck.archive.erasing import erase_candidate
    from raincheck.core.actor import Actor
    from raincheck.migration.backup import erasures

    who = here.add_candidate(name=NAME)
    with here.scope() as now:
        erase_candidate(candidate_id=who.id, actor=Actor.system(here.company.id), now=now)
        Application.objects.filter(candidate=who).update(state_note=NOTE)
    drain()
    with here.scope():
        assert Application.objects.get(candidate=who).state_note == ""
        # As a backup has it that was made before the job was done.
        Application.objects.filter(candidate=who).update(state_note=NOTE)
    erasures.remember(tmp_path, [erasures.Erasure(here.company.id, who.id, now)])
    assert erasures.replay(tmp_path) == 0
    drain()
    with here.scope():
        assert Application.objects.get(candidate=who).state_note == ""


def test_somebody_left_only_in_a_rolled_back_import_is_erased_there_too(here, tmp_path, capsys, monkeypatch):
    from django.conf import settings

    from raincheck.migration.rollback.batches import batches
    from raincheck.migration.rollback.models import Touched
    from raincheck.migration.rollback.undoing import roll_back

    monkeypatch.setattr(settings, "RAINCHECK_BACKUP_DIR", str(tmp_path / "backups"))
    (tmp_path / "list.csv").write_text(FILE, "utf-8")
    arguments = ["--company", here.company.slug, "--tz", "Asia/Shanghai", "--yes"]
    assert cli.main(["import", str(tmp_path / "list.csv"), *arguments]) == 0
    with here.scope() as now:
        who = Candidate.objects.get(name=NAME)
        batch = batches(here.actor()).first()
        roll_back(batch_id=batch.id, actor=here.actor(), now=now)
        assert not Candidate.objects.filter(id=who.id).exists()

    def kept(**of):
        with here.scope():
            images = Touched.objects.filter(**of).values_list("before", flat=True)
            return json.dumps(list(images), ensure_ascii=False)

    assert NAME in kept()
    erase = ["candidate", "erase", "--company", here.company.slug, "--candidate", str(who.id), "--yes"]
    assert cli.main(erase) == 0, capsys.readouterr().err
    assert found(kept(), (NAME, *CONTACTS)) == []
    people = kept(table_name="accounts_candidateidentity")
    assert re.search(r'"data_key": "\\\\x', people) is None
