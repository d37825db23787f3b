"""Whether a rout on one side warned of the other: an interval plot, and what each leg says of the next."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from dash import html

from app.figures.canvas import Canvas
from app.figures.frame import Figure
from app.figures.style import Style
from app.kinds.request import Mode
from app.market import words
from app.market.market import View
from app.questions import early_warning
from app.questions.breadth import verdicts
from app.questions.relay.day import LEG_WORDS
from app.questions.relay.legs import PLACES, SIDES, links_of, side_symbols, since_of
from app.render.html.side import file_link
from models.analytics.hac import LAGS
from models.analytics.links import STRESS, follows
from models.errors import OneSidedError

# Lines of its type that the drawing is high: a head, and two groups of a head and three rows.
TALL = 20.4
_LINE = 2.05
_SCALE = (0, 25, 50, 75, 100)
_KINDS = {"gap": "gap", "session": "session", "close": "close to close"}
_AFTER = {"asia": "an Asian", "us": "a New York"}
# A figure stands out when its distance from nothing is beyond what chance gives in one of twenty.
_CLEAR = 1.96


def warning_frame(view: View, basket: str = "all") -> pd.DataFrame:
    """The plot's data, one row an outcome; fractions."""
    return early_warning.warning_frame(view, basket).set_index("after")


def warning_title(view: View, basket: str = "all") -> str:
    """Where the warning lies, by the outcomes that fell more often than the base rate allows."""
    table = early_warning.warning_frame(view, basket)
    clear = table[_stands_out(table)]
    gaps = clear[clear["outcome"] == "gap"]["after"].tolist()
    sessions = clear[clear["outcome"] == "session"]["after"].tolist()
    if not gaps and not sessions:
        return "No early warning beyond the base rate"
    if not sessions:
        return "Early warning: the gap, not the session"
    later = words.join([f"{_other(side)}’s" for side in sessions])
    found = f"{later} session" if len(sessions) == 1 else f"{later} sessions"
    return f"Early warning: the gap, less so {found}" if gaps else f"Early warning: {found}"


def warning_note(view: View, basket: str = "all") -> str:
    """How to read the plot."""
    since = words.month(since_of(view))
    return (
        f"Share of next legs below zero with 95% interval; upright: base rate since {since}. "
        "Filled: beyond chance."
    )


def warning_summary(view: View, basket: str = "all") -> str:
    """The plot in words."""
    return early_warning.sentence(view, basket) or "No rout has been followed yet."


def height(style: Style) -> int:
    """The drawing's height in pixels for its type."""
    return round(style.tick * TALL)


def draw_warning(view: View, basket: str, style: Style, mode: Mode) -> Figure:
    """The interval plot at a size; ``mode`` is that of the style."""
    canvas = Canvas(style)
    try:
        _check_sides(view, basket)
    except OneSidedError as error:
        canvas.text(0, style.tick * 2, str(error))
        return canvas.figure(simulated=view.simulated)
    picture = _Picture(early_warning.warning_frame(view, basket), canvas)
    picture.head()
    for place, side in enumerate(SIDES):
        picture.group(place, side)
    return canvas.figure(simulated=view.simulated)


