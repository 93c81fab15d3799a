"""The audit on paper, its proofs attached: whoever is given the file can check it, and nobody can change it."""

import io
import json
import os
import subprocess
import sys

import pypdf
import pypdfium2
import pytest

from raincheck.audit import verify_receipt
from raincheck.audit.notes import signer
from raincheck.audit.receipts import VERIFIER
from raincheck.audit.sealing import seal
from raincheck.audit.stamping import Authority, Trust, stamp
from raincheck.audit.verify_receipt import Wrong, check_pdf, stamp_in
from tests import authority as tsa
from tests.audit import EXPORT, EXPORT_TRAIL, everything, sent
from tests.commands import raincheck
from tests.flows.test_audit_verify_command import SETTINGS
from tests.kept import played_once
from tests.trail import rewrite, write

here, told = played_once("told", everything)


@pytest.fixture
def paper(told, hr, shelf_of_its_own):
    """Return a function that exports a list as a PDF, after everything was sealed."""
    seal()
    return lambda there=EXPORT, **typed: sent(hr.post(there, {"format": "pdf", "from": "", **typed}))


def test_it_reads_like_the_list_and_every_row_is_proven(paper):
    document = paper()
    reader = pypdf.PdfReader(io.BytesIO(document))
    read = "".join("".join(page.extract_text().split()) for page in reader.pages)
    for said in ("取消审计・云帆科技", "庚在审", "辛被拒", "已驳回", "共8条，其中8条附有封存证明", "#"):
        assert said in read, said
    [attached] = reader.attachments["raincheck-proof.json"]
    assert json.loads(attached)["type"] == "raincheck-proofs/1"
    sealed, unsealed, time = check_pdf(document, str(signer().verifier))
    assert (len(sealed), unsealed) == (8, [])
    assert time is not None
    assert {entry["action"] for entry in sealed} == {"cancellation.requested", "cancellation.refused"}
    drawn = pypdfium2.PdfDocument(document)[0].render(scale=0.5).to_pil().convert("L")
    assert sum(drawn.histogram()[:128]) > 500


def test_the_dot_in_peoples_names_is_one_that_the_font_has_and_a_rare_letter_is_no_other(paper, superuser):
    """Readers bring the font, which knows U+30FB and not U+00B7, and of a letter beyond U+FFFF two halves."""
    superuser.execute("UPDATE accounts_company SET name = '阿依古丽·买买提 𠮷祥'")
    pages = pypdf.PdfReader(io.BytesIO(paper())).pages
    read = "".join(page.extract_text() for page in pages)
    assert "阿依古丽・买买提 〓祥" in read
    assert "·" not in read


def test_what_is_not_sealed_yet_is_told_apart(paper, here):
    write(here, 2)
    document = paper(EXPORT_TRAIL, action="task.opened")
    sealed, unsealed, _ = check_pdf(document)
    assert [entry["facts"].get("n") for entry in unsealed] == [1, 0]
    assert "未封存" in "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document)).pages)
    assert all("n" not in entry["facts"] for entry in sealed)


def test_any_change_to_the_file_is_found(paper):
    document, key = paper(), str(signer().verifier)
    check_pdf(document, key)
    places = {b"/Title": b"/Titel", b"/Length": b"/Lengte"}
    for old, new in places.items():
        with pytest.raises(Wrong):
            check_pdf(document.replace(old, new, 1), key)
    with pytest.raises(Wrong):
        check_pdf(document + b"\n", key)
    with pytest.raises(Wrong):
        check_pdf(document, key.replace("raincheck.audit/", "raincheck.audit/0"))


def test_a_proof_of_another_entry_does_not_hold(paper, monkeypatch):
    document = paper()
    proofs = verify_receipt.proofs_in(document)
    proofs["proofs"][0]["entry"] = proofs["proofs"][1]["entry"]
    monkeypatch.setattr(verify_receipt, "proofs_in", lambda _: proofs)
    with pytest.raises(Wrong, match="signed root"):
        check_pdf(document)


