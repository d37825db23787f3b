"""Which names may have been renamed or delisted, and of which sessions an exchange has no bar; pure.

Neither is ever concluded from one empty answer: a source that has lost a whole exchange, or
that answers nobody, says nothing about a single name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from models.limits import NOT_FOUND_DAYS
from models.types import Floats, Session, Sessions
from models.universe import Universe


def suspect_delisted(
    universe: Universe, not_found: Mapping[str, int], found: Collection[str]
) -> dict[str, int]:
    """Return the names that the source has not known on several days while it knows others beside them.

    Parameters
    ----------
    not_found
        Days on which the source said so, by symbol.
    found
        Symbols whose last try was answered.

    Returns
    -------
    dict
        Days by symbol, for names that were not known on ``NOT_FOUND_DAYS`` days while at least half of
        the other names of their exchange were.
    """
    suspects = {}
    for symbol, days in not_found.items():
        if days < NOT_FOUND_DAYS or symbol not in universe or universe[symbol].end is not None:
            continue
        mic = universe[symbol].exchange.mic
        beside = [item.symbol for item in universe.instruments if item.exchange.mic == mic]
        others = [other for other in beside if other != symbol]
        if others and 2 * sum(other in found for other in others) >= len(others):
            suspects[symbol] = days
    return suspects


def sessions_without_bars(sessions: Sessions, shares: Floats, names: int) -> list[Session]:
    """Return the expected sessions on which no name of an exchange has a bar, later ones stored.

    A hole of the source or a closure: the bars alone do not tell.

    Parameters
    ----------
    sessions, shares
        Expected sessions and the share of the names with a bar, shape (n,); NaN before any was listed.
    names
        How many names there are: one alone proves nothing.
    """
    traded = np.flatnonzero(shares > 0)
    if names < 2 or not len(traded):
        return []
    empty = np.flatnonzero(shares == 0)
    found: list[Session] = sessions[empty[(empty < traded[-1]) & (empty > traded[0])]].tolist()
    return found
