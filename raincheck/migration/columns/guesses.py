"""What one column may be, by its heading and its values together: a field, how sure, and why."""

import re
from dataclasses import replace

from rapidfuzz import fuzz, process

from raincheck.migration.columns.beside import beside
from raincheck.migration.columns.contents import BY_VALUES, CLOSED, ENOUGH, EXPECTED, KINDS, VARIED, Sight
from raincheck.migration.columns.headings import UNDER
from raincheck.migration.columns.lexicon import Reading, understand
from raincheck.migration.columns.sureness import ASK, JUST_UNSURE, SURE, Guess
from raincheck.migration.fields import DATES, KNOWN, WORDS, Field, in_both_scripts, key_of, without_brackets
from raincheck.migration.files.cells import plain
from raincheck.migration.kinds.names import Kind
from raincheck.migration.kinds.speech import SPEECHES, Known, Speech
from raincheck.migration.words import Words

#: A heading so near to a known one is it, with a slip of the keys; shorter ones are too easily another word.
_NEAR, _LONG_ENOUGH = 88.0, 6
_HEADING, _VALUES = 0.62, 0.38
#: What values count for that can't tell, being any text or none at all.
_SILENT = 0.7
_ALONE = 0.7
_ALONE_SHARE = 0.9
_LATIN, _CHINESE = re.compile("[A-Za-z]+"), re.compile("[\u3400-\u9fff]+")


#: When an interview was held says when it was planned only where nothing else does.
_HELD = frozenset(
    map(
        key_of,
        [
            "started at",
            "actual start",
            "actual start time",
            "实际开始时间",
            "答题开始时间",
            "作答开始时间",
            "开始作答时间",
        ],
    )
)


def guess(heading: str, sight: Sight, speech: Speech = SPEECHES[Kind.INTERVIEWS]) -> Guess | None:
    """Return what the column most likely is in a file of this kind; None where nothing speaks for any field."""
    if speech.kind is Kind.INTERVIEWS and (found := beside(heading, sight)):
        return found
    own = _listed(heading, speech.known)
    if own is not None:
        return _in_its_words(_weighed(_by_half(own, sight), sight), sight)
    found = _in_general(heading, sight)
    meant = speech.heard(found.field) if found else None
    return _in_its_words(replace(found, field=meant), sight) if found and meant else None


def _in_its_words(found: Guess, sight: Sight) -> Guess | None:
    """Have a person asked where none of the values is a word that the field has: 状态 may be of a job held.

    A column of people's names is nobody's who cancels, whatever its heading: 申请人.
    """
    if found.field is Field.CANCELLED_BY and sight.plainly_people:
        return None
    if (
        found.field not in CLOSED
        or sight.seen < ENOUGH
        or found.confidence <= ASK
        or sight.agrees(found.field)
    ):
        return found
    said, kind = WORDS[found.field], KINDS[EXPECTED[found.field][0]].words
    why = Words(
        f"标题是{said.zh}，内容中却没有一个{kind.zh}",
        f"the heading says {said.en}, but none of the values are {kind.en}",
    )
    return Guess(found.field, ASK, why)


def _in_general(heading: str, sight: Sight) -> Guess | None:
    listed = _listed(heading)
    if listed is not None:
        return _weighed(_by_half(listed, sight), sight)
    if key_of(heading) in _HELD and sight.agrees(Field.START):
        why = Words(
            "这是实际开始的时间，不是约定的", "it is when the interview was begun, not when it was to be"
        )
        return Guess(Field.START, ASK, why)
    reading = understand(heading)
    if reading.somebody_elses:
        return None
    understood = _understood(heading, reading)
    named = [
        _together(one, sight)
        for one in (_below(heading), None if reading.spelt else _misspelt(heading))
        if one
    ]
    if understood:
        named.append(_of_whom(_together(understood, sight), reading))
    return max(named, key=lambda one: one.confidence, default=None) or _by_values(sight)


def _listed(heading: str, among: Known = KNOWN) -> Guess | None:
    for text, zh, en, sure in (
        (heading, "标题写法略有不同", "known but for case, blanks or punctuation", 0.98),
        (without_brackets(heading), "去掉括号后是已知标题", "known without its brackets", 0.95),
    ):
        known = among.get(key_of(text))
        if known:
            field, rank, spelling = known
            if plain(heading).casefold() == spelling.casefold():
                return Guess(field, 1.0, Words("已知标题", "a known heading"), rank)
            return Guess(field, sure, Words(f"{zh}：{spelling}", f"{en}: {spelling}"), rank)
    return _in_two_languages(heading, among)


