"""Why an export isn't made, handed out or taken in."""

from django.utils.translation import gettext_lazy as _

from raincheck.core.errors import Conflict, Invalid


class ExportUnderWay(Conflict):
    """One is being prepared: a second would hold the same."""

    code = "export_under_way"
    message = _("已有一份导出正在准备")
    advice = _("请等它完成后下载，或稍后再试")


class NotConfirmed(Invalid):
    """Whoever takes everybody's data out types the company's name, so that no stray click does it."""

    code = "not_confirmed"
    message = _("请输入企业全称以确认")
    advice = _("导出含候选人的明文联系方式，请确认后再操作")


class ParquetMissing(Invalid):
    """Parquet was asked for, and what writes and reads it isn't installed."""

    code = "parquet_missing"
    message = _("此安装没有 Parquet 组件")
    advice = _("请系统管理员安装 raincheck[parquet]，或不选 Parquet 再试")


class NoParquetInIt(Invalid):
    """An export is to be read from Parquet, and was made without."""

    code = "no_parquet_in_it"
    message = _("这份导出不含 Parquet 文件，未恢复任何内容")
    advice = _("请不加 --parquet 恢复")


class ExportNotReady(Conflict):
    """Its file isn't there: not yet, or no longer."""

    code = "export_not_ready"
    message = _("这份导出现在不能下载")
    advice = _("它还在准备、已过期，或其后有候选人的信息被删除；请重新导出")


class NoExport(Invalid):
    """The folder or file isn't one of our exports."""

    code = "no_export"
    message = _("这不是一份可识别的导出")
    advice = _("请指定含有 manifest.json 的文件夹或 zip 文件")


class ExportDamaged(Invalid):
    """A file isn't what the manifest says; `detail` names it."""

    code = "export_damaged"
    message = _("导出的文件与清单不符，未恢复任何内容")
    advice = _("请重新取得完整的导出后再试")


class UnknownContent(Invalid):
    """A sheet or a column that this version doesn't know; `detail` names it."""

    code = "unknown_content"
    message = _("导出含有当前版本不认识的内容，未恢复任何内容")
    advice = _("请用不低于导出时的版本恢复")


class CompanyIsHere(Conflict):
    """Ids are kept, so the company can't be beside itself."""

    code = "company_is_here"
    message = _("该企业已在此安装中，未恢复任何内容")
    advice = _("请恢复到另一个安装；同一企业的编号只能有一份")


class AlreadyTaken(Conflict):
    """Something that must be the only one is here already: an address, somebody's sign-in; `detail` names where."""

    code = "already_taken"
    message = _("导出中的内容与此安装中已有的冲突，未恢复任何内容")
    advice = _("企业地址可用 --slug 另取；员工的登录邮箱只能属于一个企业")


class NotTheSame(Conflict):
    """What was stored isn't what was read; `detail` names the sheets. Nothing of it stays."""

    code = "not_the_same"
    message = _("恢复后的内容与导出不一致，已全部撤销")
    advice = _("请把此提示告知维护人员")


class PlaceTaken(Conflict):
    """There is something where the export was to be written."""

    code = "place_taken"
    message = _("目标文件夹已存在且不为空")
    advice = _("请用 --to 指定一个新的文件夹")