class _Picture:
    """The parts of the drawing, on one set of measures."""

    def __init__(self, table: pd.DataFrame, canvas: Canvas) -> None:
        self.table, self.canvas, self.palette = table, canvas, canvas.palette
        self.tick = canvas.style.tick
        self.line = min(canvas.height / (TALL / _LINE), self.tick * 2.7)  # a memo has room
        self.left, self.right = self.tick * 17.2, canvas.width - self.tick * 18.6
        self.hit = self.tick * 15.2
        ends = canvas.width
        self.columns = {
            "Base, %": ends - self.tick * 12.6,
            "Median, %": ends - self.tick * 5.9,
            "Cases": ends,
        }

    def x(self, fraction: float) -> float:
        return self.left + fraction * (self.right - self.left)

    def head(self) -> None:
        """The heads of the columns, and the scale."""
        y = self.line * 0.5
        self.canvas.text(self.hit, y, "Hit, %", anchor="right")
        for name, x in self.columns.items():
            self.canvas.text(x, y, name, anchor="right")
        for percent in _SCALE:
            self.canvas.text(self.x(percent / 100), y, str(percent), anchor="center")

    def group(self, place: int, side: str) -> None:
        """What followed the routs of one side."""
        top = self.line * (1.05 + place * 4.35)
        text = f"After {_AFTER[side]} close in its own worst 5%"
        self.canvas.text(0, top + self.line / 2, text, colour=self.palette.ink, weight=600)
        for percent in _SCALE:
            x = self.x(percent / 100)
            colour = self.palette.strong if percent == 50 else self.palette.grid
            self.canvas.line([x, x], [top + self.line, top + 4 * self.line], colour)
        rows = self.table[self.table["after"] == side]
        for number, (_, row) in enumerate(rows.iterrows(), 1):
            self.row(row, top + (number + 0.5) * self.line, _other(side))

    def row(self, row: pd.Series, y: float, place: str) -> None:
        """One outcome: its name, its figures, and its interval over the base rate."""
        clear = bool(_stands_out(pd.DataFrame([row])).iloc[0])
        ink = self.palette.ink if clear else self.palette.ink2
        weight = 700 if clear else 400
        self.canvas.text(0, y, f"{place} {_KINDS[row['outcome']]}", colour=self.palette.ink2)
        self.canvas.text(
            self.hit, y, words.whole_percent(row["hit_rate"]), colour=ink, weight=weight, anchor="right"
        )
        base, median, cases = self.columns.values()
        self.canvas.text(base, y, words.whole_percent(row["base_rate"]), anchor="right")
        moved = words.percent(row["median"])
        self.canvas.text(median, y, moved, colour=self.palette.signed(moved), anchor="right")
        self.canvas.text(
            cases, y, f"{row['hits']} of {row['cases']}", colour=self.palette.ink2, anchor="right"
        )
        if not np.isnan(row["base_rate"]):
            self._interval(row, y, clear)

    def _interval(self, row: pd.Series, y: float, clear: bool) -> None:
        base, half = self.x(row["base_rate"]), self.line * 0.3
        self.canvas.line([base, base], [y - half, y + half], self.palette.accent, max(self.tick / 5.5, 2))
        if not row["cases"]:
            return
        colour = self.palette.ink if clear else self.palette.ink3
        ends = [self.x(row["low"]), self.x(row["high"])]
        self.canvas.line(ends, [y, y], colour, max(self.tick / 5.5, 2))
        tip = (
            f"{words.whole_percent(row['hit_rate'])}%, 95% between {words.whole_percent(row['low'])} and "
            f"{words.whole_percent(row['high'])}, with days in runs {words.whole_percent(row['block_low'])} "
            f"to {words.whole_percent(row['block_high'])}; cases by year {row['by_year']}; "
            f"{words.whole_percent(row['prior_base_rate'])}% of days with a close as low before; "
            f"base {words.whole_percent(row['base_rate'])}% of {row['base_n']:,d} days"
        )
        ground = colour if clear else self.palette.ground
        self.canvas.dot(self.x(row["hit_rate"]), y, self.tick * 0.72, ground, edge=colour, tip=tip)


def links_table(view: View, basket: str = "all", csv: str = "") -> html.Table:
    """What each leg says about the next: correlation, slope with its error, and on stress days.

    ``csv`` is where all of its figures can be had.
    """
    table = links_of(view, basket)
    rows = [_link_row(row) for row in table.itertuples()]
    note = (
        f"{int(table['n'].max()):,d} pairs since {words.month(since_of(view))}; HAC errors, {LAGS} lags; "
        f"stress: the leg before in its worst {words.fraction_word(STRESS).removeprefix('a ')}"
    )
    heads = [
        ("Corr.", "num", ""),
        ("Slope ± s.e.", "num", ""),
        ("Other side held", "num wide", "The slope beside the other side’s last close-to-close move"),
        ("Stress corr.", "num", ""),
        ("Stress slope", "num wide", ""),
    ]
    return _side("What each leg says about the next", (note, csv), heads, rows, "links")


