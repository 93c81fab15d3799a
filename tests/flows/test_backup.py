"""Backups: made while everybody works, proven, kept by a rule; a database that is gone comes back whole."""

import errno
import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings as django_settings
from hypothesis import given
from hypothesis import strategies as st

from raincheck.accounts.identities import open_contacts
from raincheck.archive.erasing import StillExpected, erase_candidate
from raincheck.audit.models import Entry
from raincheck.core.actor import Actor
from raincheck.doctor.backups import last_good
from raincheck.doctor.finding import Grade
from raincheck.forgetting import forget
from raincheck.migration.backup import erasures, keeping
from raincheck.migration.backup.creating import create
from raincheck.migration.backup.errors import (
    BackupDamaged,
    BackupUnderWay,
    NoProgram,
    OtherKeys,
    StillInUse,
    UnknownBackup,
)
from raincheck.migration.backup.ground import MAKING, Ground, ground, programs
from raincheck.migration.backup.keeping import Rule
from raincheck.migration.backup.manifest import Manifest, named, read_all, unreadable
from raincheck.migration.backup.models import BackupRun
from raincheck.migration.backup.restoring import reopen, restore, verify
from raincheck.migration.backup.schedule import back_up, back_up_if_due, prove_again, slot_before
from raincheck.migration.backup.ways_in import reopened
from raincheck.migration.backup.witness import Holdings, tell_of
from raincheck.recruiting.models import Candidate, Interview
from raincheck.runtime.home import Home, make_private
from raincheck.runtime.postgres import Postgres
from raincheck.runtime.postgres_roles import APP, database_url
from tests import people
from tests.commands import raincheck as command
from tests.commands import settings_of

FILE = "姓名,手机号,岗位,面试时间,状态\n" + "".join(
    f"示例{n:02},138{n:08},工程师,2031-05-{1 + n % 28:02} 10:00,待面试\n" for n in range(40)
)


@pytest.fixture
def settings(monkeypatch):
    """Return the settings, to be changed for one test."""
    changed = Changed(monkeypatch)
    changed.RAINCHECK_DEMO = False
    return changed


class Changed:
    """Sets what is set on it on Django's settings, until the test ends."""

    def __init__(self, monkeypatch):
        self.__dict__["patch"] = monkeypatch

    def __setattr__(self, name, value):
        self.__dict__["patch"].setattr(django_settings, name, value)


@pytest.fixture
def place(here, tmp_path, settings) -> Ground:
    """Return this run's installation with a folder of backups of its own, and something in the database."""
    settings.RAINCHECK_BACKUP_DIR = str(tmp_path / "backups")
    here.ask(here.book(hours=120))
    make_private(tmp_path / "backups")
    return ground()


def databases(superuser):
    return {name for (name,) in superuser.execute("SELECT datname FROM pg_database")}


def test_a_backup_is_proven_by_restoring_it_and_leaves_no_database_behind(place, superuser):
    before = databases(superuser)
    manifest = create(place)
    assert named(place.folder, "latest").verified_at is None
    assert verify(place, manifest).verified_at
    assert named(place.folder, manifest.name).verified_at
    assert databases(superuser) == before
    modes = {path.stat().st_mode & 0o777 for path in place.folder.iterdir()}
    assert modes == {0o600}
    tables = manifest.holdings.tables
    assert tables["public.recruiting_interview"]["rows"] == 1
    assert tables["public.audit_entry"]["rows"] >= 1
    assert tables["public.django_migrations"]["rows"] > 20


def test_a_backup_holds_no_key(place, home):
    manifest = create(place)
    held = manifest.path(place.folder).read_bytes() + (place.folder / f"{manifest.name}.json").read_bytes()
    for key in home.keys.iterdir():
        assert not key.read_bytes() or key.read_bytes() not in held


HARM = {
    "UPDATE recruiting_candidate SET school = school || '?'": "public.recruiting_candidate: checksum",
    "DELETE FROM cancellations_reason WHERE code = 'other'": "public.cancellations_reason: rows",
    "ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY": "public.audit_entry: shape",
    "DROP POLICY company_wall ON recruiting_interview": "public.recruiting_interview: shape",
    "ALTER TABLE audit_entry DISABLE TRIGGER USER": "public.audit_entry: shape",
    "GRANT DELETE ON audit_entry TO raincheck_app": "public.audit_entry: shape",
    "DROP FUNCTION procrastinate_notify_queue_job_inserted_v1 CASCADE": "functions",
}


