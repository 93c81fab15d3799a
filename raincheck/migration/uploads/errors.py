"""Why a file isn't taken in, or doesn't go on."""

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import Conflict, Invalid
from raincheck.migration.refusals import Refused
from raincheck.migration.uploads.wording import on_screen


class FileRefused(Invalid):
    """The file itself can't be imported; its `code` and words are those of the import's own refusal."""

    code = "file_refused"
    message = _("这个文件无法导入")
    advice = _("文件没有保存，也没有改动任何数据")

    def __init__(self, refusal: Refused, *, field: str = "file") -> None:
        super().__init__(field=field, detail=refusal.code)
        self.words = on_screen(refusal.words)

    @property
    def why(self) -> str:
        """Say what is wrong with it, in the reader's language."""
        return self.words.en if get_language() == "en" else self.words.zh


class NoFile(Invalid):
    """The form came without one."""

    code = "no_file"
    message = _("请选择要导入的文件")
    advice = _("支持 CSV、XLSX、XLS 和 JSON Lines")


class KindUnanswered(Invalid):
    """What one row of the file is isn't sure enough, and nobody has said it."""

    code = "kind_unanswered"
    message = _("请选择文件中每一行是什么")
    advice = _("各列随后按所选的识别")


class NotFromSystem(Invalid):
    """None of the system's names stand in the file."""

    code = "not_from_there"
    message = _("文件中没有这个系统的任何字段名")
    advice = _("请换一个来源系统，或选“不指定”")


class Unanswered(Invalid):
    """A column isn't sure enough, and nobody has said what it is."""

    code = "column_unanswered"
    message = _("请选择这一列是什么")
    advice = _("不需要的列请选“不作为字段”")


class FieldTwice(Invalid):
    """Two columns can't be one field."""

    code = "field_twice"
    message = _("这个字段已由另一列提供")
    advice = _("请只保留一列，其余选“不作为字段”")


class FieldMissing(Invalid):
    """What every row needs has no column; `detail` names it."""

    code = "field_missing"
    message = _("还缺少必需的列")
    advice = _("请为它选择一列，或改选每一行是什么；文件中没有时，请补上后重新上传")

    def __init__(self, missing: "str | Promise") -> None:
        super().__init__(field="columns", detail=str(missing))


class ZoneUnanswered(Invalid):
    """Where the file's times are isn't said, or isn't a zone."""

    code = "zone_unanswered"
    message = _("请选择文件中时间所在的时区")
    advice = _("时刻自带时差的不受影响")


class OrderUnanswered(Invalid):
    """The file doesn't prove the order of day and month."""

    code = "order_unanswered"
    message = _("请选择日期中日与月的顺序")
    advice = _("文件中没有日期能说明顺序，须由您指定")


class UnknownRegion(Invalid):
    """No country."""

    code = "unknown_region"
    message = _("没有这个国家代码")
    advice = _("请填写两个字母的代码，例如 CN")


class UnknownYear(Invalid):
    """No year."""

    code = "unknown_year"
    message = _("这不是年份")
    advice = _("请填写四位数字，例如 2026")


class NoSuchSheet(Invalid):
    """The workbook has no such sheet."""

    code = "no_such_sheet"
    message = _("没有这个工作表")
    advice = _("请从列表中选择")


class WrongStep(Conflict):
    """Somebody, or a job, was faster."""

    code = "upload_moved_on"
    message = _("这个文件已进入另一步")
    advice = _("请刷新页面查看最新状态")


class NothingToLoad(Conflict):
    """By the last try no row would be loaded."""

    code = "nothing_to_load"
    message = _("没有可以导入的行")
    advice = _("请更正列的对应，或修改文件后重新上传")


class TooManyUploads(Conflict):
    """Each waits with somebody's data in it; so many at once nobody needs."""

    code = "too_many_uploads"
    message = _("等待导入的文件过多")
    advice = _("请先完成或放弃已上传的文件")


class UploadVoid(Conflict):
    """Somebody was erased since it was uploaded, and may be in it: to load it could bring them back."""

    code = "upload_void"
    message = _("上传之后有候选人的信息被删除，这个文件已作废")
    advice = _("请从来源重新导出不含该候选人的文件，再上传")
