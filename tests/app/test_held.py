"""Held rows are worked on: listed, compared, released or confirmed, by command and on the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import flask
import numpy as np
import pytest
from flask.testing import FlaskClient

from app.auth.doors import LOCAL
from app.cli import run
from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages import data as page
from app.render.html.markup import markup
from app.settings import Settings
from app.web.application import create_app
from models.store import Store, quarantined, released, start_run, store_answer, sync_instruments
from models.types import Bars, HeldRow
from tests.app.conftest import Ran

NOW = datetime(2026, 6, 24, 22, tzinfo=UTC)
DAY = date(2026, 6, 23)
NASTY = "<script>bad()</script>"
SITE = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A name's bars, one of them changed later, and two held rows of a day it has none of, one hostile."""
    market = Market(Settings(data_dir=tmp_path, now=NOW))
    days = market.calendars["XNYS"].between(date(2026, 6, 10), date(2026, 6, 24))
    bars = Bars.of("MU", days, close=np.linspace(100.0, 110.0, len(days)))
    received = {"open": 1.0, "high": 2.0, "low": 3.0, "close": 10512.0, "adj_close": None, "volume": 5e6}
    held = [
        HeldRow("MU", DAY, "scale_100", "A price is in another unit (close 10512.0).", received),
        HeldRow("MU", DAY, "not_positive", f"A price is zero or negative ({NASTY}).", {"close": NASTY}),
    ]
    with Store.open(f"sqlite:///{tmp_path / 'aftershock.db'}") as store:
        sync_instruments(store, market.universe)
        number = start_run(store, trigger="test", source="made", now=NOW)
        early = bars.take(bars.sessions != np.datetime64(DAY))
        seen = NOW - timedelta(hours=5)
        store_answer(store, number, early, held=held, source="made", now=seen)
        changed = Bars.of("MU", days[:3], close=[100.0, 130.0, bars.close[2]])
        store_answer(store, number, changed, source="made", now=NOW - timedelta(hours=1))
    return tmp_path


