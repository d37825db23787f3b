"""The paths of a study as figures and files take them."""

from __future__ import annotations

import pandas as pd

from app.figures.event_paths import Paths
from app.questions.event_study.abnormal import GroupPath, Studied
from models.types import Floats


def paths_of(found: Studied) -> list[Paths]:
    """The panels of a study in percent: all names, then its layers, deepest first; a lone layer is all."""
    if len(found.layers) == 1:
        return [_panel(found, found.whole, found.layers[0].name)]
    return [_panel(found, found.whole, "All names"), *(_panel(found, group) for group in found.layers)]


def paths_frame(found: Studied) -> pd.DataFrame:
    """The paths by session from day 0, fractions: of each group mean, low and high, then of each name."""
    columns: dict[str, Floats] = {}
    for group in (found.whole, *found.layers):
        values = {"": group.car, " low": group.low, " high": group.high}
        columns |= {f"{group.id}{part}": path for part, path in values.items()}
    columns |= {name.symbol: name.car for name in found.names}
    return pd.DataFrame(columns, index=pd.Index(found.offsets, name="session"))


def _panel(found: Studied, group: GroupPath, title: str = "") -> Paths:
    members = set(group.symbols)
    names = [(name.name, name.car * 100) for name in found.names if name.symbol in members]
    return Paths(
        title or group.name, names, group.car * 100, group.low * 100, group.high * 100, heavy=bool(title)
    )
