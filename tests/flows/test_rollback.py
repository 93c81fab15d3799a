"""Undoing a batch: exactly as before, or nothing and the rows that stand against it."""

import random
import re
from datetime import timedelta

import pytest
from django.db import connection

from raincheck.audit.models import Entry
from raincheck.console.batches import TABLES
from raincheck.core.actor import Actor
from raincheck.core.errors import NotFound
from raincheck.core.ids import new_id
from raincheck.migration.backup.witness import tell_of
from raincheck.migration.rollback.batches import Touch, batches, open_batch, touches
from raincheck.migration.rollback.models import Batch, BatchKind
from raincheck.migration.rollback.refusals import AlreadyUndone, GoneOut, NewerChanges
from raincheck.migration.rollback.undoing import roll_back
from raincheck.recruiting.models import Application, Candidate, Department, Interview
from raincheck.vendors.models import VendorCall
from tests import people, seeds

KEPT = ("audit_entry", "migration_batch", "migration_touched", "procrastinate", "django_", "accounts_company")
#: What was said of a source's files is true of its next one.
KEPT += ("migration_sourcemapping",)
FILE = "姓名,手机号,岗位,面试时间,状态,取消原因\n" + "".join(
    f"示例{n:02},137{n:08},工程师,2031-05-{1 + n % 28:02} 10:00,{'已取消' if n % 3 == 0 else '待面试'},\n"
    for n in range(30)
)


def content(superuser):
    """Return what the tables hold that a rollback may put back."""
    told = tell_of(superuser).tables
    return {
        name: (table["rows"], table["checksum"])
        for name, table in told.items()
        if not name.removeprefix("public.").startswith(KEPT)
    }


#: Rows that this transaction has read, by table.
_READ = "SELECT relname::text, seq_tup_read + COALESCE(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"


def badges_of(page):
    """Return the states of batches that a page shows."""
    return [
        said.strip() for said in re.findall(r'<span class="badge tone-\w+">.*?</svg>([^<]*)</span>', page)
    ]


@pytest.fixture
def batch(here):
    """Return a function that opens a batch of this company within the open transaction."""

    def opened(now, name="file.csv"):
        return open_batch(kind=BatchKind.IMPORT, name=name, actor=Actor.system(here.company.id), now=now)

    return opened


@pytest.fixture
def undo(here):
    """Return a function that has the HR manager undo a batch."""
    manager = here.actor("hr_manager")

    def undone(one):
        with here.scope() as now:
            return roll_back(batch_id=one.id, actor=manager, now=now)

    return undone


def test_an_import_is_undone_exactly_and_the_undoing_too(run, here, superuser, undo, tmp_path):
    before = content(superuser)
    (tmp_path / "file.csv").write_text(FILE)
    arguments = ("--company", here.company.slug, "--tz", "Asia/Shanghai", "--yes")
    done = run("import", str(tmp_path / "file.csv"), *arguments, timeout=600)
    assert done.returncode == 0, done.stderr
    imported = content(superuser)
    assert imported["public.recruiting_interview"][0] == 30
    assert imported["public.archive_historyrecord"][0] == 10
    listed = run("migration", "list", "--company", here.company.slug, timeout=600)
    [line] = listed.stdout.splitlines()
    batch_id = line.split("\t")[0]
    undone = run("migration", "rollback", "--company", here.company.slug, batch_id, timeout=600)
    assert undone.returncode == 0, undone.stderr
    assert content(superuser) == before
    with here.scope():
        entries = list(Entry.objects.filter(action="migration.rolled_back"))
        part = Entry.objects.get(action="company.import_part")
        assert part.facts["loaded"] == 30
        undoing = Batch.objects.get(reverses_id=batch_id)
    assert [entry.facts["reverses"] for entry in entries] == [batch_id]
    redone = undo(undoing)
    assert (redone.deleted, redone.revived > 150) == (0, True)
    assert content(superuser) == imported
    with pytest.raises(AlreadyUndone):
        undo(undoing)
    undo(redone.batch)
    assert content(superuser) == before


