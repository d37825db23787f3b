"""Stress on real prices: the known days, worked out a second way; page, command and answer agree."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

from app.kinds.request import PageRequest
from app.market.asof import moment_of
from app.market.market import Market
from app.pages.contagion import stress as page
from app.pages.contagion.stress import tables
from app.questions.stress import sentences
from app.questions.stress.measures import absorption_of, clocked, next_leg_of, side_tails, turbulence_of
from app.questions.stress.table import asked_of, sentence, stress
from app.render.html.markup import markup
from models.analytics.trailing import Out
from models.analytics.turbulence import shrinkage_for
from tests.app.conftest import Answering
from tests.app.situations import cells

DAYS = (
    *("2024-08-05", "2025-01-27", "2025-11-21", "2026-06-05", "2026-06-23", "2026-06-26", "2026-07-28"),
    "2026-07-31",
)


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("lead", ["us", "asia"])
def test_a_day_worked_out_a_second_way(real: Market, day: str, lead: Any) -> None:
    """d, size and pattern from np.cov and np.linalg.inv on the window of the row alone."""
    view = real.view()
    given, found = clocked(view, lead=lead), turbulence_of(view, lead=lead)
    row = int(np.searchsorted(given.dates, np.datetime64(day)))
    own = found.status[row] == Out.NO
    window = given.returns[row - 250 : row][:, own]
    window = window[np.isfinite(window).all(axis=1)]
    covariance = np.cov(window.T)
    weight = shrinkage_for(int(own.sum()), np.array([len(window)]))[0]
    variance = np.diag(covariance)
    gap = given.returns[row, own] - window.mean(axis=0)
    shrunk = covariance * (1 - weight) + np.diag(variance) * weight
    score = gap @ np.linalg.inv(shrunk) @ gap / own.sum()
    assert found.score[row] == pytest.approx(score, rel=1e-8)
    assert found.magnitude[row] == pytest.approx(np.mean(gap**2 / variance), rel=1e-9)
    assert (found.names[row], found.rows[row]) == (own.sum(), len(window))


def test_deepseek_monday_is_in_the_row_that_ends_when_seoul_and_taipei_are_back(real: Market) -> None:
    """Both were shut: with names of both sides that day has no row of its own; New York alone has one."""
    given = clocked(real.view())
    monday = np.datetime64("2025-01-27")
    row = int(np.searchsorted(given.dates, monday))
    assert given.dates[row] > monday and given.sessions[row] > 3
    alone = clocked(real.view(), "us")
    assert monday in alone.dates
    found = turbulence_of(real.view(), "us")
    assert found.turbulent[alone.dates == monday].all()


@pytest.mark.parametrize("day", ["2024-08-05", "2026-06-05", "2026-06-23", "2026-06-26", "2026-07-31"])
def test_known_days_were_turbulent(real: Market, day: str) -> None:
    """In the rows of New York’s close and the Asian one after it."""
    dates = clocked(real.view(), lead="us").dates
    assert turbulence_of(real.view(), lead="us").turbulent[dates == np.datetime64(day)].all()


def test_page_command_and_answer_agree(real: Market, told: Answering) -> None:
    view = real.view()
    sheet = stress(view, days=12)
    found, own = told("stress", "--days", "12"), json.loads(sheet.json())
    assert {name: found[name] for name in own if name != "as_of"} == {
        name: own[name] for name in own if name != "as_of"
    }
    facts, notices = page.facts(real, PageRequest(page.PATH))
    assert notices == []
    assert found["sentence"] == sentences.headline(facts) == sentence(asked_of(view))
    shown = cells(markup(tables.last_rows(facts)))
    for cell, row in zip(shown, reversed(found["rows"]), strict=False):
        assert cell[1:3] == [f"{row['turbulence']:.1f}", f"{row['magnitude']:.1f}"]
        assert cell[5:] == [
            f"{row['asia_exceeding']}/{row['asia_judged']}",
            f"{row['us_exceeding']}/{row['us_judged']}",
        ]
    tails, leg = side_tails(view), next_leg_of(view)
    assert found["tail_dependence"]["us_to_next_asia"]["value"] == tails.value
    assert f"in {100 * tails.value:.0f}%" in sentences.tails_title(facts)
    wide = next(
        cell
        for cell in found["next_leg"]["us_to_next_asia"]["table"]
        if (cell["today"], cell["next"]) == ("4+", "4+")
    )
    assert f"{100 * wide['share']:.0f}% in Asia" in sentences.follow_title(facts)
    assert leg.low > 0.15


def test_an_answer_as_of_a_day_knows_nothing_of_later(real: Market) -> None:
    then = real.view(moment_of(date(2026, 6, 23), real.now()))
    now, before = asked_of(real.view()).table, asked_of(then).table
    later = now[now["date"] <= before["date"].iloc[-1]]
    assert str(before["date"].iloc[-1].date()) == "2026-06-23"
    assert later["date"].tolist() == before["date"].tolist()
    for name in ("turbulence", "threshold", "magnitude", "absorption"):
        np.testing.assert_allclose(later[name], before[name], rtol=1e-6, err_msg=name)


def test_names_without_a_whole_window_are_told_and_not_missed(real: Market) -> None:
    view = real.view()
    absorbed = absorption_of(view)
    facts, _ = page.facts(real, PageRequest(page.PATH))
    reason = "too few returns in the window, as after a listing"
    left = set(facts.out_now()["Absorption"][reason])
    assert {"CoreWeave", "Kioxia", "SanDisk", "Nebius"} <= left
    members = len(clocked(view).symbols)
    assert int(absorbed.names[-1]) == members - sum(map(len, facts.out_now()["Absorption"].values()))
    assert "Kioxia" not in " ".join(map(str, facts.out_now()["Turbulence"].values()))
