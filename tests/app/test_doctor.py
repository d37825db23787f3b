"""Doctor: what it looks at, and what it mends."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import app
from app.auth.users import Users
from app.settings import load_settings
from models.errors import StoreFullError
from models.sessions import Calendar, Calendars
from models.store import Store, record_failure, start_run
from models.store.refusals import Refusals
from tests.app.conftest import Ran

Command = Callable[..., Ran]
SESSION_ARRAYS = ("sessions", "opens", "closes", "break_starts", "break_ends")


def test_doctor_names_the_calendar_that_ends_soon_and_where_packages_are(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> dict[str, dict[str, str]]:
        return {
            item["check"]: item
            for item in json.loads(command("doctor", "--offline", "--format", "json").out)["rows"]
        }

    well = found()
    assert str(Path(app.__file__).parents[1]) in well["packages"]["text"]
    assert (well["time zones"]["state"], well["stored data"]["state"]) == ("ok", "ok")
    names = ("XHKG", "XKRX", "XNYS", "XTAI", "XTKS", "weekdays")
    assert all(name in well["calendars"]["text"] for name in names)
    whole = Calendars.__getitem__

    def cut(self: Calendars, name: str) -> Calendar:
        known = whole(self, name)
        if name != "XTAI":
            return known
        kept = known.sessions <= np.datetime64("2026-07-31")
        return replace(known, **{each: getattr(known, each)[kept] for each in SESSION_ARRAYS})

    monkeypatch.setattr(Calendars, "__getitem__", cut)
    assert found()["calendars"] == {
        **{"check": "calendars", "state": "look"},
        "text": "known only XTAI up to 2026-07-31; update exchange_calendars.",
    }


def test_doctor_finds_and_repairs_a_row_put_in_by_hand(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, filled: Path
) -> None:
    shutil.copy(filled / "aftershock.db", tmp_path / "aftershock.db")
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path))
    with closing(sqlite3.connect(tmp_path / "aftershock.db")) as connection, connection:
        connection.execute(
            "INSERT INTO bar (instrument_id, session, close, final, flags, item_id) "
            "SELECT instrument_id, 20260625, 7, 1, 0, item_id FROM bar WHERE session = 20260624 LIMIT 1"
        )
    ran = command("doctor", "--offline")
    assert (ran.code, "aftershock doctor --repair" in " ".join(ran.out.split())) == (1, True)
    mended = command("doctor", "--offline", "--repair")
    assert "differ from its rows" not in mended.out and "whole" in mended.out


def test_doctor_looks_at_the_doors(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def found(name: str) -> tuple[str, str]:
        rows = json.loads(command("doctor", "--offline", "--json").out)["rows"]
        return next((row["state"], row["text"]) for row in rows if row["check"] == name)

    assert found("address") == ("ok", "127.0.0.1:8050, this machine only")
    assert found("content policy")[0] == found("switches")[0] == found("writer")[0] == "ok"
    assert found("held rows") == ("ok", "none")
    assert found("answers") == ("ok", "none refused as a whole")
    assert found("writes") == ("ok", "taken by the database")
    settings = load_settings()
    with Store.open(settings.store_url) as store:
        notes = Refusals(settings.refusals_path, store.url_shown)
    notes.tell(StoreFullError("The disk is full; free some space."), settings.clock())
    state, said = found("writes")
    assert state == "look" and said.startswith("Cannot store new data since 24 Jun 2026, 22:00 UTC: the disk")
    assert said.endswith("The disk is full; free some space.")
    with Store.open(settings.store_url) as store:
        now = settings.clock()
        run = start_run(store, trigger="schedule", source="yahoo", now=now)
        told = {"detail": "MU: the answer is on another basis.", "duration": 0.1, "now": now}
        record_failure(store, run, "MU", failure="wrong_basis", **told)
        record_failure(store, run, "NVDA", failure="transient", **told)
    assert found("answers") == ("look", "MU: the answer is on another basis.")
    monkeypatch.setenv("DASH_MCP_ENABLED", "true")
    assert found("switches")[0] == "look"
    monkeypatch.setenv("AFTERSHOCK_HOST", "0.0.0.0")
    state, said = found("address")
    assert state == "cannot" and "AFTERSHOCK_AUTH=password" in said
    monkeypatch.setenv("AFTERSHOCK_AUTH", "password")
    monkeypatch.setenv("AFTERSHOCK_USERS", str(tmp_path / "users"))
    assert "users add NAME" in found("address")[1]
    Users(tmp_path / "users").put("ada", "admin", "correct horse battery")
    assert "in plain text: put https before it" in found("address")[1]
    monkeypatch.setenv("AFTERSHOCK_PROXIES", "10.0.0.1")
    assert found("address") == ("ok", "0.0.0.0:8050, 1 of the file of users log in")
    (tmp_path / "users").chmod(0o644)
    assert "chmod 600" in found("address")[1]


def test_doctor_says_what_draws_pictures(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def found() -> dict[str, str]:
        rows = json.loads(command("doctor", "--offline", "--format", "json").out)["rows"]
        return next(item for item in rows if item["check"] == "pictures")

    monkeypatch.setattr("app.render.memo.chromium.NAMES", ())
    monkeypatch.setattr("app.render.memo.chromium._ELSEWHERE", ())
    assert found()["state"] == "ok" and "Memo menu" in found()["text"]
    monkeypatch.setenv("AFTERSHOCK_CHROMIUM", str(tmp_path / "none"))
    assert found()["state"] == "look" and "which is no program" in found()["text"]
