"""The sentences of a morning: headline, deck and the five answers, each with its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from app import words
from app.answers.batons import short_name
from app.answers.breadth import sector_symbols
from app.answers.brief import Brief
from app.answers.brief_parts import IndexLine, NameMove, SideMove
from models.analytics.relay import LEGS, Z_CALM, Z_STARTS

LONGEST_HEADLINE, LONGEST_DECK = 110, 182
FLAT, FLAT_INDEX = 0.0005, 0.001
RANKED = 100
_BEGAN = {
    "asia_gap": "before Asia opened",
    "asia_session": "while Asia traded",
    "us_gap": "before New York opened",
    "us_session": "while New York traded",
}
_PLACE = {"asia": "Asia", "us": "New York"}
_DAYS = {"asia": "Asian", "us": "New York"}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question: a word or a figure, what stands beside it, and its evidence.

    ``tone`` is ``fall`` or ``rise`` for a figure, empty for a word.
    """

    question: str
    word: str
    tone: str
    aside: str
    lines: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The answer as running text."""
        head = f"{self.word} {self.aside}" if self.aside else self.word
        lines = [line if line.endswith(",") else f"{line}." for line in self.lines if line]
        return " ".join([f"{head}.", *lines])


def headline(brief: Brief) -> str:
    """What the sides did, how many names with them, and the S&P 500; the longest form that fits."""
    moves, wide, market = _moves(brief), _wide(brief), _market(brief)
    forms = [f"{moves}: {wide}{market}", f"{moves}: {wide}", moves]
    return next((form for form in forms if len(form) <= LONGEST_HEADLINE), forms[-1])


def deck(brief: Brief) -> str:
    """Who led, an index near its halt level, who held up; the longest form that fits."""
    halt, best = halted(brief), held_up(brief)
    forms = [
        [led(brief, most, outsider=outsider), halt, best]
        for most, outsider in ((3, True), (2, True), (3, False), (2, False))
    ]
    told = [" ".join(part for part in form if part) for form in forms]
    told += [" ".join(part for part in (forms[-1][0], part) if part) for part in (halt, best)]
    return next((form for form in told if len(form) <= LONGEST_DECK), forms[-1][0])


def answers(brief: Brief) -> tuple[Answer, ...]:
    """The five answers in their order."""
    return what(brief), bad(brief), wide(brief), who(brief), after(brief)


def what(brief: Brief) -> Answer:
    """The day's move with its z and its place in its own history."""
    question, subject = (
        "What happened",
        f"{_subject(brief)}, {brief.day:%a} {words.day(brief.day, year=False)}",
    )
    if not np.isfinite(brief.move):
        return Answer(question, words.MISSING, "", "", (subject, str(brief.path.reason[brief.row])))
    z = "z n/a" if np.isnan(brief.z) else f"z {words.signed(brief.z)}"
    told = f"{z}; {rank_words(brief)}"
    return Answer(question, _percent(brief.move), _tone(brief.move), _so_far(brief), (subject, told))


def rank_words(brief: Brief) -> str:
    """The place of the day's move among all days: ``16th worst of 1,243 days``."""
    rank = brief.rank
    if rank is None:
        return "no history"
    place, kind = (rank.worst, "worst") if brief.move < 0 else (rank.best, "best")
    if place <= RANKED:
        return f"{ordinal(place)}{kind} of {words.count(rank.days, 'day')}"
    share = rank.percentile if brief.move < 0 else 1 - rank.percentile
    than = "worse" if brief.move < 0 else "better"
    return f"{than} than {words.percentile(share)}% of days"


def bad(brief: Brief) -> Answer:
    """The fall from the peak, beside all days and beside falls of the same age."""
    question, own = "How bad", brief.standing
    if not own.under:
        worst = f"Its worst fall since {own.since.year}: {_percent(own.max_drawdown)}"
        return Answer(question, "At its record", "", "", (f"Level of {words.day(own.last)}", worst))
    peak = words.day(own.peak, year=own.peak.year != brief.day.year)
    share = f"Deeper than {words.percentile(own.percentile)}% of days since {own.since.year}"
    return Answer(
        question, _percent(own.drawdown), "fall", f"from the {peak} peak", (share, age_words(brief))
    )


