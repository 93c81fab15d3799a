"""What is said of a source's files once is remembered for the next one: columns, zone, whose numbers, day and month."""

import re

from raincheck.accounts.identities import open_contacts
from raincheck.accounts.models import CandidateIdentity
from raincheck.core.actor import Actor
from raincheck.migration.models import Batch, SourceMapping
from raincheck.migration.rollback.undoing import roll_back
from raincheck.recruiting.models import Interview
from tests.flows.importing import everything, scope, warned

HEAD, ROW = "姓名,手机号,应聘职位,面试时间\n", "示例{},+861380000{:04},会计,2026-03-02 10:00\n"
#: A day and month that could be either, and one that can't.
OPEN, PROVEN = (
    "示例{},+861380000{:04},会计,04/05/2026 10:00\n",
    "示例{},+861380000{:04},会计,04/25/2026 10:00\n",
)


def starts():
    with scope():
        return [f"{at:%m-%d}" for at in Interview.objects.order_by("id").values_list("starts_at", flat=True)]


def test_what_a_person_said_of_the_columns_is_remembered_for_the_next_file_of_that_source(brought, here):
    zone = "Asia/Shanghai"
    lines = "".join(f"示例{n},138000000{n:02d},会计,2026-03-{n + 1:02d} 10:00\n" for n in range(1, 6))
    more = "".join(f"2026-04-{n + 1:02d} 10:00,会计,示例{n},138000001{n:02d}\n" for n in range(1, 6))
    asked = brought("姓名,甲,岗位,面试时间\n" + lines, tz=zone, status=1)
    assert asked["error"] == "not_sure"
    assert "--map '#2=phone'" in asked["message"]
    assert brought("姓名,甲,岗位,面试时间\n" + lines, "--map", "甲=phone", tz=zone)["loaded"] == 5
    # The same source again, its columns in another order: nobody is asked twice.
    said = brought("面试时间,岗位,姓名, 甲 \n" + more, tz=zone)
    assert said["loaded"] == 5
    assert [line["field"] for line in said["mapping"]] == ["start", "position", "name", "phone"]
    assert "columns_remembered" in warned(said)
    # Another company has said nothing, and what is said now goes before what was said then.
    assert (
        brought("姓名,甲,岗位,面试时间\n" + lines, company=here.company.name, status=1)["error"] == "not_sure"
    )
    said = brought("面试时间,岗位,姓名,甲\n" + more, "--map", "甲=-", tz=zone, way="--dry-run")
    assert said["mapping"][3]["field"] is None


def test_the_zone_is_remembered_with_the_columns_and_one_that_is_said_goes_before_it(brought, superuser):
    head, row = "姓名,甲,岗位,面试时间\n", "示例{},+861380000{:04},会计,2026-03-02 10:00\n"
    before = everything(superuser)
    asked = brought(head + row.format(1, 1), "--map", "甲=phone", tz=None, status=1)
    assert asked["error"] == "zone_unsaid"
    assert "--tz" in asked["message"]
    assert everything(superuser) == before
    first = brought(head + row.format(1, 1), "--map", "甲=phone", tz="Asia/Shanghai")
    assert "zone_remembered" not in warned(first)
    said = brought(head + row.format(2, 2), tz=None)
    assert (said["loaded"], "Asia/Shanghai" in warned(said)["zone_remembered"]) == (1, True)
    said = brought(head + row.format(3, 3), tz="Europe/Berlin")
    assert "zone_remembered" not in warned(said)
    with scope():
        hours = Interview.objects.order_by("id").values_list("starts_at__hour", flat=True)
        assert list(hours) == [2, 2, 9]
    assert "Europe/Berlin" in warned(brought(head + row.format(4, 4), tz=None))["zone_remembered"]


def test_where_another_kind_is_said_no_zone_is_remembered(brought):
    head = "姓名,手机号,应聘职位\n"
    brought(f"{head}示例甲,13800000001,会计\n", "--kind", "applications", tz="Asia/Shanghai")
    more = f"{head}示例乙,13800000002,会计\n"
    assert brought(more, "--kind", "candidates", tz=None, status=1)["error"] == "zone_unsaid"
    assert brought(more, tz=None)["loaded"] == 1


def test_a_zone_said_of_a_file_that_needed_no_other_word_is_remembered_too(brought):
    assert brought(HEAD + ROW.format(1, 1), tz=None, status=1)["error"] == "zone_unsaid"
    brought(HEAD + ROW.format(1, 1), tz="Asia/Shanghai", way="--dry-run")
    assert brought(HEAD + ROW.format(1, 1), tz=None, status=1)["error"] == "zone_unsaid"
    brought(HEAD + ROW.format(1, 1), tz="Asia/Shanghai")
    said = brought(HEAD + ROW.format(2, 2), tz=None)
    assert "Asia/Shanghai" in warned(said)["zone_remembered"]
    # Of the columns nobody has said anything, and nothing is pretended.
    assert "columns_remembered" not in warned(said)
    with scope():
        kept = SourceMapping.objects.get()
        assert (kept.columns, kept.kind, kept.timezone) == ([], "", "Asia/Shanghai")
    # What is said of them later is kept beside it.
    brought(HEAD + ROW.format(3, 3), "--map", "应聘职位=position", tz=None)
    assert "columns_remembered" in warned(brought(HEAD + ROW.format(4, 4), tz=None))


