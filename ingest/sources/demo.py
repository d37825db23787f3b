"""Simulated prices, for a first look without a network: never mixed with real ones.

The script beside this file holds what is known of the real falls, with its sources; the
simulation fills in the rest. Sessions and hours are those of the real calendars.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from ingest.sources.base import Answer, FetchFailure
from ingest.sources.simulation import Character, News, Phase, Script, stream, walk, write_news
from models.halts import daily_limits
from models.sessions import Calendars
from models.types import Bars, Floats, Instant, Sessions, session64, utc
from models.types import Session as TradingDay
from models.universe import Instrument, Universe

SCRIPT = Path(__file__).with_name("demo.toml")
# Daily limits that the exchanges set, as log returns: a free path stays inside them. Tokyo's are in yen,
# from 14% of a price on.
_LIMITS = {"XTAI": 0.095, "XKRX": 0.26, "XTKS": 0.13}
_VOLUMES = {"equity": 1.2e7, "etf": 2.5e7, "index": 1.5e9}


class DemoSource:
    """Simulated daily bars of a universe, up to the last session that has closed.

    The same names at the same time give the same prices, and a later time adds to them.
    A name that the script does not know starts at 100.
    """

    name = "simulated"
    simulated = True

    def __init__(self, universe: Universe, calendars: Calendars) -> None:
        self._universe = universe
        self._calendars = calendars
        self._document = tomllib.loads(SCRIPT.read_text(encoding="utf-8"))
        self.script = read_script(self._document)
        self._news: News | None = None

    def fetch(
        self, symbol: str, start: TradingDay | None = None, end: TradingDay | None = None, *, now: Instant
    ) -> Answer:
        """Return the simulated rows of a symbol.

        Raises
        ------
        FetchFailure
            ``not_found``, if the universe does not hold the symbol.
        """
        if symbol not in self._universe:
            raise FetchFailure("not_found", f"{symbol} is not in the universe.", symbol=symbol)
        instrument = self._universe[symbol]
        calendar = self._calendars[instrument.exchange.calendar]
        listed = max(self._listed(instrument), self.script.start)
        last = calendar.last_closed(utc(now)) or date.min
        # the way to a known price is spread over all its sessions, so they are all walked whatever the time
        days = calendar.between(listed, max(last, self.script.end))
        bars = self._bars(instrument, days, max(last, self.script.end))
        keep = bars.sessions <= session64(min(filter(None, (last, instrument.end, end))))
        if start is not None:
            keep &= bars.sessions >= session64(start)
        bars = bars.take(keep)
        opens = calendar.opens[np.searchsorted(calendar.sessions, bars.sessions)]
        return Answer(
            symbol=symbol,
            bars=bars,
            currency=instrument.currency,
            timezone=instrument.exchange.timezone,
            received_symbol=symbol,
            fetched_at=utc(now),
            source=self.name,
            stamps=opens.astype("datetime64[s]"),
            start=start,
            end=end,
            simulated=True,
        )

    def _listed(self, instrument: Instrument) -> date:
        known = self._document["names"].get(instrument.symbol, {}).get("listed")
        return max(filter(None, (known, instrument.start)), default=self.script.start)

    def _written(self, until: date) -> News:
        """The news up to a day; what was written before is the beginning of it."""
        if self._news is None or self._news.start + len(self._news.asia) - 2 < session64(until):
            self._news = write_news(self.script, until)
        return self._news

    def _bars(self, instrument: Instrument, days: Sessions, until: date) -> Bars:
        if not len(days):
            return Bars.of(instrument.symbol, days)
        region = "asia" if instrument.region == "asia" else "us"
        pins = self.script.pins.get(instrument.symbol, {})
        news = self._written(until)
        path = walk(instrument.symbol, region, self._character(instrument, days), days, news, pins)
        prices = {name: np.exp(getattr(path, name)) for name in ("open", "high", "low", "close")}
        if instrument.kind == "equity":
            _bound(prices, instrument.exchange.mic, days)
        volume = _volume(instrument, news.row(days), path.moves, news.state[news.row(days)])
        return Bars.of(instrument.symbol, days, **prices, adj_close=prices["close"].copy(), volume=volume)

    def _character(self, instrument: Instrument, days: Sessions) -> Character:
        layers = self._document["character"]
        kind = instrument.layer.id if instrument.kind == "equity" else instrument.kind
        traits = layers.get(kind, layers["other"]) | self._document["names"].get(instrument.symbol, {})
        first = days[0].item()
        via = sorted((date.fromisoformat(day), price) for day, price in traits.get("via", {}).items())
        prices = [
            (first, float(traits.get("from", 100.0))),
            *((day, price) for day, price in via if day > first),
        ]
        if "to" in traits and first < self.script.end:
            prices.append((self.script.end, float(traits["to"])))
        return Character(
            beta=float(traits["beta"]),
            own=float(traits["own"]),
            prices=tuple(prices),
            revert=float(traits.get("revert", 0.0)),
            limit=_LIMITS.get(instrument.exchange.mic, 0.35) if instrument.kind == "equity" else 0.6,
        )


def read_script(document: dict[str, Any]) -> Script:
    """Return the script of a document whose moves are in percent."""
    pins: dict[str, dict[date, float]] = {}
    for pin in document["pin"]:
        for symbol, move in pin["moves"].items():
            pins.setdefault(symbol, {})[pin["date"]] = move / 100
    phases = [
        Phase(item["until"], _share(item.get("asia")), _share(item.get("us")), item["vol"])
        for item in document["phase"]
    ]
    days = {
        date.fromisoformat(day): (_share(moves.get("asia")), _share(moves.get("us")))
        for day, moves in document["days"].items()
    }
    return Script(document["start"], document["end"], tuple(phases), days, pins)


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _bound(prices: dict[str, Floats], mic: str, days: Sessions) -> None:
    """Keep what a session traded at inside its exchange's daily limits, in place; its close stays."""
    base, close = prices["close"][:-1], prices["close"][1:]
    shares = np.nan_to_num(daily_limits(mic, base, days[1:]), nan=np.inf)
    least, most = np.minimum(base * (1 - shares), close), np.maximum(base * (1 + shares), close)
    for name in ("open", "high", "low"):
        prices[name][1:] = np.clip(prices[name][1:], least, most)


def _volume(instrument: Instrument, rows: Any, moves: Floats, state: Floats) -> Floats:
    """Shares a day, (m,): more in a wild session; currencies and yields have none."""
    usual = _VOLUMES.get(instrument.kind)
    if usual is None:
        return np.zeros(len(moves))
    rng = stream(instrument.symbol, "volume")
    size = usual * float(np.exp(rng.normal(0.0, 0.8)))
    noise = np.exp(0.25 * rng.standard_normal(int(rows[-1]) + 1))[rows]
    return np.round(size * noise * np.sqrt(state) * (1 + 12 * np.abs(moves)))
