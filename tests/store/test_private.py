"""Fresh stores, folders and secrets are their owner's alone, whatever the process's mask."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.auth.users import Users, secret_key
from app.settings import Settings
from models import private
from models.errors import StoreUnreachableError
from models.sessions import Calendars
from models.store import Lease, Store
from models.store.backing import back_up, restore
from models.store.refusals import Refusals

NOW = datetime(2026, 6, 30, 22, tzinfo=UTC)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277], ids=oct)
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """The rights of a folder and of everything in it."""
    found = {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    return {".": stat.S_IMODE(folder.stat().st_mode), **found}


def test_everything_that_is_made_is_its_owners(tmp_path: Path, mask: int) -> None:
    above = tmp_path / "home"
    private.folder(above)
    above.chmod(0o755)
    data = above / "share" / "aftershock"
    settings = Settings(data_dir=data, now=NOW, auth="password")
    with Store.open(settings.store_url) as store:
        lease = Lease(store)
        assert lease.take(asked=True)
        notes = Refusals(settings.refusals_path, store.url_shown)
        notes.tell(StoreUnreachableError("The disk is full; make room."), NOW)
        assert modes(data)["aftershock.db-wal"] == 0o600
        copied = back_up(store, data / "copy.db").path
        lease.release()
    Users(settings.users_path).put("ann", "admin", "correct horse battery")
    secret_key(settings)
    Calendars(cache_dir=settings.cache_dir)["XNYS"]
    Store.open(settings.simulated_url).close()
    restore(f"sqlite:///{data / 'other' / 'restored.db'}", copied)
    restore(settings.store_url, copied)
    found = modes(data)
    names = {Path(name).name for name in found}
    assert names >= {"aftershock.db", "aftershock.db.lock", "refused.json", "users", "secret.key", "copy.db"}
    assert names >= {"simulated.db", "restored.db", "aftershock.db.before-restore", "cache", "other"}
    folders = {name for name in found if (data / name).is_dir()}
    assert {name: mode for name, mode in found.items() if mode != (0o700 if name in folders else 0o600)} == {}
    assert modes(above / "share")["."] == 0o700
    assert stat.S_IMODE(above.stat().st_mode) == 0o755, "a folder that was there is left alone"


def test_an_older_store_is_copied_for_its_owner_before_it_is_migrated(tmp_path: Path, mask: int) -> None:
    from models.store.migrating import back_up as copy_file

    with Store.open(f"sqlite:///{tmp_path / 'old.db'}"):
        pass
    (tmp_path / "old.db").chmod(0o644)
    copy_file(tmp_path / "old.db", tmp_path / "old.db.before")
    assert modes(tmp_path)["old.db.before"] == 0o600
    assert modes(tmp_path)["old.db"] == 0o644


def test_what_was_there_keeps_its_rights(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o775)
    (shared / "aftershock.db").touch()
    (shared / "aftershock.db").chmod(0o660)
    with Store.open(f"sqlite:///{shared / 'aftershock.db'}"):
        pass
    assert modes(shared)["."] == 0o775 and modes(shared)["aftershock.db"] == 0o660
    private.folder(shared)
    assert not private.file(shared / "aftershock.db")
    assert modes(shared)["."] == 0o775 and modes(shared)["aftershock.db"] == 0o660


def test_the_command_makes_its_folder_for_its_owner(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    told = {**os.environ, "AFTERSHOCK_DATA_DIR": str(tmp_path / "data")}
    command = (sys.executable, "-P", "-m", "app.cli", "users", "add", "ann", "--role", "admin")
    given = "correct horse battery\n" * 2
    subprocess.run(command, env=told, input=given, capture_output=True, text=True, umask=0o022, check=False)
    told_of = (sys.executable, "-P", "-m", "app.cli", "migrate")
    subprocess.run(told_of, env=told, capture_output=True, text=True, umask=0o022, check=True)
    found = modes(tmp_path / "data")
    assert found["."] == 0o700 and found["aftershock.db"] == 0o600
    assert {mode for name, mode in found.items() if (tmp_path / "data" / name).is_file()} == {0o600}
