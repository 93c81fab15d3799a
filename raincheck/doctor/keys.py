"""The check of the master keys: that a rotation which was begun came to its end."""

from collections.abc import Iterable

from raincheck.core.crypto import key_mark
from raincheck.doctor.finding import Finding, Grade, Said
from raincheck.rekeying import counted


def rotated() -> Iterable[Finding]:
    """See that nothing is sealed under another key than the newest, and nothing under one that isn't there."""
    newest, counts = key_mark(), dict(counted())
    lost = counts.pop("", 0)
    left = sum(count for mark, count in counts.items() if mark != newest)
    many = counts[newest]
    seen = Said(
        f"{len(counts)} 把主密钥，当前 {newest}：{many} 项，其他：{left} 项",
        f"{len(counts)} master keys, the newest {newest} seals {many}, others {left}",
    )
    if lost:
        seen = Said(f"{seen.zh}，无法打开：{lost} 项", f"{seen.en}; none of them opens {lost}")
        todo = Said("设置中缺少一把主密钥，请补回", "a master key is missing from the settings: put it back")
        return [Finding("master_keys", Grade.FAIL, seen, todo)]
    todo = Said("请执行 raincheck keys rotate", "run raincheck keys rotate")
    return [Finding("master_keys", Grade.WARN if left else Grade.OK, seen, todo)]
