"""A question through every way out: the command, the API's routes and its own answer are the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.kinds.column import keys
from app.kinds.parameters import ParameterError, Reading, key_of, option_of, read_params
from app.market.market import Market
from app.questions import QUESTIONS, question
from app.web.application import create_app
from tests.app.conftest import Ran

ASKED = {
    "moves": {"on": "2026-06-22"},
    "event-study": {"event": "2026-06-22", "model": "mean"},
    "compare": {"items": "2025-03-04", "basket": "memory"},
    "stress": {"days": "3", "tail": "10%"},
    "episodes": {"kind": "drawdown", "fall": "15"},
    "connectedness": {"nodes": "names", "names": "000660.KS,NVDA,MU", "window": "60", "shrink": "auto"},
    "correlation": {"names": "000660.KS,NVDA", "rows": "120"},
    "forbes-rigobon": {"lead": "us", "follow": "asia"},
}
# The small store has no bars of five minutes: the ways out must agree on that sentence too.
EACH = pytest.mark.parametrize("name", list(QUESTIONS))


@pytest.fixture
def client(market: Market) -> FlaskClient:
    return create_app(market.settings, market=market).server.test_client()


def options(name: str) -> list[str]:
    """The same as a command line writes it."""
    asked, words = question(name), list[str]()
    by_key = {key_of(field, item): (field, item) for field, item in asked.parameters.items()}
    for key, text in ASKED.get(name, {}).items():
        field, item = by_key[key]
        if item.many:
            words += text.split(",")
        elif item.switch:
            words.append(option_of(field, item))
        else:
            words += [option_of(field, item), text]
    return words


@EACH
def test_command_and_route_give_the_same_bytes(
    name: str, command: Callable[..., Ran], client: FlaskClient
) -> None:
    printed = {form: command(name, *options(name), "--format", form) for form in ("json", "csv")}
    for form, ran in printed.items():
        answer = client.get(f"/api/v1/{name}.{form}", query_string=ASKED.get(name, {}))
        if ran.code:
            assert answer.status_code in (400, 409)
            assert answer.get_json()["error"] == ran.err.strip()
        else:
            assert (answer.status_code, answer.get_data(as_text=True)) == (200, ran.out)
    bare = client.get(f"/api/v1/{name}", query_string=ASKED.get(name, {}))
    assert bare.content_type == "application/json"


@EACH
def test_an_answer_holds_the_columns_it_declares(name: str, market: Market) -> None:
    asked = question(name)
    params, left = read_params(asked.params, ASKED.get(name, {}), Reading(market.universe, market.now()))
    assert left == []
    if name == "travelled":
        return
    answer = asked.answer(market, params)
    assert answer.keys == keys(answer.columns) and len(set(answer.keys)) == len(answer.keys)
    for row in answer.rows:
        assert set(row) == set(answer.keys)
        for column in answer.columns:
            text = column.format.text(row[column.key])
            assert isinstance(text, str) and "nan" not in text.lower().split()
    json.loads(answer.json())


@EACH
def test_every_parameter_is_told_in_the_help(name: str, command: Callable[..., Ran]) -> None:
    told = " ".join(command(name, "--help").out.split())
    for field, item in question(name).parameters.items():
        assert item.help and (item.many or option_of(field, item) in told)
        assert re.sub(r"\W+", "", item.help)[:30] in re.sub(r"\W+", "", told)


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/api/v1/nothing", 404, "There is no question 'nothing'"),
        ("/api/v1/drawdowns.xml", 404, "There is no question 'drawdowns.xml'"),
        ("/api/v1/drawdowns?baskit=all", 400, "did you mean basket?"),
        ("/api/v1/drawdowns?basket=memry", 400, "basket: There is no basket 'memry'"),
        ("/api/v1/drawdowns?basket=all&basket=us", 400, "basket is given 2 times; give it once."),
        ("/api/v1/moves", 400, "on is needed"),
        ("/api/v1/relay?day=2010-01-01", 409, "No leg of the basket 'all'"),
        ("/api/v1/drawdowns?asof=2030-01-01", 409, "has not come yet"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(
    client: FlaskClient, address: str, status: int, says: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert says in answer.get_json()["error"]


def test_names_not_known_are_left_out_and_said(client: FlaskClient, command: Callable[..., Ran]) -> None:
    ran = command("correlation", "--names", "NVDA,QQZZ,MU", "--format", "json")
    answer = client.get("/api/v1/correlation?names=NVDA,QQZZ,MU")
    assert (ran.code, answer.get_data(as_text=True)) == (1, ran.out)
    assert "QQZZ" in ran.err and "QQZZ" in answer.headers["X-Left-Out"]


def test_a_share_is_read_as_people_write_it(market: Market) -> None:
    reading, stress = Reading(market.universe, market.now()), question("stress")
    for text in ("0.1", "10", "10%", " 10 % "):
        assert read_params(stress.params, {"tail": text}, reading)[0].tail == pytest.approx(0.1)
    with pytest.raises(ParameterError, match=r"tail: 'ten' is no share"):
        read_params(stress.params, {"tail": "ten"}, reading)
