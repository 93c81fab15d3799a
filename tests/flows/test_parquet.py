"""Exports as Parquet: what JSON lines hold, under types; back from Parquet alone; and what is said without pyarrow."""

import hashlib
import html
import io
import json
import os
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from raincheck.accounts.models import Company
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope
from raincheck.migration.exports import parquet
from raincheck.migration.exports.errors import ExportDamaged, NoParquetInIt, ParquetMissing
from raincheck.migration.exports.models import Export
from raincheck.migration.exports.reading import Lying
from raincheck.migration.exports.restoring import restore
from raincheck.recruiting.models import Department
from tests import people
from tests.commands import bare_environment, raincheck
from tests.flows.exporting import lived_through, rows_of, sheets_of, take
from tests.kept import played_once

ASKED = "/console/batches/exports/new/"
here, lived = played_once("lived", lived_through)


@pytest.fixture
def left_behind(here, lived, leave, tmp_path):
    """Return an export, Parquet in it, of a company that is gone."""
    place = tmp_path / "out"
    take(here, place, parquet=True)
    leave()
    return place


@pytest.fixture
def hidden(monkeypatch):
    """Return a function that hides pyarrow, as where raincheck[parquet] isn't installed."""

    def hide():
        for name in ("pyarrow", "pyarrow.parquet"):
            monkeypatch.setitem(sys.modules, name, None)

    return hide


def told(value):
    """Return a value that pyarrow read as JSON lines have it."""
    if isinstance(value, datetime):
        assert value.utcoffset().total_seconds() == 0
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def test_every_table_holds_what_its_json_lines_hold(here, imported, lived, tmp_path):
    files = take(here, tmp_path / "out", parquet=True)
    full = 0
    for sheet in json.loads(files["manifest.json"])["sheets"]:
        data, said = files[sheet["parquet"]["path"]], sheet["parquet"]
        assert (len(data), hashlib.sha256(data).hexdigest()) == (said["bytes"], said["sha256"])
        table = pq.read_table(io.BytesIO(data))
        assert (table.schema.names, table.num_rows) == (sheet["columns"], sheet["rows"])
        texts = {column.name for column in table.schema if b"raincheck.type" in column.metadata}
        rows = [
            {name: json.loads(v) if name in texts and v is not None else told(v) for name, v in row.items()}
            for row in table.to_pylist()
        ]
        assert rows == rows_of(files, sheet["name"])
        full += bool(rows)
    assert full > 25
    interviews = pq.read_schema(io.BytesIO(files["parquet/recruiting_interview.parquet"]))
    assert interviews.field("starts_at").type == pa.timestamp("us", tz="UTC")
    assert "grows with each change" in interviews.field("sequence").metadata[b"description"].decode()


def test_parquet_alone_brings_all_of_it_back_even_under_other_keys(
    here, imported, lived, leave, tmp_path, monkeypatch
):
    first = take(here, tmp_path / "first", parquet=True)
    for form in ("jsonl", "csv"):
        shutil.rmtree(tmp_path / "first" / form)
    leave()
    monkeypatch.setattr(settings, "RAINCHECK_MASTER_KEYS", (b"another installation's master ke",))
    restore(Lying(tmp_path / "first", from_parquet=True))
    again = take(here, tmp_path / "again")
    exact = {name: data for name, data in sheets_of(first).items() if not name.startswith("parquet/")}
    assert sheets_of(again) == exact
    assert again["jsonl/audit_entry.jsonl"].startswith(first["jsonl/audit_entry.jsonl"])
    assert here.phone().startswith("+86138")