def test_whatever_differs_is_named(here, superuser):
    before = tell_of(superuser)
    assert before.differences(tell_of(superuser)) == []
    for harm, where in HARM.items():
        with superuser.transaction(force_rollback=True):
            superuser.execute("SET LOCAL session_replication_role = replica")
            superuser.execute(harm)
            found = before.differences(tell_of(superuser))
        assert any(line.startswith(where) for line in found), (harm, found)


def test_a_role_of_ones_own_that_the_walls_do_not_hold_can_do_it_too(place, superuser):
    """As docs/howto/backup.md has it for a PostgreSQL of one's own: no superuser."""
    superuser.execute("DROP ROLE IF EXISTS raincheck_backup")
    superuser.execute("CREATE ROLE raincheck_backup LOGIN PASSWORD 'of-the-test' BYPASSRLS CREATEDB")
    superuser.execute("GRANT raincheck_owner, pg_read_all_data, pg_signal_backend TO raincheck_backup")
    try:
        where = urlsplit(place.address)
        address = f"postgresql://raincheck_backup:of-the-test@{where.hostname}:{where.port}/"
        theirs = replace(place, address=address)
        manifest = create(theirs)
        assert verify(theirs, manifest).holdings.tables["public.recruiting_interview"]["rows"] == 1
        # It sees that web and workers are connected, though not what they are.
        with pytest.raises(StillInUse):
            restore(theirs, manifest)
        # A superuser's connection isn't its to end; what was there stays, and open.
        with pytest.raises(StillInUse, match=r"SUPERUSER|superuser"):
            restore(theirs, manifest, disconnect=True)
        assert superuser.execute("SELECT count(*) FROM recruiting_interview").fetchone() == (1,)
    finally:
        superuser.execute("DROP ROLE raincheck_backup")


def test_a_file_that_was_touched_is_not_trusted(place, superuser):
    manifest = create(place)
    path = manifest.path(place.folder)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    before = databases(superuser)
    with pytest.raises(BackupDamaged, match="sha256"):
        verify(place, manifest)
    with pytest.raises(BackupDamaged, match="sha256"):
        restore(place, manifest, disconnect=True)
    with pytest.raises(UnknownBackup):
        named(place.folder, "raincheck-19990101T000000Z")
    assert databases(superuser) == before


def test_a_manifest_that_promises_more_than_the_file_holds_is_found_out(place, superuser):
    manifest = create(place)
    path = place.folder / f"{manifest.name}.json"
    said = json.loads(path.read_text())
    said["holdings"]["tables"]["public.recruiting_interview"]["rows"] += 1
    path.write_text(json.dumps(said))
    before = databases(superuser)
    with pytest.raises(BackupDamaged) as refused:
        restore(place, named(place.folder, manifest.name), disconnect=True)
    assert "public.recruiting_interview: rows 2 → 1" in refused.value.detail
    assert databases(superuser) == before


def test_nothing_is_replaced_while_somebody_is_connected_or_under_another_key(place, settings):
    manifest = create(place)
    with pytest.raises(StillInUse):
        restore(place, manifest)
    settings.RAINCHECK_MASTER_KEYS = (b"x" * 32,)
    with pytest.raises(OtherKeys):
        restore(place, manifest)


def test_one_restores_at_a_time_and_only_with_programs_new_enough(place):
    manifest = create(place)
    with place.our_turn(), pytest.raises(BackupUnderWay):
        verify(place, manifest)
    with pytest.raises(NoProgram):
        programs(99)
    # The wheel's, where what is on PATH is older than the server: of its own version, for a dump by a newer one says
    # what an older server doesn't know.
    assert programs(18).version >= 18
    assert programs(16).version == 16


def test_the_schedule_makes_one_proven_backup_a_day_and_gives_up_after_three_tries(place, settings):
    settings.RAINCHECK_BACKUP_AT = time(19, 30)
    now = datetime(2031, 5, 4, 19, 31, tzinfo=UTC)
    assert slot_before(now, time(19, 30)) == datetime(2031, 5, 4, 19, 30, tzinfo=UTC)
    assert slot_before(now, time(19, 32)) == datetime(2031, 5, 3, 19, 32, tzinfo=UTC)
    made = back_up_if_due(now)
    assert made.verified_at
    assert made.trouble == ""
    assert back_up_if_due(now + timedelta(hours=23)) is None
    (place.folder / "blocked").touch()
    settings.RAINCHECK_BACKUP_DIR = str(place.folder / "blocked")
    tomorrow = now + timedelta(days=1)
    for _ in range(3):
        assert back_up_if_due(tomorrow).trouble.startswith("FileExistsError: ")
    [said] = last_good()
    assert (said.grade, "FileExistsError" in said.seen.en) == (Grade.WARN, True)
    settings.RAINCHECK_BACKUP_DIR = str(place.folder)
    assert back_up_if_due(tomorrow) is None
    settings.RAINCHECK_BACKUP_AT = None
    assert back_up_if_due(tomorrow + timedelta(days=1)) is None


