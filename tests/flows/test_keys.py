"""Master keys: where they come from, a new one in an old one's place, and a rotation that dies half way."""

import base64
import itertools
import os
import secrets
import signal
import subprocess
import time

import psycopg
import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.conf import settings as django_settings
from django.db import models, transaction

from raincheck import rekeying
from raincheck.accounts.identities import open_contacts, phone_hash
from raincheck.accounts.models import CandidateIdentity
from raincheck.core import crypto
from raincheck.core.ids import new_id
from raincheck.core.keyring import BadKeys, master_keys
from raincheck.doctor.finding import Grade
from raincheck.doctor.keys import rotated
from raincheck.installation import master_key_text
from raincheck.migration.rollback.batches import open_batch
from raincheck.migration.rollback.capture import record_into
from raincheck.migration.rollback.models import BatchKind
from raincheck.migration.rollback.undoing import roll_back
from raincheck.recruiting.models import Candidate
from raincheck.runtime.home import Home
from raincheck.runtime.postgres_roles import database_url
from raincheck.vendors.models import VendorAccount
from tests import kms
from tests.commands import argv, bare_environment, raincheck

OLD, NEW = b"o" * 32, b"n" * 32
#: Every sealed or hashed column, by what it is under: master keys, a candidate's data key, or a hash.
SEALED_UNDER_A_DATA_KEY = {
    "accounts_candidateidentity.phone_sealed",
    "accounts_candidateidentity.email_sealed",
    "accounts_candidateidentity.id_number_sealed",
    "migration_importedrow.original_sealed",
    "migration_broughtrow.original_sealed",
    "migration_upload.proposal_sealed",
    "migration_upload.found_sealed",
}


def b64(key):
    return base64.b64encode(key).decode()


@pytest.fixture
def ring(monkeypatch):
    """Return a function that puts these master keys in force, newest first."""
    return lambda *keys: monkeypatch.setattr(django_settings, "RAINCHECK_MASTER_KEYS", keys)


@pytest.fixture
def installed(ring, here):
    """Return a company whose secrets and candidates are sealed under one old key."""
    ring(OLD)
    for _ in range(5):
        here.add_candidate()
    with here.scope():
        here.account.seal("api_key", "vendor-key-marker")
        here.account.seal("webhook_secret", "whsec-marker")
        here.account.save()
        # Made before, under this run's own key.
        CandidateIdentity.objects.filter(id=here.candidate.identity_id).update(data_key=None)
    return here


def contacts(world):
    with world.scope():
        found = CandidateIdentity.objects.filter(id__in=[c.identity_id for c in world.candidates[1:]])
        return {identity.id: open_contacts(identity) for identity in found}


def under(world, key):
    """Count the data keys that stand under this master key."""
    with world.scope():
        wrapped = CandidateIdentity.objects.exclude(data_key=None).values_list("data_key", flat=True)
        return sum(bytes(one).startswith(crypto._prefix(key)) for one in wrapped)


def test_a_rotation_that_was_stopped_leaves_all_readable_and_goes_on_where_it_was(installed, ring):
    before = contacts(installed)
    ring(NEW, OLD)
    assert contacts(installed) == before
    some = list(itertools.islice(rekeying.rekey(batch=2), 1))
    assert (some[0].done, under(installed, NEW), under(installed, OLD)) == (2, 2, 3)
    assert contacts(installed) == before
    *_, last = rekeying.rekey(batch=2)
    assert (last.unreadable, under(installed, NEW), under(installed, OLD)) == ([], 5, 0)
    *_, idle = rekeying.rekey()
    assert idle.done == 0
    ring(NEW)
    assert contacts(installed) == before
    with installed.scope():
        assert VendorAccount.objects.get(id=installed.account.id).secret("api_key") == "vendor-key-marker"


def test_the_secrets_of_second_factors_are_sealed_anew_too(installed, ring):
    with installed.scope():
        secret, seed, code = (get_adapter().encrypt(text) for text in ("an-app", "a-seed", "a-code"))
        staff = installed.staff["hr_manager"]
        Authenticator.objects.create(user=staff, type="totp", data={"secret": secret})
        codes = {"seed": seed, "used_mask": 0, "migrated_codes": [code]}
        Authenticator.objects.create(user=staff, type="recovery_codes", data=codes)
    ring(NEW, OLD)
    assert rekeying.counted()[crypto._mark(OLD)] >= 3
    *_, last = rekeying.rekey()
    assert last.unreadable == []
    assert rekeying.counted()[crypto._mark(OLD)] == 0
    ring(NEW)
    with installed.scope():
        app, codes = Authenticator.objects.order_by("-type")
    said = [app.data["secret"], codes.data["seed"], *codes.data["migrated_codes"]]
    assert [get_adapter().decrypt(text) for text in said] == ["an-app", "a-seed", "a-code"]


