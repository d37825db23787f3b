"""The Events page on a small store: the list, one event opened, its forms, and what time travel may know."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import flask
import pytest

from app.auth.doors import LOCAL
from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages.events import listing as page
from app.pages.events.listing import slide
from app.questions.events.facts import PIECE
from app.render.html.markup import markup
from app.settings import Settings
from models.events import Claim, Event
from models.store import Store
from models.store.events import add_event, edit_event, load_catalogue, retire
from tests.app.conftest import NOW
from tests.app.situations import cells, text


def claim(value: float, symbol: str | None = "^KS11", **changes: Any) -> Claim:
    given = {
        "entity": "KOSPI",
        "symbol": symbol,
        "metric": "move",
        "value": value,
        "text": f"{value:g}",
        "unit": "percent",
        "basis": "close",
        "date": date(2026, 6, 23),
        "source": "An agency",
        "source_date": date(2026, 6, 24),
        "confidence": "high",
    }
    return Claim(**(given | changes))


def event(title: str, at: date | datetime = date(2026, 6, 23), **changes: Any) -> Event:
    day = at.date() if isinstance(at, datetime) else at
    slug = re.sub("[^a-z]+", "-", title.lower()).strip("-")
    given = {
        "id": f"{day}-{slug}",
        "zone": "Asia/Seoul",
        "what": "It fell.",
        "category": "selloff",
        "severity": 3,
    }
    return Event(at=at, title=title, **(given | changes))


CRASH = event(
    "The crash",
    layers=("memory",),
    symbols=("000660.KS", "^KS11"),
    source_url="https://example.org/a?b=1&c=2",
    claims=(
        claim(-20.0),
        claim(-8.0, basis="low", note="Told as the low."),
        claim(-1.0, None, entity="A product", source="Somebody"),
    ),
)
NEWS = event("Early news", datetime(2026, 6, 22, 0, 5, tzinfo=UTC), category="policy", severity=1)


@pytest.fixture(autouse=True)
def owner() -> Iterator[None]:
    """The pages are read by whoever owns this machine, as without a login."""
    with flask.Flask(__name__).test_request_context("/events"):
        flask.g.reader = LOCAL
        yield


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    found = tmp_path / "data"
    found.mkdir()
    shutil.copy(filled / "aftershock.db", found)
    (found / "cache").symlink_to(filled / "cache")
    with Store.open(f"sqlite:///{found / 'aftershock.db'}") as store:
        for item in (CRASH, NEWS):
            add_event(store, item, by="Ann", now=datetime(2026, 6, 24, 12, tzinfo=UTC))
    return found


@pytest.fixture
def market(folder: Path) -> Iterator[Market]:
    found = Market(Settings(data_dir=folder, now=NOW), poll=0)
    yield found
    found.close()


def blocks(market: Market, search: str = "") -> dict[str, str]:
    names = ("head", "controls", "form", "list", "detail", "ledger")
    request = PageRequest.of({"path": "/events", "search": search})
    return dict(zip(names, page.update(market, request), strict=True))


def test_the_headline_counts_the_verdicts(market: Market) -> None:
    head = blocks(market)["head"]
    assert "3 claims of 2 events: 1 agrees with stored prices, 1 differs, 1 cannot be checked" in text(head)


def test_the_list_has_both_events_newest_first(market: Market) -> None:
    listed = cells(blocks(market)["list"])
    assert [row[2] for row in listed] == ["The crash", "Early news"]
    assert listed[1][0] == "22 Jun 2026 09:05 Seoul"
    assert listed[0][6:9] == ["1", "1", "1"]
    assert listed[0][9] == "n/a"  # Tokyo's one name has no bar of the day: the basket is withheld


def test_filters_leave_what_was_asked(market: Market) -> None:
    for search, left in (
        ("?cat=policy", ["Early news"]),
        ("?sev=2", ["The crash"]),
        ("?lay=memory", ["The crash"]),
        ("?find=hynix", ["The crash"]),
        ("?find=zzz", ["No event fits these controls."]),
    ):
        listed = cells(blocks(market, search)["list"])
        assert [row[2] if len(row) > 2 else row[0] for row in listed] == left, search


def test_an_event_opens_with_its_claims_and_their_verdicts(market: Market) -> None:
    found = blocks(market, f"?event={CRASH.id}")["detail"]
    claims = cells(found)
    assert [row[1] for row in claims] == ["−20%", "−8%", "−1%"]
    assert claims[0][3] == "Agrees"
    assert claims[1][3].startswith("Differs by 12")
    assert "Told as the low." in claims[1][3]
    assert claims[2][3] == "Cannot be checked: it is about no instrument of the universe"
    assert "24 Jun 2026, high confidence" in claims[0][4]
    assert "/contagion?day=2026-06-23" in found and "/drawdowns" in found
    assert 'href="https://example.org/a?b=1&amp;c=2"' in found and 'rel="noopener noreferrer"' in found


def test_an_event_leads_to_its_study_where_that_knows_of_it(market: Market, folder: Path) -> None:
    for path in ("study", "compare"):
        then = "&asof=2026-06-24T21:00Z"
        found = blocks(market, f"?event={CRASH.id}&basket=memory{then}")["detail"]
        assert (
            f'href="/events/{path}?event={CRASH.id}&amp;basket=memory{then.replace("&", "&amp;")}"' in found
        )
        assert f"/events/{path}?event={CRASH.id}" in blocks(market, f"?event={CRASH.id}")["detail"]
        early = blocks(market, f"?event={CRASH.id}&asof=2026-06-22T12:00Z")["detail"]
        assert "The crash" in early and f"/events/{path}" not in early
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        retire(store, CRASH.id, by="Ann", now=NOW)
    assert "/events/study?event" not in blocks(market, f"?event={CRASH.id}&show=all")["detail"]


def test_the_history_says_who_changed_what_and_when(market: Market, folder: Path) -> None:
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        changed = edit_event(
            store,
            event("The crash again", id=CRASH.id, severity=2),
            expected_version=1,
            by="Ben",
            now=datetime(2026, 6, 24, 13, tzinfo=UTC),
        )
    assert changed.version == 2
    told = text(blocks(market, f"?event={CRASH.id}")["detail"])
    assert "History: 2 changes" in told
    assert "Edited: title, severity, layers, names, link and figures, by Ben" in told
    assert "Added, by Ann" in told


def test_retired_events_are_listed_when_asked_for(market: Market, folder: Path) -> None:
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        retire(store, NEWS.id, by="Ann", now=NOW, expected_version=1)
    assert [row[2] for row in cells(blocks(market)["list"])] == ["The crash"]
    assert [row[2] for row in cells(blocks(market, "?show=retired")["list"])] == ["Early news retired"]
    opened = blocks(market, f"?event={NEWS.id}")["detail"]
    assert "Retired." in text(opened) and "Restore" in text(opened)


def test_as_of_knows_no_later_event_but_lists_it(market: Market) -> None:
    found = blocks(market, "?asof=2026-06-22T12:00Z")
    assert "One event happened after" in text(found["head"])
    assert "1 event, none with a figure that could be checked" in text(found["head"])
    assert 'class="off"' in found["list"]


@pytest.mark.parametrize("form", ["add", "import", "edit", "retire"])
def test_each_form_has_a_label_for_every_field(market: Market, form: str) -> None:
    written = blocks(market, f"?event={CRASH.id}&form={form}")["form"]
    fields = re.findall(r'<(?:input type="(?:text|file)"|select|textarea) id="([^"]+)"', written)
    assert fields and 'data-problem=""' in written
    for name in fields:
        assert f'for="{name}"' in written
    nameless = re.findall(r"<(?:input|select)(?![^>]* id=)(?![^>]*checkbox)[^>]*data-name", written)
    assert len(nameless) == written.count('<label class="c-')
    if form == "edit":
        assert 'data-version="1"' in written and 'value="The crash"' in written


@pytest.mark.parametrize(
    "search",
    ["?event=nothing-here", "?event=%3Cscript%3E", "?page=0", "?sort=x", "?cat=x", "?lay=x", "?form=drop"],
)
def test_an_odd_address_costs_a_sentence(market: Market, search: str) -> None:
    found = blocks(market, search)
    assert "notice" in found["head"] and "<script>" not in "".join(found.values())
    assert len(cells(found["list"])) == 2


def test_what_people_wrote_is_text(market: Market, folder: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        added = add_event(
            store,
            event(hostile, what=f"</p><script>{hostile}</script>", claims=(claim(-1.0, note=hostile),)),
            by=hostile,
            now=NOW,
        )
    for search in ("", f"?event={added.id}", f"?event={added.id}&form=edit", "?find=<script>"):
        written = "".join(blocks(market, search).values())
        assert "<img" not in written and "<script" not in written
    assert hostile in text(blocks(market)["list"]).replace("&lt;", "<").replace("&gt;", ">")


def test_a_list_of_two_thousand_comes_in_pieces(market: Market, folder: Path) -> None:
    made = [
        event(
            f"Event {number}", date(2026, 1, 5 + number % 20), id=f"made-{number:04d}", claims=(claim(-1.0),)
        )
        for number in range(2_000)
    ]
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        load_catalogue(store, made, (), 1_000, NOW)
    first = blocks(market)["list"]
    assert len(cells(first)) == PIECE and "Events 1 to 100 of 2,002." in text(first)
    last = blocks(market, "?page=21")["list"]
    assert len(cells(last)) == 2 and "Older" not in text(last)


def test_a_slide_has_the_severest_of_the_list(market: Market, folder: Path) -> None:
    with Store.open(f"sqlite:///{folder / 'aftershock.db'}") as store:
        for number in range(14):
            day = date(2026, 5, 4 + number)
            name = "abcdefghijklmn"[number]
            noted = event(f"Rout {name}", day, severity=2 + number % 2, zone=None)
            add_event(store, noted, by="Ann", now=datetime(2026, 6, 24, 12, tzinfo=UTC))
    request = PageRequest.of({"path": "/events", "search": ""})
    found = markup(page.present(market, request))
    rows = cells(found)
    assert len(rows) == slide.FITS
    assert [row[2] for row in rows[:2]] == ["The crash", "Rout n"]
    assert {row[1] for row in rows[:8]} <= {"Rout", "Sector"}
    assert sum(row[1] == "Rout" for row in rows) == 8, "all that there are"
    assert rows[0][3] == "1 agrees, 1 differs"
    assert rows[1][3] == "no figure"
    days = [datetime.strptime(row[0], "%d %b %Y").replace(tzinfo=UTC) for row in rows]
    assert days == sorted(days, reverse=True)
    assert "10 of 16 events, the most severe. Basket: AI basket, 5, that day." in text(found)
    early = PageRequest.of({"path": "/events", "search": "?asof=2026-06-22T12:00Z&find=crash"})
    assert "No event fits these controls." in markup(page.present(market, early))


def test_without_a_price_there_is_a_sentence(tmp_path: Path, filled: Path) -> None:
    (tmp_path / "cache").symlink_to(filled / "cache")
    empty = Market(Settings(data_dir=tmp_path, now=NOW))
    try:
        found = blocks(empty)
    finally:
        empty.close()
    assert "No prices yet" in text(found["head"]) and not found["list"]


def test_simulated_prices_check_nothing(folder: Path, market: Market) -> None:
    (folder / "aftershock.db").rename(market.settings.simulated_path)
    found = Market(Settings(data_dir=folder, now=NOW), poll=0)
    try:
        assert found.view().simulated
        told = blocks(found, f"?event={CRASH.id}&form=add")
    finally:
        found.close()
    assert "3 claims of 2 events: none is checked, the prices are simulated" in text(told["head"])
    assert {row[3].split(" Told")[0] for row in cells(told["detail"])} == {
        "Cannot be checked: the prices are simulated, after figures such as this one"
    }
    assert "what is noted now stays with them" in text(told["form"])


def test_the_layout_is_what_update_gives(market: Market) -> None:
    request = PageRequest.of({"path": "/events", "search": f"?event={CRASH.id}"})
    written = markup(page.layout(market, request))
    for piece in page.update(market, request):
        assert piece in written
