"""Company answers: quoteSummary and the fundamentals time series, as far as yfinance needs them."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from tests.standin.prices import Table

# Column of the statements file, Yahoo's item, and the sign Yahoo gives it.
_ITEMS = {
    "CapitalExpenditure": ("capex", -1.0),
    "OperatingCashFlow": ("ocf", 1.0),
    "FreeCashFlow": ("fcf", 1.0),
    "TotalDebt": ("total_debt", 1.0),
}


class Statements:
    """Quarterly figures by symbol, from a CSV of symbol, period_end, capex, ocf, fcf, total_debt."""

    def __init__(self, file: Path | None = None) -> None:
        self._rows: dict[str, list[dict[str, str]]] = {}
        if file is not None:
            with file.open(newline="", encoding="utf-8") as lines:
                for row in csv.DictReader(lines):
                    self._rows.setdefault(row["symbol"], []).append(row)

    def timeseries(self, symbol: str, query: dict[str, str], now: int) -> dict[str, Any]:
        """Answer of the time series: one block for each type asked for."""
        types = [name for name in query.get("type", "").split(",") if name]
        blocks = [self._block(symbol, name, now) for name in types]
        return {"timeseries": {"result": blocks, "error": None}}

    def _block(self, symbol: str, name: str, now: int) -> dict[str, Any]:
        block: dict[str, Any] = {"meta": {"symbol": [symbol], "type": [name]}}
        column, sign = _ITEMS.get(name.removeprefix("quarterly"), ("", 1.0))
        if not name.startswith("quarterly") or not column:
            return block
        stamps, values = [], []
        for row in self._rows.get(symbol, ()):
            stamp = int(datetime.combine(date.fromisoformat(row["period_end"]), time(), UTC).timestamp())
            if row[column] and stamp <= now:
                stamps.append(stamp)
                values.append(_figure(row["period_end"], sign * float(row[column])))
        if stamps:
            block |= {"timestamp": stamps, name: values}
        return block


def _figure(period_end: str, value: float) -> dict[str, Any]:
    return {
        "asOfDate": period_end,
        "periodType": "3M",
        "currencyCode": "USD",
        "reportedValue": {"raw": value, "fmt": f"{value / 1e9:.2f}B"},
    }


def quote_summary(table: Table) -> dict[str, Any]:
    """Answer of quoteSummary: what the symbol is and where it trades."""
    venue = table.venue
    kind = {
        "symbol": table.symbol,
        "quoteType": venue.kind,
        "shortName": table.symbol,
        "longName": table.symbol,
        "exchange": venue.exchange,
        "currency": venue.currency,
        "timeZoneFullName": venue.zone,
    }
    return {"quoteSummary": {"result": [{"quoteType": kind, "price": kind}], "error": None}}
