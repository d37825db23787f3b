"""Failures of the source are brought about, and what a reader is told of each is read off the pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.figures.theme import PALETTES
from app.kinds.request import PageRequest
from app.pages import drawdowns
from app.questions.relay.legs import relay as relay_sheet
from ingest.fetching import Rules
from models.store import quarantined, stored_bars
from tests.app.desk import LAST, NOW, Desk

ONE = "NVDA"


def figure_of(desk: Desk) -> tuple[str, list[object]]:
    """The note of the Drawdowns chart, and the colours of the marks at the ends of its lines."""
    request = PageRequest(drawdowns.PATH, f"?names={ONE},MU")
    note = drawdowns.update(desk.market, request)[3]
    traces = drawdowns.draw(desk.market, request)["data"]
    return note, [trace["marker"]["color"] for trace in traces if trace.get("mode") == "markers"]


@pytest.mark.parametrize(("asked", "until"), [(None, "22:15"), (7200, "00:00")])
def test_a_source_that_limits_us_is_told_on_every_page(desk: Desk, asked: int | None, until: str) -> None:
    desk.bring({"mode": "429"} | ({"retry_after": asked} if asked else {}))
    told = f"The source is limiting us; prices as of 26 Jun 2026, 22:00 UTC, next try from {until} UTC."
    assert desk.told() == [told]
    for page in ("/data", "/", "/drawdowns"):
        assert desk.read(page).count(told) == 1, page
    assert "the source is limiting us" in desk.row("coverage", "S&P 500")
    desk.yahoo.clock.advance(timedelta(hours=2))
    desk.bring()
    assert desk.told() == [] and "limiting us" not in desk.read()


@pytest.mark.parametrize("mode", ["500", "truncated", "reset"])
def test_a_name_that_fails_in_passing_says_so_in_its_row(desk: Desk, mode: str) -> None:
    desk.bring({"mode": mode, "symbol": ONE})
    failed = "the source failed or could not be reached"
    assert f"late by 1 session: {failed}" in desk.row("coverage", "Nvidia")
    assert failed in desk.row("run", "Nvidia", "?run=2")
    assert "delisted" not in desk.read()


def test_a_source_that_fails_for_everyone_is_left_alone_and_told(desk: Desk) -> None:
    desk.bring({"mode": "500"})
    told = (
        "The source fails for name after name; prices as of 26 Jun 2026, 22:00 UTC, next try from 22:15 UTC."
    )
    assert told in desk.read("/drawdowns") and told in desk.read()


def test_a_partial_run_names_who_is_missing(desk: Desk) -> None:
    desk.bring(*({"mode": "500", "symbol": symbol} for symbol in (ONE, "MU", "AVGO")))
    page = desk.read()
    assert "Two of three exchanges and 7 of 10 names are current" in page
    assert "Late: Nvidia, Micron and Broadcom." in page
    assert "2 of 5" in desk.row("freshness", "New York") and "late: Nvidia by 1 session" in page


def test_a_basket_that_lacks_too_many_is_withheld_not_guessed(desk: Desk) -> None:
    desk.bring(*({"mode": "500", "symbol": symbol} for symbol in (ONE, "MU")))
    path = desk.market.view().basket("us")
    assert path.withheld[-1] and path.withheld.sum() == 1
    found = drawdowns.facts(desk.market, PageRequest(drawdowns.PATH, "?basket=us"))[0]
    assert found.whole.last == LAST, "the basket ends where its number is known"
    told = "The US AI basket is withheld on 29 Jun 2026: too many names of an open exchange lack their bar."
    page = desk.read("/drawdowns?basket=us")
    assert f"{told} Its figures are of 26 Jun 2026" in page and "US withheld 29 Jun 26" in page
    assert "too many bars of an open exchange are missing" in desk.read("/brief")


def test_a_basket_that_is_withheld_has_no_change_since_the_meeting(desk: Desk) -> None:
    """Its last level is of a day before the meeting: a change from there would be a price filled in."""
    desk.bring(*({"mode": "500", "symbol": symbol} for symbol in (ONE, "MU")))
    since = re.search(r"Any other zone (.*?) Basket", desk.read("/brief"))
    assert since is not None and "AI basket" not in since[1] and "New York" not in since[1]
    desk.yahoo.clock.advance(timedelta(minutes=90))
    desk.bring(retry=True)
    since = re.search(r"Any other zone (.*?) Basket", desk.read("/brief"))
    assert since is not None and "AI basket" in since[1] and "New York" in since[1]


def test_a_late_bar_is_grey_and_late_and_no_flat_return(desk: Desk) -> None:
    desk.bring({"mode": "lastnan", "symbol": ONE})
    note, ends = figure_of(desk)
    assert note.endswith("; grey end: late (Nvidia)")
    assert ends == [PALETTES["dark"].ink3]
    assert "late, 26 Jun 26" in desk.read(f"/drawdowns?names={ONE},MU")
    assert "late by 1 session" in desk.row("coverage", "Nvidia")
    with desk.store() as store:
        assert stored_bars(store, ONE).sessions[-1].item() == LAST, "a null is no bar"
    desk.yahoo.clock.advance(timedelta(hours=1))
    desk.bring()
    assert figure_of(desk)[1] == [] and "late, " not in desk.read(f"/drawdowns?names={ONE},MU")


def test_a_running_session_is_hollow_and_not_final(desk: Desk) -> None:
    desk.yahoo.clock.set(datetime(2026, 6, 29, 16, tzinfo=UTC))
    desk.bring(force=True)
    note, ends = figure_of(desk)
    assert note.endswith("; hollow end: intraday, not final (Nvidia, Micron)")
    assert ends == [PALETTES["dark"].ground] * 2
    relay = desk.read("/contagion")
    assert ", so far" in relay and "Intraday, not final: New York’s session." in relay
    notes = relay_sheet(desk.market.view()).notes
    assert any(note.reason == "intraday, not final: New York’s session" for note in notes)
    assert "so far" in desk.read("/brief")
    page = desk.read()
    assert "New York 29 Jun, provisional" in page
    assert desk.row("coverage", "Nvidia").count("current, last bar provisional") == 1


def test_a_live_row_beside_the_bar_is_held_not_taken(desk: Desk) -> None:
    desk.bring({"mode": "dup", "symbol": ONE})
    assert all("Two different rows for one session" in row[2] for row in desk.rows("held"))
    assert "late by 1 session" in desk.row("coverage", "Nvidia")


def test_a_revised_bar_says_when_and_what_it_was(desk: Desk) -> None:
    with desk.store() as store:
        was = float(stored_bars(store, ONE).close[-2])
    desk.bring({"mode": "revise", "symbol": ONE, "session": "2026-06-25", "factor": 1.02})
    note = f"25 Jun 2026 revised on 29 Jun 2026, 22:00 UTC, was {was:,.2f}, is {1.02 * was:,.2f}"
    assert f"Closes that the source moved by more than 0.5% within a week: Nvidia 1 ({note})" in desk.read()
    known = desk.rows("known", f"?symbol={ONE}&known=2026-06-29T12:00Z")
    assert known == [["25 Jun 2026", f"{was:,.2f}", f"{1.02 * was:,.2f}", "+2.0"]]
    assert f"| {was:,.2f} |" in desk.row("revised", "25 Jun 2026", f"?symbol={ONE}")


@pytest.mark.parametrize("mode", ["split", "split-no-event"])
def test_a_split_leaves_a_badge_and_no_fall(desk: Desk, mode: str) -> None:
    desk.bring({"mode": mode, "symbol": ONE, "session": "2026-06-29", "ratio": 10.0})
    assert desk.row("coverage", "Nvidia").startswith("Nvidia re-based 10:1, 29 Jun 26 | NVDA")
    assert "re-based" not in desk.row("coverage", "Micron")
    assert "answered | re-based 10:1" in desk.row("run", "Nvidia", "?run=2")
    assert "Closes that the source moved" not in desk.read()
    assert abs(desk.market.view().returns()[-1]).max() < 0.2


def test_a_split_whose_new_bar_is_late_keeps_its_badge(desk: Desk) -> None:
    last = {"mode": "missing", "symbol": ONE, "session": "2026-06-29"}
    desk.bring({"mode": "split", "symbol": ONE, "session": "2026-06-29", "ratio": 10.0}, last)
    assert desk.row("coverage", "Nvidia").startswith("Nvidia re-based 10:1, 29 Jun 26 | NVDA")
    line = desk.row("run", "Nvidia", "?run=2")
    assert "answered, its last session not there yet | re-based 10:1" in line
    assert desk.rows("runs")[0][9] == "1", "and it counts as late"


def test_a_dividend_is_a_note_of_the_run(desk: Desk) -> None:
    desk.bring({"mode": "dividend", "symbol": ONE, "session": "2026-06-29", "amount": 0.5})
    assert "answered | adjusted closes moved" in desk.row("run", "Nvidia", "?run=2")
    page = desk.read()
    assert "Closes that the source moved" not in page and "re-based" not in page


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("neg", "A price is zero or negative"),
        ("future", "The session had not opened when the row came"),
        ("x100", "A price is in another unit"),
    ],
)
def test_a_row_that_cannot_be_is_held_and_the_day_is_a_gap(desk: Desk, mode: str, reason: str) -> None:
    desk.bring({"mode": mode, "symbol": ONE})
    assert reason in desk.row("held", "Nvidia")
    page = desk.read()
    assert "; 1 row held back by the checks." in page
    assert "left out of every figure until someone releases them, 1" in page
    held = desk.row("coverage", "Nvidia").split(" | ")[10]
    assert held == "1" and [row[10] for row in desk.rows("coverage")].count("0") == 9
    if mode != "future":
        assert "late by 1 session" in desk.row("coverage", "Nvidia"), "nothing stands in its place"
    with desk.store() as store:
        assert list(quarantined(store)["symbol"]) == [ONE]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("othersym", "the answer is for another symbol"),
        ("nocurrency", "the answer is in another currency, or names none"),
        ("dayearly", "the rows stand a day off: on Sundays and no Friday, or on Saturdays and no Monday"),
    ],
)
def test_an_answer_refused_as_a_whole_says_why(desk: Desk, mode: str, reason: str) -> None:
    desk.bring({"mode": mode, "symbol": ONE})
    assert f"late by 1 session: {reason}" in desk.row("coverage", "Nvidia")
    assert reason in desk.row("run", "Nvidia", "?run=2")


def test_a_name_the_source_lost_for_three_days_is_asked_about(desk: Desk) -> None:
    told = (
        "Nvidia: no data since 26 Jun 2026; the source has not known NVDA on 3 days. "
        "Renamed or delisted? Correct its line in the universe file (end = 2026-06-26); what is stored stays."
    )
    for _ in range(3):
        assert "Renamed or delisted?" not in desk.read()
        desk.bring({"mode": "notfound", "symbol": ONE})
        desk.yahoo.clock.advance(timedelta(days=1))
    assert told in desk.read()
    assert "the source does not know the symbol" in desk.row("coverage", "Nvidia")


def test_a_source_that_lost_everybody_says_nothing_about_one_name(desk: Desk) -> None:
    for _ in range(4):
        desk.bring({"mode": "notfound"})
        desk.yahoo.clock.advance(timedelta(days=1))
    assert "Renamed or delisted?" not in desk.read()


def test_two_clocks_apart_are_told_and_no_price_is_taken(desk: Desk) -> None:
    ours = NOW + timedelta(minutes=9)
    desk.bring(clock=lambda: ours, rules=Rules(workers=1, attempts=1))
    page = desk.read()
    assert "The source's clock is 9 minutes from ours; set this machine's clock" in page
    assert "Until then no price is taken." in page
    assert "0 of 10 names are current" in page
    times = re.findall(r"\d\d:\d\d(?! UTC|:)", re.sub(r"\d+ \w+ \d\d \d\d:\d\d", "", page))
    assert not [time for time in times if time not in page.split("Next run")[1]], "a time names its zone"


def test_a_day_without_a_bar_is_a_hole_or_a_closure_or_a_missing_name(desk: Desk) -> None:
    silent = ("000660.KS", "005930.KS", "^KS11", ONE)
    lost = [{"mode": "missing", "symbol": symbol, "session": "2026-06-29"} for symbol in silent]
    desk.bring(*lost)
    assert "late | 26 Jun 2026 | 0 of 3 | 1 session" in desk.row("freshness", "Seoul")
    desk.yahoo.clock.advance(timedelta(days=1))
    desk.bring(*lost)
    seoul, new_york = desk.row("freshness", "Seoul"), desk.row("freshness", "New York")
    assert seoul.endswith("no bar of any name: 29 Jun 2026, a hole of the source or a closure")
    assert new_york.endswith("no bar: Nvidia on 29 Jun 2026") and "| 59 of 60 |" in new_york
    assert "all 10 names are current" in desk.read()


def test_a_holiday_is_closed_and_nobody_is_late(desk: Desk) -> None:
    desk.yahoo.clock.set(datetime(2026, 6, 3, 3, tzinfo=UTC))  # Seoul votes
    assert desk.row("freshness", "Seoul").startswith("Seoul | closed today | 2 Jun 2026 | 3 of 3 | 0 |")
    assert "Seoul 2 Jun, closed today" in desk.read("/drawdowns")
