"""Proofs against a naive RFC 6962, its known vectors, and signed notes that hold or don't."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from raincheck.audit.merkle import TILE, Levels, Tree, extends, includes, leaf_hash, node_hash, root_of
from raincheck.audit.notes import Checkpoint, NotOurs, Signer, Verifier

#: The leaves that Certificate Transparency's own tests use, and the roots over the first one to eight of them.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SIZES = st.one_of(
    st.integers(1, 40), st.sampled_from([TILE - 1, TILE, TILE + 1, 2 * TILE, 2 * TILE + 3, 3 * TILE])
)


def naive(leaves):
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(naive(leaves[:k]), naive(leaves[k:]))


def tree_of(leaves):
    levels = [leaves]
    while len(levels[-1]) >= TILE:
        below = levels[-1]
        levels.append([root_of(below[n : n + TILE]) for n in range(0, len(below) - TILE + 1, TILE)])
    return Tree(len(leaves), lambda level, n: levels[level][n * TILE : (n + 1) * TILE])


def some(size):
    return [leaf_hash(str(n).encode()) for n in range(size)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_everybody_else_finds(size):
    leaves = [leaf_hash(content) for content in LEAVES[:size]]
    assert tree_of(leaves).root().hex() == ROOTS[size - 1]
    assert Levels(leaves).root(size).hex() == ROOTS[size - 1]


@settings(deadline=None, max_examples=60)
@given(SIZES, st.data())
def test_an_inclusion_proof_holds_for_its_leaf_its_place_and_its_tree_alone(size, data):
    leaves = some(size)
    index = data.draw(st.integers(0, size - 1))
    tree, root = tree_of(leaves), naive(leaves)
    path = tree.inclusion(index)
    right = {"leaf": leaves[index], "index": index, "size": size, "path": path, "root": root}
    assert tree.root() == root
    assert includes(**right)
    assert not includes(**{**right, "leaf": leaf_hash(b"another")})
    assert not includes(**{**right, "index": index + 1})
    assert not includes(**{**right, "root": leaf_hash(b"another")})
    assert not includes(**{**right, "path": [*path, root]})
    if path:
        assert not includes(**{**right, "path": path[:-1]})


@settings(deadline=None, max_examples=60)
@given(SIZES, st.data())
def test_a_consistency_proof_holds_for_the_two_trees_alone(size, data):
    leaves = some(size)
    earlier = data.draw(st.integers(1, size))
    tree = tree_of(leaves)
    path = tree.consistency(earlier)
    right = {
        "earlier": earlier,
        "earlier_root": naive(leaves[:earlier]),
        "size": size,
        "root": naive(leaves),
        "path": path,
    }
    assert tree.root(earlier) == Levels(leaves).root(earlier) == right["earlier_root"]
    assert extends(**right)
    assert not extends(**{**right, "root": leaf_hash(b"another")})
    assert not extends(**{**right, "earlier_root": leaf_hash(b"another")})
    assert not extends(**{**right, "path": [*path, leaf_hash(b"more")]})


def test_a_checkpoint_is_believed_when_our_key_signed_it():
    ours, theirs = Signer(Ed25519PrivateKey.generate()), Signer(Ed25519PrivateKey.generate())
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    made = Checkpoint(ours.verifier.name, 7, b"\7" * 32, at).signed(ours)
    assert made.note.startswith(f"{ours.verifier.name}\n7\n")
    assert Checkpoint.read(made.note, ours.verifier) == made
    assert Checkpoint.read(made.note, Verifier.read(str(ours.verifier))) == made
    for note, verifier in (
        (made.note, theirs.verifier),
        (made.note.replace("\n7\n", "\n8\n"), ours.verifier),
        (made.note.replace("time 1", "time 2"), ours.verifier),
        (made.note.rstrip("\n").rpartition("\n")[0], ours.verifier),
        (theirs.sign(made.note.partition("\n\n")[0] + "\n"), ours.verifier),
        ("", ours.verifier),
        (f"{ours.verifier.name}\n7\n\n— {ours.verifier.name} 不是签名\n", ours.verifier),
    ):
        with pytest.raises(NotOurs):
            Checkpoint.read(note, verifier)


def test_what_looks_like_a_verifier_key_and_is_none_is_refused_in_words():
    for text in ("", "raincheck.audit/0123+00000000", "raincheck.audit/0123+00000000+密钥"):
        with pytest.raises(NotOurs):
            Verifier.read(text)


def test_what_our_key_signed_for_another_purpose_is_no_checkpoint():
    ours = Signer(Ed25519PrivateKey.generate())
    for text in (
        f"{ours.verifier.name}\nraincheck audit expiry\n7\ntime 0\n",
        "another log\n7\nAAAA\ntime 0\n",
    ):
        with pytest.raises(NotOurs):
            Checkpoint.read(ours.sign(text), ours.verifier)
