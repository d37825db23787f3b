"""What may be asked, declared once: a command's option, the API's parameter, and how each is read.

A parameter is a field of a :class:`Params` made by one of the functions here::

    @dataclass(frozen=True, slots=True)
    class StressParams(Asked):
        lead: str = choice("asia", "us", "asia", help="The side that closes first within a row.")
        window: int = whole(250, help="Rows behind turbulence.")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

from app.kinds.address import Partly, asof_of, day_of, names_of
from models.errors import AftershockError
from models.types import Instant
from models.universe import Universe

P = TypeVar("P", bound="Params")
DECLARED = "parameter"


class Reading(NamedTuple):
    """What a parameter is read on: the names there are, and the clock."""

    universe: Universe
    now: Instant


Read = Callable[[str, Reading], Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """How one parameter is read, offered and explained.

    Attributes
    ----------
    read : callable
        Gives the value of a text; raises ValueError or AftershockError with a sentence otherwise.
    help : str
        What it is, for a command's help and the API's description.
    key, option : str
        Its name in an address, and on the command line without dashes; that of the field unless given.
    metavar : str
        What stands for its value in a command's help.
    choices : tuple of str
        The values there are, empty for one that is typed.
    switch, many, required : bool
        Whether it is a flag, takes several words without an option, and must be given.
    """

    read: Read
    help: str
    key: str = ""
    option: str = ""
    metavar: str = "TEXT"
    choices: tuple[str, ...] = ()
    switch: bool = False
    many: bool = False
    required: bool = False


class Said(NamedTuple):
    """The words of a parameter: its help, and its name in an address and on the command line."""

    help: str
    key: str = ""
    option: str = ""


@dataclass(frozen=True, slots=True)
class Params:
    """What is asked of a question; each has its own."""

    @classmethod
    def declared(cls) -> dict[str, Parameter]:
        """The parameters by the name of their field."""
        return {item.name: item.metadata[DECLARED] for item in fields(cls)}


class ParameterError(AftershockError, ValueError):
    """A parameter that does not exist, or whose value cannot be used."""


def declare(default: Any, parameter: Parameter) -> Any:
    """The field of a parameter."""
    return field(default=default, metadata={DECLARED: parameter})


def choice(default: str, *values: str, help: str, key: str = "", option: str = "") -> Any:
    """One of several known values."""

    def read(text: str, _: Reading) -> str:
        if text not in values:
            raise ValueError(f"{text[:40]!r} is not one of {', '.join(values)}.")
        return text

    return declare(default, Parameter(read, help, key, option, "|".join(values), values))


def whole(default: int | None, least: int, most: int, *, help: str, key: str = "", option: str = "") -> Any:
    """A whole number within bounds; None as the default leaves it to the question."""

    def read(text: str, _: Reading) -> int:
        text = text.strip()
        digits = text.removeprefix("-").removeprefix("+")
        if not digits.isdecimal() or len(digits) > 9 or not least <= int(text) <= most:
            raise ValueError(f"{text[:40]!r} is no whole number from {least:,} to {most:,}.")
        return int(text)

    return declare(default, Parameter(read, help, key, option, "N"))


def fraction(default: float, least: float, most: float, *, help: str, key: str = "", option: str = "") -> Any:
    """A share between two bounds: 0.05 and 5% are the same, and a number from 1 on is in percent."""

    def read(text: str, _: Reading) -> float:
        stripped = text.strip().removesuffix("%").strip()
        try:
            value = float(stripped)
        except ValueError:
            value = float("nan")
        value = value / 100 if value >= 1 or text.strip().endswith("%") else value
        if not least <= value <= most:
            raise ValueError(f"{text[:40]!r} is no share from {least:g} to {most:g}, such as {default:g}.")
        return value

    return declare(default, Parameter(read, help, key, option, "FRACTION"))


def basket() -> Any:
    """Which basket it is about."""
    read: Read = lambda text, reading: reading.universe.basket(text).id  # noqa: E731
    return declare("all", Parameter(read, "all, asia, us or a layer of the AI stack.", metavar="BASKET"))


def names(*, help: str, key: str = "", option: str = "") -> Any:
    """Names of the universe, as people write them; those not known are left out and said."""
    return declare(
        (), Parameter(lambda text, reading: names_of(text, reading.universe), help, key, option, "SYMBOLS")
    )


def session(*, help: str, key: str = "", option: str = "", required: bool = False) -> Any:
    """The date of a session; empty leaves it to the question."""
    return declare(
        "",
        Parameter(
            lambda text, reading: day_of(text, reading.now), help, key, option, "DATE", required=required
        ),
    )


def asof() -> Any:
    """The date or the instant as of which everything is told; empty for now."""
    return declare(
        "",
        Parameter(
            lambda text, reading: asof_of(text, reading.now),
            "As it stood then; now unless given.",
            option="as-of",
            metavar="DATE",
        ),
    )


def written(
    *, help: str, read: Read, key: str = "", option: str = "", metavar: str = "TEXT", required: bool = False
) -> Any:
    """A text, read by a function of its own."""
    return declare("", Parameter(read, help, key, option, metavar, required=required))


def several(*, help: str, read: Read, key: str = "", metavar: str = "TEXT") -> Any:
    """Several words; an address has them with commas between."""
    return declare((), Parameter(read, help, key, "", metavar, many=True))


def switch(*, help: str, key: str = "", option: str = "", on: str = "yes", off: str = "no") -> Any:
    """Yes or no, written as ``on`` and ``off`` in an address; no unless said."""

    def read(text: str, _: Reading) -> bool:
        if text not in (on, off):
            raise ValueError(f"{text[:40]!r} is not one of {on}, {off}.")
        return text == on

    return declare(False, Parameter(read, help, key, option, "", (on, off), switch=True))


@dataclass(frozen=True, slots=True)
class AsOf(Params):
    """A question that can be asked as of another instant."""

    asof: str = asof()


@dataclass(frozen=True, slots=True)
class Asked(AsOf):
    """A question about a basket at an instant."""

    basket: str = basket()


def key_of(name: str, parameter: Parameter) -> str:
    """What a parameter is called in an address."""
    return parameter.key or name


def option_of(name: str, parameter: Parameter) -> str:
    """What it is called on the command line, with its dashes."""
    return "--" + (parameter.option or key_of(name, parameter).replace("_", "-"))


def read_params(
    params: type[P],
    given: Mapping[str, str],
    reading: Reading,
    called: Callable[[str, Parameter], str] = key_of,
) -> tuple[P, list[str]]:
    """The parameters of texts by the names they are called, and what of them could not be used.

    A page passes over what it cannot use and says so; a program is refused instead of being answered
    something else. Of a list of names those that are not known are left out, which the second value says.

    Parameters
    ----------
    params : type
        The parameters that are declared.
    given : mapping of str to str
        Texts by name: keys of an address, or options of a command line as ``called`` gives them.
    reading : Reading
        The universe and the clock they are read on.

    Raises
    ------
    ParameterError
        If one is unknown, lacks, or cannot be read; its sentence names it.
    """
    declared = {called(name, item): (name, item) for name, item in params.declared().items()}
    values: dict[str, Any] = {}
    left: list[str] = []
    for key, text in given.items():
        if key not in declared:
            near = get_close_matches(key, declared, n=1)
            meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(declared)}."
            raise ParameterError(f"There is no parameter {key[:40]!r}{meant}")
        name, item = declared[key]
        if not text.strip():
            continue
        try:
            value = item.read(text, reading)
        except (AftershockError, ValueError) as error:
            raise ParameterError(f"{key}: {error}") from None
        if isinstance(value, Partly):
            left.append(f"Left out of {key}, {value.left}")
            value = value.value
        values[name] = value
    lacking = [key for key, (name, item) in declared.items() if item.required and not values.get(name)]
    if lacking:
        raise ParameterError(f"{lacking[0]} is needed: {declared[lacking[0]][1].help}")
    return params(**values), left
