"""Bars of five minutes: a name's last weeks between open and close."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta

import numpy as np

from models.types import Floats, Sessions

STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, eq=False)
class IntradayBars:
    """Bars of one name by the instant each begins, ``datetime64[s]`` in UTC, all of shape (n,)."""

    at: Sessions
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: np.ndarray) -> IntradayBars:
        """Some of the bars."""
        return IntradayBars(*(getattr(self, item.name)[rows] for item in fields(self)))
