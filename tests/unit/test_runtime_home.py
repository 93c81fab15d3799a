"""RAINCHECK_HOME: where it is, who may read it, and its secrets."""

import stat
import threading
from pathlib import Path

import pytest

from raincheck.installation import environment
from raincheck.runtime.home import Home, home_path, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_environment_names_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAINCHECK_HOME", str(tmp_path / "here"))
    assert home_path() == tmp_path / "here"


def test_without_a_name_the_home_is_in_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("RAINCHECK_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/ignored")
    assert home_path() == tmp_path / ".local" / "share" / "raincheck"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert home_path() == tmp_path / "data" / "raincheck"


def test_every_room_is_private_and_what_existed_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    home = Home.open(tmp_path / "a" / "home")
    rooms = (
        home.root,
        home.database,
        home.keys,
        home.run,
        home.simulators,
        home.files,
        home.folder("x", "y"),
    )
    assert {mode(room) for room in rooms} == {0o700}
    assert mode(tmp_path) == 0o755


def test_only_a_demos_home_reaches_into_its_own_host_and_only_as_long_as_nothing_else_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("RAINCHECK_PRIVATE_NETWORKS", raising=False)
    monkeypatch.setattr("raincheck.installation.database_url", lambda role, home: f"postgresql:///{role}")
    home = Home.open(tmp_path / "home")
    assert "RAINCHECK_PRIVATE_NETWORKS" not in environment(home)
    # Where no home is named, the demo's is this folder of the installation's.
    home.demo_mark.mkdir()
    assert "RAINCHECK_PRIVATE_NETWORKS" not in environment(home)
    demo = Home.open(home.demo_mark)
    demo.demo_mark.touch()
    assert environment(demo)["RAINCHECK_PRIVATE_NETWORKS"] == "127.0.0.0/8"
    for said in ("10.1.0.0/16", ""):
        monkeypatch.setenv("RAINCHECK_PRIVATE_NETWORKS", said)
        assert environment(demo)["RAINCHECK_PRIVATE_NETWORKS"] == said


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    home = Home.open(tmp_path)
    secret = home.read_or_create_secret("master", size=48)
    assert len(secret) == 48
    assert home.read_or_create_secret("master") == secret
    assert mode(home.keys / "master") == 0o600


def test_many_who_ask_at_once_get_one_secret(tmp_path: Path) -> None:
    home = Home.open(tmp_path)
    answers: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: answers.append(home.read_or_create_secret("shared")))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 16
    assert len(set(answers)) == 1


def test_a_key_that_was_left_open_is_closed_when_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = Home.open(tmp_path)
    home.read_or_create_secret("master")
    (home.keys / "master").chmod(0o644)
    with caplog.at_level("WARNING"):
        home.read_secret("master")
    assert mode(home.keys / "master") == 0o600
    assert "was open to others" in caplog.text


def test_a_write_that_fails_leaves_the_old_content_and_no_litter(tmp_path: Path) -> None:
    write_private(tmp_path / "file", "old")
    with pytest.raises(UnicodeEncodeError):
        write_private(tmp_path / "file", "\udc80")
    assert (tmp_path / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
