"""The forms: an event noted or edited, retired or restored, and a file of events brought in.

Plain HTML with a label to each field; ``assets/26-events.js`` sends it and puts each refusal beside its
field. A form names the version it was made of, so that a later change of someone else is not overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from markupsafe import Markup

from app.auth.doors import may, named
from app.questions.events.claims import BASIS_WORDS
from app.questions.events.facts import Facts
from app.questions.events.sentences import CATEGORY_WORDS, SEVERITY_WORDS, place
from models.events import CATEGORIES, SEVERITIES, Claim, Event
from models.fields import LIMITS

Choice = tuple[str, str]
_CONFIDENCE = ("high", "medium", "low")
_AT = "or with a time, 2026-06-23T09:05+09:00"
_NAMES = "000660.KS; NVDA"


def form(facts: Facts) -> Markup:
    """The form that the address asks for; nothing when it asks for none, or for an event there is not."""
    asked, line = facts.state.form, facts.chosen
    if asked and not may("editor"):
        return Markup("<p class=note>You may read here; an editor may note and change events.</p>")
    if asked == "add":
        return _event_form(facts, None)
    if asked == "import":
        return _import_form(facts)
    if line is None or not asked:
        return Markup("")
    return _event_form(facts, line.event) if asked == "edit" else _retire_form(facts, line.event)


def _event_form(facts: Facts, event: Event | None) -> Markup:
    title = "Edit the event" if event else "Add an event"
    fields = [
        _field("at", "Date", _line("at", _moment(event), 40, "2026-06-23"), hint=_AT),
        _field("zone", "Zone", _select("zone", _zones(facts, event), event.zone or "" if event else "")),
        _field("title", "Title", _line("title", event.title if event else "", LIMITS["title"]), wide=True),
        _field(
            "what", "What happened", _area("what", event.what if event else "", LIMITS["what"]), wide=True
        ),
        _field(
            "category", "Category", _select("category", _categories(), event.category if event else "selloff")
        ),
        _field(
            "severity", "Severity", _select("severity", _severities(), str(event.severity if event else 2))
        ),
        _layers(facts, event),
        _field(
            "symbols",
            "Names",
            _line("symbols", "; ".join(event.symbols) if event else "", 900, _NAMES),
            hint="symbols or names, with semicolons between",
            wide=True,
        ),
        _field(
            "source_url",
            "Link",
            _line("source_url", event.source_url or "" if event else "", 500, "https://…"),
            wide=True,
        ),
    ]
    return _form(
        facts,
        key=f"edit:{event.id}" if event else "add",
        action="/events/edit" if event else "/events/add",
        event=event,
        title=title,
        body=Markup("").join([Markup("<div class=fields>"), *fields, Markup("</div>"), _claims(event)]),
        verb="Save" if event else "Add",
    )


def _retire_form(facts: Facts, event: Event) -> Markup:
    verb, action = ("Restore", "restore") if event.retired else ("Retire", "retire")
    told = (
        "It goes back to the lists and charts."
        if event.retired
        else "It leaves the lists and charts, and is kept: it can be restored."
    )
    return _form(
        facts,
        key=f"{action}:{event.id}",
        action=f"/events/{action}",
        event=event,
        title=Markup("{} <bdi>{}</bdi>").format(verb, event.title),
        body=Markup("<p class=note>{}</p>").format(told),
        verb=verb,
    )


def _import_form(facts: Facts) -> Markup:
    field = Markup('<input type="file" id="events-f-file" name="file" accept=".csv,.json" required>')
    hint = "CSV or JSON as they leave here; what cannot be used is listed with its line, the rest is kept"
    return _form(
        facts,
        key="import",
        action="/events/import",
        event=None,
        title="Import events",
        body=Markup("<div class=fields>{}</div>").format(_field("file", "File", field, hint=hint, wide=True)),
        verb="Import",
    )


def _form(
    facts: Facts, *, key: str, action: str, event: Event | None, title: str, body: Markup, verb: str
) -> Markup:
    made_up = "<p class=note>Simulated prices: what is noted now stays with them.</p>"
    about = Markup(' data-id="{}" data-version="{}"').format(event.id, event.version) if event else Markup("")
    return Markup(
        '<form class="noting" novalidate autocomplete="off" data-form="{}" data-action="{}"{}'
        ' aria-labelledby="events-form-title">'
        '<h2 id="events-form-title">{}</h2>{}<div class="conflict" role="alert" hidden></div>{}'
        '<div class="fields">{}</div><p class="problem" data-problem="" role="alert"></p>'
        '<div class="actions"><button type="submit" class="word send">{}</button>'
        '<a data-go href="{}" class="word" data-cancel>Cancel</a></div></form>'
    ).format(
        key, action, about, title, Markup(made_up) if facts.view.simulated else "", body, _by(), verb,
        facts.state.query(form=""),
    )  # fmt: skip


def _by() -> Markup:
    """Who makes the change: typed where nobody has to log in, else whoever did."""
    who = named()
    if who:
        return Markup("<p class=note>Kept with the change: {}</p>").format(who)
    entry = _line("by", "", LIMITS["by"], autocomplete="name")
    return _field("by", "Your name", entry, hint="kept with the change")


def _field(name: str, label: str, control: Markup, *, hint: str = "", wide: bool = False) -> Markup:
    told = Markup('<span class="faint">{}</span>').format(hint) if hint else ""
    return Markup(
        '<div class="field{}" data-field="{}"><label for="events-f-{}">{}</label>{}{}'
        '<p class="problem" id="events-f-{}-problem" data-problem="{}" role="alert"></p></div>'
    ).format(" whole" if wide else "", name, name, label, control, told, name, name)


def _line(name: str, value: str, longest: int, example: str = "", autocomplete: str = "off") -> Markup:
    return Markup(
        '<input type="text" id="events-f-{}" name="{}" value="{}" maxlength="{}" placeholder="{}"'
        ' autocomplete="{}" aria-describedby="events-f-{}-problem" dir="auto">'
    ).format(name, name, value, longest, example, autocomplete, name)


def _area(name: str, value: str, longest: int) -> Markup:
    # A line break right after the tag is dropped by the browser: one of the text's own then stays.
    return Markup(
        '<textarea id="events-f-{}" name="{}" rows="4" maxlength="{}" dir="auto"'
        ' aria-describedby="events-f-{}-problem">\n{}</textarea>'
    ).format(name, name, longest, name, value)


def _options(choices: Iterable[Choice], chosen: str) -> Markup:
    parts = [
        Markup('<option value="{}"{}>{}</option>').format(
            value, Markup(" selected") if value == chosen else "", label
        )
        for value, label in choices
    ]
    return Markup("").join(parts)


def _select(name: str, choices: Iterable[Choice], chosen: str) -> Markup:
    return Markup(
        '<select id="events-f-{}" name="{}" aria-describedby="events-f-{}-problem">{}</select>'
    ).format(name, name, name, _options(choices, chosen))


def _categories() -> list[Choice]:
    return [(key, f"{CATEGORY_WORDS[key]}: {CATEGORIES[key]}") for key in CATEGORIES]


def _severities() -> list[Choice]:
    return [
        (str(level), f"{level}, {SEVERITY_WORDS[level].lower()}: {SEVERITIES[level]}") for level in SEVERITIES
    ]


def _zones(facts: Facts, event: Event | None) -> list[Choice]:
    known = [exchange.timezone for exchange in facts.view.universe.exchanges]
    own = [event.zone] if event and event.zone else []
    return [("", "no place"), *((zone, place(zone)) for zone in dict.fromkeys([*known, "UTC", *own]))]


def _moment(event: Event | None) -> str:
    """The date as it is typed; an instant on the clocks of its place, with its offset."""
    if event is None:
        return ""
    if event.instant is None:
        return event.day.isoformat()
    local = event.instant.astimezone(ZoneInfo(event.zone or "UTC"))
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def _layers(facts: Facts, event: Event | None) -> Markup:
    chosen = event.layers if event else ()
    boxes = [
        Markup('<label><input type="checkbox" name="layers" value="{}"{}> {}</label>').format(
            layer.id, Markup(" checked") if layer.id in chosen else "", layer.name
        )
        for layer in facts.view.universe.layers
    ]
    return Markup(
        '<fieldset class="field whole boxes" data-field="layers"><legend>Layers</legend>{}'
        '<p class="problem" data-problem="layers" role="alert"></p></fieldset>'
    ).format(Markup("").join(boxes))


def _claims(event: Event | None) -> Markup:
    held = [_claim(number, claim) for number, claim in enumerate(event.claims, 1)] if event else []
    return Markup(
        '<div class="figures" data-field="claims"><h3>Figures that can be checked</h3>'
        '<p class="note">as the source gave them, each with what it was measured on</p>{}'
        '<template>{}</template><button type="button" class="word" data-more>Add a figure</button>'
        '<p class="problem" data-problem="claims" role="alert"></p></div>'
    ).format(Markup("").join(held), _claim(0, None))


def _claim(number: int, claim: Claim | None) -> Markup:
    """One figure with its fields; ``data-new`` says that an empty date means the event's."""

    def value(name: str) -> str:
        found = getattr(claim, name) if claim else None
        return "" if found is None else f"{found:.10g}" if isinstance(found, float) else str(found)

    bases = [("", "choose"), *BASIS_WORDS.items()]
    trusts = [(item, item) for item in _CONFIDENCE]
    cells = [
        _cell("entity", "About", value("entity"), "KOSPI"),
        _cell("symbol", "Symbol", value("symbol"), "^KS11"),
        _cell("metric", "Measured", value("metric") or "move", "move, level"),
        _cell("value", "Figure", value("value"), "-5.81"),
        _cell("text", "As the source put it", value("text"), "over 12"),
        _cell("unit", "Unit", value("unit") or ("" if claim else "percent"), "percent"),
        _chooser("basis", "Basis", bases, value("basis")),
        _cell("date", "Session", value("date"), "none" if claim else "the event’s date"),
        _cell("source", "Source", value("source"), ""),
        _cell("source_date", "Dated", value("source_date"), "2026-06-23"),
        _chooser("confidence", "Confidence", trusts, value("confidence") or "medium"),
        _cell("note", "Note", value("note"), ""),
    ]  # fmt: skip
    return Markup(
        '<fieldset class="claim"{}><legend>Figure <span class="number">{}</span></legend>{}'
        '<button type="button" class="word" data-less>Remove</button>'
        '<p class="problem" role="alert"></p></fieldset>'
    ).format(Markup(" data-new") if claim is None else "", number or "", Markup("").join(cells))


def _cell(name: str, label: str, value: str, example: str) -> Markup:
    return Markup(
        '<label class="c-{}">{}<input type="text" data-name="{}" value="{}" placeholder="{}" maxlength="{}"'
        ' dir="auto"></label>'
    ).format(name, label, name, value, example, LIMITS.get(name, 40))


def _chooser(name: str, label: str, choices: Sequence[Choice], chosen: str) -> Markup:
    return Markup('<label class="c-{}">{}<select data-name="{}">{}</select></label>').format(
        name, label, name, _options(choices, chosen)
    )
