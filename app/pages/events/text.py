"""Text that people wrote, on its way to the page."""

from __future__ import annotations

from dash import html


def own(text: str) -> html.Bdi:
    """A text in its own direction of writing, so that what stands beside it keeps its place."""
    return html.Bdi(text)