def verdicts_table(view: View, basket: str, start: date, end: date, csv: str = "") -> html.Table:
    """How often each verdict fell in an episode, beside all days of the last years."""
    table = verdicts(view, basket, start, end)
    rows = [_verdict_row(row) for row in table.itertuples() if row.verdict]
    without = int(table["days"].iloc[-1])
    days = int(table["days"].iloc[:-1].sum())
    note = f"{words.count(days, 'news day')}, {words.span(start, end)}"
    if without:
        note += f"; {without} without a verdict"
    names = ("Days", "Episode, %", f"Since {since_of(view).year}, %", "Ratio")
    return _side("Verdicts", (note, csv), [(name, "num", "") for name in names], rows, "verdicts")


def _link_row(row: Any) -> html.Tr:
    clear = abs(row.slope) > _CLEAR * row.slope_se
    between = " next " if not follows(row.from_leg, row.to_leg) else " "
    name = f"{LEG_WORDS[row.from_leg]} {words.ARROW}{between}{LEG_WORDS[row.to_leg]}"
    key = " key" if clear else ""
    cells = [
        html.Td(words.correlation(row.correlation), className=f"num{key}"),
        html.Td(_with_error(row.slope, row.slope_se), className=f"num{key}"),
        html.Td(_with_error(row.controlled_slope, row.controlled_slope_se), className="num wide"),
        html.Td(words.correlation(row.stress_correlation), className="num"),
        html.Td(_with_error(row.stress_slope, row.stress_slope_se), className="num wide"),
    ]
    return html.Tr([html.Th(name, scope="row"), *cells])


def _with_error(slope: float, error: float) -> str:
    if np.isnan(slope):
        return words.MISSING
    return f"{words.correlation(slope)} ± {words.correlation(error)}"


def _verdict_row(row: Any) -> html.Tr:
    ratio = words.MISSING if np.isnan(row.ratio) else f"{row.ratio:.1f}×"
    key = " key" if row.verdict == "sector-wide" else ""
    cells = [
        html.Td(f"{row.days:d}", className="num"),
        html.Td(words.whole_percent(row.share), className=f"num{key}"),
        html.Td(words.whole_percent(row.all_share), className="num"),
        html.Td(ratio, className=f"num{key}"),
    ]
    return html.Tr([html.Th(row.verdict.capitalize(), scope="row"), *cells])


def _side(
    title: str, foot: tuple[str, str], heads: list[tuple[str, str, str]], rows: list[html.Tr], kind: str
) -> html.Table:
    """A small table with its title in the head; in its foot what to know of it, and its file."""
    columns = [html.Th(title, className="title", scope="col")]
    columns += [html.Th(text, className=name, scope="col", title=tip or None) for text, name, tip in heads]
    note, address = foot
    told = html.Td([html.Span(note), file_link("CSV", address)], colSpan=len(columns), className="note")
    parts = [html.Thead(html.Tr(columns)), html.Tbody(rows), html.Tfoot(html.Tr(told))]
    return html.Table(parts, className=f"side {kind}")


def _other(side: str) -> str:
    return next(PLACES[name] for name in SIDES if name != side)


def _stands_out(table: pd.DataFrame) -> pd.Series:
    """Outcomes whose intervals lie above the base rate, and whose excess is beyond its error."""
    low = table[["low", "block_low"]].min(axis=1)
    return (low > table["base_rate"]) & (table["excess"] > _CLEAR * table["excess_se"])


def _check_sides(view: View, basket: str) -> None:
    for side in SIDES:
        if not side_symbols(view, side, basket):
            raise OneSidedError("Early warning", view.universe.basket(basket).name, PLACES[side])
