"""The check of the master keys: that a rotation which was begun came to its end."""

from collections.abc import Iterable

from raincheck.core.crypto import key_mark
from raincheck.doctor.finding import Finding, Grade, Said
from raincheck.rekeying import counted


def rotated() -> Iterable[Finding]:
    """See that nothing is sealed under another key than the newest."""
    newest, counts = key_mark(), counted()
    left = sum(count for mark, count in counts.items() if mark != newest)
    many = counts[newest]
    seen = Said(
        f"{len(counts)} 把主密钥，当前 {newest}：{many} 项，其他：{left} 项",
        f"{len(counts)} master keys, the newest {newest} seals {many}, others {left}",
    )
    todo = Said("请执行 raincheck keys rotate", "run raincheck keys rotate")
    return [Finding("master_keys", Grade.WARN if left else Grade.OK, seen, todo)]
