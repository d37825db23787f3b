"""What a page was asked: the market as it stood at the instant its address names."""

from __future__ import annotations

from app.answers.rows import moment_of
from app.data import Market, View
from app.state import parse_asof
from models.errors import NoPricesError
from models.types import Instant


def asked_view(market: Market, asof: str, notices: list[str]) -> tuple[View, Instant]:
    """The view and its instant; an instant that has not come is not used, and a notice says so.

    Raises
    ------
    NoPricesError
        If no price is stored by then.
    """
    now = market.now()
    try:
        moment = moment_of(parse_asof(asof, now), now)
    except NoPricesError as error:
        notices.append(f"Ignored asof: {error}")
        moment = None
    return market.view(moment), moment or now
