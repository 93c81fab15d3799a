"""A report as a shell says it, in both languages."""

from raincheck.vendors.models import Outcome, Reconciliation
from raincheck.vendors.reconciliation.differences import Kind

_OUTCOMES = {
    Outcome.OK: "双方一致 / both sides agree",
    Outcome.DIFFERENCES: "存在差异 / there are differences",
    Outcome.SUSPICIOUS: "对方列表可疑，其所缺不予采信 / the list is suspicious, what it lacks is not believed",
    Outcome.FAILED: "对账未完成 / failed",
}
_KINDS = {
    Kind.ALIVE_THERE: "此处已取消，对方仍有效 / cancelled here, alive there",
    Kind.OTHER_STATE: "状态不同 / another state there",
    Kind.OTHER_TIME: "时间不同 / another time there",
    Kind.MISSING_THERE: "对方没有 / missing there",
    Kind.MISSING_HERE: "此处没有 / missing here",
}


def in_words(account: str, report: Reconciliation) -> str:
    """Return what a finished run found, a line each."""
    why = f" ({report.reason})" if report.reason else ""
    lines = [f"{account}: {_OUTCOMES[Outcome(report.outcome)]}{why}"]
    if report.outcome != Outcome.FAILED:
        lines += [_figures(report)]
        lines += [
            f"  {text}: {report.counts[kind]}" for kind, text in _KINDS.items() if kind in report.counts
        ]
        lines += [f"  {text}: {n}" for text, n in _what_followed(report) if n]
    return "\n".join(lines)


def _figures(report: Reconciliation) -> str:
    how = "逐场读取 / read singly" if report.singly else f"{report.pages} 页 / pages"
    return (
        f"  对方 / there {report.rows_there} [{report.checksum_there}], 此处 / here {report.rows_here}"
        f" [{report.checksum_here}], {how}, {report.seconds or 0:.1f} s"
    )


def _what_followed(report: Reconciliation) -> list[tuple[str, int]]:
    return [
        ("复读后已一致 / gone when read again", report.gone_on_reread),
        ("本次未复读 / not read again this time", report.unchecked),
        ("已自动修复 / repaired", report.repaired),
        ("新增待办 / tasks opened", report.tasks_opened),
        ("已关闭待办 / tasks closed", report.tasks_closed),
    ]
