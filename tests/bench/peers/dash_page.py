"""The Drawdowns page in plain Dash, as its tutorial would have it: one graph, one control, one grid."""

from __future__ import annotations

import functools

import dash_ag_grid as dag
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from dash import Dash, Input, Output, callback, dcc, html

from tests.bench.peers import content

PRICES = content.closes()
ROWS = content.table(PRICES)

dash_app = Dash(__name__)
server = dash_app.server


@functools.cache
def lines(since: str) -> pd.DataFrame:
    return content.lines(PRICES, since)


@callback(Output("underwater", "figure"), Input("since", "value"))
def underwater(since: str) -> go.Figure:
    # SVG, as for every peer: without a graphics card the automatic WebGL is far slower.
    return px.line(lines(since), x="date", y="fall", color="name", render_mode="svg", height=520)


number = {"function": "d3.format('.1f')(params.value)"}
dash_app.layout = html.Div(
    [
        html.H1(content.headline(ROWS)),
        dcc.RadioItems(content.WINDOWS, "2016", id="since", inline=True),
        dcc.Graph(id="underwater"),
        dag.AgGrid(
            rowData=ROWS.to_dict("records"),
            columnDefs=[
                {"field": field}
                | ({"valueFormatter": number} if field.endswith("%") or field == "Last" else {})
                for field in ROWS
            ],
            columnSize="responsiveSizeToFit",
            dashGridOptions={"domLayout": "autoHeight"},
        ),
    ]
)
