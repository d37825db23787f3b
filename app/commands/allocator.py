"""The C allocator's settings: what numpy has freed goes back to the system.

glibc gives every thread an arena of its own and raises, on its own account, the size from which memory is
mapped apart: after a while freed arrays stay in arenas that are never returned, and a server of eight
threads holds twice what it uses. The same settings can be made in the environment (``MALLOC_ARENA_MAX``
and others), which is read before Python starts and too early for a console script; what is set there wins.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

ARENAS = 2
APART = 128 * 1024
"""Bytes from which memory is mapped for itself and given back when freed; and left on top of an arena."""
# The numbers of mallopt's parameters, from glibc's malloc.h, with the variables that set the same.
_SETTINGS = (
    (-8, ARENAS, "MALLOC_ARENA_MAX", "glibc.malloc.arena_max"),
    (-3, APART, "MALLOC_MMAP_THRESHOLD_", "glibc.malloc.mmap_threshold"),
    (-1, APART, "MALLOC_TRIM_THRESHOLD_", "glibc.malloc.trim_threshold"),
)


def settle() -> int:
    """Make the settings in this process, before it has threads; how many were made.

    None with another C library, such as musl's or that of macOS, which hold nothing back.
    """
    made = 0
    with suppress(ValueError, OSError, AttributeError, TypeError):
        if not os.confstr("CS_GNU_LIBC_VERSION"):
            return 0
        mallopt = ctypes.CDLL(None).mallopt
        for number, value, variable, tunable in _SETTINGS:
            said = variable in os.environ or tunable in os.environ.get("GLIBC_TUNABLES", "")
            made += 0 if said else mallopt(number, value)
    return made
