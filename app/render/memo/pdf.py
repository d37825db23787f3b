"""One PDF of a pack: a chart a page, its headline in the outline, every word of it to be found and copied.

Pages that a browser has drawn in lines are taken as they are. Of the others the picture is the page, at 300
dots an inch, under a layer of text that is not seen: the same words at the same places.
"""

from __future__ import annotations

import io
import unicodedata
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.render.memo.item import Item
from app.render.memo.leaf import Line
from app.render.memo.png import Png
from app.render.memo.sizes import DOTS_PER_INCH, SCALE, width_of
from models.errors import AftershockError

if TYPE_CHECKING:
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, IndirectObject, StreamObject

POINTS = 72 * SCALE / DOTS_PER_INCH
"""Points of a page to a pixel of a memo."""
_CODES = 255


class NoPictureError(AftershockError, ValueError):
    """A pack was asked for that holds no chart, or one that was not drawn."""

    def __init__(self) -> None:
        super().__init__("There is no picture to put into the pack; choose a chart.")


def pdf(items: Sequence[Item], title: str) -> bytes:
    """The pages of a pack as one PDF.

    Raises
    ------
    NoPictureError
        If there is no item, or one has neither page nor picture.
    """
    from pypdf import PdfReader, PdfWriter

    if not items:
        raise NoPictureError
    writer = PdfWriter()
    writer.pdf_header = "%PDF-1.7"
    for item in items:
        if item.page is not None:
            writer.add_page(PdfReader(io.BytesIO(item.page)).pages[0])
        else:
            _picture_page(writer, item)
        writer.add_outline_item(title=item.leaf.title, page_number=len(writer.pages) - 1)
    writer.add_metadata({"/Title": title, "/Creator": "Aftershock"})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _picture_page(writer: PdfWriter, item: Item) -> None:
    from pypdf.generic import DictionaryObject, NameObject

    if item.picture is None:
        raise NoPictureError
    size = item.leaf.size
    width, height = size.width * POINTS, size.height * POINTS
    page = writer.add_blank_page(width, height)
    letters = _Letters()
    drawing = f"q {width:.2f} 0 0 {height:.2f} 0 0 cm /Picture Do Q\n"
    content = drawing + "".join(letters.shown(line, height) for line in item.leaf.lines)
    picture = DictionaryObject({NameObject("/Picture"): writer._add_object(_image(item.picture))})
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/XObject"): picture, NameObject("/Font"): letters.fonts(writer)}
    )
    page[NameObject("/Contents")] = writer._add_object(_stream(content.encode("ascii")))


def _image(picture: Png) -> StreamObject:
    """The PNG's own data where PDF reads them; colours alone of one that has an opacity."""
    from pypdf.generic import DictionaryObject, NameObject, NumberObject

    width, data = picture.width, picture.data
    coding: dict[str, int] = {"/Predictor": 15, "/Colors": 3, "/BitsPerComponent": 8, "/Columns": width}
    if picture.alpha:
        from PIL import Image

        with Image.open(io.BytesIO(picture.body)) as opened:
            data, coding = zlib.compress(opened.convert("RGB").tobytes(), 6), {}
    found = _stream(data, packed=True)
    found.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(width),
            NameObject("/Height"): NumberObject(picture.height),
            NameObject("/ColorSpace"): NameObject("/DeviceRGB"),
            NameObject("/BitsPerComponent"): NumberObject(8),
        }
    )
    if coding:
        parameters = {NameObject(name): NumberObject(value) for name, value in coding.items()}
        found[NameObject("/DecodeParms")] = DictionaryObject(parameters)
    return found


def _stream(data: bytes, *, packed: bool = False) -> StreamObject:
    from pypdf.generic import NameObject, StreamObject

    found = StreamObject()
    found._data = data if packed else zlib.compress(data)
    found[NameObject("/Filter")] = NameObject("/FlateDecode")
    return found


