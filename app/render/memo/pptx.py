"""A pack as PowerPoint: headline, deck and source as text of its own, the drawing as a picture, the figures
behind it as a table of its own on the next slide. Everything but the drawing can be edited.

A slide has the geometry of the memo's picture, whose words are cropped away: put back, they are all there.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from app.figures.theme import PALETTES
from app.render.grid import grid
from app.render.memo.item import Item
from app.render.memo.leaf import Leaf
from app.render.memo.pdf import NoPictureError
from app.render.memo.sizes import FULL

# The library's types stop where a slide's parts begin.
Presentation = Any
Slide = Any
TextFrame = Any

_PIXEL = 7620
"""English Metric Units to a pixel of the memo: 1600 of them are 13.33 inches."""
_POINT = 0.6
"""Points to a pixel."""
_TITLE_ONLY = 5
_PLAIN_TABLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
_FACE = "Inter"
_PALETTE = PALETTES["memo"]
_TITLE, _DECK, _CELL, _ROW = 40, 24, 22, 40
"""Smaller than in the picture: a machine without our face takes a wider one."""


def pptx(items: Sequence[Item], title: str) -> bytes:
    """The slides of a pack: two a chart.

    Raises
    ------
    NoPictureError
        If there is no item, or one has no picture.
    """
    from pptx import Presentation as new_presentation

    if not items:
        raise NoPictureError
    deck: Presentation = new_presentation()
    deck.slide_width, deck.slide_height = _units(FULL.width), _units(FULL.height)
    _house(deck)
    deck.core_properties.title, deck.core_properties.author = title, "Aftershock"
    for item in items:
        _chart(deck, item)
        _figures(deck, item.leaf)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _units(pixels: float) -> Any:
    from pptx.util import Emu

    return Emu(round(pixels * _PIXEL))


def _house(deck: Presentation) -> None:
    """Our face in the theme, and one layout with our title, so that a new slide looks the same."""
    from pptx.opc.constants import RELATIONSHIP_TYPE

    master = deck.slide_master
    theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    faces = theme.blob.replace(b'<a:latin typeface="Calibri"/>', _LATIN.encode())
    theme._blob = faces  # the library has no words for a theme
    layouts = list(deck.slide_layouts)
    for layout in layouts:
        if layout is not layouts[_TITLE_ONLY]:
            deck.slide_layouts.remove(layout)
    for place in (master, layouts[_TITLE_ONLY]):
        for shape in list(place.placeholders):
            if shape.placeholder_format.type in _titles():
                _at(shape, FULL.edge, FULL.top, FULL.inner, 2 * FULL.title_line)
            elif place is not master:
                shape._element.getparent().remove(shape._element)


# Named with its class, so that a machine without it takes another face without serifs.
_LATIN = f'<a:latin typeface="{_FACE}" panose="020B0604020202020204" pitchFamily="34" charset="0"/>'


def _titles() -> tuple[Any, ...]:
    from pptx.enum.shapes import PP_PLACEHOLDER

    return PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE


def _at(shape: Any, x: float, y: float, width: float, height: float) -> None:
    shape.left, shape.top, shape.width, shape.height = map(_units, (x, y, width, height))


def _chart(deck: Presentation, item: Item) -> None:
    leaf, size = item.leaf, item.leaf.size
    if item.picture is None or size is not FULL:
        raise NoPictureError
    slide = _headed(deck, leaf.title, leaf)
    above, below = leaf.top - 6, leaf.bottom
    picture = slide.shapes.add_picture(io.BytesIO(item.picture.body), 0, 0, _units(size.width))
    picture.crop_top, picture.crop_bottom = above / size.height, below / size.height
    _at(picture, 0, above, size.width, size.height - above - below)
    picture.name = leaf.chart.id
    picture._element.nvPicPr.cNvPr.set("descr", f"{leaf.title}. {leaf.deck}")
    _deck(slide, leaf, leaf.deck)


def _figures(deck: Presentation, leaf: Leaf) -> None:
    found = grid(leaf.story)
    slide = _headed(deck, leaf.title, leaf)
    _deck(slide, leaf, found.note)
    rows, columns = len(found.cells) + 1, len(found.heads)
    shape = slide.shapes.add_table(
        rows, columns, _units(FULL.edge), _units(leaf.top + 30), _units(FULL.inner), _units(_ROW * rows)
    )
    shape.name = f"{leaf.chart.id} figures"
    shape._element.graphic.graphicData.tbl.tblPr.find(_name("a:tableStyleId")).text = _PLAIN_TABLE
    table = shape.table
    table.horz_banding = False
    for column, need in zip(table.columns, found.needs, strict=True):
        column.width = _units(FULL.inner * need / sum(found.needs))
    for at, texts in enumerate((found.heads, *found.cells)):
        table.rows[at].height = _units(_ROW)
        for place, text in enumerate(texts):
            _fill(table.cell(at, place), text, left=found.left[place], head=at == 0, key=place == 0)


def _fill(cell: Any, text: str, *, left: bool, head: bool, key: bool) -> None:
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

    cell.vertical_anchor = MSO_ANCHOR.BOTTOM if head else MSO_ANCHOR.MIDDLE
    cell.margin_left, cell.margin_right = _units(0 if key else 26 if left else 10), _units(0)
    cell.margin_top = cell.margin_bottom = _units(3)
    _write(cell.text_frame, text, _CELL, _PALETTE.ink3 if head else _PALETTE.ink, bold=key and not head)
    cell.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT if left else PP_ALIGN.RIGHT
    _under(cell, _PALETTE.strong if head else _PALETTE.hair)


def _under(cell: Any, colour: str) -> None:
    """A hairline below a cell."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    fill = f'<a:solidFill><a:srgbClr val="{colour.lstrip("#")}"/></a:solidFill>'
    cell._tc.get_or_add_tcPr().append(parse_xml(f'<a:lnB {nsdecls("a")} w="9525">{fill}</a:lnB>'))