def test_a_role_that_is_not_let_in_fails_the_turn_and_says_so(place, settings):
    settings.RAINCHECK_BACKUP_AT = time(19, 30)
    where = urlsplit(place.address)
    settings.DATABASE_BACKUP_URL = f"postgresql://nobody:wrong@{where.hostname}:{where.port}/"
    now = datetime(2031, 5, 4, 19, 31, tzinfo=UTC)
    for _ in range(3):
        assert 'user "nobody"' in back_up_if_due(now).trouble
    assert back_up_if_due(now) is None


def test_two_at_once_do_not_take_each_others_files_away(place):
    underway = place.folder / ".raincheck-20310504T193000Z.unfinished"
    underway.touch()
    with place.our_turn(MAKING), pytest.raises(BackupUnderWay):
        back_up(place)
    assert underway.exists()
    assert not BackupRun.objects.exists()
    # Once it is nobody's it goes, and so does a manifest that was being written.
    (place.folder / ".raincheck-20310504T193000Z.json.0a1b2c").touch()
    assert back_up(place).verified_at
    assert {path.suffix for path in place.folder.iterdir()} == {".dump", ".json", ".jsonl"}


def test_what_the_disk_has_no_room_for_leaves_nothing_behind(place, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Manifest, "write", full)
    assert "No space left" in back_up(place).trouble
    assert [path.name for path in place.folder.iterdir()] == [erasures.FILE]


def test_a_manifest_that_cannot_be_read_keeps_nobody_from_the_other_backups(place):
    good = create(place)
    (place.folder / "raincheck-20310504T193000Z.json").write_text('{"name": "cut o')
    (place.folder / "raincheck-20310505T193000Z.dump").touch()
    (place.folder / "notes.json").write_text("[]")
    assert named(place.folder, "latest").name == good.name
    assert unreadable(place.folder) == ["raincheck-20310504T193000Z", "raincheck-20310505T193000Z"]
    with pytest.raises(BackupDamaged):
        named(place.folder, "raincheck-20310504T193000Z")
    assert back_up(place).trouble == ""


def test_a_backup_that_is_found_damaged_no_longer_counts_as_proven(place):
    run = back_up(place)
    manifest = named(place.folder, run.name)
    manifest.path(place.folder).write_bytes(b"PGDMP")
    with pytest.raises(BackupDamaged):
        prove_again(place, manifest)
    run.refresh_from_db()
    assert (run.verified_at, named(place.folder, run.name).verified_at) == (None, None)


def test_a_backup_that_is_proven_later_by_hand_counts_from_then_on(place):
    run = back_up(place, prove=False)
    assert run.verified_at is None
    prove_again(place, named(place.folder, run.name))
    run.refresh_from_db()
    assert run.verified_at


@given(
    st.lists(st.integers(0, 730 * 24), min_size=1, max_size=80, unique=True),
    st.builds(Rule, st.integers(0, 9), st.integers(0, 9), st.integers(0, 14)),
)
def test_the_rule_keeps_the_newest_of_each_span_and_never_nothing(taken, rule):
    taken = [datetime(2029, 1, 1, tzinfo=UTC) + timedelta(hours=hours) for hours in taken]
    stay = keeping.kept(taken, rule)
    assert max(taken) in stay <= set(taken)
    days = sorted({at.date() for at in taken}, reverse=True)[: rule.daily]
    assert {max(at for at in taken if at.date() == day) for day in days} <= stay
    assert len(stay) <= 1 + rule.daily + rule.weekly + rule.monthly
    assert keeping.kept(sorted(stay), rule) == stay


def test_a_year_of_backups_becomes_at_most_twenty_three():
    year = [datetime(2030, 1, 1, 3, tzinfo=UTC) + timedelta(days=n) for n in range(365)]
    stay = sorted(keeping.kept(year, Rule(7, 4, 12)))
    assert [at.date() for at in stay[-7:]] == [date(2030, 12, 25) + timedelta(days=n) for n in range(7)]
    assert {(at.year, at.month) for at in stay} == {(2030, month) for month in range(1, 13)}


