"""The tables of what was asked: the last runs, the lines of one, what is due next, what was revised."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app.auth.doors import may
from app.market import words
from app.pages.data.parts import moment, seconds, table
from app.questions.coverage import sentences
from app.questions.coverage.facts import Facts
from models.reasons import failure_words
from models.urls import placeless

TRIGGERS = {
    "schedule": "timer",
    "command": "command",
    "backfill": "backfill",
    "import": "import",
    "minutes": "five minutes",
}
_NUMBERS = ("total", "stored", "revised", "quarantined", "late", "refused")


def runs(facts: Facts) -> html.Table:
    """The last runs, newest first; each opens its lines."""
    rows = [_run(facts, row) for row in facts.runs.to_dict("records")]
    heads = [
        *(("Run", ""), ("Began, UTC", "num"), ("By", "pad"), ("Source", ""), ("Status", "")),
        *(("Asked", "num"), ("Stored", "num"), ("Revised", "num"), ("Held", "num"), ("Late", "num")),
        *(("Refused", "num"), ("Took", "num")),
    ]
    nothing = "No run yet." if not facts.problem else "n/a: the database cannot be read."
    return table(heads, rows, "The last runs", "runs", nothing)


def _run(facts: Facts, row: dict[str, Any]) -> html.Tr:
    number, here = int(row["run"]), int(row["run"]) == facts.state.run
    link = dcc.Link(
        f"{number}",
        href=facts.state.query(run=0 if here else number) + ("#runs" if here else "#run"),
        className="more-link",
        title=f"Close run {number}" if here else f"Lines of run {number}",
    )
    status = row["status"]
    return html.Tr(
        [
            html.Th(link, scope="row"),
            html.Td(moment(row["started_at"]), className="num"),
            html.Td(TRIGGERS.get(row["trigger"], row["trigger"]), className="pad"),
            html.Td(row["source"]),
            html.Td(status, className="" if status == "done" else "key"),
            *(html.Td(f"{int(row[name]):,d}", className="num") for name in _NUMBERS),
            html.Td(_took(row["started_at"], row["finished_at"]), className="num"),
        ],
        className="basket" if here else "",
    )


def _took(start: Any, end: Any) -> str:
    if words.missing(end):
        return words.MISSING
    return seconds((end - start).total_seconds())


def items(facts: Facts) -> html.Table:
    """The lines of the chosen run: failures first, in words."""
    assert facts.items is not None
    frame = facts.items.assign(rank=facts.items["failure"].isna() & ~facts.items["detail"].map(_late))
    rows = [_item(facts, row) for row in frame.sort_values("rank", kind="stable").to_dict("records")]
    heads = [
        *(("Name", ""), ("Outcome", ""), ("Detail", ""), ("Asked for, rows", "num"), ("Stored", "num")),
        *(("Revised", "num"), ("Unchanged", "num"), ("Held", "num"), ("Took", "num")),
    ]
    return table(heads, rows, f"Lines of run {facts.state.run}", "items", "This run has no line yet.")


def _late(detail: Any) -> bool:
    return str(detail).split(",")[0] == "late"


def _item(facts: Facts, row: dict[str, Any]) -> html.Tr:
    symbol, failure, detail = row["symbol"], row["failure"], row["detail"]
    failed = not words.missing(failure)
    late = not failed and _late(detail)
    if failed:
        outcome = failure_words(failure)
    else:
        outcome = "answered, its last session not there yet" if late else "answered"
    told = "" if words.missing(detail) else str(detail).removeprefix("late").removeprefix(", ")
    told = told if may("admin") else placeless(told)
    name = facts.universe[symbol].name if symbol in facts.universe else symbol
    numbers = ("requested", "stored", "revised", "unchanged", "quarantined")
    return html.Tr(
        [
            html.Th([name, html.Span(symbol, className="faint symbol")], scope="row"),
            html.Td(outcome, className="state lacking" if failed else "state"),
            html.Td(told[:400] or "–", className="prose"),
            *(html.Td(f"{int(row[name]):,d}", className="num") for name in numbers),
            html.Td(seconds(row["duration"]), className="num"),
        ]
    )


def due(facts: Facts) -> list[Any]:
    """What is due next on each exchange, the soonest first, and how to ask at once."""
    ahead = sorted((group.due_at, group.title) for group in facts.groups if group.due_at is not None)
    rows = [
        html.Tr(
            [
                html.Th(title, scope="row"),
                html.Td(f"{at:%a} {words.day(at.date(), year=False)} {at:%H:%M}", className="num"),
                html.Td(words.wait(at - facts.now), className="num"),
            ]
        )
        for at, title in ahead
    ]
    heads = html.Tr(
        [
            html.Th("Next run", className="title", scope="col"),
            html.Th("Due, UTC", className="num", scope="col"),
            html.Th("In", className="num", scope="col"),
        ]
    )
    return [
        html.Table([html.Thead(heads), html.Tbody(rows)], className="side due"),
        html.P(sentences.writer(facts), className="note"),
        html.P(sentences.refresh(facts), className="note"),
        html.P(["To ask at once: ", html.Code("aftershock ingest once --force")], className="note"),
    ]
