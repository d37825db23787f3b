"""A stand-in for Yahoo: the same answers over HTTP, from CSV files, that misbehaves on demand.

It shares no code with the product, so that a mistake there cannot hide behind the same
mistake here.
"""

from __future__ import annotations

from tests.standin.server import StandIn, StandInError

__all__ = ["StandIn", "StandInError"]
