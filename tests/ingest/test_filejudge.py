"""What would damage a stored daily history is refused whole; what corrects or continues it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.reconcile import import_folder
from ingest.report import RunReport
from ingest.sources.csvfolder import CsvFolder
from ingest.sources.filejudge import judge
from ingest.sources.lines import FileFault
from ingest.sources.pricefile import Sheaf
from models.errors import SourceError
from models.store import Store, stored_bars
from models.types import Action, Bars
from models.universe import Universe
from tests.ingest.series import calendars, changed, instrument, walk
from tests.ingest.shelf import NOW, same, shelf, upto, write_csv

ITEM = instrument(symbol="NVDA")
STORED = walk(400, seed=3, item=ITEM)
OTHER = walk(400, seed=9, item=ITEM)
DRIFT = 1380 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.004, 400)))


def closes(values: object, rows: slice = slice(None)) -> Bars:
    return Bars.of("NVDA", STORED.sessions[rows], close=np.asarray(values)[rows])


def verdict(bars: Bars, *actions: Action) -> str:
    try:
        judge(Sheaf("NVDA", bars, tuple(actions)), "NVDA.csv", ITEM, STORED)
    except FileFault as fault:
        kind, said = fault.kind, fault.detail
    else:
        return ""
    assert said.startswith("NVDA.csv") and said.endswith((".", "?"))
    return kind


@pytest.mark.parametrize(
    "rows", [slice(None), slice(-10, None), slice(-3, None), slice(-2, None), slice(-1, None)]
)
def test_closes_in_another_currency_are_refused(rows: slice) -> None:
    assert verdict(closes(STORED.close / DRIFT, rows)) == "disagrees"
    assert verdict(closes(STORED.close * 100, rows)) == "disagrees"


@pytest.mark.parametrize("rows", [slice(None), slice(-10, None), slice(-3, None)])
def test_closes_of_another_company_are_refused(rows: slice) -> None:
    assert verdict(closes(OTHER.close * STORED.close[0] / OTHER.close[0] * 1.2, rows)) == "disagrees"


def test_a_constant_factor_needs_a_reported_split() -> None:
    halved = closes(STORED.close / 2)
    assert verdict(halved) == "disagrees"
    day = STORED.sessions[-1].item()
    assert verdict(halved, Action(day, "split", 2.0)) == ""
    assert verdict(halved, Action(day, "split", 3.0)) == "disagrees"
    assert verdict(closes(STORED.close / 10), Action(day, "split", 2.0), Action(day, "split", 5.0)) == ""


def test_adjusted_closes_never_take_the_place_of_closes() -> None:
    alone = Bars.of("NVDA", STORED.sessions, adj_close=STORED.close * 0.9)
    assert verdict(alone) == "adjusted_only"
    later = Bars.of("NVDA", STORED.sessions[-5:] + 100, adj_close=STORED.close[-5:])
    assert verdict(later) == ""
    stored = Bars.of(
        "NVDA", STORED.sessions, close=STORED.close, adj_close=STORED.close * np.linspace(0.9, 1, 400)
    )
    with pytest.raises(FileFault, match="its closes are the adjusted ones"):
        judge(Sheaf("NVDA", closes(stored.adj_close)), "NVDA.csv", ITEM, stored)
    mixed = np.where(np.arange(400) < 390, np.nan, STORED.close)
    kept = judge(
        Sheaf("NVDA", Bars.of("NVDA", STORED.sessions, close=mixed, adj_close=STORED.close)),
        "NVDA.csv",
        ITEM,
        STORED,
    )
    assert len(kept.bars) == 10 and "390 rows have no close, and one is stored" in kept.notes[0]


def test_a_level_that_nothing_explains_does_not_join_the_stored_one() -> None:
    beyond = STORED.sessions[-3:] + 7
    assert verdict(Bars.of("NVDA", beyond, close=STORED.close[-3:] / 1380)) == "disagrees"
    assert verdict(Bars.of("NVDA", beyond, close=STORED.close[-3:] * 0.4)) == "", "a fall of 60 % is real"
    assert verdict(Bars.of("NVDA", beyond + 365, close=STORED.close[-3:] * 30)) == ""


def test_what_puts_single_closes_right_goes_in() -> None:
    wrong = STORED.close.copy()
    wrong[::60] *= 1.04
    assert verdict(closes(wrong)) == ""
    assert verdict(closes(STORED.close * 1.12, slice(-1, None))) == ""
    assert verdict(closes(STORED.close)) == verdict(closes(STORED.close, slice(5, 6))) == ""


def test_a_refused_file_changes_nothing_and_the_others_go_in(
    store: Store, universe: Universe, tmp_path: Path
) -> None:
    folder, bars = tmp_path / "csv", shelf().bars
    folder.mkdir()
    for symbol in ("NVDA", "MU"):
        write_csv(folder, symbol, bars[symbol])
    assert import_folder(store, CsvFolder(folder), universe, calendars(), now=NOW).status == "done"
    before = stored_bars(store, "NVDA")
    weekly = before.take(slice(None, None, 5))
    write_csv(folder, "NVDA", weekly)
    report = import_folder(store, CsvFolder(folder), universe, calendars(), now=NOW)
    assert report.status == "partial" and report.failures["NVDA"][0] == "not_daily"
    assert (report.answered, report.total, report.inserted, report.revised) == (1, 2, 0, 0)
    assert same(store, "NVDA", before)


def test_a_folder_of_nobody_is_refused_with_what_it_may_mean(
    store: Store, universe: Universe, tmp_path: Path
) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "NVDX.csv").write_text("date,close\n2026-06-29,5\n", "utf-8")
    (folder / "rates.csv").write_text("date,value\n2026-06-29,5\n", "utf-8")
    with pytest.raises(SourceError, match=r"did you mean NVDA.*rates\.csv: it is a series of values"):
        import_folder(store, CsvFolder(folder), universe, calendars(), now=NOW)


def folder_of(tmp_path: Path, **histories: Bars) -> Path:
    folder = tmp_path / "csv"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    for symbol, bars in histories.items():
        write_csv(folder, symbol, bars)
    return folder


def test_a_person_takes_a_changed_history_over(store: Store, universe: Universe, tmp_path: Path) -> None:
    def bring(**given: object) -> RunReport:
        folder = CsvFolder(tmp_path / "csv")
        return import_folder(store, folder, universe, calendars(), now=NOW, **given)  # type: ignore[arg-type]

    bars = {symbol: upto(found, "2026-06-30") for symbol, found in shelf().bars.items()}
    folder = folder_of(tmp_path, NVDA=bars["NVDA"], MU=bars["MU"])
    assert bring().status == "done"
    halved = changed(bars["NVDA"], slice(None), prices=0.4)
    folder_of(tmp_path, NVDA=halved, MU=changed(bars["MU"], slice(None), prices=3.0))
    kind, said = bring().failures["NVDA"]
    assert kind == "disagrees"
    assert said.endswith(f"If it is right, take it over: aftershock import {folder} --symbol NVDA --accept.")
    with pytest.raises(SourceError, match="name each with --symbol"):
        bring(accept=True)
    with pytest.raises(SourceError, match=r"is of AMD; name one that it holds"):
        bring(accept=True, symbols=["AMD"])
    report = bring(accept=True, symbols=["NVDA"])
    assert (report.status, report.revised) == ("done", len(halved))
    assert same(store, "NVDA", halved) and same(store, "MU", bars["MU"])


def test_a_part_that_is_taken_over_changes_its_days_alone(
    store: Store, universe: Universe, tmp_path: Path
) -> None:
    def bring(bars: Bars, *, accept: bool) -> RunReport:
        folder = CsvFolder(folder_of(tmp_path, NVDA=bars))
        return import_folder(store, folder, universe, calendars(), now=NOW, accept=accept)

    whole = upto(shelf().bars["NVDA"], "2026-06-30")
    assert bring(whole, accept=False).status == "done"
    part = whole.take(slice(-12, None))
    right = changed(part, slice(2, 9), prices=1.08)
    assert bring(right, accept=False).failures["NVDA"][0] == "disagrees"
    assert bring(right, accept=True).revised == 7
    stored = stored_bars(store, "NVDA")
    assert np.allclose(stored.close[-10:-3], whole.close[-10:-3] * 1.08)
    assert len(stored) == len(whole) and np.array_equal(stored.close[:-12], whole.close[:-12])
    for split in (part, right):
        kind, said = bring(changed(split, slice(None), prices=0.25), accept=True).failures["NVDA"]
        assert kind == "wrong_basis" and "holds a part of it" in said
    assert same(store, "NVDA", stored)


def test_what_is_never_right_is_refused_whoever_vouches() -> None:
    given = {"called": "NVDA.csv", "instrument": ITEM, "stored": STORED, "accepted": True}
    assert len(judge(Sheaf("NVDA", closes(STORED.close * 3)), **given).bars) == 400  # type: ignore[arg-type]
    for sheaf, kind in (
        (Sheaf("NVDA", closes(STORED.close, slice(None, None, 5))), "not_daily"),
        (Sheaf("NVDA", closes(STORED.close), money=frozenset({"KRW"})), "wrong_currency"),
        (Sheaf("NVDA", Bars.of("NVDA", STORED.sessions, adj_close=STORED.close)), "adjusted_only"),
        (Sheaf("NVDA", closes(STORED.adj_close)), "adjusted_only"),
    ):
        with pytest.raises(FileFault) as fault:
            judge(sheaf, **given)  # type: ignore[arg-type]
        assert fault.value.kind == kind
