"""A memo pack: several charts as one PDF, as slides, and as pictures."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import ModuleType
from typing import Literal, NamedTuple

from app.market import words
from app.market.market import Market
from app.render.memo import pdf, pptx
from app.render.memo.item import Item
from app.render.story import Chart
from models.errors import AftershockError

Kind = Literal["png", "pdf", "pptx"]
KINDS: tuple[Kind, ...] = ("png", "pdf", "pptx")
TYPES = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "zip": "application/zip",
    "png": "image/png",
}
MOST = 24
"""Charts of a pack: as many as the pages have, and some."""
_NEAR = 3
MORNING: tuple[tuple[str, ...], ...] = (
    ("brief-relay", "relay-day"),
    ("brief-heat", "relay-strip"),
    ("drawdowns-underwater",),
    ("brief-indices", "relay-strip"),
    ("relay-baton",),
    ("relay-warning",),
    ("correlation-tight", "correlation-matrix"),
    ("stress-series",),
)
"""The charts of a morning, in the order of a memo: for each the first that there is."""


def nearest(chart: str, known: Sequence[str]) -> list[str]:
    """At most three charts that may be meant: those that hold what was typed, then those like it."""
    typed = chart.strip().lower()[:60]
    inside = [name for name in known if len(typed) > 2 and typed in name]
    by_part = {part: name for name in reversed(known) for part in name.split("-")}
    like = get_close_matches(typed, known, n=_NEAR, cutoff=0.6)
    parts = [by_part[part] for part in get_close_matches(typed, by_part, n=_NEAR, cutoff=0.75)]
    return list(dict.fromkeys([*inside, *like, *parts]))[:_NEAR]


class UnknownChartError(AftershockError, KeyError):
    """A chart was asked for that no page has."""

    def __init__(self, chart: str, known: Sequence[str]) -> None:
        self.chart = chart
        *near, last = nearest(chart, known) or [""]
        names = f"{', '.join(near)} or {last}" if near else last
        meant = f"did you mean {names}? " if names else ""
        super().__init__(
            f"There is no chart {chart[:40]!r}; {meant}`aftershock memo --charts list` has all {len(known)}."
        )

    def __str__(self) -> str:
        return str(self.args[0])


class TooManyChartsError(AftershockError, ValueError):
    """A pack larger than one is read."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} charts; a pack holds at most {MOST}.")


class Placed(NamedTuple):
    """A chart and the page it is on."""

    chart: Chart
    path: str

    @property
    def name(self) -> str:
        """What to call it in a list: ``Relay: day``."""
        page, _, rest = self.chart.id.replace("-", " ").partition(" ")
        return f"{page.capitalize()}: {rest}" if rest else page.capitalize()


def placed(pages: Sequence[ModuleType]) -> dict[str, Placed]:
    """Every chart of the pages by its ID, in their order."""
    return {chart.id: Placed(chart, page.PATH) for page in pages for chart in getattr(page, "CHARTS", ())}


def morning(known: Mapping[str, Placed]) -> list[Placed]:
    """The eight charts of a morning; where one is missing, the next of the pages that is not among them."""
    found = dict.fromkeys(
        name for slot in MORNING for name in [next((name for name in slot if name in known), None)] if name
    )
    spare = (name for name in known if name not in found)
    while len(found) < len(MORNING) and (name := next(spare, None)):
        found[name] = None
    return [known[name] for name in found]


def chosen(names: Sequence[str], known: Mapping[str, Placed]) -> list[Placed]:
    """The charts of a pack by ID, each once.

    Raises
    ------
    UnknownChartError, TooManyChartsError
        If one is unknown, or there are too many.
    """
    if len(names) > MOST:  # as they were named: the same one sixty times is drawn sixty times
        raise TooManyChartsError(len(names))
    for name in names:
        if name not in known:
            raise UnknownChartError(name, list(known))
    return [known[name] for name in dict.fromkeys(names)]


def title(items: Sequence[Item]) -> str:
    """What a pack is called, on its first line of properties."""
    if not items:
        raise pdf.NoPictureError
    return f"Aftershock, {words.instant(max(item.leaf.story.as_of for item in items), weekday=False)}"


def stem(items: Sequence[Item]) -> str:
    """The name of its files, without what they are."""
    simulated = "simulated-" if any(item.leaf.story.simulated for item in items) else ""
    return f"aftershock-{simulated}memo-{max(item.leaf.story.as_of for item in items):%Y-%m-%d}"


def files(items: Sequence[Item], kinds: Sequence[Kind]) -> dict[str, bytes]:
    """The files of a pack by their names.

    Raises
    ------
    NoPictureError
        If it holds no chart, or one that was not drawn.
    """
    called = title(items)
    found: dict[str, bytes] = {}
    if "pdf" in kinds:
        found[f"{stem(items)}.pdf"] = pdf.pdf(items, called)
    if "pptx" in kinds:
        found[f"{stem(items)}.pptx"] = pptx.pptx(items, called)
    if "png" in kinds:
        found |= {f"{item.leaf.name}.png": item.picture.body for item in items if item.picture is not None}
    return found


def zipped(found: Mapping[str, bytes], market: Market) -> bytes:
    """The files in one; pictures are packed already, so nothing is packed again."""
    out = io.BytesIO()
    now = market.now().timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, body in found.items():
            archive.writestr(zipfile.ZipInfo(name, (max(now[0], 1980), *now[1:])), body)
    return out.getvalue()
