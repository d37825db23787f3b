"""Figures as files write them: with points or commas, with or without thousands, with signs and letters.

One file has one way of writing; what it is, is said by its figures together, and where they leave it open
the file is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ingest.sources.headings import money_of
from models.types import Floats

BLANKS = frozenset(
    ("", "-", "--", "–", "—", ".", "null", "nan", "none", "na", "n/a", "#n/a", "#n/a n/a", "nil", "n.a.")
)
_SIZES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "천": 1e3, "万": 1e4, "萬": 1e4, "만": 1e4}
_SIZES |= {"億": 1e8, "亿": 1e8, "억": 1e8}
_SPACES = str.maketrans(
    {"\u00a0": None, "\u202f": None, "\u2009": None, " ": None, "'": None, "’": None, "−": "-"}
)
_MONEY = re.compile(
    r"^(us\$|nt\$|hk\$|[$€£₩￦¥￥]|[A-Za-z]{3}(?=[\d.,-]))|([$€£₩￦¥￥원円元]|(?<=[\d.,])[A-Z]{3})$", re.I
)
_DIGITS = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?", re.ASCII)


class FigureError(ValueError):
    """A file's figures can be read in two ways, or in none; ``example`` is one of them."""

    def __init__(self, example: str, why: str) -> None:
        super().__init__(why)
        self.example = example
        self.why = why


@dataclass(slots=True)
class Figures:
    """How the figures of a file are written, and which currencies stand beside them."""

    comma: bool = False
    money: set[str] = field(default_factory=set)

    def value(self, text: str, *, sized: bool = False) -> float:
        """The value of one text, NaN of a blank; ``sized`` lets K, M and B stand after it.

        Raises
        ------
        ValueError
            If it is no figure.
        """
        bare = self._bare(text)
        if bare.lower() in BLANKS:
            return float("nan")
        size = 1.0
        if sized and bare[-1:].lower() in _SIZES:
            size, bare = _SIZES[bare[-1].lower()], bare[:-1]
        if not _DIGITS.fullmatch(bare):
            raise ValueError("not a number")
        mark, other = (",", ".") if self.comma else (".", ",")
        whole, _, rest = bare.partition(mark)
        if other in rest or (other in whole and not _grouped(whole, other)):
            raise ValueError("not a number")
        found = float(whole.replace(other, "") + ("." + rest if rest else "")) * size
        if not np.isfinite(found):
            raise ValueError("not a number")
        return found

    def values(self, texts: Sequence[str], *, sized: bool = False) -> Floats:
        """The values of a column, shape (n,)."""
        # The quick way reads a point as the decimal mark, and what Python writes in its own code.
        slow = any("_" in text or (self.comma and "." in text) for text in texts)
        try:
            found = np.array(["?" if slow else text or "nan" for text in texts], dtype=np.float64)
        except ValueError:
            return np.array([self.value(text, sized=sized) for text in texts], dtype=np.float64)
        if np.isinf(found).any():
            raise ValueError("not a number")
        return found

    def _bare(self, text: str) -> str:
        """The figure without blanks, thousands apart by blanks, and the sign of its money."""
        bare = text.strip().translate(_SPACES)
        if found := _MONEY.search(bare):
            money = money_of(found[0])
            if money is not None:
                self.money.add(money)
                bare = _MONEY.sub("", bare, count=1)
        return bare


def _grouped(whole: str, mark: str) -> bool:
    """Whether digits stand in thousands: 1,234,567 and not 12,34."""
    first, *rest = whole.lstrip("+-").split(mark)
    return 1 <= len(first) <= 3 and all(len(part) == 3 for part in rest)


def figures_of(columns: Iterable[Sequence[str]], delimiter: str, *, eastern: bool) -> Figures:
    """Return how the figures of a file are written.

    Parameters
    ----------
    columns
        Every column of figures.
    delimiter
        What parts the fields: beside a comma a point is always the decimal one.
    eastern
        Whether the headings are Korean, Japanese or Chinese, where commas part thousands.

    Raises
    ------
    FigureError
        If they are written in two ways, or may be read in two.
    """
    found = Figures()
    comma = point = ""
    doubtful = ""
    for texts in columns:
        for text in texts:
            if "," not in text and (delimiter == "," or "." not in text):
                continue
            bare = found._bare(text)
            if bare and bare[-1].lower() in _SIZES:
                bare = bare[:-1]
            says = _mark(bare)
            if says == ",":
                comma = comma or text
            elif says == ".":
                point = point or text
            elif says == "?":
                doubtful = doubtful or text
    if comma and point:
        raise FigureError(comma, f"others are written as {point!r}: use one way")
    if doubtful and not comma and not point:
        dotted = "." in doubtful
        if delimiter == ";" or (delimiter == "\t" and dotted and not eastern):
            raise FigureError(
                doubtful, "its mark may be of thousands or of decimals: write figures without thousands"
            )
    found.comma = bool(comma)
    return found


def _mark(bare: str) -> str:
    """The decimal mark that a figure gives away, ``?`` when it may be either, nothing where it has none."""
    digits = bare.lstrip("+-")
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        return "," if digits.rfind(",") > digits.rfind(".") else "."
    if commas > 1:
        return "."
    if points > 1:
        return ","
    mark = "," if commas else "." if points else ""
    if not mark:
        return ""
    whole, _, rest = digits.partition(mark)
    if len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0") and rest.isdigit():
        return "?"
    return mark