def test_what_somebody_changed_since_is_named_and_nothing_is_lost(here, batch, undo, superuser):
    interview = here.book(hours=100, with_vendor=False)
    with here.scope() as now:
        one = batch(now)
        Interview.objects.filter(id=interview.id).update(sequence=5)
        Department.objects.create(company=here.company, name="新部门")
    with here.scope():
        Interview.objects.filter(id=interview.id).update(sequence=6)
    after = content(superuser)
    with pytest.raises(NewerChanges) as refused:
        undo(one)
    assert refused.value.detail == f"recruiting_interview × 1: {interview.id}"
    assert content(superuser) == after
    with here.scope():
        Interview.objects.filter(id=interview.id).update(sequence=5)
    undo(one)
    assert here.fresh(interview).sequence == 0


def test_what_hangs_on_a_row_of_the_batch_stands_against_it(here, batch, undo):
    with here.scope() as now:
        one = batch(now)
        application = Application.objects.get(candidate=here.candidate)
        made = Interview.objects.create(
            company=here.company,
            application=application,
            kind="slot",
            starts_at=now,
            ends_at=now + timedelta(hours=1),
        )
    with here.scope():
        hanging = made.interviewers.create(company=here.company, staff=here.staff["interviewer"])
    with pytest.raises(NewerChanges) as refused:
        undo(one)
    assert f"recruiting_interviewer × 1: {hanging.id}" in refused.value.detail
    with here.scope():
        hanging.delete()
    undo(one)


def test_a_row_that_has_taken_the_place_of_one_that_would_come_back_is_named(here, batch, undo):
    with here.scope() as now:
        one = batch(now)
        Department.objects.filter(name=here.department.name).update(name="改了名的部门")
    with here.scope():
        taker = Department.objects.create(company=here.company, name=here.department.name)
    with pytest.raises(NewerChanges) as refused:
        undo(one)
    assert refused.value.detail == f"recruiting_department × 1: {taker.id}"
    assert here.fresh(here.department).name == "改了名的部门"


def test_what_has_gone_out_is_mended_forward(here, batch, undo, drain):
    interview = here.book(hours=100, with_vendor=False)
    with here.scope() as now:
        one = batch(now)
        Interview.objects.filter(id=interview.id).update(sequence=5)
    here.ask(interview)
    drain()
    with pytest.raises(GoneOut) as refused:
        undo(one)
    assert "notifications_message × " in refused.value.detail
    # The interviews are what can be mended forward.
    assert refused.value.detail.endswith(f"; recruiting_interview × 1: {interview.id}")


def test_a_call_to_a_vendor_alone_stands_in_the_way_and_is_named_once(here, batch, undo):
    with here.scope() as now:
        one = batch(now)
        interview = here.book(hours=100)
    with here.scope() as now:
        call = VendorCall.objects.create(
            company=here.company,
            account_id=interview.vendor_account_id,
            interview=interview,
            operation="read",
            key="r",
            outcome="ok",
            milliseconds=1,
            at=now,
        )
    with pytest.raises(GoneOut) as refused:
        undo(one)
    assert (
        refused.value.detail == f"vendors_vendorcall × 1: {call.id}; recruiting_interview × 1: {interview.id}"
    )


def test_another_companys_batch_is_not_found_and_captures_nothing_of_ours(here, there, batch, undo):
    with here.scope() as now:
        one = batch(now)
        Department.objects.create(company=here.company, name="新部门")
    with here.scope():
        Department.objects.create(company=here.company, name="批次之后")
        assert touches(one) == [Touch("recruiting_department", "I", 1)]
    theirs = there.actor("hr_manager")
    with there.scope() as now:
        assert list(batches(theirs)) == []
        for unknown in (one.id, new_id()):
            with pytest.raises(NotFound):
                roll_back(batch_id=unknown, actor=theirs, now=now)


