"""The commands of the relay, on a small store: the same answers as the page, in every form."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.kinds.request import PageRequest
from app.market.market import Market
from app.market.plain import json_text
from app.pages.contagion import relay as page
from app.questions.breadth import breadth
from app.questions.early_warning import early_warning
from app.questions.relay.legs import relay, since_of
from app.settings import Settings
from tests.app.conftest import NOW, Ran

Command = Callable[..., Ran]
LEGS = ["us_session", "asia_gap", "asia_session", "us_gap", "us_session"]


def answer(ran: Ran) -> dict[str, Any]:
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)
    return found


def reasons(found: dict[str, Any], field: str) -> list[str]:
    return [note["reason"] for note in found["notes"] if field in note["fields"]]


def test_the_relay_of_a_day(command: Command) -> None:
    found = answer(command("relay", "--on", "2026-06-23", "--basket", "memory", "--format", "json"))
    assert [row["leg"] for row in found["rows"]] == LEGS
    assert [row["date"] for row in found["rows"]] == ["2026-06-22", *["2026-06-23"] * 4]
    assert (found["day"], found["starter"], found["starter_leg"]) == ("2026-06-23", "asia", "asia_gap")
    assert found["starter_date"] == "2026-06-23"
    assert found["reason"] == "the news came after New York's close, before Asia's open"
    assert found["next_asia_gap"]["date"] == "2026-06-24"
    assert (found["links"][0]["from_leg"], found["links"][0]["to_leg"]) == ("us_session", "asia_gap")
    assert len(found["links"]) == 6
    assert found["since"] == "2021-06-24"


def test_a_hole_of_one_exchange_leaves_the_starter_not_known(command: Command) -> None:
    """Tokyo's one name has no bar of the day: whether Asia began it cannot be said of the whole basket."""
    found = answer(command("relay", "--on", "2026-06-23", "--format", "json"))
    assert (found["day"], found["starter"], found["starter_leg"]) == ("2026-06-23", "not known", None)
    assert found["reason"] == "too many Asian names have no price on 23 Jun 2026"
    hole = "no bar of Tokyo on 23 Jun 2026: a hole of the source or a closure"
    assert reasons(found, "asia_gap") == reasons(found, "asia_session") == [hole]
    after = "too many Asian names have no move of one session into the open of 24 Jun 2026"
    assert reasons(found, "next_asia_gap") == [f"withheld: {after}"]


def test_as_of_knows_nothing_of_the_next_gap(command: Command) -> None:
    found = answer(command("relay", "--as-of", "2026-06-23", "--format", "json"))
    assert (found["as_of"], found["next_asia_gap"]) == ("2026-06-23", None)
    assert reasons(found, "next_asia_gap") == ["Asia has not opened since, or New York did not trade"]
    early = answer(command("relay", "--as-of", "2026-06-23T12:00Z", "--format", "json"))
    assert [row["leg"] for row in early["rows"]] == LEGS[:3]
    assert reasons(early, "us_gap") == ["New York has not traded yet, or held no session"]


def test_a_day_without_a_session_gives_the_one_before_and_says_so(command: Command) -> None:
    for name in ("relay", "breadth"):
        found = answer(command(name, "--on", "2026-06-21", "--format", "json"))
        assert found["day"] == "2026-06-19"
        assert reasons(found, "day") == ["2026-06-21 is no news day with prices; this is 2026-06-19"]
    closed = answer(command("relay", "--on", "2026-06-19", "--format", "json"))
    assert reasons(closed, "us_session") == ["New York held no session"]


def test_a_basket_of_one_side_has_no_other_legs(command: Command) -> None:
    found = answer(command("relay", "--basket", "asia", "--format", "json"))
    assert {row["leg"] for row in found["rows"]} == {"asia_gap", "asia_session"}
    assert reasons(found, "us_gap") == ["no name of the basket trades in New York"]
    assert reasons(found, "links") == ["a link of fewer than 20 pairs has no figures"]
    warned = answer(command("early-warning", "--basket", "asia", "--format", "json"))
    assert [row["hit_rate"] for row in warned["rows"]] == [None] * 6
    assert reasons(warned, "hit_rate") == ["no name of the basket trades in New York"]


