"""Every way a whole import is refused, before anything is loaded. The sentences are for people.

A row that can't be taken is no refusal but a rejection (`rows.py`): it goes to the rejections file.
"""

from collections.abc import Mapping
from pathlib import Path
from traceback import extract_tb
from typing import ClassVar

from raincheck.migration.words import Words

#: What stands where nothing was committed.
NOTHING_YET = {"so_far_zh": "未载入任何数据。", "so_far_en": "Nothing was loaded. "}


class Refused(Exception):
    """The import can't be done. `zh` and `en` are filled with the facts given; Words are facts of each language."""

    code: ClassVar[str] = "import_refused"
    zh: ClassVar[str] = "无法导入"
    en: ClassVar[str] = "The import can't be done"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        zh, en = (
            {
                name: getattr(fact, language) if isinstance(fact, Words) else fact
                for name, fact in facts.items()
            }
            for language in ("zh", "en")
        )
        self.words = Words(self.zh.format_map(zh), self.en.format_map(en))
        super().__init__(f"{self.words.zh}\n{self.words.en}")


class NoSuchFile(Refused):
    """Nothing is there."""

    code = "no_such_file"
    zh = "找不到文件 {path}"
    en = "There is no file {path}"


class NotAFile(Refused):
    """A folder, a device or a pipe."""

    code = "not_a_file"
    zh = "{path} 不是普通文件。请给出一个 CSV 或 XLSX 文件"
    en = "{path} is not a regular file. Name one CSV or XLSX file"


class Unreadable(Refused):
    """The system doesn't let us read it."""

    code = "unreadable"
    zh = "无法读取 {path}：{why}"
    en = "{path} can't be read: {why}"


class FileTooLarge(Refused):
    """More bytes than we take."""

    code = "file_too_large"
    zh = "文件有 {size} MB，上限为 {limit} MB。请拆分后分别导入"
    en = "The file has {size} MB, and {limit} MB is the most. Split it and import the parts"


class FileChanged(Refused):
    """Somebody wrote to the file while it was read."""

    code = "file_changed"
    zh = "读取期间文件被改动，未载入任何数据。请重新执行"
    en = "The file changed while it was read; nothing was loaded. Run it again"


class EmptyFile(Refused):
    """Nothing in it at all."""

    code = "empty_file"
    zh = "文件是空的"
    en = "The file is empty"


class NoRows(Refused):
    """A heading row and nothing below it."""

    code = "no_rows"
    zh = "标题行之下没有数据"
    en = "There is no row of data below the headings"


class NotATable(Refused):
    """A file of another kind, whatever its name says."""

    code = "not_a_table"
    zh = "这不是 CSV、Excel 工作簿或 JSON Lines，而是{kind_zh}。请另存为 UTF-8 的 CSV 或 XLSX 后再导入"
    en = "This is neither CSV, an Excel workbook nor JSON lines but {kind_en}. Save it as CSV (UTF-8) or XLSX first"


class PasswordProtected(Refused):
    """An encrypted workbook."""

    code = "password_protected"
    zh = "该工作簿有密码保护。请先在 Excel 中取消密码并另存"
    en = "The workbook is protected by a password. Remove it in Excel and save the file again"


class BrokenWorkbook(Refused):
    """An XLSX that can't be read."""

    code = "broken_workbook"
    zh = "工作簿已损坏：{why}"
    en = "The workbook is broken: {why}"


class ZipBomb(Refused):
    """An archive that would unpack to far more than an honest workbook."""

    code = "zip_bomb"
    zh = "XLSX 解压后过大（{why}），已拒绝打开"
    en = "The XLSX would unpack to too much ({why}); it was not opened"


class NoSuchSheet(Refused):
    """`--sheet` names none of them."""

    code = "no_such_sheet"
    zh = "没有名为“{sheet}”的工作表；有：{sheets}"
    en = "There is no sheet named “{sheet}”; there are: {sheets}"


