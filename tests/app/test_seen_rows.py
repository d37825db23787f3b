"""Each class of failure, and the test that proves what its readers are told: none is left to be believed."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SEEN, STORE, DATA = "app/test_seen.py", "app/test_seen_store.py", "app/test_page_data.py"

PROOFS: dict[str, tuple[str, ...]] = {
    "the source limits us": (
        f"{SEEN}::test_a_source_that_limits_us_is_told_on_every_page",
        f"{DATA}::test_a_failed_run_and_a_limit_are_said_at_the_top",
    ),
    "the source fails in passing": (
        f"{SEEN}::test_a_name_that_fails_in_passing_says_so_in_its_row",
        f"{SEEN}::test_a_source_that_fails_for_everyone_is_left_alone_and_told",
    ),
    "some names fail": (
        f"{SEEN}::test_a_partial_run_names_who_is_missing",
        f"{SEEN}::test_a_basket_that_lacks_too_many_is_withheld_not_guessed",
        f"{SEEN}::test_a_basket_that_is_withheld_has_no_change_since_the_meeting",
        "app/test_cli.py::test_a_basket_without_a_level_has_a_note",
    ),
    "the last bar is late or null": (
        f"{SEEN}::test_a_late_bar_is_grey_and_late_and_no_flat_return",
        "app/test_freshness.py::test_states",
    ),
    "a running session, or a live row beside the bar": (
        f"{SEEN}::test_a_running_session_is_hollow_and_not_final",
        f"{SEEN}::test_a_live_row_beside_the_bar_is_held_not_taken",
    ),
    "a bar is revised": (
        f"{SEEN}::test_a_revised_bar_says_when_and_what_it_was",
        "app/test_held.py::test_as_known_on_says_what_changed",
    ),
    "a split": (
        f"{SEEN}::test_a_split_leaves_a_badge_and_no_fall",
        f"{SEEN}::test_a_split_whose_new_bar_is_late_keeps_its_badge",
    ),
    "a dividend": (f"{SEEN}::test_a_dividend_is_a_note_of_the_run",),
    "a row that cannot be": (
        f"{SEEN}::test_a_row_that_cannot_be_is_held_and_the_day_is_a_gap",
        f"{DATA}::test_hostile_text_is_shown_and_never_run",
    ),
    "a price in another unit": (
        f"{SEEN}::test_a_row_that_cannot_be_is_held_and_the_day_is_a_gap",
        "app/test_held.py::test_the_page_compares_and_its_form_settles",
        "ingest/test_faults.py::test_the_real_prices_come_through_yfinance_as_they_are",
    ),
    "an answer for another symbol, currency or zone": (
        f"{SEEN}::test_an_answer_refused_as_a_whole_says_why",
        f"{DATA}::test_one_run_shows_the_class_of_each_failure_in_words",
    ),
    "a name that was renamed or delisted": (
        f"{SEEN}::test_a_name_the_source_lost_for_three_days_is_asked_about",
        f"{SEEN}::test_a_source_that_lost_everybody_says_nothing_about_one_name",
        "app/test_cli.py::test_a_name_whose_prices_stopped_says_so",
    ),
    "a clock that is wrong": (
        f"{SEEN}::test_two_clocks_apart_are_told_and_no_price_is_taken",
        "app/test_doctor.py::test_doctor_names_the_calendar_that_ends_soon_and_where_packages_are",
    ),
    "a holiday, a closure or a gap": (
        f"{SEEN}::test_a_day_without_a_bar_is_a_hole_or_a_closure_or_a_missing_name",
        f"{SEEN}::test_a_holiday_is_closed_and_nobody_is_late",
    ),
    "a run that was killed": (
        f"{STORE}::test_a_run_that_was_killed_is_told_and_the_next_one_goes_on",
        "app/test_killed.py::test_killed_at_any_point_it_ends_where_an_undisturbed_run_ends",
    ),
    "two ingesters": (f"{STORE}::test_one_of_two_ingesters_writes_and_is_named",),
    "a full disk": (
        f"{STORE}::test_a_process_on_a_full_disk_is_told_on_every_page",
        f"{STORE}::test_an_ingester_notes_that_the_disk_is_full_until_a_run_is_stored",
        f"{STORE}::test_little_room_is_a_warning_before_it_is_none",
        "browser/test_troubles.py::test_a_full_disk_is_told_under_an_open_page",
    ),
    "a database that is locked or away": (
        f"{STORE}::test_a_file_that_another_program_keeps_locked_is_told_and_read_on",
        f"{DATA}::test_a_database_that_is_away_leaves_the_prices_in_memory",
        "app/test_reading.py::test_a_file_that_is_gone_leaves_every_page_and_says_so",
    ),
    "an older schema": ("app/test_on_postgres.py::test_nobody_but_migrate_touches_the_schema_of_a_server",),
    "a newer schema": ("app/test_health.py::test_another_schema_is_named_and_the_pages_say_what_to_do",),
    "a server that restarts": (
        "browser/test_away.py::test_a_page_keeps_what_it_shows",
        "browser/test_link.py::test_a_new_build_is_told_and_a_failed_part_too",
    ),
    "a browser that is offline": ("browser/test_link.py::test_after_every_outage_control_and_chart_agree",),
    "many readers at once": ("app/test_answered.py::test_many_at_once_cost_one_and_a_failure_is_not_kept",),
    "hostile or endless text": (
        f"{DATA}::test_hostile_text_is_shown_and_never_run",
        f"{DATA}::test_a_parameter_that_cannot_be_used_is_named",
        "app/test_held.py::test_hostile_rows_are_text",
        "app/test_memo.py::test_a_hostile_title_is_text_in_a_picture",
    ),
    "a malformed callback": (
        "app/test_guard.py::test_a_spoilt_callback_is_refused",
        "browser/test_link.py::test_a_new_build_is_told_and_a_failed_part_too",
    ),
    "a picture that cannot be drawn": (
        "browser/test_exports.py::test_a_picture_that_cannot_be_drawn_is_told_with_another_way_out",
        "browser/test_memo_command.py::test_without_a_browser_one_sentence_says_what_to_do",
        "app/test_memo_pack.py::test_without_a_browser_an_address_of_a_picture_says_what_to_do",
    ),
}


@cache
def defined(module: str) -> frozenset[str]:
    """The tests that a module defines."""
    tree = ast.parse((ROOT / "tests" / module).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("failure", PROOFS)
def test_what_readers_are_told_of_a_failure_is_proved(failure: str) -> None:
    for proof in PROOFS[failure]:
        module, name = proof.split("::")
        assert name in defined(module), f"{failure}: {proof} is gone"


def test_every_test_of_these_failures_proves_one() -> None:
    named = {proof for proofs in PROOFS.values() for proof in proofs}
    for module in (SEEN, STORE):
        found = {f"{module}::{name}" for name in defined(module) if name.startswith("test_")}
        assert found <= named, found - named
