"""A word that no list of its field has: the fault names some that do, so that a person needn't guess."""

from raincheck.migration.fields import Field
from raincheck.migration.values.dates import Fault
from raincheck.migration.words import Words

#: Some words of each closed list, as a person would write them.
EXAMPLES = {
    Field.STATUS: Words(
        "待面试、已完成、未到、已取消、已过期", "scheduled, completed, no-show, cancelled, expired"
    ),
    Field.ATTENDED: Words("是、否", "yes, no"),
    Field.HALF: Words("上午、下午", "AM, PM"),
    Field.CANCELLED_BY: Words("候选人、HR、企业", "candidate, HR, company"),
    Field.STAGE: Words("已投递、面试、已淘汰、已录用", "applied, interview, rejected, hired"),
    Field.POSITION_STATE: Words("招聘中、暂停、已关闭", "open, on hold, closed"),
    Field.OUTCOME: Words("已取消、已驳回、已撤回", "cancelled, rejected, withdrawn"),
}
CODE = "unknown_word"
_BARE = Fault(CODE, Words("不认识这个词；请改为已知写法", "this word isn't known; write one that is"))


def unknown(known: Field) -> Fault:
    """Return what stands against a word that isn't known in this field."""
    some = EXAMPLES.get(known)
    if some is None:
        return _BARE
    return Fault(
        CODE, Words(f"不认识这个词；请改为 {some.zh} 之一", f"this word isn't known; write one of: {some.en}")
    )
