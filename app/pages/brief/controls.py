"""The controls of the Brief: the meeting's time and zone, the basket, the instant."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from app.market import words
from app.questions.brief.lines import place_of
from app.questions.brief.morning import Brief
from app.questions.brief.state import BriefState
from app.render.html.controls import basket_menu, instant_menu
from app.render.html.menu import date_menu

MEET_FIELD, ZONE_FIELD = "brief-meet-date", "brief-zone-date"
TIMES = ("07:00", "07:30", "08:00", "08:30", "09:00", "09:30", "10:00")
ZONES = (
    "Europe/London",
    "Europe/Zurich",
    "America/New_York",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Asia/Hong_Kong",
    "Asia/Singapore",
    "UTC",
)


def meeting(brief: Brief, state: BriefState) -> list[html.Details]:
    """When the meeting is: its time, and by whose clock."""
    at, zone = f"{brief.meeting.at:%H:%M}", brief.meeting.zone
    began = brief.since.at.astimezone(ZoneInfo(zone))
    times = [(time, state.query(meet=time), time == at) for time in TIMES]
    zones = [(place_of(name), state.query(zone=name), name == zone) for name in dict.fromkeys((zone, *ZONES))]
    value = f"{began:%a} {words.day(began.date(), year=False)}, {began:%H:%M}"
    return [
        date_menu(
            "Since your last meeting",
            value,
            times,
            field=MEET_FIELD,
            hint="Any other time of day",
            given=state.meet,
            example="08:45",
        ),
        date_menu(
            "",
            place_of(zone),
            zones,
            field=ZONE_FIELD,
            hint="Any other zone",
            given=state.zone,
            example="Asia/Dubai",
        ),
    ]


def controls(brief: Brief, state: BriefState) -> list[Any]:
    """Basket and instant."""
    return [basket_menu(state, brief.view.baskets), instant_menu("brief", state, brief.as_of)]
