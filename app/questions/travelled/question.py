"""The question of how a day went from exchange to exchange."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds.answer import Answer
from app.kinds.parameters import AsOf, names, session, written
from app.kinds.parameters import choice as one
from app.kinds.question import Ground, Question
from app.questions.travelled.facts import facts_for
from app.questions.travelled.sentences import why
from app.questions.travelled.state import DAYS, TravelledState, time_of
from app.questions.travelled.tracks import travelled_sheet
from models.errors import AftershockError, NoPricesError


@dataclass(frozen=True, slots=True)
class TravelledParams(AsOf):
    """What may be asked of bars of five minutes."""

    day: str = session(help="The last day; the newest with bars unless given.")
    days: str = one("1", *map(str, DAYS), help="How many days.")
    at: str = written(
        help="From when on, in UTC: 06:30, or an instant.",
        read=lambda text, reading: time_of(text, reading.now),
        metavar="TIME",
    )
    names: tuple[str, ...] = names(help="Separated by commas; all with bars unless given.")


def _ask(ground: Ground, params: TravelledParams) -> Answer:
    notices: list[str] = []
    state = TravelledState(params.day, int(params.days), params.at, params.names)
    facts = facts_for(ground.market, ground.view, ground.moment, state, notices)
    if notices:
        raise AftershockError(notices[0].removeprefix("Ignored "))
    if facts.found is None or not facts.found.tracks:
        raise NoPricesError(why(facts))
    return travelled_sheet(facts.found, ground.view, ground.as_of)


TRAVELLED = Question("travelled", TravelledParams, ask=_ask)
