"""The views of events and the links between them."""

from __future__ import annotations

from urllib.parse import quote

from dash import html

from app.render.html.controls import view_tabs

VIEWS = (("/events", "List"), ("/events/study", "Study"), ("/events/compare", "Compare"))


def event_address(path: str, event: str, basket: str, asof: str) -> str:
    """The address of one event on a view, for the same basket and as of the same instant."""
    shared = "" if basket == "all" else f"&basket={basket}"
    then = f"&asof={quote(asof, safe=':-')}" if asof else ""
    return f"{path}?event={quote(event, safe=':-')}{shared}{then}"


def views(current: str, asof: str, event: str = "") -> html.Nav:
    """Links to the views; each opens as of the same instant, on the same event."""
    kept = [(name, text) for name, text in (("event", event), ("asof", asof)) if text]
    query = "?" + "&".join(f"{name}={quote(text, safe=':-')}" for name, text in kept) if kept else ""
    return view_tabs("events", VIEWS, current, lambda path: path + query)
