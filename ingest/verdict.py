"""What each row of an answer is held for, and what a person has released it from; pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.reasons import CODES
from models.reasons import RELEASABLE
from models.types import Bars, Bools, Floats, HeldRow

SAME_CLOSE = 1e-6
"""Relative distance within which a row is the one that was released."""


class Verdict:
    """One reason a row, the first rule that fails; a row released for a reason is not held for it again.

    A released row is known by its session, its reason and its close: another value in its
    place is another row, which nobody has looked at.

    Attributes
    ----------
    codes
        Values of `CODES`, shape (n,), 0 for a row that passes.
    """

    def __init__(self, bars: Bars, released: Sequence[HeldRow] = ()) -> None:
        self.codes: NDArray[np.int8] = np.zeros(len(bars), dtype=np.int8)
        self._spared: dict[str, Bools] = {}
        for row in released:
            if row.reason in RELEASABLE and row.session is not None:
                same = (bars.sessions == np.datetime64(row.session, "D")) & _close_is(bars.close, row)
                self._spared[row.reason] = self.spared(row.reason) | same

    @property
    def passed(self) -> Bools:
        """Rows that nothing is held against, shape (n,)."""
        return self.codes == 0

    def spared(self, *reasons: str) -> Bools:
        """Rows that a person released for one of the reasons, shape (n,)."""
        found = np.zeros(len(self.codes), dtype=np.bool_)
        for reason in reasons:
            found = found | self._spared.get(reason, False)
        return found

    def hold(self, wrong: Bools, reason: str) -> None:
        """Give a reason to the rows that have none yet and were not released for it; shape (n,)."""
        self.codes[wrong & self.passed & ~self.spared(reason)] = CODES[reason]

    def hold_row(self, row: int, reason: str) -> None:
        """The same for one row."""
        if self.codes[row] == 0 and not self.spared(reason)[row]:
            self.codes[row] = CODES[reason]

    def contradict(self, rows: NDArray[np.intp]) -> None:
        """Hold rows of one session that differ, but for the first that a person released."""
        released = rows[self.spared("duplicate")[rows]]
        self.codes[np.setdiff1d(rows, released[:1])] = CODES["duplicate"]


def _close_is(close: Floats, row: HeldRow) -> Bools:
    released = row.row.get("close")
    if not isinstance(released, int | float):
        return np.isnan(close)
    return np.isclose(close, released, rtol=SAME_CLOSE, atol=0.0)
