"""An import's outcome for people and for programs."""

import json
import re
from collections.abc import Iterator

from raincheck.migration.fields import DATES, PERSONAL, WORDS
from raincheck.migration.files.cells import plain
from raincheck.migration.importing import Errand
from raincheck.migration.kinds.names import KIND_WORDS
from raincheck.migration.outcome import SHOWN, Outcome, mapping_of
from raincheck.migration.rows.drafts import Rejection
from raincheck.migration.rows.survey import Study
from raincheck.migration.words import letter

#: What may be a number or address in a column it doesn't belong to.
_REACHES = re.compile(r"@|(?:\d\D{0,2}){7}")
#: A date as most write it, with or without a time: in a column of dates it is none.
_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")


def as_json(outcome: Outcome, study: Study) -> str:
    """Return `{kind, rows_in, loaded, rejected, unchanged, warnings, mapping, rejections_file}`.

    `warnings` are sentences in both languages, each led by its code; `mapping` has one object a column.
    """
    file = outcome.rejections_file
    figures = {
        "kind": study.kind,
        "rows_in": outcome.rows_in,
        "loaded": outcome.loaded,
        "rejected": outcome.rejected,
        "unchanged": outcome.unchanged,
        "warnings": [f"{said['code']}: {said['zh']} / {said['en']}" for said in outcome.notices.all()],
        "mapping": mapping_of(study),
        "rejections_file": str(file) if file else None,
    }
    return json.dumps(figures, ensure_ascii=False, indent=2)


def as_text(outcome: Outcome, study: Study, errand: Errand) -> str:
    """Return what is shown on a terminal; phone, mail and ID number aren't."""
    return "\n".join(_lines(outcome, study, errand))


def _lines(outcome: Outcome, study: Study, errand: Errand) -> Iterator[str]:
    yield f"文件 / File: {errand.source.path}  ({study.table.about})"
    yield f"内容 / Kind: {KIND_WORDS[study.kind]}"
    yield f"企业 / Company: {errand.company.strip()} ({outcome.company})    时区 / Zone: {errand.zone.key}"
    yield "\n列的对应 / Columns:"
    yield from _columns(study)
    if outcome.resumed_after:
        row = outcome.resumed_after
        yield f"\n从第 {row} 行之后继续，此前的部分上次已载入"
        yield f"Went on behind row {row}: what is before it was loaded last time"
    notices = outcome.notices.all()
    if notices:
        yield "\n提醒 / Warnings:"
        yield from (f"  - {said['zh']}\n    {said['en']}" for said in notices)
    if outcome.first:
        yield "\n拒绝的行 / Rejected rows:"
        yield from (_rejection(rejection) for rejection in outcome.first)
        if outcome.rejected > SHOWN:
            yield "  …"
        yield f"  全部见 / All of them: {outcome.rejections_file}"
    rows, loaded, rejected, unchanged = outcome.rows_in, outcome.loaded, outcome.rejected, outcome.unchanged
    yield f"\n共 {rows} 行 = 载入 {loaded} + 拒绝 {rejected} + 未变 {unchanged}"
    yield f"{rows} rows = {loaded} loaded + {rejected} rejected + {unchanged} unchanged"
    yield _conclusion(outcome, errand)


def _columns(study: Study) -> Iterator[str]:
    for column in study.mapping.columns:
        if column.field is not None:
            heading = " ".join(column.heading.split())
            order = study.orders.get(column.field)
            shown = f"  [{order.code}]" if order is not None and order.code else ""
            yield f"  {letter(column.index):>3}  {heading} → {WORDS[column.field]}{shown}  ({column.why})"
    unused = [
        f"{letter(c.index)} {' '.join(c.heading.split())[:30]}".strip()
        for c in study.mapping.columns
        if c.field is None
    ]
    if unused:
        yield f"  未用于字段，随原始行加密保存 / no field, kept sealed with the row: {'; '.join(unused)}"


def _rejection(rejection: Rejection) -> str:
    text = plain(rejection.value)
    reaches = _REACHES.search(text) and not (rejection.field in DATES and _DATE.fullmatch(text))
    value = "***" if rejection.field in PERSONAL or reaches else rejection.value[:60]
    column = rejection.column[:30]
    return f"  行 / row {rejection.row}  {column}  “{value}”  {rejection.fault.words}"


def _conclusion(outcome: Outcome, errand: Errand) -> str:
    if not errand.for_good:
        return "试运行，没有改动任何数据；确认后以 --yes 执行 / Dry run: nothing was changed. Run it with --yes to load"
    if outcome.loaded:
        return "已载入 / Loaded"
    return "没有可载入的行，没有改动任何数据 / There was nothing to load; nothing was changed"
