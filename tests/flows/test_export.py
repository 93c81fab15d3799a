"""Everything a company owns, out and in again: by command, by button, without loss, never by accident."""

import csv
import hashlib
import io
import json
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import connection, models

from raincheck.accounts.identities import phone_hash
from raincheck.accounts.models import Company, Staff
from raincheck.archive.erasing import erase_candidate
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope
from raincheck.migration.exports import actions, describing, sheets
from raincheck.migration.exports.errors import (
    AlreadyTaken,
    CompanyIsHere,
    ExportDamaged,
    NoExport,
    NotTheSame,
    UnknownContent,
)
from raincheck.migration.exports.folder import export_to
from raincheck.migration.exports.models import Export, ExportPiece
from raincheck.migration.exports.reading import Lying
from raincheck.migration.exports.restoring import restore
from raincheck.migration.loading import quarantine
from raincheck.migration.mending import actions as mending
from raincheck.migration.models import ImportRun, QuarantinedRow
from raincheck.notifications import points
from raincheck.recruiting.models import Candidate, Department
from tests import people
from tests.commands import raincheck
from tests.flows.exporting import import_of, lived_through, rows_of, sheets_of, take
from tests.kept import played_once

here, lived = played_once("lived", lived_through)


def test_out_and_in_again_nothing_is_lost_even_under_other_keys(
    here, imported, lived, leave, tmp_path, monkeypatch
):
    first = take(here, tmp_path / "first")
    assert len([name for name in first if name.startswith("jsonl/") and first[name]]) > 25
    leave()
    monkeypatch.setattr(settings, "RAINCHECK_MASTER_KEYS", (b"another installation's master ke",))
    restore(Lying(tmp_path / "first"))
    again = take(here, tmp_path / "again")
    assert sheets_of(again) == sheets_of(first)
    trail = again["jsonl/audit_entry.jsonl"]
    assert trail.startswith(first["jsonl/audit_entry.jsonl"])
    added = [json.loads(line)["action"] for line in trail.splitlines()]
    assert added[-2:] == ["company.restored", "export.asked"]
    # What is sealed can be opened there, what is hashed can be found.
    assert here.phone().startswith("+86138")
    with here.scope():
        [staff_point] = points.open_all(points.points_of([here.staff["recruiter"].id])).values()
    assert staff_point == f"https://push/{here.staff['recruiter'].id}"


def test_the_command_moves_a_company_to_another_installation(here, lived, run, tmp_path):
    place, slug = tmp_path / "out", here.company.slug
    done = run("export", "--company", slug, "--to", str(place), timeout=600)
    assert done.returncode == 0, done.stderr
    assert run("export", "--company", slug, "--to", str(place), timeout=600).returncode == 1
    assert oct((place / "manifest.json").stat().st_mode)[-3:] == "600"
    told = run("export", "restore", str(place), timeout=600)
    assert (told.returncode, "--yes" in told.stdout) == (0, True), told.stderr
    twice = run("export", "restore", str(place), "--yes", timeout=600)
    assert (twice.returncode, "该企业已在此安装中" in twice.stderr) == (1, True)
    there = {"RAINCHECK_HOME": str(tmp_path / "home")}
    elsewhere = raincheck("export", "restore", str(place), "--slug", "moved", timeout=600, **there)
    assert (elsewhere.returncode, "add --yes" in elsewhere.stdout) == (0, True), elsewhere.stderr
    moved = raincheck("export", "restore", str(place), "--yes", "--slug", "moved", timeout=600, **there)
    assert moved.returncode == 0, moved.stderr
    assert "主密钥不同" in moved.stdout
    back = raincheck("export", "--company", "moved", "--to", str(tmp_path / "back"), timeout=600, **there)
    assert back.returncode == 0, back.stderr
    known = {"audit_entry", "accounts_company"}
    same = [path.relative_to(place) for path in place.rglob("*.jsonl") if path.stem not in known]
    assert len(same) > 40
    for path in same:
        assert (tmp_path / "back" / path).read_bytes() == (place / path).read_bytes(), path


def test_a_member_of_staff_gets_a_new_password_after_the_move(here, run):
    who = ("--company", here.company.slug, "--email", here.staff["recruiter"].email)
    for password, status in (("x", 1), ("correct horse battery", 0)):
        done = run("staff", "password", *who, timeout=600, RAINCHECK_STAFF_PASSWORD=password)
        assert done.returncode == status, done.stderr
    assert check_password("correct horse battery", here.fresh(here.staff["recruiter"]).password)
    assert here.entries() == ["staff.password_set"]
    nobody = ("--company", here.company.slug, "--email", "nobody@example.com")
    assert run("staff", "password", *nobody, timeout=600, RAINCHECK_STAFF_PASSWORD="x").returncode == 1


