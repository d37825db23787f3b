"""The command line: its answers, their three forms, and one sentence for whatever cannot be done."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.kinds.request import PageRequest
from app.market.market import Market
from app.market.plain import json_text
from app.pages.drawdowns import facts
from app.settings import Settings
from models.store import Store
from tests.app.conftest import NOW, Ran

Command = Callable[..., Ran]
PARTS = ["as_of", "data_version", "simulated", "params", "rows", "notes"]

FEW_OF_MEMORY = (
    "2 of 8 names, left out: Samsung Elec., SanDisk, Western Digital, Seagate, Kioxia, SK Square "
    "(no price is stored)"
)


def answer(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    assert [name for name in found if name != "basket"] == PARTS
    return found


def row(found: dict[str, Any], symbol: str) -> dict[str, Any]:
    return next(item for item in found["rows"] if item["symbol"] == symbol)


def reasons(found: dict[str, Any], symbol: str) -> list[str]:
    return [note["reason"] for note in found["notes"] if note["symbol"] == symbol]


def test_help_needs_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'dash', 'sqlalchemy', 'yfinance', 'pydantic'}"
    check = f"import sys, app.cli; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_moves_of_a_crash(command: Command) -> None:
    found = answer(command("moves", "--on", "2026-06-23", "--format", "json"))
    assert (found["as_of"], found["simulated"], found["params"]) == (
        "2026-06-23",
        False,
        {"on": "2026-06-23"},
    )
    index = row(found, "^KS11")
    assert list(index) == [
        *("symbol", "session", "close_return", "gap_return", "session_return", "low_return", "status")
    ]
    half = 0.8**0.5 - 1
    assert index["session"] == "2026-06-23"
    assert index["status"] == "final"
    assert index["close_return"] == pytest.approx(-0.2)
    assert index["gap_return"] == pytest.approx(half)
    assert index["session_return"] == pytest.approx(half)
    assert index["low_return"] == pytest.approx(0.8 * 0.99 - 1)
    assert "jump unconfirmed" in reasons(found, "MU")[0]


def test_moves_name_every_instrument_and_why_one_has_none(command: Command) -> None:
    found = answer(command("moves", "--on", "2026-06-23", "--format", "json"))
    assert len(found["rows"]) == 80
    softbank = row(found, "9984.T")
    assert (softbank["status"], softbank["close_return"]) == ("missing", None)
    assert reasons(found, "9984.T") == ["no bar of Tokyo on 23 Jun 2026: a hole of the source or a closure"]
    assert row(found, "AMD")["status"] == "missing"
    for item in found["rows"]:
        if any(value is None for value in item.values()):
            assert reasons(found, item["symbol"]), item


def test_moves_on_a_day_without_a_session(command: Command) -> None:
    found = answer(command("moves", "--on", "2026-06-20", "--format", "json"))
    assert row(found, "NVDA")["status"] == "closed"
    assert reasons(found, "NVDA") == ["New York held no session on 2026-06-20"]


def test_moves_before_a_listing_and_on_its_first_day(command: Command) -> None:
    before = answer(command("moves", "--on", "2026-06-11", "--format", "json"))
    assert row(before, "SPCX")["status"] == "not listed"
    first = answer(command("moves", "--on", "2026-06-12", "--format", "json"))
    assert (row(first, "SPCX")["status"], row(first, "SPCX")["close_return"]) == ("final", None)
    assert reasons(first, "SPCX") == ["there is no close before the first session"]


def test_moves_after_a_lapse_are_withheld(command: Command) -> None:
    found = answer(command("moves", "--on", "2026-06-24", "--format", "json"))
    assert reasons(found, "9984.T") == ["withheld: a move of 2 sessions, over 23 Jun 2026 without a bar"]
    softbank = row(found, "9984.T")
    assert softbank["status"] == "final"
    assert [softbank[name] for name in found["rows"][0] if name.endswith("_return")] == [None] * 4


def test_drawdowns(command: Command) -> None:
    found = answer(command("drawdowns", "--basket", "memory", "--format", "json"))
    assert list(found["rows"][0]) == [
        *("symbol", "drawdown", "peak", "first_down", "trough", "recovered", "sessions"),
        *("max_drawdown", "max_peak", "max_trough", "percentile"),
    ]
    micron = row(found, "MU")
    assert found["as_of"] == "2026-06-24"
    assert micron["drawdown"] == pytest.approx(0.8 * 1.001 - 1)
    assert (micron["peak"], micron["first_down"], micron["trough"]) == (
        "2026-06-22",
        "2026-06-23",
        "2026-06-23",
    )
    assert (micron["recovered"], micron["sessions"]) == (None, 2)
    assert reasons(found, "MU") == ["the fall is open"]
    assert reasons(found, "SNDK") == ["no price is stored"]
    depths = [item["drawdown"] for item in found["rows"] if item["drawdown"] is not None]
    assert depths == sorted(depths)


def test_the_basket_stands_beside_its_names_as_on_the_page(command: Command, filled: Path) -> None:
    found = answer(command("drawdowns", "--basket", "memory", "--format", "json"))
    assert list(found["basket"]) == list(found["rows"][0])
    assert found["basket"]["symbol"] == "memory"
    assert found["basket"]["drawdown"] == pytest.approx(0.8 * 1.001 - 1, abs=2e-3)
    assert "memory" not in [item["symbol"] for item in found["rows"]]
    assert reasons(found, "memory") == ["the fall is open", FEW_OF_MEMORY]
    assert "memory" in command("drawdowns", "--basket", "memory").out
    market = Market(Settings(data_dir=filled, now=NOW))
    page, _ = facts(market, PageRequest("/drawdowns", "?basket=memory&rows=all"))
    shown = {item.symbol: item for item in (page.whole, *page.names)}
    for row in (found["basket"], *found["rows"]):
        if row["drawdown"] is not None:
            told = {name: getattr(shown[row["symbol"]], name) for name in row}
            assert json.loads(json_text(told)) == row
    market.close()


def test_a_name_whose_prices_stopped_says_so(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, filled: Path
) -> None:
    shutil.copy(filled / "aftershock.db", tmp_path / "aftershock.db")
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path))
    with Store.open(f"sqlite:///{tmp_path}/aftershock.db") as store, store.writing() as connection:
        connection.exec_driver_sql(
            "DELETE FROM bar WHERE session >= 20260622 AND instrument_id = "
            "(SELECT id FROM instrument WHERE symbol = 'MU')"
        )
    said = ["at its record: no fall is open", "the last bar is of 2026-06-18, 3 sessions ago"]
    found = answer(command("drawdowns", "--format", "json"))
    assert reasons(found, "MU") == said
    assert reasons(found, "NVDA") == ["the fall is open"]
    assert f"MU: {said[1]}." in command("drawdowns").out.splitlines()


def test_tables_end_with_what_to_know_of_their_names(command: Command) -> None:
    told = command("moves", "--on", "2026-06-23").out.splitlines()
    assert "MU: the bar is suspect: jump unconfirmed." in told
    assert any(line.startswith("9984.T") and line.endswith("or a closure.") for line in told)


def test_a_basket_without_a_level_has_a_note(command: Command) -> None:
    found = answer(command("drawdowns", "--as-of", "2024-01-02", "--basket", "memory", "--format", "json"))
    assert "basket" not in found
    no_level = "The basket 'memory' has no level by then; it needs two sessions."
    # SanDisk was listed a year later: it is none of the names then.
    assert reasons(found, "memory") == [no_level, FEW_OF_MEMORY.replace("8", "7").replace("SanDisk, ", "")]


def test_drawdowns_as_of_leave_later_sessions_out(command: Command) -> None:
    found = answer(command("drawdowns", "--as-of", "2026-06-22", "--basket", "memory", "--format", "json"))
    assert (found["as_of"], row(found, "MU")["drawdown"]) == ("2026-06-22", 0)
    assert reasons(found, "MU") == ["at its record: no fall is open"]


def test_an_instant_separates_asia_from_new_york(command: Command) -> None:
    found = answer(
        command("drawdowns", "--as-of", "2026-06-23T12:00Z", "--basket", "memory", "--format", "json")
    )
    assert row(found, "000660.KS")["drawdown"] == pytest.approx(-0.2)
    assert row(found, "MU")["drawdown"] == 0


@pytest.mark.parametrize("kind", ["selloff", "drawdown"])
def test_episodes(command: Command, kind: str) -> None:
    found = answer(command("episodes", "--kind", kind, "--basket", "memory", "--format", "json"))
    assert found["params"] == {
        **{"kind": kind, "basket": "memory", "currency": "local", "threshold": 0.1, "as_of": None}
    }
    item = found["rows"][-1]
    assert item["symbol"] == ("memory" if kind == "selloff" else "MU")
    assert (item["peak"], item["first_down"], item["recovered"]) == ("2026-06-22", "2026-06-23", None)
    assert item["depth"] == pytest.approx(-0.2)
    if kind == "selloff":
        assert item["started_by"] in ("asia", "us", "not clear", "not known")
        assert {"onset", "started_leg", "breadth", "largest_losers"} <= set(item)
    assert reasons(found, item["symbol"])


def test_a_higher_threshold_leaves_smaller_falls_out(command: Command) -> None:
    found = answer(command("episodes", "--kind", "drawdown", "--threshold", "0.25", "--format", "json"))
    assert found["rows"] == []


@pytest.mark.parametrize("ask", [("moves", "--on", "2026-06-23"), ("drawdowns",), ("episodes",)])
def test_csv_and_table_say_the_same(command: Command, ask: tuple[str, ...]) -> None:
    found = answer(command(*ask, "--format", "json"))
    lines = list(csv.DictReader(io.StringIO(command(*ask, "--format", "csv").out)))
    assert [line["symbol"] for line in lines] == [item["symbol"] for item in found["rows"]]
    assert list(lines[0]) == list(found["rows"][0])
    table = command(*ask)
    assert table.code == 0
    assert all(item["symbol"] in table.out for item in found["rows"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("moves", "--on", "2026-02-30"), "'2026-02-30' is no date; write it as 2026-06-23"),
        (("moves", "--on", "31 feb"), "February has 29 days at most"),
        (("moves", "--on", "2026-06-30"), "has not come yet"),
        (("moves", "--on", "2019-01-02"), "aftershock backfill --since 2019-01-02"),
        (("moves",), "--on is needed: The session date."),
        (("moves", "--on", "2026-06-23", "--format", "yaml"), "'--format': 'yaml' is not one of"),
        (("brief", "--meeting", "25:00"), "'25:00' is no time of day; write it as 08:30."),
        (
            ("relay", "--on", "2010-01-01"),
            "No leg of the basket 'all' is measured by 2010-01-01; the first is of",
        ),
        (("correlation", "--window", "-5"), "--window: '-5' is no whole number from 3 to 10,000."),
        (("drawdowns", "--basket", "memry"), "There is no basket 'memry'; choose one of all, asia, us"),
        (("drawdowns", "--basket", "telecom"), "'telecom' has a price"),
        (("drawdowns", "--as-of", "2019-01-02"), "has a price"),
        (("episodes", "--threshold", "150"), "'150' is no share from 0.001 to 0.999, such as 0.1."),
        (("backfill", "--since", "2024-01-01", "--symbol", "NVDX"), "NVDX is not in the universe"),
        (("import", "nowhere"), "no folder nowhere"),
        (("serve", "--host", "0.0.0.0"), "AFTERSHOCK_PUBLIC=true"),
        (("serve", "--host", "no.such.host.invalid"), "AFTERSHOCK_PUBLIC=true"),
        (("--port", "9000", "doctor"), "after the command"),
        (("bogus",), "No such command 'bogus'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_2(
    command: Command, arguments: tuple[str, ...], says: str
) -> None:
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert len(ran.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("DATABASE_URL", "mysql://me:canary@host/x", "SQLite or Postgres"),
        ("DATABASE_URL", "canary", "is not a database URL"),
        ("DATABASE_URL", "postgresql://me:canary@127.0.0.1:1/x", "cannot be reached"),
        ("UNIVERSE", "/no/such.toml", "Cannot use the universe file"),
        ("CALENDAR_OVERRIDES", "/no/such.toml", "/no/such.toml"),
        ("PROT", "1", "did you mean AFTERSHOCK_PORT?"),
    ],
)
def test_a_setting_that_cannot_work(
    command: Command, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"AFTERSHOCK_{setting}", value)
    ran = command("drawdowns")
    assert ran.code == 2
    assert says in ran.err
    assert "canary@" not in ran.err
    assert "Traceback" not in ran.err


def test_malformed_universe(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[exchange\n", encoding="utf-8")
    monkeypatch.setenv("AFTERSHOCK_UNIVERSE", str(tmp_path / "mine.toml"))
    ran = command("drawdowns")
    assert (ran.code, "not valid TOML" in ran.err) == (2, True)


def test_port_in_use(command: Command) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        ran = command("serve", "--port", str(port))
    assert ran.code == 2
    assert f"Port {port} is in use" in ran.err


def test_store_newer_than_the_code_is_left_alone(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import sqlite3

    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path))
    file = tmp_path / "aftershock.db"
    Store.open(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()  # the last one to leave moves the write-ahead log into the file
    before = file.read_bytes()
    for arguments in (("drawdowns",), ("migrate",), ("ingest", "once"), ("serve",)):
        ran = command(*arguments)
        assert (ran.code, "schema 9999" in ran.err) == (2, True)
    assert file.read_bytes() == before


def test_empty_store_says_what_to_do(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path))
    ran = command("drawdowns")
    assert (ran.code, ran.err.strip()) == (2, "No prices yet. Run `aftershock ingest once`.")


def test_import_tells_done_from_partial_from_nothing(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, filled: Path
) -> None:
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "prices"
    folder.mkdir()
    head = "date,open,high,low,close,adj_close,volume\n"
    (folder / "NVDA.csv").write_text(head + "2026-06-22,10,11,9,10,10,5\n2026-06-23,9,9,8,8,8,5\n", "utf-8")
    done = command("import", str(folder))
    assert (done.code, "2 bars stored" in done.err) == (0, True)
    again = command("import", str(folder))
    assert (again.code, "0 bars stored" in again.err) == (0, True)
    (folder / "MU.csv").write_text("x,y\n", "utf-8")
    (folder / "OTHER.csv").write_text(head, "utf-8")
    partial = command("import", str(folder))
    assert partial.code == 1
    assert "MU: malformed" in partial.err
    assert "Not in the universe, left aside: OTHER." in partial.err
    (folder / "NVDA.csv").unlink()
    assert command("import", str(folder)).code == 2


def test_ingest_once_says_when_the_source_is_not_reached(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free_port: int
) -> None:
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AFTERSHOCK_YAHOO_URL", f"http://127.0.0.1:{free_port}")
    ran = command("ingest", "once")
    assert ran.code == 2
    assert "is not reached; check the network" in ran.err


def test_doctor_and_settings(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = command("doctor", "--offline", "--format", "json")
    found = {item["check"]: item for item in json.loads(ran.out)["rows"]}
    assert ran.code in (0, 1), ran.out
    assert {"packages", "versions", "settings", "universe", "calendars", "database", "prices", "disk"} <= set(
        found
    )
    assert "journal wal" in found["database"]["text"]
    monkeypatch.setenv("AFTERSHOCK_DATABASE_URL", "postgresql://me:canary@127.0.0.1:1/x")
    for arguments in (("doctor", "--offline"), ("config", "show"), ("config", "show", "--format", "json")):
        ran = command(*arguments)
        assert "canary" not in ran.out + ran.err
    assert command("doctor", "--offline").code == 2
    assert "AFTERSHOCK_PORT" in command("config", "table").out


def test_migrate_names_the_schema_and_hides_the_password(command: Command) -> None:
    ran = command("migrate")
    assert (ran.code, "is at schema" in ran.out) == (0, True)


def test_a_reader_that_leaves_early_gets_no_traceback(filled: Path) -> None:
    environment = os.environ | {"AFTERSHOCK_DATA_DIR": str(filled), "AFTERSHOCK_NOW": "2026-06-24T22:00Z"}
    script = [sys.executable, "-P", "-m", "app.cli", "moves", "--on", "2026-06-23", "--format", "json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(script, env=environment, **pipes) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        writer.stdout.close()
        assert writer.stderr.read() == b""


def test_import_says_what_was_refused_and_what_a_folder_holds_besides(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, filled: Path
) -> None:
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "files"
    (folder / "deeper").mkdir(parents=True)
    days = ("2026-06-15", "2026-06-16", "2026-06-17", "2026-06-18", "2026-06-22")
    rows = [f"{day},{100 + place}" for place, day in enumerate(days)]
    (folder / "005930.csv").write_text("\n".join(["일자,종가", *rows]), "cp949")
    done = command("import", str(folder))
    assert (done.code, "1 of 1 names answered, 5 bars stored." in done.err) == (0, True)
    assert "Folders below it are not entered: deeper." in done.err
    (folder / "005930.csv").write_text("date,close\n2026-06-01,1\n2026-06-08,2\n2026-06-15,3\n", "utf-8")
    (folder / "rates.csv").write_text("date,value\n2026-06-01,4.1\n", "utf-8")
    refused = command("import", str(folder))
    assert refused.code == 1
    assert "0 of 1 names answered, 0 bars stored." in refused.err
    assert "005930.KS: not daily." in refused.err and "a week apart: this is no daily file" in refused.err
    assert "Not read: rates.csv: it is a series of values by date." in refused.err
    (folder / "005930.csv").rename(folder / "5930.csv")
    nobody = command("import", str(folder))
    assert (nobody.code, nobody.out) == (2, "")
    assert "is of a name of the universe: 5930 (did you mean 005930.KS?); rates.csv" in nobody.err


def test_names_that_are_not_known_leave_the_others(command: Command) -> None:
    ran = command("correlation", "--names", "nvda,QQZZ,000660", "--format", "json")
    assert ran.code == 1
    assert ran.err.startswith("Left out of --names, not known: QQZZ; ")
    assert {"NVDA", "000660.KS"} <= set(re.findall(r'"([^"]+)"', ran.out))
    asked = json.loads(command("moves", "--on", "23 jun", "--format", "json").out)
    assert asked == json.loads(command("moves", "--on", "2026-06-23", "--format", "json").out)
