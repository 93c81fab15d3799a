"""The check of the backups: is there one, proven, and young enough."""

from collections.abc import Iterable

from django.conf import settings

from raincheck.doctor.finding import Finding, Grade, Said, graded
from raincheck.migration.backup.errors import NoBackupRole
from raincheck.migration.backup.ground import ground
from raincheck.migration.backup.models import BackupRun
from raincheck.operations.figures import backup_age

HOUR = 3600
_TODO = Said(
    "请看 worker 日志，或执行 raincheck backup create", "see the worker's log, or run raincheck backup create"
)


def last_good() -> Iterable[Finding]:
    """See how old the last backup is that was proven by restoring it."""
    if settings.RAINCHECK_DEMO:
        return [Finding("backup", Grade.OK, Said("演示不备份", "the demo makes none"))]
    age = backup_age()
    if settings.RAINCHECK_BACKUP_AT is None and age is None:
        said = Said("未设置自动备份", "none are made by raincheck")
        todo = Said(
            "请设置 RAINCHECK_BACKUP_AT，或自行备份", "set RAINCHECK_BACKUP_AT, or see to them yourself"
        )
        return [Finding("backup", Grade.WARN, said, todo)]
    if age is None:
        return [_never()]
    hours = age / HOUR
    limit = settings.RAINCHECK_BACKUP_MAX_AGE_HOURS
    said = Said(f"最近一次已验证的备份在 {hours:.1f} 小时前", f"the last proven one is {hours:.1f} h old")
    grade = graded(hours, warn=limit, fail=2 * limit)
    if trouble := _last_trouble():
        grade = max(grade, Grade.WARN)
        said = Said(f"{said.zh}，之后失败：{trouble}", f"{said.en}; the one after it failed: {trouble}")
    return [Finding("backup", grade, said, _TODO)]


def _last_trouble() -> str:
    """Return what went wrong with the last backup; empty where nothing did."""
    last = BackupRun.objects.order_by("-begun_at").values_list("trouble", flat=True).first()
    return last or ""


def _never() -> Finding:
    try:
        ground()
    except NoBackupRole:
        said = Said("没有可备份的数据库角色", "no role is set that could make one")
        todo = Said(
            "请设置 DATABASE_BACKUP_URL，见 docs/howto/backup.md；或设 RAINCHECK_BACKUP_AT=off 自行备份",
            "set DATABASE_BACKUP_URL, see docs/howto/backup.md; or RAINCHECK_BACKUP_AT=off and see to them yourself",
        )
        return Finding("backup", Grade.WARN, said, todo)
    trouble = (
        BackupRun.objects.exclude(trouble="").order_by("-begun_at").values_list("trouble", flat=True).first()
    )
    said = Said(
        f"还没有已验证的备份 {trouble or ''}".strip(), f"there is no proven one yet {trouble or ''}".strip()
    )
    return Finding("backup", Grade.FAIL if trouble else Grade.WARN, said, _TODO)
