"""Time-stamps (RFC 3161): somebody else's clock says that a checkpoint was there.

What is stamped is a checkpoint's file, byte for byte, so that `openssl ts -verify` checks it without us. Asking may
fail for days: sealing knows nothing of it, and a later stamp covers what an earlier one would have.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from django.conf import settings
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from raincheck.audit import shelf
from raincheck.audit.der import certificates_in_order
from raincheck.audit.ledger import Seal, Stamp
from raincheck.audit.notes import Checkpoint, signer
from raincheck.audit.proving import newest
from raincheck.core import http
from raincheck.core.scope import Purpose, system_scope

#: How often one is asked for while there is anything new.
EVERY = timedelta(hours=1)
_OK = 200
_ASKS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
_ANSWERS = "application/timestamp-reply"


class NotStamped(Exception):
    """No stamp came, or it isn't one of this checkpoint by whom we trust; the message says which."""

    code = "not_stamped"


@dataclass(frozen=True)
class Trust:
    """The certificates of authorities that are believed; older ones stay, or older stamps are believed no more."""

    certificates: tuple[Certificate, ...]

    @classmethod
    def of_settings(cls) -> "Trust | None":
        """Return what RAINCHECK_TSA_ROOT names; None without. Raises NotStamped where that can't be read."""
        return cls.read(settings.RAINCHECK_TSA_ROOT) if settings.RAINCHECK_TSA_ROOT else None

    @classmethod
    def read(cls, path: str) -> "Trust":
        """Read a PEM file of one certificate or several. Raises NotStamped."""
        try:
            return cls(tuple(load_pem_x509_certificates(Path(path).read_bytes())))
        except (OSError, ValueError) as error:
            raise NotStamped(f"no certificates can be read from {path}") from error

    def time_of(self, token: bytes, note: str, *, nonce: int | None = None) -> datetime:
        """Return when a note was stamped: the signature, the chain at that time, the purpose and the hash hold.

        `token` is an RFC 3161 response; `nonce` the one it was asked for with. Raises NotStamped.
        """
        try:
            answer = decode_timestamp_response(certificates_in_order(token))
            # Of those that one is given, an answer chooses the certificates it brings; ours alone end a chain.
            verifier = VerifierBuilder(roots=list(self.certificates), nonce=nonce).build()
            verifier.verify_message(answer, note.encode())
            return answer.tst_info.gen_time.astimezone(UTC)
        except (VerificationError, ValueError) as error:
            raise NotStamped(f"not a stamp of this checkpoint: {error}") from error


@dataclass(frozen=True)
class Authority:
    """A time-stamping authority: where it is, and which certificates make an answer its own."""

    url: str
    trust: Trust

    @classmethod
    def of_settings(cls) -> "Authority | None":
        """Return the one that the installation names; None without. Raises NotStamped where nobody is trusted."""
        if not settings.RAINCHECK_TSA_URL:
            return None
        trust = Trust.of_settings()
        if trust is None:
            raise NotStamped("RAINCHECK_TSA_ROOT isn't set: whose stamps are believed?")
        return cls(settings.RAINCHECK_TSA_URL, trust)

    def ask(self, note: str) -> tuple[bytes, datetime]:
        """Return a stamp of a note, and its time. Called outside any transaction. Raises NotStamped."""
        asked = (
            TimestampRequestBuilder(cert_req=True, nonce=True)
            .data(note.encode())
            .hash_algorithm(HashAlgorithm.SHA256)
            .build()
        )
        try:
            answer = http.call("POST", self.url, headers=_ASKS, content=asked.as_bytes(), trusted=True)
        except (http.Unreachable, http.Unsendable) as error:
            raise NotStamped(f"{self.url} can't be reached ({error})") from error
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.status != _OK or kind != _ANSWERS:
            raise NotStamped(f"{self.url} answered {answer.status} {kind}")
        _granted(answer.body)
        return answer.body, self.trust.time_of(answer.body, note, nonce=asked.nonce)


def _granted(body: bytes) -> None:
    """Raise NotStamped with the authority's own words where it says no."""
    try:
        answer: TimeStampResponse = decode_timestamp_response(certificates_in_order(body))
    except ValueError as error:
        raise NotStamped("the answer is no RFC 3161 response") from error
    if answer.status:
        said = "; ".join(map(ascii, answer.status_string))[:200]
        raise NotStamped(f"the authority says no: status {answer.status} {said}")


def latest() -> Stamp | None:
    """Return the newest stamp; None before the first."""
    return Stamp.objects.order_by("size").last()


def stamp(authority: Authority) -> Stamp | None:
    """Have the newest checkpoint stamped, and keep that; what has a stamp keeps it. None before the first seal.

    Called outside any transaction, for it waits for the authority. Raises NotStamped, OSError.
    """
    with system_scope(Purpose.SEAL):
        seal, last = newest(), latest()
    if seal is None:
        return None
    if last is None or last.size < seal.size:
        token, at = authority.ask(seal.note)
        last = Stamp(size=seal.size, note=seal.note, token=token, stamped_at=at)
        with system_scope(Purpose.SEAL):
            Stamp.objects.bulk_create([last], ignore_conflicts=True)
    # Also what a worker that died in between has left undone.
    shelf.keep_stamped(Checkpoint.read(last.note, signer().verifier), bytes(last.token))
    return last


def is_due(now: datetime) -> bool:
    """Say whether it is time for another: nothing is asked for an hour after a stamp, or while nothing is new."""
    last, seal = latest(), newest()
    if seal is None or (last is not None and last.size >= seal.size):
        return False
    return last is None or now - last.stamped_at >= EVERY


def unstamped_since(now: datetime) -> float | None:
    """Return for how many seconds the oldest checkpoint beyond the last stamp has waited; None before any stamp."""
    last = latest()
    if last is None:
        return None
    waiting = Seal.objects.filter(size__gt=last.size).order_by("size").first()
    return max(0.0, (now - waiting.sealed_at).total_seconds()) if waiting else 0.0
