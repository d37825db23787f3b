"""The sessions around day 0, on every view of events that has a day 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from app.kinds.address import PageState
from app.kinds.ids import part
from app.market import words
from app.render.html.menu import field_menu


def window_menu(
    page: str,
    state: PageState,
    windows: Sequence[tuple[int, int]],
    limits: Mapping[str, tuple[int, int]],
    **also: Any,
) -> html.Details:
    """The usual windows, the first the most usual, and fields for one's own; a choice sets ``also`` too."""

    def field(name: str, said: str, usual: int) -> tuple[str, str, str, str]:
        least, most = limits[name]
        return part(page, name, "date"), f"{said}, {least} to {most}", str(getattr(state, name)), str(usual)

    before, after = (getattr(state, name) for name in ("before", "after"))
    choices = [
        (_span(*ends), state.query(before=ends[0], after=ends[1], **also), ends == (before, after))
        for ends in windows
    ]
    fields = [
        field("before", "Sessions before day 0", windows[0][0]),
        field("after", "Sessions after it", windows[0][1]),
    ]
    return field_menu("Window", _span(before, after), [("", choices)], fields)


def _span(before: int, after: int) -> str:
    return f"{words.signed(-before, 0)} to {words.signed(after, 0)}"
