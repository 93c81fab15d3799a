"""`raincheck audit verify | checkpoint | witness | stamp | key | proof | consistency | expire`: the proof, by shell.

Verifying ends with 0 when all is sound, 1 when something is wrong, 2 when there is nothing to verify against.
"""

import base64
import json
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from raincheck.core.terminal import say
from raincheck.hosting import BadSetting
from raincheck.shell import in_the_house, module, text_of

#: So many findings of a kind are written out for people.
SHOWN = 20


@in_the_house
def verify(args: Namespace) -> int:
    """Verify the whole trail against checkpoints kept outside the database."""
    verifying, shelf, notes = module("audit.verifying"), module("audit.shelf"), module("audit.notes")
    verifier = notes.Verifier.read(args.key) if args.key else notes.signer().verifier
    paths = [Path(name) for name in args.checkpoint]
    wrong = []
    checkpoints = [] if paths else shelf.all_of(verifier)
    stamped = []
    for path in paths:
        try:
            note, beside_it = _note_of(path, str(verifier))
            checkpoints.append(notes.Checkpoint.read(note, verifier))
            stamped += beside_it
        except (notes.NotOurs, module("audit.verify_receipt").Wrong) as error:
            wrong.append(module("audit.findings").Finding("checkpoint_not_ours", detail=f"{path}: {error}"))
    if not checkpoints and not wrong:
        say("没有检查点可供比对 / no checkpoint to verify against", to=sys.stderr)
        return 2
    beside = shelf.leaves_beside(paths[0] if paths else shelf.folder() / shelf.NEWEST)
    with _one_moment():
        report = verifying.verify(checkpoints=checkpoints, verifier=verifier, leaves=beside, stamped=stamped)
    report.findings[:0] = wrong
    say(json.dumps(_as_json(report), ensure_ascii=False, indent=2) if args.json else _as_text(report))
    return 0 if report.sound else 1


