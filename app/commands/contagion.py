"""The commands of contagion that print rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.commands.asking import answer, asked_of, chosen_of, date_of, show
from app.kinds.answer import Sheet
from app.market.asof import moment_of
from app.market.market import Market, View
from app.questions import breadth as wide
from app.questions import early_warning as warning
from app.questions.relay import legs
from app.questions.stress import table
from app.questions.stress.measures import Lead
from app.questions.travelled.tracks import travelled_sheet
from app.settings import load_settings
from models.errors import AftershockError, MeasureSettingError, NoPricesError


def relay(as_of: str | None, basket: str, on: str | None, form: str) -> int:
    """Print the legs of a news day, who started it, and the links between legs."""
    then, day = asked_of(as_of), _day(on)

    def ask(view: View) -> Sheet:
        sheet = legs.relay(view, basket, day, then)
        return replace(sheet, sentence=_headline(view, basket, sheet.facts["day"]))

    return answer(form, then, ask)


def breadth(as_of: str | None, basket: str, on: str | None, form: str) -> int:
    """Print how wide a news day was."""
    then, day = asked_of(as_of), _day(on)
    return answer(form, then, lambda view: wide.breadth(view, basket, day, then))


def early_warning(as_of: str | None, basket: str, since: str | None, form: str) -> int:
    """Print hit rates beside base rates, both ways."""
    then, first = asked_of(as_of), _day(since)
    return answer(form, then, lambda view: warning.early_warning(view, basket, then, first))


def travelled(as_of: str | None, day: str, days: int, at: str, names: str, form: str) -> int:
    """Print what names with bars of five minutes did from an instant on."""
    from app.questions.travelled.facts import facts_for
    from app.questions.travelled.sentences import why
    from app.questions.travelled.state import DAYS, TravelledState, time_of

    chosen, code = chosen_of(names)
    market = Market(load_settings())
    try:
        then = asked_of(as_of)
        if days not in DAYS:
            raise MeasureSettingError("--days", days, "one of 1, 2, 3 and 5")
        state = TravelledState(str(date_of(day)) if day else "", days, time_of(at, market.now()), chosen)
        moment = moment_of(then, market.now()) or market.now()
        view, notices = market.view(moment), list[str]()
        facts = facts_for(market, view, moment, state, notices)
        if notices:
            raise AftershockError(notices[0].removeprefix("Ignored "))
        if facts.found is None or not facts.found.tracks:
            raise NoPricesError(why(facts))
        sheet = travelled_sheet(facts.found, view, then)
    finally:
        market.close()
    show(sheet, form)
    return code


def _day(text: str | None) -> date | None:
    return date_of(text) if text else None


def _headline(view: View, basket: str, day: date) -> str:
    """The page's own headline of that day: a command and a page never tell it differently."""
    from app.questions.relay.facts import Facts
    from app.questions.relay.sentences import headline
    from app.questions.relay.state import RelayState

    state = RelayState(basket=basket, day=day.isoformat())
    return headline(Facts(view, state, view.moment))


def stress(
    as_of: str | None, basket: str, lead: Lead, windows: tuple[int, int], q: float, days: int, form: str
) -> int:
    """Print turbulence, absorption and co-exceedance row by row, what follows them, and the tails."""
    then = asked_of(as_of)
    if days < 0:
        raise AftershockError(f"--days is how many rows are printed, 0 for all, not {days}.")
    return answer(
        form, then, lambda view: table.stress(view, basket, lead, *windows, q=q, days=days, as_of=then)
    )
