"""The addresses that Dash makes, as the doors know them."""

from __future__ import annotations

CALLBACK = "/_dash-update-component"


SUITES = "/_dash-component-suites/"
