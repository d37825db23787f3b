"""The calendars against facts that were written down by hand, from the exchanges' own notices."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CalendarError
from models.sessions import GRACE, Calendar, Calendars

IDS = ("XTKS", "XKRX", "XTAI", "XHKG", "XNYS", "weekdays")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calendars")


@pytest.fixture(scope="session")
def calendars(cache: Path) -> Calendars:
    return Calendars(cache_dir=cache)


@pytest.mark.parametrize(
    ("exchange", "session", "opened", "closed"),
    [
        # New York: summer time from 8 March to 1 November 2026.
        ("XNYS", "2026-03-06", "2026-03-06T14:30", "2026-03-06T21:00"),
        ("XNYS", "2026-03-09", "2026-03-09T13:30", "2026-03-09T20:00"),
        ("XNYS", "2026-10-30", "2026-10-30T13:30", "2026-10-30T20:00"),
        ("XNYS", "2026-11-02", "2026-11-02T14:30", "2026-11-02T21:00"),
        # The day after Thanksgiving ends at 13:00, Christmas Eve in Hong Kong at noon.
        ("XNYS", "2026-11-27", "2026-11-27T14:30", "2026-11-27T18:00"),
        ("XHKG", "2026-12-24", "2026-12-24T01:30", "2026-12-24T04:00"),
        # Asia knows no summer time.
        ("XTKS", "2026-06-23", "2026-06-23T00:00", "2026-06-23T06:30"),
        ("XTKS", "2026-01-06", "2026-01-06T00:00", "2026-01-06T06:30"),
        (
            "XTKS",
            "2024-11-01",
            "2024-11-01T00:00",
            "2024-11-01T06:00",
        ),  # before the later close of 5 Nov 2024
        ("XKRX", "2026-06-23", "2026-06-23T00:00", "2026-06-23T06:30"),
        ("XKRX", "2026-11-19", "2026-11-19T01:00", "2026-11-19T07:30"),  # college entrance examination
        ("XKRX", "2025-11-13", "2025-11-13T01:00", "2025-11-13T07:30"),
        # Every examination since 2015, its close an hour earlier before the longer day of August 2016.
        ("XKRX", "2015-11-12", "2015-11-12T01:00", "2015-11-12T07:00"),
        ("XKRX", "2016-11-17", "2016-11-17T01:00", "2016-11-17T07:30"),
        ("XKRX", "2017-11-16", "2017-11-16T01:00", "2017-11-16T07:30"),  # put off, the hours kept
        ("XKRX", "2017-11-23", "2017-11-23T01:00", "2017-11-23T07:30"),
        ("XKRX", "2018-11-15", "2018-11-15T01:00", "2018-11-15T07:30"),
        ("XKRX", "2019-11-14", "2019-11-14T01:00", "2019-11-14T07:30"),
        ("XKRX", "2020-12-03", "2020-12-03T01:00", "2020-12-03T07:30"),
        ("XKRX", "2021-11-18", "2021-11-18T01:00", "2021-11-18T07:30"),
        ("XKRX", "2022-11-17", "2022-11-17T01:00", "2022-11-17T07:30"),
        ("XKRX", "2023-11-16", "2023-11-16T01:00", "2023-11-16T07:30"),
        ("XKRX", "2024-11-14", "2024-11-14T01:00", "2024-11-14T07:30"),
        ("XKRX", "2024-11-15", "2024-11-15T00:00", "2024-11-15T06:30"),
        # The first session of a year opens at ten and ends as ever.
        ("XKRX", "2021-01-04", "2021-01-04T01:00", "2021-01-04T06:30"),
        ("XKRX", "2026-01-02", "2026-01-02T01:00", "2026-01-02T06:30"),
        # Storms that took a part of the day in Hong Kong.
        ("XHKG", "2019-07-31", "2019-07-31T01:30", "2019-07-31T05:55"),
        ("XHKG", "2020-08-19", "2020-08-19T05:30", "2020-08-19T08:00"),
        ("XHKG", "2021-06-28", "2021-06-28T05:30", "2021-06-28T08:00"),
        ("XHKG", "2022-08-25", "2022-08-25T05:00", "2022-08-25T08:00"),
        ("XHKG", "2022-11-02", "2022-11-02T01:30", "2022-11-02T05:55"),
        ("XHKG", "2023-10-09", "2023-10-09T06:00", "2023-10-09T08:00"),
        ("XTAI", "2026-06-23", "2026-06-23T01:00", "2026-06-23T05:30"),
        ("XHKG", "2026-06-23", "2026-06-23T01:30", "2026-06-23T08:00"),
        # Currencies: London's midnight to New York's 17:00.
        ("weekdays", "2026-06-23", "2026-06-22T23:00", "2026-06-23T21:00"),
        ("weekdays", "2026-01-06", "2026-01-06T00:00", "2026-01-06T22:00"),
        (
            "weekdays",
            "2026-03-10",
            "2026-03-10T00:00",
            "2026-03-10T21:00",
        ),  # New York is ahead, London not yet
    ],
)
def test_hours_in_utc(calendars: Calendars, exchange: str, session: str, opened: str, closed: str) -> None:
    day = date.fromisoformat(session)
    calendar = calendars[exchange]
    assert (calendar.open_of(day), calendar.close_of(day)) == (at(opened), at(closed))


@pytest.mark.parametrize(
    ("exchange", "day", "trades"),
    [
        ("XKRX", "2026-06-03", False),  # local elections, from the overrides
        ("XKRX", "2026-07-17", False),  # Constitution Day, from the overrides
        ("XKRX", "2026-06-04", True),
        ("XHKG", "2023-09-01", False),  # typhoon Saola
        ("XHKG", "2023-09-08", False),  # black rainstorm
        ("XTAI", "2024-10-31", False),  # typhoon Kong-rey
        ("XTAI", "2022-02-04", False),
        *(
            ("XTAI", day, False)
            for day in ("2023-08-03", "2024-07-24", "2024-07-25", "2024-10-02", "2024-10-03")
        ),
        *(
            ("XHKG", day, False)
            for day in ("2016-08-02", "2016-10-21", "2017-08-23", "2020-10-13", "2021-10-13")
        ),
        *(("XHKG", day, False) for day in ("2023-07-17", "2024-09-06")),
        ("XTKS", "2020-10-01", False),  # the exchange's machines failed
        ("XTAI", "2018-12-22", True),  # a Saturday that was made up
        ("XTKS", "2026-07-20", False),  # Marine Day
        ("XNYS", "2026-06-19", False),  # Juneteenth
        ("XNYS", "2026-07-03", False),  # Independence Day, observed
        ("XNYS", "2025-01-09", False),  # day of mourning
        ("XNYS", "2026-06-20", False),
        ("weekdays", "2026-12-25", True),
        ("weekdays", "2026-12-26", False),
    ],
)
def test_days_that_trade(calendars: Calendars, exchange: str, day: str, trades: bool) -> None:
    assert calendars[exchange].is_session(date.fromisoformat(day)) is trades
    assert calendars[exchange].among(np.array([day], dtype="datetime64[D]")).tolist() == [trades]


@pytest.mark.parametrize(
    ("exchange", "now", "phase"),
    [
        ("XTKS", "2026-06-22T23:59", "closed"),
        ("XTKS", "2026-06-23T00:00", "open"),
        ("XTKS", "2026-06-23T02:29", "open"),
        ("XTKS", "2026-06-23T02:30", "lunch"),
        ("XTKS", "2026-06-23T03:29", "lunch"),
        ("XTKS", "2026-06-23T03:30", "open"),
        ("XTKS", "2026-06-23T06:30", "closed"),
        ("XHKG", "2026-06-23T04:30", "lunch"),
        ("XHKG", "2026-12-24T04:30", "closed"),
        ("XHKG", "2020-08-19T04:30", "closed"),  # no lunch before an open after noon
        ("XHKG", "2020-08-19T05:30", "open"),
        ("XHKG", "2022-08-25T05:00", "open"),
        ("XHKG", "2019-07-31T04:30", "lunch"),
        ("XHKG", "2019-07-31T05:55", "closed"),
        ("XKRX", "2026-06-23T03:00", "open"),
        ("XKRX", "2026-06-03T03:00", "holiday"),
        ("XKRX", "2026-11-19T00:30", "closed"),
        ("XNYS", "2026-06-20T15:00", "closed"),  # a Saturday
        ("XNYS", "2026-06-19T15:00", "holiday"),
        ("XNYS", "2026-06-19T02:00", "closed"),  # still the evening of Thursday there
        ("XNYS", "2026-11-27T18:00", "closed"),
    ],
)
def test_phase(calendars: Calendars, exchange: str, now: str, phase: str) -> None:
    assert calendars[exchange].status(at(now)).phase == phase


def test_status_of_a_running_session_and_of_a_night(calendars: Calendars) -> None:
    running = calendars["XNYS"].status(at("2026-06-23T15:00"))
    assert (running.session, running.last_session) == (date(2026, 6, 23), date(2026, 6, 22))
    assert (running.next_open, running.next_close) == (at("2026-06-24T13:30"), at("2026-06-23T20:00"))
    weekend = calendars["XKRX"].status(at("2026-07-31T21:30"))
    assert (weekend.session, weekend.last_session) == (None, date(2026, 7, 31))
    assert weekend.next_open == at("2026-08-03T00:00")


def test_a_bar_counts_as_final_after_its_grace(calendars: Calendars) -> None:
    korea, close = calendars["XKRX"], at("2026-06-23T06:30")
    assert korea.last_closed(close - timedelta(seconds=1)) == date(2026, 6, 22)
    assert korea.last_closed(close) == date(2026, 6, 23)
    assert korea.last_closed(close + GRACE - timedelta(seconds=1), GRACE) == date(2026, 6, 22)
    assert korea.last_closed(close + GRACE, GRACE) == date(2026, 6, 23)
    days = np.array(["2026-06-22", "2026-06-23", "2026-06-24"], dtype="datetime64[D]")
    assert korea.closed_by(days, close).tolist() == [True, True, False]
    assert korea.closed_by(days, at("1990-01-01T00:00")).tolist() == [False] * 3
    assert korea.last_closed(at("1990-01-01T00:00")) is None


def test_between_includes_both_ends(calendars: Calendars) -> None:
    days = calendars["XNYS"].between(date(2026, 6, 18), date(2026, 6, 22))
    assert days.astype(str).tolist() == ["2026-06-18", "2026-06-22"]
    assert calendars["XNYS"].between(date(2026, 6, 20), date(2026, 6, 21)).size == 0
    assert calendars["XNYS"].between(date(2026, 6, 22), date(2026, 6, 18)).size == 0


@pytest.mark.parametrize("exchange", IDS)
def test_every_calendar_is_in_order_and_reaches_past_next_summer(calendars: Calendars, exchange: str) -> None:
    calendar = calendars[exchange]
    assert (np.diff(calendar.sessions) > np.timedelta64(0, "D")).all()
    assert (calendar.opens < calendar.closes).all()
    assert (calendar.closes[:-1] <= calendar.opens[1:] + np.timedelta64(4, "h")).all()
    assert calendar.sessions[0] < np.datetime64("2015-01-08")
    assert calendar.horizon.month == 12
    lunch = ~np.isnat(calendar.break_starts)
    assert (calendar.opens < calendar.break_starts)[lunch].all()
    assert (calendar.break_ends < calendar.closes)[lunch].all()
    assert lunch.any() == (exchange in ("XTKS", "XHKG"))


def test_past_the_horizon_nothing_is_next(calendars: Calendars) -> None:
    calendar = calendars["XTKS"]
    after = calendar.close_of(calendar.horizon) + timedelta(days=30)
    status = calendar.status(after)
    assert (status.next_open, status.next_close) == (None, None)
    assert status.last_session == calendar.horizon
    before = calendar.status(datetime(2010, 1, 4, 3, tzinfo=UTC))
    assert before.last_session is None


@given(st.datetimes(datetime(2015, 2, 1), datetime(2027, 6, 1)), st.sampled_from(IDS))  # noqa: DTZ001
def test_status_agrees_with_itself_at_any_instant(
    calendars: Calendars, naive: datetime, exchange: str
) -> None:
    now, calendar = naive.replace(tzinfo=UTC), calendars[exchange]
    status = calendar.status(now)
    assert status.next_open is not None
    assert status.next_close is not None
    assert status.next_open > now
    assert status.next_close > now
    assert status.last_session == calendar.last_closed(now)
    assert (status.next_close < status.next_open) == (status.phase in ("open", "lunch"))


def test_a_day_without_a_session_has_no_hours(calendars: Calendars) -> None:
    with pytest.raises(CalendarError, match="XKRX has no session on 2026-06-03"):
        calendars["XKRX"].open_of(date(2026, 6, 3))
    with pytest.raises(CalendarError, match="has no session on 2100-01-01"):
        calendars["XKRX"].close_of(date(2100, 1, 1))


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(CalendarError, match="There is no calendar 'XQQQ'; choose one of XTKS, XKRX"):
        Calendars()["XQQQ"]


def same(one: Calendar, other: Calendar) -> bool:
    names = ("sessions", "opens", "closes", "break_starts", "break_ends")
    return all(
        np.array_equal(np.nan_to_num(getattr(one, name).astype("i8")), getattr(other, name).astype("i8"))
        for name in names
    )


@pytest.mark.parametrize("damage", [b"no zip at all", b"", b"PK\x03\x04 a torn zip"])
def test_a_torn_cache_is_built_again(
    cache: Path, tmp_path: Path, calendars: Calendars, damage: bytes
) -> None:
    sound = calendars["weekdays"]
    (kept,) = cache.glob("calendar-weekdays-*.npz")
    torn = tmp_path / kept.name
    torn.write_bytes(damage)
    assert same(Calendars(cache_dir=tmp_path)["weekdays"], sound)
    assert torn.read_bytes()[:2] == b"PK"
    assert torn.stat().st_size == kept.stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]


def test_a_cache_that_cannot_be_written_is_no_failure(tmp_path: Path, calendars: Calendars) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert same(Calendars(cache_dir=blocked)["weekdays"], calendars["weekdays"])
    assert blocked.read_text() == "in the way"


def test_other_overrides_get_a_cache_of_their_own(tmp_path: Path) -> None:
    overrides = tmp_path / "o.toml"
    overrides.write_text("[weekdays]\nclosed = [2026-06-23]\n")
    cache = tmp_path / "cache"
    assert Calendars(cache_dir=cache)["weekdays"].is_session(date(2026, 6, 23))
    assert not Calendars(overrides=overrides, cache_dir=cache)["weekdays"].is_session(date(2026, 6, 23))
    assert Calendars(cache_dir=cache)["weekdays"].is_session(date(2026, 6, 23))


def test_overrides_close_add_and_move(tmp_path: Path) -> None:
    overrides = tmp_path / "o.toml"
    overrides.write_text(
        "[weekdays]\nclosed = [2026-06-23, 2026-06-28]\nadded = [2026-06-27]\n"
        'hours = [{ session = 2026-06-24, open = "09:00", close = "12:30" },'
        ' { session = 2026-06-23, open = "09:00", close = "12:30" }]\n'
    )
    calendar = Calendars(overrides=overrides)["weekdays"]
    days = calendar.between(date(2026, 6, 22), date(2026, 6, 28)).astype(str).tolist()
    assert days == ["2026-06-22", "2026-06-24", "2026-06-25", "2026-06-26", "2026-06-27"]
    assert calendar.open_of(date(2026, 6, 24)) == at("2026-06-24T08:00")
    assert calendar.close_of(date(2026, 6, 24)) == at("2026-06-24T11:30")
    assert calendar.close_of(date(2026, 6, 27)) == at("2026-06-27T21:00")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[XQQQ]\nclosed = []\n", "[XQQQ] is no known calendar"),
        ("[XKRX]\nshut = []\n", "[XKRX] shut"),
        ('[XKRX]\nclosed = ["2026-06-03"]\n', "[XKRX] '2026-06-03' is not a date"),
        (
            '[XKRX]\nhours = [{ session = 2026-06-03, open = "25:00", close = "16:00" }]\n',
            "hour must be in 0..23",
        ),
        ("[XKRX]\nhours = [{ session = 2026-06-03 }]\n", "'open'"),
        ("[XKRX]\nclosed = 5\n", ""),
        ("XKRX = 5\n", ""),
        ("[XKRX\n", ""),
    ],
)
def test_a_bad_override_file_is_refused_with_the_fix(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "o.toml"
    path.write_text(text)
    with pytest.raises(CalendarError) as caught:
        Calendars(overrides=path)
    message = str(caught.value)
    assert message.startswith(f"Cannot use the calendar overrides {path}: ")
    assert said in message
    assert message.endswith("; compare it with the packaged file.")


def test_an_override_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match="No such file or directory; check the path"):
        Calendars(overrides=tmp_path / "none.toml")
