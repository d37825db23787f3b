"""Analytics: pure functions of arrays and frames; no clock, no storage, no network.

Arrays hold one row a session, ``(T,)`` for one path or ``(T, N)`` for N names on the union of
their sessions, NaN where a name has no bar. Every figure is a fraction. Each name is measured
on its own sessions: a row of NaN is skipped, it neither breaks nor fills a path.
"""

from __future__ import annotations
