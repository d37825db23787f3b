"""The Brief in Streamlit: the same sentences, three charts and two tables, all of it cached."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import streamlit as st

from tests.bench.peers import brief_content as content


@st.cache_data
def told() -> dict[str, Any]:
    return content.told()


@st.cache_data
def names(best: bool) -> pd.DataFrame:
    return content.names(told(), best=best)


@st.cache_resource
def figures() -> tuple[go.Figure, go.Figure, go.Figure]:
    table, index = content.layers(told()), content.indices(told())
    heat = table.pivot_table(index="layer", columns="side", values="mean")
    strip = go.Figure()
    for row in index.itertuples():
        strip.add_scatter(
            x=[row.low, row.move], y=[row.name, row.name], mode="lines+markers", showlegend=False
        )
    return (
        px.line(content.relay(told()), x="at", y="level", color="side", markers=True, height=230),
        px.imshow(heat, text_auto=".1f", color_continuous_scale="RdBu", height=230, aspect="auto"),
        strip.update_layout(height=200),
    )


said = content.sentences(told())
percent = st.column_config.NumberColumn(format="%.1f")
columns = {"move": percent, "drawdown": percent, "30 sessions": st.column_config.LineChartColumn()}
st.set_page_config("Brief", layout="wide")
st.title(said["headline"])
st.write(said["deck"])
st.write(said["since your last meeting"])
for place, question in zip(st.columns(5), content.QUESTIONS, strict=True):
    place.metric(question, said[question].split(". ")[0])
    place.caption(said[question])
left, right = st.columns([2, 1])
left.plotly_chart(figures()[0])
right.plotly_chart(figures()[1])
worst, best, index = st.columns(3)
worst.dataframe(names(best=False), hide_index=True, height="content", column_config=columns)
best.dataframe(names(best=True), hide_index=True, height="content", column_config=columns)
index.plotly_chart(figures()[2])
st.caption(said["rates"])