def _note_of(path: Path, key: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the checkpoint that a file is, or that the proofs in a PDF, a proof or a receipt lead to, and its stamps.

    Those are checked first, as whoever was given them would. Raises Wrong, BadSetting.
    """
    checker = module("audit.verify_receipt")
    content = _content(path)
    if content.startswith(b"%PDF"):
        checker.check_pdf(content, key)
        stamp = checker.stamp_in(content)
        return str(checker.proofs_in(content)["checkpoint"]), [stamp[1:]] if stamp else []
    text = text_of(str(path))
    if not text.lstrip().startswith("{"):
        token = module("audit.shelf").stamp_beside(path)
        return text, [(text, token)] if token else []
    try:
        receipt = json.loads(text)
        checker.check(receipt, key)
        stamp = checker.stamp_of(receipt, key)
        return str((receipt["proof"] or {}).get("checkpoint", "")), [stamp[1:]] if stamp else []
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise BadSetting(f"无法读取 / can't be read: {path}") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSetting(f"无法读取 / can't be read: {path}") from error


def _one_moment() -> Any:
    """Open the scope that reads all entries, all of one snapshot though sealing goes on."""
    connection: Any = module("audit.sealing").connection
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    scope = module("core.scope")
    return scope.system_scope(scope.Purpose.SEAL)


def _as_json(report: Any) -> dict[str, Any]:
    return {
        "sound": report.sound,
        "entries": report.entries,
        "sealed": report.sealed,
        "covered": report.covered,
        "expired": report.expired,
        "unsealed": report.unsealed,
        "unsealed_at": report.unsealed_at.isoformat() if report.unsealed_at else None,
        "stamps": {
            "sound": report.stamps.sound,
            "covered": report.stamps.size,
            "at": report.stamps.at.isoformat() if report.stamps.at else None,
            "unjudged": report.stamps.unjudged,
        },
        "findings": [
            {**vars(f), "entry_id": str(f.entry_id) if f.entry_id else None} for f in report.findings
        ],
    }


def _as_text(report: Any) -> str:
    zh = f"记录 {report.entries}，已封存 {report.sealed}，检查点覆盖 {report.covered}，到期清除 {report.expired}"
    en = f"{report.entries} entries, {report.sealed} sealed, {report.covered} covered, {report.expired} expired"
    open_zh = f"未封存 {report.unsealed}{_since(report)}"
    lines = [f"{zh} / {en}", f"{open_zh} / {report.unsealed} not sealed yet: nothing proves these"]
    lines += _stamps_as_text(report.stamps)
    lines += _findings_as_text(report.findings)
    count = len(report.findings)
    lines.append(
        "记录完整，未被改动 / The trail is sound." if not count else f"发现 {count} 处 / {count} found."
    )
    return "\n".join(lines)


def _findings_as_text(findings: Sequence[Any]) -> Iterator[str]:
    """Yield a line a finding, as long as there are few of its kind; of many the first ones, and how many more."""
    kinds = Counter(finding.kind for finding in findings)
    # Dated back may be innocent, and stands behind what isn't.
    for kind, count in sorted(kinds.items(), key=lambda one: one[0] == "dated_back"):
        for finding in [one for one in findings if one.kind == kind][:SHOWN]:
            at = "" if finding.index is None else f" leaf {finding.index}"
            whose = f" entry {finding.entry_id}" if finding.entry_id else ""
            yield f"✗ {kind}{at}{whose}: {finding.detail}"
        if count > SHOWN:
            more = count - SHOWN
            yield f"✗ {kind}: 另有 {more} 处，--json 全部列出 / {more} more of these; --json lists them all"
        if kind == "dated_back":
            yield "  超过15分钟的事务所写的也会如此 / so is what a transaction of more than 15 minutes wrote"


def _stamps_as_text(stamps: Any) -> list[str]:
    lines = []
    if stamps.sound:
        at = f"{stamps.at:%Y-%m-%d %H:%M:%S} UTC"
        zh = f"时间戳 {stamps.sound} 个，最近一个证明前 {stamps.size} 条在 {at} 已存在"
        lines.append(f"{zh} / {stamps.sound} time-stamps, the last: {stamps.size} entries were there {at}")
    if stamps.unjudged:
        zh = f"{stamps.unjudged} 个时间戳无法核对：未设置 RAINCHECK_TSA_ROOT"
        lines.append(f"{zh} / {stamps.unjudged} time-stamps can't be judged: RAINCHECK_TSA_ROOT isn't set")
    return lines


def _since(report: Any) -> str:
    return f"（{report.unsealed_at:%Y-%m-%d %H:%M:%S} UTC）" if report.unsealed_at else ""


@in_the_house
def checkpoint(args: Namespace) -> int:
    """Seal what can be sealed and print the newest checkpoint."""
    sealing, scope = module("audit.sealing"), module("core.scope")
    try:
        sealing.seal(thorough=True)
    except sealing.Forked as error:
        say(f"未签署 / not signed: {error}", to=sys.stderr)
        return 1
    with scope.system_scope(scope.Purpose.SEAL):
        seal = module("audit.proving").newest()
    if seal is None:
        say("还没有任何记录 / nothing to seal yet", to=sys.stderr)
        return 2
    say(seal.note.rstrip("\n"))
    return 0


@in_the_house
def witness(args: Namespace) -> int:
    """Have the newest checkpoint witnessed now; or say when a file's was, and by whom, with the key given."""
    notes, witnesses = module("audit.notes"), module("audit.witness")
    try:
        if args.check:
            other = witnesses.Witness.read("", args.witness_key)
            note = text_of(args.check)
            verifier = notes.Verifier.read(args.key) if args.key else notes.signer().verifier
            return _witnessed(other.name, notes.Checkpoint.read(note, verifier).size, other.saw(note))
        other = witnesses.Witness.of_settings()
        found = None if other is None else witnesses.show(other)
    except (notes.NotOurs, witnesses.NotWitnessed) as error:
        say(f"未见证 / not witnessed: {error}", to=sys.stderr)
        return 1
    if other is None or found is None:
        say("未设置见证方，或还没有记录 / no witness is set, or nothing is sealed yet", to=sys.stderr)
        return 2
    return _witnessed(other.name, found[0].size, found[1])


def _witnessed(name: str, size: int, at: datetime) -> int:
    say(f"{name} 于 {at:%Y-%m-%d %H:%M:%S} UTC 见证了 {size} 条记录 / saw {size} entries")
    return 0


@in_the_house
def stamp(args: Namespace) -> int:
    """Have the newest checkpoint time-stamped now; or say when a file's was, by whom one trusts."""
    stamping = module("audit.stamping")
    try:
        if args.check:
            trust = stamping.Trust.read(args.root) if args.root else stamping.Trust.of_settings()
            token = module("audit.shelf").stamp_beside(Path(args.check))
            if trust is None or not token:
                say("缺少 .tsr 文件或 --root / no .tsr beside it, or no --root", to=sys.stderr)
                return 2
            return _stamped(None, trust.time_of(token, text_of(args.check)))
        authority = stamping.Authority.of_settings()
        found = None if authority is None else stamping.stamp(authority)
    except stamping.NotStamped as error:
        say(f"未加盖时间戳 / not time-stamped: {error}", to=sys.stderr)
        return 1
    if found is None:
        say("未设置时间戳机构，或还没有记录 / no authority is set, or nothing is sealed yet", to=sys.stderr)
        return 2
    return _stamped(found.size, found.stamped_at)


def _stamped(size: int | None, at: datetime) -> int:
    zh, en = ("", "it was there") if size is None else (f"前 {size} 条，", f"{size} entries were there")
    say(f"时间戳：{zh}{at:%Y-%m-%d %H:%M:%S} UTC / {en} then")
    return 0


@in_the_house
def key(args: Namespace) -> None:
    """Print the verifier key."""
    say(str(module("audit.notes").signer().verifier))


@in_the_house
def proof(args: Namespace) -> int:
    """Print an entry's proof of inclusion, with the first time-stamp that covers it."""
    scope, models = module("core.scope"), module("audit.models")
    try:
        with scope.system_scope(scope.Purpose.SEAL):
            entry = models.Entry.objects.get(id=_uuid(args.entry))
            whole = module("audit.proving").proof_of(entry)
    except (models.Entry.DoesNotExist, module("core.errors").NotFound):
        say("没有这条记录，或尚未封存 / no such entry, or not sealed yet", to=sys.stderr)
        return 1
    say(json.dumps(whole, ensure_ascii=False, indent=2))
    return 0


@in_the_house
def consistency(args: Namespace) -> int:
    """Print the proof that a later checkpoint only adds to an earlier one, once it is found to hold."""
    notes, merkle, scope = module("audit.notes"), module("audit.merkle"), module("core.scope")
    verifier = notes.Verifier.read(args.key) if args.key else notes.signer().verifier
    try:
        old, new = (notes.Checkpoint.read(text_of(name), verifier) for name in (args.earlier, args.later))
        with scope.system_scope(scope.Purpose.SEAL):
            found = module("audit.proving").consistency(old.size, new.size)
    except (notes.NotOurs, IndexError) as error:
        say(f"不成立 / does not hold: {error}", to=sys.stderr)
        return 1
    path = [base64.b64decode(step) for step in found["path"]]
    if not merkle.extends(earlier=old.size, earlier_root=old.root, size=new.size, root=new.root, path=path):
        say("后者并非前者的延续 / the later one does not extend the earlier", to=sys.stderr)
        return 1
    say(json.dumps(found, indent=2))
    return 0


@in_the_house
def expire(args: Namespace) -> int:
    """Drop the texts of what was sealed before a day; hashes stay."""
    scope, models, expiring = module("core.scope"), module("accounts.models"), module("audit.expiring")
    try:
        before = datetime.strptime(args.before, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadSetting(f"--before: {error}") from error
    with scope.system_scope(scope.Purpose.OPERATIONS) as now:
        companies = list(models.Company.objects.values_list("id", flat=True))
    if before > now + timedelta(days=1):
        # A slip of the hand, and what was dropped nobody brings back.
        raise BadSetting(f"--before: {args.before} is yet to come")
    try:
        below = expiring.expire(
            before=before, companies=companies, key=module("audit.notes").signer(), now=now
        )
    except expiring.NothingToExpire:
        say("没有更早封存的记录 / nothing was sealed before that", to=sys.stderr)
        return 1
    say(f"已清除前 {below} 条的内容，哈希保留 / dropped the texts of the first {below}; their hashes stay")
    return 0


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadSetting(f"{text}: {error}") from error
