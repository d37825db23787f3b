"""Shared types: sessions, instants and the columnar bars that travel from source to store.

A session is the exchange's own trading date, naive: ``datetime.date`` alone,
``datetime64[D]`` in arrays. An instant is a UTC ``datetime`` alone, ``datetime64[s]``
in arrays. Prices are local currency, float64, NaN where the source gave nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import IntFlag
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Session: TypeAlias = date
Instant: TypeAlias = datetime
Sessions: TypeAlias = NDArray[np.datetime64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

PRICE_FIELDS = ("open", "high", "low", "close", "adj_close")
BAR_FIELDS = (*PRICE_FIELDS, "volume")


class Flag(IntFlag):
    """Why a stored bar is suspect: kept, counted and shown, never dropped."""

    NONE = 0
    CLOSE_OUTSIDE_BAR = 1
    STALE_CLOSE = 2
    JUMP_UNCONFIRMED = 4
    ZERO_VOLUME_REPEAT = 8


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Daily bars of one symbol, in columns, ordered by session.

    Every array has shape (n_sessions,). A field the source did not give is NaN;
    ``close`` or ``adj_close`` is always present. ``final`` is False for a bar whose
    session had not closed, with its grace, when it was seen.
    """

    symbol: str
    sessions: Sessions
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    adj_close: Floats
    volume: Floats
    final: Bools
    flags: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.sessions)

    @classmethod
    def of(cls, symbol: str, sessions: Any, **columns: Any) -> Bars:
        """Build bars from any sequences; a column not given is NaN, final or unflagged."""
        days = np.asarray(sessions, dtype="datetime64[D]")
        n = len(days)
        values = {
            name: np.asarray(columns.pop(name), dtype=np.float64) if name in columns else np.full(n, np.nan)
            for name in BAR_FIELDS
        }
        final = np.asarray(columns.pop("final", np.ones(n)), dtype=np.bool_)
        flags = np.asarray(columns.pop("flags", np.zeros(n)), dtype=np.uint16)
        if columns:
            raise TypeError(f"unknown columns: {', '.join(sorted(columns))}")
        return cls(symbol, days, final=final, flags=flags, **values)

    def take(self, index: Any) -> Bars:
        """Rows by boolean mask, slice or positions, in a new object."""
        columns = {name: getattr(self, name)[index] for name in (*BAR_FIELDS, "final", "flags")}
        return replace(self, sessions=self.sessions[index], **columns)


@dataclass(frozen=True, slots=True)
class Action:
    """A corporate action as the source reported it.

    ``value`` is new shares per old share for a split, local currency per share for a
    dividend or a capital gain.
    """

    session: Session
    kind: Literal["split", "dividend", "capital_gain"]
    value: float


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row that failed a check: its reason code, a sentence, and the row as received."""

    symbol: str
    session: Session | None
    reason: str
    detail: str
    row: dict[str, Any] = field(default_factory=dict)


def utc(value: datetime) -> Instant:
    """Return an aware instant in UTC.

    Raises
    ------
    ValueError
        If the value carries no time zone: a naive time is a session or a mistake.
    """
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; an instant is always UTC")
    return value.astimezone(UTC)


def instant64(value: datetime) -> np.datetime64:
    """Return an instant as ``datetime64[s]`` in UTC, for comparison with arrays."""
    return np.datetime64(utc(value).replace(tzinfo=None), "s")


def session64(value: date) -> np.datetime64:
    """Return a session as ``datetime64[D]``."""
    return np.datetime64(value, "D")
