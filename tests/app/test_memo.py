"""What leaves of a chart: words that fit, names that are safe, views that come back."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx import Presentation
from pptx.util import Emu

from app.kinds.request import PageRequest
from app.market.market import Market
from app.render import story as charts
from app.render.grid import ROWS, grid
from app.render.memo import leaf, pack, pdf, pptx
from app.render.memo.item import Item
from app.render.memo.png import BadPictureError, read_png
from app.render.memo.sizes import DOTS_PER_INCH, FULL, HALF, SIZES, WHOLE_ONLY, balanced, width_of, wrapped
from app.settings import Settings
from app.web.application import PAGES
from tests.app import memos
from tests.app.memos import HOSTILE, chart, item, key, picture, story
from tests.app.situations import NOW

KNOWN = pack.placed(PAGES)


@pytest.fixture(scope="module")
def market(filled: Path) -> Iterator[Market]:
    found = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    yield found
    found.close()


@pytest.fixture(scope="module")
def body() -> bytes:
    return picture()


def tellable(market: Market) -> list[pack.Placed]:
    """The charts that six names are enough for."""
    found = []
    for placed in KNOWN.values():
        try:
            placed.chart.tell(market, PageRequest(placed.path))
        except Exception:
            continue
        found.append(placed)
    return found


@given(text=st.text(max_size=300), lines=st.integers(1, 4))
def test_lines_never_leave_their_width(text: str, lines: int) -> None:
    found = wrapped(text, 700, 30, lines)
    assert len(found) <= lines
    assert all(width_of(line, 30) <= 700 for line in found)
    if "…" not in "".join(found):
        assert "".join(found).replace(" ", "") == "".join(text.split())


@given(text=st.text("abc de 12.", min_size=1, max_size=160))
def test_balance_changes_where_lines_end_and_nothing_else(text: str) -> None:
    lines = wrapped(text, 700, 30, 4)
    found = balanced(lines, 700, 30)
    assert len(found) == len(lines)
    assert " ".join(found).split() == " ".join(lines).split()
    assert max(map(len, found), default=0) <= max(map(len, lines), default=0) + 4


def test_no_line_of_a_headline_begins_with_its_figure() -> None:
    text = "Since 22 Jun: Asia’s sessions −29.9%, its gaps +9.6%; New York’s sessions −17.6%, its gaps −0.7%"
    lines = balanced(wrapped(text, FULL.inner, FULL.title, 3), FULL.inner, FULL.title)
    assert len(lines) == 2
    assert not re.match("[+−.0-9]", lines[1])


def test_type_is_seven_points_at_least_in_either_width() -> None:
    for size, inches in ((FULL, 6.5), (HALF, 3.25)):
        least = min(size.title, size.deck, size.source, size.style(head=0, foot=0).tick)
        assert least / size.width * inches * 72 >= 6.7  # 23 pixels of 1600 on 6.5 inches
    assert DOTS_PER_INCH == 300


def test_what_has_no_room_ends_in_an_ellipsis(market: Market) -> None:
    found = leaf.leaf(chart(story("Memory fell again and again " * 20)), market, PageRequest("/"))
    titles = [line.text for line in found.lines if line.part == "title"]
    assert len(titles) == FULL.lines[0] and titles[-1].endswith(" …")


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("size", SIZES.values(), ids=list(SIZES))
def test_a_hostile_title_is_text_in_a_picture(market: Market, hostile: str, size: object) -> None:
    told = story(hostile, deck=hostile, key=key(hostile))
    figure = leaf.memo(chart(told), market, PageRequest("/"), size)["figure"]  # type: ignore[arg-type]
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert sum(map(len, texts)) < 3000
    for text in texts:
        bare = re.sub(r"</?b>|<span style='color:#[0-9A-F]{6}'>|</span>", "", text)
        assert "<" not in bare and ">" not in bare
        assert not re.search("[\x00-\x1f‪-‮⁦-⁩\ud800-\udfff]", text)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_title_is_text_in_pdf_and_slides(market: Market, body: bytes, hostile: str) -> None:
    made = item(market, story(hostile, deck=hostile, key=key(hostile)), body)
    reader = pypdf.PdfReader(io.BytesIO(pdf.pdf([made], "x")))
    text = reader.pages[0].extract_text()
    first = next(line.text for line in made.leaf.lines)
    assert first.split()[0] in text or first[:20] in text
    assert reader.outline[0].title == made.leaf.title  # type: ignore[union-attr]
    deck = Presentation(io.BytesIO(pptx.pptx([made], "x")))
    assert deck.slides[0].shapes.title.text_frame.text == made.leaf.title  # type: ignore[union-attr]
    assert len(made.leaf.title) <= 2000


def test_a_pdf_says_every_word_of_its_pictures(market: Market, body: bytes) -> None:
    one, two = story("Memory fell 9.0%", key=key("KOSPI −10.0%")), story("Nvidia held", query="?basket=us")
    made = pdf.pdf([item(market, one, body), item(market, two, body)], "Aftershock, 24 Jun 2026")
    reader = pypdf.PdfReader(io.BytesIO(made))
    assert len(reader.pages) == 2
    assert [float(side) for side in reader.pages[0].mediabox[2:]] == [768, 432]  # 3200 dots at 300 an inch
    assert reader.metadata is not None and reader.metadata.title == "Aftershock, 24 Jun 2026"
    first = reader.pages[0].extract_text()
    for words in ("Memory fell 9.0%", "Close to close, %, local currency", "1 23 Jun 26 KOSPI −10.0% −5.7%"):
        assert words in first
    assert "As of 24 Jun 2026, 22:00 UTC. Aftershock, view dd-" in first
    assert "Nvidia held" in reader.pages[1].extract_text()
    document = pypdfium2.PdfDocument(made)
    assert "KOSPI −10.0%" in document[0].get_textpage().get_text_range()
    shown = document[0].render(scale=1).to_pil().convert("RGB")
    assert shown.size == (768, 432)
    assert shown.getpixel((100, 180)) == pytest.approx((173, 79, 8), abs=3)
    assert shown.getpixel((600, 40)) == (255, 255, 255)  # the text layer draws nothing
    document.close()


def test_a_picture_with_an_opacity_is_the_same_page(market: Market, body: bytes) -> None:
    for sent in (body, picture(mode="RGBA")):
        document = pypdfium2.PdfDocument(pdf.pdf([item(market, story(), sent)], "x"))
        assert document[0].render(scale=0.5).to_pil().convert("RGB").getpixel((50, 90)) == pytest.approx(
            (173, 79, 8), abs=3
        )
        document.close()


def test_many_letters_take_more_than_one_font(market: Market, body: bytes) -> None:
    title = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 300))
    made = item(market, story(title[:60], deck=title[60:], key=key(title)), body)
    reader = pypdf.PdfReader(io.BytesIO(pdf.pdf([made], "x")))
    found = reader.pages[0].extract_text()
    for line in made.leaf.lines:
        assert line.text in found


def test_slides_can_be_edited_and_hold_the_picture(market: Market, body: bytes) -> None:
    made = item(market, story(key=key("KOSPI −10.0%")), body)
    deck = Presentation(io.BytesIO(pptx.pptx([made], "Aftershock")))
    assert deck.core_properties.title == "Aftershock"
    assert len(deck.slides) == 2 and len(deck.slide_layouts) == 1
    assert Emu(deck.slide_width or 0).inches == pytest.approx(13.333, abs=0.001)
    first, second = deck.slides
    texts = [shape.text_frame.text for shape in first.shapes if shape.has_text_frame]
    assert texts == ["Memory fell 9.0%", made.leaf.source, "Close to close, %, local currency"]
    (drawn,) = [shape for shape in first.shapes if shape.shape_type is not None and hasattr(shape, "image")]
    assert drawn.image.size == (3200, 1800) and drawn.image.dpi == (300, 300)
    # Cropped to where the drawing is, and so neither stretched nor beyond the slide.
    shown = 1 - drawn.crop_top - drawn.crop_bottom
    assert drawn.width / drawn.height == pytest.approx(3200 / (1800 * shown), rel=1e-3)
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= (deck.slide_width or 0) + 9525
            assert shape.top >= 0 and shape.top + shape.height <= (deck.slide_height or 0) + 9525
    (table,) = [shape.table for shape in second.shapes if shape.has_table]
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells[0] == ["Session", "SK Hynix, %", "Reason"]
    assert cells[1][0] == "26 Jun 2026" and [row[1] for row in cells[1:]] == [
        "−2.0",
        "0.0",
        "n/a",
        "−9.0",
        "+1.0",
    ]


def test_a_table_of_a_slide_says_what_it_left_out(market: Market) -> None:
    import pandas as pd

    days = pd.date_range("2024-01-01", periods=400, name="session")
    wide = pd.DataFrame({f"A name that is long {n}": [0.1] * 400 for n in range(12)}, days)
    found = grid(story(data=wide))
    assert len(found.cells) == ROWS and 2 < len(found.heads) < 13
    assert found.note == f"Here the newest 12 of 400 rows and {len(found.heads) - 1} of 12 columns; " + (
        "the chart’s CSV holds all."
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abc", "abc"),
        ("אבג", "גבא"),
        ("KOSPI אב גד −9.0%", "KOSPI דג בא −9.0%"),
        ("אב", "בא"),
        ("", ""),
    ],
)
def test_a_page_holds_letters_as_they_stand(text: str, shown: str) -> None:
    assert pdf.as_shown(text) == shown


def test_an_empty_pack_is_refused() -> None:
    for make in (pdf.pdf, pptx.pptx):
        with pytest.raises(pdf.NoPictureError, match="choose a chart"):
            make([], "x")
    with pytest.raises(pdf.NoPictureError):
        pack.files([], pack.KINDS)


def test_an_item_without_a_picture_is_refused(market: Market) -> None:
    told = leaf.leaf(chart(story()), market, PageRequest("/"))
    for make in (pdf.pdf, pptx.pptx):
        with pytest.raises(pdf.NoPictureError):
            make([Item(told, None)], "x")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda body: b"GIF89a" + body, "is no PNG"),
        (lambda body: body[:2000], "is cut off|is damaged"),
        (lambda body: body[:500] + b"\xff" + body[501:], "is damaged"),
        (lambda body: b"", "is no PNG"),
        (lambda body: body[:8], "is cut off"),
        (lambda body: body + b"\x00" * (12 * 1024 * 1024), "has 12"),
        (lambda body: picture(HALF), "has 1600 × 2000 dots, not 3200 × 1800"),
        (lambda body: picture(mode="L", dots=(3200, 1800)), "coded in a way"),
    ],
)
def test_what_is_no_picture_of_a_memo_is_refused(body: bytes, spoil: object, complaint: str) -> None:
    with pytest.raises(BadPictureError, match=complaint):
        read_png(spoil(body), FULL)  # type: ignore[operator]


@settings(deadline=None)
@given(noise=st.binary(max_size=200), at=st.integers(0, 400))
def test_no_noise_passes_for_a_picture(noise: bytes, at: int) -> None:
    whole = memos.picture(HALF)
    spoilt = whole[:at] + noise + whole[at + len(noise) :]
    if spoilt != whole:
        with pytest.raises(BadPictureError):
            read_png(spoilt, HALF)


def test_the_morning_has_eight_charts_whatever_pages_there_are() -> None:
    found = [item.chart.id for item in pack.morning(KNOWN)]
    assert len(found) == len(set(found)) == 8
    without = {name: item for name, item in KNOWN.items() if not name.startswith(("brief", "stress"))}
    fewer = [item.chart.id for item in pack.morning(without)]
    assert len(fewer) == len(set(fewer)) == 8
    assert fewer[0] == "relay-day"
    assert [item.chart.id for item in pack.morning({"relay-day": KNOWN["relay-day"]})] == ["relay-day"]
    assert pack.morning({}) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("nonsense", []),
        ("", []),
        ("🙂" * 500, []),
        ("drawdowns", ["drawdowns-underwater"]),
        ("underwater", ["drawdowns-underwater"]),
        ("relay", ["brief-relay", "relay-day", "relay-strip"]),
        ("relay-dya", ["relay-day"]),
        ("Stress-Serie", ["stress-series"]),
        ("hea", ["brief-heat"]),
        ("corelation-matrix", ["correlation-matrix"]),
    ],
)
def test_a_chart_that_there_is_not_is_refused_with_those_near_it(typed: str, meant: list[str]) -> None:
    assert pack.nearest(typed, list(KNOWN))[: max(len(meant), 1)] == meant
    said = str(pack.UnknownChartError(typed, list(KNOWN)))
    assert len(said) < 200, "a line of a terminal or two"
    assert said.endswith(f"`aftershock memo --charts list` has all {len(KNOWN)}.")
    assert ("did you mean" in said) is bool(meant)
    assert all(name in said for name in meant)


def test_the_charts_of_a_memo_are_listed_without_a_folder(command: Any) -> None:
    ran = command("memo", "--charts", "list")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert all(any(name in line for line in lines) for name in KNOWN)
    assert re.search(r"relay-day +/contagion +no +no", ran.out)
    assert re.search(r"brief-heat +/brief +yes +yes", ran.out)
    without = command("memo")
    assert (without.code, without.err) == (2, "Say where the files go: `aftershock memo --out FOLDER`.\n")


def test_charts_that_need_the_whole_width_are_charts(market: Market) -> None:
    assert set(KNOWN) >= WHOLE_ONLY
    with pytest.raises(leaf.WholeWidthError, match="relay-day needs the whole width of a memo"):
        leaf.leaf(KNOWN["relay-day"].chart, market, PageRequest("/contagion"), HALF)


def test_a_view_comes_back_after_a_restart(market: Market, filled: Path) -> None:
    for placed in tellable(market):
        found = leaf.memo(placed.chart, market, PageRequest(placed.path, "?basket=all"))
        again = Market(market.settings, poll=0.0)
        address = charts.address(again, found["view"])
        again.close()
        assert address == found["data_address"]
        assert "asof=" in address
        path, _, search = address.partition("?")
        assert path == placed.path
        same = leaf.memo(placed.chart, market, PageRequest(path, f"?{search}"))
        assert same["view"] == found["view"]
        assert same["figure"]["layout"]["annotations"] == found["figure"]["layout"]["annotations"]


def test_a_view_is_found_however_it_is_typed(market: Market) -> None:
    told = story(query="?basket=us&asof=2026-06-24T22:00Z")
    found = charts.remember(market, "dd", told)
    digits = found.removeprefix("dd-")
    misread = digits.replace("0", "o").replace("1", "l").lower()
    for typed in (found, found.lower(), f" DD-{misread} "):
        assert charts.address(market, typed) == "/drawdowns?basket=us&asof=2026-06-24T22:00Z"
    for unknown in ("", "dd", "-", "dd-ZZZZZZZZ", "x" * 5000, "dd-\x00"):
        assert charts.address(market, unknown) is None


def test_two_views_never_share_an_id(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    given = charts.view_id
    monkeypatch.setattr(
        charts,
        "view_id",
        lambda prefix, told, again=0: "dd-SAME0" if again == 0 else given(prefix, told, again),
    )
    one, two = story(query="?basket=asia&fall=5"), story(query="?basket=us&fall=5")
    first, second = charts.remember(market, "dd", one), charts.remember(market, "dd", two)
    assert first == "dd-SAME0" != second
    assert charts.address(market, second) == "/drawdowns?basket=us&fall=5"
    assert charts.remember(market, "dd", two) == second
