"""Where a symbol trades, as Yahoo names it: zone, hours, currency and exchange codes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Venue:
    zone: str
    opens: time
    closes: time
    currency: str
    exchange: str
    full_exchange: str
    kind: str = "EQUITY"

    def instant(self, day: date, at: time) -> int:
        """Unix seconds of a local time on a day."""
        return int(datetime.combine(day, at, _zone(self.zone)).timestamp())

    def offset(self, stamp: int) -> tuple[str, int]:
        """Name of the zone and seconds east of UTC, as they stand in the meta block."""
        local = datetime.fromtimestamp(stamp, _zone(self.zone))
        return local.tzname() or "UTC", int((local.utcoffset() or timedelta(0)).total_seconds())

    def day(self, stamp: int) -> date:
        """The local day of an instant."""
        return datetime.fromtimestamp(stamp, _zone(self.zone)).date()


NEW_YORK = Venue("America/New_York", time(9, 30), time(16), "USD", "NMS", "NasdaqGS")
TOKYO = Venue("Asia/Tokyo", time(9), time(15, 30), "JPY", "JPX", "Tokyo")
SEOUL = Venue("Asia/Seoul", time(9), time(15, 30), "KRW", "KSC", "KSE")
TAIPEI = Venue("Asia/Taipei", time(9), time(13, 30), "TWD", "TAI", "Taiwan")
HONG_KONG = Venue("Asia/Hong_Kong", time(9, 30), time(16), "HKD", "HKG", "HKSE")
# Currencies are stamped at local midnight in London, whatever the pair.
CURRENCIES = Venue("Europe/London", time(0), time(23, 59), "USD", "CCY", "CCY", "CURRENCY")

_SUFFIXES = {
    ".T": TOKYO,
    ".KS": SEOUL,
    ".KQ": replace(SEOUL, exchange="KOE", full_exchange="KOSDAQ"),
    ".TW": TAIPEI,
    ".TWO": replace(TAIPEI, exchange="TWO", full_exchange="Taipei Exchange"),
    ".HK": HONG_KONG,
}
_INDICES = {
    "^N225": replace(TOKYO, exchange="OSA", full_exchange="Osaka"),
    "^KS11": SEOUL,
    "^TWII": TAIPEI,
    "^HSI": HONG_KONG,
    "^GSPC": replace(NEW_YORK, exchange="SNP", full_exchange="SNP"),
    "^SOX": replace(NEW_YORK, exchange="NIM", full_exchange="Nasdaq GIDS"),
    "^IXIC": replace(NEW_YORK, exchange="NIM", full_exchange="Nasdaq GIDS"),
    "^NDX": replace(NEW_YORK, exchange="NIM", full_exchange="Nasdaq GIDS"),
    # The Cboe's own indices come in Chicago time.
    "^VIX": Venue("America/Chicago", time(8, 30), time(15, 15), "USD", "CXI", "Cboe Indices"),
    "^TNX": Venue("America/Chicago", time(7, 20), time(14), "USD", "CGI", "Cboe Indices"),
}
_FUNDS = frozenset({"SMH", "SOXX", "SPY", "QQQ", "EWY", "EWJ", "EWT", "TLT", "LQD", "HYG", "XLV", "XLP"})


def venue_of(symbol: str) -> Venue:
    """Return the venue of a symbol; one without a known suffix trades in New York."""
    if symbol.endswith("=X"):
        return replace(CURRENCIES, currency=symbol[-5:-2])
    if symbol.startswith("^"):
        return replace(_INDICES.get(symbol, NEW_YORK), kind="INDEX")
    dot = symbol.rfind(".")
    venue = _SUFFIXES.get(symbol[dot:] if dot > 0 else "", NEW_YORK)
    return replace(venue, kind="ETF") if symbol in _FUNDS else venue


def parse_instant(text: str) -> datetime:
    """Read an instant such as 2026-07-31T22:00Z; one without a zone is UTC."""
    value = datetime.fromisoformat(text)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@lru_cache(maxsize=32)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