def test_people_are_found_by_their_number_under_a_new_key_and_old_links_count_while_the_old_one_is_there(
    installed, ring
):
    who = installed.candidates[2]
    phone, reminder = installed.phone(who), new_id()
    link = crypto.sign_id("reminder", reminder)
    ring(NEW, OLD)
    list(rekeying.rekey())
    for keys in ((NEW, OLD), (NEW,)):
        ring(*keys)
        with installed.scope():
            found = CandidateIdentity.objects.get(phone_hash=phone_hash(installed.company.id, phone))
        assert found.id == who.identity_id
        assert (crypto.signed_id("reminder", link) == reminder) is (OLD in keys)


@pytest.mark.parametrize("keys", [(OLD, NEW), (NEW, OLD)])
def test_a_new_key_behind_the_old_one_leaves_hashes_alone_from_the_first(installed, ring, keys):
    phone = installed.phone(installed.candidates[2])
    rekeying.keep_hash_key()
    for ringed in (keys, (NEW, OLD)):
        ring(*ringed)
        with installed.scope():
            assert CandidateIdentity.objects.filter(
                phone_hash=phone_hash(installed.company.id, phone)
            ).exists()


@pytest.mark.parametrize("keys", [(OLD, NEW), (NEW, OLD)])
def test_which_key_was_the_first_is_told_by_what_it_opens_and_not_by_where_it_stands(installed, ring, keys):
    ring(*keys)
    list(rekeying.rekey())
    with installed.scope():
        phone = installed.phone(installed.candidates[2])
        assert CandidateIdentity.objects.filter(phone_hash=phone_hash(installed.company.id, phone)).exists()


def test_keys_that_open_nothing_rotate_nothing_and_do_not_touch_the_key_of_hashes(installed, ring):
    ring(NEW)
    with pytest.raises(rekeying.KeyMissing):
        list(rekeying.rekey())
    assert not crypto.find_key_is_kept()
    ring(OLD)
    list(rekeying.rekey())
    ring(NEW)
    with pytest.raises(rekeying.KeyMissing):
        list(rekeying.rekey())
    # Whoever looks for a person is told what is wrong, and not merely that something is.
    with pytest.raises(BadKeys, match="none of the master keys opens"):
        phone_hash(installed.company.id, "+8613800000001")
    ring(OLD)
    assert crypto._find_key((OLD,)) == crypto._derived(OLD, "find")


def test_without_the_old_key_nothing_opens_that_was_not_rotated_and_it_is_named(installed, ring):
    """Of what was sealed since by a process with the new key alone, such a one rotates what it can."""
    rekeying.keep_hash_key()
    ring(NEW, OLD)
    with transaction.atomic():
        crypto.seal_find_key_anew()
    ring(NEW)
    *_, last = rekeying.rekey()
    identity = installed.candidates[1].identity_id
    assert f"accounts_candidateidentity.data_key {identity}" in last.unreadable
    with installed.scope(), pytest.raises(InvalidTag):
        open_contacts(CandidateIdentity.objects.get(id=identity))


def test_what_none_of_the_keys_opens_is_counted_as_that_and_not_as_a_keys_of_ours(installed, ring):
    ring(NEW)
    counts = dict(rekeying.counted())
    assert (counts[crypto._mark(NEW)], counts[""] >= 5) == (0, True)
    [found] = rotated()
    assert (found.grade, "none of them opens" in found.seen.en) == (Grade.FAIL, True)
    ring(NEW, OLD)
    assert rekeying.counted()[crypto._mark(OLD)] >= 5


def test_an_import_can_still_be_rolled_back_after_a_rotation(installed, ring):
    manager, whose = installed.actor("hr_manager"), installed.candidates[1]
    with installed.scope() as now:
        batch = open_batch(kind=BatchKind.IMPORT, name="f.csv", actor=manager, now=now)
        record_into(batch)
        CandidateIdentity.objects.filter(id=whose.identity_id).update(language="en")
    before = contacts(installed)
    ring(NEW, OLD)
    list(rekeying.rekey())
    ring(NEW)
    with installed.scope() as now:
        undone = roll_back(batch_id=batch.id, actor=manager, now=now)
    assert undone.restored == 1
    with installed.scope():
        assert CandidateIdentity.objects.get(id=whose.identity_id).language == "zh-hans"
    assert contacts(installed) == before


def test_every_sealed_column_is_rotated_or_lies_under_a_data_key():
    binary = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models()
        if model.__module__.startswith("raincheck.") and model._meta.managed
        for field in model._meta.local_fields
        if isinstance(field, models.BinaryField)
    }
    sealed = {name for name in binary if name.endswith(("_sealed", "data_key"))}
    rotated = {f"{place.table}.{place.column}" for place in rekeying.PLACES}
    assert sealed == rotated | SEALED_UNDER_A_DATA_KEY


