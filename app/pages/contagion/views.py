"""The views of contagion and the links between them."""

from __future__ import annotations

from urllib.parse import quote

from dash import dcc, html

from app.components import attributes
from app.ids import part

VIEWS = (
    ("/contagion", "Relay"),
    ("/contagion/travelled", "Travelled"),
    ("/contagion/correlation", "Correlation"),
    ("/contagion/connectedness", "Connectedness"),
    ("/contagion/stress", "Stress"),
)


_OF_A_DAY = ("/contagion", "/contagion/travelled")


def of_day(path: str, day: str, asof: str) -> str:
    """The address of a view, of a day when there is one, as of the same instant."""
    kept = [("day", day)] if day and path in _OF_A_DAY else []
    kept += [("asof", quote(asof, safe=":-"))] if asof else []
    return path + ("?" + "&".join(f"{name}={text}" for name, text in kept) if kept else "")


def views(current: str, asof: str, day: str = "") -> html.Nav:
    """Links to the views; each opens as of the same instant, and those of a day on the same day."""
    links = []
    for path, title in VIEWS:
        kind = "view-tab current" if path == current else "view-tab"
        name = part("contagion", "view", title.lower())
        links.append(dcc.Link(title, href=of_day(path, day, asof), className=kind, id=name))
    return html.Nav(links, className="views", **attributes(aria_label="Views of contagion"))
