"""A small table beside a chart, with its title in its head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html


def file_link(text: str, address: str) -> html.A | None:
    """A word that brings a file; nothing without an address."""
    return html.A(text, href=address, download="", className="word") if address else None


def side_table(
    title: str, heads: Sequence[tuple[str, str]], rows: Sequence[html.Tr], empty: str, kind: str
) -> html.Table:
    """Return the table; the title stands over the first columns, those whose head is empty.

    ``heads`` are labels with their classes; ``empty`` is said when there is no row.
    """
    blank = next((place for place, (text, _) in enumerate(heads) if text), len(heads))
    columns: list[Any] = [html.Th(title, className="title", scope="col", colSpan=blank)]
    if not title.strip():
        columns = [html.Td(title, className="title", colSpan=blank)]  # nothing to read out is no head
    columns += [html.Th(text, className=kind_, scope="col") for text, kind_ in heads[blank:]]
    body = list(rows) or [html.Tr(html.Td(empty, colSpan=len(heads)))]
    return html.Table([html.Thead(html.Tr(columns)), html.Tbody(body)], className=f"side {kind}")
