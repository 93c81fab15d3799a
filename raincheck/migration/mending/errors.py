"""Why a row isn't loaded after all, or not discarded."""

from collections.abc import Sequence

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import Conflict, Invalid
from raincheck.migration.rows.drafts import Rejection
from raincheck.migration.uploads.wording import on_screen


class StillRejected(Invalid):
    """The row as it stands now fails a check as well; `found` says which. Nothing was changed."""

    code = "row_still_rejected"
    message = _("这一行仍未通过检查")
    advice = _("请按所列原因更正后再试；也可以写明理由舍弃")

    def __init__(self, found: Sequence[Rejection]) -> None:
        super().__init__(field="row", detail=", ".join(sorted({one.fault.code for one in found})))
        self.found = found

    @property
    def why(self) -> list[tuple[str, str]]:
        """Return (column, sentence) of each, in the reader's language."""
        english = get_language() == "en"
        said = [(one.column, on_screen(one.fault.words)) for one in self.found]
        return [(column, words.en if english else words.zh) for column, words in said]


class NoReason(Invalid):
    """What is thrown away is thrown away for a reason."""

    code = "no_reason"
    message = _("请写明舍弃的原因")
    advice = _("原因随这一行保留，可在“被拒绝的行”页面查看")


class RowSettled(Conflict):
    """Somebody was faster."""

    code = "row_settled"
    message = _("这一行已处理")
    advice = _("请刷新页面查看最新状态")


class ImportRunning(Conflict):
    """An import, or a rollback, has its turn: it would not see this row's people, nor this row its."""

    code = "import_running"
    message = _("本企业正在导入数据")
    advice = _("请等它完成后再试")
