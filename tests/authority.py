"""A time-stamping authority on loopback that speaks RFC 3161 over HTTP, and answers nothing else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
POLICY = "1.3.6.1.4.1.99999.1"
YEAR = timedelta(days=365)
REJECTED = 2


def now() -> datetime:
    """Return this second."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Certified:
    """A key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def certified(
    name: str,
    by: Certified | None = None,
    *,
    until: datetime | None = None,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
) -> Certified:
    """Return a new root, or what it has certified for time-stamping or another purpose."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    until = until or now() + YEAR
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now(), until) - YEAR)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return Certified(key, made.sign(by.key if by else key, hashes.SHA256()))


@dataclass
class Authority:
    """One authority: its root, what it signs with, and the ways in which a test has it go wrong."""

    root: Certified = field(default_factory=lambda: certified("Sample Root"))
    signs: Certified | None = None
    #: Certificates it sends along with its own, all in an order that isn't DER's: as OpenSSL's authorities do.
    brings: tuple[Certified, ...] = ()
    url: str = ""
    asked: list[tsp.TimeStampReq] = field(default_factory=list)
    #: What a test may have it do: say no, answer another nonce, stamp another hash, bear another time, send junk.
    refuse: bool = False
    nonce: int | None = None
    imprint: bytes | None = None
    at: datetime | None = None
    raw: tuple[int, str, bytes] | None = None

    def __post_init__(self) -> None:
        self.signs = self.signs or certified("Sample TSA", self.root)

    def answer(self, kind: str, body: bytes) -> tuple[int, str, bytes]:
        """Return status, type and body for what was posted; anything but a query in DER is refused."""
        if self.raw is not None:
            return self.raw
        if kind != QUERY:
            return 415, "text/plain", b""
        try:
            asked = tsp.TimeStampReq.load(body, strict=True)
            version, imprint = asked["version"].native, asked["message_imprint"]
            algorithm, hashed = (
                imprint["hash_algorithm"]["algorithm"].native,
                imprint["hashed_message"].native,
            )
            wants = asked["cert_req"].native
        except (ValueError, KeyError):
            return 400, "text/plain", b""
        if (version, algorithm, len(hashed), wants) != ("v1", "sha256", 32, True) or asked.dump() != body:
            return 400, "text/plain", b""
        self.asked.append(asked)
        return 200, REPLY, self.refused() if self.refuse else self.stamped(asked)

    def refused(self) -> bytes:
        """Return a response that says no."""
        status = tsp.PKIStatusInfo(
            {"status": "rejection", "status_string": ["closed on Sundays"], "fail_info": {"system_failure"}}
        ).dump()
        # The library's own response can't do without a token: this is the sequence around the status, and nothing else.
        return b"\x30" + bytes([len(status)]) + status

    def stamped(self, asked: tsp.TimeStampReq) -> bytes:
        """Return a response with a token for this query."""
        said = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": POLICY,
                "message_imprint": {
                    "hash_algorithm": {"algorithm": "sha256"},
                    "hashed_message": self.imprint or asked["message_imprint"]["hashed_message"].native,
                },
                "serial_number": len(self.asked),
                "gen_time": self.at or now(),
                "nonce": asked["nonce"].native if self.nonce is None else self.nonce,
            }
        )
        token = cms.ContentInfo({"content_type": "signed_data", "content": self._signed(said.dump())})
        response = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
        ordered = sorted(one.dump() for one in self._sent_along())
        return bytes(response.replace(b"".join(ordered), b"".join(reversed(ordered))))

    def _sent_along(self) -> list[asn1_x509.Certificate]:
        assert self.signs is not None
        each = [one.certificate for one in (self.signs, *self.brings)]
        return [asn1_x509.Certificate.load(one.public_bytes(serialization.Encoding.DER)) for one in each]

    def _signed(self, content: bytes) -> cms.SignedData:
        """Return the content signed as CMS has it (RFC 5652 §5), by the certificate that goes along."""
        assert self.signs is not None
        certificate, *_ = sent_along = self._sent_along()
        told = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [sha256(content).digest()]},
                {
                    "type": "signing_certificate_v2",
                    "values": [{"certs": [{"cert_hash": sha256(certificate.dump()).digest()}]}],
                },
            ]
        )
        signature = self.signs.key.sign(told.dump(), ec.ECDSA(hashes.SHA256()))
        sha = algos.DigestAlgorithm({"algorithm": "sha256"})
        who = cms.SignerIdentifier(
            "issuer_and_serial_number",
            {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
        )
        signer = {
            "version": "v1",
            "sid": who,
            "digest_algorithm": sha,
            "signed_attrs": told,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": signature,
        }
        return cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [sha],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(content),
                },
                "certificates": sent_along,
                "signer_infos": [signer],
            }
        )

    def trusted(self, folder: Path) -> str:
        """Return the path of a PEM file with its root."""
        path = folder / "root.pem"
        path.write_bytes(self.root.pem)
        return str(path)


@contextmanager
def answering(authority: Authority) -> Iterator[Authority]:
    """Have an authority listen for a `with` block."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, said = authority.answer(self.headers.get("Content-Type", ""), body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        authority.url = f"http://127.0.0.1:{server.server_port}/tsa"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield authority
        server.shutdown()
        thread.join()