def age_words(brief: Brief) -> str:
    """How deep the fall is for its age: ``Session 4: 5th deepest of 61 falls``."""
    age = brief.age
    if age is None:
        return ""
    if age.falls == 1:
        return f"Session {age.age}: no fall lasted longer"
    if age.deeper + 1 == age.falls:
        return f"Session {age.age}: shallowest of {age.falls} falls"
    return f"Session {age.age}: {ordinal(age.deeper + 1)}deepest of {age.falls} falls"


def wide(brief: Brief) -> Answer:
    """Sector-wide or single-stock, with breadth, co-exceedance and the largest loser."""
    question, path, row = "How wide", brief.path, brief.row
    down, traded, judged = int(path.down[row]), int(path.traded[row]), int(path.judged[row])
    many = int(path.exceeding[row])
    of = "" if judged == traded else f" of {judged}"
    tail = f"{many or 'none'}{of if many else ''} in {'their' if many > 1 else 'its'} worst 5%"
    fell = f"{down} of {traded} fell, {tail}" if judged else f"{down} of {traded} fell"
    verdict = str(path.verdict[row])
    aside = f"in {_PLACE[brief.scope]}" if brief.scope and len(brief.sides) > 1 else ""
    if verdict == "quiet" and brief.move > 0:
        rose = sum(item.move > 0 for item in brief.moved)
        return Answer(
            question, "No fall", "", aside, (f"{rose} of {traded} rose, {down} fell", tail.capitalize())
        )
    if not verdict:
        return Answer(question, "No verdict", "", aside, (fell, str(path.reason[row]).capitalize()))
    return Answer(question, verdict.capitalize(), "", aside, (fell, _largest(brief)))


def who(brief: Brief) -> Answer:
    """Who started it, by the legs in clock order."""
    question, legs = "Who started it", brief.legs
    if brief.verdict is None:
        return Answer(question, words.MISSING, "", "", ("No opens are stored, so there are no legs",))
    if brief.verdict.leg is not None:
        row = legs[(legs["leg"] == brief.verdict.leg) & (legs["date"] == brief.verdict.date)].iloc[0]
        told = (
            f"{leg_name(row)} of {words.day(row['date'], year=False)}: {_percent(row['return'])}, {_z(row)}"
        )
        return Answer(question, _PLACE[brief.verdict.starter], "", "", (told, _then(legs, row)))
    low = legs[legs["z"] <= Z_STARTS]
    if low.empty:
        biggest = legs.loc[legs["return"].abs().idxmax()]
        told = f"Largest: {leg_name(biggest)} {_percent(biggest['return'])}, {_z(biggest)}"
        return Answer(question, "No one", "", "", ("No leg fell by 1.65 deviations", told))
    first = low.iloc[0]
    at = legs.index.get_loc(first.name)
    before = legs.iloc[max(at - 2, 0) : at]
    falling = before[before["z"] <= Z_CALM]
    told = f"{leg_name(first)} fell first ({_z(first)})"
    if falling.empty:
        return Answer(question, "Not clear", "", "", (told, "but what came before has no history"))
    told = f"{leg_name(first)} passed {words.signed(Z_STARTS, 2)} ({_z(first)}),"
    slipped = f"but {_place(falling.iloc[0])} had slipped before ({_z(falling.iloc[0])})"
    return Answer(question, "Not clear", "", "", (told, slipped))


def after(brief: Brief) -> Answer:
    """What opens next and in how long, and what legs like the last one were followed by."""
    question = "What next"
    if not brief.openings:
        return Answer(question, words.MISSING, "", "", ("No session is known ahead",))
    first = brief.openings[0]
    asian = [item for item in brief.openings if item.side == "asia"]
    alone = len({item.at for item in asian}) < 2 or any(item.open_now for item in asian)
    place = first.city if first.side != "asia" or alone else _PLACE["asia"]
    word, aside = short_wait(first.at - brief.as_of), f"until {place} opens"
    found = brief.followed
    if found is None or brief.next_link is None:
        open_now = [item.city for item in brief.openings if item.open_now]
        told = (f"{first.city} at {first.at:%a %H:%M} UTC",)
        return Answer(
            question, word, "", aside, (*told, *([f"Open now: {words.join(open_now)}"] if open_now else []))
        )
    source, target = brief.next_link
    other = _PLACE[target]
    like = f"After the {found.cases} {_DAYS[source]} days most like this"
    rates = f"{words.whole_percent(found.rate)}% (base {words.whole_percent(found.base_rate)}%)"
    return Answer(question, word, "", aside, (like, f"{other} opened lower {rates}"))


