"""Why a batch isn't undone."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import Conflict
from raincheck.migration.rollback.models import Batch
from raincheck.migration.rollback.obstacles import Obstacle, Why


class AlreadyUndone(Conflict):
    """Each batch is undone once; to have it back, undo the undoing."""

    code = "already_undone"
    message = _("该批次已回滚")
    advice = _("如需恢复，请回滚那次回滚")


class NothingKept(Conflict):
    """What the batch touched isn't known any more, or it touched nothing."""

    code = "nothing_kept"
    message = _("该批次没有可供恢复的内容")
    advice = _("它没有改动记录，或改动前的内容已过保留期限，或企业由导出恢复而来")


class Obstructed(Conflict):
    """The base of refusals that name rows."""

    def __init__(self, found: Sequence[Obstacle], later: Sequence[Batch] = ()) -> None:
        """`found` are the obstacles; `detail` names the first rows of each. `later` is what to roll back first."""
        named = (f"{one.table} × {one.rows}: {', '.join(one.ids)}" for one in found)
        super().__init__(detail="; ".join(named))
        self.found = found
        self.later = later


class NewerChanges(Obstructed):
    """Somebody has changed, or built on, what the batch made: undoing would lose that."""

    code = "newer_changes"
    message = _("回滚会丢失之后的更改")
    advice = _("请先处理所列的记录，或逐条更正")


class LaterImports(NewerChanges):
    """What was changed since was changed by imports: `later` names them, and they can be undone."""

    code = "later_imports"
    message = _("之后的导入用到了这一批的内容")
    advice = _("请先回滚之后的那些批次，从最近的开始，再回滚这一批")


class GoneOut(Obstructed):
    """Messages or calls about it have left the house: it is mended forward."""

    code = "gone_out"
    message = _("相关通知或AI面试系统调用已发出，不能回滚")
    advice = _("请向前修正：重新安排或取消所列的面试")


def refuse(found: Sequence[Obstacle], later: Sequence[Batch]) -> None:
    """Raise what these obstacles come to, if there are any; `later` are imports that brought some of them."""
    gone_out = [one for one in found if one.why is Why.GONE_OUT]
    if gone_out:
        raise GoneOut(gone_out)
    if later:
        raise LaterImports(found, later)
    if found:
        raise NewerChanges(found)
