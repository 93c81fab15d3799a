"""Ids and seals by the thousand are the same as those made one by one, and none comes twice."""

import copy
import os
import uuid
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raincheck.core.crypto import DataKey
from raincheck.core.ids import ids_to_come, new_id, new_ids

NONCE = 12


@given(st.integers(1, 600))
def test_many_ids_are_of_version_7_in_order_and_like_any_other(count):
    made = [new_id(), *new_ids(count), *islice(ids_to_come(), count), new_id()]
    assert len(set(made)) == len(made)
    assert made[: count + 1] == sorted(made[: count + 1])
    for one in made:
        assert (one.version, one.variant) == (7, uuid.RFC_4122)
        same = uuid.UUID(str(one))
        assert (one, hash(one), one.bytes, repr(one)) == (same, hash(same), same.bytes, repr(same))
        assert copy.deepcopy(one) == copy.copy(one) == one


@given(st.text(min_size=1), st.text(), st.integers(1, 5))
def test_what_is_sealed_opens_again_and_never_looks_the_same_twice(value, field, times):
    key = DataKey.create(new_id())
    sealed = [key.seal(field, value) or b"" for _ in range(times)]
    assert len({one[:NONCE] for one in sealed}) == times
    again = DataKey(key.owner, key.key)
    assert [again.open(field, one) for one in sealed] == [value] * times


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_was_forked_off_uses_none_of_the_same_nonces():
    key = DataKey.create(new_id())
    key.seal("phone", "+8613800000000")
    reads, writes = os.pipe()
    if not (child := os.fork()):
        nonces = b"".join((key.seal("phone", "1") or b"")[:NONCE] for _ in range(200))
        os.write(writes, nonces)
        os._exit(0)
    ours = {(key.seal("phone", "1") or b"")[:NONCE] for _ in range(200)}
    os.waitpid(child, 0)
    theirs = os.read(reads, 200 * NONCE)
    assert len(theirs) == 200 * NONCE
    assert ours.isdisjoint(theirs[at : at + NONCE] for at in range(0, len(theirs), NONCE))
