"""The commands of the book of events: exit codes, one sentence for what cannot be, nothing lost."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from ingest.catalogue import read_catalogue
from tests.app.conftest import NOW, Ran

CLAIM = '[{"symbol": "^KS11", "value": -20, "basis": "close", "source": "An agency"}]'
FALL = ("--at", "2026-06-23", "--title", "Korea falls", "--symbols", "SK Hynix", "--claims", CLAIM)
Events = Callable[..., Ran]


@pytest.fixture
def events(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Events:
    """Run `aftershock events …` on a store of this test's own."""
    shutil.copy(filled / "aftershock.db", tmp_path)
    (tmp_path / "cache").symlink_to(filled / "cache")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AFTERSHOCK_NOW", NOW.isoformat())

    def ran(*arguments: str) -> Ran:
        code = run(("events", *arguments))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ran


def rows(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)["rows"]
    return found


def by_id(events: Events, name: str, *more: str) -> dict[str, Any]:
    return next(row for row in rows(events(*more, "--format", "json")) if row["id"] == name)


def refused(ran: Ran, says: str) -> None:
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err and ran.err.count("\n") == 1 and "Traceback" not in ran.err


def test_the_catalogue_is_there_at_once(events: Events) -> None:
    known = [event for event in read_catalogue().events if event.day < NOW.date()]
    shipped = sorted(known, key=lambda event: (event.day, event.id))
    assert [row["id"] for row in rows(events("--format", "json"))] == [event.id for event in shipped]


def test_the_version_is_that_of_the_prices_it_stands_on(
    events: Events, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(events("--check", "--format", "json").out)
    assert run(("drawdowns", "--format", "json")) == 0
    assert found["data_version"] == json.loads(capsys.readouterr().out)["data_version"]


def test_check_prints_the_verdict_of_every_claim(events: Events) -> None:
    found = json.loads(events("--check", "--format", "json").out)
    shipped = [event for event in read_catalogue().events if event.day < NOW.date()]
    assert len(found["rows"]) == found["claims"] == sum(len(event.claims) for event in shipped)
    verdicts = [row["verdict"] for row in found["rows"]]
    assert set(verdicts) <= {"agrees", "differs", "cannot be checked"}
    for name, verdict in (("agree", "agrees"), ("differ", "differs"), ("cannot_be_checked",) * 2):
        assert found[name] == verdicts.count(verdict.replace("_", " "))
    for row in found["rows"]:
        assert (row["reason"] is None) == (row["verdict"] != "cannot be checked")
        assert (row["computed"] is None) == (row["difference"] is None)
        assert row["computed"] is not None or row["reason"]


def test_filters(events: Events) -> None:
    since = rows(events("--since", "2026-06-01", "--until", "2026-06-08", "--format", "json"))
    assert [row["day"] for row in since] == ["2026-06-05", "2026-06-08"]
    policy = rows(events("--category", "policy", "--format", "json"))
    assert policy and {row["category"] for row in policy} == {"policy"}
    assert all("neocloud" in row["layers"] for row in rows(events("--layer", "neocloud", "--format", "json")))
    refused(events("--layer", "gossip"), "one of")
    refused(events("--category", "gossip"), "one of")
    refused(events("--since", "soon"), "no date")
    then = rows(events("--as-of", "2025-01-27T12:00Z", "--format", "json"))
    assert then[-1]["id"] == "2024-09-04-asia-follows"


def test_csv_and_table_say_the_same(events: Events) -> None:
    written = list(csv.DictReader(io.StringIO(events("--check", "--format", "csv").out)))
    assert len(written) == len(rows(events("--check", "--format", "json")))
    table = events("--check")
    assert table.code == 0 and "claims of" in table.out and "NaN" not in table.out
    assert "2026-06-23" in table.out


def test_an_event_through_its_life(events: Events) -> None:
    added = events("add", "--by", "Ann", *FALL)
    assert added.out == "2026-06-23-korea-falls is at version 1.\n"
    name = "2026-06-23-korea-falls"
    row = by_id(events, name)
    assert (row["symbols"], row["agree"], row["edited_by"]) == ("000660.KS", 1, "Ann")
    edited = events("edit", name, "--by", "Ben", "--version", "1", "--severity", "1")
    assert edited.out == f"{name} is at version 2.\n"
    row = by_id(events, name)
    assert (row["title"], row["severity"], row["claims"]) == ("Korea falls", 1, 1)
    refused(
        events("edit", name, "--by", "Cleo", "--version", "1", "--title", "Late"), "changed by Ben meanwhile"
    )
    refused(events("retire", name, "--by", "Cleo", "--version", "1"), "changed by Ben meanwhile")
    assert (
        events("retire", name, "--by", "Ben", "--version", "2").out == f"{name} is at version 3, retired.\n"
    )
    assert name not in events("--format", "json").out
    assert by_id(events, name, "--retired")["retired"] is True
    assert events("restore", name, "--by", "Ben", "--version", "3").code == 0
    assert by_id(events, name)["version"] == 4


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"--at": "2027-01-01"}, "has not come"),
        ({"--at": "2019-01-01"}, "before the first stored session, 2024-01-02"),
        ({"--claims": CLAIM.replace('"basis": "close", ', "")}, "the basis is missing"),
        ({"--symbols": "XYZ9"}, "XYZ9 is not in the universe"),
        ({"--title": "\u202e"}, "The title is missing"),
        ({"--what": "x" * 100_000}, "too long (100,000 of 4,000 characters)"),
        ({"--claims": "{"}, "no JSON"),
        ({"--severity": "9"}, "one of 1, 2, 3"),
        ({"--link": "file:///etc/passwd"}, "http or https"),
    ],
)
def test_what_cannot_be_noted_is_one_sentence(events: Events, changes: dict[str, str], says: str) -> None:
    given = dict(zip(FALL[::2], FALL[1::2], strict=True)) | changes
    refused(events("add", "--by", "Ann", *(part for pair in given.items() for part in pair)), says)
    assert "korea-falls" not in events("--format", "json").out


