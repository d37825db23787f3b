"""The Brief on real prices, sentence by sentence, against figures worked out a second way."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.market.market import Market
from app.questions.brief.morning import Brief, brief_of
from app.questions.brief.table import facts, sentences
from ingest.catalogue import read_catalogue
from models.meetings import meeting_of
from tests.app.morning import Morning, percent, size, z_of

MEETING = meeting_of("08:30", "Europe/London")
INSTANTS = [
    datetime(2026, month, day, hour, minute, tzinfo=UTC)
    for month, day in ((6, 23), (6, 26), (7, 28))
    for hour, minute in ((7, 0), (21, 30))
]
EACH = pytest.mark.parametrize("at", INSTANTS, ids=[f"{at:%m-%d %H:%M}" for at in INSTANTS])
PLACES = {"asia": "Asia", "us": "New York"}


def brief_at(market: Market, at: datetime, basket: str = "all") -> Brief:
    return brief_of(market.view(at), read_catalogue().events, basket, at, MEETING)


@pytest.fixture(scope="session")
def seen(real: Market, real_prices: Path) -> Any:
    """The sentences and figures at an instant, and the same morning worked out by pandas."""
    kept: dict[datetime, tuple[dict[str, str], dict[str, Any], Morning]] = {}

    def at_instant(at: datetime) -> tuple[dict[str, str], dict[str, Any], Morning]:
        if at not in kept:
            found = brief_at(real, at)
            kept[at] = dict(sentences(found)), facts(found), Morning(real_prices, real.calendars, at)
        return kept[at]

    return at_instant


@EACH
def test_the_headline_gives_the_moves_of_the_sides(seen: Any, at: datetime) -> None:
    said, told, own = seen(at)
    day = pd.Timestamp(at.date())
    asia, us = (own.basket(own.side(side)) for side in ("asia", "us"))
    over = at.hour > 20
    assert told["day"] == at.date() and told["so_far"] is not over
    assert told["sides"][0]["move"] == pytest.approx(asia[day], abs=1e-9)
    assert told["sides"][1]["move"] == pytest.approx(us.iloc[-1], abs=1e-9)
    moved = own.returns.loc[day].dropna()
    fell = f"{(moved < 0).sum()} of {len(moved)} lost ground"
    index = own.index("^GSPC")[1]
    if over:
        verb = "closed flat" if abs(index) < 0.001 else f"{'fell' if index < 0 else 'rose'} {size(index)}"
        joined = "and" if index < -0.001 else "while"
        wanted = (
            f"Asia’s AI names fell {size(asia[day])} and New York’s {size(us[day])}: "
            f"{fell} {joined} the S&P 500 {verb}."
        )
    else:
        last = us.iloc[-1]
        joined, verb = ("after", "fell") if last < 0 else ("though", "rose")
        wanted = (
            f"Asia’s AI names fell {size(asia[day])} so far: {fell} {joined} New York {verb} "
            f"{size(last)} on {us.index[-1]:%A}."
        )
    assert said["headline"] == wanted


@EACH
def test_the_deck_names_who_led_and_who_held_up(seen: Any, at: datetime) -> None:
    said, _, own = seen(at)
    day = pd.Timestamp(at.date())
    moved = own.returns.loc[day].dropna().sort_values()
    groups = moved.groupby(own.layer)
    means = groups.mean()[groups.size() >= 2]
    assert means.idxmin() == "memory"
    memory = [name for name in moved.index if own.layer[name] == "memory"]
    most = moved.index[0]
    led = f"{own.names[memory[0]]} {percent(moved[memory[0]])}"
    if most == memory[0]:
        assert said["deck"].startswith(f"Memory led: {led}, ")
    else:
        assert said["deck"].startswith(
            f"{own.names[most]} {percent(moved[most])} fell most; memory led: {led}, "
        )
    assert f"{own.names[memory[1]]} {percent(moved[memory[1]])}" in said["deck"]
    best = moved.index[-1]
    assert said["deck"].endswith(f" {own.names[best]} rose {size(moved[best])}.")
    low, close, _ = own.index("^KS11")
    assert "past the −8% halt level" in said["deck"] and low < -0.08
    assert (
        f"KOSPI fell {size(low)} at its low" in said["deck"]
        or f"at its low, {percent(close)}" in said["deck"]
    )


@EACH
def test_what_happened_has_its_z_and_its_place(seen: Any, at: datetime) -> None:
    said, told, own = seen(at)
    over = at.hour > 20
    path = own.basket([*own.side("asia"), *own.side("us")] if over else own.side("asia"))
    worse, days = int((path < path.iloc[-1]).sum()) + 1, len(path)
    assert path.index[-1] == pd.Timestamp(at.date())
    assert told["move"] == pytest.approx(path.iloc[-1], abs=1e-9)
    assert told["z"] == pytest.approx(z_of(path), abs=1e-6)
    assert told["rank"]["worst"] == worse and told["rank"]["days"] == days
    ordinals = {1: "", 2: "2nd ", 3: "3rd "}
    place = ordinals.get(worse, f"{worse}th ")
    assert f"z {percent(z_of(path) / 100)[:-1]}; {place}worst of {days:,} days." in said["what happened"]
    assert said["what happened"].startswith(percent(path.iloc[-1]) + (". " if over else " so far. "))


@EACH
def test_how_bad_gives_the_fall_and_its_age(seen: Any, at: datetime) -> None:
    said, told, own = seen(at)
    level = own.level([*own.side("asia"), *own.side("us")])
    fall = level / level.cummax() - 1
    peak = level.idxmax()
    age = int((level.index > peak).sum())
    assert told["peak"] == peak.date() == date(2026, 6, 22)
    assert told["drawdown"] == pytest.approx(fall.iloc[-1], abs=1e-9)
    assert told["percentile"] == pytest.approx((fall > fall.iloc[-1]).mean(), abs=1e-9)
    # Each fall at the same age: the path after every record that was left, while it stayed below.
    depths, run = [], 0
    for drop in fall.to_numpy():
        run = run + 1 if drop < 0 else 0
        if run == age:
            depths.append(drop)
    deeper = sum(depth < fall.iloc[-1] - 1e-12 for depth in depths)
    assert told["at_this_age"] == {
        "age": age,
        "depth": pytest.approx(fall.iloc[-1], abs=1e-9),
        "falls": len(depths),
        "deeper": deeper,
    }
    running = " peak" if at.hour > 20 else ", so far"
    assert said["how bad"].startswith(f"{percent(fall.iloc[-1])} from 22 Jun{running}. Deeper than ")
    since = f"{age} session{'s' if age > 1 else ''} in: "
    assert since in said["how bad"]
    assert f"deepest of the {len(depths)} falls that lasted this long." in said["how bad"]


@EACH
def test_how_wide_counts_names_and_worst_days(seen: Any, at: datetime) -> None:
    said, told, own = seen(at)
    over, day = at.hour > 20, pd.Timestamp(at.date())
    names = [*own.side("asia"), *own.side("us")] if over else own.side("asia")
    moved = own.returns.loc[day, names].dropna()
    loss = -moved[moved < 0]
    assert told["verdict"] == "sector-wide"
    assert told["breadth"] == pytest.approx(len(loss) / len(moved))
    share = loss.max() / loss.sum()
    assert f"{len(loss)} of {len(moved)} fell, {own.in_worst_twentieth(names, day)} " in said["how wide"]
    assert f"Largest: {own.names[loss.idxmax()]}, {share * 100:.0f}% of the loss." in said["how wide"]


@EACH
def test_who_started_it_by_the_legs(seen: Any, at: datetime) -> None:
    said, told, own = seen(at)
    over, day = at.hour > 20, pd.Timestamp(at.date())
    before = own.legs("us")[1]
    paths = [("us_session", before[before.index < day])]
    for side in ("asia", "us") if over else ("asia",):
        paths += [
            (f"{side}_{name}", path) for name, path in zip(("gap", "session"), own.legs(side), strict=True)
        ]
    walked = [(name, path.iloc[-1], z_of(path), path.index[-1]) for name, path in paths]
    assert [leg["leg"] for leg in told["legs"]] == [leg[0] for leg in walked]
    for found, (_, move, z, when) in zip(told["legs"], walked, strict=True):
        assert found["return"] == pytest.approx(move, abs=1e-9)
        assert found["z"] == pytest.approx(z, abs=1e-6)
        assert found["date"] == when.date()
    large = next(place for place, leg in enumerate(walked) if leg[2] <= -1.65)
    calm = all(leg[2] > -1 for leg in walked[max(large - 2, 0) : large])
    assert told["starter"] == (walked[large][0].split("_")[0] if calm else "not clear")
    name = f"{PLACES[walked[large][0].split('_')[0]]}’s {walked[large][0].split('_')[1]}"
    if calm:
        move = percent(walked[large][1])
        running = "" if over else " so far"
        swing = f"{-walked[large][2]:.1f}× its usual swing (the line: 1.65×); "
        assert said["who started it"].startswith(
            f"Asia{running}. {name} of {day.day} {day:%b}: {move}. {swing}"
        )
    else:
        running, swing = "" if over else " so far", f"{-walked[large][2]:.1f}"
        assert said["who started it"].startswith(
            f"Not clear{running}. {name} passed 1.65× its usual swing ({swing}×), but New York had "
        )


@EACH
def test_indices_rates_and_openings(seen: Any, at: datetime) -> None:
    said, told, own = seen(at)
    by = {line["symbol"]: line for line in told["indices"]}
    assert set(by) == {"^KS11", "^N225", "^TWII", "^HSI", "^GSPC", "^IXIC", "^SOX"}
    for symbol, line in by.items():
        low, move, close = own.index(symbol)
        assert line["move"] == pytest.approx(move, abs=1e-9) and line["close"] == close
        assert line["session"] == own.bars[symbol].index[-1].date()
        assert (line["low"] is None) == bool(np.isnan(low))
        if line["low"] is not None:
            assert line["low"] == pytest.approx(low, abs=1e-9)
    low, _, close = own.index("^KS11")
    passed = max(level for level in (-0.08, -0.15, -0.20) if low <= level)
    assert by["^KS11"]["halt_passed"] == passed
    assert by["^KS11"]["halt_distance"] == pytest.approx(low - passed, abs=1e-9)
    assert by["^KS11"]["next_halt_price"] == pytest.approx(close * 0.92)
    assert by["^GSPC"]["halt_passed"] is None
    ten, yen = own.bars["^TNX"]["close"], own.bars["JPY=X"]["close"]
    points = f"{ten.iloc[-1] - ten.iloc[-2]:+.2f}".replace("-", "−")
    assert f"US 10-year yield {ten.iloc[-1]:.2f}% ({points} pt)" in said["rates"]
    change = percent(yen.iloc[-1] / yen.iloc[-2] - 1)
    assert f"Yen per dollar {yen.iloc[-1]:,.2f} ({change})" in said["rates"]
    late = {"23": "2 h 30 m", "26": "2 d 2 h", "28": "2 h 30 m"}[f"{at:%d}"]
    opens = f"{late} until Asia opens." if at.hour > 20 else "6 h 30 m until New York opens."
    assert said["what next"].startswith(opens)


@EACH
def test_since_the_meeting_compares_with_what_was_known_then(
    seen: Any, at: datetime, real_prices: Path
) -> None:
    said, told, own = seen(at)
    days = pd.bdate_range(end=pd.Timestamp(at.date()), periods=2)
    began = days[1 if at.hour > 8 else 0] + pd.Timedelta(hours=7, minutes=30)  # 08:30 in London's summer
    then = Morning(real_prices, own.calendars, began.to_pydatetime().replace(tzinfo=UTC))
    assert told["since"]["meeting"] == began.to_pydatetime().replace(tzinfo=UTC)
    for key, sides in (("all", ("asia", "us")), ("asia", ("asia",)), ("us", ("us",))):
        levels = []
        for each in (own, then):
            names = [name for side in sides for name in each.side(side)]
            levels.append(each.level(names).iloc[-1])
        assert told["since"]["changes"][key] == pytest.approx(levels[0] / levels[1] - 1, abs=1e-9)
    changes = {}
    for name in own.layer:
        new, old = own.returns[name].dropna(), then.returns[name].dropna()
        if len(new) > len(old):
            changes[name] = (1 + new[len(old) :]).prod() - 1
    assert {line["symbol"]: line["change"] for line in told["since"]["names"]} == pytest.approx(changes)
    worst, best = min(changes, key=changes.__getitem__), max(changes, key=changes.__getitem__)
    ends = f"{own.names[worst]} {percent(changes[worst])}, {own.names[best]} {percent(changes[best])}."
    assert said["since your last meeting"].endswith(ends)


def test_the_brief_of_26_june_reads_as_it_was_checked_by_hand(seen: Any) -> None:
    said = seen(INSTANTS[3])[0]
    assert said["headline"] == (
        "Asia’s AI names fell 5.4% and New York’s 3.3%: 39 of 45 lost ground while the S&P 500 closed flat."
    )
    assert said["deck"] == (
        "Memory led: Western Digital −13.2%, Kioxia −11.2%; SoftBank Group −12.5%. KOSPI fell 9.0% at its "
        "low, past the −8% halt level, and closed at −5.8%. Microsoft rose 5.7%."
    )
    assert said["how wide"].startswith("Sector-wide. 39 of 45 fell, 14 of 44 in their worst 5%.")
    assert said["who started it"] == (
        "Not clear. Asia’s session passed 1.65× its usual swing (2.1×), but New York had slipped before "
        "(1.3×)."
    )
    assert said["relay"] == (
        "Asia opened 2.6% lower and lost 3.1%, New York opened 2.7% lower and lost 0.7%."
    )
    assert said["layers"] == "8 of 11 layers fell."


def test_events_are_told_once_all_they_tell_of_is_known(seen: Any) -> None:
    """The event of 23 June tells of Seoul and of New York: it is no news before New York has closed."""
    assert seen(INSTANTS[0])[0]["events"] == "SpaceX borrows and falls by a sixth (22 Jun)."
    assert "Korea loses a tenth" in seen(INSTANTS[1])[0]["events"]
    assert "(26 Jun)" in seen(INSTANTS[2])[0]["events"] or "(26 Jun)" in seen(INSTANTS[3])[0]["events"]


def test_what_was_published_of_these_days(seen: Any) -> None:
    """Closing moves as the press had them."""
    moves = {name["symbol"]: name["move"] for name in seen(INSTANTS[1])[1]["names"]}
    published = {"000660.KS": -12.47, "005930.KS": -12.31, "9984.T": -10.09, "285A.T": -15.10, "MU": -13.18}
    assert {name: round(moves[name] * 100, 2) for name in published} == published
    index = {line["symbol"]: line["move"] for line in seen(INSTANTS[5])[1]["indices"]}
    assert round(index["^KS11"] * 100, 2) == -10.84
