"""A release goes out while the one before it is at work: migrations leave old code standing, and old code is run."""

import io
import subprocess
import tarfile
from dataclasses import replace

import pytest
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from tests import deployed
from tests.commands import CHECKOUT
from tests.migrations import harsh, last_release, newer, tables_of

RELEASE = last_release()


def test_no_migration_takes_anything_from_code_that_is_still_at_work():
    released = tables_of(RELEASE)
    found = [line for migration, before in newer(RELEASE) for line in harsh(migration, before, released)]
    assert found == [], (
        "do it in two releases, or say in the migration's old_code_copes why the old code lives"
    )


def test_whoever_says_that_old_code_copes_says_why():
    for migration, _ in newer(RELEASE):
        why = getattr(migration, "old_code_copes", None)
        assert why is None or len(why) > 30, migration


def _state():
    state = ProjectState()
    fields = [
        ("id", models.AutoField(primary_key=True)),
        ("name", models.CharField(max_length=20)),
        ("x", models.IntegerField()),
    ]
    state.add_model(ModelState("shop", "Thing", fields))
    return state


CHECK = models.CheckConstraint(condition=models.Q(x__gt=0), name="positive")
HARSH = [
    migrations.RemoveField("thing", "x"),
    migrations.RenameField("thing", "x", "y"),
    migrations.DeleteModel("thing"),
    migrations.RenameModel("Thing", "Stuff"),
    migrations.AlterField("thing", "name", models.CharField(max_length=10)),
    migrations.AlterField("thing", "x", models.CharField(max_length=10)),
    migrations.AddField("thing", "y", models.IntegerField(default=0)),
    migrations.AddConstraint("thing", CHECK),
    migrations.AddIndex("thing", models.Index(fields=["x"], name="by_x")),
    migrations.RunSQL("ALTER TABLE shop_thing DROP COLUMN x"),
    migrations.RunSQL("UPDATE shop_thing SET x = 1"),
    migrations.RunSQL("CREATE INDEX i ON shop_thing (x)"),
    migrations.RunPython(migrations.RunPython.noop),
]
GENTLE = [
    migrations.AddField("thing", "y", models.IntegerField(null=True)),
    migrations.AddField("thing", "y", models.IntegerField(db_default=0)),
    migrations.AlterField("thing", "name", models.CharField(max_length=40, choices=[("a", "A")])),
    migrations.AlterField("thing", "x", models.IntegerField(null=True)),
    migrations.CreateModel("New", [("id", models.AutoField(primary_key=True))]),
    migrations.RunSQL("CREATE TABLE shop_new (id int); CREATE INDEX n ON shop_new (id)"),
    migrations.RunSQL("CREATE INDEX CONCURRENTLY i ON shop_thing (x)"),
]


def judged(*operations, **more):
    made = type("Migration", (migrations.Migration,), {"operations": list(operations), **more})(
        "0002", "shop"
    )
    return harsh(made, _state(), {("shop", "thing")})


def _named(operation: Operation) -> str:
    """Name a case alike in every process: some operations tell where in memory they are."""
    return f"{operation.__class__.__name__}-{operation.describe()}"


@pytest.mark.parametrize("operation", HARSH, ids=_named)
def test_what_old_code_would_not_live_through_is_found_unless_somebody_says_why_it_does(operation):
    assert len(judged(operation)) == 1
    assert judged(operation, old_code_copes="since 0.2 nothing asks for the column any more") == []


@pytest.mark.parametrize("operation", GENTLE, ids=_named)
def test_what_only_adds_is_let_through(operation):
    assert judged(operation) == []


def test_a_check_that_takes_an_others_place_may_widen_it():
    assert (
        judged(migrations.RemoveConstraint("thing", "positive"), migrations.AddConstraint("thing", CHECK))
        == []
    )


@pytest.fixture
def old_code(tmp_path):
    """Return a folder with the last release's code."""
    git = ["git", "-C", str(CHECKOUT)]
    asked = [*git, "cat-file", "-e", f"{RELEASE.commit}^{{commit}}"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip(f"this clone doesn't reach back to the last release, {RELEASE.commit[:10]}")
    packed = subprocess.run(
        [*git, "archive", RELEASE.commit, "raincheck"], capture_output=True, check=True
    ).stdout
    folder = tmp_path / "old"
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_the_last_releases_code_cancels_an_interview_on_todays_schema(
    installation,
    old_code,
    outbox,
    tmp_path,
):
    installation.run_once("raincheck-migrate.service")
    before = replace(installation, code=old_code)
    deployed.set_up(before, tmp_path)
    ask = "import raincheck; print(raincheck.__file__)"
    argv = [before.command(f"{deployed.PROGRAM} check")[0], "-c", ask]
    said = subprocess.run(
        argv,
        env=before.environment(["raincheck.env"]),
        cwd=old_code,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.startswith(str(old_code)), "the old code is what runs"
    with deployed.services(before) as running:
        deployed.walk_one_cancel(before, outbox)
        for name, service in running.items():
            status, _ = service.stop()
            assert status == 0, name
            assert "Traceback" not in service.said(), service.said()[-2000:]
