"""Brief: what happened overnight, on one screen, as of any instant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
from dash import html

from app.figures import style as styles
from app.figures.canvas import Canvas
from app.figures.frame import summed
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market import words
from app.market.asof import written
from app.market.market import Market
from app.pages import frame
from app.pages.brief import blocks, sheets
from app.questions.brief import heat, indices, relay
from app.questions.brief import lines as lines
from app.questions.brief.facts import asked
from app.questions.brief.headline import headline
from app.questions.brief.morning import Brief
from app.questions.brief.state import BriefState
from app.questions.relay import day, sentences
from app.questions.relay.facts import Facts, facts_of
from app.questions.relay.state import RelayState
from app.render.html.markup import block, markup
from app.render.story import Chart, Story, counted_of
from models.errors import AftershockError

PATH = "/brief"
TITLE = "Brief"
LIVE = True
RELAY, HEAT, INDICES = (part("brief", name) for name in ("relay", "heat", "indices"))
HEIGHTS = {RELAY: (210, 298), HEAT: (210, 298), INDICES: (140, 174)}
COLUMNS = {RELAY: 8, HEAT: 4, INDICES: 4}
_BLOCKS = ("head", "bar", "answers", "laggards", "leaders", "foot")
OUTPUTS = (*frame.blocks("brief", *_BLOCKS), *frame.titles(RELAY, HEAT, INDICES))
CALLBACKS = ((OUTPUTS, "update"),)
TABLES = sheets.TABLES


@frame.or_reason(OUTPUTS)
def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    found, state, notices = asked(market, request)
    return (
        markup(blocks.head(found, notices)),
        markup(blocks.bar(found, state)),
        markup(blocks.answers(found)),
        markup(blocks.laggards(found)),
        markup(blocks.leaders(found, sheets.address(state))),
        markup(blocks.foot(found)),
        *_titles(found, state),
    )


@frame.or_empty
def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    found, state, _ = asked(market, request)
    head, bar, answers, laggards, leaders, foot, *told = update(market, request)
    summaries = _relay_summary(found, state), heat.summary(found), indices.summary(found)
    charts = [
        html.Div(
            frame.stacked(name, texts, summary, HEIGHTS[name]),
            className="eight" if name == RELAY else "four",
        )
        for name, *texts, summary in zip(
            (RELAY, HEAT, INDICES), told[::2], told[1::2], summaries, strict=True
        )
    ]
    return html.Div(
        [
            block(head, id=part("brief", "head"), className="head"),
            block(bar, id=part("brief", "bar"), className="bar", role="group"),
            block(answers, id=part("brief", "answers"), className="answers"),
            html.Div(charts[:2], className="columns main"),
            html.Div(
                [
                    block(laggards, id=part("brief", "laggards"), className="four"),
                    block(leaders, id=part("brief", "leaders"), className="four"),
                    charts[2],
                ],
                className="columns lower",
            ),
            block(foot, id=part("brief", "foot"), className="foot"),
        ],
        className="page-brief",
    )


def _titles(found: Brief, state: BriefState) -> tuple[str, ...]:
    return (
        lines.relay_title(found),
        _relay_note(found, state),
        lines.heat_title(found),
        "Mean move, %; area and small figure: names",
        lines.halt_note(found),
        indices.NOTE,
    )


def _relay_facts(found: Brief, state: BriefState) -> Facts:
    return facts_of(
        found.view,
        RelayState(basket=found.basket, flags="none", asof=state.asof, day=str(found.day)),
        found.as_of,
    )


def _relay_note(found: Brief, state: BriefState) -> str:
    try:
        legs = _relay_facts(found, state).measured
    except AftershockError as error:
        return str(error)
    rest = lines.relay_rest(found)
    if legs.empty:
        return rest
    opening = legs.iloc[0]
    place = "Asia" if opening["leg"].startswith("asia") else "New York"
    start = words.day(opening["date"], year=False)
    return (
        f"Equal weight, % from {place}’s open on {start}. Upright: gap while closed. "
        f"Slope: session. Dots: prices. Underlined: z ≤ −1.65.{f' {rest}.' if rest else ''}"
    )


def _relay_summary(found: Brief, state: BriefState) -> str:
    try:
        return sentences.summary(_relay_facts(found, state))
    except AftershockError as error:
        return str(error)


def draw_relay(market: Market, request: PageRequest) -> dict[str, Any]:
    """The step chart at the size of the reader's screen; without legs the sentence that says why."""
    found, state, _ = asked(market, request)
    style = _style(request, RELAY)
    try:
        return summed(relay.draw(_relay_facts(found, state), style), _relay_summary(found, state))
    except AftershockError as error:
        canvas = Canvas(style)
        canvas.paragraph(0, style.tick * 2, canvas.width, str(error))
        canvas.rule(0)
        return summed(canvas.figure(simulated=found.view.simulated), str(error))


def draw_heat(market: Market, request: PageRequest) -> dict[str, Any]:
    """The heat map at the size of the reader's screen."""
    found, _, _ = asked(market, request)
    return summed(heat.draw(found, _style(request, HEAT), request.mode), heat.summary(found))


def draw_indices(market: Market, request: PageRequest) -> dict[str, Any]:
    """The indices at the size of the reader's screen."""
    found, _, _ = asked(market, request)
    return summed(indices.draw(found, _style(request, INDICES)), indices.summary(found))


def _style(request: PageRequest, chart_id: str) -> styles.Style:
    # Below 1280 the three lower blocks stack, as the stylesheet has it.
    columns = 12 if chart_id == INDICES and request.width < 1280 else COLUMNS[chart_id]
    style = frame.fitted(request, HEIGHTS[chart_id], columns)
    return replace(style, label=13, tick=12) if request.wide else style


def tell_relay(market: Market, request: PageRequest) -> Story:
    """The step chart's story for a memo."""
    found, state, _ = asked(market, request)
    facts = _relay_facts(found, state)
    return _told(
        found, state, lines.relay_title(found), _relay_note(found, state), day.frame(facts),
        lambda style: day.draw(facts, style),
    )  # fmt: skip


def tell_heat(market: Market, request: PageRequest) -> Story:
    """The heat map's story for a memo: the morning's headline over it."""
    found, state, _ = asked(market, request)
    note = f"{lines.heat_title(found)}. Mean move by layer and region, %; area and small figure: names"
    return _told(
        found,
        state,
        headline(found),
        note,
        heat.frame(found),
        lambda style: heat.draw(found, style, style.mode),
    )


def tell_indices(market: Market, request: PageRequest) -> Story:
    """The indices' story for a memo."""
    found, state, _ = asked(market, request)
    return _told(
        found, state, lines.halt_title(found), indices.NOTE, indices.frame(found),
        lambda style: indices.draw(found, style),
    )  # fmt: skip


def _told(
    found: Brief,
    state: BriefState,
    title: str,
    deck: str,
    data: pd.DataFrame,
    draw: Callable[[styles.Style], dict[str, Any]],
) -> Story:
    """The identical view: its as-of is pinned, whose meeting it was makes no difference to a chart."""
    pinned = written(found.as_of)
    query = state.query(asof=pinned, meet="", zone="")
    counted = counted_of(found.view, state)
    simulated = found.view.simulated
    return Story(title, deck, (), found.as_of, simulated, PATH, query, data, draw, counted=counted)


CHARTS = (
    Chart(RELAY, "br", tell_relay, draw_relay),
    Chart(HEAT, "bh", tell_heat, draw_heat),
    Chart(INDICES, "bi", tell_indices, draw_indices),
)
