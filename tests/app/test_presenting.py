from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.figures.style import present
from app.figures.theme import PALETTES
from app.market.market import Market
from app.pages import drawdowns
from app.pages.contagion import relay
from app.settings import Settings
from app.web.application import PAGES, create_app
from app.web.presenter.address import LONGEST, QUICKEST, SLOWEST, Presentation, presentation, without
from app.web.presenter.frozen_prices import HELD, FrozenMarket, Held, News, news
from app.web.presenter.slides import places
from models.errors import PresentationGoneError
from models.store import Store, finish_run, start_run, store_answer
from tests.app.conftest import LAST, bars_of
from tests.app.situations import NOW

FLOOR = 18
CHART = "drawdowns-underwater"
CHARTS = [(page.PATH, chart) for page in PAGES for chart in getattr(page, "CHARTS", ())]
SIZES = ((1280, 478), (1471, 430), (1280, 560))


@pytest.fixture(scope="module")
def market(filled: Path) -> Iterator[Market]:
    found = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(market: Market) -> FlaskClient:
    return create_app(market.settings, market=market).server.test_client()


@pytest.fixture(scope="module")
def token(client: FlaskClient) -> str:
    return str(client.get("/present/open").get_json()["token"])


def slide(client: FlaskClient, token: str, query: str, path: str = "/drawdowns") -> Any:
    return client.get(f"/present/slide?{query}&_p={quote(path)}&_k={quote(token)}")


def words(written: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", written))


# What an address asks for.


@settings(deadline=None)
@given(
    view=st.sampled_from(["", "?from=2021", "?basket=memory&asof=2026-06-23T07:00Z"]),
    slide=st.integers(1, 999),
    every=st.sampled_from([0, QUICKEST, 20, SLOWEST]),
    playlist=st.text(max_size=80),
)
def test_an_address_says_what_was_asked_for(view: str, slide: int, every: int, playlist: str) -> None:
    asked = Presentation(view, slide, every, playlist)
    assert presentation(asked.search) == asked
    assert without(asked.search) == view


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_address_fails(search: str) -> None:
    found = presentation(f"present=1&{search}")
    assert found is None or (found.slide >= 1 and (found.every == 0 or QUICKEST <= found.every <= SLOWEST))
    if found:
        assert len(found.entries()) <= LONGEST


@pytest.mark.parametrize("search", ["", "?", "?present=0", "?present=", "?from=2021", None])
def test_a_page_is_no_presentation(search: str | None) -> None:
    assert presentation(search) is None


@pytest.mark.parametrize(("typed", "every"), [("1", 3), ("20", 20), ("99999", 3600), ("x", 0), ("0", 0)])
def test_a_pace_is_held_within_reason(typed: str, every: int) -> None:
    found = presentation(f"?present=1&every={typed}")
    assert found is not None and found.every == every


# Which slides there are.


def named(market: Market, search: str, path: str = "/drawdowns") -> tuple[list[str], list[str]]:
    asked = presentation(f"?present=1&{search}")
    assert asked is not None
    found, notices = places(PAGES, market, path, asked)
    return [place.chart.id if place.chart else place.page.PATH for place in found], notices


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.PATH)
def test_a_page_presents_its_charts_in_order(market: Market, page: Any) -> None:
    assert named(market, "", page.PATH)[0] == [c.id for c in getattr(page, "CHARTS", ())] or [page.PATH]


def test_a_playlist_adds_pages_charts_and_views(market: Market, client: FlaskClient) -> None:
    view = client.get(f"/chart/{CHART}.json?from=2025").get_json()["view"]
    shown, notices = named(
        market, f"playlist=/contagion,relay-strip%253Fbasket%253Dus,{view},/method,nothing"
    )
    assert shown[0] == CHART and shown[-2:] == [CHART, "/method"]
    assert shown[1:-3] == [chart.id for chart in relay.CHARTS] and shown[-3] == "relay-strip"
    assert notices == ["Ignored 'nothing' of the playlist: no page, chart or view has that name."]


def test_an_item_of_a_playlist_keeps_its_controls(market: Market) -> None:
    asked = presentation("?present=1&playlist=" + quote("relay-strip?basket=us&present=1"))
    assert asked is not None
    found, _ = places(PAGES, market, "/drawdowns", asked)
    assert found[-1].search == "?basket=us"
    assert found[-1].address == "/contagion?basket=us#relay-strip"


# The document, without a script.


