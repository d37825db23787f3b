"""Studies and comparisons on real prices: each market's own day 0, who lost, and how it came back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.kinds.request import PageRequest
from app.market.market import Market, View
from app.pages.events import compare as compare_page
from app.pages.events import study as study_page
from app.questions.compare.table import compare
from app.questions.event_study.abnormal import studied
from app.questions.event_study.table import event_study
from app.questions.events.moments import Happening, happening_of
from app.render.html.markup import markup
from ingest.catalogue import bring_catalogue
from models.events import Event
from tests.app.situations import text

NOW = datetime(2026, 7, 31, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def noted(real: Market) -> tuple[Event, ...]:
    bring_catalogue(real.store(), NOW)
    real.noted()
    return real.events(real.view()).events


@pytest.fixture(scope="module")
def view(real: Market, noted: tuple[Event, ...]) -> View:
    return real.view()


def one(view: View, noted: tuple[Event, ...], begins: str) -> Happening:
    ref = next(event.id for event in noted if event.id.startswith(begins))
    return happening_of(view, noted, ref)


def test_deepseek_reached_each_exchange_on_its_own_day(view: View, noted: tuple[Event, ...]) -> None:
    found = studied(view, one(view, noted, "2025-01-27-deepseek").at)
    assert {item.city: str(item.session) for item in found.day0} == {
        "Tokyo": "2025-01-28",
        "Seoul": "2025-01-31",
        "Taipei": "2025-02-03",
        "Hong Kong": "2025-01-28",
        "New York": "2025-01-27",
    }
    day = found.place(0)
    moved = {name.symbol: name.abnormal[day] for name in found.names}
    # Power had risen with the chips and fell with them: a fifth to a quarter beyond the market's −1.5 %.
    assert all(-0.27 < moved[name] < -0.18 for name in ("VRT", "VST", "GEV", "CEG"))
    assert moved["NVDA"] == pytest.approx(-0.130, abs=0.002)
    assert moved["META"] > 0
    assert found.shared.dates == 4 and found.shared.overlapping == pytest.approx(1.0)


def test_june_2026_was_memory_in_asia_beyond_what_new_york_had_done(
    view: View, noted: tuple[Event, ...]
) -> None:
    found = studied(view, one(view, noted, "2026-06-23").at)
    assert {str(item.session) for item in found.day0} == {"2026-06-23"}
    day, last = found.place(0), found.place(10)
    moved = {name.symbol: name.abnormal[day] for name in found.names}
    assert -0.16 < moved["000660.KS"] < -0.13 and -0.20 < moved["285A.T"] < -0.16
    memory = next(group for group in found.layers if group.id == "memory")
    assert memory.car[day] == pytest.approx(-0.121, abs=0.003)
    assert memory.car[last] == pytest.approx(-0.293, abs=0.006)
    whole = {(test.first, test.last): test for test in found.whole.tests}
    assert whole[0, 0].p["kolari_pynnonen"] < 0.05 < whole[0, 5].p["kolari_pynnonen"]
    assert whole[0, 0].p["patell"] < 1e-10  # what a test that forgets the shared date would say
    assert dict(found.left_out)["SPCX"].startswith("has 0 of the 100 sessions")


def test_against_its_home_index_a_korean_fall_hides_itself(view: View, noted: tuple[Event, ...]) -> None:
    at = one(view, noted, "2026-06-23").at
    moved = {}
    for benchmark in ("auto", "home"):
        sheet = event_study(view, at, "asia", benchmark=benchmark)
        moved[benchmark] = {row["symbol"]: row["abnormal"] for row in sheet.rows}
    for name in ("000660.KS", "005930.KS"):
        assert moved["auto"][name] < -0.12 and abs(moved["home"][name]) < 0.05


def test_august_2024_fell_in_asia_and_not_beyond_the_market_in_new_york(
    view: View, noted: tuple[Event, ...]
) -> None:
    found = studied(view, one(view, noted, "2024-08-05").at)
    day = found.place(0)
    moved = {name.symbol: name.abnormal[day] for name in found.names}
    assert all(moved[name] < -0.10 for name in ("8035.T", "6857.T", "9984.T", "6920.T", "5803.T"))
    new_york = [moved[name] for name in ("AMD", "LRCX", "KLAC", "ASML", "PLTR")]
    assert all(value > 0.05 for value in new_york)


def test_what_came_back_of_each_fall(view: View, noted: tuple[Event, ...]) -> None:
    refs = ["fall:2024-07-10", "fall:2025-02-19", "fall:2026-06-22", "2025-01-27-deepseek"]
    rows = {row["ref"]: row for row in compare(view, noted, refs).rows}
    assert rows["fall:2025-02-19"]["depth"] == pytest.approx(-0.296, abs=0.002)
    assert rows["fall:2024-07-10"]["low_date"].isoformat() == "2024-08-05"
    assert rows["fall:2024-07-10"]["recovery_20"] == pytest.approx(0.46, abs=0.01)
    assert (rows["fall:2025-02-19"]["less_20"], rows["fall:2025-02-19"]["earlier_20"]) == (6, 14)
    assert rows["fall:2026-06-22"]["recovery_5"] is None  # its low is of two sessions ago
    assert rows["2025-01-27-deepseek"]["recovery_20"] == pytest.approx(0.85, abs=0.01)


def test_pages_say_what_the_answers_say(real: Market, view: View, noted: tuple[Event, ...]) -> None:
    found = text(
        markup(study_page.layout(real, PageRequest(study_page.PATH, "?event=2026-06-23-korea-loses-a-tenth")))
    )
    assert "−4.3% beyond the expected on day 0, −13.3% by +10" in found
    assert "Left out: " in found and "Day 0 of all 44 names is on the same date" in found
    sides = text(markup(compare_page.layout(real, PageRequest(compare_page.PATH))))
    assert "20 sessions on, the worst of 5: Korea loses a tenth −13.8%" in sides
    assert "Korea loses a tenth 145% further down " in sides
    assert "(20 sessions in: 5th deepest of the 16 falls that lasted this long)" in sides
    before = PageRequest(study_page.PATH, "?event=2026-06-23-korea-loses-a-tenth&asof=2026-06-22")
    assert "Ignored event" in text(markup(study_page.layout(real, before)))
