"""Answers that are kept: for the same view, reader and minute alone, and never past a change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import flask
import pytest

from app.auth.users import User
from app.kinds.request import PageRequest
from app.market.market import Market
from app.settings import Settings
from app.web import page_cache
from app.web.page_cache import Answers
from models.errors import NoPricesError
from tests.app.situations import NOW

VIEW = PageRequest("/drawdowns", "?from=2021")


@pytest.fixture(scope="module")
def market(filled: Path) -> Iterator[Market]:
    found = Market(Settings(data_dir=filled, now=NOW))
    for exchange in found.universe.exchanges:
        assert found.calendars[exchange.calendar]
    found.view()
    yield found
    found.close()


@pytest.fixture
def made() -> list[int]:
    """How often an answer was worked out, by asking for it through ``ask``."""
    return []


def ask(answers: Answers, made: list[int], request: PageRequest = VIEW, *, live: bool = False) -> int:
    found = answers.get("x", request, lambda: made.append(1) or len(made), live=live)  # type: ignore[func-returns-value]
    assert isinstance(found, int)
    return found


def test_one_view_is_worked_out_once(market: Market, made: list[int]) -> None:
    answers = Answers(market)
    assert [ask(answers, made) for _ in range(3)] == [1, 1, 1]
    assert ask(answers, made, PageRequest("/drawdowns", "?from=2022")) == 2
    assert ask(answers, made, PageRequest("/drawdowns", "?from=2021", theme="light")) == 3
    answers.forget()
    assert ask(answers, made) == 4


def test_what_a_reader_may_do_and_the_minute_are_part_of_the_question(
    market: Market, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(market)
    with flask.Flask("x").test_request_context():
        for name, role in (("ada", "viewer"), ("ada", "editor"), ("bob", "editor")):
            flask.g.reader = User(name, role)  # type: ignore[arg-type]
            ask(answers, made)
    assert len(made) == 3
    assert ask(answers, made) == 4
    monkeypatch.setattr(market, "now", lambda: NOW + timedelta(minutes=1))
    assert ask(answers, made) == 5


def test_what_follows_the_moment_is_kept_for_a_moment(
    market: Market, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(market)
    assert [ask(answers, made, live=True) for _ in range(2)] == [1, 1]
    monkeypatch.setattr(page_cache, "LIVE_SECONDS", 0.0)
    assert ask(answers, made, live=True) == 2


def test_many_at_once_cost_one_and_a_failure_is_not_kept(market: Market) -> None:
    answers, made, gate = Answers(market), [], threading.Event()

    def slow() -> str:
        gate.wait(5)
        made.append(1)
        if len(made) == 1:
            raise NoPricesError("Not yet.")
        return "found"

    def one() -> None:
        try:
            told.append(answers.get("x", VIEW, slow, live=False))
        except NoPricesError:
            told.append("failed")

    told: list[str] = []
    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["failed", *["found"] * 5]
    assert len(made) == 2


def test_kept_answers_stay_within_bounds(market: Market, made: list[int]) -> None:
    answers = Answers(market)
    for number in range(40):
        asked = PageRequest("/", f"?x={number}")
        answers.get("x", asked, lambda: "a" * (page_cache.KEPT // 20), live=False)
    assert 15 <= len(answers._kept) < 20
    assert answers._kept.used <= page_cache.KEPT
    for number in range(40):
        ask(answers, made, PageRequest("/", f"?x={number}{'y' * (page_cache.KEPT // 10)}"))
    assert len(answers._kept) < 10, "a long question weighs too"


def test_while_nothing_is_stored_nothing_is_kept(tmp_path: Path, filled: Path, made: list[int]) -> None:
    (tmp_path / "cache").symlink_to(filled / "cache")
    empty = Market(Settings(data_dir=tmp_path, now=NOW), poll=0.0)
    answers = Answers(empty)
    assert [ask(answers, made) for _ in range(2)] == [1, 2]
    empty.close()