def test_the_command_moves_a_company_by_parquet_alone(here, lived, run, tmp_path):
    place = tmp_path / "out"
    done = run("export", "--company", here.company.slug, "--to", str(place), "--parquet", timeout=600)
    assert done.returncode == 0, done.stderr
    lines = {path.name: path.read_bytes() for path in (place / "jsonl").iterdir()}
    for form in ("jsonl", "csv"):
        shutil.rmtree(place / form)
    assert run("export", "restore", str(place), timeout=600).returncode == 1
    checked = run("export", "restore", str(place), "--parquet", timeout=600)
    assert (checked.returncode, "--yes" in checked.stdout) == (0, True), checked.stderr
    there = {"RAINCHECK_HOME": str(tmp_path / "home")}
    moved = raincheck("export", "restore", str(place), "--parquet", "--yes", timeout=600, **there)
    assert moved.returncode == 0, moved.stderr
    back = ("export", "--company", here.company.slug, "--to", str(tmp_path / "back"))
    assert raincheck(*back, timeout=600, **there).returncode == 0
    for name in set(lines) - {"audit_entry.jsonl"}:
        assert (tmp_path / "back" / "jsonl" / name).read_bytes() == lines[name], name


@pytest.mark.parametrize("harm", ["byte", "row", "missing"])
def test_a_parquet_file_that_was_touched_is_refused_however_the_export_is_read(here, left_behind, harm):
    target = left_behind / "parquet" / "recruiting_department.parquet"
    match harm:
        case "byte":
            target.write_bytes(target.read_bytes().replace(b"PAR1", b"PAR2"))
        case "row":
            table = pq.read_table(target)
            pq.write_table(pa.concat_tables([table, table]), target)
        case "missing":
            target.unlink()
    for from_parquet in (True, False):
        with pytest.raises(ExportDamaged):
            restore(Lying(left_behind, from_parquet=from_parquet))
    with company_scope(here.company.id):
        assert Company.objects.count() == 0


@pytest.mark.parametrize("harm", ["value", "column", "nonsense"])
def test_what_differs_from_the_plain_values_leaves_nothing_even_if_its_own_checksum_fits(
    here, left_behind, harm
):
    target = left_behind / "parquet" / "recruiting_department.parquet"
    table = pq.read_table(target)
    match harm:
        case "value":
            names = table.schema.get_field_index("name")
            other = pa.array(["改过的部门"] * table.num_rows)
            pq.write_table(table.set_column(names, table.schema.field("name"), other), target)
        case "column":
            pq.write_table(table.append_column("salary", pa.array([1] * table.num_rows)), target)
        case "nonsense":
            target.write_bytes(b"PAR1" + os.urandom(200) + b"PAR1")
    manifest = json.loads((left_behind / "manifest.json").read_text())
    sheet = next(s for s in manifest["sheets"] if s["name"] == "recruiting_department")
    data = target.read_bytes()
    sheet["parquet"].update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    (left_behind / "manifest.json").write_text(json.dumps(manifest))
    done = "not_the_same" if harm == "value" else "export_damaged"
    with pytest.raises(Exception, match=done):
        restore(Lying(left_behind, from_parquet=True))
    with company_scope(here.company.id):
        assert Company.objects.count() == 0


def test_an_export_without_parquet_says_so(here, tmp_path):
    take(here, tmp_path / "out")
    with pytest.raises(NoParquetInIt):
        Lying(tmp_path / "out", from_parquet=True)


def test_memory_does_not_grow_with_the_company_in_parquet_either(here, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "GROUP", 200_000)

    def peaks(rows):
        with here.scope():
            Department.objects.bulk_create(
                Department(company=here.company, name=f"部门{new_id()}" + "长" * 60) for _ in range(rows)
            )
        tracemalloc.start()
        take(here, tmp_path / f"out-{rows}", parquet=True)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # Arrow's own memory isn't Python's; its highest mark only rises.
        return highest, pa.default_memory_pool().max_memory()

    few = peaks(2_000)
    many = peaks(20_000)
    assert many[1] < few[1] * 1.5
    groups = pq.ParquetFile(tmp_path / "out-20000" / "parquet" / "recruiting_department.parquet")
    assert groups.num_row_groups > 10


