"""What no browser of ours sends: odd values, and bodies with some of them in."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

ODD = (
    *(None, 0, -1, 1e308, "", "x" * 500, "\x00", "\ud800", [], {}, [[]]),
    *({"id": "request"}, True, "%{x}", "<b>"),
)


def mutated(dice: random.Random, body: object, values: Sequence[Any] = ODD) -> object:
    """A body with a few of its parts changed or taken out."""
    found = json.loads(json.dumps(body))
    for _ in range(dice.randint(1, 3)):
        place = found
        while isinstance(place, dict | list) and place:
            key = dice.choice(list(place)) if isinstance(place, dict) else dice.randrange(len(place))
            inner = place[key]
            if not isinstance(inner, dict | list) or not inner or dice.random() < 0.25:
                if dice.random() < 0.2:
                    place.pop(key)
                else:
                    place[key] = dice.choice(values)
                break
            place = inner
    return found
