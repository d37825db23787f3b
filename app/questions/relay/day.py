"""The relay of one news day: its legs as steps over the hours in which they happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from app.figures.canvas import Canvas
from app.figures.flags import Flag, flags_of, lanes_high
from app.figures.frame import Figure
from app.figures.furniture import flag_on
from app.figures.placing import grid_label, grid_values, spread
from app.figures.style import Style
from app.figures.theme import fade
from app.market import words
from app.questions.events.flag_marks import marks_of
from app.questions.events.flags import Flagged
from app.questions.relay.facts import Facts, Hours
from app.questions.relay.legs import legs_withheld
from models.analytics.relay import Z_STARTS
from models.types import instant64, session64

LEG_WORDS = {
    "asia_gap": "Asia gap",
    "asia_session": "Asia session",
    "us_gap": "US gap",
    "us_session": "US session",
}
# Hours: a closed stretch longer than any between two sessions of a day (a weekend, a holiday) is drawn as
# wide as a short one and says how long it was.
LONGEST, CUT_TO = 12.0, 6.0
LANES = 2
_AIR = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One leg on the chart: from one instant and level to the next."""

    leg: str
    date: np.datetime64
    change: float
    z: float
    opens: np.datetime64
    closes: np.datetime64
    start: float
    end: float

    @property
    def side(self) -> str:
        return self.leg.split("_")[0]

    @property
    def gap(self) -> bool:
        return self.leg.endswith("_gap")


@dataclass(frozen=True, eq=False)
class Day:
    """The day's steps with the hours of both sides."""

    facts: Facts

    @cached_property
    def steps(self) -> list[Step]:
        """The legs in clock order, levels as fractions from the first open of the walk."""
        rows = [row for _, row in self.facts.measured.iterrows()]
        if self.facts.next_gap is not None:
            rows.append(self.facts.next_gap)
        level = {"asia": 1.0, "us": 1.0}
        steps = []
        for row in rows:
            side, day = row["leg"].split("_")[0], np.datetime64(row["date"]).astype("datetime64[D]")
            hours = self._hours(side, day)
            start, level[side] = level[side], level[side] * (1 + row["return"])
            first = min(item.opens for item in hours)
            last = first if row["leg"].endswith("_gap") else max(item.closes for item in hours)
            steps.append(
                Step(row["leg"], day, row["return"], row["z"], first, last, start - 1, level[side] - 1)
            )
        return steps

    @cached_property
    def lanes(self) -> dict[str, list[Hours]]:
        """Each city's sessions on the chart, in the order of the clock."""
        found: dict[str, list[Hours]] = {}
        for step in self.steps:
            if not step.gap:
                for hours in self._hours(step.side, step.date):
                    found.setdefault(hours.city, []).append(hours)
        asia = [city for city in found if city != "New York"]
        return {city: found[city] for city in [*asia, *(["New York"] if "New York" in found else [])]}

    def _hours(self, side: str, day: np.datetime64) -> list[Hours]:
        key = ("hours", self.facts.state.basket, side, day.item())
        return self.facts.view.remember(key, lambda: self.facts.hours(side, day))

    def instant(self, flag: Flagged) -> np.datetime64:
        """When a flag's event was: its instant, or the first open of its place on that day."""
        event = flag.event
        if event is not None and event.instant is not None:
            return np.clip(instant64(event.instant), self.clock.instants[0], self.clock.instants[-1])
        zone = (event.zone if event else None) or ""
        side = {"Asia": "asia", "America": "us"}.get(zone.split("/")[0])
        held = [step for step in self.steps if not step.gap and step.date == session64(flag.session)]
        near = [step.opens for step in held if side in (None, step.side)] or [step.opens for step in held]
        return min(near, default=self.clock.instants[0])

    @cached_property
    def clock(self) -> Clock:
        """Where an instant stands on the chart."""
        spans = [(step.opens, step.closes) for step in self.steps if not step.gap]
        return Clock.of(spans, max(step.closes for step in self.steps))


