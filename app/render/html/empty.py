"""What stands where nothing can stand yet: one sentence and one action."""

from __future__ import annotations

from dash import html

from app.render.html import attributes


def empty(reason: Exception | str) -> html.Div:
    """Return the empty state of a page; its progress line fills while a first backfill runs."""
    return html.Div(
        [
            html.P(str(reason), className="empty-reason"),
            html.Div(id="shell-progress", className="progress", **attributes(aria_live="polite")),
        ],
        className="empty",
        **attributes(data_empty="true"),
    )
