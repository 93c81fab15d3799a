"""The checks of the audit trail's seal: it is the one that was signed, and sealing and time-stamps keep up."""

from collections.abc import Iterable

from django.conf import settings

from raincheck.audit.sealing import Forked, require_same_history
from raincheck.audit.stamping import Authority, NotStamped, unstamped_since
from raincheck.audit.window import window
from raincheck.core.scope import Purpose, system_scope
from raincheck.doctor.finding import Finding, Grade, Said, graded

#: Stamps are asked for once an hour; so many seconds late is worth a look, and so many a failure.
_LATE, _FAILED = 3 * 3600, 24 * 3600


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


def stamped() -> Iterable[Finding]:
    """See that checkpoints are time-stamped where an authority is named."""
    try:
        if Authority.of_settings() is None:
            return [
                Finding(
                    "audit_stamp", Grade.OK, Said("未设置时间戳机构", "no time-stamping authority is set")
                )
            ]
    except NotStamped as error:
        said = Said(f"时间戳设置有误：{error}", str(error))
        todo = Said("请检查 RAINCHECK_TSA_ROOT", "look at RAINCHECK_TSA_ROOT")
        return [Finding("audit_stamp", Grade.FAIL, said, todo)]
    with system_scope(Purpose.OPERATIONS) as now:
        waited = unstamped_since(now)
    todo = Said("请运行 raincheck audit stamp 查看原因", "run raincheck audit stamp to see why")
    if waited is None:
        said = Said("还没有任何检查点加盖时间戳", "no checkpoint is time-stamped yet")
        return [Finding("audit_stamp", Grade.WARN, said, todo)]
    said = Said(
        f"最早未加盖时间戳的检查点已等待 {waited:.0f} 秒",
        f"the oldest checkpoint without a time-stamp has waited for {waited:.0f} s",
    )
    return [Finding("audit_stamp", graded(waited, warn=_LATE, fail=_FAILED), said, todo)]
