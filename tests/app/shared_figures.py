"""Every figure of a day that two of page, command and file share, asked of each and laid side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

from app.kinds.request import PageRequest
from app.market import words
from app.market.market import Market, View
from app.pages.brief import sheets as brief_files
from app.pages.contagion import relay as relay_page
from app.pages.contagion.relay import sheets
from app.questions.breadth import breadth, sector_path
from app.questions.brief.morning import Brief, brief_of
from app.questions.brief.table import facts as brief_facts
from app.questions.compare.aligned import side_by_side, start_of
from app.questions.drawdowns.falls import drawdowns
from app.questions.relay import day as relay_day
from app.questions.relay import strip_columns
from app.questions.relay.legs import relay, side_splits
from app.questions.stress.table import stress
from app.render.table_csv import Rows
from models.meetings import meeting_of

MEETING = meeting_of("08:30", "Europe/London")
NEAR = 1e-12
SIDES = ("asia", "us")


@dataclass
class Ledger:
    """What each source says of each figure; ``faults`` lists those that do not agree."""

    said: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, source: str, **figures: Any) -> None:
        """Keep what a source says."""
        for name, value in figures.items():
            self.said.setdefault(name, {})[source] = value

    @property
    def shared(self) -> int:
        """How many figures at least two sources give."""
        return sum(len(sources) > 1 for sources in self.said.values())

    def faults(self) -> list[str]:
        """A line for each figure of which two sources say different things."""
        return [
            f"{name}: {sources}"
            for name, sources in self.said.items()
            if not all(_same(value, next(iter(sources.values()))) for value in sources.values())
        ]


def ledger_of(market: Market, day: date, basket: str, *, stressed: bool = True) -> Ledger:
    """All that is said of a basket's day as of its evening; ``stressed`` asks the slow Stress view too."""
    moment = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
    view, found = market.view(moment), Ledger()
    brief = brief_of(view, (), basket, moment, MEETING)
    assert brief.day == day, f"{day} is no news day of {basket}"
    slow = (_stress,) if stressed else ()
    for source in (_brief, _files, _levels, _relay, _breadth, _page, *slow):
        source(found, market, view, brief)
    return found


def split_errors(view: View, basket: str) -> np.ndarray:
    """By how much n1 · legs + n2 · rest misses n · move, on every day of either side with legs."""
    found = []
    for path in side_splits(view, basket).values():
        legs = (1 + path.gap.returns) * (1 + path.session.returns) - 1
        rest = np.where(path.without > 0, path.without * np.nan_to_num(path.rest), 0.0)
        errors = (path.counted - path.without) * legs + rest - path.counted * path.whole.returns
        found.append(np.abs(errors[np.isfinite(legs)]) / np.maximum(path.counted[np.isfinite(legs)], 1))
    return np.concatenate(found)


def _brief(found: Ledger, _: Market, view: View, brief: Brief) -> None:
    told = brief_facts(brief)
    found.note("brief", move=told["basket_move"], starter=told["starter"], starter_leg=told["starter_leg"])
    for side in told["sides"]:
        if side["day"] == brief.day:
            found.note(
                "brief",
                **{
                    f"{side['side']}_move": side["move"],
                    f"{side['side']}_names": side["traded"],
                    f"{side['side']}_down": side["down"],
                },
            )
    for each in told["splits"]:
        found.note("brief, splits", **_split(each))
    for leg in told["legs"]:
        found.note("brief", **{f"{leg['leg']} {leg['date']}": leg["return"]})
    found.note("brief", names=len(brief.moved), layers=int(brief.layers["names"].sum()))
    found.note("names listed", layers=len(brief.moved))
    if brief.scope is None:
        found.note("brief", verdict=told["verdict"], breadth=told["breadth"])


def _split(each: dict[str, Any]) -> dict[str, Any]:
    side = each["side"]
    kept = {"move": "move", "names": "names", "leg_names": "leg_names", "without": "without", "rest": "rest"}
    return {f"{side}_{name}": each[key] for name, key in kept.items()}


def _relay(found: Ledger, _: Market, view: View, brief: Brief) -> None:
    sheet = relay(view, brief.basket, brief.day)
    facts = sheet.facts
    found.note("relay", starter=facts["starter"], starter_leg=facts["starter_leg"])
    for each in facts["sides"]:
        found.note("relay", **_split(each))
    for row in sheet.rows:
        found.note("relay", **{f"{row['leg']} {row['date']}": row["return"]})