def _name(tag: str) -> str:
    from pptx.oxml.ns import qn

    return qn(tag)


def _headed(deck: Presentation, title: str, leaf: Leaf) -> Slide:
    """A slide with its title and its source line, and in its notes which view it is."""
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    place = slide.shapes.title
    height = leaf.size.title_line * sum(line.part == "title" for line in leaf.lines)
    _at(place, FULL.edge, FULL.top, FULL.inner, height)
    _write(place.text_frame, title, _TITLE, _PALETTE.ink, bold=True)
    first = min(line.y for line in leaf.lines if line.part == "source")
    _box(slide, leaf.source, first, FULL.height - first - 8, FULL.source, _PALETTE.ink3)
    slide.notes_slide.notes_text_frame.text = f"{leaf.title}\n{leaf.deck}\n{leaf.source}: open /v/{leaf.view}"
    return slide


def _deck(slide: Slide, leaf: Leaf, text: str) -> None:
    lines = [line for line in leaf.lines if line.part == "deck"]
    if text and lines:
        height = FULL.deck_line * len(lines)
        _box(slide, text, lines[0].y, height, _DECK, _PALETTE.ink2)


def _box(slide: Slide, text: str, y: float, height: float, pixels: float, colour: str) -> None:
    """A text across the slide."""
    place = (_units(number) for number in (FULL.edge, y, FULL.inner, height))
    _write(slide.shapes.add_textbox(*place).text_frame, text, pixels, colour)


def _write(frame: TextFrame, text: str, pixels: float, colour: str, *, bold: bool = False) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Pt

    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = _units(0)
    frame.word_wrap = True
    frame.vertical_anchor = MSO_ANCHOR.TOP
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.LEFT
    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.bold = Pt(round(pixels * _POINT * 2) / 2), bold
    run.font.color.rgb = RGBColor.from_string(colour.lstrip("#"))
