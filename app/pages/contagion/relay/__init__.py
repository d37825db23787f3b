"""The relay: one news day as legs in clock order, who started it, and the days around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dash import html

from app.figures import style as styles
from app.figures.frame import summed
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market import words
from app.market.asof import asked_view
from app.market.left_out import basket_left_out
from app.market.market import Market
from app.pages import frame
from app.pages.contagion.relay import controls, sheets, warning, wide
from app.pages.contagion.views import views
from app.pages.flags import flagged, key_table
from app.questions.events.flag_marks import MemoFlags, Room, memo_flags
from app.questions.events.flags import Flagged
from app.questions.relay import baton, day, sentences, strip, strip_columns
from app.questions.relay.facts import Facts, facts_of
from app.questions.relay.state import parse_relay
from app.render.html.markup import block, markup
from app.render.story import Chart, Story, told

PATH = "/contagion"
TITLE = "Contagion"
DAY = part("relay", "day")
STRIP = part("relay", "strip")
KEY = part("relay", "key")
WARNING = part("relay", "warning")
BATON = part("relay", "baton")
DAY_HEIGHTS = (250, 300)
_STRIP_HEIGHT = strip.height(styles.screen("dark", 1232, 0))
STRIP_HEIGHTS = _STRIP_HEIGHT, _STRIP_HEIGHT
_WARNING_HEIGHT = warning.height(styles.screen("dark", 500, 0))
WARNING_HEIGHTS = _WARNING_HEIGHT, _WARNING_HEIGHT
_BATON_HEIGHT = baton.height(styles.screen("dark", 500, 0))
BATON_HEIGHTS = _BATON_HEIGHT, _BATON_HEIGHT
OUTPUTS = (
    *frame.blocks("relay", "head", "controls"),
    *frame.titles(DAY, STRIP, WARNING, BATON),
    *frame.blocks("relay", "key", "links", "wide"),
)
CALLBACKS = ((OUTPUTS, "update"),)
TABLES = sheets.TABLES


def facts(market: Market, request: PageRequest) -> tuple[Facts, list[str]]:
    """The facts for what was asked, and a sentence for each parameter that was not used.

    Raises
    ------
    NoPricesError
        If no price is stored, or no leg of the basket can be measured by then.
    """
    state, notices = parse_relay(request.search, market.universe, market.now())
    view, moment = asked_view(market, state.asof, notices)
    found = facts_of(view, state, moment, market.events(view))
    if found.moved:
        notices.append(f"{words.day(state.day)} is no news day with prices; this is {words.day(found.day)}.")
    return found, notices


@frame.or_reason(OUTPUTS)
def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    found, notices = facts(market, request)
    return (
        markup(_head(found, notices)),
        markup(controls.controls(found)),
        sentences.day_title(found),
        sentences.day_note(found),
        strip_columns.title(found),
        strip_columns.note(found),
        *_warned(found),
        baton.baton_title(found.view),
        baton.baton_note(found.view),
        markup([_key(found, request)]),
        markup(_links(found)),
        markup(_wide(found)),
    )


@frame.or_empty
def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    found = facts(market, request)[0]
    head, control, *texts, key, links, wide_ = update(market, request)
    return html.Div(
        [
            *frame.top("relay", head, control),
            html.Div(
                [
                    frame.stacked(DAY, texts[0:2], sentences.summary(found), DAY_HEIGHTS),
                    frame.stacked(STRIP, texts[2:4], strip_columns.summary(found), STRIP_HEIGHTS),
                    block(key, id=KEY),
                    block(wide_, id=part("relay", "wide"), className="fourfold"),
                    html.Div(_warning_chart(found, texts[4:6]), className="five"),
                    html.Div(
                        frame.stacked(BATON, texts[6:8], baton.baton_summary(found.view), BATON_HEIGHTS),
                        className="seven",
                    ),
                    block(links, id=part("relay", "links"), className="pair"),
                ],
                className="columns",
            ),
        ],
        className="page-contagion",
    )


def _key(found: Facts, request: PageRequest) -> html.Div | None:
    """The key to the flags of the strip's columns and of the day."""
    style = frame.fitted(request, STRIP_HEIGHTS, 12)
    strip_columns = strip.shown(found, style)
    drawn = found.marked.within(found.window[strip_columns.start : strip_columns.stop])
    placed = strip.placed(found, style)
    return key_table(drawn, found.view, found.state.asof, placed, beside=False)


def _warned(found: Facts) -> tuple[str, str]:
    basket = found.state.basket
    return warning.warning_title(found.view, basket), warning.warning_note(found.view, basket)


def _warning_chart(found: Facts, texts: list[str]) -> html.Figure:
    summary = warning.warning_summary(found.view, found.state.basket)
    return frame.stacked(WARNING, texts, summary, WARNING_HEIGHTS)