def test_the_button_makes_a_zip_that_restores_from_its_parquet_alone(here, lived, leave, drain, hr, tmp_path):
    assert "Parquet" in people.text(hr.get("/console/batches/exports/"))
    with here.scope():
        Export.objects.all().delete()
    assert hr.post(ASKED, {"confirm": here.company.name, "parquet": "yes"}).status_code == 302
    drain()
    with here.scope():
        export = Export.objects.get()
    data = b"".join(hr.post(f"/console/batches/exports/{export.id}/download/").streaming_content)
    assert "行 · " in people.text(hr.get("/console/batches/exports/"))
    without = tmp_path / "parquet-alone.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(without, "w") as rest:
        assert whole.testzip() is None
        for name in whole.namelist():
            if name.startswith(("parquet/", "manifest")):
                rest.writestr(name, whole.read(name))
    leave()
    assert restore(Lying(without, from_parquet=True)).rows == export.rows


def test_a_wrong_name_keeps_the_choice_of_parquet(here, hr):
    refused = hr.post(ASKED, {"confirm": "不对", "parquet": "yes"})
    assert refused.status_code == 422
    assert 'name="parquet" value="yes" checked' in refused.content.decode()


class TestWithoutTheLibrary:
    def test_the_command_says_what_is_missing_and_writes_nothing(self, here, run, tmp_path):
        place = tmp_path / "out"
        asked = ("export", "--company", here.company.slug, "--to", str(place))
        done = _bare(run.settings, *asked, "--parquet")
        assert done.returncode == 1
        for said in ("此安装没有 Parquet 组件", "Parquet isn't installed here", "[parquet_missing]"):
            assert said in done.stderr
        assert (place.exists(), list(tmp_path.iterdir()), here.entries()) == (False, [], [])
        done = _bare(run.settings, *asked)
        assert (done.returncode, (place / "manifest.json").exists()) == (0, True), done.stderr
        assert _bare(run.settings, "export", "restore", str(place)).returncode == 0

    def test_parquet_is_not_offered_and_a_form_that_asks_all_the_same_is_refused_in_ones_language(
        self, here, hr, hidden
    ):
        hidden()
        assert 'name="parquet"' not in hr.get("/console/batches/exports/").content.decode()
        refused = hr.post(ASKED, {"confirm": here.company.name, "parquet": "yes"})
        assert (refused.status_code, "此安装没有 Parquet 组件" in people.text(refused)) == (422, True)
        form = {"confirm": here.company.name, "parquet": "yes"}
        refused = hr.post(ASKED, form, headers={"accept-language": "en"})
        assert "Parquet isn't installed here" in html.unescape(people.text(refused))
        assert here.count(Export) == 0
        assert hr.post(ASKED, {"confirm": here.company.name}).status_code == 302

    def test_a_worker_that_lacks_it_ends_the_export_as_failed(self, here, hr, drain, hidden):
        assert hr.post(ASKED, {"confirm": here.company.name, "parquet": "yes"}).status_code == 302
        hidden()
        drain()
        with here.scope():
            assert Export.objects.get().state == "failed"
        assert "未能完成" in people.text(hr.get("/console/batches/exports/"))
        assert hr.post(ASKED, {"confirm": here.company.name}).status_code == 302

    def test_an_export_with_parquet_is_restored_from_its_json_lines(
        self, here, lived, leave, tmp_path, hidden
    ):
        take(here, tmp_path / "out", parquet=True)
        leave()
        hidden()
        with pytest.raises(ParquetMissing):
            Lying(tmp_path / "out", from_parquet=True)
        restore(Lying(tmp_path / "out"))


def _bare(settings_, *arguments):
    """Run one command with a Python that has no pyarrow."""
    program = "import sys; sys.modules['pyarrow'] = None; from raincheck import cli; sys.exit(cli.main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=bare_environment(**settings_), cwd="/", capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
