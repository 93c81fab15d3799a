"""Check a receipt, a proof or a PDF from Raincheck. One file, Python 3.9 or newer, no network, no library.

    python3 verify_receipt.py receipt.json --key 'raincheck.audit/…+…+…' --stamp stamped
    python3 verify_receipt.py audit.pdf --key '…' --entries --stamp stamped
    python3 verify_receipt.py consistency.json --key '…' --earlier yours.checkpoint
    python3 verify_receipt.py retention.json --key '…'

Of a PDF the signature over the whole file is checked, and the proof of every entry that is attached to it; with
--entries each is printed, to be held against what is on paper. Where a time-stamp (RFC 3161) lies in a PDF, receipt or
proof, it is shown to be of a checkpoint that the proof goes on from, and a receipt's or proof's to cover the entry;
--stamp writes both to files, for openssl to check the stamp.

The key is the verifier key the company publishes (also in the receipt itself; without --key that one is believed,
and all that is shown is that the receipt agrees with itself). Ends with 0 when all of it holds, 1 when anything
doesn't, 2 when there is nothing to check.
检查取消回执：单个文件，只需Python 3.9以上，不依赖Raincheck，不联网。

Ed25519 by RFC 8032, the tree by RFC 6962 and RFC 9162, the checkpoint by C2SP signed-note and tlog-checkpoint.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from datetime import datetime, timedelta, timezone

PROMISE = {"type", "verifier", "entry", "hash", "sealed_within_seconds", "signature", "proof"}
PLAIN = {"type", "entry", "proof"}
PROOF = {"leaf", "index", "size", "path", "checkpoint"}
PROOFS = {"type", "verifier", "size", "checkpoint", "proofs", "unsealed"}
STAMP = {"checkpoint", "token", "path"}
GROWN = {"type", "earlier", "later", "path", "checkpoint"}
DELETED = {"type", "run", "begun_at", "result", "ids", "entry", "proof"}
# In a PDF: where the signature stands, and the attachment that holds the proofs.
SIGNATURE = re.compile(rb"raincheck-signature:([A-Za-z0-9+/]{86}==)")
BLANK = b"raincheck-signature:" + b"0" * 88
ATTACHED = re.compile(rb'stream\r?\n(\{"type":"raincheck-proofs/[12]",[^\r\n]*\})\r?\n?endstream')


class Wrong(Exception):
    """Something doesn't hold; the message says what."""


# Ed25519 (RFC 8032 §5.1.7), for checking alone: nothing here is secret, so nothing need take the same time.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def plus(a, b):
    """Add two points in extended coordinates."""
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    """Add a point to itself so many times."""
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = plus(total, point)
        point, number = plus(point, point), number >> 1
    return total


def same(a, b):
    """Say whether two points are the same."""
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_of(data):
    """Decode a point. Raises Wrong."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        raise Wrong("no point of the curve")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        raise Wrong("no point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = point_of(BASE_Y.to_bytes(32, "little"))


def check_signature(public, message, signature):
    """Raise Wrong unless the signature over the message is this key's."""
    if len(public) != 32 or len(signature) != 64:
        raise Wrong("a key or a signature has the wrong length")
    number = int.from_bytes(signature[32:], "little")
    if number >= ORDER:
        raise Wrong("the signature is wrong")
    key, commitment = point_of(public), point_of(signature[:32])
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    if not same(times(number, BASE), plus(commitment, times(challenge, key))):
        raise Wrong("the signature is wrong")


# The key, the checkpoint, the tree.


def decoded(text):
    """Return what base64 stands for. Raises Wrong."""
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError) as error:
        raise Wrong("something isn't base64") from error


def key_of(text):
    """Return the name, the four bytes of the id, and the public key of a verifier key. Raises Wrong."""
    name, _, rest = text.strip().partition("+")
    shown, _, encoded = rest.partition("+")
    key = decoded(encoded)
    key_id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if len(key) != 33 or key[:1] != b"\x01" or key_id.hex() != shown:
        raise Wrong("no verifier key")
    return name, key_id, key[1:]


