"""What is past its days goes, with proof; what is held or still expected stays."""

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from raincheck.archive import holds
from raincheck.archive.erasing import erase_candidate
from raincheck.archive.holds import OnHold
from raincheck.archive.models import HistoryRecord, ProfileEntry
from raincheck.audit.models import Entry
from raincheck.audit.notes import signer
from raincheck.audit.receipts import VERIFIER
from raincheck.cancellations.models import Cancellation
from raincheck.core.actor import Actor
from raincheck.core.ids import first_id_at
from raincheck.migration.loading.originals import original_of
from raincheck.migration.models import BroughtRow, ImportedRow, ImportRun, Touched
from raincheck.migration.retention import running
from raincheck.migration.retention.kinds import KINDS
from raincheck.migration.retention.models import Gone, RetentionRule, RetentionRun
from raincheck.migration.rollback.batches import open_batch
from raincheck.migration.rollback.models import Batch, BatchKind
from raincheck.notifications.models import Delivery, Message
from raincheck.recruiting.models import Application, Assessment, Candidate, Department, Interview
from raincheck.vendors.models import InboundEvent, VendorCall
from tests import people
from tests.deployed import until
from tests.kept import played_once

PAGE = "/console/batches/retention/"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def everything_old(here):
    """Have all that there is have been long ago."""
    with here.scope():
        Application.objects.update(applied_at=LONG_AGO)
        Interview.objects.update(starts_at=LONG_AGO, ends_at=LONG_AGO + timedelta(hours=1))
        Cancellation.objects.update(requested_at=LONG_AGO, completed_at=LONG_AGO)
        HistoryRecord.objects.update(archived_at=LONG_AGO)
        Assessment.objects.update(scored_at=LONG_AGO)
        Message.objects.update(made_at=LONG_AGO)
        InboundEvent.objects.update(received_at=LONG_AGO)
        VendorCall.objects.update(at=LONG_AGO)
        ImportRun.objects.update(at=LONG_AGO)
        Batch.objects.update(at=LONG_AGO)


def old_candidate(here):
    """Return a candidate known for years, with an application."""
    made = here.add_candidate()
    with here.scope():
        application = Application.objects.get(candidate=made)
        application.delete()
        old = Candidate.objects.get(id=made.id)
        old.delete()
        old.id = first_id_at(LONG_AGO)
        old.save(force_insert=True)
        application.candidate = old
        application.save(force_insert=True)
    here.candidates[-1] = old
    return old


def long_ago(here, drain):
    """Have a candidate of long ago whose interview was cancelled, with all that hangs on it; return the interview."""
    whom = old_candidate(here)
    interview = here.book(hours=120, candidate=whom)
    here.ask(interview, note="住院了，见病历")
    drain()
    with here.scope() as now:
        common = {"company": here.company, "interview": interview}
        score = Assessment.objects.create(
            dimension="沟通", score="3", max_score="5", partial=True, scored_at=now, **common
        )
        profile = ProfileEntry.objects.filter(subject_id=whom.id, kind="cv").get().profile
        ProfileEntry.objects.create(
            company=here.company, profile=profile, kind="assessment", subject_id=score.id, occurred_at=now
        )
        InboundEvent.objects.create(
            account=here.account, event_id="e1", kind="x", payload={"who": "示例"}, received_at=now, **common
        )
        imported = ImportRun.objects.create(
            company=here.company, at=now, file_name="f", sha256="", timezone="UTC",
            rows_in=1, loaded=1, rejected=0, unchanged=0,
        )  # fmt: skip
        ImportedRow.objects.create(
            run=imported, number=2, fingerprint=b"f" * 32, original_sealed=b"sealed", **common
        )
        BroughtRow.objects.create(
            company=here.company, run=imported, kind="candidates", number=3, fingerprint=b"g" * 32,
            subject_id=whom.id, made=True, candidate=whom, original_sealed=b"sealed",
        )  # fmt: skip
        open_batch(kind=BatchKind.IMPORT, name="f", actor=Actor.system(here.company.id), now=now)
        Department.objects.create(company=here.company, name="批次新增")
    everything_old(here)
    return here.fresh(interview)