def test_what_was_imported_before_is_known_again_after_the_move(here, imported, leave, run, tmp_path):
    take(here, tmp_path / "out")
    leave()
    restore(Lying(tmp_path / "out"))
    figures = json.loads(run(*import_of(here, imported), timeout=600).stdout)
    assert (figures["unchanged"], figures["loaded"]) == (2, 0)


def test_rows_that_wait_for_somebody_come_along_and_can_still_be_corrected(
    here, leave, run, hr, tmp_path, monkeypatch
):
    path = tmp_path / "list.csv"
    path.write_text(
        "姓名,手机号,岗位,面试时间,状态,备注\n"
        "示例甲,13700000001,工程师,2031-05-01 10:00,待面试,\n"
        '"=示例乙",13700000002,工程师,十月某日,待面试,"两行\n备注 😀"\n'
        "示例丙,13700000003,工程师,某日,待面试,\n"
    )
    run(*import_of(here, path), timeout=600)
    with here.scope():
        batch_id = ImportRun.objects.get().batch_id
        given_up = QuarantinedRow.objects.latest("number")
    assert "看不懂这个日期" in people.text(hr.get(f"/console/batches/{batch_id}/rows/"))
    discard = {"do": "discard", "reason": "不再需要"}
    assert hr.post(f"/console/batches/rows/{given_up.id}/mend/", discard).status_code == 302
    first = take(here, tmp_path / "first")
    [waits, settled] = rows_of(first, "migration_quarantinedrow")
    assert ["姓名", "=示例乙"] in waits["content"][0]
    assert (settled["state"], settled["reason"], settled["content"]) == ("discarded", "不再需要", None)
    leave()
    monkeypatch.setattr(settings, "RAINCHECK_MASTER_KEYS", (b"another installation's master ke",))
    restore(Lying(tmp_path / "first"))
    assert sheets_of(take(here, tmp_path / "again")) == sheets_of(first)
    with here.scope() as now:
        row = QuarantinedRow.objects.get(id=waits["id"])
        pairs, faults = quarantine.opened(ImportRun.objects.get(), row)
        assert ("备注", "两行\n备注 😀") in pairs
        assert [fault.fault.code for fault in faults] == ["not_a_date"]
        mend = mending.Mend(texts={3: "2031-05-02 10:00"}, department_id=None, alike=False)
        mending.fix(row_id=row.id, mend=mend, actor=here.actor("hr_manager"), now=now)
        assert Candidate.objects.filter(name="=示例乙").count() == 1
        assert ImportRun.objects.get().data_key is None


def test_every_table_of_a_company_is_in_it_or_named_with_a_reason(here, lived, tmp_path):
    files = take(here, tmp_path / "out")
    manifest = json.loads(files["manifest.json"])
    told = {sheet["name"] for sheet in manifest["sheets"]}
    for model in apps.get_models():
        owned = any(f.name in {"company", "company_id"} for f in model._meta.local_fields)
        if owned and model._meta.managed:
            assert model._meta.db_table in told or model._meta.label in manifest["left_out"], (
                model._meta.label
            )
    for sheet in sheets.sheets():
        for column in sheet.columns:
            field = sheet.field(column)
            assert not isinstance(field, models.BinaryField), f"{sheet.label}.{column}: say it in sealed.py"


def test_no_secret_and_no_hash_of_a_password_leaves(here, lived, tmp_path, vendor):
    with here.scope():
        person = Staff.objects.get(id=here.staff["recruiter"].id)
        person.set_password("correct horse battery")
        person.save()
    everything = b"".join(take(here, tmp_path / "out").values())
    for secret in (vendor.key.encode(), b"whsec_", b"argon2", person.password.encode()):
        assert secret not in everything


def test_contacts_are_in_the_clear_and_counts_and_checksums_agree(here, imported, lived, tmp_path):
    files = take(here, tmp_path / "out")
    identities = rows_of(files, "accounts_candidateidentity")
    assert here.phone() in {row["phone"] for row in identities}
    assert [row["phone"] for row in identities if row["erased"]] == [""]
    for sheet in json.loads(files["manifest.json"])["sheets"]:
        for form in ("jsonl", "csv"):
            data, said = files[sheet[form]["path"]], sheet[form]
            assert (len(data), hashlib.sha256(data).hexdigest()) == (said["bytes"], said["sha256"])
        table = list(csv.reader(io.StringIO(files[sheet["csv"]["path"]].decode("utf-8-sig"))))
        assert (table[0], len(table) - 1) == (sheet["columns"], sheet["rows"])
    names = csv.DictReader(io.StringIO(files["csv/recruiting_candidate.csv"].decode("utf-8-sig")))
    assert "'=示例乙" in {row["name"] for row in names}


