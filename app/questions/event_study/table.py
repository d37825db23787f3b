"""The event study as rows: a line a name, with layers, tests and each exchange's day 0 beside them."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from app.kinds.answer import Answer, Note, answer_of, number
from app.kinds.column import CORRELATION, COUNT, DAY, MOVE, SCORE, SYMBOL, TEXT, Column, columns, keys
from app.market import words
from app.market.market import View
from app.questions.event_study.abnormal import GroupPath, Moment, NamePath, Studied, studied, window_of
from app.questions.event_study.benchmarks import AUTO, HOME, LARGE, OTHERS, REASONS, REST
from models.analytics.event_clock import REACTIONS, Reaction
from models.analytics.event_inference import CLUSTERED, TESTS, WindowTests
from models.analytics.event_study import Model

EVENT_COLUMNS = (
    Column("symbol", SYMBOL),
    Column("layer", TEXT),
    Column("day0", DAY),
    Column("reaction", TEXT),
    *columns(MOVE, "gap_return", "abnormal"),
    Column("t_abnormal", SCORE),
    Column("car", MOVE),
    Column("t_car", SCORE),
    Column("beta", CORRELATION),
    Column("used", COUNT),
)
_JUDGE = "kolari_pynnonen"
SURE = 0.05
"""Below this two-sided p a sentence says that chance alone does not do it."""


def event_study(
    view: View,
    at: Moment,
    basket: str = "all",
    model: Model = "market",
    benchmark: str = AUTO,
    before: int | None = None,
    after: int | None = None,
    estimation: int | None = None,
    gap: int | None = None,
    as_of: date | datetime | None = None,
    said: str = "",
) -> Answer:
    """What the names of a basket did beyond what was expected of them around one moment.

    ``said`` is how the moment came to be known, for the notes.
    Rows are the names that count, the largest loss first; ``car`` is the sum from day 0 to the last
    session that all of them have reached, ``abnormal`` that of day 0 alone.

    Raises
    ------
    NoPricesError
        As :func:`~app.questions.event_study.abnormal.studied`.
    MeasureSettingError
        If a length cannot be.
    """
    found = studied(view, at, basket, model, benchmark, window_of(before, after, estimation, gap))
    rows = [_row(found, name) for name in found.names]
    rows.sort(key=lambda row: (row["car"] is None, row["car"] or 0.0))
    params = {
        "at": at,
        "basket": basket,
        "model": model,
        "benchmark": benchmark if model == "market" else None,
    }
    lengths = ("before", "after", "estimation", "gap", "minimum")
    params |= {name: getattr(found.window, name) for name in lengths} | {"as_of": as_of}
    sheet = answer_of(view, as_of, params, EVENT_COLUMNS, rows, _notes(found, said))
    return replace(sheet, facts=_facts(found), sentence=sentence(found))


def sentence(found: Studied) -> str:
    """The study in one sentence: what was lost beyond the expected, and whether chance would do it."""
    day, last = tests_to(found.whole, 0), tests_to(found.whole, found.reached)
    if day is None or last is None:
        return "No name has enough sessions before the event to say what was expected of it."
    text = f"{words.count(day.cases, 'name')}: {words.percent(day.mean)}% beyond the expected on day 0"
    if last.last > 0:
        text += f", {words.percent(last.mean)}% by +{last.last}"
    return f"{text}. {_verdict(last)}"


def _verdict(test: WindowTests) -> str:
    p = test.p[_JUDGE]
    if math.isnan(p):
        # One name has no cross-section: its own series is what is left.
        p, kind = test.p["bw1985"], "Brown–Warner 1985"
    else:
        kind = "Kolari–Pynnönen"
    span = "" if test.last == 0 else f" by +{test.last}"
    says = "Chance alone would rarely do it" if p < SURE else "Chance alone may do it"
    return f"{says}{span} ({kind}, p {chance(p)})."


def chance(p: float | None) -> str:
    """A p as it is written: three digits, and no zero that is none."""
    if p is None or math.isnan(p):
        return words.MISSING
    return "< .001" if p < 0.001 else words.correlation(p, 3)


def tests_to(group: GroupPath, last: int | None) -> WindowTests | None:
    """The tests of a group from day 0 to a session; None without them."""
    return next((test for test in group.tests if (test.first, test.last) == (0, last)), None)


def clustered(found: Studied) -> str:
    """How much the names share the calendar, and which tests stand then."""
    shared = found.shared
    if shared.cases < 2:
        return "One name has no cross-section; Brown–Warner 1985 is by its own series."
    stand = words.join([TESTS[name] for name in CLUSTERED])
    dates = "the same date" if shared.dates == 1 else f"{shared.dates} dates, by their exchanges"
    return (
        f"Day 0 of all {shared.cases} names is on {dates}, and {words.whole_percent(shared.overlapping)}% of "
        f"all pairs share sessions: {stand} stand, the other tests reject too often."
    )


def benchmark_said(found: Studied) -> str:
    """What the names were measured against, and why."""
    if found.model == "mean":
        return "Each name against its own mean of the sessions before; what the market did is not taken out."
    said = "; ".join(found.benchmarks)
    # Where the universe lacks the usual index the others of the side stand in, and for their own reason.
    others = found.benchmark == AUTO and any(label.startswith(OTHERS) for label in found.benchmarks)
    reason = REASONS.get(REST if others else found.benchmark, "")
    return f"Against {said}.{' ' + reason if reason else ''}"


def days_said(found: Studied) -> list[str]:
    """Each day 0 with the cities that share it, and what its reaction is measured from."""
    cities: dict[tuple[date | None, Reaction], list[str]] = {}
    for item in found.day0:
        cities.setdefault((item.session, item.reaction), []).append(item.city)
    return [
        f"{words.join(places)} {'has' if len(places) == 1 else 'have'} had no session since"
        if session is None
        else f"day 0 is {words.day(session)} in {words.join(places)}: {REACTIONS[reaction]}"
        for (session, reaction), places in cities.items()
    ]


def _row(found: Studied, name: NamePath) -> dict[str, Any]:
    last = found.place(0 if found.reached is None else found.reached)
    return {
        "symbol": name.symbol,
        "layer": name.layer,
        "day0": name.day0,
        "reaction": name.reaction,
        "gap_return": number(name.gap),
        "abnormal": number(name.abnormal[found.place(0)]),
        "t_abnormal": number(name.scores[found.place(0)]),
        "car": number(name.car[last]),
        "t_car": number(name.scores[last]),
        "beta": name.beta,
        "used": name.used,
    }


def _facts(found: Studied) -> dict[str, Any]:
    return {
        "reached": found.reached,
        "benchmarks": list(found.benchmarks),
        "benchmark_reason": benchmark_said(found),
        "day0": [
            {
                "city": item.city,
                "session": item.session,
                "reaction": item.reaction,
                "means": REACTIONS[item.reaction],
                "names": item.names,
            }
            for item in found.day0
        ],
        "clustering": {
            "names": found.shared.cases,
            "dates": found.shared.dates,
            "overlapping": number(found.shared.overlapping),
            "said": clustered(found),
        },
        "tests": [_tests(test) for test in found.whole.tests],
        "layers": [_layer(found, group) for group in (found.whole, *found.layers)],
        "left_out": [{"symbol": symbol, "reason": reason} for symbol, reason in found.left_out],
    }


def _tests(test: WindowTests) -> dict[str, Any]:
    head: dict[str, Any] = {"first": test.first, "last": test.last, "names": test.cases}
    sizes = ("mean", "median", "negative", "deviation", "correlation")
    head |= {name: number(getattr(test, name)) for name in sizes}
    told = [
        {
            "test": name,
            "statistic": number(test.statistic[name]),
            "p": number(test.p[name]),
            "stands": name in CLUSTERED,
        }
        for name in TESTS
    ]
    return head | {"tests": told}


def _layer(found: Studied, group: GroupPath) -> dict[str, Any]:
    paths = {name: [number(value) for value in getattr(group, name)] for name in ("car", "low", "high")}
    day, last = tests_to(group, 0), tests_to(group, found.reached)
    return {
        "layer": group.id,
        "names": len(group.symbols),
        "abnormal": number(day.mean) if day else None,
        "car_reached": number(last.mean) if last else None,
        "p_bw1985": number(last.p["bw1985"]) if last else None,
        "offsets": found.offsets.tolist(),
        **paths,
    }


def _notes(found: Studied, said: str) -> list[Note]:
    fields = keys(EVENT_COLUMNS[2:])
    notes = [Note(symbol, fields, reason) for symbol, reason in found.left_out]
    notes += [Note(None, ("day0", "reaction"), text) for text in (said, *days_said(found)) if text]
    notes.append(Note(None, ("car", "abnormal"), benchmark_said(found).removesuffix(".")))
    notes.append(Note(None, ("car",), clustered(found).removesuffix(".")))
    if found.reached is not None and found.reached < found.window.after:
        late = f"all names have reached +{found.reached} of +{found.window.after} sessions"
        notes.append(Note(None, ("car",), late))
    if found.benchmark == HOME and found.model == "market":
        inside = [name.symbol for name in found.names if name.symbol in LARGE]
        notes += [Note(symbol, ("car", "abnormal"), LARGE[symbol]) for symbol in inside]
    gaps = [name.symbol for name in found.names if math.isnan(name.gap)]
    notes += [Note(symbol, ("gap_return",), "the open of day 0 is missing") for symbol in gaps]
    if found.model == "mean":
        notes.append(Note(None, ("beta",), "a constant mean has no benchmark"))
    return notes