here, lived = played_once("lived", long_ago)


def keep(hr, **days):
    return hr.post(PAGE, {code: str(given) for code, given in days.items()})


def go(here):
    return running.carry_out(here.company.id)


def test_each_kind_goes_after_its_days_and_what_follows_from_it_stays(here, lived, hr):
    assert keep(hr, **dict.fromkeys(KINDS, 365)).status_code == 302
    messages = here.count(Message, interview_id=lived.id)
    assert messages > 0
    page = people.text(hr.get(f"{PAGE}?try=1"))
    assert "现在会删除" in page
    assert here.count(Message, interview_id=lived.id) == messages
    done = go(here)
    gone = {code: one["gone"] for code, one in done.result.items()}
    assert gone.pop("messages") == messages
    assert gone.pop("calls") > 0
    assert gone == {
        "candidates": 1, "history": 1, "notes": 1, "assessments": 1, "events": 1, "originals": 1, "other_originals": 1,
        "before_images": 1,
    }  # fmt: skip
    for model in (HistoryRecord, Assessment, Message, Delivery, InboundEvent, VendorCall, Touched):
        assert here.count(model) == 0, model
    with here.scope():
        whom = Candidate.objects.select_related("identity").get(id=lived.application.candidate_id)
        assert (whom.name, whom.identity.data_key, whom.identity.phone_hash) == ("（已删除）", None, None)
        assert ProfileEntry.objects.get(kind="cv").data == {}
        assert not ProfileEntry.objects.filter(kind="assessment").exists()
        cancellation = Cancellation.objects.get()
        assert (cancellation.note, cancellation.reason.code) == ("", "time_conflict")
        row = ImportedRow.objects.get()
        assert (bytes(row.original_sealed), bytes(row.fingerprint)) == (b"", b"f" * 32)
        assert original_of(lived) == []
        brought = BroughtRow.objects.get()
        assert (bytes(brought.original_sealed), bytes(brought.fingerprint)) == (b"", b"g" * 32)
    assert here.fresh(lived).state == "cancelled"
    assert hr.get(f"/console/interviews/{lived.id}/").status_code == 200
    assert hr.get(f"/console/talent/{lived.application.candidate_id}/").status_code == 200
    assert {code: one["gone"] for code, one in go(here).result.items()} == dict.fromkeys(KINDS, 0)


def test_nothing_goes_without_a_rule_and_nothing_younger_than_it(here, lived, hr):
    assert go(here) is None
    assert hr.post(f"{PAGE}run/").status_code == 409
    days = (datetime.now(UTC) - LONG_AGO).days
    keep(hr, **dict.fromkeys(KINDS, days + 10))
    assert {one["gone"] for one in go(here).result.values()} == {0}