def _links(found: Facts) -> list[html.Table]:
    view, basket = found.view, found.state.basket
    days = found.window[0].item(), found.window[-1].item()
    links, verdicts = (sheets.address(name, found) for name in ("relay-links", "relay-verdicts"))
    return [
        warning.links_table(view, basket, links),
        warning.verdicts_table(view, basket, *days, csv=verdicts),
    ]


def _wide(found: Facts) -> list[html.Table]:
    groups, names = (sheets.address(name, found) for name in ("relay-breadth", "relay-names"))
    tables = (
        (wide.layers_table, groups),
        (wide.countries_table, ""),
        (wide.losers_table, names),
        (wide.held_up, ""),
    )
    return [table(found.view, found.state.basket, found.day, address) for table, address in tables]


def _head(found: Facts, notices: list[str]) -> list[Any]:
    deck = f"{wide.wide_title(found.view, found.state.basket, found.day)}."
    ways = views(PATH, found.state.asof, found.state.day)
    lacking = basket_left_out(found.view, found.state.basket, day=found.day)
    return frame.heading(sentences.headline(found), deck, notices, ways, counted=str(lacking))


def draw_day(market: Market, request: PageRequest) -> dict[str, Any]:
    """The step chart at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(day.draw(found, frame.fitted(request, DAY_HEIGHTS, 12)), sentences.summary(found))


def draw_strip(market: Market, request: PageRequest) -> dict[str, Any]:
    """The clock strip at the size of the reader's screen."""
    found, _ = facts(market, request)
    drawn = strip.draw(found, frame.fitted(request, STRIP_HEIGHTS, 12), request.mode)
    return summed(drawn, strip_columns.summary(found))


def draw_warning(market: Market, request: PageRequest) -> dict[str, Any]:
    """The early-warning plot at the size of the reader's screen."""
    found, _ = facts(market, request)
    view, basket, style = found.view, found.state.basket, frame.fitted(request, WARNING_HEIGHTS, 5)
    # The same on every day and with any flags: a step through the days does not draw it again.
    key = "warning drawn", basket, style
    drawn = view.remember(key, lambda: warning.draw_warning(view, basket, style, request.mode))
    return summed(drawn, warning.warning_summary(view, basket))


def draw_baton(market: Market, request: PageRequest) -> dict[str, Any]:
    """Which layer leads which, at the size of the reader's screen."""
    found, _ = facts(market, request)
    view, style = found.view, frame.fitted(request, BATON_HEIGHTS, 7)
    drawn = view.remember(("baton drawn", style), lambda: baton.draw_baton(view, style, request.mode))
    return summed(drawn, baton.baton_summary(view))


def tell_day(market: Market, request: PageRequest) -> Story:
    """The step chart's story for a memo."""
    found, _ = facts(market, request)
    said = sentences.headline(found), sentences.day_note(found)
    plain = told(
        PATH, found, said, day.frame(found), lambda style: day.draw(found, style), day=str(found.day)
    )
    marked = replace(found.marked, flags=day.day_flags(found))
    flags = memo_flags(marked, lambda _: 0.0, Room(events=day.LANES, lanes=day.LANES))
    return replace(plain, key=flags.key, key_note=flags.note)


def tell_strip(market: Market, request: PageRequest) -> Story:
    """The clock strip's story for a memo."""
    found, _ = facts(market, request)

    def draw(style: styles.Style, flags: Sequence[Flagged] = ()) -> dict[str, Any]:
        return strip.draw(found, _small(style), style.mode, flags)

    def choose(room: Room) -> MemoFlags:
        return strip.memo_flags_of(found, room._replace(style=_small(room.style)))

    said = strip_columns.title(found), strip_columns.memo_deck(found)
    plain = told(PATH, found, said, strip_columns.frame(found), draw, day=str(found.day))
    return flagged(plain, choose, draw, strip.MEMO)


def _small(style: styles.Style) -> styles.Style:
    """The strip's figures are many: its type is the smallest there is."""
    return replace(style, tick=min(style.tick, 23))


def tell_warning(market: Market, request: PageRequest) -> Story:
    """The early-warning plot's story for a memo."""
    found, _ = facts(market, request)
    view, basket = found.view, found.state.basket

    def draw(style: styles.Style) -> dict[str, Any]:
        return warning.draw_warning(view, basket, style, style.mode)

    data = warning.warning_frame(view, basket)
    return told(PATH, found, _warned(found), data, draw, day=str(found.day))


def tell_baton(market: Market, request: PageRequest) -> Story:
    """The network's story for a memo."""
    found, _ = facts(market, request)
    return told(
        PATH,
        found,
        (baton.baton_title(found.view), baton.baton_note(found.view)),
        baton.baton_frame(found.view),
        lambda style: baton.draw_baton(found.view, style, style.mode),
        figures="correlations",
        day=str(found.day),
    )


CHARTS = (
    Chart(DAY, "rl", tell_day, draw_day),
    Chart(STRIP, "rs", tell_strip, draw_strip),
    Chart(WARNING, "rw", tell_warning, draw_warning),
    Chart(BATON, "rb", tell_baton, draw_baton),
)