def rolled_back(standing):
    """Roll back the last batch but so many; return the rollback's batch."""
    with scope() as now:
        latest = Batch.objects.order_by("-at", "-id")[standing]
        actor = Actor.system(latest.company_id)
        return roll_back(batch_id=latest.id, actor=actor, now=now).batch


def zone_of(brought, number):
    """Return the zone in which a file is read of which none is said, or the refusal."""
    said = brought(HEAD + ROW.format(number, number), tz=None, way="--dry-run", status=None)
    return said.get("error") or re.search(r"in ([\w/]+), as for", warned(said)["zone_remembered"])[1]


def test_a_zone_said_with_an_import_that_was_rolled_back_no_longer_counts(brought):
    brought(HEAD + ROW.format(1, 1), tz="Europe/Berlin")
    assert zone_of(brought, 2) == "Europe/Berlin"
    undoing = rolled_back(0)
    assert zone_of(brought, 2) == "zone_unsaid"
    # Rolled back itself, the rollback lets it count again.
    with scope() as now:
        roll_back(batch_id=undoing.id, actor=Actor.system(undoing.company_id), now=now)
    assert zone_of(brought, 2) == "Europe/Berlin"


def test_of_zones_said_with_several_imports_the_last_counts_that_stands(brought):
    # The position is another list's, so that each of these can be rolled back.
    brought(HEAD.replace("\n", ",备注\n") + ROW.format(0, 0).replace("\n", ",无\n"), tz="Asia/Tokyo")
    brought(HEAD + ROW.format(1, 1), tz="Asia/Shanghai")
    brought(HEAD + ROW.format(2, 2), tz="Europe/Berlin")
    rolled_back(0)
    assert zone_of(brought, 3) == "Asia/Shanghai"
    brought(HEAD + ROW.format(3, 3), tz=None)
    # What an import was read in that stands is known by that one, whoever said it first.
    rolled_back(3)
    assert zone_of(brought, 4) == "Asia/Shanghai"
    rolled_back(1)
    assert zone_of(brought, 4) == "zone_unsaid"


def test_what_was_said_of_columns_outlasts_a_rollback_and_so_does_a_zone_from_before_batches_were_kept(
    brought,
):
    head = HEAD.replace("手机号", "甲")
    brought(head + ROW.format(1, 1), "--map", "甲=phone", tz="Europe/Berlin")
    rolled_back(0)
    assert brought(head + ROW.format(1, 1), tz=None, status=1)["error"] == "zone_unsaid"
    assert "columns_remembered" in warned(brought(head + ROW.format(1, 1), tz="Asia/Shanghai"))
    with scope():
        SourceMapping.objects.update(timezone="Asia/Tokyo", manners=[])
    brought(head + ROW.format(2, 2), tz="Europe/Berlin")
    rolled_back(0)
    assert "Asia/Tokyo" in warned(brought(head + ROW.format(2, 2), tz=None))["zone_remembered"]


def test_a_release_that_knows_no_batches_has_its_word(brought):
    brought(HEAD + ROW.format(1, 1), tz="Europe/Berlin")
    with scope():
        SourceMapping.objects.update(timezone="Asia/Tokyo")
    assert zone_of(brought, 2) == "Asia/Tokyo"


def test_whose_numbers_without_a_country_code_are_is_remembered(brought):
    row = "示例{},0171 23456{:02},会计,2026-03-02 10:00\n"
    brought(HEAD + row.format(1, 11), "--phone-region", "DE", tz="Asia/Shanghai")
    said = brought(HEAD + row.format(2, 12), tz=None)
    assert (said["loaded"], "DE" in warned(said)["phone_region"]) == (1, True)
    with scope():
        phones = {open_contacts(identity).phone for identity in CandidateIdentity.objects.all()}
        assert phones == {"+491712345611", "+491712345612"}
    # Another one said now counts, for this file and for the next.
    assert brought(HEAD + row.format(3, 13), "--phone-region", "CN", tz=None, status=1)["rejected"] == 1
    brought(HEAD + ROW.format(4, 4), "--phone-region", "CN", tz=None)
    assert "CN" in warned(brought(HEAD + ROW.format(5, 5), tz=None))["phone_region"]


def test_the_order_of_day_and_month_said_once_counts_for_files_that_prove_none(brought):
    zone = "Asia/Shanghai"
    asked = brought(HEAD + OPEN.format(1, 1), tz=zone, status=1)
    assert (asked["loaded"], "--date-order" in warned(asked)["date_order_unknown"]) == (0, True)
    assert brought(HEAD + OPEN.format(1, 1), "--date-order", "dmy", tz=zone)["loaded"] == 1
    said = brought(HEAD + OPEN.format(2, 2), tz=None)
    assert (said["loaded"], "上次确认" in warned(said)["date_order"]) == (1, True)
    assert starts() == ["05-04", "05-04"]
    # A file that proves another order is read as it proves, and the word stays for those that prove none.
    said = brought(HEAD + PROVEN.format(3, 3) + OPEN.format(4, 4), tz=None)
    assert (said["loaded"], "上次确认" in warned(said)["date_order"]) == (2, False)
    assert brought(HEAD + OPEN.format(5, 5), tz=None)["loaded"] == 1
    assert starts() == ["05-04", "05-04", "04-25", "04-05", "05-04"]
    # Said anew it is replaced.
    assert brought(HEAD + OPEN.format(6, 6), "--date-order", "mdy", tz=None)["loaded"] == 1
    assert brought(HEAD + OPEN.format(7, 7), tz=None)["loaded"] == 1
    assert starts()[-2:] == ["04-05", "04-05"]
