"""The commands of correlation that print rows."""

from __future__ import annotations

from app.commands.asking import answer, asked_of, chosen_of, date_of
from app.kinds.answer import Sheet
from app.market.market import View
from app.questions.correlation import adjusted, lagged
from app.questions.correlation.lagged import Show
from app.questions.correlation.pairs import node_id
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
    then = asked_of(as_of)
    if rows < 0:
        raise AftershockError(f"--rows is how many of the last rows count, 0 for all, not {rows}.")

    chosen, code = chosen_of(names)

    def ask(view: View) -> Sheet:
        leader, follower = _pair(view, pair)
        return lagged.correlation(
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

    return max(code, answer(form, then, ask))


def forbes_rigobon(as_of: str | None, basket: str, pair: tuple[str, str], fall: str, form: str) -> int:
    """Print calm, raw and adjusted correlation side by side."""
    then, peak = asked_of(as_of), str(date_of(fall)) if fall else ""

    def ask(view: View) -> Sheet:
        leader, follower = _pair(view, pair)
        return adjusted.adjusted_sheet(view, basket, leader, follower, peak, then)

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
