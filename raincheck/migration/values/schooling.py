"""The school of a row by its usual name, and what is to be said of it."""

from raincheck.migration.notices import Notice, notice
from raincheck.migration.words import Words
from raincheck.recruiting.schools import school_of

_NAMED = notice(
    "school_named",
    lambda n: Words(
        f"{n} 行的学校按通用名称记录（如 北大 记为 北京大学），原文随原始行保存",
        f"{n} schools are noted by their usual name (北大 as 北京大学); what was written stays with the row",
    ),
)
_NOT_SURE = notice(
    "school_not_sure",
    lambda n: Words(
        f"{n} 行的学校写法可能指不止一所，或是另一所的院系，已照原样载入，请核对",
        f"{n} schools may be more than one, or part of another; they are loaded as written, please check",
    ),
)


def usual_name(written: str) -> tuple[str, Notice | None]:
    """Return the school's name, as written where it isn't sure, and what is to be said of it."""
    found = school_of(written)
    if found.doubtful:
        return written, _NOT_SURE
    return found.name, _NAMED if found.name != written else None
