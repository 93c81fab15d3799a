"""The check of the audit trail's seal: it is the one that was signed, and sealing keeps up."""

from collections.abc import Iterable

from django.conf import settings

from raincheck.audit.sealing import Forked, require_same_history
from raincheck.audit.window import window
from raincheck.core.scope import Purpose, system_scope
from raincheck.doctor.finding import Finding, Grade, Said, graded


def sealed() -> Iterable[Finding]:
    """See that the log is that of the checkpoint on the shelf, and that the unsealed window is short."""
    with system_scope(Purpose.OPERATIONS) as now:
        found = window(now)
        try:
            require_same_history(found.sealed)
        except Forked as error:
            said = Said(f"审计记录与已签署的检查点不符：{error}", f"the trail isn't what was signed: {error}")
            todo = Said("请运行 raincheck audit verify", "run raincheck audit verify")
            return [Finding("audit_seal", Grade.FAIL, said, todo)]
    limit = settings.RAINCHECK_UNSEALED_SECONDS
    seen = Said(
        f"已封存 {found.sealed} 条，未封存 {found.unsealed} 条，最久 {found.seconds:.0f} 秒",
        f"{found.sealed} sealed, {found.unsealed} not yet, the oldest for {found.seconds:.0f} s",
    )
    todo = Said(
        "请查看 worker 日志；长事务也会推迟封存",
        "look into the workers' logs; a transaction that stays open delays sealing, too",
    )
    return [Finding("audit_seal", graded(found.seconds, warn=limit, fail=10 * limit), seen, todo)]