class UnknownEncoding(Refused):
    """Neither UTF-8 nor GB18030."""

    code = "unknown_encoding"
    zh = "无法识别文件编码（{why}）。请另存为 UTF-8，或用 --encoding 指明"
    en = "The file's encoding isn't known ({why}). Save it as UTF-8, or name it with --encoding"


class BrokenCsv(Refused):
    """A quote that doesn't close, or text behind one that does."""

    code = "broken_csv"
    zh = "第 {row} 行（文本第 {line} 行）的 CSV 格式有误：{why}。多为引号未成对"
    en = "Row {row} (line {line} of the text) is broken CSV: {why}. Most often a quote isn't paired"


class BrokenJson(Refused):
    """A line that is no object."""

    code = "broken_json"
    zh = "第 {line} 行不是一个 JSON 对象（{why}）。JSON Lines 每行一个对象"
    en = "Line {line} is no JSON object ({why}). JSON lines hold one object a line"


class TooManyRows(Refused):
    """More rows than one import takes."""

    code = "too_many_rows"
    zh = "文件超过 {limit} 行，未载入任何数据。请拆分后分别导入"
    en = "The file has more than {limit} rows; nothing was loaded. Split it and import the parts"


class TooWide(Refused):
    """More columns, or more cells, than an interview list has."""

    code = "too_wide"
    zh = "表格过宽或过大（{columns} 列，上限 {limit}）"
    en = "The table is too wide or too large ({columns} columns; {limit} is the most)"


class TooManyMerges(Refused):
    """More merged cells than are read."""

    code = "too_many_merges"
    zh = "工作表中的合并单元格超过 {limit} 处，未载入任何数据。请取消合并后再导入"
    en = "The sheet has more than {limit} merged cells; nothing was loaded. Unmerge them and import it again"


class OpenQuestion(Refused):
    """What a column is isn't known; a person may have said so before, of a file with the same headings."""

    code = "open_question"


class MissingColumns(OpenQuestion):
    """What every interview needs has no column."""

    code = "missing_columns"
    zh = "缺少必需的列：{missing_zh}。找到的标题：{found}。{hint_zh}可用 --map '标题=字段' 指定"
    en = "Columns are missing: {missing_en}. Headings found: {found}. {hint_en}Say which with --map 'Heading=field'"


class KindNotSure(MissingColumns):
    """As a list of interviews it lacks something; as another kind it doesn't, but that isn't sure."""

    code = "kind_not_sure"
    zh = "作为面试清单缺少列；可能是{kinds_zh}，但不够确定，请说明：{options}。未载入任何数据"
    en = (
        "As a list of interviews it lacks columns; it may be one of {kinds_en}, but not surely enough. "
        "Say which: {options}. Nothing was loaded"
    )


class NotFromThere(Refused):
    """`--from` names a system none of whose headings are in the file."""

    code = "not_from_there"
    zh = "文件中没有 {name} 的任何字段名。未载入任何数据；不用 --from 则按一般规则识别"
    en = (
        "None of {name}'s names stand in the file; nothing was loaded. Without --from the general rules apply"
    )


class NotSure(OpenQuestion):
    """Columns may be fields, but not surely enough to load by."""

    code = "not_sure"
    zh = (
        "有的列不够确定，请说明它是什么：{columns_zh}。"
        "确认用 {maps}；不是则用 --map '#{number}=-'。未载入任何数据"
    )
    en = (
        "Some columns aren't sure enough; say what they are: {columns_en}. "
        "Confirm with {maps}, or deny with --map '#{number}=-'. Nothing was loaded"
    )

    def __init__(self, *, pairs: tuple[tuple[str, str], ...] = (), kind: str = "", **facts: object) -> None:
        super().__init__(**facts)
        #: As a list of which kind the file was read.
        self.kind = kind
        #: What the columns may be, as `--map` would say it.
        self.pairs = pairs


