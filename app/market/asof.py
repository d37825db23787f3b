"""The instant a question is asked of, and who has a price by then."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from app.market.market import Market, View
from models.dates import read_moment
from models.errors import NoPricesError
from models.types import Instant

EVENING = time(23, 59)
"""The minute in UTC that stands for a date: every session of it has closed, and none of the next is open."""


def priced_columns(view: View, basket: str) -> list[int]:
    """Columns of the basket's names that have a bar."""
    columns = view.columns(view.universe.basket(basket).symbols)
    found = [column for column in columns if view.panel.present[:, column].any()]
    if not found:
        raise NoPricesError(
            f"No name of the basket {basket!r} has a price by then; run `aftershock ingest once`."
        )
    return found


def moment_of(as_of: date | datetime | None, now: Instant) -> Instant | None:
    """The instant of an as-of that was asked for; None means now.

    A date stands for its evening: by then every exchange has closed its session of that date,
    New York's too, and none has opened the next.

    Raises
    ------
    NoPricesError
        If it has not come yet.
    """
    if as_of is None:
        return None
    end = as_of if isinstance(as_of, datetime) else datetime.combine(as_of, EVENING, UTC)
    if end > now and (isinstance(as_of, datetime) or as_of > now.date()):
        raise NoPricesError(f"{as_of} has not come yet; the clock says {now:%Y-%m-%d %H:%M} UTC.")
    return min(end, now)


def wait_until(at: Instant, moment: Instant) -> timedelta | None:
    """How long it is from an instant until another; None from the evening of a date, which nobody chose.

    An evening is known by its minute: the address that pins a view tells no more of it.
    """
    return None if moment.astimezone(UTC).time() == EVENING else at - moment


def written(moment: Instant) -> str:
    """An instant as addresses and answers write it, to the minute: ``parse_asof`` reads it back."""
    return moment.astimezone(UTC).isoformat(timespec="minutes").replace("+00:00", "Z")


def parse_asof(text: str, now: Instant | None = None) -> Instant | date | None:
    """Read an as-of: nothing, a date (all sessions up to it) or an instant, in UTC unless it names a zone.

    Raises
    ------
    BadDateError
        If the text is neither.
    """
    return read_moment(text, now) if text.strip() else None


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
