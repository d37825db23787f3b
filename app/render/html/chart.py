"""A chart on a page: its title, what it measures, its ways out, the plot and its data as a table."""

from __future__ import annotations

from dash import html

from app.render.html import attributes
from app.render.html.markup import static
from app.render.memo.sizes import WHOLE_ONLY

_ACTIONS = (
    ("png", "PNG", "Save as a picture for a memo, 3200 × 1800"),
    ("half", "Half", "Save as a picture of half a memo’s width, 1600 × 2000"),
    ("copy", "Copy", "Copy the picture to the clipboard"),
    ("csv", "CSV", "Save the data of this chart"),
    ("table", "Table", "Show the data as a table"),
)


def chart(
    chart_id: str,
    *,
    title: str,
    note: str,
    summary: str,
    heights: tuple[int, int] | None = None,
    stacked: bool = False,
) -> html.Figure:
    """Return the frame of one chart; the page's script fetches its figure and draws it there.

    ``heights`` are those of a compact and of a wide screen, in pixels; ``stacked`` puts what the chart
    measures under its title, for one that does not have the width of the page.
    """
    head = html.Figcaption(
        [
            html.H2(title, id=f"{chart_id}-title"),
            html.P(note, id=f"{chart_id}-note", className="note"),
            html.Span(id=f"{chart_id}-readout", className="readout", **attributes(aria_live="polite")),
            static(
                [
                    _action(chart_id, kind, word, hint)
                    for kind, word, hint in _ACTIONS
                    if kind != "half" or chart_id not in WHOLE_ONLY
                ],
                className="actions",
                role="group",
                **attributes(aria_label="Take this chart with you"),
            ),
        ],
        className="chart-head",
    )
    # Title and note follow the controls by themselves; what is drawn brings its own summary.
    label = attributes(role="img", aria_labelledby=f"{chart_id}-title {chart_id}-note {chart_id}-summary")
    tall = {"--tall": f"{heights[0]}px", "--tall-wide": f"{heights[1]}px"} if heights else None
    plot = html.Div(id=chart_id, className="plot", style=tall, **attributes(data_plot=chart_id), **label)
    return html.Figure(
        [
            head,
            plot,
            html.P(summary, id=f"{chart_id}-summary", className="unseen"),
            html.Div(
                id=f"{chart_id}-data",
                className="chart-data",
                hidden=True,
                role="region",
                tabIndex="0",  # who has no pointer scrolls it too
                **attributes(aria_labelledby=f"{chart_id}-title"),
            ),
        ],
        className="chart stacked" if stacked else "chart",
        **attributes(data_chart=chart_id),
    )


def _action(chart_id: str, kind: str, word: str, hint: str) -> html.Button:
    opens = attributes(aria_expanded="false", aria_controls=f"{chart_id}-data") if kind == "table" else {}
    return html.Button(
        word,
        id=f"{chart_id}-{kind}",
        title=hint,
        className="word",
        **attributes(data_action=kind, data_chart=chart_id, aria_label=f"{word}: {hint}"),
        **opens,
    )
