"""`raincheck check --deploy`: what may not stand in an installation with people's data, named one by one."""

import base64
import json
import os

import pytest

from raincheck.core import weakness
from tests.commands import CHECKOUT, raincheck

PASSWORD = "Wq8sN3vT6yL1xB5kR9"


def production(**changes):
    """Return the settings of an installation as docs/howto/deploy.md makes it, with these changed."""
    right = {
        **weakness.fresh_secrets(),
        "DATABASE_URL": f"postgresql://app:{PASSWORD}@db.internal:5432/interviews?sslmode=verify-full",
        "RAINCHECK_BASE_URL": "https://interviews.example.com",
        "RAINCHECK_ALLOWED_HOSTS": "interviews.example.com",
        "RAINCHECK_PROXIES": "10.0.0.2/32",
        "RAINCHECK_SMTP_HOST": "mail.internal",
        "RAINCHECK_SMTP_STARTTLS": "on",
        "RAINCHECK_BREACHED_PASSWORDS": str(CHECKOUT / "tests" / "breached.txt"),
    }
    return {name: value for name, value in {**right, **changes}.items() if value}


def checked(**changes):
    """Run the check; return its status and, a check, the worst it found."""
    done = raincheck("check", "--deploy", "--json", **production(**changes))
    assert "Traceback" not in done.stderr, done.stderr
    found = json.loads(done.stdout)["checks"]
    worst = {}
    for one in found:
        worst[one["check"]] = max(
            worst.get(one["check"], "ok"), one["status"], key=["ok", "warn", "fail"].index
        )
    return done.returncode, worst


def test_a_right_installation_has_nothing_to_mend():
    status, found = checked()
    root = found.pop("user")
    assert set(found.values()) == {"ok"}, found
    assert set(found) == {
        "keys", "address", "hosts", "demo", "database_password", "database_transport", "proxies", "networks",
        "mail_transport", "passwords", "second_factor",
    }  # fmt: skip
    assert (status, root) == (0, "warn" if os.geteuid() == 0 else "ok")


WRONG = [
    ("address", "fail", {"RAINCHECK_BASE_URL": "http://interviews.example.com"}),
    ("hosts", "fail", {"RAINCHECK_ALLOWED_HOSTS": "*"}),
    ("demo", "fail", {"RAINCHECK_DEMO": "1"}),
    ("keys", "fail", {"RAINCHECK_METRICS_TOKEN": "short"}),
    ("database_password", "fail", {"DATABASE_URL": "postgresql://app:app@db.internal/x?sslmode=verify-full"}),
    ("database_transport", "fail", {"DATABASE_URL": f"postgresql://app:{PASSWORD}@db.internal/x"}),
    (
        "database_transport",
        "warn",
        {"DATABASE_URL": f"postgresql://app:{PASSWORD}@db.internal/x?sslmode=require"},
    ),
    ("database_roles", "warn", {"DATABASE_OWNER_URL": f"postgresql://owner:{PASSWORD}@127.0.0.1/x"}),
    ("database_roles", "fail", {"DATABASE_OWNER_URL": f"postgresql://app:{PASSWORD}@127.0.0.1/x"}),
    ("proxies", "warn", {"RAINCHECK_PROXIES": ""}),
    ("proxies", "fail", {"RAINCHECK_PROXIES": "0.0.0.0/0"}),
    ("networks", "fail", {"RAINCHECK_PRIVATE_NETWORKS": "10.0.0.0/8,169.254.0.0/16"}),
    ("mail_transport", "warn", {"RAINCHECK_SMTP_STARTTLS": "off"}),
    ("passwords", "warn", {"RAINCHECK_BREACHED_PASSWORDS": ""}),
    ("second_factor", "fail", {"RAINCHECK_MFA_ROLES": ","}),
    ("second_factor", "fail", {"RAINCHECK_MFA_ROLES": "hr_manager"}),
    ("second_factor", "warn", {"RAINCHECK_MFA_ROLES": "company_admin"}),
]


@pytest.mark.parametrize(("check", "status", "changed"), WRONG)
def test_what_is_wrong_is_named(check, status, changed):
    done, found = checked(**changed)
    assert found[check] == status
    assert done == int(status == "fail")


def test_people_read_a_line_a_check_and_what_to_do():
    done = raincheck("check", "--deploy", **production(RAINCHECK_DEMO="1"))
    assert "故障 FAIL   demo" in done.stdout
    assert "RAINCHECK_DEMO" in done.stdout
    assert PASSWORD not in done.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RAINCHECK_SECRET_KEY", "django-insecure-0123456789abcdefghijklmnop"),
        ("RAINCHECK_SECRET_KEY", "hunter2"),
        ("RAINCHECK_SECRET_KEY", "ab" * 40),
        ("RAINCHECK_MASTER_KEY", base64.b64encode(b"linu" * 8).decode()),
        ("RAINCHECK_AUDIT_KEY", base64.b64encode(b"0123456789abcdefghijklmnopqrstuv").decode()),
    ],
)
@pytest.mark.parametrize("command", ["web", "worker"])
def test_neither_web_nor_worker_starts_in_production_with_a_secret_that_others_know(command, name, value):
    done = raincheck(command, **production(**{name: value}))
    assert done.returncode == 2
    assert name in done.stderr
    assert "raincheck secrets" in done.stderr
    assert value not in done.stderr


@pytest.mark.parametrize("path", ["/nonexistent/breached.txt", str(CHECKOUT / "LICENSE")])
def test_nothing_starts_with_a_list_of_passwords_that_is_none(path):
    done = raincheck("check", **production(RAINCHECK_BREACHED_PASSWORDS=path))
    assert done.returncode == 2
    assert "RAINCHECK_BREACHED_PASSWORDS" in done.stderr
    assert path in done.stderr


def test_fresh_keys_are_strong_each_time_others_and_fill_an_environment_file():
    first, second = (raincheck("secrets").stdout for _ in range(2))
    made = dict(line.split("=", 1) for line in first.splitlines())
    assert set(made) == set(weakness.fresh_secrets())
    assert not set(first.splitlines()) & set(second.splitlines())
    assert raincheck("check", **production(**made)).returncode == 0


def test_random_keys_are_never_called_weak():
    for _ in range(300):
        assert weakness.why_weak(os.urandom(32).hex()) == ""
        assert weakness.why_weak_key(os.urandom(32)) == ""
