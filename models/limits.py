"""The limits that incoming prices are judged and asked for by: one place for what applies and what explains.

Ingestion applies them, the Method page prints them.
"""

from __future__ import annotations

from datetime import timedelta

CLOSE_ROUNDING = 0.0015
"""How far a close may stand outside its bar, as a fraction: real equities reach .0007 by rounding."""
CLOSE_ROUNDING_FX = 0.02
"""Currencies: the close is a snapshot of another minute than the high and low; real ones reach .0147."""
FIELD_UNIT = (20.0, 500.0)
"""A field this many times the row's own price is in another unit."""
INDEX_MOVED = 0.0075
"""A close that stands still while its index moved this much, as a log return, is suspect."""

SPLIT_TOLERANCE = 0.09
"""Log distance from a split ratio that a day's own move may add; −60 % lies outside 2:1 and 3:1."""
SPLIT_RANGE = (1e-4, 1e4)
"""New shares for an old one that a split can mean; 1:1,000 and 1,000:1 have happened."""
PRICE_RANGE = (1e-6, 1e9)
"""A price outside is no price of a share, an index or a currency, in any currency."""
VOLUME_MOST = 1e15
"""A volume above is no count of shares, nor a turnover in any currency."""
DAILY_LIMITS = {"XKRX": 0.30, "XTAI": 0.10}
"""Exchanges whose rules rule out a larger move between two sessions, as fractions; Tokyo's are in yen."""
LIMIT_SLACK = 0.01
"""What rounding, of prices that were adjusted since, may add to a daily limit."""

OVERLAP = 10
"""Sessions read again whenever a symbol is asked, so that revisions are seen."""
LATE_OPEN = timedelta(hours=2)
"""After the next open a source may still fill the day before."""
RATE_LIMITED = timedelta(minutes=15)
"""How long a source that limits us, or fails for name after name, is left alone unless it asks for more."""
BROKEN = 8
"""So many names in a row that fail in passing are the source's trouble, not theirs: the batch stops."""
REVISED_FAR = 0.005
"""A stored close that a source moves by more than this fraction is pointed out."""
NOT_FOUND_DAYS = 3
"""Days on which a source must say that it has no such symbol before the symbol is taken for gone."""
CLOCK_SKEW = timedelta(minutes=5)
"""Two clocks further apart than this judge a running session differently: no bar is taken then."""
LOW_DISK_SHARE, LOW_DISK_BYTES = 0.10, 1 << 30
"""A disk with less of itself free, or with fewer bytes, is nearly full."""
CALENDAR_AHEAD = timedelta(days=60)
"""A calendar that ends sooner than this needs a newer package."""


def nearly_full(free: int, total: int) -> bool:
    """Whether a disk has too little room left for prices to come, in bytes of all it holds."""
    return free < LOW_DISK_SHARE * total or free < LOW_DISK_BYTES
