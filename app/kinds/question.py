"""A question: what may be asked, and the function that gives its answer.

Declared once; the command, the API route and what comes after them are renderings of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from app.kinds.answer import Answer
from app.kinds.parameters import Parameter, Params
from app.market.asof import moment_of, parse_asof
from app.market.market import Market, View
from models.types import Instant

P = TypeVar("P", bound=Params)


@dataclass(frozen=True)
class Ground:
    """What a question is asked of: the market, and its view at an instant.

    ``as_of`` is what was asked for, None for now; ``moment`` the instant it stands for.
    """

    market: Market
    view: View
    as_of: date | datetime | None
    moment: Instant


def _asof(params: Any) -> str:
    text: str = params.asof
    return text


@dataclass(frozen=True)
class Question(Generic[P]):
    """One question.

    Attributes
    ----------
    name : str
        The command's name, and the address under ``/api/v1``.
    params : type
        What may be asked, each declared once with its words and its help.
    ask : callable
        Gives the answer for the ground and the parameters.
    then : callable
        Gives the text of the instant that is asked of, ``asof`` unless another parameter tells it.
    """

    name: str
    params: type[P]
    ask: Callable[[Ground, P], Answer]
    then: Callable[[P], str] = field(default=_asof)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """What may be asked, by the names of the fields."""
        return self.params.declared()

    def answer(self, market: Market, params: P) -> Answer:
        """The answer as of what was asked.

        Raises
        ------
        AftershockError
            If there is none; its sentence says what would help.
        """
        now = market.now()
        as_of = parse_asof(self.then(params), now)
        moment = moment_of(as_of, now)
        return self.ask(Ground(market, market.view(moment), as_of, moment or now), params)
