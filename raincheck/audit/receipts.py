"""A candidate's receipt: our signed promise that their request is recorded, and once it is sealed the proof.

`verify_receipt.py` checks it and depends on nothing of ours. What is signed is everything but the signature, the
proof and the time-stamp, as JSON with sorted keys; each of these carries a signature of its own.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from raincheck.audit.merkle import leaf_hash
from raincheck.audit.models import Entry
from raincheck.audit.notes import signer
from raincheck.audit.proving import inclusion, stamp_over, text_of

#: Without a time-stamp, and with one.
TYPE, STAMPED = "raincheck-receipt/1", "raincheck-receipt/2"
#: What a candidate, or whoever they ask, checks a receipt with.
VERIFIER = Path(__file__).with_name("verify_receipt.py")


def receipt_for(entry: Entry) -> dict[str, Any]:
    """Return the receipt of an entry, as JSON; `proof` is None while it isn't sealed, `stamp` there once stamped."""
    key, proof = signer(), inclusion(entry.id)
    stamp = stamp_over(proof)
    promise = {
        "type": STAMPED if stamp else TYPE,
        "verifier": str(key.verifier),
        "entry": entry.canonical,
        "hash": text_of(leaf_hash(entry.canonical.encode())),
        "sealed_within_seconds": settings.RAINCHECK_UNSEALED_SECONDS,
    }
    signature = text_of(key.key.sign(signed_part(promise)))
    return {**promise, "signature": signature, "proof": proof, **stamp}


def signed_part(receipt: Mapping[str, Any]) -> bytes:
    """Return the bytes of a receipt that its signature is of."""
    kept = {name: value for name, value in receipt.items() if name not in {"signature", "proof", "stamp"}}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
