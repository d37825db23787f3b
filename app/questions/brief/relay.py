"""The relay on the Brief: the step chart of the Relay view with its cities' hours in little room."""

from __future__ import annotations

from dataclasses import replace

from app.figures.canvas import Canvas
from app.figures.frame import Figure
from app.figures.style import Style
from app.questions.relay.day import Day, Picture, unmeasured
from app.questions.relay.facts import Facts


def draw(facts: Facts, style: Style) -> Figure:
    """The step chart; the lanes of one side lie close together under one label."""
    if facts.measured.empty:
        return unmeasured(facts, style)
    return Close(Day(facts), Canvas(replace(style, top=4))).figure()


class Close(Picture):
    """The drawing with the lanes of the cities as one sheaf a side."""

    @property
    def lane_step(self) -> float:
        return self.canvas.style.tick * 0.42

    @property
    def foot(self) -> float:
        lanes = max(self._most(), 2)
        return self.lane_step * (lanes + 1) + self.canvas.style.tick * 1.9

    def _most(self) -> int:
        cities = list(self.day.lanes)
        return max(len([city for city in cities if city != "New York"]), 1)

    def cities(self) -> None:
        top, sides = self.bottom + self.lane_step * 1.4, {"asia": 0, "us": 0}
        for city, sessions in self.day.lanes.items():
            side = "us" if city == "New York" else "asia"
            for hours in sessions:
                self.lane(hours, top + sides[side] * self.lane_step)
            sides[side] += 1
        self._labels(top)
        self.hours(self.bottom + self.foot - self.tick * 0.65)

    def _labels(self, top: float) -> None:
        """New York under its lane, the Asian cities after theirs, in as many lines as the room asks for."""
        for step in self.day.steps:
            if step.gap:
                continue
            names = [city for city in self.day.lanes if (city == "New York") == (step.side == "us")]
            start, end = self.x(step.opens), self.x(step.closes)
            if step.side == "us":
                y = top + self.lane_step * 0.6 + self.tick * 0.75
                self.canvas.text((start + end) / 2, y, "New York", anchor="center")
                continue
            following = [other for other in self.day.steps if not other.gap and other.opens >= step.closes]
            room = (self.x(following[0].opens) if following else self.canvas.width) - end - 12
            self._sheaf(names, end + 6, top, room)

    def _sheaf(self, names: list[str], x: float, top: float, room: float) -> None:
        text = ", ".join(names)
        if self.canvas.fits(text, room):
            self.canvas.text(x, top + self.lane_step * (len(names) - 1) / 2, text)
            return
        half = (len(names) + 1) // 2
        lines = [", ".join(names[:half]) + ",", ", ".join(names[half:])]
        if all(self.canvas.fits(line, room) for line in lines):
            for place, line in enumerate(lines):
                self.canvas.text(x, top + self.tick * (0.15 + 1.05 * place), line)