def test_the_page_lists_batches_says_what_stands_against_one_and_undoes_it(here, batch, hr, recruiter):
    interview = here.book(hours=100, with_vendor=False)
    with here.scope() as now:
        one = batch(now, "名单.csv")
        Interview.objects.filter(id=interview.id).update(sequence=5)
    with here.scope():
        Interview.objects.filter(id=interview.id).update(sequence=6)
    assert "名单.csv" in people.text(hr.get("/console/batches/"))
    assert "修改" in people.text(hr.get(f"/console/batches/{one.id}/"))
    refused = hr.post(f"/console/batches/{one.id}/rollback/")
    assert refused.status_code == 409
    assert f"/console/interviews/{interview.id}/" in people.text(refused)
    assert recruiter.post(f"/console/batches/{one.id}/rollback/").status_code == 403
    with here.scope():
        Interview.objects.filter(id=interview.id).update(sequence=5)
    answer = hr.post(f"/console/batches/{one.id}/rollback/", follow=True)
    assert "已回滚 1 行" in people.text(answer)
    assert here.fresh(interview).sequence == 0
    assert "已回滚" in people.text(hr.get(f"/console/batches/{one.id}/"))


def test_a_batch_whose_rollback_was_rolled_back_reads_restored(here, batch, hr, run):
    interview = here.book(hours=100, with_vendor=False)
    with here.scope() as now:
        one = batch(now, "名单.csv")
        Interview.objects.filter(id=interview.id).update(sequence=5)
    path, last = f"/console/batches/{one.id}/", one.id
    for standing, english in (("已回滚", "Rolled back"), ("已恢复", "Restored"), ("已回滚", "Rolled back")):
        assert hr.post(f"/console/batches/{last}/rollback/").status_code == 302
        with here.scope():
            last = Batch.objects.get(reverses_id=last).id
        page = people.text(hr.get(path))
        assert badges_of(page) == [standing]
        # Whoever wants it turned once more turns the last one.
        assert f'href="/console/batches/{last}/"' in page
        assert "回滚这一批" not in page
        assert badges_of(people.text(hr.get(path, headers={"Accept-Language": "en"}))) == [english]
        # Newest first: the last one counts, and each before it as the one after it leaves it.
        told = badges_of(people.text(hr.get("/console/batches/")))
        assert told[0] == "有效"
        assert told[-1] == standing
    assert told == ["有效", "已回滚", "已恢复", "已回滚"]
    listed = run("migration", "list", "--company", here.company.slug, timeout=600).stdout.splitlines()
    assert listed[0].endswith("\t名单.csv")
    with here.scope():
        chain = list(Batch.objects.exclude(reverses=None).order_by("-at", "-id").values_list("id", flat=True))
    words = ("已回滚 / undone by", "已恢复 / restored by", "已回滚 / undone by")
    assert [line.split("\t")[-1] for line in listed[1:]] == [f"{word} {chain[0]}" for word in words]


def test_what_later_imports_have_built_on_names_them_and_each_row_once(here, run, brought, hr, superuser):
    empty = content(superuser)
    head = "姓名,手机号,岗位,面试时间"
    row = "示例甲,13700000001,工程师,2031-05-01 10:00"
    terms = {"company": here.company.slug, "tz": "Asia/Shanghai"}
    brought(f"{head},状态\n{row},待面试\n", **terms)
    brought(
        f"{head},取消时间,取消原因\n{row},2026-11-20 09:00,身体不适\n", "--kind", "cancellations", **terms
    )
    with here.scope():
        first, later = Batch.objects.order_by("at")
    # Undone and restored, it is the rollback that stands last which has to be rolled back.
    company = ("--company", here.company.slug)
    for _ in range(2):
        assert run("migration", "rollback", *company, str(later.id), timeout=600).returncode == 0
        with here.scope():
            later = Batch.objects.get(reverses=later)
    with_it = content(superuser)
    refused = run("migration", "rollback", *company, str(first.id), timeout=600)
    assert refused.returncode == 1
    zh, en, *rows = refused.stderr.splitlines()
    assert zh.startswith("之后的导入用到了这一批的内容. ")
    assert en.endswith("[later_imports]")
    told = [line.split("\t")[:3] for line in rows[:-1]]
    assert ["built_on", "archive_historyrecord", "1"] in told
    assert len({(why, table) for why, table, _ in told}) == len(told)
    assert f"raincheck migration rollback --company {here.company.slug} {later.id}" in rows[-1]
    shown = run("migration", "show", *company, str(first.id), timeout=600)
    assert shown.stderr.splitlines() == rows
    page = people.text(hr.post(f"/console/batches/{first.id}/rollback/"))
    assert "先回滚这些批次" in page
    assert f'href="/console/batches/{later.id}/"' in page
    assert content(superuser) == with_it
    for batch_id in (later.id, first.id):
        assert hr.post(f"/console/batches/{batch_id}/rollback/").status_code == 302
    assert content(superuser) == empty