def _in_two_languages(heading: str, among: Known) -> Guess | None:
    """Know a heading said twice, 應徵者 Candidate, if either half is known and the other says nothing else."""
    key = key_of(without_brackets(heading)) or key_of(heading)
    halves = in_both_scripts(key)
    if not all(halves):
        return None
    known = [among.get(half) for half in halves]
    found = [one for one in known if one]
    if not found or len({field for field, _, _ in found}) > 1:
        return None
    if len(found) == 1:
        other = _CHINESE.sub(" ", heading) if known[0] is None else _LATIN.sub(" ", heading)
        reading = understand(other)
        if reading.somebody_elses or (reading.words and reading.field is not found[0][0]):
            return None
    field, rank, spelling = min(found, key=lambda one: one[1])
    return Guess(
        field,
        0.9,
        Words(f"两种语言的已知标题：{spelling}", f"known, said in two languages: {spelling}"),
        rank,
    )


def _by_half(found: Guess, sight: Sight) -> Guess:
    """Take a 时段 full of 上午 and 下午 for the half of the day that it is."""
    if found.field is not Field.TIME or sight.shares["half"] < _ALONE_SHARE:
        return found
    why = Words(
        "标题是时段，内容是上午或下午", "a time of day by its heading, but the values are halves of it"
    )
    return replace(found, field=Field.HALF, why=why)


def _weighed(listed: Guess, sight: Sight) -> Guess:
    """Let a known heading count, unless its values are plainly something else: then a person is asked."""
    against = sight.contradicts(listed.field)
    if not against:
        return listed
    said, seen = WORDS[listed.field], KINDS[against].words
    why = Words(
        f"标题是{said.zh}，内容却是{seen.zh}", f"the heading says {said.en}, but the values are {seen.en}"
    )
    return Guess(listed.field, ASK, why)


def _understood(heading: str, reading: Reading) -> Guess | None:
    if reading.field is None:
        return None
    words = WORDS[reading.field]
    why = Words(f"标题的意思是{words.zh}", f"the heading's words mean {words.en}")
    # The second phone of a person isn't how they are reached first.
    # Of several interviews in one row none comes first, so that a person is asked.
    later = 0.2 if reading.number > 1 and reading.field not in DATES else 0.0
    return Guess(reading.field, reading.sureness - later, why)


def _of_whom(found: Guess, reading: Reading) -> Guess:
    """Have a person asked where a word isn't known, however well the values fit: 辅导员手机 is somebody's phone."""
    if not reading.strange or found.confidence < SURE:
        return found
    why = Words(
        f"{found.why.zh}，但标题中有不认识的词", f"{found.why.en}, but a word of the heading isn't known"
    )
    return replace(found, confidence=JUST_UNSURE, why=why)


def _below(heading: str) -> Guess | None:
    """Know a heading below a group's name that is nobody else's: 基本信息 › 手机."""
    group, under, below = heading.rpartition(UNDER)
    listed = _listed(below) if under else None
    if listed is None:
        return None
    why = Words(f"“{group}”之下的已知标题", f"a known heading below “{group}”")
    return Guess(listed.field, 0.9, why)


def _misspelt(heading: str) -> Guess | None:
    key = key_of(heading)
    if len(key) < _LONG_ENOUGH:
        return None
    # What lacks a whole word is no slip: Canceled isn't Canceled at.
    alike = [known for known in KNOWN if abs(len(known) - len(key)) <= 1]
    near = process.extractOne(key, alike, scorer=fuzz.ratio, score_cutoff=_NEAR)
    if near is None:
        return None
    field, _, spelling = KNOWN[near[0]]
    why = Words(f"与已知标题“{spelling}”几乎相同", f"nearly the known heading “{spelling}”")
    return Guess(field, near[1] / 100 * 0.95, why)


def _together(named: Guess, sight: Sight) -> Guess:
    """Put heading and values together."""
    agrees = sight.agrees(named.field)
    silent = agrees is None
    confidence = _HEADING * named.confidence + _VALUES * (_SILENT if agrees is None else agrees)
    if silent or named.field not in EXPECTED:
        return Guess(named.field, confidence, named.why)
    kind = KINDS[max(EXPECTED[named.field], key=lambda name: sight.shares[name])].words
    why = Words(
        f"{named.why.zh}，{agrees:.0%} 的内容是{kind.zh}",
        f"{named.why.en}, and {agrees:.0%} of the values are {kind.en}",
    )
    return Guess(named.field, confidence, why)


def _by_values(sight: Sight) -> Guess | None:
    """Have a person asked about what only the values say: whose phone it is stands in no phone number."""
    for field, values in BY_VALUES.items():
        share = sight.shares[values]
        several = field not in VARIED or sight.distinct > 1
        if share >= _ALONE_SHARE and several:
            kind = KINDS[values].words
            why = Words(
                f"仅凭内容：{share:.0%} 是{kind.zh}", f"by its values alone: {share:.0%} are {kind.en}"
            )
            return Guess(field, _ALONE * share, why)
    return None