def test_old_backups_go_only_once_a_newer_one_is_proven(tmp_path):
    first = datetime(2030, 1, 1, 3, tzinfo=UTC)
    blank = {"bytes": 0, "sha256": "", "version": "", "server": 18, "key_mark": "", "database": {}}
    for day, proven in ((0, True), (1, False), (2, True), (3, False)):
        at = first + timedelta(days=day)
        said = Manifest(name=f"raincheck-{day}", at=at, holdings=Holdings({}, ""), **blank)
        said.path(tmp_path).touch()
        (said.proven(tmp_path, at) if proven else said).write(tmp_path)
    gone = keeping.prune(tmp_path, Rule(1, 0, 0))
    assert {manifest.name for manifest in gone} == {"raincheck-0", "raincheck-1"}
    assert {path.stem for path in tmp_path.iterdir()} == {"raincheck-2", "raincheck-3"}


def test_what_is_made_after_a_mishap_does_not_take_the_place_of_what_was_made_before_it(tmp_path):
    morning = datetime(2030, 1, 1, 3, tzinfo=UTC)
    blank = {"bytes": 0, "sha256": "", "version": "", "server": 18, "key_mark": "", "database": {}}

    def made(hours):
        at = morning + timedelta(hours=hours)
        said = Manifest(name=f"raincheck-{hours}", at=at, holdings=Holdings({}, ""), **blank)
        said.path(tmp_path).touch()
        said.proven(tmp_path, at)

    made(0)
    made(6)
    assert keeping.prune(tmp_path, Rule(7, 4, 12)) == []
    made(24)
    assert [manifest.name for manifest in keeping.prune(tmp_path, Rule(7, 4, 12))] == ["raincheck-0"]


def test_erasing_destroys_the_key_and_waits_for_what_is_arranged(here, interview):
    actor = here.actor("company_admin")
    with pytest.raises(StillExpected), here.scope() as now:
        erase_candidate(candidate_id=here.candidate.id, actor=actor, now=now)
    with here.scope() as now:
        Interview.objects.filter(id=interview.id).update(state="submitted")
        erase_candidate(candidate_id=here.candidate.id, actor=actor, now=now)
        erase_candidate(candidate_id=here.candidate.id, actor=actor, now=now)
    with here.scope():
        gone = Candidate.objects.select_related("identity").get(id=here.candidate.id)
    assert gone.name == "（已删除）"
    assert gone.identity.data_key is None
    assert open_contacts(gone.identity).phone == ""
    assert here.entries().count("candidate.erased") == 1


def test_a_database_that_was_dropped_comes_back_whole_and_what_is_replaced_is_kept(place, home, superuser):
    manifest = create(place)
    doomed = replace(place, database="raincheck_doomed")
    try:
        assert restore(doomed, manifest) == ""
        superuser.execute("DROP DATABASE raincheck_doomed WITH (FORCE)")
        restore(doomed, manifest)
        with doomed.connect() as connection:
            assert manifest.holdings.differences(tell_of(connection)) == []
        with psycopg.connect(database_url(APP, "raincheck_doomed", home=home)) as as_we_run:
            assert as_we_run.execute("SELECT count(*) FROM recruiting_interview").fetchone() == (0,)
        # As one leaves it that was killed after closing it.
        superuser.execute("ALTER DATABASE raincheck_doomed ALLOW_CONNECTIONS false")
        reopen(doomed)
        kept = restore(doomed, manifest)
        assert kept.startswith("raincheck_doomed_before_")
        assert kept in databases(superuser)
    finally:
        for name in databases(superuser):
            if name.startswith("raincheck_doomed"):
                superuser.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_an_erasure_that_a_backup_does_not_know_of_is_done_again(here, tmp_path, superuser):
    with here.scope() as now:
        before = Candidate.objects.select_related("identity").get(id=here.candidate.id).identity
        erase_candidate(candidate_id=here.candidate.id, actor=Actor.system(here.company.id), now=now)
    assert erasures.remember(tmp_path, erasures.on_record(superuser)) == 1
    assert erasures.remember(tmp_path, erasures.on_record(superuser)) == 0
    superuser.execute(
        "UPDATE accounts_candidateidentity SET data_key = %s, phone_sealed = %s WHERE id = %s",
        [bytes(before.data_key), bytes(before.phone_sealed), before.id],
    )
    here.book(hours=100)
    with (tmp_path / erasures.FILE).open("a") as file:
        file.write('{"company": "cut o')
    assert [erasures.replay(tmp_path), erasures.replay(tmp_path)] == [1, 0]
    with here.scope():
        gone = Candidate.objects.select_related("identity").get(id=here.candidate.id).identity
        told = list(
            Entry.objects.filter(action="candidate.erased").order_by("at").values_list("facts", flat=True)
        )
    assert (gone.data_key, gone.phone_sealed) == (None, None)
    assert told == [{"replayed": False}, {"replayed": True}]


