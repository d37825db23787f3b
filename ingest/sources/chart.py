"""Yahoo's chart answer, read without a library in between: bytes in, rows as received out.

A pure module: no network, no clock. It exists because yfinance's frame hides rows that a
check has to see. Of two rows for the last day it keeps the live one, of other doubles the
first; a volume that is missing becomes 0; a row after the span asked for is dropped; an
answer without a currency is a bare KeyError.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import orjson
import pandas as pd

from ingest.sources.base import FetchFailure, Live
from models.types import BAR_FIELDS, Action, Bars, Floats, Instant, Sessions

# Too Many Requests, and the code Yahoo used for the same before.
RATE_LIMITED = frozenset({429, 999})
_EVENTS: dict[str, Literal["split", "dividend", "capital_gain"]] = {
    "splits": "split",
    "dividends": "dividend",
    "capitalGains": "capital_gain",
}
FURTHEST = 7_258_118_400
"""Seconds from 1970 to 2200; a stamp past it, either way, is no day of ours."""
_QUOTE_FIELDS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """One symbol's rows in the order received, with what the answer says about itself.

    ``stamps`` is ``datetime64[s]`` in UTC and ``sessions`` the exchange's own date of
    each, both of shape (n,). ``notes`` says which events could not be read.
    """

    bars: Bars
    stamps: Sessions
    actions: tuple[Action, ...]
    currency: str | None
    timezone: str | None
    symbol: str | None
    live: Live | None
    granularity: str | None = None
    notes: tuple[str, ...] = ()


def read_reply(symbol: str, status: int, headers: Any, body: bytes) -> Chart:
    """Return the rows of an HTTP reply to a chart request.

    Raises
    ------
    FetchFailure
        With the kind that the status, the type and the text together allow. Only an
        explicit "no data found" is ``not_found``: an empty answer says nothing about
        the symbol.
    """
    if status in RATE_LIMITED:
        raise FetchFailure(
            "rate_limit", f"Yahoo answered {status}, too many requests.", retry_after=retry_after(headers)
        )
    if status >= 500:
        raise FetchFailure("transient", f"Yahoo answered {status}, an error of its own.")
    if status in (401, 403):
        raise FetchFailure("transient", f"Yahoo answered {status} and refused the request.")
    document = _document(status, body)
    error = _error(document)
    if error is not None:
        raise _refusal(status, error)
    if status != 200:
        raise FetchFailure("malformed", f"Yahoo answered {status} without saying why; check the address.")
    return _chart(symbol, document)


def _document(status: int, body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        if status != 200:
            raise FetchFailure(
                "malformed", f"The address answered {status} with a page; it is not a Yahoo chart service."
            ) from None
        what = "a page instead of prices" if body.lstrip()[:1] == b"<" else "an answer that breaks off"
        raise FetchFailure("transient", f"Yahoo sent {what}.") from None


def _error(document: Any) -> dict[str, Any] | None:
    chart = document.get("chart") if isinstance(document, dict) else None
    error = chart.get("error") if isinstance(chart, dict) else None
    return error if isinstance(error, dict) else None


def _refusal(status: int, error: dict[str, Any]) -> FetchFailure:
    words = ": ".join(str(part) for part in (error.get("code"), error.get("description")) if part)
    told = words.lower()
    if status in (200, 404) and ("not found" in told or "no data found" in told):
        return FetchFailure("not_found", f"Yahoo says: {words}.")
    if "too many requests" in told:
        return FetchFailure("rate_limit", f"Yahoo says: {words}.")
    if "data doesn't exist" in told:
        # The span holds no bar yet, a holiday for one: no word about the symbol itself.
        return FetchFailure("transient", f"Yahoo has no bar in the span asked for: {words}.")
    return FetchFailure("malformed", f"Yahoo refused the request: {words}.")


def _chart(symbol: str, document: Any) -> Chart:
    try:
        results = document["chart"]["result"]
    except (KeyError, TypeError):
        raise FetchFailure("malformed", "The answer has no chart in it.") from None
    if not results:
        raise FetchFailure("transient", "Yahoo sent an empty answer, which says nothing about the symbol.")
    try:
        result = results[0]
        meta = result["meta"]
        stamps = _stamps(result.get("timestamp") or [])
        zone = meta.get("exchangeTimezoneName")
        sessions = _sessions(stamps, zone, meta.get("gmtoffset"))
        bars = Bars.of(symbol, sessions, **_columns(result["indicators"], len(stamps)))
        actions, notes = _actions(result.get("events") or {}, zone, meta.get("gmtoffset"))
        live = _live(meta, zone)
    except _ShapeError as error:
        raise FetchFailure("malformed", f"The answer does not have the shape of a chart: {error}.") from error
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise FetchFailure("malformed", "The answer does not have the shape of a chart.") from error
    return Chart(
        bars,
        stamps,
        actions,
        _text(meta.get("currency")),
        _text(zone),
        _text(meta.get("symbol")),
        live,
        _text(meta.get("dataGranularity")),
        notes,
    )


class _ShapeError(ValueError):
    """What is wrong with the shape of an answer, in our words."""


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _stamps(values: Any) -> Sessions:
    """Instants of the rows; one that no clock of ours shows is NaT, a row without a date."""
    if not isinstance(values, list) or not all(isinstance(value, int) for value in values):
        raise _ShapeError("a time is no whole number of seconds")
    known = [value if abs(value) < FURTHEST else None for value in values]
    return np.array([np.datetime64("NaT") if value is None else value for value in known], "datetime64[s]")


def _columns(indicators: dict[str, Any], count: int) -> dict[str, Floats]:
    quote = indicators["quote"][0] or {}
    given = {name: quote.get(name) for name in _QUOTE_FIELDS}
    given["adj_close"] = (indicators.get("adjclose") or [{}])[0].get("adjclose")
    columns = {name: _floats(given[name], count) for name in BAR_FIELDS}
    for name, column in columns.items():
        if len(column) != count:
            raise _ShapeError(f"{count} days but {len(column)} values of {name}")
    return columns


def _floats(values: list[Any] | None, count: int) -> Floats:
    # numpy reads None as NaN when it is told the type
    return np.full(count, np.nan) if values is None else np.array(values, dtype=np.float64)


def _sessions(stamps: Sessions, zone: str | None, offset: Any) -> Sessions:
    """Return the local date of each instant: the UTC date is a day early for half of Asia."""
    known = _zone(zone)
    if known is None:
        shift = offset if isinstance(offset, int) else 0
        return (stamps + np.timedelta64(shift, "s")).astype("datetime64[D]")
    local = pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert(known).tz_localize(None)
    return local.to_numpy().astype("datetime64[D]")


def _session(stamp: int, zone: str | None, offset: Any = None) -> date:
    known = _zone(zone)
    if known is None:
        return (_utc(stamp) + timedelta(seconds=offset if isinstance(offset, int) else 0)).date()
    return datetime.fromtimestamp(stamp, known).date()


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _actions(
    events: dict[str, Any], zone: str | None, offset: Any
) -> tuple[tuple[Action, ...], tuple[str, ...]]:
    """The events of an answer, and a sentence for each that cannot be read: it costs no price."""
    found: list[Action] = []
    notes: list[str] = []
    for key, kind in _EVENTS.items():
        entries = events.get(key) or {}
        for item in entries.values() if isinstance(entries, dict) else entries:
            try:
                session = _session(item["date"], zone, offset)
                found.append(Action(session, kind, _size(item, kind)))
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError, ArithmeticError):
                notes.append(f"Left out: a {kind.replace('_', ' ')}{_as_given(item)}, which cannot be read.")
    return tuple(sorted(found, key=lambda action: (action.session, action.kind))), tuple(notes)


def _size(item: dict[str, Any], kind: str) -> float:
    """New shares for an old one, or the payment a share; an error when it is none."""
    value = (
        float(item["numerator"]) / float(item["denominator"]) if kind == "split" else float(item["amount"])
    )
    if not 0 < value < float("inf"):
        raise ValueError("no size")
    return value


def _as_given(item: Any) -> str:
    """What an event says of itself, as far as it does, in few letters."""
    if not isinstance(item, dict):
        return ""
    size = item.get("splitRatio") or item.get("amount")
    if size is None and "numerator" in item:
        size = f"{item['numerator']}:{item.get('denominator')}"
    return f" of {str(size)[:24]}" if size is not None else ""


def _live(meta: dict[str, Any], zone: str | None) -> Live | None:
    regular = (meta.get("currentTradingPeriod") or {}).get("regular")
    if not regular:
        return None
    seen = meta.get("regularMarketTime")
    return Live(
        session=_session(regular["start"], zone, meta.get("gmtoffset")),
        opens=_utc(regular["start"]),
        closes=_utc(regular["end"]),
        last_trade=None if seen is None else _utc(seen),
    )


def _utc(stamp: int) -> Instant:
    return datetime.fromtimestamp(stamp, UTC)


def header(headers: Any, name: str) -> str | None:
    """Return a header of a reply, None when it was not sent."""
    value = headers.get(name) if headers is not None else None
    return value if isinstance(value, str) and value else None


def retry_after(headers: Any) -> timedelta | None:
    """Return how long the source asks to be left alone: seconds, or a date against its own clock."""
    text = header(headers, "Retry-After")
    if text is None:
        return None
    if text.strip().isdigit():
        return timedelta(seconds=int(text))
    until, sent = http_date(text), http_date(header(headers, "Date"))
    return max(until - sent, timedelta(0)) if until and sent else None


def http_date(text: str | None) -> Instant | None:
    """Return the instant of an HTTP date, None when it is not one."""
    try:
        value = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
