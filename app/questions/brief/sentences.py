"""The five answers of a morning, each with its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from app.market import words
from app.market.asof import wait_until
from app.market.left_out import membership
from app.questions.breadth import sector_symbols
from app.questions.brief.forms import PLACE, day_words, percent, short_wait
from app.questions.brief.morning import Brief
from app.questions.relay.legs import legs_withheld, verdict_reason
from models.analytics.relay import Z_CALM, Z_STARTS

RANKED = 100
_BEGAN = {
    "asia_gap": "before Asia opened",
    "asia_session": "while Asia traded",
    "us_gap": "before New York opened",
    "us_session": "while New York traded",
}
_DAYS = {"asia": "Asian", "us": "New York"}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question: a word or a figure, what stands beside it, and its evidence.

    ``tone`` is ``fall`` or ``rise`` for a figure, empty for a word. ``spoken`` is the evidence as running
    text where that has room for more than the page's lines; empty when it is the same.
    """

    question: str
    word: str
    tone: str
    aside: str
    lines: tuple[str, ...]
    spoken: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The answer as running text."""
        head = f"{self.word} {self.aside}" if self.aside else self.word
        text = f"{head}."
        for line in filter(None, self.spoken or self.lines):
            if line.startswith("because "):
                text = f"{text.removesuffix('.')}, {line}."
                continue
            begun = line if text.endswith(",") or line.startswith("z ") else line[0].upper() + line[1:]
            text += f" {begun}" if line.endswith(",") else f" {begun}."
        return text


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
    move = percent(brief.move)
    # A column of a small screen has no room for the noun.
    lines = subject.replace(" names,", ",", 1) if " of " in subject else subject, told
    return Answer(question, move, words.tone(move, brief.move), _so_far(brief), lines, (subject, told))


def rank_words(brief: Brief) -> str:
    """The place of the day's move among all days: ``16th worst of 1,243 days``."""
    rank = brief.rank
    if rank is None:
        return "no history"
    place, kind = (rank.worst, "worst") if brief.move < 0 else (rank.best, "best")
    if place <= RANKED:
        return f"{words.ordinal(place)}{kind} of {words.count(rank.days, 'day')}"
    share = rank.percentile if brief.move < 0 else 1 - rank.percentile
    than = "worse" if brief.move < 0 else "better"
    return f"{than} than {words.percentile(share)}% of days"


def bad(brief: Brief) -> Answer:
    """The fall from the peak, beside all days and beside falls of the same age."""
    question, own = "How bad", brief.standing
    if not own.under:
        worst = f"Its worst fall since {own.since.year}: {percent(own.max_drawdown)}"
        return Answer(question, "At its record", "", "", (f"Closed there on {words.day(own.last)}", worst))
    then = membership(brief.view, brief.basket)
    share = f"Deeper than {words.percentile(own.percentile)}% of days since {own.since.year}"
    few = then is not None and then.then < then.now
    fuller = f"{share}, at first on {then.then} of today’s {then.now} names" if then and few else share
    spoken = fuller, age_words(brief, whole=True)
    return Answer(
        question, percent(own.drawdown), "fall", _from_peak(brief), (share, age_words(brief)), spoken
    )


def _from_peak(brief: Brief) -> str:
    """Since when a fall runs, and whether its last day is over."""
    peak = brief.standing.peak
    named = words.day(peak, year=False) if peak.year == brief.day.year else words.short_day(peak)
    return f"from {named}, so far" if brief.so_far else f"from {named} peak"


def age_words(brief: Brief, *, whole: bool = False) -> str:
    """How deep the fall is for its age: ``4 sessions in: 5th deepest of 61``; ``whole``: of which."""
    age = brief.age
    if age is None:
        return ""
    since = f"{words.count(age.age, 'session')} in"
    if age.falls == 1:
        return f"{since}: no fall lasted longer"
    among = f"the {age.falls} falls that lasted this long" if whole else f"{age.falls:,d}"
    place = "shallowest" if age.deeper + 1 == age.falls else f"{words.ordinal(age.deeper + 1)}deepest"
    return f"{since}: {place} of {among}"


def wide(brief: Brief) -> Answer:
    """Sector-wide or single-stock, with breadth, co-exceedance and the largest loser."""
    question, path, row = "How wide", brief.path, brief.row
    down, traded, judged = int(path.down[row]), int(path.traded[row]), int(path.judged[row])
    many = int(path.exceeding[row])
    of = "" if judged == traded else f" of {judged}"
    tail = f"{many or 'none'}{of if many else ''} in {'their' if many > 1 else 'its'} worst 5%"
    fell = f"{down} of {traded} fell, {tail}" if judged else f"{down} of {traded} fell"
    verdict = str(path.verdict[row])
    aside = f"in {PLACE[brief.scope]}" if brief.scope and len(brief.sides) > 1 else ""
    if verdict == "quiet" and brief.move > 0:
        rose = sum(item.move > 0 for item in brief.moved)
        word = "No fall" if not down else "Mostly up" if rose > down else "Narrow rise"
        return Answer(question, word, "", aside, (f"{rose} of {traded} rose, {down} fell", tail.capitalize()))
    if not verdict:
        return Answer(question, "No verdict", "", aside, (fell, str(path.reason[row]).capitalize()))
    return Answer(question, verdict.capitalize(), "", aside, (fell, _largest(brief)))


