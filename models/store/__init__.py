"""The store: the only package that knows SQL. Rows are the record, a Panel is what is read."""

from __future__ import annotations

from models.store import guards, logins
from models.store.bitemporal import bars_known
from models.store.changing import days_not_found, moved_since
from models.store.engine import Store
from models.store.holding import HeldCase, Released, confirm, held_case, release, released
from models.store.intraday import intraday, intraday_spans, store_intraday
from models.store.leading import Leader, Lease, current_leader
from models.store.panel import Panel, load_panel
from models.store.pausing import Pause, pause_source, pauses, resume_source
from models.store.reads import (
    Attempt,
    RunProgress,
    StoredSessions,
    attempts,
    coverage,
    dataset_version,
    latest_run,
    quarantined,
    revisions,
    run_items,
    runs,
    stored_actions,
    stored_bars,
    stored_sessions,
    view,
)
from models.store.verifying import repack, verify
from models.store.writes import (
    Outcome,
    finish_run,
    record_failure,
    save_view,
    start_run,
    store_answer,
    sync_instruments,
)

__all__ = [
    "Attempt",
    "HeldCase",
    "Leader",
    "Lease",
    "Outcome",
    "Panel",
    "Pause",
    "Released",
    "RunProgress",
    "Store",
    "StoredSessions",
    "attempts",
    "bars_known",
    "confirm",
    "coverage",
    "current_leader",
    "dataset_version",
    "days_not_found",
    "finish_run",
    "guards",
    "held_case",
    "intraday",
    "intraday_spans",
    "latest_run",
    "load_panel",
    "logins",
    "moved_since",
    "pause_source",
    "pauses",
    "quarantined",
    "record_failure",
    "release",
    "released",
    "repack",
    "resume_source",
    "revisions",
    "run_items",
    "runs",
    "save_view",
    "start_run",
    "store_answer",
    "store_intraday",
    "stored_actions",
    "stored_bars",
    "stored_sessions",
    "sync_instruments",
    "verify",
    "view",
]
