"""The catalogue beside the real prices: every figure of the press has a home, and its verdict is right."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.market.market import Market
from app.questions.events import table as answers
from ingest.catalogue import read_catalogue
from models.analytics.claims import margin
from models.events import Claim, Event, LedgerItem

CATALOGUE = read_catalogue()
CLAIMS = [(event, claim) for event in CATALOGUE.events for claim in event.claims]


@pytest.fixture(scope="module")
def checked(real: Market) -> list[dict[str, Any]]:
    view = real.view()
    ground = answers.Ground(view, real.universe, real.now(), 1)
    rows = answers.checked(ground, CATALOGUE.events, answers.Wanted()).rows
    assert len(rows) == len(CLAIMS)
    return rows


@pytest.fixture(scope="module")
def press(facts_file: Path) -> list[dict[str, str]]:
    with facts_file.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_home(row: dict[str, str], found: Claim | LedgerItem) -> bool:
    """Whether a claim or an item of the ledger holds a row's figure, or its words where it has none."""
    if found.entity != row["entity"]:
        return False
    try:
        return found.value == float(row["value"])
    except ValueError:
        return found.value is None


def held_by(row: dict[str, str], event: Event, claim: Claim) -> bool:
    day = claim.date or event.day
    return is_home(row, claim) and day.isoformat().startswith(row["date"])


def test_every_dated_row_of_the_press_has_a_claim(press: list[dict[str, str]]) -> None:
    dated = [row for row in press if row["date"]]
    homeless = [row for row in dated if not any(held_by(row, *pair) for pair in CLAIMS)]
    assert len(dated) > 100 and not homeless


def test_every_undated_row_stands_in_the_ledger(press: list[dict[str, str]]) -> None:
    undated = [row for row in press if not row["date"]]
    homeless = [row for row in undated if not any(is_home(row, item) for item in CATALOGUE.ledger)]
    assert undated and not homeless


def test_trusted_closes_of_the_press_agree_or_say_why_not(
    press: list[dict[str, str]], checked: list[dict[str, Any]]
) -> None:
    trusted = [row for row in press if row["confidence"] == "high" and row["basis"].startswith("close")]
    seen = 0
    for row in trusted:
        places = [at for at, pair in enumerate(CLAIMS) if held_by(row, *pair)]
        for found in (checked[at] for at in places):
            assert found["basis"] == "close" and found["computed"] is not None, found
            assert found["verdict"] == "agrees" or found["note"], found
            seen += 1
    assert seen == len(trusted) == 34


def change(folder: Path, symbol: str, day: date, field: str) -> float:
    """A move from the close before, straight from the file of prices; a level where asked for it."""
    bars = pd.read_csv(folder / f"{symbol.replace('^', '_').replace('=', '_')}.csv", parse_dates=["date"])
    row = int(np.flatnonzero(bars["date"] == pd.Timestamp(day))[0])
    close = bars["close"]
    if field == "level":
        return float(close[row] / 100)
    return float(bars[field][row] / close[row - 1] - 1)


def test_each_computed_figure_is_that_of_the_price_file(
    real_prices: Path, checked: list[dict[str, Any]]
) -> None:
    fields = {"close": "close", "low": "low", "level": "level"}
    seen = 0
    for row, (_, claim) in zip(checked, CLAIMS, strict=True):
        if row["computed"] is None or row["basis"] not in fields or row["unit"] != "fraction":
            continue
        assert claim.date is not None and claim.symbol is not None
        own = change(real_prices, claim.symbol, claim.date, fields[claim.basis])
        assert row["computed"] == pytest.approx(own, abs=1e-9), row
        low, high = margin(claim)
        inside = low <= abs(own) * 100 <= high and own * row["value"] > 0
        assert (row["verdict"] == "agrees") == inside, row
        seen += 1
    assert seen > 65


def told(checked: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    rows = [row for row in checked if all(row[name] == value for name, value in wanted.items())]
    assert len(rows) == 1
    return rows[0]


def test_kospi_of_the_second_halt_is_two_facts(checked: list[dict[str, Any]]) -> None:
    event = "2026-06-26-second-halt-in-june"
    close = told(checked, event=event, symbol="^KS11", basis="close")
    assert (close["stated"], close["verdict"]) == ("−5.81%", "agrees")
    assert close["computed"] == pytest.approx(-0.0581, abs=5e-5)
    low = told(checked, event=event, symbol="^KS11", basis="low")
    assert (low["stated"], low["verdict"]) == ("−8.18%", "differs")
    assert low["computed"] == pytest.approx(-0.0900, abs=5e-5)
    assert low["difference"] == pytest.approx(-0.0082, abs=5e-5)
    assert "halt" in low["note"]


def test_the_rise_of_the_nikkei_is_contradicted_with_the_day_it_fits(checked: list[dict[str, Any]]) -> None:
    row = told(checked, event="2026-06-26-second-halt-in-june", symbol="^N225", basis="close")
    assert (row["value"], row["verdict"], row["contradicted"]) == (0.046, "differs", True)
    assert [(fit["basis"], fit["session"]) for fit in row["fits"]] == [("close", date(2026, 6, 25))]
    assert row["says"] == (
        "Contradicted, differs by 8.75 points; would fit the close of 25 Jun 2026 (+4.61%) (stored: −4.15%)."
    )


def test_conflicts_of_the_press_stand_side_by_side(checked: list[dict[str, Any]]) -> None:
    proceeds = [row["value"] for row in checked if row["metric"] == "listing proceeds"]
    assert sorted(proceeds) == [75, 85, 86]
    softbank = [row for row in checked if row["event"].startswith("2026-06-26") and row["symbol"] == "9984.T"]
    assert [row["value"] for row in softbank] == [None, -0.11, -0.13]
    assert [row["verdict"] for row in softbank] == ["cannot be checked"] * 3
    assert [fit["basis"] for fit in softbank[2]["fits"]] == ["close"]


def test_as_of_the_morning_the_close_is_not_known(real: Market) -> None:
    """At 03:00 UTC of the second halt in June no bar of that day has closed: nothing is checked on it."""
    view = real.view(pd.Timestamp("2026-06-26T03:00Z").to_pydatetime())
    ground = answers.Ground(view, real.universe, date(2026, 6, 26), 1)
    wanted = answers.Wanted(since=date(2026, 6, 26), until=date(2026, 6, 26))
    rows = answers.checked(ground, CATALOGUE.events, wanted).rows
    assert {row["computed"] for row in rows} == {None}
    assert {row["verdict"] for row in rows} == {"cannot be checked"}