@pytest.mark.parametrize("harm", ["byte", "row", "missing", "column", "path", "manifest", "newer"])
def test_an_export_that_was_touched_is_refused_whole(here, lived, leave, tmp_path, harm):
    place = tmp_path / "out"
    take(here, place)
    leave()
    target = place / "jsonl" / "recruiting_department.jsonl"
    manifest = json.loads((place / "manifest.json").read_text())
    sheet = next(s for s in manifest["sheets"] if s["name"] == "recruiting_department")
    expected = ExportDamaged
    match harm:
        case "byte":
            target.write_bytes(target.read_bytes().replace("数据".encode(), "数目".encode()))
        case "row":
            target.write_bytes(target.read_bytes() * 2)
        case "missing":
            target.unlink()
        case "column":
            sheet["columns"].append("salary")
            expected = UnknownContent
        case "path":
            sheet["jsonl"]["path"] = "../../etc/passwd"
        case "manifest":
            manifest["format"] = "something/9"
            expected = NoExport
        case "newer":
            manifest["format"] = "raincheck-export/2"
            expected = UnknownContent
    (place / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(expected):
        restore(Lying(place))
    with company_scope(here.company.id):
        assert Company.objects.count() == Department.objects.count() == 0


def test_a_row_changed_with_its_checksum_but_against_the_rules_leaves_nothing(here, lived, leave, tmp_path):
    place = tmp_path / "out"
    take(here, place)
    leave()
    target = place / "jsonl" / "recruiting_interviewer.jsonl"
    row = json.loads(target.read_text().splitlines()[0])
    target.write_text(json.dumps({**row, "staff_id": str(new_id())}, separators=(",", ":")) + "\n")
    manifest = json.loads((place / "manifest.json").read_text())
    sheet = next(s for s in manifest["sheets"] if s["name"] == "recruiting_interviewer")
    data = target.read_bytes()
    sheet["rows"] = 1
    sheet["jsonl"].update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    (place / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises((AlreadyTaken, ExportDamaged, NotTheSame)):
        restore(Lying(place))
    with company_scope(here.company.id):
        assert Company.objects.count() == 0


def test_a_company_that_is_here_is_not_doubled_and_an_address_in_use_is_named(
    here, there, lived, leave, tmp_path, run
):
    take(here, tmp_path / "out")
    with pytest.raises(CompanyIsHere):
        restore(Lying(tmp_path / "out"))
    would = run("export", "restore", str(tmp_path / "out"), timeout=600)
    assert ("every file is as" in would.stdout, "company_is_here" in would.stdout) == (True, True)
    assert "add --yes" not in would.stdout
    leave()
    would = run("export", "restore", str(tmp_path / "out"), "--slug", there.company.slug, timeout=600)
    assert "already_taken" in would.stdout
    would = run("export", "restore", str(tmp_path / "out"), "--slug", "elsewhere", timeout=600)
    assert (would.returncode, "add --yes" in would.stdout) == (0, True), would.stderr
    with pytest.raises(AlreadyTaken):
        restore(Lying(tmp_path / "out"), slug=there.company.slug)
    restore(Lying(tmp_path / "out"), slug="elsewhere")
    with here.scope():
        assert Company.objects.get().slug == "elsewhere"


def test_another_companys_rows_are_not_in_it(here, there, lived, tmp_path):
    everything = b"".join(take(here, tmp_path / "out").values())
    for foreign in (there.company.id, there.candidate.id, there.position.id, there.candidate.name):
        assert str(foreign).encode() not in everything


def test_memory_does_not_grow_with_the_company(here, tmp_path):
    def peak(rows):
        with here.scope():
            Department.objects.bulk_create(
                Department(company=here.company, name=f"部门{new_id()}" + "长" * 60) for _ in range(rows)
            )
        tracemalloc.start()
        take_quietly = tmp_path / f"out-{rows}"
        export_to(take_quietly, company_id=here.company.id, actor=Actor.system(here.company.id))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    few = peak(2_000)
    assert peak(20_000) < few * 1.5


def test_the_button_prepares_a_zip_that_restores_and_every_step_is_on_record(
    here, lived, leave, drain, hr, recruiter, tmp_path
):
    page = people.text(hr.get("/console/batches/exports/"))
    assert "明文" in page
    with here.scope():
        Export.objects.all().delete()
    refused = hr.post("/console/batches/exports/new/", {"confirm": "云帆"})
    assert (refused.status_code, "请输入企业全称以确认" in people.text(refused)) == (422, True)
    assert recruiter.post("/console/batches/exports/new/", {"confirm": here.company.name}).status_code == 403
    assert hr.post("/console/batches/exports/new/", {"confirm": here.company.name}).status_code == 302
    assert hr.post("/console/batches/exports/new/", {"confirm": here.company.name}).status_code == 409
    drain()
    with here.scope():
        export = Export.objects.get()
        assert export.state == "ready"
        assert b"PK" not in bytes(ExportPiece.objects.filter(export=export).first().sealed)[:2]
    path = f"/console/batches/exports/{export.id}/download/"
    assert hr.get(path).status_code == 405
    assert recruiter.post(path).status_code == 403
    answer = hr.post(path)
    data = b"".join(answer.streaming_content)
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (export.sha256, export.bytes)
    assert "已下载 1 次" in people.text(hr.get("/console/batches/exports/"))
    with here.scope():
        acts = list(
            Entry.objects.filter(subject_id=export.id).order_by("id").values_list("action", "actor_id")
        )
    manager = here.staff["hr_manager"].id
    assert acts == [("export.asked", manager), ("export.ready", None), ("export.taken", manager)]
    (tmp_path / "out.zip").write_bytes(data)
    assert zipfile.ZipFile(tmp_path / "out.zip").testzip() is None
    leave()
    (tmp_path / "cut.zip").write_bytes(data[: len(data) // 2])
    with pytest.raises(ExportDamaged):
        Lying(tmp_path / "cut.zip")
    (tmp_path / "no.zip").write_bytes(b"no zip at all")
    with pytest.raises(NoExport):
        Lying(tmp_path / "no.zip")
    assert restore(Lying(tmp_path / "out.zip")).rows == export.rows


def test_a_file_goes_after_its_days_and_at_once_when_somebody_in_it_is_erased(here, hr, drain):
    def ready():
        hr.post("/console/batches/exports/new/", {"confirm": here.company.name})
        drain()
        with here.scope():
            return Export.objects.latest("id")

    old, fresh = ready(), ready()
    here.put(old, expires_at=old.taken_at - timedelta(seconds=1))
    assert actions.destroy_outlived(here.company.id) == 1
    gone = here.fresh(old)
    assert (gone.state, gone.data_key, here.count(ExportPiece, export=old)) == ("gone", None, 0)
    assert here.fresh(fresh).state == "ready"
    other = here.add_candidate()
    with here.scope() as now:
        erase_candidate(candidate_id=other.id, actor=here.actor("hr_manager"), now=now)
    refused = hr.post(f"/console/batches/exports/{fresh.id}/download/")
    assert (refused.status_code, "export_not_ready" in people.text(refused)) == (409, True)
    assert "已作废" in people.text(hr.get("/console/batches/exports/"))
    assert actions.destroy_outlived(here.company.id) == 1
    assert here.count(ExportPiece) == 0


def test_a_file_from_the_middle_of_an_erasure_is_not_handed_out(here, hr):
    """The erasure began before the file's moment, ended after it, and so isn't in it."""
    hr.post("/console/batches/exports/new/", {"confirm": here.company.name})
    with here.scope():
        export = Export.objects.get()

    def prepare():
        actions.prepare(company_id=here.company.id, export_id=export.id)
        connection.close()

    with ThreadPoolExecutor(1) as worker, here.scope() as now:
        erase_candidate(candidate_id=here.candidate.id, actor=here.actor("hr_manager"), now=now)
        worker.submit(prepare).result(timeout=60)
    assert here.fresh(export).state == "ready"
    assert hr.post(f"/console/batches/exports/{export.id}/download/").status_code == 409
    assert actions.destroy_outlived(here.company.id) == 1
    assert here.count(ExportPiece) == 0


def test_the_reference_describes_every_file_and_column():
    said = (Path(__file__).parents[2] / "docs" / "reference" / "export.md").read_text()
    assert said.startswith("# Exports")
    assert said.endswith(describing.reference())
    assert all(f"### {sheet.name}\n" in said for sheet in sheets.sheets())


def test_a_candidate_found_by_phone_before_is_found_after(here, lived, leave, tmp_path, monkeypatch):
    phone = here.phone()
    take(here, tmp_path / "out")
    leave()
    monkeypatch.setattr(settings, "RAINCHECK_MASTER_KEYS", (b"yet another installation's own k",))
    restore(Lying(tmp_path / "out"))
    with here.scope():
        found = Candidate.objects.get(identity__phone_hash=phone_hash(here.company.id, phone))
    assert found.id == here.candidate.id