def checkpoint_of(note, verifier):
    """Return size, root and time that a checkpoint signs. Raises Wrong."""
    name, key_id, public = verifier
    text, separator, signatures = note.rpartition("\n\n")
    ours = [line.split(" ") for line in signatures.splitlines() if line.startswith("— " + name + " ")]
    if not separator or len(ours) != 1 or len(ours[0]) != 3 or not signatures.endswith("\n"):
        raise Wrong("the checkpoint isn't signed with this key")
    signature = decoded(ours[0][2])
    if signature[:4] != key_id:
        raise Wrong("the checkpoint isn't signed with this key")
    check_signature(public, (text + "\n").encode(), signature[4:])
    lines = text.split("\n")
    if len(lines) != 4 or lines[0] != name or not lines[3].startswith("time "):
        raise Wrong("no checkpoint of this log")
    return int(lines[1]), decoded(lines[2]), int(lines[3][len("time ") :])


def root_from(leaf, index, size, path):
    """Return the root that a leaf's path leads to (RFC 9162 §2.1.3.2). Raises Wrong."""
    if not 0 <= index < size:
        raise Wrong("the entry's place lies outside the log")
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0 or len(step) != 32:
            raise Wrong("the path is too long")
        if place % 2 or place == last:
            found = hashlib.sha256(b"\x01" + step + found).digest()
            while place and not place % 2:
                place, last = place >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + step).digest()
        place, last = place >> 1, last >> 1
    if last:
        raise Wrong("the path is too short")
    return found


def grown(earlier, earlier_root, size, root, path):
    """Say whether the log of `size` begins with the earlier one (RFC 9162 §2.1.4.2)."""
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not path and earlier_root == root
    steps = list(path) if earlier & (earlier - 1) else [earlier_root, *path]
    place, last = earlier - 1, size - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old = new = steps[0] if steps else b""
    for step in steps[1:]:
        if last == 0 or len(step) != 32:
            return False
        if place % 2 or place == last:
            old = hashlib.sha256(b"\x01" + step + old).digest()
            new = hashlib.sha256(b"\x01" + step + new).digest()
            while place and not place % 2:
                place, last = place >> 1, last >> 1
        else:
            new = hashlib.sha256(b"\x01" + new + step).digest()
        place, last = place >> 1, last >> 1
    return last == 0 and old == earlier_root and new == root


def check_grown(proof, note, key):
    """Return (size of the checkpoint one has kept, size of the later, its time) if the log only grew. Raises Wrong."""
    if key is None or note is None:
        raise Wrong("a proof of consistency needs --key, and --earlier with the checkpoint you kept")
    if set(proof) != GROWN:
        raise Wrong("no proof of a kind that this program knows")
    verifier = key_of(key)
    earlier, earlier_root, _ = checkpoint_of(note, verifier)
    later, root, time = checkpoint_of(proof["checkpoint"], verifier)
    if (proof["earlier"], proof["later"]) != (earlier, later):
        raise Wrong("the proof speaks of other checkpoints than these")
    if not grown(earlier, earlier_root, later, root, [decoded(step) for step in proof["path"]]):
        raise Wrong("the later checkpoint doesn't go on from yours")
    return earlier, later, time


# The receipt.


def check(receipt, key=None):
    """Return (entry, time of the checkpoint or None) of a receipt or proof that holds. Raises Wrong."""
    if not isinstance(receipt, dict):
        raise Wrong("no receipt")
    kind, _, number = str(receipt.get("type")).partition("/")
    fields = {"raincheck-receipt": PROMISE, "raincheck-proof": PLAIN}.get(kind, set())
    if number not in ("1", "2") or set(receipt) != fields | ({"stamp"} if number == "2" else set()):
        raise Wrong("no receipt of a kind that this program knows")
    promised = kind == "raincheck-receipt"
    if not promised and key is None:
        raise Wrong("a proof needs --key")
    if key is not None and promised and receipt["verifier"] != key.strip():
        raise Wrong("signed with another key than yours")
    verifier = key_of(key or receipt["verifier"])
    leaf = hashlib.sha256(b"\x00" + receipt["entry"].encode()).digest()
    if promised:
        kept = {name: receipt[name] for name in PROMISE - {"signature", "proof"}}
        text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        check_signature(verifier[2], text.encode(), decoded(receipt["signature"]))
        if decoded(receipt["hash"]) != leaf:
            raise Wrong("the hash isn't the entry's")
    sealed_at = (
        None if promised and receipt["proof"] is None else check_proof(receipt["proof"], leaf, verifier)
    )
    if (
        number == "2"
        and check_stamp(receipt["stamp"], receipt["proof"], verifier)[0] <= receipt["proof"]["index"]
    ):
        raise Wrong("the time-stamp is of a time before the entry")
    return json.loads(receipt["entry"]), sealed_at


