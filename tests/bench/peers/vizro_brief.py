"""The Brief in Vizro: the same sentences, three charts and two AG Grids, worked out before it starts."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import vizro.models as vm
import vizro.plotly.express as px
from vizro import Vizro
from vizro.models.types import capture
from vizro.tables import dash_ag_grid

from tests.bench.peers import brief_content as content

TOLD = content.told()
SAID = content.sentences(TOLD)
HEAT = content.layers(TOLD).pivot_table(index="layer", columns="side", values="mean")


def grid(*, best: bool) -> vm.Table:
    # Sparklines are left out in its favour: a community grid has none.
    table = content.names(TOLD, best=best).drop(columns="30 sessions")
    number = {"function": "d3.format('.1f')(params.value)"}
    columns = [
        {"field": field} | ({"valueFormatter": number} if field in ("move", "drawdown") else {})
        for field in table
    ]
    return vm.Table(
        figure=dash_ag_grid(table, columnDefs=columns, dashGridOptions={"domLayout": "autoHeight"})
    )


@capture("graph")
def heat(data_frame: pd.DataFrame) -> go.Figure:
    return go.Figure(
        go.Heatmap(z=data_frame, x=list(data_frame), y=list(data_frame.index), texttemplate="%{z:.1f}")
    )


@capture("graph")
def strip(data_frame: pd.DataFrame) -> go.Figure:
    figure = go.Figure()
    for row in data_frame.itertuples():
        figure.add_scatter(
            x=[row.low, row.move], y=[row.name, row.name], mode="lines+markers", showlegend=False
        )
    return figure


answers = "\n\n".join(f"**{question}** {SAID[question]}" for question in content.QUESTIONS)
page = vm.Page(
    title="Brief",
    layout=vm.Flex(),
    components=[
        vm.Text(
            text=f"# {SAID['headline']}\n\n{SAID['deck']}\n\n{SAID['since your last meeting']}\n\n{answers}"
        ),
        vm.Graph(
            figure=px.line(content.relay(TOLD), x="at", y="level", color="side", markers=True, height=230)
        ),
        vm.Graph(figure=heat(HEAT)),
        grid(best=False),
        grid(best=True),
        vm.Graph(figure=strip(content.indices(TOLD))),
        vm.Text(text=SAID["rates"]),
    ],
)
server = Vizro().build(vm.Dashboard(pages=[page])).dash.server
