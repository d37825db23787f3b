"""Definitions: how a figure of the press is checked against stored bars, and what may be noted."""

from __future__ import annotations

from app.figures import flags
from app.market import event_files
from app.pages import flags as marks
from app.pages.method.entry import Chapter, Entry, constant, days, percent
from app.questions.events import flag_marks
from models import fields, noting, texts
from models.analytics import claims
from models.analytics.claims import check, margin
from models.events import BASES, CATEGORIES, SEVERITIES

_CHECK = Entry(
    "claims",
    "A claim beside the stored figure",
    (
        "A figure of a source is compared on the basis it was given on: the change of the close from the "
        "close before, split-adjusted and with dividends left in, as the press quotes it; or that of the "
        "open, the low, the high; or the session from open to close; or a level.",
        "It agrees when the stored figure rounds to the claim. Else it differs, by how much is told, and "
        "other bases of the day and the sessions beside it are tried: a low taken for a close, a day taken "
        "for the next. It is contradicted when the stored figure went the other way.",
        "A source that does not say its basis agrees when the figure is that of the close, low, high or "
        "open, or of the session: those on which it is are named (on either basis), and one that is none of "
        "them cannot be checked.",
        "It cannot be checked when stored daily bars do not hold it; the reason stands there. A moment of "
        "the session must lie between the day’s low and high, which is all that a daily bar says of it. "
        "Simulated prices check nothing. Verdicts are worked out anew when bars change.",
    ),
    ("move = (price / close before − 1) · 100", "difference = stored figure − claim"),
    cannot="Tell which of two sources is right where neither is about a price.",
    functions=(check,),
    table=(*BASES.items(), *claims.REASONS.items()),
)
_MARGIN = Entry(
    "claim-rounding",
    "The rounding of a claim",
    (
        "Half a unit of the last digit that the source wrote, zeros included. A figure of fewer digits than "
        "the press quotes may have been rounded from those: −8.445 is quoted −8.45 and given as −8.5. One "
        "with more may have been cut instead. Words widen it: over and below are bounds, nearly and about "
        "reach a share of the figure.",
    ),
    ("|claim| − unit / 2 − .005 ≤ |figure| ≤ |claim| + unit / 2, the .005 below two decimals",),
    (
        constant("Decimals the press quotes", claims, "PRESS_DIGITS", str),
        constant("May be cut from this many decimals on", claims, "CUT_FROM", str),
        constant("About: either way, at least a unit", claims, "ABOUT", percent),
        constant("Nearly: below", claims, "NEARLY", percent),
        constant("Another basis or session fits within", claims, "NEAR", percent),
    ),
    cannot="Know that a figure was rounded by another rule: such a claim differs in its last digit.",
    functions=(margin,),
)
_NOTING = Entry(
    "noting",
    "What may be noted as an event",
    (
        "Plain text. Markup is kept and shown as text; control characters, marks that turn the direction of "
        "writing, characters of no width and accents beyond a few on one letter are taken out. Links are "
        "http or https. Symbols and layers are those of the universe.",
        "The catalogue that ships is loaded once a version. An event of it that a person edited is never "
        "overwritten, and one that was retired stays retired. Every change keeps who made it, when, and what "
        "was there before; of two who edit at once the second is shown both versions.",
        "A file is read row by row: one that cannot be used is told with its line and keeps none of the "
        "others out. A row with the id of an event changes it only when it names the stored version; one "
        "that says what is stored changes nothing.",
    ),
    (),
    (
        constant("Lies ahead of today at most", noting, "AHEAD", lambda value: days(value.days)),
        constant("Layers, symbols, claims at most", noting, "MOST", lambda value: ", ".join(map(str, value))),
        constant("Events of a file at most", event_files, "MOST", lambda value: f"{value:,}"),
        constant("Characters of a file at most", event_files, "LONGEST", lambda value: f"{value:,}"),
        constant("Characters of a text that is not listed", fields, "SHORT", str),
        constant("Characters of a link", texts, "MAX_LINK", str),
        constant("Accents on one letter", texts, "MAX_MARKS", str),
    ),
    cannot="Judge whether what was noted is true: only its claims are checked.",
    table=(
        *((f"{name}, characters", f"{limit:,}") for name, limit in fields.LIMITS.items()),
        *CATEGORIES.items(),
        *((f"severity {number}", meaning) for number, meaning in SEVERITIES.items()),
    ),
)

_FLAGS = Entry(
    "flags",
    "Flags on a chart",
    (
        "An event of a day stands on the first session of the chart from that day on. One of an instant "
        "stands on the session of the first exchange of the basket that closes after it. Flags are numbered "
        "by date among those shown.",
        "Flags that would touch stand in lanes. Where more lanes are needed than there are, the less severe "
        "share a place: +3 is three of them, and the key names them. A memo shows those that can stand "
        "alone, the most severe first; half as wide it has one lane, and of the key the rows that leave the "
        "plot its room, with how many of how many.",
        "As of an instant, an event after it is not known, on a chart or the Brief or in a list. One of a "
        "day may tell how each of its names ended it: it is known when the day is over at 16:00 of its place "
        "(without a place, of New York), every exchange of its names has closed, and so have the later days "
        "of which its claims speak. One that was noted before is known from then on.",
    ),
    (),
    (
        constant("Lanes", flags, "MOST_LANES", str),
        constant("Flags in a memo, at most", flag_marks, "MEMO_FLAGS", str),
        constant("Rows of a key, at most", marks, "KEY_ROWS", str),
    ),
    cannot="Say that an event caused the move of its day.",
)

CHAPTER = Chapter("Claims", (_CHECK, _MARGIN, _NOTING, _FLAGS))