@pytest.fixture
def shell(here):
    """Return the environment of a shell on this run's database, with a new key in force before the run's own."""
    kept = (
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "RAINCHECK_SECRET_KEY",
        "RAINCHECK_AUDIT_KEY",
        "RAINCHECK_HOME",
    )
    env = {name: os.environ[name] for name in kept}
    key = secrets.token_bytes(32)
    return key, {**env, "RAINCHECK_MASTER_KEY": f"{b64(key)},{os.environ['RAINCHECK_MASTER_KEY']}"}


def test_a_killed_rotate_is_taken_up_again(here, shell, home):
    for _ in range(3):
        here.add_candidate()
    key, env = shell
    with here.scope():
        order = list(CandidateIdentity.objects.order_by("id").values_list("id", flat=True))
    with psycopg.connect(database_url("postgres", home=home)) as other:
        other.execute("SELECT 1 FROM accounts_candidateidentity WHERE id = %s FOR UPDATE", [order[-1]])
        started = subprocess.Popen(
            argv("keys", "rotate", "--batch", "1"), env=bare_environment(**env), stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while under(here, key) < len(order) - 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        started.send_signal(signal.SIGKILL)
        started.wait(10)
    assert under(here, key) == len(order) - 1
    again = raincheck("keys", "rotate", **env)
    assert again.returncode == 0, again.stderr
    assert under(here, key) == len(order)
    listed = raincheck("keys", "list", **env)
    newest, old = listed.stdout.splitlines()
    assert "当前 / newest" in newest
    assert "\t0 项" not in newest
    assert "\t0 项" in old


def test_keys_come_from_a_file_newest_first(tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"# made in November\n{b64(NEW)}\n{b64(OLD)}\n")
    env = {"RAINCHECK_MASTER_KEY_FILE": str(file), "RAINCHECK_MASTER_KEY": b64(b"x" * 32)}
    assert master_keys(env) == (NEW, OLD)


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({}, "RAINCHECK_MASTER_KEY"),
        ({"RAINCHECK_MASTER_KEY": "###"}, "RAINCHECK_MASTER_KEY"),
        ({"RAINCHECK_MASTER_KEY": b64(b"short")}, "RAINCHECK_MASTER_KEY"),
        ({"RAINCHECK_MASTER_KEY": f"{b64(OLD)},{b64(OLD)}"}, "RAINCHECK_MASTER_KEY"),
        ({"RAINCHECK_MASTER_KEY_FILE": "/nowhere/at/all"}, "RAINCHECK_MASTER_KEY_FILE"),
        ({"RAINCHECK_MASTER_KEY": b64(OLD), "RAINCHECK_KMS": "no.such.module:Kms"}, "RAINCHECK_KMS"),
        ({"RAINCHECK_MASTER_KEY": b64(OLD), "RAINCHECK_KMS": "collections:OrderedDict"}, "RAINCHECK_KMS"),
    ],
)
def test_keys_that_cannot_be_had_are_refused_by_the_name_of_the_setting(env, named):
    with pytest.raises(BadKeys) as refused:
        master_keys(env)
    assert named in str(refused.value)
    assert b64(OLD) not in str(refused.value)


def test_a_kms_makes_a_key_and_opens_it_when_a_process_starts(shell):
    _, env = shell
    with kms.running() as service:
        made = raincheck("keys", "new", **{**env, **service.env})
        assert made.returncode == 0, made.stderr
        blob = made.stdout.strip()
        assert len(base64.b64decode(blob)) > 32
        right = {**env, **service.env, "RAINCHECK_MASTER_KEY": blob}
        checked = raincheck("check", **right)
        assert (checked.returncode, service.asked) == (0, ["encrypt", "decrypt"]), checked.stderr
        refused = raincheck("check", **{**right, "TEST_KMS_TOKEN": "wrong"})
        assert refused.returncode == 2
        assert "RAINCHECK_KMS" in refused.stderr
        assert blob not in refused.stderr
    gone = raincheck("check", **right)
    assert gone.returncode == 2


def test_an_embedded_installation_keeps_its_keys_as_files_and_puts_the_newest_first(tmp_path):
    home = Home.open(tmp_path / "home")
    first = master_key_text(home)
    for _ in range(2):
        made = raincheck("keys", "new", RAINCHECK_HOME=str(home.root))
        assert made.returncode == 0, made.stderr
    newest, second, oldest = master_key_text(home).split(",")
    assert oldest == first
    assert base64.b64decode(newest) == home.read_secret("master-3")
    assert base64.b64decode(second) == home.read_secret("master-2")


def test_a_candidate_erased_stays_erased_through_a_rotation(installed, ring):
    with installed.scope():
        CandidateIdentity.objects.filter(id=installed.candidates[3].identity_id).update(data_key=None)
    ring(NEW, OLD)
    *_, last = rekeying.rekey()
    with installed.scope():
        identity = Candidate.objects.select_related("identity").get(id=installed.candidates[3].id).identity
    assert identity.data_key is None
    assert not any(str(identity.id) in one for one in last.unreadable)