def test_breadth_says_what_it_cannot_judge(command: Command) -> None:
    """Of the five names of the store that count in baskets four have a bar of that day."""
    found = answer(command("breadth", "--on", "2026-06-23", "--format", "json"))
    assert [row["side"] for row in found["rows"]] == ["both", "asia", "us"]
    assert found["rows"][0]["verdict"] is found["verdict"] is None
    assert (found["breadth"], found["names"]) == (1.0, 4)
    assert "fewer than 5 names traded" in reasons(found, "verdict")
    hole = "no bar of Tokyo on 23 Jun 2026: a hole of the source or a closure"
    assert found["sentence"] == f"No verdict, {hole}: 4 of 4 fell."
    memory = answer(command("breadth", "--on", "2026-06-23", "--basket", "memory", "--format", "json"))
    assert memory["sentence"] == "No verdict, fewer than 5 names traded: 2 of 2 fell."
    countries = {item["group"]: (item["names"], item["missing"]) for item in found["by_country"]}
    assert countries == {"Korea": (1, 0), "United States": (3, 0), "Japan": (0, 1)}
    assert len(found["losers"]) == len(found["held_up"]) == 4
    assert set(found["rows"][0]) - {"basket", "side"} <= set(found)


def test_early_warning_has_six_lines(command: Command) -> None:
    found = answer(command("early-warning", "--format", "json"))
    assert [(row["after"], row["outcome"]) for row in found["rows"]] == [
        (side, outcome) for side in ("asia", "us") for outcome in ("gap", "session", "close")
    ]
    assert found["params"]["since"] == "2021-06-24"
    assert all(row["low"] <= row["hit_rate"] <= row["high"] for row in found["rows"] if row["cases"])
    late = answer(command("early-warning", "--since", "2026-06-24", "--basket", "memory", "--format", "json"))
    assert [row["base_n"] for row in late["rows"]] == [1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("name", ["relay", "breadth", "early-warning"])
def test_csv_and_table_hold_the_rows(command: Command, name: str) -> None:
    found = answer(command(name, "--format", "json"))
    lines = list(csv.DictReader(io.StringIO(command(name, "--format", "csv").out)))
    assert list(lines[0]) == list(found["rows"][0])
    assert len(lines) == len(found["rows"])
    table = command(name)
    assert table.code == 0
    assert found["sentence"] in table.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("relay", "--on", "2019-01-02"), "aftershock backfill --since 2019-01-02"),
        (("relay", "--on", "31 feb"), "is no date"),
        (("relay", "--basket", "memry"), "There is no basket 'memry'"),
        (("breadth", "--on", "2019-01-02"), "aftershock backfill --since 2019-01-02"),
        (("breadth", "--basket", "telecom"), "'telecom' has a price"),
        (("early-warning", "--since", "2026-06"), "is no date"),
        (("early-warning", "--as-of", "2030-01-01"), "has not come yet"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(
    command: Command, arguments: tuple[str, ...], says: str
) -> None:
    ran = command(*arguments)
    assert ran.code == 2 and ran.out == ""
    assert says in ran.err and len(ran.err.strip().splitlines()) == 1


def test_commands_page_and_answers_agree(command: Command, filled: Path) -> None:
    market = Market(Settings(data_dir=filled, now=NOW))
    view, day = market.view(), date(2026, 6, 23)
    told = command("relay", "--on", "2026-06-23", "--format", "json").out
    shown, _ = page.facts(market, PageRequest("/contagion", "?day=2026-06-23"))
    assert json.loads(told)["sentence"] == page.sentences.headline(shown)
    assert shown.verdict.starter == json.loads(told)["starter"]
    for name, sheet in (
        ("relay", relay(view, "all", day)),
        ("breadth", breadth(view, "all", day)),
        ("early-warning", early_warning(view)),
    ):
        on = () if name == "early-warning" else ("--on", "2026-06-23")
        found = answer(command(name, *on, "--format", "json"))
        own = json.loads(sheet.json())
        assert {key: found[key] for key in own} == own
    market.close()


def test_years_end_on_days_that_are(filled: Path) -> None:
    class Seen:
        last_session = date(2024, 2, 29)

    assert since_of(Seen()) == date(2019, 3, 1)  # type: ignore[arg-type]
    Seen.last_session = date(2026, 12, 31)
    assert since_of(Seen()) == date(2021, 12, 31)  # type: ignore[arg-type]
    assert json_text({"day": since_of(Seen())})  # type: ignore[arg-type]