def led(brief: Brief, most: int = 3, *, outsider: bool = True) -> str:
    """The layer that moved most with its names, and a name of another layer that moved more."""
    down = brief.move < 0
    table = brief.layers[brief.layers["names"] >= 2]
    names = brief.moved if down else brief.moved[::-1]
    if table.empty:
        return f"{named(names[0])}." if names else ""
    layer = str(table["group"].iloc[0 if down else -1])
    own = [item for item in names if item.layer == layer and (item.move < 0) == down][:most]
    if not own:
        return ""
    text = f"{short_layer(brief, layer)} led: {', '.join(map(named, own))}"
    other = next((item for item in names if item.layer != layer), None)
    if (
        outsider
        and other is not None
        and abs(other.move) > abs(own[-1].move)
        and own[-1].move * other.move > 0
    ):
        text += f"; {named(other)}"
    return f"{text}."


def halted(brief: Brief) -> str:
    """The index of the day whose low passed a halt level or came within two points of it."""
    near = [
        line
        for line in brief.indices
        if line.session == brief.day and line.halt and line.low is not None and line.halt.distance <= 0.02
    ]
    return " ".join(_halt(line) for line in near[:1])


def held_up(brief: Brief) -> str:
    """The name that did best on a day of falls, or worst on a day of gains."""
    names = brief.moved[::-1] if brief.move < 0 else brief.moved
    if not names:
        return ""
    item = names[0]
    if _verb(item.move) == "held flat":
        return f"{item.name} held flat."
    return f"{item.name} {_verb(item.move)} {words.share(item.move)}."


def named(item: NameMove) -> str:
    """A name with its move."""
    return f"{item.name} {_percent(item.move)}"


def short_layer(brief: Brief, layer: str) -> str:
    """The first words of a layer's name, as everywhere it is drawn."""
    return short_name(brief.view, layer)


def leg_name(row: pd.Series) -> str:
    """A leg in words: ``Asia’s session``, ``New York’s gap``."""
    side, kind = str(row["leg"]).split("_")
    return f"{_PLACE[side]}’s {kind}"


def ordinal(place: int) -> str:
    """A place with a blank after it, nothing for the first: ``16th ``."""
    if place == 1:
        return ""
    teen = 10 <= place % 100 <= 20
    return f"{place:,d}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10, 'th')} "


def short_wait(length: timedelta) -> str:
    """A wait without the units that no longer matter: minutes beside days."""
    exact = length if length < timedelta(days=1) else length - length % timedelta(hours=1)
    return words.wait(exact)


def sides_named(brief: Brief, sides: Sequence[SideMove]) -> str:
    """What the sides did: ``Asia’s AI names fell 5.6% and New York’s 3.3%``."""
    parts: list[str] = []
    for side in sides:
        if not np.isfinite(side.move):
            continue
        verb = _verb(side.move)
        told = verb if verb == "held flat" else f"{verb} {words.share(side.move)}"
        if not parts:
            parts.append(f"{side.place}’s {_kind(brief)} {told}")
        else:
            same = verb == _verb(sides[0].move) and verb != "held flat"
            parts.append(f"{side.place}’s {words.share(side.move) if same else told}")
    return " and ".join(parts)


def _moves(brief: Brief) -> str:
    told = sides_named(brief, brief.today)
    if not told:
        return f"No basket move of {words.day(brief.day)}: {brief.path.reason[brief.row]}"
    return f"{told} so far" if brief.so_far else told


def _wide(brief: Brief) -> str:
    """How many names went the basket's way, and the other side when it did not trade."""
    down = brief.move < 0 if np.isfinite(brief.move) else True
    verb = "lost ground" if down else "gained"

    def count(names: Sequence[NameMove]) -> tuple[int, int]:
        return sum((item.move < 0) if down else (item.move > 0) for item in names), len(names)

    many, of = count(brief.moved)
    asia = count([item for item in brief.moved if item.side == "asia"])
    told = f"{many} of {of} {verb}"
    if many == of and of > 1:
        told = f"all {of} {verb}"
    elif asia[0] == asia[1] > 1 and len(brief.today) > 1:
        told = f"all {asia[1]} in Asia {verb}"
    other = [side for side in brief.sides if side.day != brief.day]
    return told + "".join(_absent(brief, side) for side in other)


