"""What stands on every page: navigation, as-of, exchange strip, theme switch, banners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dash import dcc, html

from app.auth.doors import logged_in
from app.kinds import ids
from app.kinds.request import PageRequest
from app.market import words
from app.market.freshness import Freshness
from app.market.market import Market, View
from app.market.troubles import Told
from app.render.html import attributes
from app.render.html.markup import block, markup, static
from app.web.presenter.address import Presentation
from models.types import Instant

TROUBLES_AT = "/data"
"""The page that says more of what keeps new prices from coming."""
Nav = Sequence[tuple[str, str]]
"""Path and title of each page, in order."""


def frame(
    nav: Nav, request: PageRequest, page: Any, status: list[Any], strip: list[Any], banner: list[Any]
) -> html.Div:
    """The whole document: stores, top bar, page, exchange strip."""
    return html.Div(
        [
            dcc.Location(id=ids.URL, refresh="callback-nav"),
            dcc.Store(id=ids.REQUEST, data=asdict(request)),
            dcc.Store(id=ids.ROUTE, data=request.path),
            dcc.Store(id=ids.PULSE),
            html.A("Skip to the page", href="#page", className="skip"),
            html.Header(
                [
                    html.A("Aftershock", href="/", className="brand"),
                    static(
                        html.Nav(
                            [_tab(path, title, request.path) for path, title in nav],
                            **attributes(aria_label="Pages"),
                        ),
                        className="tabs",
                    ),
                    html.Div(id="shell-run", className="run"),
                    block(markup(status), id=ids.STATUS, className="status"),
                    html.Div(
                        [
                            html.A(
                                "Present",
                                id="shell-present",
                                href=Presentation(request.search).search,
                                className="word",
                                title="One chart a screen, in large type",
                                **attributes(aria_keyshortcuts="P"),
                            ),
                            memo_menu(),
                            html.Button(
                                "Share", id="shell-share", className="word", title="Copy this view’s address"
                            ),
                            html.Button(
                                "Theme",
                                id="shell-theme",
                                className="word",
                                title="Switch between dark and light",
                            ),
                            *_leave(),
                        ],
                        className="actions",
                    ),
                ],
                className="top",
            ),
            html.Div(id="shell-link", className="link", role="alert"),
            block(markup(banner), id=ids.BANNER, className="banners"),
            html.Main(page, id=ids.PAGE, tabIndex="-1"),
            block(
                markup(strip),
                id=ids.STRIP,
                className="strip",
                role="contentinfo",
                **attributes(aria_label="Exchanges"),
            ),
            html.Div(id="shell-toast", className="toast", **attributes(role="status", aria_live="polite")),
        ],
        className="shell",
    )


def memo_menu() -> html.Div:
    """The menu that makes a memo pack; the browser fills it when it is opened."""
    inside = [
        html.Summary("Memo", className="word", title="Charts as one PDF, as slides, as pictures"),
        html.Div(id="shell-memo-menu", className="menu memo"),
    ]
    return static(html.Details(inside, id="shell-memo", className="control"))


def _leave() -> list[html.Form]:
    """The way out for whoever logged in here."""
    name = logged_in()
    if not name:
        return []
    button = html.Button("Log out", type="submit", className="word", title=f"You are {name}")
    return [html.Form(button, action="/logout", method="post", className="leave")]


def _tab(path: str, title: str, current: str) -> dcc.Link:
    return dcc.Link(
        title,
        href=path,
        className="nav-tab current" if belongs(current, path) else "nav-tab",
        id=f"shell-tab-{path.strip('/')}",
    )


def belongs(path: str, tab: str) -> bool:
    """Whether a page is the one of a tab, or one of the pages under it."""
    return path == tab or path.startswith(f"{tab}/")


def status(as_of: Instant, states: Sequence[Freshness]) -> list[Any]:
    """As-of and how many exchanges are current."""
    current = sum(state.is_current for state in states)
    stamp = html.Span(["As of ", html.B(words.instant(as_of))])
    return [stamp, html.Span(f"{current} of {len(states)} exchanges current")] if states else [stamp]


def strip(states: Sequence[Freshness], now: Instant) -> list[html.Div]:
    """One chip an exchange: state of its prices, and what it does next."""
    return [
        html.Div(
            [
                html.Span(className=f"dot {state.state}", **attributes(aria_hidden="true")),
                html.B(state.city),
                html.Span(state.line(), className="session"),
                html.Span(state.next_line(now), className="next"),
            ],
            className="chip",
        )
        for state in states
    ]


def banners(market: Market, view: View | None, path: str) -> list[html.Div]:
    """What the reader must know before reading on; the Data page tells itself why no price comes."""
    found = []
    if view is not None and view.simulated:
        found.append(
            html.Div(
                "Simulated prices: no real price is stored yet. The page changes over by itself.",
                className="banner simulated",
            )
        )
    if market.problem:
        found.append(html.Div(market.problem, className="banner problem", role="alert"))
    elif not belongs(path, TROUBLES_AT):
        troubles = market.troubles.told(market.now())
        found += [_trouble(told, more=told is troubles[-1]) for told in troubles]
    return found


def _trouble(told: Told, *, more: bool) -> html.Div:
    """One sentence, and after the last the way to the page that says more."""
    way = [dcc.Link("More on Data", href=TROUBLES_AT, className="more-link")] if more else []
    kind = "banner refused" if told.grave else "banner problem"
    return html.Div([html.Span(told.text), *way], className=kind, role="status")