@pytest.fixture
def command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(folder))
    monkeypatch.setenv("AFTERSHOCK_NOW", NOW.isoformat())

    def ran(*arguments: str) -> Ran:
        code = run(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ran


@pytest.fixture
def market(folder: Path) -> Iterator[Market]:
    found = Market(Settings(data_dir=folder, now=NOW), poll=0.0)
    yield found
    found.close()


@pytest.fixture
def client(market: Market) -> FlaskClient:
    return create_app(market.settings, market=market).server.test_client()


def shown(market: Market, search: str) -> str:
    """The page as whoever owns this machine reads it."""
    with flask.Flask(__name__).test_request_context("/data"):
        flask.g.reader = LOCAL
        return markup(page.layout(market, PageRequest.of({"path": "/data", "search": search})))


def test_rows_are_listed_and_one_is_shown_among_its_neighbours(command: Callable[..., Ran]) -> None:
    rows = json.loads(command("quarantine", "list", "--format", "json").out)["rows"]
    assert {(row["id"], row["reason"], row["state"]) for row in rows} == {
        (1, "scale_100", "open"),
        (2, "not_positive", "open"),
    }
    found = json.loads(command("quarantine", "show", "1", "--format", "json").out)
    assert [(row["session"], row["is"]) for row in found["rows"]] == [
        *((f"2026-06-{day}", "stored") for day in ("17", "18", "22")),
        ("2026-06-23", "received"),
        ("2026-06-24", "stored"),
    ]
    assert found["rows"][3]["close"] == 10512.0 and found["rows"][3]["adj_close"] is None
    assert "10,512.00" in command("quarantine", "show", "1").out


def test_a_row_is_settled_once_with_a_reason_and_a_name(command: Callable[..., Ran], folder: Path) -> None:
    nameless = command("quarantine", "confirm", "1", "--reason", "  ", "--by", "ann")
    assert (nameless.code, nameless.err) == (2, "Say why: the reason is kept with the decision.\n")
    done = command("quarantine", "confirm", "1", "--reason", "wrong unit", "--by", "ann")
    assert (done.code, "confirmed as wrong" in done.out) == (0, True)
    again = command("quarantine", "confirm", "1", "--reason", "no", "--by", "bob")
    assert again.code == 2 and "is confirmed already, by ann: wrong unit." in again.err
    assert command("quarantine", "release", "7", "--reason", "x", "--by", "ann").code == 2
    listed = json.loads(command("quarantine", "list", "--all", "--format", "json").out)["rows"]
    assert {row["state"] for row in listed} == {"open", "confirmed by ann: wrong unit"}
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        assert list(quarantined(store)["id"]) == [2] and not released(store)


def test_a_released_row_is_asked_for_again(command: Callable[..., Ran], folder: Path) -> None:
    done = command("quarantine", "release", "1", "--reason", "the exchange says so", "--by", "ann")
    assert (done.code, "the next run asks for it" in done.out) == (0, True)
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        assert [row.held.session for row in released(store)["MU"]] == [DAY]
    no_price = command("quarantine", "release", "2", "--reason", "seen", "--by", "ann")
    assert "holds no price that could be stored" in no_price.out


def test_the_page_compares_and_its_form_settles(client: FlaskClient, market: Market) -> None:
    text = shown(market, "?held=1")
    assert "Held row 1: Micron, 23 Jun 2026" in text and "as received" in text and "10,512.00" in text
    assert 'action="/data/held/1"' in text
    sent = {"do": "confirm", "reason": "wrong unit", "by": "ann"}
    answer = client.post("/data/held/1", data=sent, headers=SITE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/data?held=1#row")
    text = shown(market, "?held=1")
    assert "Confirmed by ann" in text and "wrong unit" in text and 'action="/data/held/1"' not in text
    assert client.post("/data/held/1", data=sent, headers=SITE).status_code == 303, (
        "the row says who was first"
    )
    with Store.open(market.settings.store_url) as store:
        assert list(quarantined(store, open_only=False).dropna(subset="confirmed_by")["id"]) == [1]


def test_a_form_that_cannot_be_used_is_refused_in_words(client: FlaskClient) -> None:
    def status(number: int, **sent: str) -> int:
        return client.post(f"/data/held/{number}", data=sent, headers=SITE).status_code

    assert status(1, do="confirm", reason="", by="ann") == 422
    assert status(1, do="confirm", reason="x" * 501, by="ann") == 422
    assert status(1, do="confirm", reason="x", by="") == 422
    assert status(1, do="drop", reason="x", by="ann") == 400
    assert status(9, do="confirm", reason="x", by="ann") == 409
    assert status(1, do="confirm", reason="x" * 20_000, by="ann") == 413
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "http://elsewhere.example"}
    assert client.post("/data/held/1", data={"do": "release"}, headers=elsewhere).status_code == 403


def test_hostile_rows_are_text(market: Market) -> None:
    text = shown(market, "?held=2")
    assert NASTY not in text and "&lt;script&gt;" in text


def test_as_known_on_says_what_changed(command: Callable[..., Ran], market: Market) -> None:
    asked = ("revisions", "MU", "--known", "2026-06-24T18:00Z")
    found = json.loads(command(*asked, "--format", "json").out)
    (row,) = found["rows"]
    assert (row["session"], row["close_now"], row["far"]) == ("2026-06-11", 130.0, True)
    assert row["moved"] == pytest.approx(130 / row["close_then"] - 1)
    assert (found["bars_then"], found["changed_since"], found["added_since"]) == (9, 1, 0)
    whole = json.loads(command(*asked, "--all", "--format", "json").out)["rows"]
    assert len(whole) == 9 and whole[1]["close"] == row["close_then"]
    nothing = json.loads(command("revisions", "MU", "--known", "2026-06-23", "--format", "json").out)
    assert (nothing["rows"], nothing["bars_then"], nothing["last_then"]) == ([], 0, None)
    text = shown(market, "?symbol=MU&known=2026-06-24T18:00Z")
    assert "Micron as known on 24 Jun 2026, 18:00 UTC" in text and "130.00" in text
    assert "has not come yet" in shown(market, "?symbol=MU&known=2031-01-01")