def _page(found: Ledger, market: Market, view: View, brief: Brief) -> None:
    search = f"?day={brief.day}&asof={brief.day}&basket={brief.basket}"
    facts, _ = relay_page.facts(market, PageRequest(relay_page.PATH, search))
    found.note("relay page", starter=facts.verdict.starter, starter_leg=facts.verdict.leg)
    for each in facts.sides:
        if not each.withheld:
            found.note("relay page", **{f"{each.side}_leg_names": facts.names(each.side)})
    if not facts.measured.empty:
        drawn = relay_day.frame(facts).reset_index()
        for row in drawn.itertuples():
            found.note("relay chart", **{f"{row.leg} {row.date}": float(row[5])})
    strip = strip_columns.frame(facts)
    if str(brief.day) in strip.index:
        own = strip.loc[str(brief.day)]
        if brief.scope is None:
            found.note("clock strip", breadth=own["breadth"], verdict=own["verdict"])
        for leg in ("asia_gap", "asia_session", "us_gap", "us_session"):
            if np.isfinite(own[leg]):
                found.note("clock strip", **{f"{leg} {brief.day}": own[leg]})
    groups = pd.DataFrame(_rows(sheets._groups(market, PageRequest(relay_page.PATH, search))))
    for kind in ("layer", "country"):
        own = groups[groups["kind"] == kind]
        found.note(f"CSV by {kind}", names=int(own["names"].sum()), down=int(own["down"].sum()))
    names = pd.DataFrame(_rows(sheets._names(market, PageRequest(relay_page.PATH, search))))
    found.note("CSV of names", names=len(names), down=int((names["change"] < 0).sum()))


def _rows(table: Rows) -> list[dict[str, Any]]:
    return [dict(row) for row in table.rows]


def _breadth(found: Ledger, _: Market, view: View, brief: Brief) -> None:
    sheet = breadth(view, brief.basket, brief.day)
    for row in sheet.rows:
        down = None if row["breadth"] is None else round(row["breadth"] * row["names"])
        if row is sheet.rows[0]:
            found.note("breadth", names=row["names"], down=down)
            if brief.scope is None:
                found.note("breadth", breadth=row["breadth"], verdict=row["verdict"])
        if row["side"] in SIDES and row["names"]:
            side = row["side"]
            found.note("breadth", **{f"{side}_names": row["names"], f"{side}_down": down})
            if row["coexceedance"] is not None:
                many = round(row["coexceedance"] * row["judged"])
                found.note("breadth", **{f"{side}_worst": many, f"{side}_judged": row["judged"]})


def _files(found: Ledger, market: Market, view: View, brief: Brief) -> None:
    request = PageRequest("/brief", f"?asof={brief.day}&basket={brief.basket}")
    rows = [row for row in _rows(brief_files.names(market, request)) if str(row["day"]) == str(brief.day)]
    moves = [float(row["move"]) for row in rows]
    found.note("brief CSV", names=len(moves), down=sum(move < 0 for move in moves))
    for side in SIDES:
        own = [float(row["move"]) for row in rows if row["side"] == side]
        path = sector_path(view, brief.basket, side)
        row = int(np.searchsorted(path.sessions, np.datetime64(brief.day)))
        if own and np.isfinite(path.returns[row]):
            counted = side_splits(view, brief.basket)[side].counted[row]
            found.note("mean of the CSV", **{f"{side}_move": sum(own) / counted})


def _levels(found: Ledger, _: Market, view: View, brief: Brief) -> None:
    path = view.basket(brief.basket)
    row = int(np.searchsorted(path.sessions, np.datetime64(brief.day)))
    if not np.isfinite(path.returns[row]):
        return
    found.note("basket", move=float(path.returns[row]))
    found.note("drawdowns", drawdown=(drawdowns(view, brief.basket).basket or {})["drawdown"])
    found.note("brief", drawdown=brief.standing.drawdown)
    found.note("drawdowns page", move=brief.standing.day)
    start = start_of(view, (), str(brief.day), brief.basket)
    if start.day0 == brief.day:
        line = side_by_side(view, [start], brief.basket, 0, 0)
        found.note("compare", move=float(line.loc[0].iloc[0]))


def _stress(found: Ledger, _: Market, view: View, brief: Brief) -> None:
    last = stress(view, brief.basket, days=1).rows[-1]
    for side in SIDES:
        if str(last[f"{side}_date"]) == str(brief.day) and last[f"{side}_judged"]:
            judged, worst = last[f"{side}_judged"], last[f"{side}_exceeding"]
            found.note("stress", **{f"{side}_judged": judged, f"{side}_worst": worst})


def _same(one: Any, other: Any) -> bool:
    if words.missing(one) or words.missing(other):
        return words.missing(one) and words.missing(other)
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= NEAR
    return bool(one == other)
