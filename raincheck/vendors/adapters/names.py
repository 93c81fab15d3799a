"""A person's one name as the two that many vendors want."""

# The usual surnames of two characters: whoever bears one would be called by half of it.
_COMPOUND = (
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 夏侯 "
    "司徒 长孙 宇文 轩辕 独孤 南宫 端木 西门 申屠 百里 呼延"
)


def first_and_last(name: str) -> tuple[str, str]:
    """Return given name and surname: `("Ada", "King")` of “Ada King”, `("测试", "李")` of “李测试”.

    Neither is empty unless the name is: where there is but one word, it is both.
    """
    words = name.split()
    if len(words) > 1:
        return " ".join(words[:-1]), words[-1]
    whole = name.strip()
    surname = whole[:2] if whole[:2] in _COMPOUND else whole[:1]
    given = whole.removeprefix(surname)
    chinese = all("\u3400" <= letter <= "\u9fff" for letter in whole)
    return (given, surname) if chinese and given else (whole, whole)