def test_what_is_held_stays_until_the_hold_is_lifted(here, lived, hr, recruiter):
    keep(hr, **dict.fromkeys(KINDS, 365))
    whom = lived.application.candidate_id
    body = {"candidate": str(whom), "why": "案号 2026-1"}
    assert recruiter.post(f"{PAGE}hold/", body).status_code == 403
    for nobody in ("OLD-1002", "01a21f76-d971-7e57-a5eb-67a0937f4bae"):
        unknown = hr.post(f"{PAGE}hold/", {"candidate": nobody, "why": "案号 2026-1"})
        page = people.text(unknown)
        assert (unknown.status_code, "没有这个编号的候选人" in page) == (404, True)
        assert ('value="案号 2026-1"' in page, f'value="{nobody}"' in page) == (True, True)
    assert hr.post(f"{PAGE}hold/", {"candidate": str(whom), "why": " "}).status_code == 422
    assert hr.post(f"{PAGE}hold/", body).status_code == 302
    assert hr.post(f"{PAGE}hold/", body).status_code == 302
    held = go(here).result
    assert {code: one["gone"] for code, one in held.items() if code != "messages"} == dict.fromkeys(
        [code for code in KINDS if code != "messages"], 0
    )
    assert all(one["held"] > 0 for one in held.values())
    assert "（保留 " in people.text(hr.get(PAGE))
    english = people.text(hr.get(PAGE, headers={"accept-language": "en"}))
    assert (" held)" in english, "（" in english.split("<h2>Runs</h2>")[1]) == (True, False)
    assert here.count(Message, interview_id=lived.id) > 0
    with here.scope() as now, pytest.raises(OnHold):
        erase_candidate(candidate_id=whom, actor=here.actor("hr_manager"), now=now)
    with here.scope():
        [hold] = holds.in_force(here.company.id)
    assert hr.post(f"{PAGE}hold/{hold.id}/lift/").status_code == 302
    assert go(here).result["candidates"]["gone"] == 1
    with here.scope():
        said = (
            Entry.objects.filter(action__startswith="hold.").order_by("id").values_list("action", flat=True)
        )
        assert list(said) == ["hold.placed", "hold.lifted"]


def test_a_hold_on_the_company_keeps_all_of_it(here, lived, hr):
    keep(hr, **dict.fromkeys(KINDS, 365))
    hr.post(f"{PAGE}hold/", {"candidate": "", "why": "审计"})
    assert {one["gone"] for one in go(here).result.values()} == {0}


def test_somebody_with_an_interview_ahead_keeps_everything(here, lived, hr):
    keep(hr, **{code: 365 for code in KINDS if code != "before_images"})
    with here.scope():
        whom = Candidate.objects.get(id=lived.application.candidate_id)
    here.book(hours=48, candidate=whom, with_vendor=False)
    done = go(here)
    assert {code: one["gone"] for code, one in done.result.items()} == {
        code: 0 for code in KINDS if code != "before_images"
    }


