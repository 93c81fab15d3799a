"""Names for people who don't exist, the same at every run: common surnames and given-name characters."""

import random
from collections.abc import Iterator

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
_GIVEN = (
    "雨晴子涵浩然欣怡梓萱俊杰思远诗语博文佳宁宇航若曦明轩雅静天佑嘉懿书瑶立诚清和安澜知微景行望舒星河南乔"
)
_ENGLISH = (
    "Alex",
    "Blair",
    "Casey",
    "Devon",
    "Ellis",
    "Finley",
    "Harper",
    "Jamie",
    "Kendall",
    "Logan",
    "Morgan",
    "Quinn",
)
_MADE_UP = ("Sample", "Example", "Placeholder", "Specimen")


def chinese(seed: int) -> Iterator[str]:
    """Yield Chinese names without end, none twice."""
    chance, seen = random.Random(seed), set[str]()  # noqa: S311 (names for a demo, not secrets)
    while True:
        given = "".join(chance.sample(_GIVEN, chance.choice((1, 2, 2, 2))))
        name = chance.choice(_SURNAMES) + given
        if name not in seen:
            seen.add(name)
            yield name


def english() -> Iterator[str]:
    """Yield English names that say of themselves that they are made up, none twice."""
    for last in _MADE_UP:
        for first in _ENGLISH:
            yield f"{first} {last}"