def who(brief: Brief) -> Answer:
    """Who started the day's fall, by the legs in clock order; of another day nothing is said."""
    question, legs, aside = "Who started it", brief.measured, _when(brief)
    if brief.verdict is None:
        return Answer(question, words.MISSING, "", aside, ("No opens are stored, so there are no legs",))
    if brief.verdict.starter == "not known":
        missing = [f"because {legs_withheld(each)}" for each in brief.splits if each.withheld]
        why = f"because {starter_reason(brief)}"
        return Answer(question, "Not known", "", aside, tuple(missing[:1]) or (why,), (why,))
    biggest = legs.loc[legs["return"].abs().idxmax()]
    largest = f"Largest: {leg_name(biggest)} {percent(biggest['return'])}, {words.times(biggest['z'])}"
    line = words.times(Z_STARTS)
    if brief.move > 0:
        return Answer(question, "No one", "", aside, ("There was no fall to start", largest))
    if brief.verdict.leg is not None:
        row = legs[(legs["leg"] == brief.verdict.leg) & (legs["date"] == brief.verdict.date)].iloc[0]
        told = f"{leg_name(row)} of {words.day(row['date'], year=False)}: {percent(row['return'])}"
        margin = f"{words.swing(row['z'])} (the line: {line})"
        spoken = told, f"{margin}; {_then(legs, row)}"
        return Answer(question, PLACE[brief.verdict.starter], "", aside, (told, margin), spoken)
    low = legs[legs["z"] <= Z_STARTS]
    if low.empty and legs["z"].isna().any():
        return Answer(question, "Not known", "", aside, ("because there is too little history", largest))
    if low.empty:
        return Answer(question, "No one", "", aside, (f"No leg fell by {line} its usual swing", largest))
    return Answer(question, "Not clear", "", aside, *_not_clear(legs, low.iloc[0]))


def _not_clear(legs: pd.DataFrame, first: pd.Series) -> tuple[tuple[str, str], tuple[str, str]]:
    """Why the first large fall did not come from calm, for the page and as running text."""
    at, line = legs.index.get_loc(first.name), words.times(Z_STARTS)
    before = legs.iloc[max(at - 2, 0) : at]
    falling = before[before["z"] <= Z_CALM]
    told = f"{leg_name(first)} passed {line} ({words.times(first['z'])}),"
    fuller = f"{leg_name(first)} passed {line} its usual swing ({words.times(first['z'])}),"
    if falling.empty:
        then = "but what came before has no history"
    else:
        then = f"but {_place(falling.iloc[0])} had slipped before ({words.times(falling.iloc[0]['z'])})"
    return (told, then), (fuller, then)


def starter_reason(brief: Brief) -> str:
    """Why the verdict is what it is; where it is not known, which prices are missing."""
    if brief.verdict is None:
        return "no leg of the day can be measured"
    return verdict_reason(brief.view, brief.basket, brief.day, brief.verdict)


def after(brief: Brief) -> Answer:
    """What opens next and in how long, and what legs like the last one were followed by.

    As of a date, when it opens: nobody chose the minute from which its wait would be counted.
    """
    question = "What next"
    if not brief.openings:
        return Answer(question, words.MISSING, "", "", ("No session is known ahead",))
    first = brief.openings[0]
    asian = [item for item in brief.openings if item.side == "asia"]
    alone = len({item.at for item in asian}) < 2 or any(item.open_now for item in asian)
    place = first.city if first.side != "asia" or alone else PLACE["asia"]
    left = wait_until(first.at, brief.as_of)
    counted = short_wait(left or timedelta()), f"until {place} opens"
    word, aside = (f"{first.at:%a %H:%M}", f"UTC, {place} opens") if left is None else counted
    found = brief.followed
    if found is None or brief.next_link is None:
        open_now = [item.city for item in brief.openings if item.open_now]
        later = next((item for item in brief.openings if item.at > first.at), None)
        named = later if left is None else first
        told = [f"{named.city} at {named.at:%a %H:%M} UTC"] if named else []
        told += [f"Open now: {words.join(open_now)}"] if open_now else []
        return Answer(question, word, "", aside, tuple(told))
    source, target = brief.next_link
    other = PLACE[target]
    like = f"After the {found.cases} {_DAYS[source]} days most like this"
    low, high = (words.whole_percent(end) for end in found.interval)
    rate, base = words.whole_percent(found.rate), words.whole_percent(found.base_rate)
    lower = f"{other} opened lower {rate}%"
    reach = f"{words.signed(found.z_low)} to {words.signed(found.z_high)} times the usual swing"
    spoken = f"{like}, moves of {reach},", f"{lower} (95% interval {low} to {high}%, base {base}%)"
    short = f"{'NY' if target == 'us' else other} opened lower {rate}% ({low}–{high}; base {base}%)"
    return Answer(question, word, "", aside, (like, short), spoken)


def leg_name(row: pd.Series) -> str:
    """A leg in words: ``Asia’s session``, ``New York’s gap``."""
    side, kind = str(row["leg"]).split("_")
    return f"{PLACE[side]}’s {kind}"


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
    return PLACE[str(row["leg"]).split("_")[0]]


def _when(brief: Brief) -> str:
    """Of which day an answer is, where that is not the day it is asked on; and whether it is over."""
    told = [] if brief.day == brief.as_of.date() else [f"on {brief.day:%a} {day_words(brief.day, brief)}"]
    return " ".join([*told, *(["so far"] if brief.so_far else [])])


def _subject(brief: Brief) -> str:
    """Whose move it is: the names that traded, of those that count; a closed exchange's are unmoved."""
    alone = brief.scope is not None and len(brief.sides) > 1
    whole = brief.view.universe.basket(brief.basket).name
    traded, members = int(brief.path.traded[brief.row]), int(brief.path.members[brief.row])
    names = words.count(members, "name") if traded == members else f"{traded} of {members} names"
    return f"{PLACE[str(brief.scope)] if alone else whole}, {names}"


def _so_far(brief: Brief) -> str:
    return "so far" if brief.so_far else ""