def verified(tmp_path, told):
    """Check a proof of deletion with nothing but Python and the one file."""
    (tmp_path / "proof.json").write_text(json.dumps(told, ensure_ascii=False))
    command = [sys.executable, "-I", VERIFIER, tmp_path / "proof.json", "--key", str(signer().verifier)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_proof_hashes_to_what_the_sealed_entry_says(
    here, lived, hr, recruiter, shelf_of_its_own, tmp_path
):
    from raincheck.audit.sealing import seal

    keep(hr, messages=365, candidates=365)
    assert hr.post(f"{PAGE}run/").status_code == 302
    done = go(here)
    seal()
    path = f"{PAGE}runs/{done.id}/"
    assert recruiter.get(path).status_code == 403
    told = json.loads(hr.get(path).content)
    entry = json.loads(told["entry"])
    assert entry["action"] == "retention.ran"
    assert told["proof"]["size"] > 0
    for code, one in entry["facts"]["kinds"].items():
        text = "".join(f"{each}\n" for each in told["ids"][code])
        assert (len(told["ids"][code]), hashlib.sha256(text.encode()).hexdigest()) == (
            one["gone"],
            one["sha256"],
        )
    assert told["ids"]["candidates"] == [str(lived.application.candidate_id)]
    checked = verified(tmp_path, told)
    assert (checked.returncode, "deleted: candidates 1" in checked.stdout) == (0, True), checked.stdout
    another = {**told, "ids": {**told["ids"], "candidates": [str(lived.id)]}}
    kinds = {**told["ids"], "calls": []}
    unsealed = {**told, "proof": None}
    swollen = {**told, "result": {**told["result"], "messages": {"gone": 0}}}
    for wrong in (another, {**told, "ids": kinds}, {**told, "run": str(lived.id)}, unsealed, swollen):
        assert verified(tmp_path, wrong).returncode == 1
    changed = {**told, "entry": told["entry"].replace('"gone":1', '"gone":2')}
    assert verified(tmp_path, changed).returncode == 1
    assert "删除证明" in people.text(hr.get(PAGE))


def test_a_run_that_was_cut_off_is_gone_on_with_and_proves_all_of_it(here, lived, hr, monkeypatch):
    keep(hr, messages=365, calls=365)
    messages, calls = here.count(Message), here.count(VendorCall)
    monkeypatch.setattr(running, "CHUNK", 2)
    whole = running._take

    def dies(one, code, before):
        if code == "calls":
            raise TimeoutError
        return whole(one, code, before)

    monkeypatch.setattr(running, "_take", dies)
    with pytest.raises(TimeoutError):
        go(here)
    assert here.count(Message) == 0
    monkeypatch.setattr(running, "_take", whole)
    done = go(here)
    assert here.count(RetentionRun) == 1
    assert (done.result["messages"]["gone"], done.result["calls"]["gone"]) == (messages, calls)
    assert here.count(Gone, run=done, kind="messages") == -(-messages // 2)


def test_two_workers_at_one_run_count_nothing_twice(here, lived, hr, superuser):
    keep(hr, calls=365)
    calls = here.count(VendorCall)

    def work():
        try:
            return go(here)
        finally:
            connection.close()

    stuck = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with ThreadPoolExecutor(2) as workers:
        with superuser.transaction():
            # Both are to meet: each waits for this row, or for whoever waits for it.
            superuser.execute("SELECT FROM vendors_vendorcall FOR UPDATE")
            both = [workers.submit(work) for _ in range(2)]
            until(lambda: superuser.execute(stuck).fetchone()[0] == len(both), "they don't wait")
        done = [one.result(timeout=60) for one in both]
    assert [one.result["calls"]["gone"] for one in done] == [calls, calls]
    assert here.count(Gone, kind="calls") == 1


@pytest.mark.parametrize("typed", ["29", "0", "-1", "x", "1e3", "３６５", "99999999"])
def test_days_that_are_none_are_refused_beside_their_field(here, hr, typed):
    keep(hr, history=400)
    answer = keep(hr, history=400, messages=typed)
    assert answer.status_code == 422
    assert 'id="messages-error"' in people.text(answer)
    with here.scope():
        assert list(RetentionRule.objects.values_list("kind", "days")) == [("history", 400)]


def test_rules_are_changed_on_record_and_emptied_again(here, hr):
    keep(hr, history=400, notes=90)
    keep(hr, history=400, notes=90)
    keep(hr, history=500)
    with here.scope():
        facts = [e.facts for e in Entry.objects.filter(action="retention.changed").order_by("id")]
    assert facts == [
        {"before": {}, "after": {"history": 400, "notes": 90}},
        {"before": {"history": 400, "notes": 90}, "after": {"history": 500}},
    ]


def test_a_batch_past_its_days_says_that_it_cannot_be_undone(here, lived, hr):
    keep(hr, before_images=365)
    go(here)
    with here.scope():
        batch = Batch.objects.get()
    refused = hr.post(f"/console/batches/{batch.id}/rollback/")
    assert (refused.status_code, "nothing_kept" in people.text(refused)) == (409, True)


def test_the_command_counts_first_and_deletes_when_told(here, lived, hr, run):
    keep(hr, history=365)
    named = ("--company", here.company.slug)
    counted = run("retention", "run", *named, timeout=600)
    assert (counted.returncode, "would go 1" in counted.stdout) == (0, True), counted.stderr
    assert here.count(HistoryRecord) == 1
    done = run("retention", "run", *named, "--yes", timeout=600)
    assert (done.returncode, "history\t删除 / deleted 1" in done.stdout) == (0, True), done.stderr
    assert here.count(HistoryRecord) == 0


def test_the_nightly_job_reaches_every_company_and_no_other_companys_rules(here, there, lived, hr, drain):
    from raincheck.migration.retention.tasks import every_night

    keep(hr, history=365)
    every_night(timestamp=0)
    drain()
    with here.scope():
        assert RetentionRun.objects.get().result["history"]["gone"] == 1
    assert there.count(RetentionRun) == 0
