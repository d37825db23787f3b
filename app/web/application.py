"""The Dash application: pages registered by hand, in order; callbacks bound to the app object."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import flask
from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from app.auth import doors, refusals
from app.auth.users import Users
from app.kinds import ids
from app.kinds.address import asked_as_of
from app.kinds.request import PageRequest
from app.market.asof import moment_of, parse_asof
from app.market.freshness import Freshness, freshness
from app.market.market import Market, View
from app.pages import brief, data, drawdowns, method
from app.pages.contagion import connectedness, correlation, relay, stress, travelled
from app.pages.events import compare, listing, study
from app.render import assets
from app.render.html import markup as static
from app.render.html.empty import empty
from app.render.html.markup import markup
from app.settings import Settings
from app.web import (
    callback_guard,
    document,
    event_routes,
    health,
    login,
    presenter_routes,
    quarantine_routes,
    request_ids,
    routes,
    shell,
)
from app.web.login_sessions import Sessions, Tries
from app.web.page_cache import Answers
from app.web.presenter.address import presentation
from app.web.presenter.presenter import Presenter
from models import urls
from models.errors import AftershockError
from models.types import Instant

PAGES: tuple[ModuleType, ...] = (
    brief,
    drawdowns,
    relay,
    travelled,
    correlation,
    connectedness,
    stress,
    listing,
    study,
    compare,
    data,
    method,
)
HOME = brief.PATH


class Dashboard(Dash):
    """Dash whose first answer already is the page.

    The document comes with its sentences and tables written out and its charts asked for before any
    script has run; React takes over what stands there. A reader sees figures before Dash has started.
    """

    market: Market
    answers: Answers
    presenter: Presenter

    def index(self, *given: Any, **more: Any) -> Any:
        """The document; slides stand without Dash."""
        request = _first_request(flask.request.path, flask.request.query_string.decode("ascii", "replace"))
        asked = presentation(request.search)
        if page_of(request.path) is None:
            return flask.Response(document.missing(request.path, _nav(), request.theme), 404)
        if asked is None:
            return super().index(*given, **more)
        return document.alone(self.presenter.document(request.path, asked), title=self.title, mark="present")

    def interpolate_index(self, **parts: Any) -> str:  # type: ignore[override]  # as Dash's manual has it
        """The document for the address that was asked for."""
        request = _first_request(flask.request.path, flask.request.query_string.decode("ascii", "replace"))
        scripts = re.findall(r'src="([^"]+)"', parts["scripts"])
        written = static.markup(_frame(self.market, request, self.answers))
        return document.page(
            written,
            title=parts["title"],
            favicon=parts["favicon"],
            config=parts["config"],
            scripts=scripts,
            # A page that is empty still has no place for a chart, and asks for none.
            charts=_charts_by_path() if "data-plot=" in written else {},
        )


def create_app(settings: Settings, *, market: Market | None = None) -> Dash:
    """Return the dashboard. The database is opened at the first request, not here."""
    market = market or Market(settings)
    market.for_readers()
    dash_app = Dashboard(
        __name__,
        title="Aftershock",
        update_title="",  # the tab keeps its name while a callback runs
        assets_folder=str(assets.assets_folder()),
        assets_ignore=".*",  # joined and kept by app.render.assets
        suppress_callback_exceptions=True,
        health_endpoint="healthz",
        add_log_handler=False,
    )
    dash_app.market = market
    dash_app.presenter = Presenter(market, PAGES)
    answers = dash_app.answers = Answers(market)
    dash_app.layout = functools.partial(_layout, market, answers)
    _bind(dash_app, market, answers)
    answers.follow(dash_app.server)
    _doors(dash_app, market)
    assets.register(dash_app.server)
    routes.register(dash_app.server, market, PAGES)
    event_routes.register(dash_app.server, market)
    presenter_routes.register(dash_app.server, dash_app.presenter)
    quarantine_routes.register(dash_app.server, market)
    market.warm()  # last: while modules are being imported a second thread that imports can break them
    return dash_app


def _doors(dash_app: Dash, market: Market) -> None:
    """What every request passes, in this order, before anything answers it."""
    settings = market.settings
    users = Users(settings.users_path)
    sessions = Sessions(market)
    request_ids.register(dash_app.server)
    refusals.register(dash_app.server)
    doors.protect(dash_app.server, settings, users, sessions.alive)
    callback_guard.register(dash_app)
    if settings.auth == "password":
        login.register(dash_app.server, settings, users, sessions, Tries(market, settings))
    health.register(dash_app.server, market)


def page_of(path: str) -> ModuleType | None:
    """The page at a path; the home page at the root."""
    wanted = HOME if path in ("", "/") else path.rstrip("/")
    return next((page for page in PAGES if wanted == page.PATH), None)


def _nav() -> list[tuple[str, str]]:
    """Path and title of the pages that stand at the head of each."""
    return [(item.PATH, item.TITLE) for item in PAGES if "/" not in item.PATH[1:]]


def _charts_by_path() -> dict[str, list[str]]:
    """The charts of each page, for the script that asks for them first."""
    drawn = {page.PATH: [chart.id for chart in getattr(page, "CHARTS", ())] for page in PAGES}
    return drawn | {"/": drawn[HOME]}


def _layout(market: Market, answers: Answers) -> Any:
    """What Dash starts from: the same page as the document it came in.

    Dash asks for the layout from that document, so the referring address tells which page it is.
    """
    if not flask.has_request_context():
        return _frame(market, PageRequest(HOME), answers)
    address = urls.split(flask.request.headers.get("Referer", ""))
    path, query = (address.path, address.query) if address else ("", "")
    return _frame(market, _first_request(path, query), answers)


def _frame(market: Market, request: PageRequest, answers: Answers) -> Any:
    moment = as_of(market, request)
    states = states_of(market, moment)
    banners = shell.banners(market, _view(market, moment), request.path)
    page = _page(market, request, answers)
    return shell.frame(
        _nav(), request, page, shell.status(moment, states), shell.strip(states, moment), banners
    )


def _first_request(path: str, query: str) -> PageRequest:
    """The first request of a page; the cookie that ``head.js`` keeps tells the width and the theme."""
    said = flask.request.cookies.get("view", "").split("-")
    width = int(said[0]) if re.fullmatch("[0-9]{1,5}", said[0]) else None
    page = page_of(path)
    known = page.PATH if page else path
    meeting = flask.request.cookies.get("meeting", "")
    asked = {"path": known, "search": query and f"?{query}", "width": width, "theme": said[-1]}
    return PageRequest.of(asked | {"meeting": meeting})


def _page(market: Market, request: PageRequest, answers: Answers) -> Any:
    page = page_of(request.path)
    if page is None:
        return empty(f"There is no page {request.path[:80]}; choose one above.")
    try:
        make = functools.partial(page.layout, market, request)
        return answers.get(page.PATH, request, make, live=getattr(page, "LIVE", False))
    except AftershockError as error:
        return empty(error)


def _view(market: Market, moment: Instant) -> View | None:
    try:
        return market.view(moment)
    except AftershockError:
        return None


def as_of(market: Market, request: PageRequest) -> Instant:
    """The instant a page speaks of: the one its address asks for, or now."""
    now = market.now()
    try:
        return moment_of(parse_asof(asked_as_of(request.search), now), now) or now
    except AftershockError:
        return now  # the page itself says why the instant was not used


def states_of(market: Market, moment: Instant) -> list[Freshness]:
    """The freshness of each exchange city; none in the first seconds, while calendars are built."""
    if not market.calendars_ready:
        return []
    return freshness(_view(market, moment), market.cities, moment)


def _bind(dash_app: Dash, market: Market, answers: Answers) -> None:
    dash_app.clientside_callback(
        ClientsideFunction("aftershock", "request"),
        Output(ids.REQUEST, "data"),
        Output(ids.ROUTE, "data"),
        Input(ids.URL, "pathname"),
        Input(ids.URL, "search"),
        Input(ids.PULSE, "data"),
        State(ids.REQUEST, "data"),
        State(ids.ROUTE, "data"),
    )

    @dash_app.callback(
        Output(ids.PAGE, "children"),
        Input(ids.ROUTE, "data"),
        State(ids.REQUEST, "data"),
        prevent_initial_call=True,
    )
    def _route(path: str, data: Any) -> Any:
        request = PageRequest.of(data)
        return _page(market, replace(request, path=str(path or "/")), answers)

    @dash_app.callback(
        Output(ids.STATUS, "data-html"),
        Output(ids.STRIP, "data-html"),
        Output(ids.BANNER, "data-html"),
        Input(ids.PULSE, "data"),
        Input(ids.REQUEST, "data"),
        prevent_initial_call=True,
    )
    def _pulse(_data: Any, asked: Any) -> Any:
        request = PageRequest.of(asked)
        moment = as_of(market, request)
        states = states_of(market, moment)
        banners = shell.banners(market, _view(market, moment), request.path)
        parts = shell.status(moment, states), shell.strip(states, moment), banners
        return tuple(markup(part) for part in parts)

    for page in PAGES:
        for outputs, name in page.CALLBACKS:
            _bind_page(dash_app, market, page, outputs, getattr(page, name), answers)


def _bind_page(
    dash_app: Dash,
    market: Market,
    page: ModuleType,
    outputs: tuple[tuple[str, str], ...],
    function: Callable[[Market, PageRequest], tuple[Any, ...]],
    answers: Answers,
) -> None:
    def answer(data: Any, *_pulse: Any) -> Any:
        request = PageRequest.of(data)
        if page_of(request.path) is not page:
            return (no_update,) * len(outputs)
        work = functools.partial(function, market, request)
        return answers.get(
            f"{page.PATH} {function.__name__}", request, work, live=getattr(page, "LIVE", False)
        )

    # Dash names a callback by its outputs; the function's own name is for the traceback.
    answer.__name__ = f"{page.TITLE.lower()}_{function.__name__}"
    dash_app.callback(
        *(Output(component, name) for component, name in outputs),
        Input(ids.REQUEST, "data"),
        # A page of what is going on now follows the minute; the others follow the prices.
        *([Input(ids.PULSE, "data")] if getattr(page, "LIVE", False) else []),
        prevent_initial_call=True,
    )(answer)
