"""A slide as HTML: headline, chart, key to its flags, takeaway, and the foot with the page number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from app.figures.flags import KeyRow
from app.market import words
from app.render.html import attributes
from app.render.html.markup import block, markup
from app.web.presenter.address import Presentation
from app.web.presenter.slides import Place, Slide
from models.types import Instant

LONG = 118
"""Letters of a headline that two lines do not hold; it is then set smaller."""
KEYS = "Arrows: pages. P or Space: timer. F: full screen. T: theme. R: new prices. Esc: leave."


def section(
    found: Slide, place: Place, asked: Presentation, count: int, as_of: Instant, notices: Sequence[str]
) -> str:
    """One slide, whole."""
    number = asked.slide
    return markup(
        html.Section(
            [
                html.Div(
                    [
                        html.H1(found.title, className="long" if len(found.title) > LONG else None),
                        html.P(found.deck, className="deck"),
                        *(html.P(notice, className="notice") for notice in notices),
                    ],
                    className="slide-head",
                ),
                _figure(found, number),
                _key(found),
                html.P(found.takeaway, className="takeaway") if found.takeaway else None,
                _foot(found, place, asked, count, as_of),
            ],
            className="slide",
            **attributes(data_slide=str(number), aria_label=f"{number} of {count}"),
        )
    )


def main(inside: str, **data: str) -> str:
    """What holds the slides: the data for the page's script, and what is said aloud."""
    holder = html.Main(
        [
            block(inside, id="present-stage", className="stage"),
            html.P(id="present-said", className="unseen", role="status", **attributes(aria_live="polite")),
            html.P(KEYS, id="present-keys", className="present-keys"),
        ],
        id="present",
        tabIndex="-1",
        **attributes(**{f"data_{name}": value for name, value in data.items()}),
    )
    return markup(holder)


def _figure(found: Slide, number: int) -> Any:
    if found.story is None:
        # A table that is longer than the screen is scrolled by keys.
        named = attributes(aria_label=found.title)
        return html.Div(found.body, className="slide-figure none", role="group", tabIndex="0", **named)
    label = f"Chart. {found.title}. {found.deck}"
    told = attributes(role="img", aria_label=label, aria_busy="true")
    return html.Div(id=f"slide-{number}-figure", className="slide-figure", **told)


def _key(found: Slide) -> Any:
    if not found.key:
        return None
    items = [_row(row) for row in found.key]
    if found.story and found.story.key_note:
        items.append(html.Li(found.story.key_note, className="key-note"))
    told = any(row.move for row in found.key)
    name = "slide-key told" if told else "slide-key"
    return html.Ol(items, className=name, **attributes(aria_label="Key to the flags"))


def _row(row: KeyRow) -> html.Li:
    """A flag, its day, and what happened or how far the basket fell."""
    flag = html.B(row.number, className="flag filled" if row.filled else "flag")
    day = html.Span(row.date, className="day")
    if not row.move:
        return html.Li([flag, day, html.B(row.fact)])
    return html.Li([flag, day, html.Span(row.fact, className="fact", title=row.fact), html.B(row.move)])


def _foot(found: Slide, place: Place, asked: Presentation, count: int, as_of: Instant) -> html.Div:
    """Where and as of when, what is new since, and the way on."""
    when = words.instant(found.story.as_of if found.story else as_of, weekday=False)
    simulated = "Simulated prices. " if found.simulated else ""
    number = asked.slide
    return html.Div(
        [
            html.B("Aftershock", className="brand"),
            html.Span(f"{simulated}As of {when}. Frozen", className="frozen"),
            html.Button(
                "", className="word news", type="button", hidden=True, **attributes(aria_keyshortcuts="R")
            ),
            html.Span(found.view and f"View {found.view}", className="view"),
            html.Button(
                f"Every {asked.every} s" if asked.every else "",
                className="word pace",
                type="button",
                hidden=not asked.every,
                **attributes(aria_keyshortcuts="P"),
            ),
            html.Span(f"{number} of {count}", className="count"),
            _step("←", "Previous", asked, (number - 2) % count + 1),
            _step("→", "Next", asked, number % count + 1),
            html.A(
                "Leave", href=place.address, className="word leave", **attributes(aria_keyshortcuts="Escape")
            ),
        ],
        className="slide-foot",
    )


def _step(arrow: str, label: str, asked: Presentation, to: int) -> html.A:
    return html.A(
        arrow,
        href=asked.at(slide=to),
        className="word step",
        **attributes(data_slide=str(to), aria_label=label),
    )