def test_the_program_beside_it_and_raincheck_itself_take_the_file(
    paper, superuser, shelf_of_its_own, tmp_path
):
    document, key = paper(), str(signer().verifier)
    (tmp_path / "audit.pdf").write_bytes(document)
    (tmp_path / "bent.pdf").write_bytes(document.replace(b"/Title", b"/Titel", 1))
    [attached] = pypdf.PdfReader(io.BytesIO(document)).attachments["raincheck-proof.json"]
    (tmp_path / "attached.json").write_bytes(attached)
    (tmp_path / "bent.json").write_bytes(
        attached.replace(b"cancellation.requested", b"cancellation.refused", 1)
    )
    program = [sys.executable, "-I", str(VERIFIER)]

    def check(name, *more):
        command = [*program, str(tmp_path / name), "--key", key, *more]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    told = check("audit.pdf", "--entries")
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.count("cancellation.re") == 8
    assert check("bent.pdf").returncode == 1
    alone = check("attached.json", "--entries")
    assert (alone.returncode, alone.stdout.count("cancellation.re")) == (0, 8), alone.stdout + alone.stderr
    assert "isn't checked" in alone.stdout, "of the document itself it says nothing"
    assert check("bent.json").returncode == 1
    settings = {name: os.environ[name] for name in SETTINGS}
    settings["RAINCHECK_CHECKPOINTS"] = str(shelf_of_its_own)

    def verify(name):
        return raincheck("audit", "verify", "--checkpoint", str(tmp_path / name), **settings)

    sound = verify("audit.pdf")
    assert sound.returncode == 0, sound.stdout + sound.stderr
    bent = verify("bent.pdf")
    assert (bent.returncode, "checkpoint_not_ours" in bent.stdout) == (1, True)
    rewrite(superuser, "action = 'cancellation.refused'", actor_kind="'staff'::text")
    assert "changed" in verify("audit.pdf").stdout


def test_more_than_anybody_reads_is_refused_and_not_recorded(here, hr, monkeypatch):
    from dataclasses import replace

    from raincheck.insights.exports import FORMATS

    monkeypatch.setitem(FORMATS, "pdf", replace(FORMATS["pdf"], most=1))
    write(here, 3)
    assert hr.post(EXPORT_TRAIL, {"format": "pdf", "from": ""}).status_code == 422
    assert "audit.exported" not in here.entries()


def test_english_readers_get_english_paper(paper, hr):
    answer = sent(hr.post(EXPORT, {"format": "pdf", "from": ""}, headers={"Accept-Language": "en"}))
    read = " ".join(" ".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(answer)).pages).split())
    assert "8 of them with proof" in read


def test_a_stamped_checkpoint_goes_along_and_the_proofs_go_on_from_it(
    paper, here, monkeypatch, shelf_of_its_own, tmp_path
):
    with tsa.answering(tsa.Authority()) as clock:
        root = clock.trusted(tmp_path)
        stamped = stamp(Authority(clock.url, Trust.read(root)))
    write(here, 3)
    size = seal().size
    document, key = paper(), str(signer().verifier)
    assert check_pdf(document, key)[0]
    assert stamp_in(document) == (stamped.size, stamped.note, bytes(stamped.token))
    assert stamped.size < size == verify_receipt.proofs_in(document)["size"]
    read = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document)).pages)
    assert "时间戳机构证明" in "".join(read.split())
    (tmp_path / "audit.pdf").write_bytes(document)
    program = [sys.executable, "-I", str(VERIFIER), str(tmp_path / "audit.pdf"), "--key", key]
    told = subprocess.run(
        [*program, "--stamp", str(tmp_path / "out")], capture_output=True, text=True, check=False, timeout=60
    )
    assert (told.returncode, "openssl ts -verify" in told.stdout) == (0, True), told.stdout + told.stderr
    assert (tmp_path / "out.checkpoint").read_text("utf-8") == stamped.note
    assert (tmp_path / "out.tsr").read_bytes() == bytes(stamped.token)
    settings = {name: os.environ[name] for name in SETTINGS} | {"RAINCHECK_TSA_ROOT": root}
    settings["RAINCHECK_CHECKPOINTS"] = str(shelf_of_its_own)
    sound = raincheck("audit", "verify", "--checkpoint", str(tmp_path / "audit.pdf"), **settings)
    assert (sound.returncode, "3 time-stamps" in sound.stdout) == (0, True), sound.stdout + sound.stderr


@pytest.mark.parametrize("part", ["checkpoint", "token", "path"])
def test_a_stamp_of_something_else_is_found(paper, here, monkeypatch, tmp_path, part):
    with tsa.answering(tsa.Authority()) as clock:
        trust = Authority(clock.url, Trust.read(clock.trusted(tmp_path)))
        first = stamp(trust)
        write(here, 3)
        seal()
        document = paper()
        proofs = verify_receipt.proofs_in(document)
        other = stamp(trust)
    assert other.size > first.size
    proofs["stamp"][part] = {"checkpoint": other.note, "token": "AAAA", "path": proofs["stamp"]["path"][:-1]}[
        part
    ]
    monkeypatch.setattr(verify_receipt, "proofs_in", lambda _: proofs)
    with pytest.raises(Wrong):
        stamp_in(document)