class TwoColumns(OpenQuestion):
    """Two columns claim one field alike."""

    code = "two_columns_for_one_field"
    zh = "列 {columns} 的标题都对应“{field}”。请用 --map '#列号={field}' 指明用哪一列"
    en = "Columns {columns} all say “{field}”. Say which counts with --map '#number={field}'"


class ZoneUnsaid(Refused):
    """No `--tz`, and no zone remembered of a file with these headings."""

    code = "zone_unsaid"
    zh = "请用 --tz 说明文件中时间所在的时区，如 --tz Asia/Shanghai：没有记住同样标题的文件的时区。未载入任何数据"
    en = (
        "Say in which zone the file's times are, e.g. --tz Asia/Shanghai: none is remembered of a file with these "
        "headings. Nothing was loaded"
    )


class WrongMap(Refused):
    """A `--map` that names no column or no field."""

    code = "wrong_map"
    zh = "--map {said} 有误：{why_zh}"
    en = "--map {said} is wrong: {why_en}"


class CompanyAmbiguous(Refused):
    """Several companies bear the name."""

    code = "company_ambiguous"
    zh = "有多家企业名为“{name}”。请用其地址名：{slugs}"
    en = "Several companies are called “{name}”. Use the address name of one: {slugs}"


class BadCompanyName(Refused):
    """A name that can't be a company's."""

    code = "bad_company_name"
    zh = "企业名称须为 1 至 120 个字符"
    en = "A company's name has 1 to 120 characters"


class RejectionsUnwritable(Refused):
    """The rejections file has nowhere to go."""

    code = "rejections_unwritable"
    zh = "无法写入拒绝清单 {path}：{why}。未载入任何数据"
    en = "The rejections file {path} can't be written: {why}. Nothing was loaded"


class DatabaseFailed(Refused):
    """The database said no; the part that was being loaded was rolled back whole."""

    code = "database_failed"
    zh = "数据库出错（{why}）。{so_far_zh}请重试"
    en = "The database failed ({why}). {so_far_en}Try again"


class CheckFailed(Refused):
    """What was stored isn't what the file said; the part was rolled back whole."""

    code = "check_failed"
    zh = "载入后的核对不符（{check}，第 {first} 至 {last} 行），这一部分已撤销。请报告这个问题"
    en = "What was loaded isn't what was read ({check}, rows {first} to {last}); that part was undone: please report it"


class UnfinishedRun(Refused):
    """The same file was begun with other terms, and broken off."""

    code = "unfinished_run"
    zh = "这个文件已按其他参数导入到第 {row} 行，尚未完成（批次 {batch}）。请以同样参数继续，或先回滚该批次"
    en = (
        "This file was begun with other arguments and broken off after row {row} (batch {batch}). "
        "Go on with the same arguments, or roll that batch back first"
    )


class NothingToResume(Refused):
    """No run of that batch waits to be gone on with."""

    code = "nothing_to_resume"
    zh = "批次 {batch} 没有未完成的导入"
    en = "Batch {batch} has no unfinished import"


class BadRows(Refused):
    """The rule for the batch says all or nothing, and there are rows that can't be taken."""

    code = "bad_rows"
    zh = "有 {count} 行未通过检查，按“整批”规则未载入任何数据。清单：{path}"
    en = "{count} rows failed a check, and by the rule “all” nothing was loaded. They are in {path}"


class UnexpectedFailure(Refused):
    """What nobody thought of; the transaction was rolled back whole."""

    code = "unexpected_failure"
    zh = "程序出错（{why}，{where}）。{so_far_zh}请连同文件的种类报告这个问题"
    en = "The program failed ({why}, {where}). {so_far_en}Please report this, with the kind of file it was"

    @classmethod
    def of(cls, error: Exception, so_far: Mapping[str, str] = NOTHING_YET) -> "UnexpectedFailure":
        """Return it of any error, without its own message: that may quote somebody's row."""
        deepest = extract_tb(error.__traceback__)[-1]
        where = f"{Path(deepest.filename).name}:{deepest.lineno}"
        return cls(why=type(error).__name__, where=where, **so_far)
