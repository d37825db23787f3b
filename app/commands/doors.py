"""Doctor's look at the doors: who gets in, what a browser is told, who writes, what is held."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal

import numpy as np

from app.settings import Settings

RECENT = np.timedelta64(90, "D")
"""How far back a session without any bar is worth a look."""
State = Literal["ok", "look", "cannot"]
# Databases on these have locks that do not lock.
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone", "afs", "glusterfs"})
# Dash would open what nothing here uses.
SWITCHES = ("DASH_MCP_ENABLED", "DASH_DEBUG", "DASH_HOT_RELOAD", "DASH_UI")


def address(settings: Settings) -> tuple[State, str]:
    """Where it listens, and who may come in."""
    settings.check_bind()
    where = f"{settings.host}:{settings.port}"
    if settings.auth == "proxy":
        return "ok", f"{where}, whom a proxy at {settings.proxies} names in {settings.proxy_header}"
    if settings.auth == "password":
        return _logins(settings, where)
    if settings.loopback:
        return "ok", f"{where}, this machine only"
    return "look", f"{where}, open to others without a login: everybody may read"


def _logins(settings: Settings, where: str) -> tuple[State, str]:
    from app.auth.users import Users

    users = [user for user in Users(settings.users_path).all().values() if user.hash]
    if not users:
        return "look", f"{where}, and nobody can log in; run `aftershock users add NAME --role admin`."
    open_file = settings.users_path.stat().st_mode & 0o077
    if open_file:
        return "look", f"others may read {settings.users_path}; `chmod 600` it."
    secure = "" if settings.trusted_proxies or settings.loopback else ", in plain text: put https before it"
    return ("look" if secure else "ok"), f"{where}, {len(users)} of the file of users log in{secure}"


def switches() -> tuple[State, str]:
    """What Dash reads from the environment by itself."""
    found = [name for name in SWITCHES if os.environ.get(name, "").lower() in ("1", "true", "yes", "on")]
    if found:
        return "look", f"{', '.join(found)} open what this dashboard keeps shut; unset them."
    return "ok", "none of Dash's own is on"


def policy() -> tuple[State, str]:
    """Whether the document that is served can live under the policy that comes with it."""
    from app.auth.doors import POLICY
    from app.web import document

    written = document.page("", title="", favicon="", config="", scripts=(), charts={})
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+=", written)
    if inline or "unsafe-eval" in POLICY:
        return "cannot", f"the content policy forbids {', '.join(inline) or 'nothing'} of our own document"
    return "ok", "no script but our own files, none inline, no eval"


def writer(store: Any) -> tuple[State, str]:
    """The ingester that writes."""
    from models.store.leading import current_leader

    found = current_leader(store)
    if found is None:
        return "ok", "no ingester is at work"
    since = f"{found.since:%Y-%m-%d %H:%M} UTC"
    if found.alive:
        return "ok", f"{found.holder} writes since {since}, epoch {found.epoch}"
    return "look", f"{found.holder} gave no sign for {found.silent:.0f} s; another takes over when one runs."


def writes(settings: Settings, store: Any) -> tuple[State, str]:
    """Whether the database took what the last run brought."""
    from app.market.troubles import refused
    from models.store.refusals import Refusals

    found = Refusals(settings.refusals_path, store.url_shown).read()
    return ("look", f"{refused(found)}. {found.reason}") if found else ("ok", "taken by the database")


def exchanges(settings: Settings, store: Any) -> tuple[State, str]:
    """Exchanges whose prices stand still, and recent sessions of which no name has a bar."""
    from app.market.freshness import freshness
    from app.market.market import cities_of, view_of
    from models.sessions import Calendars
    from models.store import load_panel
    from models.universe import load_universe

    universe, now = load_universe(settings.universe), settings.clock()
    calendars = Calendars(overrides=settings.calendar_overrides, cache_dir=settings.cache_dir)
    view = view_of(load_panel(store), universe, calendars, now)
    cities, told = cities_of(universe, calendars), []
    told += [
        f"{state.city} {state.line()}" for state in freshness(view, cities, now) if state.state == "stale"
    ]
    recent = view.panel.sessions > np.datetime64(now.date()) - RECENT
    for city, (calendar, symbols) in cities.items():
        columns = view.columns(symbols)
        still = view.still.get(calendar.id, view.panel.sessions[:0])
        lacking = recent & view.holes[:, columns].any(axis=1) & ~np.isin(view.panel.sessions, still)
        days = [str(day) for day in view.panel.sessions[lacking]]
        if days:
            told.append(f"no bar of {city} on {', '.join(days)}: a hole of the source or a closure")
    return ("look", "; ".join(told)) if told else ("ok", "none stands still or lacks a whole session")


def held(store: Any) -> tuple[State, str]:
    """Rows in quarantine."""
    from models.store.tallies import tallies

    count = tallies(store).held
    return ("look", f"{count:,} rows wait for a verdict; see the Data page.") if count else ("ok", "none")


def answers(store: Any) -> tuple[State, str]:
    """Names whose last answer was refused as a whole."""
    from models.reasons import REFUSALS
    from models.store import attempts

    found = {symbol: item for symbol, item in attempts(store).items() if item.failure in REFUSALS}
    if not found:
        return "ok", "none refused as a whole"
    symbol, first = next(iter(found.items()))
    others = [name for name in found if name != symbol]
    more = f" Refused too: {', '.join(others)}." if others else ""
    return "look", f"{first.detail or symbol}{more}"


def local_disk(folder: Path) -> str | None:
    """The kind of file system under a folder when its locks cannot be trusted."""
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    mounts = [line.split()[1:3] for line in lines]
    under = [(place, kind) for place, kind in mounts if folder.is_relative_to(place)]
    kind = max(under, key=lambda item: len(item[0]), default=("", ""))[1]
    return kind if kind in NETWORK else None
