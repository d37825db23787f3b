"""Data: how fresh and how complete the prices are, what was asked for, and what was held back."""

from __future__ import annotations

from typing import Any

from dash import html

from app.kinds.address import parse_data
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market import words
from app.market.market import Market
from app.market.troubles import Told
from app.pages import frame
from app.pages.data import case, controls, doubts, fresh, revisions, running, sheets, tables
from app.pages.data.parts import section
from app.questions.coverage import sentences
from app.questions.coverage.facts import Facts, facts_of
from app.render.html.empty import empty
from app.render.html.markup import block, markup
from models.errors import NoPricesError
from models.reasons import FLAGS

PATH = "/data"
TITLE = "Data"
TABLES = sheets.TABLES
LIVE = True
OUTPUTS = frame.blocks("data", "head", "controls", "body")
CALLBACKS = ((OUTPUTS, "update"),)
FLAG_NOTE = "; ".join(f"{said.short}: {said.meaning}" for said in FLAGS.values())


def facts(market: Market, request: PageRequest) -> Facts:
    """What is stored and was asked, for the controls of the address."""
    return facts_of(market, *parse_data(request.search, market.universe, market.now()))


def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; before the first price its empty state."""
    found = facts(market, request)
    if found.view is None:
        return _before(found)
    return markup(_head(found)), markup(controls.controls(found)), markup(_body(found))


def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content."""
    head, chosen, body = update(market, request)
    return html.Div(
        [
            *frame.top("data", head, chosen),
            block(body, id=part("data", "body")),
        ],
        className="page-data",
    )


def present(market: Market, request: PageRequest) -> Any:
    """What a slide of this page shows: how fresh each exchange is."""
    found = facts(market, request)
    return None if found.view is None else fresh.slide(found)


def _before(found: Facts) -> tuple[str, str, str]:
    """No price anywhere: what to do, the first run's progress, and what went wrong so far."""
    reason = found.problem or NoPricesError("No prices yet. Run `aftershock ingest once`.")
    return markup(empty(str(reason))), "", markup([] if found.runs.empty else _asked(found))


def _head(found: Facts) -> list[Any]:
    return [
        html.H1(sentences.headline(found)),
        html.P(sentences.deck(found), className="deck"),
        *(_notice(told) for told in sentences.warnings(found)),
    ]


def _notice(told: Told) -> html.P:
    return html.P(told.text, className="notice refused" if told.grave else "notice", role="status")


def _body(found: Facts) -> list[Any]:
    query = found.state.query()
    blocks = [
        section(
            "Freshness",
            "by exchange; in the strip, what is missing stands in colour above what is there",
            f"/table/data-exchanges.csv{query}",
            fresh.exchanges(found),
            "freshness",
        ),
        *_asked(found),
        section("Held rows", _held_note(found), f"/table/data-held.csv{query}", tables.held(found), "held"),
    ]
    if found.case is not None:
        csv = f"/table/data-case.csv{query}"
        blocks.append(section(case.title(found), case.note(found.case), csv, case.body(found), "row"))
    if found.revised is not None:
        note = f"{controls.name_of(found, found.state.symbol)}: what the source said before, local currency"
        both = [revisions.revised(found), revisions.ask(found)]
        blocks.append(section("Revisions", note, f"/table/data-revisions.csv{query}", both, "revised"))
    if found.known is not None:
        csv = f"/table/data-known.csv{query}"
        blocks.append(
            section(
                revisions.known_head(found),
                revisions.known_note(found),
                csv,
                revisions.known(found),
                "known",
            )
        )
    blocks.append(
        section(
            "Cross-check",
            doubts.note(found),
            f"/table/data-doubts.csv{query}",
            doubts.doubts(found),
            "doubts",
        )
    )
    note = "sessions, bars and what the checks said of them; a head sorts"
    blocks.append(
        section("Coverage", note, f"/table/data-coverage.csv{query}", tables.coverage(found), "coverage")
    )
    blocks.append(
        html.P(
            f"Suspect bars are kept and flagged. {FLAG_NOTE[:1].upper()}{FLAG_NOTE[1:]}.",
            className="footnote",
        )
    )
    return blocks


def _asked(found: Facts) -> list[Any]:
    """The last runs beside what is due next, and the lines of the chosen run."""
    query = found.state.query()
    source = (
        "the real source’s, newest first" if found.simulated else "newest first; a number opens its lines"
    )
    listed = section("Runs", source, f"/table/data-runs.csv{query}", running.runs(found), "runs")
    aside = html.Aside(running.due(found))
    blocks: list[Any] = [html.Div([listed, aside], className="split")]
    if found.items is not None:
        note = f"{words.count(len(found.items), 'line')}, failures first"
        title = f"Run {found.state.run}"
        blocks.append(section(title, note, f"/table/data-run.csv{query}", running.items(found), "run"))
    return blocks


def _held_note(found: Facts) -> str:
    total = len(tables.held_of(found))
    shown = min(total, tables.HELD_SHOWN)
    tail = f", newest {shown} of {total:,d}; CSV holds all" if total > shown else f", {total:,d}"
    return f"left out of every figure until someone releases them{tail}"
