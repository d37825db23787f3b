"""The controls that pages share: one of several, the basket, the as-of, names picked one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from dash import dcc, html

from app.kinds.address import MAX_LINES, PageState
from app.kinds.ids import part
from app.market import words
from app.render.html import attributes
from app.render.html.menu import Choice, date_menu, menu
from models.types import Instant
from models.universe import Basket, Instrument, Universe


class Dated(Protocol):
    """The controls of a page that can be asked for as of an instant."""

    @property
    def asof(self) -> str: ...

    def query(self, **changes: Any) -> str: ...


def choice_menu(
    label: str, name: str, state: PageState, known: Mapping[Any, str], *, value: str = "", **also: Any
) -> html.Details:
    """One of the known values of a control, each with its word; a choice sets ``also`` with it.

    ``value`` is what the control says when that is not the word of what was chosen.
    """
    now = getattr(state, name)
    choices = [(word, state.query(**{name: key}, **also), key == now) for key, word in known.items()]
    return menu(label, value or known[now], choices)


def basket_menu(state: PageState, baskets: Mapping[str, Basket], **also: Any) -> html.Details:
    """Which basket the page is about; a choice sets ``also`` with it."""
    labels = {basket.id: basket.label for basket in baskets.values()}
    return choice_menu("Basket", "basket", state, labels, **also)


def as_of_menu(page: str, state: Dated, value: str) -> html.Details:
    """As of when: now, or what was typed, which the page read as ``value``."""
    return date_menu(
        "As of",
        value if state.asof else "Now",
        [("Now", state.query(asof=""), not state.asof)],
        field=part(page, "asof", "date"),
        hint="A date, or an instant in UTC",
        given=state.asof,
    )


def instant_menu(page: str, state: Dated, as_of: Instant) -> html.Details:
    """As of which instant."""
    return as_of_menu(page, state, words.instant(as_of, weekday=False))


def toggled(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The names with one more, or without it."""
    return tuple(item for item in names if item != name) if name in names else (*names, name)


def names_by_layer(
    universe: Universe,
    items: Iterable[Instrument],
    drawn: tuple[str, ...],
    address: Callable[[tuple[str, ...]], str],
    *,
    chosen: Collection[str] | None = None,
) -> list[tuple[str, list[Choice]]]:
    """Under each layer its names, to be put in or taken out; a full chart offers those it has alone.

    ``chosen`` are the names that show as such, when they are not all that are ``drawn``.
    """
    offered = [item for item in items if item.symbol in drawn or len(drawn) < MAX_LINES]
    shown = drawn if chosen is None else chosen

    def choice(item: Instrument) -> Choice:
        return item.name, address(toggled(drawn, item.symbol)), item.symbol in shown

    return [
        (layer.name, [choice(item) for item in offered if item.layer == layer]) for layer in universe.layers
    ]


def view_tabs(
    area: str, views: Sequence[tuple[str, str]], current: str, address: Callable[[str], str]
) -> html.Nav:
    """Links to the views of an area, given by their paths and titles."""
    links = [
        dcc.Link(
            title,
            href=address(path),
            className="view-tab current" if path == current else "view-tab",
            id=part(area, "view", title.lower()),
        )
        for path, title in views
    ]
    return html.Nav(links, className="views", **attributes(aria_label=f"Views of {area}"))
