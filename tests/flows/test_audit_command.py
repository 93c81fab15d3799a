"""`raincheck audit export`: the same file from a shell, as a process of its own."""

import csv
import os
import stat

import pytest

from raincheck.accounts.models import Company
from raincheck.accounts.queries import company_named
from raincheck.audit.catalogue import Action
from raincheck.audit.models import Entry
from raincheck.core.errors import NotFound
from raincheck.core.ids import new_id
from raincheck.core.scope import company_scope
from tests.audit import STORIES, as_csv, everything
from tests.commands import raincheck

SETTINGS = ("DATABASE_URL", "DATABASE_OWNER_URL", "RAINCHECK_SECRET_KEY", "RAINCHECK_MASTER_KEY")


def export(here, *flags, company=""):
    """Run the command on the tests' database."""
    settings = {name: os.environ[name] for name in SETTINGS}
    return raincheck("audit", "export", "--company", company or here.company.slug, *flags, **settings)


def test_the_command_writes_what_the_console_exports(here, hr, drain, tmp_path):
    everything(here, drain)
    path = tmp_path / "audit.csv"
    done = export(here, "--output", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{len(STORIES)} rows exported" in done.stdout
    with path.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.reader(file))
    on_the_page = as_csv(hr.post("/console/audit/export/", {"format": "csv"}))
    assert [list(row.values()) for row in on_the_page] == written[1:]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["audit.csv"]


def test_it_narrows_and_records_itself_as_the_system(here, drain, tmp_path):
    everything(here, drain)
    path = tmp_path / "audit.xlsx"
    done = export(here, "--format", "xlsx", "--outcome", "refused", "--output", str(path))
    assert done.returncode == 0, done.stderr
    assert "1 rows exported" in done.stdout
    assert path.read_bytes().startswith(b"PK")
    with here.scope():
        entry = Entry.objects.get(action=Action.EXPORTED)
    assert (entry.actor_kind, entry.actor_id, entry.facts["rows"]) == ("system", None, 1)
    trail = export(here, "--what", "trail", "--action", "audit.exported", "--output", str(tmp_path / "t.csv"))
    assert "1 rows exported" in trail.stdout


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--outcome", "maybe"), "--outcome"),
        (("--from", "soon"), "--from"),
        (("--initiator", "nobody"), "--initiator"),
    ],
)
def test_a_flag_that_makes_no_sense_is_named_and_nothing_is_written(here, tmp_path, flags, said):
    done = export(here, *flags, "--output", str(tmp_path / "audit.csv"))
    assert done.returncode == 1
    assert said in done.stderr
    assert "有的筛选条件无法识别" in done.stderr
    assert "nothing was exported" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert here.entries() == []


def test_an_unknown_company_and_a_folder_that_isnt_there_are_said(here, tmp_path):
    unknown = export(here, "--output", str(tmp_path / "a.csv"), company="nobody-here")
    assert (unknown.returncode, "Traceback" in unknown.stderr) == (1, False)
    assert "nobody-here" in unknown.stderr
    nowhere = export(here, "--output", str(tmp_path / "none" / "a.csv"))
    assert (nowhere.returncode, "Traceback" in nowhere.stderr) == (1, False)
    assert "can't write" in nowhere.stderr


def test_a_company_is_found_by_its_address_and_by_its_exact_name(here, there):
    assert company_named(here.company.slug) == here.company
    assert company_named(there.company.name) == there.company
    for text in ("", "云帆", here.company.slug.upper(), "%"):
        with pytest.raises(NotFound):
            company_named(text)


def test_a_name_that_two_companies_bear_names_neither(here):
    twin_id = new_id()
    with company_scope(twin_id):
        Company.objects.create(id=twin_id, slug="twin", name=here.company.name)
    with pytest.raises(NotFound):
        company_named(here.company.name)
    assert company_named("twin").id == twin_id
