"""What one definition of the Method page consists of, and parameters read from the code that runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any

from app.market import words

Show = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number the code uses: where it stands there, its value, and how it is written."""

    label: str
    where: str
    value: Any
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One definition. ``functions`` are those of the code that work it out.

    ``table`` is a list of code and meaning, for what is a list rather than a number.
    """

    id: str
    title: str
    says: tuple[str, ...]
    formula: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    reference: str = ""
    cannot: str = ""
    functions: tuple[Callable[..., Any], ...] = ()
    table: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """Definitions that belong together."""

    title: str
    entries: tuple[Entry, ...]


def constant(label: str, module: ModuleType, name: str, show: Show = str) -> Parameter:
    """A parameter that stands as a constant in a module."""
    value = getattr(module, name)
    return Parameter(label, f"{module.__name__}.{name}", value, show(value))


def default(label: str, function: Callable[..., Any], name: str, show: Show = str) -> Parameter:
    """A parameter that stands as a function's default."""
    value = inspect.signature(function).parameters[name].default
    return Parameter(label, f"{function.__module__}.{function.__name__}({name})", value, show(value))


def percent(value: float) -> str:
    """A fraction as a percentage, as short as it is exact: ``40%``, ``0.15%``."""
    return f"{value * 100:.10g}%"


def number(value: float) -> str:
    """A number with a real minus: ``−1.65``."""
    return f"{value:.10g}".replace("-", words.MINUS)


def sessions(value: int) -> str:
    """A count of sessions."""
    return words.count(value, "session")


def days(value: int) -> str:
    """A count of calendar days."""
    return words.count(value, "day")


def wait(value: timedelta) -> str:
    """A length of time."""
    return words.wait(value)
