"""What a server holds after hundreds of distinct as-of dates, each looked at on all pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from http.client import HTTPConnection
from itertools import count

from app.web.application import PAGES
from tests.browser.prices import EVERYTHING
from tests.browser.running import NOW
from tests.soak.harness import Case, Reached, Size
from tests.soak.served import dashboard, memory

VIEWS, MOST, MOST_GROWN = 500, 700.0, 1.5
FIRST = 10
# An evening, when all exchanges have closed; in the middle of Asia's day, and of New York's.
HOURS = (time(23, 59), time(4, 30), time(18, 0))


def moments() -> Iterator[str]:
    """Distinct instants backwards from the newest price, several years of them."""
    last = datetime.fromisoformat(NOW)
    for number in count():
        day = (last - timedelta(days=3 + 4 * number)).date()
        yield f"{datetime.combine(day, HOURS[number % 3], UTC):%Y-%m-%dT%H:%MZ}"


def looked_at(
    port: int,
    asof: str,
    pages: tuple[object, ...] = PAGES,
    headers: dict[str, str] | None = None,
    *,
    charts: bool = True,
) -> int:
    """Open pages as of an instant, with their charts, as a browser does; the bytes that came."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    came = 0
    for page in pages:
        drawn = getattr(page, "CHARTS", ()) if charts else ()
        figures = (f"/figure/{chart.id}?asof={asof}&_w=1280&_t=dark" for chart in drawn)
        for path in (f"{page.PATH}?asof={asof}", *figures):  # type: ignore[attr-defined]
            connection.request("GET", path, headers={"Accept-Encoding": "br", **(headers or {})})
            answer = connection.getresponse()
            came += len(answer.read())
            # An old instant may leave a chart nothing to draw, which the answer says.
            assert answer.status in (200, 409), f"{path}: {answer.status}"
    connection.close()
    return came


def grown(size: Size) -> Reached:
    """Five hundred views over all pages, on eleven years of prices of the whole universe."""
    views = size.of(VIEWS, 2 * FIRST)
    early = most = 0.0
    with dashboard(first=EVERYTHING) as found:
        for number, asof in zip(range(1, views + 1), moments(), strict=False):
            looked_at(found.port, asof)
            most = max(most, memory(found))
            if number == FIRST:
                early = most
    told = f"{views} views: {early:.0f} MB after {FIRST}, {most:.0f} MB at most"
    return Reached(most <= MOST and most <= MOST_GROWN * early, told)


CASES = [
    Case(
        "memory of views",
        f"{VIEWS} distinct instants over all pages: ≤ {MOST_GROWN} × what ten held, and {MOST:.0f} MB",
        grown,
    )
]
