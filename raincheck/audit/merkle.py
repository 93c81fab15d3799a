"""The Merkle tree of RFC 6962 over leaf hashes, read in tiles of 256, so that a proof of millions reads a few.

Level 0 is the leaves; a hash of level n + 1 stands for a whole tile of level n. Only whole tiles have one.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256

TILE = 256
EMPTY = sha256().digest()
#: `tiles(level, n)`: the hashes of that tile that there are, at most 256 of 32 bytes.
Tiles = Callable[[int, int], Sequence[bytes]]


def leaf_hash(content: bytes) -> bytes:
    """Return the hash that stands for an entry's bytes."""
    return sha256(b"\0" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return sha256(b"\1" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over these, of which the last may stand for a smaller subtree than the others do."""
    level = list(hashes)
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0] if level else EMPTY


class Tree:
    """The first `size` leaves of a log. What isn't there raises IndexError."""

    def __init__(self, size: int, tiles: Tiles) -> None:
        self.size = size
        self._tiles = lru_cache(maxsize=64)(tiles)

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the whole, or as it was at an earlier size."""
        end = self.size if size is None else size
        return self._subtree(0, end) if end else EMPTY

    def inclusion(self, index: int) -> list[bytes]:
        """Return the hashes that lead from leaf `index` to the root (RFC 6962 §2.1.1)."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        path, low, high = [], 0, self.size
        while high - low > 1:
            middle = low + _half(high - low)
            if index < middle:
                path.append(self._subtree(middle, high))
                high = middle
            else:
                path.append(self._subtree(low, middle))
                low = middle
        return path[::-1]

    def consistency(self, earlier: int) -> list[bytes]:
        """Return the hashes that prove the tree of size `earlier` to be how this one began (RFC 6962 §2.1.2)."""
        if not 0 < earlier <= self.size:
            raise IndexError(earlier)
        path, low, high, whole = [], 0, self.size, True
        while earlier != high:
            middle = low + _half(high - low)
            if earlier <= middle:
                path.append(self._subtree(middle, high))
                high = middle
            else:
                path.append(self._subtree(low, middle))
                low, whole = middle, False
        return ([] if whole else [self._subtree(low, high)]) + path[::-1]

    def _subtree(self, low: int, high: int) -> bytes:
        level, width = 0, 1
        while width * TILE <= high - low:
            level, width = level + 1, width * TILE
        first, last = low // width, high // width
        tile = first // TILE
        hashes = list(self._tiles(level, tile)[first - tile * TILE : last - tile * TILE])
        # The whole tree alone may reach beyond one tile; no other subtree does.
        if len(hashes) != last - first:
            raise IndexError(low + len(hashes) * width)
        if last * width < high:
            hashes.append(self._subtree(last * width, high))
        return root_of(hashes)


def includes(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Say whether the path leads from the leaf to the root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            found = node_hash(step, found)
            while not place % 2 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def extends(*, earlier: int, earlier_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Say whether the tree of `size` begins with the earlier one (RFC 9162 §2.1.4.2)."""
    if not 0 < earlier <= size:
        return False
    if earlier == size:
        return not path and earlier_root == root
    steps = list(path) if earlier & (earlier - 1) else [earlier_root, *path]
    if not steps:
        return False
    place, last = earlier - 1, size - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place % 2 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == earlier_root and new == root


class Levels:
    """Every whole subtree over a list of leaf hashes, in memory: the root at any size is a few hashes away."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels: list[list[bytes]] = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([sha256(b"\1" + a + b).digest() for a, b in pairs])

    def root(self, size: int) -> bytes:
        """Return the root over the first `size` leaves."""
        peaks, begin = [], 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                peaks.append(self._levels[level][begin >> level])
                begin += 1 << level
        if not peaks:
            return EMPTY
        found = peaks.pop()
        while peaks:
            found = node_hash(peaks.pop(), found)
        return found


def _half(width: int) -> int:
    """Return the greatest power of two below `width`, which is at least 2."""
    return 1 << ((width - 1).bit_length() - 1)
