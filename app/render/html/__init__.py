"""Small pieces that pages are made of; each gives Dash components and knows no data."""

from __future__ import annotations

from typing import Any


def attributes(**given: str) -> dict[str, Any]:
    """HTML attributes with a hyphen: ``attributes(aria_label="…")`` for ``aria-label``."""
    return {name.replace("_", "-"): value for name, value in given.items()}
