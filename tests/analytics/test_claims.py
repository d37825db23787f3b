"""Claims beside bars: what agrees within its rounding, what differs, what cannot be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.claims import REASONS, Check, check, margin
from models.events import Claim
from models.types import Bars

DAY = date(2026, 6, 26)
CLAIM = Claim("KOSPI", "^KS11", "move", -5.81, "-5.81", "percent", "close", DAY, "A source", None, "medium")
# Three sessions of an index: a rise of 5 %, then a fall with its low far below its close, then little.
BARS = Bars.of(
    "^KS11",
    ["2026-06-24", "2026-06-25", "2026-06-26", "2026-06-29"],
    open=[100, 101, 103, 99],
    high=[101, 106, 104, 100],
    low=[99, 100, 95.55, 98],
    close=[100, 105, 98.9, 98.8],
)  # fmt: skip


def judged(value: float | None = -5.81, text: str = "", basis: str = "close", **changes: Any) -> Check:
    text = text or f"{value:.10g}"
    return check(replace(CLAIM, value=value, text=text, basis=basis, **changes), BARS)


@pytest.mark.parametrize(
    ("value", "text", "basis"),
    [
        (-5.81, "-5.81", "close"),
        (-5.8, "-5.8", "close"),
        (-6, "-6", "close"),
        (-5.80, "-5.80", "close"),  # −5.8095 cut after its second digit
        (-9.0, "-9.0", "low"),
        (-1.9, "-1.9", "open"),
        (-1.9, "-1.9", "gap"),
        (-4.0, "-4.0", "session"),
        (-1.0, "-1.0", "high"),
        (98.9, "98.9", "level"),
        (-6, "nearly 6", "close"),
        (-5, "over 5", "close"),
        (-6, "below 6", "close"),
        (-5.6, "about 5.6", "close"),
    ],
)
def test_a_claim_that_rounds_to_the_stored_figure_agrees(value: float, text: str, basis: str) -> None:
    found = judged(value, text, basis)
    assert (found.verdict, found.reason, found.fits) == ("agrees", "", ())
    assert found.session == DAY


def test_points_are_points() -> None:
    assert judged(-6.1, unit="points").verdict == "agrees"


def test_a_claim_that_differs_says_by_how_much_and_where_it_would_fit() -> None:
    low = judged(-9.0, "-9.0")
    assert (low.verdict, low.contradicted) == ("differs", False)
    assert low.difference == pytest.approx(-5.8095 + 9.0, abs=1e-3)
    assert [(fit.basis, fit.session) for fit in low.fits] == [("low", DAY)]
    before = judged(5.0, "5.00")
    assert (before.verdict, before.contradicted) == ("differs", True)
    assert [(fit.basis, fit.session, round(fit.figure, 6)) for fit in before.fits] == [
        ("close", date(2026, 6, 25), 5.0)
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value": None, "text": "sector-wide"}, "words"),
        ({"metric": "capex"}, "not a price"),
        ({"symbol": None}, "no symbol"),
        ({"date": None}, "no date"),
        ({"unit": "USD bn"}, "unit"),
        ({"date": date(2026, 6, 27)}, "no bar"),
        ({"date": date(2026, 6, 24)}, "first bar"),
        ({"basis": "premarket"}, "outside hours"),
        ({"basis": "unstated", "value": -7.5}, "no basis"),
        ({"basis": "halt", "value": -8.18, "text": "-8.18"}, "moment"),
        ({"basis": "intraday"}, "moment"),
    ],
)
def test_what_cannot_be_checked_says_why(changes: dict[str, Any], reason: str) -> None:
    found = judged(**({"value": -5.81} | changes))
    assert (found.verdict, found.reason, found.figure) == ("cannot be checked", reason, None)
    assert reason in REASONS


def test_bars_that_lack_what_is_needed() -> None:
    assert check(CLAIM, None).reason == "no bars"
    assert check(replace(CLAIM, basis="low"), replace(BARS, low=np.full(4, np.nan))).reason == "no field"
    assert check(CLAIM, replace(BARS, final=np.array([True, True, False, True]))).reason == "not final"
    assert check(CLAIM, replace(BARS, flags=np.array([0, 0, 1, 0], np.uint16))).suspect


def test_a_moment_outside_of_the_day_differs() -> None:
    found = judged(-9.5, "-9.5", "halt")
    assert (found.verdict, found.figure) == ("differs", pytest.approx(-9.0))
    assert found.span == (pytest.approx(-9.0), pytest.approx(104 / 105 * 100 - 100))


@given(st.floats(-50, 50).filter(lambda value: abs(value) > 1), st.integers(0, 3))
def test_a_figure_agrees_with_its_own_rounding_and_not_with_a_unit_more(move: float, digits: int) -> None:
    close = 100 * (1 + move / 100)
    bars = Bars.of("X", ["2026-06-25", "2026-06-26"], close=[100, close])
    value = round((close / 100 - 1) * 100, digits)
    text = f"{value:.{digits}f}"
    assert check(replace(CLAIM, value=value, text=text), bars).verdict == "agrees"
    wrong = value + np.sign(value) * 1.6 * 10.0**-digits
    assert check(replace(CLAIM, value=wrong, text=f"{wrong:.{digits}f}"), bars).verdict == "differs"
    low, high = margin(replace(CLAIM, value=value, text=text))
    assert low <= abs(value) <= high


@pytest.mark.parametrize(
    ("value", "bases"),
    [
        (-5.81, ["close"]),
        (-9.0, ["low"]),
        (-4.0, ["session"]),
        (-6, ["close"]),
    ],
)
def test_a_claim_without_a_basis_agrees_on_any_that_has_its_figure(value: float, bases: list[str]) -> None:
    found = judged(value, basis="unstated")
    assert (found.verdict, found.reason) == ("agrees", "")
    assert [fit.basis for fit in found.fits] == bases
    assert found.figure == found.fits[0].figure and found.difference == found.figure - value


def test_on_either_basis_is_said_when_two_have_the_figure() -> None:
    bars = replace(BARS, low=np.array([99, 100, 98.9, 98.0]))
    found = check(replace(CLAIM, basis="unstated"), bars)
    assert (found.verdict, [fit.basis for fit in found.fits]) == ("agrees", ["close", "low"])
    assert check(replace(CLAIM, value=-7.5, text="-7.5", basis="unstated"), bars).reason == "no basis"


@pytest.mark.parametrize(
    ("close", "text", "verdict"),
    [
        (91.55, "-8.5", "agrees"),  # −8.45, as the press quotes it, is −8.5 of one digit
        (91.555, "-8.5", "agrees"),  # −8.445, quoted −8.45
        (91.556, "-8.5", "differs"),  # −8.444, quoted −8.44
        (91.449, "-8.5", "differs"),  # −8.551 is −8.6: twice rounding never makes it smaller
        (91.5551, "-8", "agrees"),
        (91.5049, "-9", "agrees"),  # −8.4951, quoted −8.50
        (91.506, "-9", "differs"),  # −8.494, quoted −8.49
        (91.55, "-8.50", "differs"),
    ],
)
def test_a_figure_of_one_digit_may_have_been_rounded_from_two(close: float, text: str, verdict: str) -> None:
    bars = Bars.of("^KS11", ["2026-06-25", "2026-06-26"], close=[100.0, close])
    claim = replace(CLAIM, value=float(text), text=text)
    assert check(claim, bars).verdict == verdict
