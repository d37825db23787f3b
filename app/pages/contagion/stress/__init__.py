"""Stress: how unusual the days were, how tightly the names are bound, and what follows a wide fall."""

from __future__ import annotations

from typing import Any

from dash import html

from app.figures.frame import summed
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market import words
from app.market.asof import asked_view
from app.market.left_out import basket_left_out
from app.market.market import Market
from app.pages import frame
from app.pages.contagion.stress import controls, tables
from app.pages.contagion.views import views
from app.pages.flags import flagged, key_table
from app.questions.events.flag_marks import Room, memo_flags_on, placed_on
from app.questions.stress import next_leg, sentences, series, tails
from app.questions.stress.facts import Facts, facts_of
from app.questions.stress.state import parse_stress
from app.render.html.markup import markup
from app.render.story import Chart, Story, told

PATH = "/contagion/stress"
TITLE = "Stress"
SERIES = part("stress", "series")
FOLLOW = part("stress", "follow")
TAILS = part("stress", "tails")
SERIES_HEIGHTS = (560, 740)
LOWER_HEIGHTS = (286, 330)
MEMO_ROWS = 5
OUTPUTS = (
    *frame.blocks("stress", "head", "controls"),
    *frame.titles(SERIES),
    *frame.blocks("stress", "side"),
    *frame.titles(FOLLOW, TAILS),
    (part("stress", "foot"), "children"),
)
CALLBACKS = ((OUTPUTS, "update"),)


def facts(market: Market, request: PageRequest) -> tuple[Facts, list[str]]:
    """The facts for what was asked, and a sentence for each parameter that was not used.

    Raises
    ------
    NoPricesError
        If no price is stored, or none of the basket by then.
    """
    state, notices = parse_stress(request.search, market.universe, market.now())
    view, moment = asked_view(market, state.asof, notices)
    found = facts_of(view, state, moment, market.events(view))
    _ = found.dates  # without a price it raises here, before any part of the page is made
    if found.unreached:
        notices.append(f"Ignored from: the last session is {words.day(view.last_session)}.")
    return found, notices


@frame.or_reason(OUTPUTS)
def update(market: Market, request: PageRequest) -> tuple[Any, ...]:
    """Everything on the page, in the order of OUTPUTS; without a price only the sentence that says so."""
    found, notices = facts(market, request)
    ways = views(PATH, found.state.asof)
    lacking = str(basket_left_out(found.view, found.state.basket, day=found.dates[-1].item()))
    return (
        markup(
            frame.heading(sentences.headline(found), sentences.deck(found), notices, ways, counted=lacking)
        ),
        markup(controls.controls(found)),
        sentences.series_title(found),
        sentences.series_note(found),
        markup([_key(found, request), tables.last_rows(found)]),
        sentences.follow_title(found),
        sentences.follow_note(found),
        sentences.tails_title(found),
        sentences.tails_note(found),
        sentences.footnote(found),
    )


@frame.or_empty
def layout(market: Market, request: PageRequest) -> html.Div:
    """The page with its content; its empty state while there is no price."""
    found = facts(market, request)[0]
    head, control, title, note, side, *lower, last = update(market, request)
    lines = frame.stacked(SERIES, (title, note), sentences.summary(found), SERIES_HEIGHTS)
    next_ = frame.stacked(FOLLOW, lower[:2], next_leg.summary(found), LOWER_HEIGHTS)
    tail = frame.stacked(TAILS, lower[2:], tails.summary(found), LOWER_HEIGHTS)
    return html.Div(
        [
            *frame.top("stress", head, control),
            frame.split("stress", lines, side),
            html.Div(
                [html.Div(next_, className="seven"), html.Div(tail, className="five")], className="columns"
            ),
            frame.foot("stress", last),
        ],
        className="page-stress",
    )


def draw_series(market: Market, request: PageRequest) -> dict[str, Any]:
    """The panels at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(series.draw(found, frame.fitted(request, SERIES_HEIGHTS)), sentences.summary(found))


def _key(found: Facts, request: PageRequest) -> html.Div | None:
    """The key to the flags as the panels stand on this screen."""
    style = frame.fitted(request, SERIES_HEIGHTS)
    placed = placed_on(found.marked, found.sessions, found.view, found.state.asof, style)
    return key_table(found.marked, found.view, found.state.asof, placed)


def draw_follow(market: Market, request: PageRequest) -> dict[str, Any]:
    """What follows a co-exceedance, at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(
        next_leg.draw(found, frame.fitted(request, LOWER_HEIGHTS, 7), request.mode), next_leg.summary(found)
    )


def draw_tails(market: Market, request: PageRequest) -> dict[str, Any]:
    """Tail dependence at the size of the reader's screen."""
    found, _ = facts(market, request)
    return summed(tails.draw(found, frame.fitted(request, LOWER_HEIGHTS, 5)), tails.summary(found))


def tell_series(market: Market, request: PageRequest) -> Story:
    """The panels' story for a memo, with the key to their flags."""
    found, _ = facts(market, request)
    said = sentences.headline(found), sentences.series_note(found)
    return flagged(
        told(PATH, found, said, series.frame(found), lambda style: series.draw(found, style)),
        lambda room: memo_flags_on(found.marked, found.sessions, room),
        lambda style, flags: series.draw(found, style, flags),
        Room(events=MEMO_ROWS),
    )


def tell_follow(market: Market, request: PageRequest) -> Story:
    """The next leg's story for a memo."""
    found, _ = facts(market, request)
    said = sentences.follow_title(found), sentences.follow_note(found)
    return told(
        PATH, found, said, next_leg.frame(found), lambda style: next_leg.draw(found, style, style.mode)
    )


def tell_tails(market: Market, request: PageRequest) -> Story:
    """The tails' story for a memo."""
    found, _ = facts(market, request)
    said = sentences.tails_title(found), sentences.tails_note(found)
    data = tails.frame(found)
    return told(PATH, found, said, data, lambda style: tails.draw(found, style), figures="shares")


CHARTS = (
    Chart(SERIES, "st", tell_series, draw_series),
    Chart(FOLLOW, "sf", tell_follow, draw_follow),
    Chart(TAILS, "sd", tell_tails, draw_tails),
)
