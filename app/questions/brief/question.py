"""The question of the morning: what happened, how bad, how wide, who started it, what next."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds.answer import Answer
from app.kinds.parameters import Asked, Reading, written
from app.kinds.question import Ground, Question
from app.questions.brief.table import brief
from models.meetings import Meeting, time_of, zone_of


def _meeting(text: str, _: Reading) -> str:
    """A meeting's time, and its time zone where one is named."""
    time, _sep, place = text.strip().partition(" ")
    return f"{time_of(time):%H:%M} {zone_of(place)}" if place else f"{time_of(time):%H:%M}"


@dataclass(frozen=True, slots=True)
class BriefParams(Asked):
    """What may be asked of the morning."""

    meeting: str = written(
        help="Your meeting, such as '08:30 Europe/London'; else as set.", read=_meeting, metavar="TIME ZONE"
    )


def _ask(ground: Ground, params: BriefParams) -> Answer:
    if params.meeting:
        at, _, zone = params.meeting.partition(" ")
    else:
        at, zone = ground.market.settings.meeting_parts
    own = Meeting(time_of(at), zone_of(zone or "UTC"))
    events = ground.market.events(ground.view).events
    return brief(ground.view, events, params.basket, ground.moment, own, ground.as_of)


BRIEF = Question("brief", BriefParams, ask=_ask)
