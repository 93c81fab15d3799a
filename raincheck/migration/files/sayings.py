"""What is wrong with a file, as what reads it says: in both languages where it is known what that can say.

Python and its libraries speak English alone, and a Chinese sentence would end in it. What isn't known here stays as it
came, in both.
"""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from python_calamine import CalamineError, PasswordError

from raincheck.migration import refusals
from raincheck.migration.words import Words

_SYSTEM = {
    errno.EACCES: "没有权限",
    errno.EPERM: "操作不被允许",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EISDIR: "是文件夹",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出磁盘配额",
    errno.EROFS: "文件系统只读",
    errno.EIO: "读写出错",
    errno.ENAMETOOLONG: "文件名过长",
    errno.ELOOP: "符号链接成环",
    errno.EMFILE: "打开的文件过多",
    errno.ENXIO: "没有这个设备",
    errno.ETXTBSY: "文件正被占用",
}
#: What may be said, and the same in Chinese: csv, zipfile, zlib, expat, calamine.
_SAID = [
    (re.compile(pattern, re.DOTALL), zh)
    for pattern, zh in (
        (r"unexpected end of data", "引号没有结束，文件就结束了"),
        (r"'(.)' expected after '.'", "引号之后应是分隔符“{0}”"),
        (r"field larger than field limit \((\d+)\)", "一格超过 {0} 个字符"),
        (r"new-line character seen in unquoted field.*", "未加引号的一格里有换行"),
        (r"File is not a zip file", "不是完整的 ZIP 文件，可能没有下载完"),
        (r"Bad CRC-32 for file '(.*)'", "其中“{0}”的校验码不符"),
        (r"File name in directory .* differ\.?", "压缩目录与内容不一致"),
        (r"Overlapped entries: .*", "其中的文件互相重叠"),
        (r"(?:Truncated|Bad|Corrupt) .*", "压缩目录已损坏"),
        (r"Error -?\d+ while decompressing data.*", "压缩的内容已损坏"),
        (r".*compression .*not supported.*|compression type .*", "压缩方式不受支持"),
        (r"Compressed file ended before .*", "文件不完整"),
        (r"[\"']*There is no item named '(.*)' in the archive[\"']*", "其中缺少“{0}”"),
        (r"DOCTYPE", "含有 DOCTYPE，不予读取"),
        (r"no element found: line (\d+), column (\d+)", "XML 不完整（第 {0} 行第 {1} 列）"),
        (r"[^:]*(?:\([^)]*\))?: line (\d+), column (\d+)", "XML 第 {0} 行第 {1} 列有误"),
        (r"Cannot detect file format", "无法识别其中的内容，文件可能不完整"),
    )
]
_TORN = Words("内容残缺，无法读取", "its content is damaged and can't be read")


def saying(error: Exception) -> Words:
    """Return what an error says of a file."""
    if isinstance(error, OSError) and error.strerror:
        return Words(_SYSTEM.get(error.errno or 0, error.strerror), error.strerror)
    if isinstance(error, EOFError):
        return Words("文件不完整", str(error) or "it ends too early")
    text = str(error) or type(error).__name__
    for pattern, zh in _SAID:
        if found := pattern.fullmatch(text):
            return Words(zh.format(*found.groups()), text)
    return Words(text, text)


@contextmanager
def workbook_read() -> Iterator[None]:
    """Say what the reader of workbooks finds wrong. Raises PasswordProtected, BrokenWorkbook.

    Where it stumbles itself over a torn file that is no Exception of Python's, and nobody above would catch it.
    """
    try:
        yield
    except PasswordError as error:
        raise refusals.PasswordProtected from error
    except CalamineError as error:
        raise refusals.BrokenWorkbook(why=saying(error)) from error
    except BaseException as error:  # only to ask for its name: all but the panic is raised again
        if type(error).__name__ != "PanicException":
            raise
        raise refusals.BrokenWorkbook(why=_TORN) from None
