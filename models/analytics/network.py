"""The links of a connectedness table that a drawing can hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.analytics.connectedness import Connectedness
from models.errors import MeasureSettingError

EDGES_PER_NAME = 2
MAX_NODES = 20
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The strongest links of a table, for a drawing.

    Attributes
    ----------
    nodes
        ``name, net, to, from``, fractions, in the order of the table.
    edges
        ``source, target, weight, net``: the share of the target's variance that comes from the
        source's shocks, and the net of the pair from source to target; strongest first.
    threshold
        The smallest share drawn could have had: the mean of all shares between two names.
    possible
        Links there are, N (N − 1).
    """

    nodes: pd.DataFrame
    edges: pd.DataFrame
    threshold: float
    possible: int


def network(result: Connectedness, per_name: int = EDGES_PER_NAME) -> Network:
    """Return the links to draw: the strongest shares between two names, and no weak one.

    A share is drawn when it is at least the mean of all shares between two names, and among the
    strongest ``per_name`` × N.

    Parameters
    ----------
    result
        Of at most 20 names.
    per_name
        Links a name, on average.

    Returns
    -------
    Network
        Nodes with their NET, and directed links.

    Raises
    ------
    MeasureSettingError
        For more names than a drawing can hold.
    """
    count = len(result.names)
    if count > MAX_NODES:
        raise MeasureSettingError("The number of names in a network", count, f"at most {MAX_NODES}")
    shares = result.table.copy()
    np.fill_diagonal(shares, -1.0)
    threshold = float(result.from_others.sum() / (count * (count - 1)))
    order = np.argsort(-shares, axis=None, kind="stable")[: per_name * count]
    target, source = np.unravel_index(order, shares.shape)
    weight = shares[target, source]
    strong = (weight > 0) & (weight >= threshold * (1 - _ROUNDING))
    target, source = target[strong], source[strong]
    labels = np.array(result.names, dtype=object)
    edges = pd.DataFrame(
        {
            "source": pd.array(labels[source], dtype="str"),
            "target": pd.array(labels[target], dtype="str"),
            "weight": shares[target, source],
            "net": result.net_pairwise[source, target],
        }
    )
    nodes = pd.DataFrame(
        {"name": result.names, "net": result.net, "to": result.to_others, "from": result.from_others}
    )
    return Network(nodes, edges, threshold, count * (count - 1))
