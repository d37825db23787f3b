"""Short cuts of the web half that need no server; tests/app and tests/browser hold the others."""

from __future__ import annotations

from tests.soak import outage, texts
from tests.soak.harness import Size


def test_generated_and_hostile_texts_leave_as_texts() -> None:
    reached = texts.functions(Size(0.01))
    assert reached.ok, reached.text


def test_a_copy_is_made_restored_and_checked_while_answers_come_in() -> None:
    reached = outage.copied(Size(0.05))
    assert reached.ok, reached.text
