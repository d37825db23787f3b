from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kinds.address import COVERAGE_SORTS, SHOWN, DataState, parse_data
from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages import data as page
from app.questions.coverage.exchanges import groups_of
from app.render.html.markup import markup
from app.render.table_csv import csv as table_csv
from app.settings import Settings
from app.web.application import create_app
from models.errors import StoreUnreachableError
from models.limits import RATE_LIMITED
from models.reasons import FLAGS, REASONS
from models.store import (
    Store,
    finish_run,
    pause_source,
    record_failure,
    start_run,
    store_answer,
    sync_instruments,
)
from models.types import Bars, Flag, HeldRow

NOW = datetime(2026, 6, 24, 22, tzinfo=UTC)
NASTY = "<script>window.bad=1</script><img src=x onerror=bad()>"


def bars(market: Market, symbol: str, last: date, n: int = 80, **columns: Any) -> Bars:
    calendar = market.calendars[market.universe[symbol].exchange.calendar]
    days = calendar.between(last - timedelta(days=3 * n), last)[-n:]
    return Bars.of(symbol, days, close=np.linspace(100.0, 120.0, len(days)), **columns)


def market_at(folder: Path, now: datetime = NOW) -> Market:
    return Market(Settings(data_dir=folder, now=now), poll=0.0)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a good run, a partial one, held rows with hostile text, a late and a suspect name."""
    folder = tmp_path_factory.mktemp("store")
    market = market_at(folder)
    flags = np.zeros(80, dtype=np.uint16)
    flags[5], flags[6] = Flag.STALE_CLOSE, Flag.STALE_CLOSE | Flag.CLOSE_OUTSIDE_BAR
    with Store.open(market.settings.store_url, migrate=True) as store:
        sync_instruments(store, market.universe)
        began = NOW - timedelta(hours=1)
        run = start_run(store, trigger="import", source="csv", now=began, total=3)
        held = [
            HeldRow(
                "MU",
                date(2026, 6, 22),
                "not_positive",
                f"A price is zero or negative (close {NASTY}).",
                {"x": NASTY},
            ),
            HeldRow("NVDA", date(2026, 6, 20), "not_a_session", "It was closed.", {"close": 1.0}),
        ]
        store_answer(
            store,
            run,
            bars(market, "MU", date(2026, 6, 24), flags=flags),
            held=held[:1],
            source="csv",
            now=began,
        )
        store_answer(
            store, run, bars(market, "NVDA", date(2026, 6, 24)), held=held[1:], source="csv", now=began
        )
        store_answer(store, run, bars(market, "9984.T", date(2026, 6, 19)), source="csv", now=began)
        finish_run(store, run, status="done", now=began + timedelta(seconds=75))
        run = start_run(store, trigger="command", source="yahoo", now=NOW, total=3)
        revised = bars(market, "NVDA", date(2026, 6, 24), open=np.full(80, 1.0))
        store_answer(store, run, revised, source="yahoo", note="late", now=NOW)
        record_failure(store, run, "AMD", failure="transient", detail=NASTY, duration=4.2, now=NOW)
        record_failure(store, run, "STX", failure="not_found", detail="No data found.", duration=0.1, now=NOW)
        finish_run(store, run, status="partial", now=NOW)
    market.close()
    return folder


@pytest.fixture
def market(kept: Path) -> Iterator[Market]:
    found = market_at(kept)
    yield found
    found.close()


def ask(market: Market, search: str = "") -> tuple[str, str, str]:
    """Head, controls and body as HTML."""
    return page.update(market, PageRequest(page.PATH, search))  # type: ignore[return-value]


def text(written: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", written)).replace("  ", " ")


def rows_of(body: str, anchor: str) -> list[str]:
    block = re.search(
        rf'<section id="{anchor}".*?</section>|<section[^>]* id="{anchor}".*?</section>', body, re.S
    )
    assert block, anchor
    return [text(row) for row in re.findall(r"<tr.*?</tr>", block.group().split("<tbody>", 1)[1], re.S)]


def test_headline_says_how_fresh_and_how_complete(market: Market) -> None:
    head, _, _ = ask(market)
    total = len(market.universe.symbols)
    assert f"2 of {total} names are current" in text(head)
    assert "Late: SoftBank Group. No prices: " in text(head) and f" and {total - 3 - 4} more. " in text(head)
    assert "None of five exchanges is current, Tokyo is late; " in text(head)
    assert "240 daily bars to 24 Jun 2026, 0 provisional, 2 suspect and flagged; 2 rows held" in text(head)


def test_each_exchange_names_who_is_late_and_who_was_never_stored(market: Market) -> None:
    tokyo = next(row for row in rows_of(ask(market)[2], "freshness") if "Tokyo" in row)
    assert "late: SoftBank Group by 3 sessions" in tokyo
    assert "SoftBank Corp." in tokyo and "19 Jun 2026" in tokyo
    new_york = next(row for row in rows_of(ask(market)[2], "freshness") if " New York " in row)
    assert "2 of " in new_york and "60 of 60" in new_york


def test_strip_counts_names_only_once_they_are_listed(market: Market) -> None:
    groups = {group.title: group for group in groups_of(market, market.view(), NOW)}
    assert len(groups["Tokyo"].shares) == 60
    assert (groups["Tokyo"].shares[-3:] == 0).all() and groups["Tokyo"].full == 57
    assert groups["Seoul"].known == 0 and groups["Seoul"].current == ()
    held = sum(len(group.names) for group in groups.values())
    assert held == len(market.universe.symbols)


def test_due_is_the_next_close_with_its_grace(market: Market) -> None:
    groups = {group.title: group for group in groups_of(market, None, datetime(2026, 6, 24, 7, tzinfo=UTC))}
    # Tokyo closed at 06:30 UTC; its bars are due at 08:00, before the next session is.
    assert groups["Tokyo"].due_at == datetime(2026, 6, 24, 8, tzinfo=UTC)
    assert groups["Tokyo"].missing == groups["Tokyo"].names


def test_runs_show_what_was_asked_and_what_became_of_it(market: Market) -> None:
    first, second = rows_of(ask(market)[2], "runs")
    assert " ".join(first.split()) == "2 24 Jun 26 22:00 command yahoo partial 3 0 80 0 2 1 0.0 s"
    assert " ".join(second.split()) == "1 24 Jun 26 21:00 import csv done 3 240 0 2 0 0 1 m 15 s"


def test_one_run_shows_the_class_of_each_failure_in_words(market: Market) -> None:
    lines = rows_of(ask(market, "?run=2")[2], "run")
    assert "the source failed or could not be reached" in lines[1]
    assert "the source does not know the symbol" in lines[2]
    assert "last session not there yet" in lines[0]
    assert NASTY in lines[1]


def test_hostile_text_is_shown_and_never_run(market: Market) -> None:
    body = ask(market, "?run=2")[2]
    assert "<script" not in body and "<img" not in body
    assert body.count(html.escape("<script>")) == 3  # the detail, the row as received, the failure
    mu = next(row for row in rows_of(body, "held") if "Micron" in row)
    assert json.dumps({"x": NASTY}) in mu
    assert f"A price is zero or negative close {NASTY}" in mu


def test_held_rows_of_one_name_and_its_revisions(market: Market) -> None:
    body = ask(market, "?symbol=NVDA")[2]
    assert len(rows_of(body, "held")) == 1
    assert len(rows_of(body, "revised")) == 20
    assert "No row of AMD is held." in text(ask(market, "?symbol=AMD")[2])


@pytest.mark.parametrize(
    ("show", "names"),
    [("late", {"SoftBank Group"}), ("suspect", {"Micron"}), ("held", {"Micron", "Nvidia"})],
)
def test_coverage_filters(market: Market, show: str, names: set[str]) -> None:
    rows = rows_of(ask(market, f"?show={show}")[2], "coverage")
    assert len(rows) == len(names)
    assert all(any(name in row for row in rows) for name in names)


def test_coverage_says_why_a_name_has_no_price(market: Market) -> None:
    rows = rows_of(ask(market, "?show=missing")[2], "coverage")
    assert len(rows) == len(market.universe.symbols) - 3
    assert "no prices: the source does not know the symbol" in next(row for row in rows if "Seagate" in row)
    assert "no prices yet" in next(row for row in rows if "Dell" in row)


def test_flags_are_counted_in_words_and_explained(market: Market) -> None:
    body = ask(market)[2]
    micron = next(row for row in rows_of(body, "coverage") if "Micron" in row)
    assert "1 close outside bar, 2 close repeated" in micron
    assert all(said.meaning in text(body) for said in FLAGS.values())


def test_coverage_sorts_by_its_heads(market: Market) -> None:
    rows = rows_of(ask(market, "?sort=suspect")[2], "coverage")
    assert "Micron" in rows[0]
    assert 'aria-sort="descending"' in ask(market, "?sort=suspect")[2]


def test_what_to_act_on_is_said_with_what_to_do(tmp_path: Path) -> None:
    other = market_at(tmp_path)
    with Store.open(other.settings.store_url, migrate=True) as store:
        sync_instruments(store, other.universe)
        run = start_run(store, trigger="schedule", source="yahoo", now=NOW)
        seoul = [item.symbol for item in other.universe.instruments if item.exchange.mic == "XKRX"]
        for symbol in seoul:
            store_answer(store, run, bars(other, symbol, date(2026, 6, 22)), source="yahoo", now=NOW)
        for day in range(3):
            at = NOW + timedelta(days=day - 2)
            failed = {"failure": "not_found", "detail": "No data found.", "duration": 0.1, "now": at}
            record_failure(store, run, seoul[0], **failed)
        skew = "The source's clock is 9 minutes from ours; set this machine's clock."
        record_failure(store, run, "MU", failure="clock_skew", detail=skew, duration=0.1, now=NOW)
        other_basis = {"failure": "wrong_basis", "duration": 0.1, "now": NOW}
        for symbol in ("AMD", "STX", "ORCL", "SMCI"):
            stays = f"{symbol}: the answer is on another basis; the stored history stays."
            record_failure(store, run, symbol, detail=stays, **other_basis)
        finish_run(store, run, status="partial", now=NOW)
    said = text(ask(other)[0])
    assert "9 minutes from ours" in html.unescape(said) and "no price is taken" in said
    assert "no data since 22 Jun 2026" in said and "on 3 days. Renamed or delisted?" in said
    assert "end = 2026-06-22" in said
    assert "the source’s answer was refused as a whole. AMD: the answer is on another basis" in said
    assert said.count("refused as a whole.") == 3 and "Refused as a whole too: " in said
    other.close()


def test_a_failed_run_and_a_limit_are_said_at_the_top(market: Market, tmp_path: Path) -> None:
    other = market_at(tmp_path)
    with Store.open(other.settings.store_url, migrate=True) as store:
        sync_instruments(store, other.universe)
        run = start_run(store, trigger="command", source="csv", now=NOW)
        store_answer(
            store, run, bars(other, "MU", date(2026, 6, 24)), source="csv", now=NOW - timedelta(hours=3)
        )
        run = start_run(store, trigger="schedule", source="yahoo", now=NOW)
        record_failure(store, run, "MU", failure="rate_limit", detail="429", duration=0.1, now=NOW)
        finish_run(store, run, status="failed", now=NOW)
        pause_source(store, "yahoo", reason="rate_limit", until=NOW + RATE_LIMITED, now=NOW)
    limited = text(ask(other)[0])
    assert f"next try from {NOW + RATE_LIMITED:%H:%M} UTC" in limited
    assert "prices as of 24 Jun 2026, 19:00 UTC" in limited
    later = market_at(tmp_path, NOW + RATE_LIMITED)
    assert "The last run got no answer at all" in text(ask(later)[0])
    other.close()
    later.close()


def test_before_the_first_price_the_page_says_what_to_do_and_what_failed(tmp_path: Path) -> None:
    market = market_at(tmp_path)
    head, controls, body = ask(market)
    assert "No prices yet. Run `aftershock ingest once`." in text(head)
    assert 'data-empty="true"' in head and 'id="shell-progress"' in head and not controls and not body
    with Store.open(market.settings.store_url, migrate=True) as store:
        sync_instruments(store, market.universe)
        run = start_run(store, trigger="schedule", source="yahoo", now=NOW, total=80)
        record_failure(store, run, "MU", failure="transient", detail="No route.", duration=0.1, now=NOW)
        finish_run(store, run, status="failed", now=NOW)
    assert "failed" in rows_of(ask(market)[2], "runs")[0]
    written = markup(page.layout(market, PageRequest(page.PATH)))
    assert all(f'id="{component}"' in written for component, _ in page.OUTPUTS)
    market.close()


def test_a_database_that_is_away_leaves_the_prices_in_memory(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.view()

    def away(*_: object) -> None:
        raise StoreUnreachableError("The server cannot be reached.")

    monkeypatch.setattr(market, "ask", away)
    head, _, body = ask(market)
    assert "The server cannot be reached. Prices in memory stand" in text(head)
    assert "n/a: the database cannot be read." in text(body)
    assert "late: SoftBank Group by 3 sessions" in text(body)


def test_simulated_prices_say_so(tmp_path: Path) -> None:
    market = market_at(tmp_path)
    with Store.open(market.settings.simulated_url, migrate=True) as store:
        sync_instruments(store, market.universe)
        run = start_run(store, trigger="schedule", source="simulated", now=NOW)
        store_answer(store, run, bars(market, "MU", date(2026, 6, 24)), source="simulated", now=NOW)
        finish_run(store, run, status="done", now=NOW)
    head, _, body = ask(market)
    assert "names have simulated prices" in text(head) and "made up" in text(head)
    assert "No run yet." in text(body)  # the real source was never asked
    name, _ = table_csv(page.TABLES[1], market, PageRequest(page.PATH))
    assert name.startswith("aftershock-simulated-data-coverage")
    market.close()


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("?show=everything", "'everything' is not one of"),
        ("?sort=<b>", "'<b>' is not one of"),
        ("?run=-1", "'-1' is not the number of a run"),
        ("?run=٣", "is not the number of a run"),
        ("?run=999999999", "there is no run 999999999"),
        ("?symbol=" + "A" * 3000, "is not in the universe"),
        ("?symbol=../../etc", "is not in the universe"),
        ("?colour=red", "Ignored the unknown parameter 'colour'"),
        ("?" + "x" * 5000, "characters long"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(market: Market, search: str, said: str) -> None:
    head, _, body = ask(market, search)
    assert said in text(head)
    assert len(head) < 3000 and "<b>" not in head
    assert rows_of(body, "coverage")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80))
def test_no_address_fails(query: str) -> None:
    state, notices = parse_data("?" + query, market_universe())
    assert isinstance(state, DataState) and all(notices)


@given(
    st.builds(
        DataState,
        show=st.sampled_from(SHOWN),
        sort=st.sampled_from(COVERAGE_SORTS),
        run=st.integers(0, 10**8),
    )
)
def test_a_state_survives_its_address(state: DataState) -> None:
    assert parse_data(replace(state, symbol="^KS11").query(), market_universe()) == (
        replace(state, symbol="^KS11"),
        [],
    )


def market_universe() -> Any:
    from models.universe import load_universe

    return load_universe()


def test_tables_leave_as_csv_without_formulas_and_with_every_row(market: Market) -> None:
    client = create_app(market.settings, market=market).server.test_client()
    found = {}
    for table in page.TABLES:
        answer = client.get(f"/table/{table.id}.csv?run=2&symbol=NVDA")
        assert answer.status_code == 200 and answer.mimetype == "text/csv"
        assert f'filename="aftershock-{table.id}-2026-06-24.csv"' in answer.headers["Content-Disposition"]
        found[table.id] = list(
            csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")))
        )
    assert len(found["data-coverage"]) == len(market.universe.symbols)
    softbank = next(row for row in found["data-coverage"] if row["symbol"] == "9984.T")
    assert (softbank["last"], softbank["late"], softbank["bars"]) == ("2026-06-19", "3", "80")
    assert [row["symbol"] for row in found["data-held"]] == ["NVDA"]
    assert found["data-held"][0]["meaning"] == REASONS["not_a_session"]
    assert len(found["data-revisions"]) == 80
    assert {row["failure"] for row in found["data-run"]} == {"", "transient", "not_found"}
    assert found["data-runs"][0]["started_at"] == "2026-06-24T22:00:00Z"
    assert client.get("/table/nothing.csv").status_code == 404
    assert client.get("/table/data-held.csv?symbol=%00..%2f").status_code == 200
