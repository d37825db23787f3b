"""Presenter mode as the server gives it: the first slide with the document, the others when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from app.kinds.address import asked_as_of
from app.kinds.request import Mode
from app.market.asof import moment_of, parse_asof
from app.market.market import Market
from app.web.presenter import screen, slides
from app.web.presenter.address import Presentation
from app.web.presenter.frozen_prices import Held, News
from app.web.presenter.slides import Place
from models.errors import AftershockError
from models.types import Instant

WIDTHS, HEIGHTS = (480, 4000), (160, 3000)


class Presenter:
    """The presentations of a dashboard."""

    def __init__(self, market: Market, pages: Sequence[ModuleType]) -> None:
        self._market, self._pages = market, pages
        self.held = Held(market)

    def document(self, path: str, asked: Presentation) -> str:
        """The body of the document: the slide asked for, on prices that stand still from now on."""
        try:
            token, market = self.held.open()
        except AftershockError:
            token, market = "", self._market  # each slide says what is missing
        inside, count = self._section(market, path, asked)
        return screen.main(
            inside, token=token, path=path, count=str(count), view=asked.view, stamp=token.rpartition(".")[0]
        )

    def slide(self, path: str, asked: Presentation, token: str) -> dict[str, Any]:
        """One slide as HTML, and how many there are.

        Raises
        ------
        PresentationGoneError
            If the prices of the token are held no more.
        """
        inside, count = self._section(self.held.find(token), path, asked)
        return {"html": inside, "count": count}

    def figure(
        self, path: str, asked: Presentation, token: str, mode: Mode, size: tuple[int, int]
    ) -> dict[str, Any]:
        """The figure of a slide.

        Raises
        ------
        AftershockError
            If there is nothing to draw, or the prices of the token are held no more.
        """
        market = self.held.find(token)
        place = self._place(market, path, asked)[0]
        width, height = (
            min(max(given, low), high) for given, (low, high) in zip(size, (WIDTHS, HEIGHTS), strict=True)
        )
        return slides.figure(market, place, mode, width, height)

    def news(self, asked: Presentation, token: str) -> News:
        """What has come in since the token, as of the instant that the page itself is of.

        Raises
        ------
        PresentationGoneError
            If the prices of the token are held no more.
        """
        return self.held.news(token, _as_of(self._market, asked))

    def opened(self) -> dict[str, str]:
        """A new token: the newest prices, standing still.

        Raises
        ------
        NoPricesError
            If there is no price to present.
        """
        token, _ = self.held.open()
        return {"token": token, "stamp": token.rpartition(".")[0]}

    def _section(self, market: Market, path: str, asked: Presentation) -> tuple[str, int]:
        place, asked, count, notices = self._place(market, path, asked)
        found = slides.slide(market, place)
        written = screen.section(found, place, asked, count, market.now(), notices)
        return written, count

    def _place(
        self, market: Market, path: str, asked: Presentation
    ) -> tuple[Place, Presentation, int, list[str]]:
        """The place of the slide asked for; a number beyond the last one is the last one."""
        found, notices = slides.places(self._pages, market, path, asked)
        number = min(asked.slide, len(found))
        return found[number - 1], replace(asked, slide=number), len(found), notices


def _as_of(market: Market, asked: Presentation) -> Instant | None:
    try:
        now = market.now()
        return moment_of(parse_asof(asked_as_of(asked.view), now), now)
    except AftershockError:
        return None