@dataclass(frozen=True, eq=False)
class Clock:
    """Instants to positions: hours as they are, but a long closed stretch at a fixed width."""

    instants: np.ndarray
    at: np.ndarray
    cuts: list[tuple[float, float, float]]
    """Positions of each cut stretch, and the hours it really lasted."""

    @classmethod
    def of(cls, spans: list[tuple[np.datetime64, np.datetime64]], end: np.datetime64) -> Clock:
        knots = sorted({edge for span in spans for edge in span} | {end})
        instants, at, cuts = [knots[0]], [0.0], []
        for knot in knots[1:]:
            hours = (knot - instants[-1]).astype("timedelta64[s]").astype(np.int64) / 3600
            inside = any(span[0] <= instants[-1] < span[1] for span in spans)
            drawn = hours if inside or hours <= LONGEST else CUT_TO
            if drawn < hours:
                cuts.append((at[-1], at[-1] + drawn, float(hours)))
            instants.append(knot)
            at.append(at[-1] + drawn)
        return cls(np.array(instants), np.array(at), cuts)

    def __call__(self, instant: np.datetime64) -> float:
        seconds = self.instants.astype("datetime64[s]").astype(np.int64)
        return float(np.interp(instant.astype("datetime64[s]").astype(np.int64), seconds, self.at))

    @property
    def length(self) -> float:
        return float(self.at[-1])


def frame(facts: Facts) -> pd.DataFrame:
    """The chart's data: one row a leg, fractions, UTC instants."""
    steps = Day(facts).steps
    table = pd.DataFrame(
        {
            "leg": [step.leg for step in steps],
            "date": [str(step.date) for step in steps],
            "from_utc": [f"{step.opens}Z" for step in steps],
            "to_utc": [f"{step.closes}Z" for step in steps],
            "return": [step.change for step in steps],
            "z": [step.z for step in steps],
            "level_before": [step.start for step in steps],
            "level_after": [step.end for step in steps],
        }
    )
    return table.set_index("leg")


def day_flags(facts: Facts) -> tuple[Flagged, ...]:
    """The flags of the day shown."""
    return tuple(flag for flag in facts.marked.flags if flag.session == facts.day)


def draw(facts: Facts, style: Style) -> Figure:
    """The step chart in clock order with the sessions of every city below it; without a leg, why."""
    if facts.measured.empty:
        return unmeasured(facts, style)
    return Picture(Day(facts), Canvas(style)).figure()


def unmeasured(facts: Facts, style: Style) -> Figure:
    """In place of the chart, why no leg of the day can be told."""
    canvas = Canvas(style)
    why = words.join([legs_withheld(each) for each in facts.sides])
    canvas.paragraph(0, style.tick * 2, canvas.width, f"No leg of {words.day(facts.day)} is measured: {why}.")
    canvas.rule(0)
    return canvas.figure(simulated=facts.view.simulated)


