"""deploy/: units, compose file, image and roles say what they should, and an installation made of them works."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import yaml

from raincheck import upkeep
from tests import deployed
from tests.commands import CHECKOUT, raincheck
from tests.deployed import DEPLOY, PROGRAM, environment_file, unit
from tests.simulators import free_port

UNITS = sorted(path.name for path in (DEPLOY / "systemd").iterdir())
SERVICES = [name for name in UNITS if name.endswith(".service")]
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text("utf-8"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
#: Of 10; what systemd itself calls OK.
EXPOSURE = 2.0
KNOWN_ELSEWHERE = {"POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"}


def known_settings():
    """Return every name that docs/reference/settings.md explains; `_PORT` and the like go on from the one before."""
    names = set()
    for line in (CHECKOUT / "docs" / "reference" / "settings.md").read_text("utf-8").splitlines():
        found = re.findall(r"`([A-Z_]+)`", line.split("|")[1]) if line.startswith("|") else []
        for name in found:
            names.add(found[0].rsplit("_", 1)[0] + name if name.startswith("_") else name)
    return names


def settings_read():
    """Return every name that the settings or the installation read."""
    sources = [
        CHECKOUT / "raincheck" / name for name in ("settings.py", "setting_kinds.py", "runtime/home.py")
    ]
    text = "".join(path.read_text("utf-8") for path in sources)
    return set(re.findall(r'"((?:RAINCHECK|DATABASE)_[A-Z_]+)"', text))


def test_a_release_that_only_has_new_words_has_them_compiled_by_whoever_installs_it(tmp_path):
    """The units may not write there, so that is no time to find them older than their source."""
    (tmp_path / "bin").mkdir()
    for name in ("bin/python", ".packages", ".installed"):
        (tmp_path / name).touch()

    def make(*more):
        command = ["make", "--dry-run", f"VENV={tmp_path}", *more, f"{tmp_path}/.installed"]
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout

    assert "up to date" in make()
    said = make("--what-if=raincheck/locale/en/LC_MESSAGES/django.po")
    assert "raincheck.core.translations" in said
    assert "pip" not in said, "and no package is installed anew for it"


def test_words_that_cannot_be_written_stop_no_migration(db, monkeypatch):
    def denied():
        raise PermissionError("read-only")

    monkeypatch.setattr(upkeep, "compile_translations", denied)
    assert upkeep.bring_up_to_date() is False


class TestUnits:
    @pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze isn't here")
    def test_systemd_itself_finds_nothing_wrong_with_them(self, tmp_path):
        # The program isn't installed where the units say, so they are looked at with one that is.
        for name in UNITS:
            text = (DEPLOY / "systemd" / name).read_text("utf-8").replace(PROGRAM, shutil.which("true"))
            (tmp_path / name).write_text(text.replace("file:///opt/raincheck", f"file://{CHECKOUT}"), "utf-8")
        files = [str(tmp_path / name) for name in UNITS]
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
        )
        ours = [line for line in done.stderr.splitlines() if "raincheck" in line]
        assert ours == []

    @pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze isn't here")
    @pytest.mark.parametrize("name", SERVICES)
    def test_each_service_is_shut_in(self, name):
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", str(DEPLOY / "systemd" / name)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        [exposure] = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        assert float(exposure) <= EXPOSURE, done.stdout

    @pytest.mark.parametrize("name", SERVICES)
    def test_each_runs_our_program_as_nobody_in_particular_and_writes_to_its_own_folder_alone(self, name):
        said = unit(name)
        assert said["User"] == ["raincheck"]
        assert said["NoNewPrivileges"] == ["yes"]
        assert said["CapabilityBoundingSet"] == [""]
        assert said["ProtectSystem"] == ["strict"]
        assert said["StateDirectory"] == ["raincheck"]
        assert all(
            line.startswith(f"{PROGRAM} ") for line in said["ExecStart"] + said.get("ExecStartPre", [])
        )

    def test_only_the_migration_knows_the_owner_and_only_the_backup_the_one_who_sees_all(self):
        knows = {
            name: {Path(f).name for f in unit(name)["EnvironmentFile"]} - {"raincheck.env"}
            for name in SERVICES
        }
        assert {name: files for name, files in knows.items() if files} == {
            "raincheck-migrate.service": {"owner.env"},
            "raincheck-backup.service": {"backup.env"},
        }

    def test_a_timer_leads_to_a_service_of_its_name(self):
        timers = [name for name in UNITS if name.endswith(".timer")]
        assert len(timers) == 2
        assert all(name.replace(".timer", ".service") in SERVICES for name in timers)


class TestEnvironmentFiles:
    @pytest.mark.parametrize("name", ["raincheck.env", "owner.env", "backup.env"])
    def test_every_name_is_one_the_settings_read_and_the_docs_explain(self, name):
        given = set(environment_file(DEPLOY / name))
        assert given <= settings_read()
        assert given <= known_settings()

    def test_no_secret_stands_in_them(self):
        for name in ("raincheck.env", "owner.env", "backup.env"):
            for key, value in environment_file(DEPLOY / name).items():
                if re.search(r"KEY|TOKEN|PASSWORD|_URL$", key) and key != "RAINCHECK_BASE_URL":
                    assert "<" in value, key


class TestCompose:
    def test_web_worker_and_postgresql_are_there_and_wait_for_one_another(self):
        services = COMPOSE["services"]
        assert {"web", "worker", "database", "migrate"} <= set(services)
        assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
        for name in ("web", "worker"):
            assert services[name]["depends_on"] == {
                "migrate": {"condition": "service_completed_successfully"}
            }
        assert services["web"]["command"][0] == "web"
        assert services["worker"]["command"] == ["worker"]

    def test_every_variable_it_sets_is_one_the_settings_know(self):
        for name, service in COMPOSE["services"].items():
            given = set(service.get("environment", {}))
            assert given <= settings_read() | KNOWN_ELSEWHERE, name
            for file in service.get("env_file", []):
                assert (DEPLOY / file).is_file(), file

    def test_nothing_is_open_to_the_network_or_privileged_and_no_image_moves(self):
        for name, service in COMPOSE["services"].items():
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
            assert "privileged" not in service
            assert "no-new-privileges:true" in service["security_opt"], name
            tag = service["image"].rpartition(":")[2]
            assert tag not in {"", "latest"}, name
            assert "RAINCHECK_RELEASE" in service["image"] or re.fullmatch(r"\d+\.\d+-\w+", tag), name
        ours = [one for name, one in COMPOSE["services"].items() if name != "database"]
        assert all(one["read_only"] and one["cap_drop"] == ["ALL"] for one in ours)
        assert COMPOSE["networks"]["inside"] == {"internal": True}
        assert COMPOSE["services"]["database"]["networks"] == ["inside"]

    def test_what_it_names_is_there(self):
        services, base = COMPOSE["services"], DEPLOY / "compose"
        for service in services.values():
            for volume in service.get("volumes", []):
                source = volume.partition(":")[0]
                assert source in COMPOSE["volumes"] or (base / source).is_file(), source
            assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        build = services["web"]["build"]
        assert (base / build["context"] / build["dockerfile"]).is_file()
        script = (base / "roles.sh").read_text("utf-8")
        assert set(re.findall(r"/run/secrets/(\w+)", script)) <= set(COMPOSE["secrets"])

    @pytest.mark.skipif(
        not shutil.which("docker")
        or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0,
        reason="docker compose isn't here",
    )
    def test_compose_itself_can_read_it(self, tmp_path):
        folder = tmp_path / "deploy" / "compose"
        shutil.copytree(DEPLOY, tmp_path / "deploy")
        for name in ("raincheck.env", "owner.env", "backup.env"):
            shutil.copy(DEPLOY / name, folder / name)
        done = subprocess.run(
            ["docker", "compose", "-f", str(folder / "compose.yaml"), "config", "--quiet"],
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "RAINCHECK_RELEASE": "0.1.0"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


class TestImage:
    def lines(self):
        joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
        return [line.split(None, 1) for line in joined.splitlines() if line and not line.startswith("#")]

    def test_it_is_built_from_a_named_release_and_locked_packages(self):
        images = {rest.split(" AS ")[0] for word, rest in self.lines() if word == "FROM"}
        assert all(
            re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+-[\w-]+(@sha256:[0-9a-f]{64})?", image) for image in images
        )
        installs = [rest for word, rest in self.lines() if word == "RUN" and "pip install" in rest]
        assert installs
        for line in installs:
            for command in [part for part in line.split("&&") if "pip install" in part]:
                assert "--require-hashes" in command or "--no-deps" in command, command
        assert "curl" not in DOCKERFILE
        assert not any(word == "ADD" for word, _ in self.lines())

    def test_it_runs_as_a_user_without_rights_or_shell_and_holds_no_secret(self):
        last = max(n for n, (word, _) in enumerate(self.lines()) if word == "FROM")
        users = [rest for word, rest in self.lines()[last:] if word == "USER"]
        assert users
        assert users[-1].split(":")[0] not in {"root", "0"}
        assert "nologin" in DOCKERFILE
        assert not re.search(r"KEY|PASSWORD|TOKEN|SECRET", DOCKERFILE)
        assert ["STOPSIGNAL", "SIGTERM"] in self.lines()

    def test_nothing_but_the_product_gets_into_it(self):
        ignored = (CHECKOUT / ".dockerignore").read_text("utf-8").splitlines()
        assert ignored[0] == "*"
        let_in = {line[1:] for line in ignored if line.startswith("!")}
        copied = {
            name
            for word, rest in self.lines()
            if word == "COPY" and "--from" not in rest
            for name in rest.split()[:-1]
        }
        assert copied == let_in
        assert all((CHECKOUT / name).exists() for name in let_in)


def test_an_installation_made_of_them_cancels_an_interview_and_stops_with_grace(
    installation, roles, outbox, tmp_path
):
    assert "Migrated" in installation.run_once("raincheck-migrate.service")
    deployed.set_up(installation, tmp_path)
    with psycopg.connect(roles["DATABASE_URL"]) as app:
        assert app.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user").fetchone() == (
            0,
        )
        assert app.execute("SELECT count(*) FROM recruiting_interview").fetchone() == (0,), (
            "no company, no row"
        )
    with deployed.services(installation) as running:
        deployed.walk_one_cancel(installation, outbox)
        assert_healthy(installation.port)
        for name, service in running.items():
            status, took = service.stop()
            said = service.said()
            assert status == 0, (name, said[-1000:])
            assert took < float(unit(name)["TimeoutStopSec"][0]), name
            assert "Traceback" not in said, said
            assert deployed.PHONE not in said
    # The timers' services, over what is there now.
    assert "raincheck-" in installation.run_once("raincheck-backup.service")
    installation.operator("audit", "checkpoint")
    installation.run_once("raincheck-audit.service")


def assert_healthy(port):
    """Ask of a web server what the compose file has its container ask, and of nobody the same."""
    _cmd, _python, *arguments = COMPOSE["services"]["web"]["healthcheck"]["test"]
    for at, healthy in ((port, True), (free_port(), False)):
        asked = [one.replace(":8000/", f":{at}/") for one in arguments]
        done = subprocess.run([sys.executable, *asked], capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == healthy, done.stderr


@pytest.mark.parametrize("name", sorted(set(COMPOSE["services"]) - {"database"}))
def test_each_container_is_given_a_command_that_there_is(name):
    command = COMPOSE["services"][name]["command"]
    done = raincheck(*command, "--help")
    assert done.returncode == 0, done.stderr
    flags = {word for word in command if word.startswith("--")}
    assert all(flag in done.stdout for flag in flags), done.stdout
