"""Checks of the product's own life: workers, queue, cancellations, vendors, promises, messages."""

from collections.abc import Iterable
from datetime import datetime

from raincheck.accounts.models import Company
from raincheck.cancellations.actions import VENDOR_LIMIT
from raincheck.core.scope import Purpose, system_scope
from raincheck.doctor.finding import Finding, Grade, Said, graded
from raincheck.operations import figures, promises, queue
from raincheck.operations.dead_letters import failed_jobs, settled
from raincheck.operations.figures import Calls, VendorLag
from raincheck.vendors import adapters
from raincheck.vendors.models import VendorAccount

MINUTE = 60.0
_LOGS = Said("请查看 worker 日志", "look into the workers' logs")


def companies() -> Iterable[Finding]:
    """See that there is anybody to work for."""
    with system_scope(Purpose.OPERATIONS):
        count = Company.objects.count()
    todo = Said(
        "raincheck company add …，再 raincheck staff add …",
        "raincheck company add …, then raincheck staff add …",
    )
    grade = Grade.OK if count else Grade.WARN
    return [Finding("companies", grade, Said(f"{count} 家企业", f"{count} in all"), todo)]


def workers() -> Iterable[Finding]:
    """See that somebody works off the jobs."""
    found = queue.workers()
    todo = Said(
        "请启动 raincheck worker（或 raincheck serve）", "start raincheck worker (or raincheck serve)"
    )
    if not found.alive:
        since = "" if found.newest is None else f"{found.newest:.0f} s"
        said = Said(
            f"没有存活的进程 {since}".strip(), f"nobody breathes {since and f'since {since}'}".strip()
        )
        return [Finding("workers", Grade.FAIL, said, todo)]
    ages = f"{found.newest:.1f}–{found.oldest:.1f} s"
    said = Said(f"{found.alive} 个存活，心跳 {ages}", f"{found.alive} alive, heartbeats {ages} ago")
    return [Finding("workers", Grade.OK, said)]


def oldest_jobs() -> Iterable[Finding]:
    """See that no queue stands still."""
    found = queue.oldest_waiting()
    if not found:
        return [Finding("queue", Grade.OK, Said("没有积压", "nothing waits"))]
    waiting = {name: count for (name, status), count in queue.jobs().items() if status == "waiting"}
    return [
        Finding(
            "queue",
            graded(seconds, warn=0.5 * MINUTE, fail=2 * MINUTE),
            Said(
                f"{name}：{waiting.get(name, 0)} 个等待，最久 {seconds:.0f} 秒",
                f"{name}: {waiting.get(name, 0)} waiting, the oldest for {seconds:.0f} s",
            ),
            Said("请增加 worker 或检查其日志", "run more workers, or look into their logs"),
        )
        for name, seconds in sorted(found.items())
    ]


def gave_up() -> Iterable[Finding]:
    """Count the jobs that gave up and that nobody has dealt with."""
    with system_scope(Purpose.OPERATIONS) as now:
        done = settled(now)
    left = [job for job in failed_jobs() if job.id not in done]
    if not left:
        return [Finding("failed_jobs", Grade.OK, Said("没有失败的作业", "none has given up"))]
    names = ", ".join(sorted({job.name for job in left}))
    said = Said(f"{len(left)} 个作业已放弃：{names}", f"{len(left)} gave up: {names}")
    todo = Said("请看日志排除原因，再在待办中重试", "mend the cause, then try them again from the tasks page")
    return [Finding("failed_jobs", Grade.WARN, said, todo)]


def stranded() -> Iterable[Finding]:
    """See that every open cancellation has a job or a running clock; the sweeps cure what hasn't within seconds."""
    with system_scope(Purpose.OPERATIONS) as now:
        found = figures.stranded(now)
    count = found.errands + found.clocks
    said = Said(
        f"{found.errands} 个没有作业，{found.clocks} 个时钟未执行，最久 {found.seconds:.0f} 秒",
        f"{found.errands} without a job, {found.clocks} clocks not run, {found.seconds:.0f} s at most",
    )
    grade = graded(found.seconds, warn=0, fail=MINUTE) if count else Grade.OK
    return [Finding("open_cancellations", grade, said, _LOGS)]