def _absent(brief: Brief, side: SideMove) -> str:
    why = brief.absence(side.side)
    if why == "to come" and np.isfinite(side.move):
        if _verb(side.move) == "held flat":
            return f" after {side.place} held flat on {side.day:%A}"
        joined = "after" if side.move * brief.move > 0 else "though"
        return f" {joined} {side.place} {_verb(side.move)} {words.share(side.move)} on {side.day:%A}"
    return f"; {side.place}{' was closed' if why == 'closed' else '’s prices are late'}"


def _market(brief: Brief) -> str:
    """What the S&P 500 did that day beside the basket."""
    line = next((item for item in brief.indices if item.symbol == "^GSPC"), None)
    if line is None or line.session != brief.day or line.move is None or not np.isfinite(brief.move):
        return ""
    stands = "stands" if brief.so_far else "closed"
    if abs(line.move) < FLAT_INDEX:
        return f" while the {line.name} {stands} flat"
    joined = "and" if (line.move < 0) == (brief.move < 0) else "while"
    return f" {joined} the {line.name} {_verb(line.move)} {words.share(line.move)}"


def _halt(line: IndexLine) -> str:
    assert line.halt is not None and line.low is not None
    if line.halt.passed is not None and line.move is not None and abs(line.low - line.move) < FLAT:
        close = _percent(line.move)
        return f"{line.name} closed at its low, {close}, past the {_level(line.halt.passed)} halt level."
    low = f"{line.name} fell {words.share(line.low)} at its low"
    if line.halt.passed is not None:
        low += f", past the {_level(line.halt.passed)} halt level,"
    else:
        low += (
            f", {words.level(line.halt.distance * 100)} pt from the {_level(line.halt.levels[0])} halt level,"
        )
    return low if line.move is None else f"{low} and closed at {_percent(line.move)}."


def _level(level: float) -> str:
    return f"{words.percent(level, 0)}%"


def _largest(brief: Brief) -> str:
    path, row = brief.path, brief.row
    if path.largest[row] < 0:
        return ""
    symbol = sector_symbols(brief.view, brief.basket, brief.scope)[int(path.largest[row])]
    share = words.whole_percent(float(path.largest_share[row]))
    return f"Largest: {brief.view.universe[symbol].name}, {share}% of the loss"


def _then(legs: pd.DataFrame, row: pd.Series) -> str:
    """The next leg of the other side after the one that started it, or when it began."""
    side = str(row["leg"]).split("_")[0]
    later = legs[(legs.index > row.name) & ~legs["leg"].str.startswith(side)]
    if later.empty:
        return f"it began {_BEGAN[row['leg']]}"
    change = float(later.iloc[0]["return"])
    way = "lower" if change < 0 else "higher"
    return f"{_place(later.iloc[0])} then opened {words.share(change)} {way}"


def _place(row: pd.Series) -> str:
    return _PLACE[str(row["leg"]).split("_")[0]]


def _z(row: pd.Series) -> str:
    return "z n/a" if np.isnan(row["z"]) else f"z {words.signed(row['z'])}"


def _subject(brief: Brief) -> str:
    basket = brief.view.universe.basket(brief.basket)
    if brief.scope is not None and len(brief.sides) > 1:
        return f"{_PLACE[brief.scope]}, {words.count(int(brief.path.traded[brief.row]), 'name')}"
    return f"{basket.name}, {words.count(int(brief.path.members[brief.row]), 'name')}"


def _kind(brief: Brief) -> str:
    """What the names of a basket are called after the name of a place."""
    if brief.basket in ("all", "asia", "us"):
        return "AI names"
    name = brief.view.universe.basket(brief.basket).name
    return name if name.startswith("AI ") else name[0].lower() + name[1:]


def _so_far(brief: Brief) -> str:
    return "so far" if brief.so_far else ""


def _percent(fraction: float | None) -> str:
    text = words.percent(fraction)
    return text if text == words.MISSING else f"{text}%"


def _tone(value: float) -> str:
    return "fall" if value < 0 else "rise" if value > 0 else ""


def _verb(move: float) -> str:
    return "held flat" if abs(move) < FLAT else "fell" if move < 0 else "rose"


def day_words(day: date, brief: Brief) -> str:
    """A date, with its year when that is not the news day's."""
    return words.day(day, year=day.year != brief.day.year)


assert set(_BEGAN) == set(LEGS)
