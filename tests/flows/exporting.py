"""What the stories about exports begin with: a company to take out, a list imported, an export taken, its rows."""

import json

from raincheck.archive.erasing import erase_candidate
from raincheck.core.actor import Actor
from raincheck.migration.exports.folder import export_to
from raincheck.notifications import points
from raincheck.notifications.models import RecipientKind
from raincheck.recruiting.models import Assessment, Interview
from tests.walk import scene

FILE = (
    "姓名,手机号,候选人编号,岗位,面试时间,状态,取消原因\n"
    "示例甲,13700000001,A-1,工程师,2031-05-01 10:00,待面试,\n"
    "=示例乙,13700000002,A-2,工程师,2021-05-02 10:00,已取消,身体不适\n"
)


def import_of(here, path):
    return ("import", str(path), "--company", here.company.slug, "--tz", "Asia/Shanghai", "--yes", "--json")


def take(here, folder, *, parquet=False):
    """Export to a folder; return its files' bytes by name."""
    export_to(folder, company_id=here.company.id, actor=Actor.system(here.company.id), parquet=parquet)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def sheets_of(files):
    """Return the rows of each sheet, without the trail, which grows with each export."""
    return {name: data for name, data in files.items() if "/" in name and "audit_entry" not in name}


def rows_of(files, name):
    return [json.loads(line) for line in files[f"jsonl/{name}.jsonl"].splitlines()]


def lived_through(here, drain):
    """Have a company with something in many tables; return the scene."""
    stage = scene(here, drain)
    with here.scope() as now:
        Assessment.objects.create(
            company=here.company, interview=stage.scheduled, dimension="沟通", score="3.50", max_score="5.00",
            partial=True, scored_at=now,
        )  # fmt: skip
        Interview.objects.filter(id=stage.scheduled.id).update(previous=stage.cancelled)
        common = {"company_id": here.company.id, "now": now}
        for kind, whose in (
            (RecipientKind.CANDIDATE, here.candidate.identity_id),
            (RecipientKind.STAFF, here.staff["recruiter"].id),
        ):
            points.add(
                kind=kind, recipient_id=whose, channel="web_push", address=f"https://push/{whose}", **common
            )
    gone = here.add_candidate()
    with here.scope() as now:
        erase_candidate(candidate_id=gone.id, actor=here.actor("hr_manager"), now=now)
    return stage