class _Letters:
    """The letters of a page in fonts of our own that draw nothing and say which character is meant.

    No font that is embedded for its shapes could say every character of every title.
    """

    def __init__(self) -> None:
        self._codes: dict[str, tuple[int, int]] = {}

    def shown(self, line: Line, height: float) -> str:
        """The operators of a line, invisible, on its base line."""
        size = line.size * POINTS
        y = height - line.y * POINTS - size * 0.97
        parts = [f"BT 3 Tr {line.x * POINTS:.2f} {y:.2f} Td"]
        present, run = -1, b""
        for letter in as_shown(line.text):
            font, code = self._code(letter)
            if font != present:
                parts += [f"<{run.hex()}> Tj"] if run else []
                parts.append(f"/F{font} {size:.2f} Tf")
                present, run = font, b""
            run += bytes([code])
        parts += [f"<{run.hex()}> Tj"] if run else []
        return " ".join([*parts, "ET"]) + "\n"

    def _code(self, letter: str) -> tuple[int, int]:
        place = len(self._codes)
        return self._codes.setdefault(letter, (place // _CODES, place % _CODES + 1))

    def fonts(self, writer: PdfWriter) -> DictionaryObject:
        """The fonts by the names under which :meth:`shown` asks for them."""
        from pypdf.generic import DictionaryObject, NameObject

        letters = list(self._codes)
        return DictionaryObject(
            {
                NameObject(f"/F{start // _CODES}"): _font(writer, letters[start : start + _CODES])
                for start in range(0, len(letters), _CODES)
            }
        )


def as_shown(text: str) -> str:
    """A text with what is written from the right turned round: a page holds letters as they stand."""
    found: list[str] = []
    right: list[str] = []
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("R", "AL") or (right and kind in ("WS", "NSM", "CS", "ON")):
            right.append(letter)
        else:
            found += [*_turned(right), letter]
            right = []
    return "".join([*found, *_turned(right)])


def _turned(letters: list[str]) -> list[str]:
    """The other way round; the space after them stays after them."""
    kept = len("".join(letters).rstrip())
    return letters[:kept][::-1] + letters[kept:]


def _font(writer: PdfWriter, letters: Sequence[str]) -> IndirectObject:
    from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject

    widths = [round(width_of(letter, 1000)) for letter in letters]
    names = [NameObject(f"/g{code}") for code in range(1, len(letters) + 1)]
    shapes = DictionaryObject(
        {
            name: writer._add_object(_stream(f"{width} 0 d0".encode()))
            for name, width in zip(names, widths, strict=True)
        }
    )
    box = ArrayObject([NumberObject(number) for number in (0, -250, 1000, 1000)])
    matrix = ArrayObject([FloatObject(number) for number in (0.001, 0, 0, 0.001, 0, 0)])
    encoding = {
        NameObject("/Type"): NameObject("/Encoding"),
        NameObject("/Differences"): ArrayObject([NumberObject(1), *names]),
    }
    return writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type3"),
                NameObject("/FontBBox"): box,
                NameObject("/FontMatrix"): matrix,
                NameObject("/Resources"): DictionaryObject(),
                NameObject("/CharProcs"): shapes,
                NameObject("/Encoding"): DictionaryObject(encoding),
                NameObject("/FirstChar"): NumberObject(1),
                NameObject("/LastChar"): NumberObject(len(letters)),
                NameObject("/Widths"): ArrayObject([NumberObject(width) for width in widths]),
                NameObject("/ToUnicode"): writer._add_object(_stream(_meaning(letters))),
            }
        )
    )


def _meaning(letters: Sequence[str]) -> bytes:
    """Which character each code stands for."""
    rows = [
        f"<{code:02X}> <{letter.encode('utf-16-be', 'replace').hex()}>"
        for code, letter in enumerate(letters, 1)
    ]
    blocks = "".join(
        f"{len(rows[at : at + 100])} beginbfchar\n" + "\n".join(rows[at : at + 100]) + "\nendbfchar\n"
        for at in range(0, len(rows), 100)
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Aftershock def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <FF> endcodespacerange\n{blocks}"
        "endcmap CMapName currentdict /CMap defineresource pop end end\n"
    ).encode()
