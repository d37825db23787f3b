"""A control: its label, its value underlined, and a menu of links to the same page in another state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dash import dcc, html

Choice = tuple[str, str, bool]
"""Label, address, and whether it stands now."""


def menu(label: str, value: str, choices: Iterable[Choice]) -> html.Details:
    """Return a control with single choices."""
    return _menu(label, value, [_item(*choice) for choice in choices])


def grouped_menu(
    label: str, value: str, groups: Sequence[tuple[str, Sequence[Choice]]], *, few: bool = False
) -> html.Details:
    """Return a control whose choices stand under heads; ``few`` are side by side, a column each."""
    body = [
        html.Section([html.P(head, className="group"), *(_item(*choice) for choice in choices)])
        for head, choices in groups
        if choices
    ]
    return _menu(label, value, body, kind="menu wide few" if few else "menu wide")


def date_menu(
    label: str,
    value: str,
    choices: Iterable[Choice],
    *,
    field: str,
    hint: str,
    given: str,
    example: str = "2026-06-22",
) -> html.Details:
    """Return a control with choices and a field for a date, or whatever the example is, of one's own."""
    fields = [(field, hint, given, example)]
    return field_menu(label, value, [("", list(choices))], fields)


def field_menu(
    label: str,
    value: str,
    groups: Sequence[tuple[str, Sequence[Choice]]],
    fields: Sequence[tuple[str, str, str, str]],
) -> html.Details:
    """Return a control with choices under heads, in one column, and fields to type in.

    ``fields`` are the id, the label, what was given and an example; a field whose id ends in ``-NAME-date``
    sets ``NAME`` of the address.
    """
    body: list[Any] = []
    for head, choices in groups:
        items = [_item(*choice) for choice in choices]
        body += [html.Section([html.P(head, className="group"), *items])] if head and items else items
    for field, hint, given, example in fields:
        entry = dcc.Input(
            id=field, type="text", value=given, debounce=True, placeholder=example, maxLength=20
        )
        body.append(html.Div([html.Label(hint, htmlFor=field), entry], className="typed"))
    return _menu(label, value, body, kind="menu listed" if len(groups) > 1 else "menu")


def _menu(label: str, value: str, body: Sequence[Any], *, kind: str = "menu") -> html.Details:
    return html.Details(
        [
            html.Summary([html.Span(label, className="label"), html.Span(value, className="value")]),
            html.Div(list(body), className=kind),
        ],
        className="control",
    )


def _item(label: str, href: str, chosen: bool) -> dcc.Link:
    return dcc.Link(label, href=href, className="choice chosen" if chosen else "choice")