def check_proof(proof, leaf, verifier):
    """Return when the checkpoint was signed that the leaf is proven to be in. Raises Wrong."""
    if not isinstance(proof, dict) or set(proof) != PROOF:
        raise Wrong("no proof")
    size, root, time = checkpoint_of(proof["checkpoint"], verifier)
    if type(proof["index"]) is not int or type(proof["size"]) is not int or proof["size"] != size:
        raise Wrong("the proof speaks of another log than the checkpoint")
    if decoded(proof["leaf"]) != leaf:
        raise Wrong("the proof is of another entry")
    if root_from(leaf, proof["index"], size, [decoded(step) for step in proof["path"]]) != root:
        raise Wrong("the path doesn't lead to the signed root")
    return time


def check_deleted(proof, key):
    """Return (entry, time of the checkpoint, how many ids by kind) of a proof of deletion that holds. Raises Wrong."""
    if set(proof) != DELETED or not isinstance(proof["ids"], dict) or not proof["entry"]:
        raise Wrong("no proof of a kind that this program knows")
    if proof["proof"] is None:
        raise Wrong("its entry isn't sealed yet; download the proof again later")
    entry, sealed_at = check(
        {"type": "raincheck-proof/1", "entry": proof["entry"], "proof": proof["proof"]}, key
    )
    kinds = entry["facts"]["kinds"] if entry["action"] == "retention.ran" else {}
    if entry["subject_id"] != proof["run"] or set(kinds) != set(proof["ids"]) or kinds != proof["result"]:
        raise Wrong("the entry is of another run")
    for kind, ids in proof["ids"].items():
        measured = hashlib.sha256("".join(one + "\n" for one in ids).encode()).hexdigest()
        if (len(ids), measured) != (kinds[kind]["gone"], kinds[kind]["sha256"]):
            raise Wrong(f"the ids of {kind} aren't those that went")
    return entry, sealed_at, {kind: len(ids) for kind, ids in proof["ids"].items()}


def proofs_in(document):
    """Return the proofs attached to a PDF. Raises Wrong."""
    found = ATTACHED.findall(document)
    if len(found) != 1:
        raise Wrong("no proofs are attached, or more than one lot")
    return known(json.loads(found[0]))


def known(proofs):
    """Return proofs that are of a kind we know. Raises Wrong."""
    more = {"stamp"} if isinstance(proofs, dict) and proofs["type"] == "raincheck-proofs/2" else set()
    if not isinstance(proofs, dict) or set(proofs) != PROOFS | more:
        raise Wrong("no proofs of a kind that this program knows")
    return proofs


def check_pdf(document, key=None):
    """Return (entries that are proven, entries that aren't sealed yet, time of the checkpoint). Raises Wrong."""
    proofs = proofs_in(document)
    verifier = verifier_of(proofs, key)
    signatures = SIGNATURE.findall(document)
    if len(signatures) != 1:
        raise Wrong("the document has no signature, or more than one")
    plain = document.replace(b"raincheck-signature:" + signatures[0], BLANK)
    check_signature(verifier[2], plain, decoded(signatures[0]))
    sealed, time = check_lot(proofs, verifier)
    return sealed, [json.loads(entry) for entry in proofs["unsealed"]], time