def test_the_document_holds_the_slide_and_no_dash(client: FlaskClient) -> None:
    written = client.get("/drawdowns?from=2025&present=1").get_data(as_text=True)
    assert "_dash" not in written and written.count("<h1") == 1
    assert "1 of 1" in words(written) and "As of 24 Jun 2026, 22:00 UTC. Frozen" in words(written)
    assert 'href="/drawdowns?from=2025"' in written  # the way back is the same view
    page = client.get("/drawdowns?from=2025").get_data(as_text=True)
    assert re.search("<h1[^>]*>(.*?)</h1>", written)[1] == re.search("<h1>(.*?)</h1>", page)[1]  # type: ignore[index]


def test_slides_have_addresses_that_need_no_script(client: FlaskClient) -> None:
    written = client.get("/contagion?present=1&slide=2&every=20&basket=us").get_data(as_text=True)
    assert f"2 of {len(relay.CHARTS)}" in words(written)
    steps = re.findall(r'<a [^>]*class="word step"[^>]*>', written)
    assert [html.unescape(re.search('href="([^"]*)"', step)[1]) for step in steps] == [
        "?basket=us&present=1&every=20",
        "?basket=us&present=1&slide=3&every=20",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.PATH)
def test_every_page_can_be_presented(client: FlaskClient, page: Any) -> None:
    answer = client.get(f"{page.PATH}?present=1")
    assert answer.status_code == 200
    written = answer.get_data(as_text=True)
    assert words(re.search("<h1[^>]*>(.*?)</h1>", written)[1])  # type: ignore[index]
    assert "data-present" in written


def test_every_page_has_the_way_in(client: FlaskClient) -> None:
    written = client.get("/drawdowns?from=2025").get_data(as_text=True)
    link = re.search(r'<a [^>]*id="shell-present"[^>]*>([^<]+)</a>', written)
    assert link and link[1] == "Present"
    assert 'href="?from=2025&amp;present=1"' in link[0] and 'aria-keyshortcuts="P"' in link[0]


def test_a_slide_beyond_the_last_is_the_last(client: FlaskClient, token: str) -> None:
    found = slide(client, token, "present=1&slide=999", "/contagion").get_json()
    count = len(relay.CHARTS)
    assert found["count"] == count and f"{count} of {count}" in words(found["html"])


def test_what_is_typed_stays_text(client: FlaskClient, token: str) -> None:
    found = slide(client, token, "present=1&playlist=%3Cscript%3Ealert(1)%3C/script%3E").get_json()
    assert "<script" not in found["html"] and "&lt;script" in found["html"]


# The figures.


def sizes(figure: dict[str, Any]) -> list[float]:
    """The type sizes of everything that a figure writes."""
    found: list[float] = []
    for trace in figure["data"]:
        if "text" in str(trace.get("mode", "")):
            given = trace["textfont"]["size"]
            each = given if isinstance(given, list | tuple) else [given] * len(trace["text"])
            found += [size for size, text in zip(each, trace["text"], strict=True) if text]
    layout = figure["layout"]
    found += [note["font"]["size"] for note in layout["annotations"] if note.get("text")]
    return [*found, layout["font"]["size"]]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("path", "chart"), CHARTS, ids=lambda item: getattr(item, "id", ""))
def test_every_chart_can_be_presented(
    client: FlaskClient, token: str, path: str, chart: Any, size: tuple[int, int]
) -> None:
    number = [other.id for where, other in CHARTS if where == path].index(chart.id) + 1
    query = f"present=1&slide={number}&_w={size[0]}&_h={size[1]}&_t=light"
    answer = client.get(f"/present/figure?{query}&_p={quote(path)}&_k={quote(token)}")
    if answer.status_code == 409:  # six names are too few for it: it says so
        assert answer.get_json()["error"].endswith(".")
        return
    figure = answer.get_json()
    assert (figure["layout"]["width"], figure["layout"]["height"]) == size
    assert min(sizes(figure)) >= FLOOR
    # Colours of the theme, not of a memo's paper.
    written = answer.get_data(as_text=True)
    assert PALETTES["memo"].ink not in written and PALETTES["memo"].ink3 not in written


def test_a_style_of_its_own() -> None:
    style = present("light", 1280, 478)
    assert style.mode == "light"
    assert min(style.tick, style.label, style.floor) >= FLOOR and style.flag * 0.7 >= FLOOR
    assert style.context >= 2


def test_a_size_beyond_reason_is_held(client: FlaskClient, token: str) -> None:
    figure = client.get(f"/present/figure?_w=99999999&_h=-5&_p=/drawdowns&_k={quote(token)}").get_json()
    assert (figure["layout"]["width"], figure["layout"]["height"]) == (4000, 160)


# Prices that stand still.


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    shutil.copytree(filled, tmp_path / "data")
    return tmp_path / "data"


