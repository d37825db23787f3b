"""The question of a news day: who started it, and how it went on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from app.kinds.answer import Answer
from app.kinds.parameters import Asked, session
from app.kinds.question import Ground, Question
from app.market.words import as_date
from app.questions.relay.facts import Facts
from app.questions.relay.legs import relay
from app.questions.relay.sentences import headline
from app.questions.relay.state import RelayState


@dataclass(frozen=True, slots=True)
class RelayParams(Asked):
    """What may be asked of a news day."""

    on: str = session(help="The news day; the last one unless given.", key="day", option="on")


def _ask(ground: Ground, params: RelayParams) -> Answer:
    answer = relay(ground.view, params.basket, as_date(params.on), ground.as_of)
    day: date = answer.facts["day"]
    # The page's own headline of that day: a command and a page never tell it differently.
    state = RelayState(basket=params.basket, day=day.isoformat())
    return replace(answer, sentence=headline(Facts(ground.view, state, ground.view.moment)))


RELAY = Question("relay", RelayParams, ask=_ask)