def verifier_of(proofs, key):
    """Return what the proofs are to be checked with. Raises Wrong if it isn't the key one was given."""
    if key is not None and proofs["verifier"] != key.strip():
        raise Wrong("signed with another key than yours")
    return key_of(proofs["verifier"])


def check_lot(proofs, verifier):
    """Return (entries that are proven, time of the checkpoint or None). Raises Wrong."""
    if not proofs["proofs"]:
        return [], None
    size, root, time = checkpoint_of(proofs["checkpoint"], verifier)
    for proof in proofs["proofs"]:
        leaf = hashlib.sha256(b"\x00" + proof["entry"].encode()).digest()
        path = [decoded(step) for step in proof["path"]]
        if type(proof["index"]) is not int or root_from(leaf, proof["index"], size, path) != root:
            raise Wrong("the path of an entry doesn't lead to the signed root")
    return [json.loads(proof["entry"]) for proof in proofs["proofs"]], time


def stamp_in(document):
    """Return (size, checkpoint, stamp) of the time-stamp in a PDF that holds, or None without one. Raises Wrong."""
    proofs = proofs_in(document)
    return None if "stamp" not in proofs else check_stamp(proofs["stamp"], proofs, key_of(proofs["verifier"]))


def stamp_of(receipt, key):
    """Return the same of the time-stamp in a receipt or proof that was checked with this key, or None. Raises Wrong."""
    return None if "stamp" not in receipt else check_stamp(receipt["stamp"], receipt["proof"], key_of(key))


def check_stamp(stamp, proof, verifier):
    """Return (size, checkpoint, stamp) of a time-stamp whose checkpoint the proof's goes on from. Raises Wrong.

    The stamp itself is the authority's word: it speaks of this checkpoint, and openssl says whether it is theirs.
    """
    if not isinstance(stamp, dict) or set(stamp) != STAMP:
        raise Wrong("no time-stamp of a kind that this program knows")
    size, root, _ = checkpoint_of(proof["checkpoint"], verifier)
    earlier, earlier_root, _ = checkpoint_of(stamp["checkpoint"], verifier)
    if not grown(earlier, earlier_root, size, root, [decoded(step) for step in stamp["path"]]):
        raise Wrong("the proof doesn't go on from the checkpoint that was stamped")
    token = decoded(stamp["token"])
    if hashlib.sha256(stamp["checkpoint"].encode()).digest() not in token:
        raise Wrong("the stamp is of something else")
    return earlier, stamp["checkpoint"], token


def instant_of(entry):
    """Say when an entry was made."""
    at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=entry["at"])
    return at.isoformat()


def tell_pdf(document, args):
    """Check a PDF and say what came of it."""
    sealed, unsealed, time = check_pdf(document, args.key)
    stamp = stamp_in(document)
    print("成立 / holds: 未被改动 / nobody has changed the document;", len(sealed), "条已封存 / sealed")
    tell_checkpoint(time)
    if unsealed:
        print("尚未封存 / not sealed yet when it was made:", len(unsealed))
    if stamp is not None:
        tell_stamp(stamp, args.stamp)
    tell_entries(sealed + unsealed, args)


def tell_lot(proofs, args):
    """Check the proofs that were taken out of a PDF, and say what came of it."""
    verifier = verifier_of(known(proofs), args.key)
    sealed, time = check_lot(proofs, verifier)
    stamp = None if "stamp" not in proofs else check_stamp(proofs["stamp"], proofs, verifier)
    print(
        "成立 / holds:",
        len(sealed),
        "条已封存 / sealed; 文件本身未核对 / the document they were in isn't checked",
    )
    tell_checkpoint(time)
    if proofs["unsealed"]:
        print("未被证明 / not proven by this file alone:", len(proofs["unsealed"]))
    if stamp is not None:
        tell_stamp(stamp, args.stamp)
    tell_entries(sealed, args)


def tell_checkpoint(time):
    """Say of when the checkpoint is, where there is one."""
    if time is not None:
        print("检查点 / checkpoint:", datetime.fromtimestamp(time, timezone.utc).isoformat())


