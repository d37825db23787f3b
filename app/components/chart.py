"""A chart on a page: its title, what it measures, its ways out, the plot and its data as a table."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app.components import attributes
from app.components.static import static

GRAPH_CONFIG: Any = {
    "displayModeBar": False,
    "responsive": False,
    "doubleClick": "reset",
    "scrollZoom": False,
}
_ACTIONS = (
    ("png", "PNG", "Save as a picture for a memo, 3200 × 1800"),
    ("copy", "Copy", "Copy the picture to the clipboard"),
    ("csv", "CSV", "Save the data of this chart"),
    ("table", "Table", "Show the data as a table"),
)


def chart(
    chart_id: str, figure: dict[str, Any] | None, *, title: str, note: str, summary: str
) -> html.Figure:
    """Return the frame of one chart; without a figure, the frame alone (it is loading)."""
    head = html.Figcaption(
        [
            html.H2(title, id=f"{chart_id}-title"),
            html.P(note, id=f"{chart_id}-note", className="note"),
            html.Span(id=f"{chart_id}-readout", className="readout", **attributes(aria_live="polite")),
            static(
                [_action(chart_id, kind, word, hint) for kind, word, hint in _ACTIONS],
                className="actions",
                role="group",
                **attributes(aria_label="Take this chart with you"),
            ),
        ],
        className="chart-head",
    )
    plot = (
        dcc.Graph(id=chart_id, figure=figure, config=GRAPH_CONFIG)
        if figure is not None
        else html.Div(className="skeleton skeleton-chart")
    )
    label = attributes(role="img", aria_label=f"{title}. {note}. {summary}")
    return html.Figure(
        [
            head,
            html.Div(plot, className="plot", **label),
            html.Div(id=f"{chart_id}-data", className="chart-data", hidden=True),
        ],
        className="chart",
        **attributes(data_chart=chart_id),
    )


def _action(chart_id: str, kind: str, word: str, hint: str) -> html.Button:
    return html.Button(
        word,
        id=f"{chart_id}-{kind}",
        title=hint,
        className="word",
        **attributes(data_action=kind, data_chart=chart_id, aria_label=f"{word}: {hint}"),
    )
