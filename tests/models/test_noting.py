"""What may be noted as an event, and the one sentence for each thing that may not."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import EventRefusedError
from models.events import BASES, Basis, Event, event_of_plain, plain_event, same_content
from models.noting import Known, author, event_of, suggested_id
from models.texts import MAX_MARKS, clean, link_problem
from models.universe import load_universe

NOW = datetime(2026, 6, 26, 22, tzinfo=UTC)
KNOWN = Known.of(load_universe(), date(2015, 1, 2), NOW)
FALL = {
    "at": "2026-06-26",
    "zone": "Asia/Seoul",
    "title": "Seoul stops for twenty minutes",
    "what": "Circuit breakers closed the market.\nIt reopened lower.",
    "category": "selloff",
    "severity": "3",
    "layers": "memory; accelerators",
    "symbols": ["^KS11", "000660.KS"],
    "source_url": "https://example.org/a?b=c",
    "claims": [{"symbol": "^KS11", "value": "−5.81", "basis": "close", "source": "An agency"}],
}
CLAIM = {"entity": "KOSPI", "symbol": "^KS11", "value": -5.81, "basis": "close", "source": "An agency"}


def refused(**changes: Any) -> tuple[tuple[str, str], ...]:
    with pytest.raises(EventRefusedError) as caught:
        event_of(FALL | changes, KNOWN)
    assert all(sentence.endswith(".") and "\n" not in sentence for _, sentence in caught.value.problems)
    return caught.value.problems


def test_an_event_as_it_is_typed() -> None:
    event = event_of(FALL, KNOWN)
    assert (event.at, event.day, event.instant) == (date(2026, 6, 26), date(2026, 6, 26), None)
    assert event.id == "2026-06-26-seoul-stops-for-twenty-minutes"
    assert (event.layers, event.symbols) == (("memory", "accelerators"), ("^KS11", "000660.KS"))
    claim = event.claims[0]
    assert (claim.entity, claim.metric, claim.unit) == ("^KS11", "move", "percent")
    assert (claim.value, claim.text, claim.date) == (
        -5.81,
        "−5.81",
        date(2026, 6, 26),
    ) or claim.text == "-5.81"
    assert (event.origin, event.version, event.retired) == ("people", 1, False)


@pytest.mark.parametrize(
    ("at", "zone", "instant", "day"),
    [
        ("2026-06-26T09:05", "Asia/Seoul", datetime(2026, 6, 26, 0, 5, tzinfo=UTC), date(2026, 6, 26)),
        ("2026-06-25T20:05-04:00", "Asia/Seoul", datetime(2026, 6, 26, 0, 5, tzinfo=UTC), date(2026, 6, 26)),
        ("2026-06-26T00:05Z", "America/New_York", datetime(2026, 6, 26, 0, 5, tzinfo=UTC), date(2026, 6, 25)),
        ("2026-06-26T00:05Z", "", datetime(2026, 6, 26, 0, 5, tzinfo=UTC), date(2026, 6, 26)),
    ],
)
def test_an_instant_has_the_day_of_its_place(at: str, zone: str, instant: datetime, day: date) -> None:
    event = event_of(FALL | {"at": at, "zone": zone}, KNOWN)
    assert (event.instant, event.day) == (instant, day)


def test_an_event_comes_back_from_plain_values() -> None:
    for at in ("2026-06-26", "2026-06-26T09:05+09:00"):
        event = event_of(FALL | {"at": at}, KNOWN)
        assert event_of_plain(plain_event(event)) == event
        assert same_content(event, event_of(plain_event(event), KNOWN))


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": " \u202e\u200b "}, "title", "The title is missing; say in a few words what happened."),
        ({"title": "x" * 121}, "title", "The title is too long (121 of 120 characters); shorten it."),
        (
            {"what": "x" * 10_485_760},
            "what",
            "The text of what happened is too long (10,485,760 of 4,000 characters); shorten it.",
        ),
        ({"at": ""}, "at", "The date is missing; write one such as 2026-06-23 or 2026-06-23T09:05+09:00."),
        (
            {"at": "Friday"},
            "at",
            "The date cannot be Friday; write 2026-06-23 or 2026-06-23T09:05+09:00.",
        ),
        ({"at": "2026-06-28"}, "at", "The date 2026-06-28 has not come; note what has happened."),
        (
            {"at": "1999-12-31"},
            "at",
            "The date 1999-12-31 lies before the first stored session, 2015-01-02; take a later one.",
        ),
        (
            {"at": "2026-06-26T09:05", "zone": ""},
            "at",
            "The date 2026-06-26T09:05 has a time but no zone; add one, such as 2026-06-26T09:05+09:00.",
        ),
        ({"zone": "Nowhere"}, "zone", "The zone cannot be Nowhere; write one such as Asia/Seoul."),
        (
            {"zone": "../../etc/passwd"},
            "zone",
            "The zone cannot be ../../etc/passwd; write one such as Asia/Seoul.",
        ),
        ({"severity": "4"}, "severity", "The severity cannot be 4; write one of 1, 2, 3."),
        (
            {"category": "crash"},
            "category",
            "The category cannot be crash; write one of selloff, funding, results, policy, technology, "
            "structure, other.",
        ),
        (
            {"symbols": "NVDA; NVDIA"},
            "symbols",
            "NVDIA is not in the universe; correct it, or add it to the universe file.",
        ),
        (
            {"layers": "chips"},
            "layers",
            "chips is no layer of the universe; correct it, or add it to the universe file.",
        ),
        (
            {"source_url": "javascript:alert(1)"},
            "source_url",
            "The link is no web address; http or https begins one.",
        ),
        (
            {"source_url": "https://bank.example@evil.example/"},
            "source_url",
            "The link holds a user name or password; leave them out.",
        ),
        (
            {"when": "x"},
            "when",
            "There is no field when; known are id, version, at, zone, title, what, "
            "category, severity, layers, symbols, source_url, claims, retired.",
        ),
        ({"version": "two"}, "version", "The version cannot be two; write a whole number."),
        ({"id": "A/b"}, "id", "The id cannot be A/b; small letters, digits and hyphens make one."),
        ({"claims": "[{"}, "claims", "The claims are no JSON; write a list such as [{…}]."),
        (
            {"claims": [CLAIM | {"basis": ""}]},
            "claims",
            "Claim 1 (KOSPI): the basis is missing; write one of close, open, gap, low, high, session, "
            "level, intraday, halt, premarket, afterhours, unstated.",
        ),
        (
            {"claims": [CLAIM, CLAIM | {"source": ""}]},
            "claims",
            "Claim 2 (KOSPI): the source is missing; say who said it.",
        ),
        (
            {"claims": [CLAIM | {"value": "", "text": ""}]},
            "claims",
            "Claim 1 (KOSPI): the value is missing; write a number, or a statement as text.",
        ),
        (
            {"claims": [CLAIM | {"value": "nan"}]},
            "claims",
            "Claim 1 (KOSPI): the value cannot be nan; write a number such as -5.81.",
        ),
        (
            {"claims": [CLAIM | {"symbol": "KOSPA"}]},
            "claims",
            "Claim 1 (KOSPI): KOSPA is not in the universe; correct it, or leave it out.",
        ),
        ({"claims": [CLAIM] * 41}, "claims", "The claims are too many (41 of 40); keep the main ones."),
        (
            {"claims": {"a": 1}},
            "claims",
            "The claims must be a list of objects, each with entity, value, basis and source.",
        ),
    ],
)
def test_what_cannot_be_kept_is_told_in_one_sentence(
    changes: dict[str, Any], field: str, sentence: str
) -> None:
    assert refused(**changes) == ((field, sentence),)


def test_every_field_that_is_wrong_is_told_at_once() -> None:
    found = refused(title="", severity=9, symbols="NVDIA; FOO", claims=[{}])
    assert [field for field, _ in found] == ["title", "severity", "symbols", "symbols", *["claims"] * 4]


def test_a_catalogue_may_name_what_a_universe_of_ones_own_lacks() -> None:
    raw = FALL | {"at": "2010-05-06", "symbols": ["OLD"], "layers": ["past"]}
    assert event_of(raw, origin="catalogue").symbols == ("OLD",)


def test_html_stays_text_and_marks_that_turn_writing_go() -> None:
    title = "<b>\u202eNvidia\u202c\u0000 falls</b> &amp; {x}\ud800"
    event = event_of(FALL | {"title": title, "what": "one\r\n\r\n\r\n\u2028two\u200b"}, KNOWN)
    assert event.title == "<b>Nvidia falls</b> &amp; {x}"
    assert event.what == "one\n\ntwo"
    assert clean("a\nb") == "a b"
    assert clean("e" + "\u0301" * 1_000) == unicodedata.normalize("NFC", "e" + "\u0301" * MAX_MARKS)


@given(st.text(st.characters(), max_size=200), st.booleans())
def test_cleaned_text_holds_nothing_hidden_and_stays_as_it_is(text: str, lines: bool) -> None:
    found = clean(text, lines=lines)
    assert clean(found, lines=lines) == found
    assert found == unicodedata.normalize("NFC", found)
    found.encode()
    for character in found:
        assert unicodedata.category(character) not in {"Cc", "Cs", "Cn"} or (lines and character == "\n")
        assert unicodedata.bidirectional(character) not in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI"}


@given(
    st.dictionaries(
        st.sampled_from([*list(FALL), "id", "version", "retired", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.dates(),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
        ),
    )
)
def test_whatever_is_given_is_an_event_or_sentences(raw: dict[str, Any]) -> None:
    for fields in (raw, FALL | raw):
        event, problems = _tried(fields)
        assert all(sentence.endswith(".") for _, sentence in problems)
        assert bool(problems) == (event is None)
        assert event is None or event_of_plain(plain_event(event)) == event


def _tried(fields: dict[str, Any]) -> tuple[Event | None, tuple[tuple[str, str], ...]]:
    try:
        return event_of(fields, KNOWN), ()
    except EventRefusedError as error:
        return None, error.problems


@pytest.mark.parametrize("link", ["http://a.example", "HTTPS://a.example/x?y=%20#z", "https://例え.example/"])
def test_links_that_can_be_used(link: str) -> None:
    assert link_problem(link) is None


@pytest.mark.parametrize(
    "link",
    [
        *("data:text/html,x", "//a.example", "https://", "https://a b", "vbscript:x", "http:///x"),
        *("https://[", "https://a.example/\u202e", "java\tscript:x", "https://" + "a" * 500),
    ],
)
def test_links_that_cannot(link: str) -> None:
    assert link_problem(link)


def test_who_changes_an_event_has_a_name() -> None:
    assert author(" Mina\u202e  Okafor ") == "Mina Okafor"
    for name in ("", "\u200b", "x" * 61):
        with pytest.raises(EventRefusedError):
            author(name)


def test_an_id_is_made_of_the_day_and_the_title() -> None:
    event = event_of(FALL | {"title": "삼성 −12%"}, KNOWN)
    assert suggested_id(event) == "2026-06-26-12"
    assert suggested_id(event_of(FALL | {"title": "삼성"}, KNOWN)) == "2026-06-26-event"


def test_every_basis_has_its_meaning() -> None:
    assert set(BASES) == set(get_args(Basis))