def written(folder: Path, symbol: str, drop: int = 0, factor: float = 1.0) -> None:
    """Store a symbol's bars again: without the last few, or its last close changed."""
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        calendars = Market(Settings(data_dir=folder, now=NOW))
        item = calendars.universe[symbol]
        sessions = calendars.calendars[item.exchange.calendar].sessions
        sessions = sessions[(sessions >= np.datetime64("2026-06-01")) & (sessions <= LAST)]
        bars = bars_of(symbol, sessions)
        close = bars.close.copy()
        close[-1] *= factor
        number = start_run(store, trigger="test", source="made", now=NOW)
        store_answer(
            store, number, bars.take(np.arange(len(close)) < len(close) - drop), source="made", now=NOW
        )
        finish_run(store, number, status="done", now=NOW)


def test_a_presentation_keeps_its_prices(folder: Path) -> None:
    market = Market(Settings(data_dir=folder, now=NOW), poll=0.0)
    try:
        held = Held(market)
        token, frozen = held.open()
        before = frozen.view().panel
        assert isinstance(frozen, FrozenMarket) and held.news(token) == News()
        written(folder, "TSM")
        after = market.view().panel
        assert int(after.present.sum()) > int(before.present.sum())
        assert held.find(token).view().panel is before
        came = held.news(token)
        assert came.new == int(after.present.sum()) - int(before.present.sum()) and came.changed == 0
        assert came.sentence == f"{came.new} new bars"
        assert held.news(token, datetime(2024, 6, 1, tzinfo=UTC)) == News()
        assert held.open()[0] != token
    finally:
        market.close()


def test_a_token_of_another_process_is_known_while_the_prices_are_the_same(folder: Path) -> None:
    market = Market(Settings(data_dir=folder, now=NOW), poll=0.0)
    try:
        token, _ = Held(market).open()
        other = Held(market)
        assert other.find(token).now() == NOW
        written(folder, "TSM")
        assert other.find(token).now() == NOW  # held by now
        with pytest.raises(PresentationGoneError, match="press R"):
            Held(market).find(token)
    finally:
        market.close()


@pytest.mark.parametrize("token", ["", ".", "x.20260624T2200Z", "r1-0-0.never", "%00", "a" * 5000])
def test_a_token_of_nobody_says_what_to_do(client: FlaskClient, token: str) -> None:
    answer = slide(client, token, "present=1")
    assert answer.status_code == 409
    assert answer.get_json() == {
        "error": "The frozen prices of this presentation are gone; press R to take the newest."
    }


def test_only_so_many_presentations_are_held(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(market)
    for minute in range(HELD + 3):
        monkeypatch.setattr(market, "now", lambda minute=minute: NOW.replace(minute=minute))
        held.open()
    assert len(held._held) == HELD


def test_news_counts_new_and_changed_bars(market: Market) -> None:
    from dataclasses import replace

    panel = market.view().panel
    assert news(panel, panel) == News()
    row = np.flatnonzero(panel.present.any(axis=1))[-1]
    columns = np.flatnonzero(panel.present[row])
    assert len(columns) >= 2
    less = replace(panel, present=panel.present.copy(), close=panel.close.copy())
    less.present[row, columns[0]] = False
    less.close[row, columns[1]] *= 1.01
    assert news(less, panel) == News(1, 1)
    assert News(1, 1).sentence == "1 new bar, 1 revised"
    assert News(0, 1).sentence == "1 revised bar" and News(0, 3).sentence == "3 revised bars"
    assert News(1200, 0).sentence == "1,200 new bars" and not News().sentence
    shorter = replace(
        panel, sessions=panel.sessions[:-1], **{name: getattr(panel, name)[:-1] for name in MATRICES}
    )
    assert news(shorter, panel).new == int(panel.present[-1].sum())


MATRICES = ("open", "high", "low", "close", "adj_close", "volume", "present", "final", "flags")


@pytest.mark.parametrize("path", ["/drawdowns", "/data", "/method"])
def test_simulated_prices_say_so_on_every_slide(filled: Path, tmp_path: Path, path: str) -> None:
    found = Settings(data_dir=tmp_path, now=NOW)
    shutil.copy(filled / "aftershock.db", found.simulated_path)
    market = Market(found, poll=0.0)
    try:
        client = create_app(market.settings, market=market).server.test_client()
        assert "Simulated prices. As of " in words(client.get(f"{path}?present=1").get_data(as_text=True))
    finally:
        market.close()


def test_without_prices_the_slide_says_so(tmp_path: Path) -> None:
    market = Market(Settings(data_dir=tmp_path, now=NOW), poll=0.0)
    try:
        client = create_app(market.settings, market=market).server.test_client()
        written = words(client.get("/drawdowns?present=1").get_data(as_text=True))
        assert "No prices yet. Run `aftershock ingest once`." in written
        assert drawdowns.TITLE in written
        assert client.get("/present/open").status_code == 409
    finally:
        market.close()
