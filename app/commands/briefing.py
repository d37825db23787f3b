"""The command of the morning."""

from __future__ import annotations

from app.commands.asking import DONE, asked_of, show
from app.market.asof import moment_of
from app.market.market import Market
from app.questions.brief.table import brief
from app.settings import load_settings
from models.meetings import Meeting, time_of, zone_of


def morning(as_of: str | None, basket: str, meeting: str | None, form: str) -> int:
    """Print the morning sentence by sentence."""
    then = asked_of(as_of)
    if meeting is not None:  # refused here: the setting's own words would name what nobody set
        time, _, place = meeting.strip().partition(" ")
        meeting = f"{time_of(time):%H:%M} {zone_of(place)}" if place else f"{time_of(time):%H:%M}"
    market = Market(load_settings(meeting=meeting))
    try:
        moment = moment_of(then, market.now())
        view = market.view(moment)
        events = market.events(view).events
        at, zone = market.settings.meeting_parts
        own = Meeting(time_of(at), zone_of(zone or "UTC"))
        sheet = brief(view, events, basket, moment or market.now(), own, then)
    finally:
        market.close()
    show(sheet, form)
    return DONE
