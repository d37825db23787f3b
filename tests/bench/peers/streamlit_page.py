"""The Drawdowns page in Streamlit: cached data, the chart and its control in a fragment of their own."""

from __future__ import annotations

import pandas as pd
import plotly.express as px
import streamlit as st

from tests.bench.peers import content


@st.cache_data
def rows() -> pd.DataFrame:
    prices = content.closes()
    table = content.table(prices)
    return table.assign(Underwater=table["Name"].map(content.sparks(prices)))


@st.cache_data
def lines(since: str) -> pd.DataFrame:
    return content.lines(content.closes(), since)


# Without the fragment, a change of the window runs the whole script and sends the table again.
@st.fragment
def chart() -> None:
    since = st.radio("Window", list(content.WINDOWS), format_func=content.WINDOWS.get, horizontal=True)
    # Plotly would choose WebGL for this many points, which a browser without a graphics card
    # draws in software and far slower than SVG.
    figure = px.line(lines(since), x="date", y="fall", color="name", render_mode="svg", height=520)
    st.plotly_chart(figure)


percent = st.column_config.NumberColumn(format="%.1f")
st.set_page_config("Drawdowns", layout="wide")
st.title(content.headline(rows()))
chart()
st.dataframe(
    rows(),
    hide_index=True,
    height="content",
    column_config={
        "Last": st.column_config.NumberColumn(format="%.2f"),
        "Day, %": percent,
        "Now, %": percent,
        "Worst, %": percent,
        "Underwater": st.column_config.LineChartColumn(),
    },
)