def test_an_erasure_on_the_page_is_on_the_list_at_once_where_the_folder_of_backups_is(here, place, settings):
    with here.scope() as now:
        Interview.objects.update(state="submitted")
        erase_candidate(candidate_id=here.candidate.id, actor=Actor.system(here.company.id), now=now)
    whom = {"company_id": str(here.company.id), "candidate_id": str(here.candidate.id)}
    forget(**whom)
    # Whatever replays it tells of it anew.
    forget(**whom)
    [listed] = erasures.remembered(place.folder)
    assert (listed.company, listed.candidate) == (here.company.id, here.candidate.id)
    # A list that can't be written keeps nobody's data: the next backup learns of it from the trail.
    (place.folder / erasures.FILE).unlink()
    (place.folder / erasures.FILE).symlink_to(place.folder / "elsewhere")
    forget(**whom)
    settings.RAINCHECK_BACKUP_DIR = str(place.folder / "nowhere")
    forget(**whom)
    assert not (place.folder / "nowhere").exists()


def test_what_is_remembered_after_a_line_that_a_crash_cut_off_is_a_line_of_its_own(here, tmp_path):
    with (tmp_path / erasures.FILE).open("a") as file:
        file.write('{"company": "cut o')
    one = erasures.Erasure(here.company.id, here.candidate.id, datetime.now(UTC))
    assert erasures.remember(tmp_path, [one]) == 1
    assert erasures.remembered(tmp_path) == [one]


@pytest.fixture
def house(tmp_path_factory):
    """Return the settings of an installation with forty interviews, and its server, which is thrown away."""
    root = tmp_path_factory.mktemp("backup")
    settings = {
        "RAINCHECK_HOME": str(root / "home"),
        "RAINCHECK_BACKUP_DIR": str(root / "elsewhere"),
        "timeout": 600,
    }
    (root / "file.csv").write_text(FILE)
    server = Postgres(Home.open(root / "home"), fast=True)
    try:
        server.start()
        terms = ("--company", "云帆科技（示例）", "--tz", "Asia/Shanghai", "--yes")
        well(command("import", str(root / "file.csv"), *terms, **settings))
        yield settings, server
    finally:
        server.destroy()


def well(done):
    """Return what a command printed that did what it was asked."""
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_database_that_was_destroyed_comes_back_and_who_was_erased_stays_erased(house):
    settings, server = house
    with psycopg.connect(database_url("postgres", home=server.home), autocommit=True) as connection:
        well(command("backup", "create", **settings))
        [(slug, candidate)] = connection.execute(
            "SELECT o.slug, c.id::text FROM recruiting_candidate c JOIN accounts_company o ON o.id = c.company_id"
            " WHERE c.name = '示例07'"
        )
        connection.execute("UPDATE recruiting_interview SET state = 'expired'")
        whom = ("--company", slug, "--candidate", candidate, "--yes")
        well(command("candidate", "erase", *whom, **settings))
    server.destroy()
    assert not server.is_alive()
    server.start()
    assert "erased again: 1" in well(command("backup", "restore", "latest", "--yes", **settings))
    # What came back by other means is told likewise; here nobody is left to be erased.
    assert "erased again: 0" in well(command("backup", "replay", **settings))
    # A folder that came without its list brings people back, which is said.
    (Path(settings["RAINCHECK_BACKUP_DIR"]) / erasures.FILE).unlink()
    assert "there is no list" in command("backup", "replay", **settings).stderr
    with psycopg.connect(database_url("postgres", home=server.home), autocommit=True) as connection:
        count = "SELECT count(*), count(data_key) FROM accounts_candidateidentity"
        assert connection.execute(count).fetchone() == (40, 39)
        standing = "SELECT count(*) FROM recruiting_interview WHERE state = 'scheduled'"
        assert connection.execute(standing).fetchone() == (40,)
        # Another server numbers its transactions anew: the first worker doesn't wait an hour to look at all entries.
        waits = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'audit.seal_thoroughly'"
        assert connection.execute(waits).fetchone() == (1,)
        found = tell_of(connection)
    manifest = read_all(Path(settings["RAINCHECK_BACKUP_DIR"]))[0]
    # Nothing is missing: what differs is what the replay and the list of backups wrote, and nothing else.
    touched = {line.split(":")[0] for line in manifest.holdings.differences(found)}
    assert touched <= {
        f"public.{name}"
        for name in (
            "accounts_candidateidentity", "recruiting_candidate", "archive_talentprofile", "audit_entry",
            "migration_backuprun", "procrastinate_events", "procrastinate_jobs",
        )
    }  # fmt: skip
    assert manifest.holdings.tables["public.migration_importedrow"]["rows"] == 40


