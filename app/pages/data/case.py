"""One held row: as it was received, among the stored bars around it, and the two ways to settle it."""

from __future__ import annotations

from dash import html
from markupsafe import Markup

from app.auth.doors import may, reader
from app.market import words
from app.pages.data.controls import name_of
from app.pages.data.parts import moment, table
from app.questions.coverage.facts import Facts
from app.questions.quarantine import LONGEST_WHY, RECEIVED, compared
from app.render.html.markup import markup
from models.fields import LIMITS
from models.reasons import RELEASABLE
from models.store import HeldCase
from models.types import BAR_FIELDS

_HEADS = (("Session", ""), ("", ""), *((name, "num") for name in ("Open", "High", "Low", "Close")))
_REST = (("Adjusted", "num"), ("Volume", "num"))


def title(facts: Facts) -> str:
    """What the block is headed with."""
    assert facts.case is not None
    held = facts.case.held
    return f"Held row {facts.case.id}: {name_of(facts, held.symbol)}, {words.day(held.session)}"


def note(case: HeldCase) -> str:
    """Why it is held, and what became of it."""
    told = f"{case.held.detail} Seen {moment(case.seen_at)} UTC in run {case.run}."
    if case.state == "open":
        return told
    return f"{told} {case.state.capitalize()} by {case.by}, {moment(case.at)} UTC: {case.why}."


def body(facts: Facts) -> Markup:
    """The comparison and, for who may decide, the form."""
    case = facts.case
    assert case is not None
    parts = [markup(_table(case))]
    if case.state == "open":
        decides = may("admin")
        parts.append(_form(case) if decides else markup(html.P("An admin may settle it.", className="note")))
    return Markup("").join(Markup(part) for part in parts)


def _table(case: HeldCase) -> html.Table:
    rows = [
        html.Tr(
            [
                html.Th(words.day(row["session"]), scope="row"),
                html.Td("as received" if row["is"] == RECEIVED else "stored"),
                *(html.Td(words.bar_value(row[name]), className="num") for name in BAR_FIELDS),
            ],
            className="basket" if row["is"] == RECEIVED else "",
        )
        for row in compared(case)
    ]
    return table([*_HEADS, *_REST], rows, "The row among the stored bars", "case", "Nothing is stored.")


def _form(case: HeldCase) -> Markup:
    """Plain HTML, which needs no script: it is sent and leads back here."""
    right = (
        "It is right: the next run asks for it and stores it."
        if case.held.reason in RELEASABLE
        else "Take it off the list; it holds no price that could be stored."
    )
    return Markup(
        '<form class="settle" method="post" action="/data/held/{}" data-form="held:{}">'
        '<label>Reason <input type="text" name="reason" required maxlength="{}" dir="auto"></label>'
        "{}"
        '<button name="do" value="release" title="{}">Release</button>'
        '<button name="do" value="confirm" title="It is wrong: it stays out of every figure.">Confirm'
        "</button></form>"
    ).format(case.id, case.id, LONGEST_WHY, _who(), right)


def _who() -> Markup:
    """Who decides: whoever is logged in, or a name that is typed."""
    name = reader().name
    if name != "local":
        return Markup('<span class="note">as <bdi>{}</bdi></span>').format(name)
    return Markup(
        '<label>Your name <input type="text" name="by" required maxlength="{}" autocomplete="name" '
        'dir="auto"></label>'
    ).format(LIMITS["by"])
