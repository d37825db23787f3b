"""The views of contagion and the links between them."""

from __future__ import annotations

from urllib.parse import quote

from dash import html

from app.render.html.controls import view_tabs

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
    return view_tabs("contagion", VIEWS, current, lambda path: of_day(path, day, asof))
