"""Proofs, as whoever wants one takes them away: that an entry is in the log, and that the log only grew."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from raincheck.audit.merkle import Tree
from raincheck.audit.models import Entry, Leaf, Seal, Stamp
from raincheck.audit.notes import signer
from raincheck.audit.sealing import tiles
from raincheck.core.errors import NotFound


def newest() -> Seal | None:
    """Return the last seal; None before the first."""
    return Seal.objects.order_by("size").last()


def inclusion(entry_id: UUID) -> dict[str, Any] | None:
    """Return the proof that a sealed entry is in the newest checkpoint, as JSON; None while it isn't sealed.

    Bytes are base64; `path` leads from the leaf to the root (RFC 6962 §2.1.1).
    """
    leaf, seal = Leaf.objects.filter(entry_id=entry_id).first(), newest()
    if leaf is None or seal is None:
        return None
    path = Tree(seal.size, tiles).inclusion(leaf.index)
    return {
        "leaf": text_of(leaf.hash),
        "index": leaf.index,
        "size": seal.size,
        "path": [text_of(hashed) for hashed in path],
        "checkpoint": seal.note,
    }


def proof_of(entry: Entry) -> dict[str, Any]:
    """Return an entry with its proof, and its stamp (`/2`) once it has one. Raises NotFound while it isn't sealed."""
    proof = inclusion(entry.id)
    if proof is None:
        raise NotFound
    stamp = stamp_over(proof)
    kind = "raincheck-proof/2" if stamp else "raincheck-proof/1"
    return {"type": kind, "entry": entry.canonical, "proof": proof, **stamp}


def stamp_over(proof: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the first stamp that came after an entry was sealed, as `{"stamp": …}`; empty while there is none.

    The first, for it says that the entry was there so early. Its `path` leads from the checkpoint that was stamped
    to the one of the proof.
    """
    if proof is None:
        return {}
    later = Stamp.objects.filter(size__gt=proof["index"], size__lte=proof["size"])
    first = later.order_by("size").first()
    return {} if first is None else {"stamp": _stamp_in(Tree(proof["size"], tiles), first)}


def _stamp_in(tree: Tree, stamp: Stamp) -> dict[str, Any]:
    path = [text_of(hashed) for hashed in tree.consistency(stamp.size)]
    return {"checkpoint": stamp.note, "token": text_of(stamp.token), "path": path}


def consistency(earlier: int, later: int) -> dict[str, Any]:
    """Return the proof that the log of size `later` begins with that of `earlier`. Raises IndexError."""
    path = Tree(later, tiles).consistency(earlier)
    return {
        "type": "raincheck-consistency/1",
        "earlier": earlier,
        "later": later,
        "path": [text_of(hashed) for hashed in path],
    }


def grown_since(earlier: int) -> dict[str, Any]:
    """Return the newest checkpoint with the proof that it only adds to an earlier one of this size.

    Raises NotFound before the first seal, and for a size that the log hasn't reached.
    """
    seal = newest()
    if seal is None or not 0 < earlier <= seal.size:
        raise NotFound
    return {**consistency(earlier, seal.size), "checkpoint": seal.note}


def text_of(value: bytes | memoryview) -> str:
    """Return bytes as base64."""
    return base64.b64encode(bytes(value)).decode()


def proofs_of(entry_ids: Sequence[UUID]) -> dict[str, Any]:
    """Return one document that proves many entries at once to be in the newest checkpoint, in the order given.

    What isn't sealed yet is listed with its text, and proven by nothing but the signature of whatever holds this.
    Where a checkpoint was time-stamped, the newest such goes along (`/2`).
    """
    texts = dict(Entry.objects.filter(id__in=entry_ids).values_list("id", "canonical"))
    leaves = {leaf.entry_id: leaf for leaf in Leaf.objects.filter(entry_id__in=entry_ids)}
    seal = newest()
    tree = Tree(seal.size if seal else 0, tiles)
    there = [entry_id for entry_id in entry_ids if entry_id in texts]
    sealed = [entry_id for entry_id in there if entry_id in leaves and leaves[entry_id].index < tree.size]
    return {
        **_stamp_within(tree),
        "verifier": str(signer().verifier),
        "size": tree.size,
        "checkpoint": seal.note if seal else "",
        "proofs": [
            {
                "entry": texts[entry_id],
                "index": leaves[entry_id].index,
                "path": [text_of(hashed) for hashed in tree.inclusion(leaves[entry_id].index)],
            }
            for entry_id in sealed
        ],
        "unsealed": [texts[entry_id] for entry_id in there if entry_id not in set(sealed)],
    }


def _stamp_within(tree: Tree) -> dict[str, Any]:
    """Return the type of a document of proofs, with the newest stamp and how its checkpoint lies in this tree."""
    last = Stamp.objects.filter(size__lte=tree.size).order_by("size").last()
    if last is None:
        return {"type": "raincheck-proofs/1"}
    return {"type": "raincheck-proofs/2", "stamp": _stamp_in(tree, last)}