class Picture:
    """The parts of the drawing, on one set of measures."""

    def __init__(self, day: Day, canvas: Canvas) -> None:
        self.day, self.canvas = day, canvas
        style = canvas.style
        self.tick, self.label, self.palette = style.tick, style.label, style.palette
        self.left, self.right = self.tick * 3.6, self.label * 7.4
        self.row = self.tick * 1.25
        self.marks = self._marks()
        self.top = lanes_high(self.marks, style) + _AIR if self.marks else 0
        self.head = self.top + self.row * 2 + self.label * 1.75
        self.bottom = canvas.height - self.foot
        levels = [0.0] + [value * 100 for step in day.steps for value in (step.start, step.end)]
        most = min(max(int((self.bottom - self.head) / (self.tick * 2)), 2), 8)
        values = grid_values(min(*levels, -1.0), max(*levels, 0.0), most)
        self.low, self.high = values[0], max(*levels, 0.0)
        self.values = [value for value in values if value <= self.high]

    @property
    def foot(self) -> float:
        """The height that the lanes of the cities and the hours take."""
        return self.row * (len(self.day.lanes) + 1.3)

    def figure(self) -> Figure:
        """The whole drawing."""
        parts = self.bands, self.grid, self.names, self.lines, self.ends, self.cities, self.flags
        for part in parts:
            part()
        return self.canvas.figure(simulated=self.day.facts.view.simulated)

    def x(self, instant: np.datetime64) -> float:
        scale = (self.canvas.width - self.left - self.right) / self.day.clock.length
        return self.left + self.day.clock(instant) * scale

    def y(self, percent: float) -> float:
        inner = self.bottom - self.head - 8
        return self.head + 4 + (self.high - percent) / (self.high - self.low) * inner

    def _marks(self) -> list[Flag]:
        """The day's flags, at their instants in pixels."""
        facts = self.day.facts
        found = {flag.number: flag for flag in day_flags(facts)}
        marks = marks_of(found.values(), facts.view, facts.state.asof, lambda _: 0.0)
        marks = [replace(mark, x=self.x(self.day.instant(found[mark.number]))) for mark in marks]
        return flags_of(sorted(marks, key=lambda mark: mark.x), 1.0, self.canvas.style, LANES)

    def flags(self) -> None:
        """Numbered squares above, each with a line down to its instant."""
        for x in dict.fromkeys(flag.x for flag in self.marks):
            self.canvas.line([x, x], [self.top, self.bottom], fade(self.palette.accent, 0.32))
        for flag in self.marks:
            y = self.top - 4 - self.canvas.style.lane * (flag.lane + 0.5)
            flag_on(self.canvas, flag, flag.x, y)

    def bands(self) -> None:
        for step in self.day.steps:
            if not step.gap:
                x = self.x(step.opens)
                height = self.bottom - self.head
                self.canvas.cell(x, self.head, self.x(step.closes) - x, height, self.palette.band)
        scale = (self.canvas.width - self.left - self.right) / self.day.clock.length
        for start, end, hours in self.day.clock.cuts:
            middle = self.left + (start + end) / 2 * scale
            text = f"closed {words.count(round(hours), 'hour')}"
            self.canvas.text(middle, self.bottom + self.row * 0.75, text, anchor="center")

    def grid(self) -> None:
        end = self.canvas.width - self.right
        for value in self.values:
            zero = value == 0
            colour = self.palette.strong if zero else self.palette.grid
            self.canvas.line([self.left, end], [self.y(value)] * 2, colour)
            self.canvas.text(self.left - 6, self.y(value), grid_label(value), anchor="right")

    def names(self) -> None:
        """Each leg above its own stretch of time: name, move, z."""
        free = 0.0
        for step, x in zip(self.day.steps, self._starts(), strict=True):
            x = max(x, free)
            day = words.day(step.date, year=False)
            named = f"{LEG_WORDS[step.leg]}, {day}"
            moved = f"{words.percent(step.change)}%"
            if not self.canvas.fits(named, self._room(step, x), self.tick):
                named = LEG_WORDS[step.leg]
            self.canvas.text(x, self.top + self.row * 0.6, named, colour=self.palette.ink2)
            y = self.top + self.row + self.label * 0.95
            colour = self.palette.signed(moved)
            self.canvas.text(x, y, moved, size=self.label * 1.25, colour=colour, weight=600)
            self._score(step, x, self.top + self.row + self.label * 1.9 + self.tick * 0.5)
            free = x + len(named) * 0.57 * self.tick + 10

    def _score(self, step: Step, x: float, y: float) -> None:
        large = step.z <= Z_STARTS
        text = "z n/a, too few days" if np.isnan(step.z) else f"z {words.signed(step.z)}"
        self.canvas.text(
            x,
            y,
            text,
            colour=self.palette.ink if large else self.palette.ink3,
            weight=600 if large else 400,
        )
        if large:
            wide = len(text) * 0.57 * self.tick
            self.canvas.line([x, x + wide], [y + self.tick * 0.75] * 2, self.palette.accent, 2)

    def _starts(self) -> list[float]:
        """Where each leg's time begins: a session at its open, a gap at the last close before it."""
        closes = sorted(step.closes for step in self.day.steps if not step.gap)
        starts = []
        for step in self.day.steps:
            before = [close for close in closes if close < step.opens]
            instant = (before[-1] if before else self.day.clock.instants[0]) if step.gap else step.opens
            starts.append(self.x(instant) + (8 if step.gap else 4))
        return starts

    def _room(self, step: Step, x: float) -> float:
        end = self.x(step.opens) if step.gap else self.x(step.closes)
        last = step is self.day.steps[-1]
        return (self.canvas.width if last else end) - x

    def lines(self) -> None:
        for side in ("asia", "us"):
            steps = [step for step in self.day.steps if step.side == side]
            if not steps:
                continue
            reached, level = self.day.clock.instants[0], steps[0].start
            for step in steps:
                dotted = [self.x(reached), self.x(step.opens)]
                if dotted[1] - dotted[0] > 1:
                    self.canvas.line(dotted, [self.y(level * 100)] * 2, self.palette.strong, 1.2, "dot")
                colour = self.palette.fall if step.change < 0 else self.palette.rise
                ends = [self.x(step.opens), self.x(step.closes)]
                self.canvas.line(
                    ends, [self.y(step.start * 100), self.y(step.end * 100)], colour, self.canvas.style.heavy
                )
                reached, level = step.closes, step.end
            end = self.day.clock.instants[-1]
            if self.x(end) - self.x(reached) > 1:
                self.canvas.line(
                    [self.x(reached), self.x(end)],
                    [self.y(level * 100)] * 2,
                    self.palette.strong,
                    1.2,
                    "dot",
                )
            self._dots(steps)

    def _dots(self, steps: list[Step]) -> None:
        size = self.tick * 0.6
        for step in steps:
            told = f"{LEG_WORDS[step.leg]}, {words.day(step.date)}  {words.percent(step.change)}%"
            if not step.gap and not any(other.gap and other.date == step.date for other in steps):
                at = self.x(step.opens), self.y(step.start * 100)
                self.canvas.dot(*at, size, self.palette.ground, edge=self.palette.ink, tip=told)
            at = self.x(step.closes), self.y(step.end * 100)
            self.canvas.dot(*at, size, self.palette.ground, edge=self.palette.ink, tip=told)

    def ends(self) -> None:
        """Both sides' last level, beside the plot."""
        last = {step.side: step.end for step in self.day.steps}
        names = {"asia": "Asia", "us": "US"}
        y = [self.y(value * 100) for value in last.values()]
        placed = spread(y, self.canvas.style.gap, self.head, self.bottom - 4)
        edge = self.canvas.width - self.right
        for (side, value), own, at in zip(last.items(), y, placed, strict=True):
            self.canvas.line([edge, edge + self.label], [own, at], self.palette.strong)
            x = edge + self.label * 1.4
            ink, size = self.palette.ink, self.label
            self.canvas.text(x, at, names[side], size=size, colour=ink, weight=600)
            self.canvas.text(
                self.canvas.width, at, words.percent(value), size=size, colour=ink, weight=600, anchor="right"
            )

    def cities(self) -> None:
        """A lane a city, lunch cut out; the hours of the clock under them."""
        y = self.bottom + self.row * 0.75
        for city, sessions in self.day.lanes.items():
            for hours in sessions:
                self.lane(hours, y)
                self.canvas.text(self.x(hours.closes) + 6, y, city)
            y += self.row
        self.hours(y + self.row * 0.1)

    def lane(self, hours: Hours, y: float) -> None:
        """A city's hours as a line, its lunch cut out."""
        parts = [(hours.opens, hours.closes)]
        if hours.breaks:
            parts = [(hours.opens, hours.breaks[0]), (hours.breaks[1], hours.closes)]
        for opens, closes in parts:
            self.canvas.line([self.x(opens), self.x(closes)], [y, y], self.palette.strong, 2)

    def hours(self, y: float) -> None:
        """The hours of the clock at which a session begins or ends."""
        free = -1.0
        for instant in self.day.clock.instants:
            text = str(instant.astype("datetime64[m]"))[11:]
            if not len(self.day.steps) or self.x(instant) - free < self.tick * 3.4:
                continue
            if free < 0 or text == "00:00" or self._new_day(instant):
                text = f"{words.day(instant, year=False)} {text}"
            self.canvas.text(self.x(instant), y, text, anchor="center" if free >= 0 else "left")
            free = self.x(instant) + len(text) * 0.28 * self.tick
        self.canvas.text(self.canvas.width, y, "UTC", anchor="right")

    def _new_day(self, instant: np.datetime64) -> bool:
        row = int(np.searchsorted(self.day.clock.instants, instant))
        return row > 0 and words.as_date(self.day.clock.instants[row - 1]) != words.as_date(instant)