def test_every_table_that_can_stand_against_a_rollback_has_a_name_on_the_page(superuser):
    captured = "SELECT DISTINCT tgrelid FROM pg_trigger WHERE tgname LIKE 'capture\\_%'"
    hanging = f"SELECT conrelid FROM pg_constraint WHERE contype = 'f' AND confrelid IN ({captured})"
    found = superuser.execute(f"SELECT t::regclass::text FROM ({captured} UNION {hanging}) o (t)")
    assert {name for (name,) in found} - TABLES.keys() == set()


@pytest.mark.parametrize("later_changes", [0, 0.02, 0.05, 0.2])
def test_any_mix_of_changes_is_undone_to_the_bit_or_refused_by_name(
    here, batch, undo, superuser, later_changes
):
    seed = seeds.draw()
    dice = random.Random(seed)
    with here.scope():
        for n in range(8):
            Department.objects.create(company=here.company, name=f"部门{n}")
    before = content(superuser)
    with here.scope() as now:
        one = batch(now)
        for n in range(dice.randrange(1, 15)):
            _anything(dice, here, n)
    left = content(superuser)
    with here.scope():
        touched = {row_id for t in one.touched.all() for row_id in t.ids}
        later = [d for d in Department.objects.exclude(name="") if dice.random() < later_changes]
        for department in later:
            Department.objects.filter(id=department.id).update(name=department.name + "改")
    seeds.say(f"{seed}: {len(touched)} touched, {len(later)} changed later")
    lost = {department.id for department in later} & touched
    changed = content(superuser)
    if lost:
        with pytest.raises(NewerChanges) as refused:
            undo(one)
        assert all(str(row_id) in refused.value.detail for row_id in lost)
        assert content(superuser) == changed
        return
    undoing = undo(one).batch
    if not later:
        assert content(superuser) == before
        undo(undoing)
        assert content(superuser) == left


def _anything(dice, here, n):
    """Insert, change, change back, or delete something."""
    departments = list(Department.objects.filter(company=here.company).exclude(id=here.department.id))
    match dice.randrange(5):
        case 0 | 1:
            Department.objects.bulk_create(
                Department(company=here.company, name=f"批{n}-{m}") for m in range(dice.randrange(1, 4))
            )
        case 2 if departments:
            Department.objects.filter(id=dice.choice(departments).id).update(name=f"改名{n}")
        case 3 if departments:
            Department.objects.filter(id=dice.choice(departments).id).delete()
        case _:
            Candidate.objects.filter(id=here.candidate.id).update(school=f"学校{n}")


def test_what_comes_back_is_found_by_the_right_index_though_it_was_counted_as_nothing(
    here, interview, brought, superuser
):
    """Autovacuum counts tables that are empty; each row that came back then read all that had come before it."""
    many = 1_500
    rows = [f"候选人{n},{13_000_000_000 + n},岗位,2031-05-02 09:00,待面试\n" for n in range(many)]
    head = "姓名,手机号,岗位,面试时间,状态\n"
    brought(head + "".join(rows), company=here.company.slug, tz="Asia/Shanghai")
    with here.scope() as now:
        batch = Batch.objects.get(kind="import")
        undone = roll_back(batch_id=batch.id, actor=Actor.system(batch.company_id), now=now)
    superuser.execute("VACUUM ANALYZE")
    with here.scope() as now:
        again = roll_back(batch_id=undone.batch.id, actor=Actor.system(batch.company_id), now=now)
        with connection.cursor() as cursor:
            cursor.execute(_READ)
            read = dict(cursor.fetchall())
    assert again.revived == undone.deleted
    assert {table: rows for table, rows in read.items() if rows > 50 * many} == {}
