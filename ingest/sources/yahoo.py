"""Yahoo through yfinance, with the cause of every failure named.

yfinance does the asking: its addresses and parameters, cookie, crumb, consent form and
the browser's handshake are the part that Yahoo keeps changing. It does not do the reading.
It cannot say why an answer is empty, its cache serves a failure again without asking, and
its frame hides rows that the checks must see (``chart`` says which). So our session reads
each chart reply as it passes and stops yfinance there: a bad reply with its cause, a good
one before a frame is built that nobody would look at, for several times the price of reading.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import shutil
import tempfile
import threading
import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import RequestException, Timeout

with warnings.catch_warnings():
    # On import yfinance puts a filter of its own before everyone else's.
    import yfinance

from ingest.sources.base import Answer, FetchFailure, IntradayAnswer
from ingest.sources.chart import RATE_LIMITED, Chart, header, http_date, read_reply, retry_after
from ingest.sources.minutes import intraday_answer
from ingest.sources.transport import bounded
from models.errors import SourceError
from models.sessions import FIRST_SESSION
from models.types import Instant, Sessions, instant64, session64, utc
from models.types import Session as TradingDay

log = logging.getLogger(__name__)

TIMEOUT = 15.0
_CHART = "/v8/finance/chart/"
_CRUMB = "/v1/test/getcrumb"
_COOKIE_HOST = "fc.yahoo.com"
_CONSENT_HOST = "consent.yahoo.com"
# The zone is only used to read a start and an end without one; ours are UTC instants.
_ANY_ZONE = b'{"chart":{"result":[{"meta":{"exchangeTimezoneName":"UTC"}}],"error":null}}'


class YahooSource:
    """Daily bars from Yahoo, or from an address that speaks as Yahoo does.

    Parameters
    ----------
    base_url
        Where every request to yahoo.com goes instead: a mirror, a proxy or the
        stand-in. None is Yahoo itself.
    timeout
        Seconds that any one request may take.

    Raises
    ------
    SourceError
        If the address is not an http or https address.
    """

    name = "yahoo"
    simulated = False

    def __init__(self, base_url: str | None = None, timeout: float = TIMEOUT) -> None:
        self.base_url = check_address(base_url)
        self._session = _Session(self.base_url, timeout)
        self._timeout = timeout
        _settle()

    def fetch(
        self, symbol: str, start: TradingDay | None = None, end: TradingDay | None = None, *, now: Instant
    ) -> Answer:
        """Return the rows of a symbol as Yahoo has them, in one request.

        Raises
        ------
        FetchFailure
            If there is no answer; one attempt, because who asks knows how often to.
        """
        first = _midnight(start or FIRST_SESSION) - timedelta(days=1)
        # A span that ends after now does not go through yfinance's cache, and holds the running session.
        last = _midnight(end) + timedelta(days=2) if end else utc(now) + timedelta(days=2)
        chart, asked = self._asked_chart(symbol, (first, last), "1d")
        return _answer(symbol, chart, asked, start, end, now)

    def fetch_intraday(self, symbol: str, since: Instant, *, now: Instant) -> IntradayAnswer:
        """Return the bars of five minutes that are over, as Yahoo has them, in one request.

        Raises
        ------
        FetchFailure
            If there is no answer; Yahoo has none of more than 60 days ago.
        """
        chart, asked = self._asked_chart(symbol, (utc(since), utc(now) + timedelta(days=2)), "5m")
        return intraday_answer(symbol, chart, utc(now), asked.requests)

    def _asked_chart(self, symbol: str, span: tuple[datetime, datetime], step: str) -> tuple[Chart, _Asked]:
        # A failure would be served again from here without a request, for as long as the process lives.
        yfinance.data.YfData.cache_get.cache_clear()
        _ignore_warnings()
        asked = self._session.begin()
        trouble = self._ask(symbol, span, step)
        if asked.failure is not None:
            asked.failure.symbol = symbol
            raise asked.failure
        if asked.chart is None:
            # Before or after the request: what yfinance tripped over may be gone at the next attempt.
            raise FetchFailure("transient", f"No chart came for {symbol}: {trouble}.", symbol=symbol)
        return asked.chart, asked

    def _ask(self, symbol: str, span: tuple[datetime, datetime], step: str) -> str | None:
        """Let yfinance ask; return what it tripped over before it did, if anything."""
        told = {"auto_adjust": False, "actions": True, "keepna": True, "timeout": self._timeout}
        try:
            yfinance.Ticker(symbol, session=self._session).history(
                start=span[0], end=span[1], interval=step, **told
            )
        except _Read:
            return None
        except Exception as error:  # whatever it is, what was read decides
            log.debug("yfinance stopped on %s: %r", symbol, error)
            return f"{type(error).__name__} {error}".strip()
        return None


def check_address(base_url: str | None) -> str | None:
    """Return an address without its last slash, None for none.

    Raises
    ------
    SourceError
        If it is not an http or https address with a host.
    """
    if base_url is None or not base_url.strip():
        return None
    text = base_url.strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise SourceError(
            f"{text!r} is not an address of a price source; write one such as http://127.0.0.1:8765."
        )
    return text.rstrip("/")


class _Read(Exception):
    """Stops yfinance once its reply has been read; no error to anyone else."""


@dataclass(slots=True)
class _Asked:
    """What came of one fetch: its requests, and the chart or the failure."""

    symbol: str = ""
    requests: int = 0
    charts: int = 0
    chart: Chart | None = None
    failure: FetchFailure | None = None
    served_at: Instant | None = None


class _Session(Session):
    """The session that yfinance is given: one address, one time-out, and it reads along.

    Safe in several threads: what was asked is kept by thread, as curl keeps its handle.
    """

    def __init__(self, base_url: str | None, timeout: float) -> None:
        super().__init__(impersonate="chrome")
        self._base_url = base_url
        self._limit = timeout
        self._asked = threading.local()
        self._cookie_asked = False
        self._crumb_refused = False

    def begin(self) -> _Asked:
        """Start to keep what is asked in this thread."""
        self._asked.now = _Asked()
        return self._asked.now

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        parts = urlsplit(url)
        if parts.hostname == _COOKIE_HOST:
            return self._cookie(method, url, options)
        if parts.path == _CRUMB:
            return self._crumb(method, url, options)
        if parts.path.startswith(_CHART):
            return self._chart(method, url, parts.path[len(_CHART) :], options)
        return self._look(self._send(method, url, options))

    def _send(self, method: str, url: str, options: dict[str, Any]) -> Response:
        # yfinance sets no limit of its own on some of its requests and 30 s on others
        options["timeout"] = self._limit
        self._under_way().requests += 1
        try:
            return bounded(super().request, method, self._address(url), options)
        except FetchFailure as failure:
            raise self._fail(failure) from None

    def _address(self, url: str) -> str:
        parts = urlsplit(url)
        if self._base_url is None or not (parts.hostname or "").endswith("yahoo.com"):
            return url
        return f"{self._base_url}{parts.path}{'?' + parts.query if parts.query else ''}"

    def _cookie(self, method: str, url: str, options: dict[str, Any]) -> Response:
        """Ask for the cookie once: charts come without it, and yfinance would ask before each of them."""
        if not self._cookie_asked:
            self._cookie_asked = True
            try:
                return self._send(method, url, options)
            except RequestException as error:
                log.debug("no cookie: %s", error)
        return _reply(url, b"")

    def _crumb(self, method: str, url: str, options: dict[str, Any]) -> Response:
        """Ask for the crumb; once it was refused, the chart is asked for without one."""
        if self._crumb_refused:
            return _reply(url, b"")
        try:
            response = self._send(method, url, options)
        except RequestException as error:
            log.debug("no crumb: %s", error)
            self._crumb_refused = True
            return _reply(url, b"")
        if response.status_code in RATE_LIMITED:
            # Leave Yahoo alone now. The next attempt goes straight to the chart, which may well answer.
            self._crumb_refused = True
            raise self._fail(
                FetchFailure(
                    "rate_limit",
                    f"Yahoo answered {response.status_code} before any price was asked for.",
                    retry_after=retry_after(response.headers),
                )
            )
        if response.status_code != 200 or len(response.content) > 64 or b"<" in response.content:
            self._crumb_refused = True
            return _reply(url, b"")
        return response

    def _chart(self, method: str, url: str, symbol: str, options: dict[str, Any]) -> Response:
        params = {name: value for name, value in (options.get("params") or {}).items() if value != ""}
        if "period1" not in params and params.get("range") == "1d":
            return _reply(url, _ANY_ZONE)
        options["params"] = params
        asked = self._under_way()
        asked.symbol = symbol
        asked.charts += 1
        try:
            response = self._send(method, url, options)
        except RequestException as error:
            raise self._fail(_unreached(error)) from error
        if response.status_code in (401, 403) and asked.charts == 1:
            # The crumb has run out: yfinance asks for another and comes back.
            return response
        if (urlsplit(response.url).hostname or "") == _CONSENT_HOST:
            # yfinance fills in the form, and what follows it passes here again.
            return response
        raise self._read(response)

    def _look(self, response: Response) -> Response:
        """Read a reply that is a chart after all: the one a consent form leads to."""
        asked = self._under_way()
        if asked.charts and urlsplit(response.url).path.startswith(_CHART):
            raise self._read(response)
        return response

    def _read(self, response: Response) -> Exception:
        """Read the reply; return what stops yfinance here, since all is known then."""
        asked = self._under_way()
        asked.served_at = http_date(header(response.headers, "Date"))
        try:
            asked.chart = read_reply(asked.symbol, response.status_code, response.headers, response.content)
        except FetchFailure as failure:
            return self._fail(failure)
        return _Read()

    def _under_way(self) -> _Asked:
        asked: _Asked | None = getattr(self._asked, "now", None)
        return asked if asked is not None else self.begin()

    def _fail(self, failure: FetchFailure) -> FetchFailure:
        """Keep the failure, so that it is known whatever yfinance makes of the exception."""
        self._under_way().failure = failure
        return failure


def _reply(url: str, body: bytes) -> Response:
    response = Response()
    response.url, response.status_code, response.content = url, 200, body
    return response


def _unreached(error: RequestException) -> FetchFailure:
    what = "did not answer in time" if isinstance(error, Timeout) else "could not be reached"
    return FetchFailure("transient", f"Yahoo {what}: {_first_line(error)}.", reached=False)


def _first_line(error: Exception) -> str:
    words = str(error).splitlines()[0] if str(error) else type(error).__name__
    words = words.split(". See ")[0].rstrip(".")
    # curl's own words begin with its number: "Failed to perform, curl: (28) …"
    return words.split("curl: ", 1)[-1].split(") ", 1)[-1]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _answer(
    symbol: str, chart: Chart, asked: _Asked, start: date | None, end: date | None, now: Instant
) -> Answer:
    span = _asked_for(chart.bars.sessions, chart.stamps, start, end, now)
    bars, stamps = chart.bars.take(span), chart.stamps[span]
    if chart.live is not None and chart.live.running(now):
        bars.final[bars.sessions == session64(chart.live.session)] = False
    return Answer(
        symbol=symbol,
        bars=bars,
        currency=chart.currency,
        timezone=chart.timezone,
        received_symbol=chart.symbol,
        fetched_at=utc(now),
        source=YahooSource.name,
        stamps=stamps,
        actions=chart.actions,
        live=chart.live,
        start=start,
        end=end,
        requests=asked.requests,
        served_at=asked.served_at,
        granularity=chart.granularity,
        notes=chart.notes,
    )


def _asked_for(
    sessions: Sessions, stamps: Sessions, start: date | None, end: date | None, now: Instant
) -> np.ndarray:
    """Rows of the span asked for, (n,); a row from the future stays, so that a check can hold it."""
    kept = np.ones(len(sessions), dtype=np.bool_)
    if start is not None:
        kept &= sessions >= session64(start)
    if end is not None:
        kept &= (sessions <= session64(end)) | (stamps > instant64(now))
    return kept


@cache
def _settle() -> None:
    """Set what yfinance keeps for the whole process, once."""
    # Its caches would go to the user's home, and ours need not outlive the process.
    folder = tempfile.mkdtemp(prefix="aftershock-yahoo-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    yfinance.set_tz_cache_location(folder)
    _cache_nothing()
    yfinance.config.debug.hide_exceptions = False
    logging.getLogger("yfinance").setLevel(logging.CRITICAL)


def _cache_nothing() -> None:
    """Give yfinance its own dummies for the caches of zones and cookies.

    Each is a SQLite file made by whichever thread comes first, without a lock: of three threads
    that begin together one at times finds it locked, and its symbol goes without an answer.
    """
    with contextlib.suppress(AttributeError):  # another version: its caches then stand in the folder
        yfinance.cache._TzCacheManager._tz_cache = yfinance.cache._TzCacheDummy()
        yfinance.cache._CookieCacheManager._Cookie_cache = yfinance.cache._CookieCacheDummy()


def _ignore_warnings() -> None:
    """Silence what yfinance's own modules are warned of, a handful of lines a symbol."""
    ours = ("ignore", Warning, "yfinance")
    for action, _, category, module, _ in warnings.filters:
        if (action, category, getattr(module, "pattern", module)) == ours:
            return
    warnings.filterwarnings("ignore", category=Warning, module="yfinance")
