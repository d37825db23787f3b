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


def views(current: str, asof: str) -> html.Nav:
    """Links to the views; each opens as of the same instant."""
    query = f"?asof={quote(asof, safe=':-')}" if asof else ""
    links = []
    for path, title in VIEWS:
        kind = "view-tab current" if path == current else "view-tab"
        name = part("contagion", "view", title.lower())
        links.append(dcc.Link(title, href=path + query, className=kind, id=name))
    return html.Nav(links, className="views", **attributes(aria_label="Views of contagion"))
