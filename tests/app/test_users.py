"""Users on the command line: a password once, a role, and never a hash shown."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from app.auth.users import Users
from tests.app.conftest import Ran

Command = Callable[..., Ran]
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERSHOCK_USERS", str(tmp_path / "users"))
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))


def test_a_user_comes_and_goes(command: Command, tmp_path: Path) -> None:
    assert command("users", "add", "ada", "--role", "editor").code == 0
    users = Users(tmp_path / "users")
    found = users.check("ada", PASSWORD)
    assert found is not None and found.role == "editor"
    assert users.check("ada", PASSWORD + "x") is None
    shown = command("users", "list")
    assert "ada" in shown.out and "scrypt" not in shown.out and PASSWORD not in shown.out
    assert command("users", "add", "bob", "--no-password").code == 0
    assert users.check("bob", "") is None
    assert command("users", "remove", "ada").code == 0
    assert (command("users", "remove", "ada").code, users.get("ada")) == (2, None)


@pytest.mark.parametrize("name", ["", "a:b", "a b", "x" * 65, "a\nb"])
def test_a_name_that_would_break_the_file_is_refused(command: Command, name: str) -> None:
    assert command("users", "add", name).code == 2


def test_a_short_password_is_refused(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    ran = command("users", "add", "ada")
    assert (ran.code, "12 to 1,024 characters" in ran.err) == (2, True)


def test_a_spoilt_file_is_told_by_its_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "users").write_text("ada:editor:\nbob:king:\n")
    ran = command("users", "list")
    assert (ran.code, "Line 2 of" in ran.err) == (2, True)
