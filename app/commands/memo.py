"""The command that makes a memo pack without a page open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from app.commands.asking import asked_of
from app.commands.printing import console, progress, write_rows
from app.kinds.request import PageRequest
from app.market.asof import moment_of, written
from app.market.market import Market
from app.render.memo import leaf as leaves
from app.render.memo import pack
from app.render.memo.chromium import Renderer, find_chromium
from app.render.memo.item import Item
from app.render.memo.leaf import leaf
from app.render.memo.pack import KINDS, Kind, Placed
from app.render.memo.png import read_png
from app.render.memo.sizes import FULL, HALF, WHOLE_ONLY
from app.settings import load_settings
from models.errors import AftershockError

DONE, PARTIAL, CANNOT = 0, 1, 2
LIST = "list"


def memo(as_of: str | None, basket: str, out: Path | None, charts: str, kinds: str, *, half: bool) -> int:
    """Draw charts as they stood then and write them into a folder; says each file it wrote."""
    from app.web.application import PAGES

    known = pack.placed(PAGES)
    if charts == LIST:
        return _listed(known)
    wanted = _kinds(kinds)
    if out is None:
        raise AftershockError("Say where the files go: `aftershock memo --out FOLDER`.")
    found = _charts(charts, known)
    settings = load_settings()
    chromium = find_chromium(settings.chromium)
    market = Market(settings)
    try:
        market.universe.basket(basket)  # what the pages would ignore is refused here
        moment = moment_of(asked_of(as_of), market.now())
        market.view(moment)
        search = f"?basket={quote(basket)}" + (f"&asof={written(moment)}" if moment else "")
        with Renderer(chromium) as renderer:
            return _made(market, renderer, found, search, out, wanted, half=half)
    finally:
        market.close()


def _listed(known: dict[str, Placed]) -> int:
    """Say what there is to draw, page by page."""
    morning = {placed.chart.id for placed in pack.morning(known)}
    rows = [
        {
            "chart": name,
            "page": placed.path,
            "morning": "yes" if name in morning else "no",
            "half": "no" if name in WHOLE_ONLY else "yes",
        }
        for name, placed in known.items()
    ]
    write_rows("table", ("chart", "page", "morning", "half"), rows, "Charts of a memo")
    return DONE


def _kinds(text: str) -> tuple[Kind, ...]:
    given = [part.strip().lower() for part in text.split(",") if part.strip()]
    unknown = [part for part in given if part not in KINDS]
    if unknown or not given:
        raise AftershockError(f"--format takes {', '.join(KINDS)}, with commas between them, not {text!r}.")
    return tuple(kind for kind in KINDS if kind in given)


def _charts(text: str, known: dict[str, Placed]) -> list[Placed]:
    if text == "morning":
        return pack.morning(known)
    if text == "all":
        return list(known.values())[: pack.MOST]
    return pack.chosen([part.strip() for part in text.split(",") if part.strip()], known)


def _made(
    market: Market,
    renderer: Renderer,
    charts: Sequence[Placed],
    search: str,
    out: Path,
    kinds: tuple[Kind, ...],
    *,
    half: bool,
) -> int:
    folder = _folder(out)
    items: list[Item] = []
    halves: dict[str, bytes] = {}
    left: list[str] = []
    with progress("Drawing") as told:
        for number, placed in enumerate(charts):
            told(number, len(charts), placed.name)
            request = PageRequest(placed.path, search)
            try:
                items.append(_item(market, renderer, placed, request, kinds))
                if half:
                    halves |= _half(market, renderer, placed, request)
            except AftershockError as error:
                left.append(f"{placed.chart.id}: {error}")
        told(len(charts), len(charts), "")
    if not items:
        raise AftershockError(left[0] if left else "There is no chart to draw; name one with --charts.")
    screen = console()
    for name, body in {**pack.files(items, kinds), **halves}.items():
        (folder / name).write_bytes(body)
        screen.print(str(folder / name), soft_wrap=True, markup=False)
    for sentence in left:
        console(err=True).print(f"Left out {sentence}", soft_wrap=True, markup=False)
    return PARTIAL if left else DONE


def _item(
    market: Market, renderer: Renderer, placed: Placed, request: PageRequest, kinds: tuple[Kind, ...]
) -> Item:
    """A chart drawn in the forms that are wanted, and in no other."""
    told = leaf(placed.chart, market, request)
    body = leaves.body(told)
    picture = read_png(renderer.png(body), FULL) if "png" in kinds or "pptx" in kinds else None
    return Item(told, picture, renderer.pdf(body) if "pdf" in kinds else None)


def _half(market: Market, renderer: Renderer, placed: Placed, request: PageRequest) -> dict[str, bytes]:
    """The picture of half a memo's width, none of a chart that needs the whole."""
    try:
        told = leaf(placed.chart, market, request, HALF)
    except leaves.WholeWidthError:
        return {}
    return {f"{told.name}.png": renderer.png(leaves.body(told))}


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".aftershock"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise AftershockError(
            f"Nothing can be written to {out} ({error.strerror}); name another folder."
        ) from None
    return out