def test_what_is_missing_is_named(events: Events) -> None:
    refused(events("add", *FALL), "--by")
    refused(events("edit", "x", "--by", "Ann", "--title", "y"), "--version")
    refused(events("edit", "x", "--by", "Ann", "--version", "1"), "Say what changes")
    refused(events("edit", "x", "--by", "Ann", "--version", "1", "--title", "y"), "There is no event x")


def test_an_import_of_some_good_rows_ends_with_1(events: Events, tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text(
        "at,title,symbols\n2026-06-22,Good,NVDA\n2026-06-22,Bad,XYZ9\n2026-06-22,<b>Good too</b>,\n", "utf-8"
    )
    ran = events("import", str(file), "--by", "Ann")
    assert ran.code == 1 and ran.out == "2 added, 0 changed, 0 as they were; 1 row refused.\n"
    assert ran.err.startswith("Line 3: XYZ9 is not in the universe")
    again = events("import", str(file), "--by", "Ann")
    assert again.out == "0 added, 0 changed, 2 as they were; 1 row refused.\n"
    file.write_text("at,title\n2027-06-22,Bad\n", "utf-8")
    assert events("import", str(file), "--by", "Ann").code == 2
    file.write_text("at,title\n2026-06-23,Fine\n", "utf-8")
    assert events("import", str(file), "--by", "Ann").code == 0


def test_a_file_that_cannot_be_is_one_sentence(events: Events, tmp_path: Path) -> None:
    refused(events("import", str(tmp_path / "none.csv"), "--by", "Ann"), "cannot be read")
    refused(events("import", str(tmp_path), "--by", "Ann"), "neither .csv nor .json")
    long = tmp_path / "long.csv"
    long.write_text("at,title\n" + "x" * 10_000_000, "utf-8")
    refused(events("import", str(long), "--by", "Ann"), "too long (10,000,009 of 5,000,000 characters)")
    long.write_bytes(b"\xff\xfea\x00t\x00")
    refused(events("import", str(long), "--by", "Ann"), "UTF-8")
    refused(events("export", str(tmp_path / "no" / "x.csv")), "cannot be written")


@pytest.mark.parametrize("form", ["csv", "json"])
def test_the_whole_book_goes_out_and_comes_back(
    events: Events, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("AFTERSHOCK_NOW", "2026-07-31T22:00Z")  # the last of the catalogue have happened
    events("add", "--by", "Ann", *FALL)
    before = events("--check", "--format", "csv").out
    file = tmp_path / f"book.{form}"
    assert events("export", str(file)).code == 0
    assert not list(tmp_path.glob(".book*"))
    count = len(rows(events("--retired", "--format", "json")))
    ran = events("import", str(file), "--by", "Ben")
    assert (ran.code, ran.out) == (0, f"0 added, 0 changed, {count} as they were.\n")
    assert events("--check", "--format", "csv").out == before
