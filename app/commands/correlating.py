"""The commands of correlation that print rows."""

from __future__ import annotations

from app.answers import adjusting, correlating
from app.answers.correlating import Show
from app.answers.pairs import node_id
from app.commands.asking import answer
from app.data import View
from app.sheets import Sheet
from app.state import day_of, names_of, parse_asof
from models.errors import AftershockError


def correlation(
    as_of: str | None,
    basket: str,
    pair: tuple[str, str],
    window: int,
    show: Show,
    names: str,
    rows: int,
    form: str,
) -> int:
    """Print every pair of the matrix at its lag; one pair through time is in the JSON."""
    then = parse_asof(as_of or "")
    if rows < 0:
        raise AftershockError(f"--rows is how many of the last rows count, 0 for all, not {rows}.")

    def ask(view: View) -> Sheet:
        leader, follower = _pair(view, pair)
        chosen = names_of(names, view.universe)
        return correlating.correlation(
            view,
            basket,
            leader=leader,
            follower=follower,
            window=window,
            show="names" if chosen else show,
            names=chosen,
            rows=rows,
            as_of=then,
        )

    return answer(form, then, ask)


def forbes_rigobon(as_of: str | None, basket: str, pair: tuple[str, str], fall: str, form: str) -> int:
    """Print calm, raw and adjusted correlation side by side."""
    then, peak = parse_asof(as_of or ""), day_of(fall) if fall else ""

    def ask(view: View) -> Sheet:
        leader, follower = _pair(view, pair)
        return adjusting.adjusted_sheet(view, basket, leader, follower, peak, then)

    return answer(form, then, ask)


def _pair(view: View, pair: tuple[str, str]) -> tuple[str | None, str | None]:
    """Both or neither: half a pair is a question nobody asked.

    Raises
    ------
    AftershockError
        If one of them is missing or unknown.
    """
    if bool(pair[0]) != bool(pair[1]):
        raise AftershockError(
            "Name both --leader and --follower, such as us:memory and 000660.KS, or neither."
        )
    if not pair[0]:
        return None, None
    return node_id(view.universe, pair[0]), node_id(view.universe, pair[1])