def test_without_the_keys_nothing_is_begun_that_would_shut_the_keys_out_later(house, tmp_path):
    settings, server = house
    well(command("backup", "create", **settings))
    keys, kept = server.home.keys, tmp_path / "keys"
    # With the former database another one is there, under another key: a dry run says what the restore would.
    shutil.copytree(keys, kept)
    (keys / "master").write_text("ab" * 32)
    for more in ((), ("--yes",)):
        done = command("backup", "restore", "latest", *more, **settings)
        assert (done.returncode, "--other-keys" in done.stderr, done.stdout) == (1, True, "")
    server.destroy()
    shutil.rmtree(keys)
    for more in ((), ("--yes",)):
        done = command("backup", "restore", "latest", *more, **settings)
        assert (done.returncode, str(keys) in done.stderr) == (2, True)
        assert not server.is_alive()
        assert list(keys.iterdir()) == []
    shutil.copytree(kept, keys, dirs_exist_ok=True)
    assert "restored: " in well(command("backup", "restore", "latest", "--yes", **settings))


def test_ways_in_that_were_shut_since_the_backup_are_told_for_a_restore_opens_them_again(here, place):
    admin = people.staff_client(here.staff["company_admin"])
    leaver, changed = here.staff["recruiter"], here.staff["auditor"]
    before, after = (people.Program(here, "tasks.read").key for _ in range(2))
    names = {one.id: f"示例系统{n}" for n, one in enumerate((before, after))}
    for one in (before, after):
        here.put(one, name=names[one.id])
    assert admin.post(f"/console/keys/{before.id}/revoke/").status_code == 302
    with here.scope() as now:
        since = now
    assert admin.post(f"/console/keys/{after.id}/revoke/").status_code == 302
    assert admin.post(f"/console/staff/{changed.id}/roles/", {"role": ["interviewer"]}).status_code == 302
    heir = here.staff["hr_manager"].id
    assert admin.post(f"/console/staff/{leaver.id}/leave/", {"to": heir}).status_code == 302
    with place.connect() as connection:
        told = [(one.company, one.name) for one in reopened(connection, since=since)]
    mine = [name for company, name in told if company == here.company.slug]
    assert mine == [leaver.name, changed.name, names[after.id]]


def test_a_database_that_takes_no_writes_is_said_in_a_line(house):
    """As where a recovery was halted for somebody to look; nothing can be noted in it, nobody erased."""
    settings, server = house
    with psycopg.connect(database_url("postgres", home=server.home)) as connection:
        [(company, candidate)] = connection.execute("SELECT company_id, id FROM recruiting_candidate LIMIT 1")
    folder = Path(settings["RAINCHECK_BACKUP_DIR"])
    make_private(folder)
    erased = erasures.Erasure(company, candidate, datetime.now(UTC))
    erasures.remember(folder, [erased])
    for what in ("create", "replay"):
        done = command("backup", what, **settings, PGOPTIONS="-c default_transaction_read_only=on")
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert "数据库出错 / the database's trouble: " in done.stderr


def test_a_database_that_is_away_is_said_in_a_line(home):
    address = "postgresql://somebody:secret-of-the-test@127.0.0.1:9/raincheck"
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL")
    away = settings_of(home) | dict.fromkeys(names, address)
    # What there is to restore is said nonetheless.
    assert well(command("backup", "list", **away, timeout=600)) == "（无 / none）\n"
    done = command("backup", "create", **away, timeout=600)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("数据库出错 / the database's trouble: ")
    assert "secret-of-the-test" not in done.stderr
