"""A candidate's receipt: a promise at once, a proof once sealed, checked by one file that knows nothing of us."""

import base64
import copy
import hashlib
import json
import os
import subprocess
import sys

import pytest
from django.urls import reverse

from raincheck.audit.notes import signer
from raincheck.audit.proving import consistency
from raincheck.audit.receipts import VERIFIER, signed_part
from raincheck.audit.sealing import seal
from raincheck.audit.stamping import Authority, Trust, stamp
from raincheck.core.scope import Purpose, system_scope
from tests import authority as tsa
from tests import people
from tests.commands import raincheck
from tests.flows.test_audit_verify_command import SETTINGS

pytestmark = pytest.mark.usefixtures("shelf_of_its_own")


@pytest.fixture
def check(tmp_path):
    """Return a function that checks a receipt in an empty folder, with nothing but Python; says status and words."""
    (tmp_path / "alone").mkdir()
    program = tmp_path / "alone" / "verify_receipt.py"

    def run(receipt, *flags):
        program.write_bytes(VERIFIER.read_bytes())
        path = tmp_path / "alone" / "receipt.json"
        path.write_text(json.dumps(receipt), "utf-8")
        done = subprocess.run(
            [sys.executable, "-I", program.name, path.name, *flags],
            cwd=program.parent, capture_output=True, text=True, check=False, env={"PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return run


def receipt_of(client, world, interview):
    answer = client.get(reverse("portal:receipt", args=[world.company.slug, interview.id]))
    assert answer.status_code == 200, answer
    return json.loads(answer.content)


def test_the_receipt_promises_at_once_and_proves_once_sealed(here, interview, signed_in, check):
    assert signed_in.get(reverse("portal:receipt", args=[here.company.slug, interview.id])).status_code == 404
    here.ask(interview)
    page = people.text(signed_in.get(reverse("portal:interview", args=[here.company.slug, interview.id])))
    assert "下载取消回执" in page
    key = str(signer().verifier)
    promise = receipt_of(signed_in, here, interview)
    assert promise["proof"] is None
    assert here.candidate.name not in json.dumps(promise, ensure_ascii=False)
    status, said = check(promise, "--key", key)
    assert (status, "promised, not sealed yet" in said) == (0, True), said
    here.ask(here.book(hours=130, candidate=here.add_candidate()))
    seal()
    receipt = receipt_of(signed_in, here, interview)
    assert receipt["proof"]["size"] > len(receipt["proof"]["path"]) > 0
    status, said = check(receipt, "--key", key)
    assert (status, "sealed:" in said, "cancellation.requested" in said) == (0, True, True), said
    assert check(receipt)[0] == 0
    program = signed_in.get(reverse("portal:verifier", args=[here.company.slug]))
    assert program.content == VERIFIER.read_bytes()


def test_once_stamped_receipt_and_proof_bear_the_first_stamp_that_covers_the_entry(
    here, hr, interview, signed_in, check, tmp_path
):
    key = str(signer().verifier)
    with tsa.answering(tsa.Authority()) as clock:
        root = clock.trusted(tmp_path)
        authority = Authority(clock.url, Trust.read(root))
        here.ask(here.book(hours=130, candidate=here.add_candidate()))
        seal()
        stamp(authority)
        here.ask(interview)
        seal()
        before = receipt_of(signed_in, here, interview)
        assert (before["type"], "stamp" in before) == ("raincheck-receipt/1", False), (
            "that one came before it"
        )
        first = stamp(authority)
        here.ask(here.book(hours=140, candidate=here.add_candidate()))
        seal()
        stamp(authority)
    receipt = receipt_of(signed_in, here, interview)
    assert receipt["stamp"]["checkpoint"] == first.note
    entry_id = json.loads(receipt["entry"])["id"]
    proof = json.loads(hr.get(reverse("console:audit_proof", args=[entry_id])).content)
    assert (proof["type"], proof["stamp"]) == ("raincheck-proof/2", receipt["stamp"])
    for one in (receipt, proof):
        status, said = check(one, "--key", key, "--stamp", "out")
        assert (status, "openssl ts -verify" in said) == (0, True), said
        assert (tmp_path / "alone" / "out.tsr").read_bytes() == bytes(first.token)
        assert (tmp_path / "alone" / "out.checkpoint").read_text("utf-8") == first.note
    settings = {name: os.environ[name] for name in SETTINGS} | {"RAINCHECK_TSA_ROOT": root}
    done = raincheck("audit", "verify", "--checkpoint", str(tmp_path / "alone" / "receipt.json"), **settings)
    assert (done.returncode, "4 time-stamps" in done.stdout) == (0, True), done.stdout + done.stderr


def test_a_stamp_from_before_the_entry_says_nothing_of_it(here, interview, signed_in, check):
    """Whoever holds the database and puts an early stamp beside a late entry gets no earlier date by it."""
    key = str(signer().verifier)
    here.ask(here.book(hours=130, candidate=here.add_candidate()))
    early = seal()
    here.ask(interview)
    seal()
    receipt = receipt_of(signed_in, here, interview)
    with system_scope(Purpose.SEAL):
        path = consistency(early.size, receipt["proof"]["size"])["path"]
    token = base64.b64encode(hashlib.sha256(early.note.encode()).digest()).decode()
    forged = receipt | {
        "type": "raincheck-receipt/2",
        "stamp": {"checkpoint": early.note, "token": token, "path": path},
    }
    forged["signature"] = base64.b64encode(signer().key.sign(signed_part(forged))).decode()
    status, said = check(forged, "--key", key)
    assert (status, "before the entry" in said) == (1, True), said


@pytest.mark.parametrize("stamped", [False, True])
def test_a_receipt_changed_anywhere_is_refused(here, interview, signed_in, tmp_path, stamped):
    here.ask(interview)
    here.ask(here.book(hours=130, candidate=here.add_candidate()))
    seal()
    if stamped:
        with tsa.answering(tsa.Authority()) as clock:
            stamp(Authority(clock.url, Trust.read(clock.trusted(tmp_path))))
        here.ask(here.book(hours=140, candidate=here.add_candidate()))
        seal()
    receipt = receipt_of(signed_in, here, interview)
    assert ("stamp" in receipt) == stamped
    program = {}
    exec(compile(VERIFIER.read_text("utf-8"), "verify_receipt.py", "exec"), program)  # noqa: S102 (checked above as a program)
    check, key = program["check"], str(signer().verifier)
    assert check(receipt, key)[0]["action"] == "cancellation.requested"
    wrong = (program["Wrong"], ValueError, TypeError, AttributeError, KeyError)
    inner = [(part, name) for part in ("proof", "stamp") for name in receipt.get(part, ())]
    for place in (*((name,) for name in receipt), *inner):
        for change in (_altered, lambda _: None, lambda _: "", _gone):
            changed = copy.deepcopy(receipt)
            target = changed if len(place) == 1 else changed[place[0]]
            if change is _gone:
                del target[place[-1]]
            else:
                target[place[-1]] = change(target[place[-1]])
            if place == ("proof",) and changed.get("proof", "") is None and not stamped:
                continue  # a promise without its proof is what it was before
            if place == ("stamp", "token") and change is _altered:
                continue  # what the authority signed is openssl's to judge; ours is which checkpoint it speaks of
            with pytest.raises(wrong):
                check(changed, key)


def _altered(value):
    if isinstance(value, bool | int):
        return value + 1
    if isinstance(value, list):
        return [base64.b64encode(b"\1" * 32).decode(), *value[1:]]
    if isinstance(value, dict):
        return {**value, "more": 1}
    return ("B" if value[0] == "A" else "A") + value[1:]


def _gone(_):
    return None


def test_another_s_key_is_not_believed(here, interview, signed_in, check):
    here.ask(interview)
    status, said = check(receipt_of(signed_in, here, interview), "--key", "raincheck.audit/x+00000000+AAAA")
    assert (status, "another key" in said) == (1, True)


def test_the_company_s_request_gives_the_candidate_no_receipt(here, interview, signed_in):
    here.ask(interview, actor=here.actor(), reason="position_filled", channel="console")
    assert signed_in.get(reverse("portal:receipt", args=[here.company.slug, interview.id])).status_code == 404


def test_the_auditor_takes_away_checkpoint_and_proof(here, hr, interview, check):
    here.ask(interview)
    assert hr.get(reverse("console:audit_checkpoint")).status_code == 404
    assert "1" in people.text(hr.get(reverse("console:audit_seal")))
    seal()
    page = people.text(hr.get(reverse("console:audit_seal")))
    assert str(signer().verifier) in page
    note = hr.get(reverse("console:audit_checkpoint")).content.decode()
    assert note.startswith(f"{signer().verifier.name}\n")
    trail = people.text(hr.get(reverse("console:audit_trail")))
    link, *_ = {part.split('"')[0] for part in trail.split('href="') if "/proof/" in part.split('"')[0]}
    proof = json.loads(hr.get(link).content)
    assert check(proof, "--key", str(signer().verifier))[0] == 0


def test_the_auditor_takes_away_the_proof_that_the_log_only_grew_since_their_checkpoint(
    here, hr, interview, check, tmp_path
):
    page = reverse("console:audit_consistency")
    assert hr.get(page, {"earlier": "1"}).status_code == 404, "nothing is sealed yet"
    here.ask(interview)
    kept = tmp_path / "kept.checkpoint"
    kept.write_text(seal().note, "utf-8")
    earlier = kept.read_text("utf-8").split("\n")[1]
    here.ask(here.book(hours=130))
    seal()
    assert 'action="/console/audit/seal/consistency/"' in people.text(hr.get(reverse("console:audit_seal")))
    proof = json.loads(hr.get(page, {"earlier": earlier}).content)
    flags = ("--key", str(signer().verifier), "--earlier", str(kept))
    assert check(proof, *flags)[0] == 0
    assert check(proof, *flags[:2])[0] == 1, "whose checkpoint?"
    assert check(proof, *flags[:3], str(tmp_path / "nowhere"))[0] == 2
    for changed in ({"path": proof["path"][:-1]}, {"later": 1}, {"checkpoint": kept.read_text("utf-8")}):
        assert check({**proof, **changed}, *flags)[0] == 1, changed
    for nonsense in ("0", "-1", "x", "", "9" * 400, "٣", str(proof["later"] + 1)):
        assert hr.get(page, {"earlier": nonsense}).status_code == 404, nonsense
