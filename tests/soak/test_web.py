"""Short cuts of the web half that need no server; tests/app and tests/browser hold the others."""

from __future__ import annotations

from app.pages import brief
from tests.soak import memory, outage, texts
from tests.soak.harness import Size
from tests.soak.served import dashboard
from tests.soak.served import memory as held_by


def test_generated_and_hostile_texts_leave_as_texts() -> None:
    reached = texts.functions(Size(0.01))
    assert reached.ok, reached.text


def test_a_copy_is_made_restored_and_checked_while_answers_come_in() -> None:
    reached = outage.copied(Size(0.05))
    assert reached.ok, reached.text


def test_sixty_instants_hold_hardly_more_than_ten() -> None:
    """The first page, without its charts; all pages are what the long proof looks at."""
    with dashboard() as found:
        for number, asof in zip(range(1, 61), memory.moments(), strict=False):
            memory.looked_at(found.port, asof, (brief,), charts=False)
            if number == 10:
                ten = held_by(found)
        sixty = held_by(found)
    assert sixty <= min(1.5 * ten, 400), f"{ten:.0f} MB after ten, {sixty:.0f} MB after sixty"
