"""The Drawdowns page in Vizro: cached dynamic data, a parameter for the window, an AG Grid."""

from __future__ import annotations

import pandas as pd
import vizro.models as vm
import vizro.plotly.express as px
from flask_caching import Cache
from vizro import Vizro
from vizro.managers import data_manager
from vizro.tables import dash_ag_grid

from tests.bench.peers import content

PRICES = content.closes()
ROWS = content.table(PRICES)


def lines(since: str = "2016") -> pd.DataFrame:
    return content.lines(PRICES, since)


data_manager.cache = Cache(config={"CACHE_TYPE": "SimpleCache"})
data_manager["lines"] = lines

number = {"function": "d3.format('.1f')(params.value)"}
columns = [
    {"field": field} | ({"valueFormatter": number} if field.endswith("%") or field == "Last" else {})
    for field in ROWS
]
page = vm.Page(
    title="Drawdowns",
    layout=vm.Flex(),
    components=[
        vm.Text(text=f"# {content.headline(ROWS)}"),
        # SVG, as for every peer: without a graphics card the automatic WebGL is far slower.
        vm.Graph(
            id="underwater",
            figure=px.line("lines", x="date", y="fall", color="name", render_mode="svg", height=520),
        ),
        vm.Table(figure=dash_ag_grid(ROWS, columnDefs=columns, dashGridOptions={"domLayout": "autoHeight"})),
    ],
    controls=[
        vm.Parameter(
            targets=["underwater.data_frame.since"],
            selector=vm.RadioItems(
                title="Window",
                value="2016",
                options=[{"label": label, "value": year} for year, label in content.WINDOWS.items()],
            ),
        )
    ],
)
server = Vizro().build(vm.Dashboard(pages=[page])).dash.server