def kept_promises() -> Iterable[Finding]:
    """See whether anybody waits longer than promised."""
    with system_scope(Purpose.OPERATIONS) as now:
        found = promises.scores(now)
    for promise, score in found.items():
        grade = Grade.FAIL if score.broken else Grade.WARN if score.at_risk else Grade.OK
        name = {"answer": Said("1分钟确认", "a minute"), "outcome": Said("15分钟结果", "15 minutes")}[promise]
        said = Said(
            f"{name.zh}：近一小时按时 {score.kept}/{score.due}，将逾时 {score.at_risk}，已逾时 {score.broken}",
            f"{name.en}: {score.kept} of {score.due} kept in the last hour,"
            f" {score.at_risk} about to break, {score.broken} broken",
        )
        yield Finding(
            "promises", grade, said, Said("见待办与以下各项", "see the tasks page and the other checks")
        )


def vendors() -> Iterable[Finding]:
    """See how far each AI interview system lags behind, and how it has answered."""
    with system_scope(Purpose.OPERATIONS) as now:
        lags, calls = figures.vendor_lags(now), figures.recent_calls(now)
        accounts = {account.id: account for account in VendorAccount.objects.select_related("company")}
        found = [_vendor(accounts[lag.account_id], lag, calls.get(lag.account_id), now) for lag in lags]
    return found or [Finding("vendor_lag", Grade.OK, Said("没有启用的账号", "no account is active"))]


def _vendor(account: VendorAccount, lag: VendorLag, calls: Calls | None, now: datetime) -> Finding:
    limit = VENDOR_LIMIT.total_seconds()
    zh = f"{account.company.slug}/{account.name}：{lag.waiting} 个待确认，最久 {lag.seconds:.0f} 秒"
    en = f"{lag.waiting} not agreed, the oldest for {lag.seconds:.0f} s"
    if calls:
        paces = f"p50 {calls.median:.0f} ms, p99 {calls.slow:.0f} ms"
        good = f"{(now - calls.last_good).total_seconds():.0f} s" if calls.last_good else "—"
        zh += f"；近一小时 {calls.made} 次调用，失败 {calls.failed}，{paces}，最近成功 {good} 前"
        en += (
            f"; {calls.made} calls in the last hour, {calls.failed} failed, {paces}, last good one {good} ago"
        )
    todo = Said("请检查该AI面试系统与账号密钥", "check that AI interview system and the account's key")
    return Finding("vendor_lag", graded(lag.seconds, warn=limit, fail=15 * MINUTE), Said(zh, en), todo)


def plugged_in() -> Iterable[Finding]:
    """See that every account has its adapter, and that those other packages bring along are taken."""
    with system_scope(Purpose.OPERATIONS):
        active = VendorAccount.objects.filter(active=True).select_related("company").order_by("id")
        bare = [account for account in active if account.adapter not in adapters.installed()]
    for account in bare:
        name = f"{account.company.slug}/{account.name}: {account.adapter}"
        said = Said(f"{name} 没有安装适配器", f"{name} isn't installed")
        todo = Said("请安装带有该适配器的软件包", "install the package that brings this adapter")
        yield Finding("vendor_adapters", Grade.FAIL, said, todo)
    for refused in adapters.plugged_in().refused:
        said = Said(f"已拒绝 / refused: {refused}", f"已拒绝 / refused: {refused}")
        todo = Said("请更换或修正该软件包", "replace that package, or mend it")
        yield Finding("vendor_adapters", Grade.WARN, said, todo)
    if not bare and not adapters.plugged_in().refused:
        count = len(adapters.installed())
        yield Finding("vendor_adapters", Grade.OK, Said(f"{count} 个适配器", f"{count} installed"))


def messages() -> Iterable[Finding]:
    """See that every channel hands its messages over."""
    with system_scope(Purpose.OPERATIONS) as now:
        found = figures.messages_waiting(now)
    if not found:
        return [Finding("messages", Grade.OK, Said("没有积压", "nothing waits"))]
    return [
        Finding(
            "messages",
            graded(waiting.seconds, warn=MINUTE, fail=10 * MINUTE),
            Said(
                f"{channel}：{waiting.messages} 条等待，最久 {waiting.seconds:.0f} 秒",
                f"{channel}: {waiting.messages} waiting, the oldest for {waiting.seconds:.0f} s",
            ),
            Said("请检查该通道", "check that channel"),
        )
        for channel, waiting in sorted(found.items())
    ]