def tell_entries(entries, args):
    """Print every entry, if that is wanted."""
    for entry in entries if args.entries else []:
        print(" ", instant_of(entry), entry["action"], entry["id"])


def tell_stamp(stamp, prefix):
    """Say what a time-stamp covers, and write it out for openssl where a name is given."""
    size, note, token = stamp
    print("时间戳 / time-stamp: 前", size, "条 / of the first entries; 需另行核对 / yet to be checked:")
    if prefix:
        for ending, content in ((".checkpoint", note.encode()), (".tsr", token)):
            with open(prefix + ending, "wb") as file:
                file.write(content)
    name = prefix or "STAMP"
    print(f"  openssl ts -verify -in {name}.tsr -data {name}.checkpoint -CAfile ROOT.pem")


def tell_deleted(proof, args):
    """Check a proof of deletion, and say what went."""
    entry, sealed_at, gone = check_deleted(proof, args.key)
    print("成立 / holds:", entry["action"], instant_of(entry), entry["id"])
    for kind, many in gone.items():
        print("已删除 / deleted:", kind, many)
    print("已封存 / sealed:", datetime.fromtimestamp(sealed_at, timezone.utc).isoformat())


def tell(document, args):
    """Check a receipt, a proof or the proofs of a PDF, and say what came of it."""
    found = json.loads(document.decode("utf-8"))
    if isinstance(found, dict) and found.get("type") == "raincheck-retention/1":
        tell_deleted(found, args)
        return
    if isinstance(found, dict) and found.get("type") == "raincheck-consistency/1":
        earlier, later, time = check_grown(found, args.earlier, args.key)
        print(
            "成立 / holds: 前",
            earlier,
            "条未变，现有",
            later,
            "条 / the first are as they were, of as many now",
        )
        tell_checkpoint(time)
        return
    if isinstance(found, dict) and str(found.get("type")).startswith("raincheck-proofs/"):
        tell_lot(found, args)
        return
    entry, sealed_at = check(found, args.key)
    print("成立 / holds:", entry["action"], instant_of(entry), entry["id"])
    if sealed_at is None:
        print("已承诺，尚未封存 / promised, not sealed yet; ask for the receipt again later")
    else:
        print("已封存 / sealed:", datetime.fromtimestamp(sealed_at, timezone.utc).isoformat())
    stamp = stamp_of(found, args.key or found.get("verifier"))
    if stamp is not None:
        tell_stamp(stamp, args.stamp)


def main():
    """Check one file, and say what came of it."""
    parser = argparse.ArgumentParser(
        description="Check a receipt, proof or PDF from Raincheck. 检查取消回执。"
    )
    parser.add_argument("file", help="the receipt or proof, JSON, the PDF, or what is attached to it")
    parser.add_argument("--key", help="the verifier key the company publishes")
    parser.add_argument("--entries", action="store_true", help="of a PDF: print every entry it proves")
    parser.add_argument(
        "--earlier", metavar="FILE", help="of a proof of consistency: the checkpoint you kept"
    )
    parser.add_argument(
        "--stamp", metavar="NAME", help="write the time-stamp in it to NAME.tsr and NAME.checkpoint"
    )
    args = parser.parse_args()
    try:
        if args.earlier is not None:
            with open(args.earlier, encoding="utf-8") as file:
                args.earlier = file.read()
        with open(args.file, "rb") as file:
            document = file.read()
        if not document.startswith(b"%PDF"):
            json.loads(document.decode("utf-8"))
    except (OSError, ValueError) as error:
        print("无法读取 / can't be read:", error)
        return 2
    try:
        if document.startswith(b"%PDF"):
            tell_pdf(document, args)
        else:
            tell(document, args)
    except (Wrong, ValueError, TypeError, AttributeError, KeyError) as error:
        print("不成立 / does NOT hold:", error)
        return 1
    if args.key is None:
        print("未给出公钥，仅自相一致 / no --key given: it agrees with itself, which is all that is shown")
    return 0


if __name__ == "__main__":
    sys.exit(main())
