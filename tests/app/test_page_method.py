from __future__ import annotations

import html
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import models.analytics
from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages import method as page
from app.render.table_csv import csv as table_csv
from app.settings import Settings
from ingest import checks, jumps, planning
from models import limits
from models.reasons import FAILURES, FLAGS, REASONS

EXCEPTIONS: dict[str, str] = {}
"""Public functions of the analytics that need no definition of their own, each with the reason."""
CONSTANT_EXCEPTIONS = {
    "models.analytics.claims.VERDICTS": "each verdict is defined in words",
    "models.analytics.claims.MARGINS": "the words are named",
    "models.analytics.claims.LEVELS": "the basis level is defined in words",
    "models.analytics.claims.MOMENTS": "each basis is listed",
    "models.analytics.claims.OUTSIDE": "each basis is listed",
    "models.analytics.claims.TRIED": "each basis is listed",
    "models.analytics.claims.REASONS": "each reason is listed",
    "models.analytics.layer_links.LINKS": "each link is defined in words",
    "models.analytics.connectedness.METHODS": "both kinds of shocks are defined in words",
    "models.analytics.rolling_connectedness.REASONS": "each reason is listed",
    "models.analytics.range_volatility.REASONS": "each reason is listed",
    "models.analytics.correlation.LAGS": "each lag is defined in words",
    "models.analytics.relay.LEGS": "the four legs are listed by name",
    "models.analytics.relay.MEANING": "the meaning of each leg is listed",
    "models.analytics.links.LINKS": "each link is listed by its legs",
    "models.analytics.early_warning.OUTCOMES": "the three outcomes are defined in words",
    "models.analytics.sector.VERDICTS": "each verdict is defined in words",
    "models.analytics.coexceedance.CLASSES": "the classes are named",
    "models.analytics.coexceedance.ANY": "a word of the table",
    "models.analytics.trailing.OUT": "each reason is listed",
    "models.analytics.turbulence.LACKING": "each reason is listed",
    "models.analytics.event_clock.REACTIONS": "each reaction is listed",
    "models.analytics.event_study.MODELS": "both models are defined in words",
    "models.analytics.event_inference.TESTS": "each test is listed",
    "models.analytics.event_inference.CLUSTERED": "they are marked in the list of tests",
    "models.analytics.falls.NAT": "a missing date, not a parameter",
}


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    found = Market(Settings(data_dir=tmp_path))
    yield found
    found.close()


@pytest.fixture
def written(market: Market) -> str:
    layout = page.layout(market, PageRequest(page.PATH, "?a=<script>alert(1)</script>"))
    return str(layout.children.to_plotly_json()["props"]["data-html"])


def modules() -> list[ModuleType]:
    package = models.analytics
    names = [info.name for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    return [importlib.import_module(name) for name in names]


def public_functions() -> set[str]:
    return {
        f"{module.__name__}.{name}"
        for module in modules()
        for name, item in vars(module).items()
        if inspect.isfunction(item) and item.__module__ == module.__name__ and not name.startswith("_")
    }


def constants() -> set[str]:
    return {
        f"{module.__name__}.{name}"
        for module in modules()
        for name in re.findall(r"^([A-Z][A-Z_]*)\b[^=\n]*=", inspect.getsource(module), re.M)
        if name.isupper() and len(name) > 1
    }


def resolve(where: str) -> Any:
    """The value a parameter has in the code now."""
    named = re.fullmatch(r"(.+)\.(\w+)\((\w+)\)", where)
    if named:
        function = getattr(importlib.import_module(named[1]), named[2])
        return inspect.signature(function).parameters[named[3]].default
    module, name = where.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


def test_every_function_of_the_analytics_is_named(written: str) -> None:
    named = {f"{item.__module__}.{item.__name__}" for entry in page.entries() for item in entry.functions}
    assert public_functions() - set(EXCEPTIONS) == named
    shown = set(re.findall(r"<code>(\w+)</code>", written))
    assert {name.rsplit(".", 1)[1] for name in named} <= shown


def test_every_constant_of_the_analytics_is_shown() -> None:
    shown = {parameter.where for entry in page.entries() for parameter in entry.parameters}
    assert constants() - set(CONSTANT_EXCEPTIONS) <= shown
    assert {f"models.limits.{name}" for name in vars(limits) if name.isupper()} <= shown


def test_each_parameter_is_the_one_of_the_code(written: str) -> None:
    text = html.unescape(written)
    for entry in page.entries():
        for parameter in entry.parameters:
            assert parameter.value == resolve(parameter.where), parameter.where
            assert parameter.value is not inspect.Parameter.empty
            assert f">{parameter.text}</td>" in text, parameter.where


def test_the_values_read_as_people_write_them() -> None:
    texts = {item.where: item.text for entry in page.entries() for item in entry.parameters}
    assert texts["models.sessions.GRACE"] == "1 h 30 m"
    assert texts["models.analytics.baskets.MAX_MISSING"] == "40%"
    assert texts["models.analytics.relay.Z_STARTS"] == "−1.65"
    assert texts["models.limits.CLOSE_ROUNDING"] == "0.15%"
    assert texts["models.analytics.drawdowns.trailing_drawdown(sessions)"] == "252 sessions"


def test_ingestion_applies_the_limits_that_are_shown() -> None:
    assert (checks.CLOSE_ROUNDING, checks.INDEX_MOVED) == (limits.CLOSE_ROUNDING, limits.INDEX_MOVED)
    assert (jumps.SPLIT_TOLERANCE, jumps.DAILY_LIMITS) == (limits.SPLIT_TOLERANCE, limits.DAILY_LIMITS)
    assert (planning.OVERLAP, planning.RATE_LIMITED) == (limits.OVERLAP, limits.RATE_LIMITED)


def test_every_code_has_its_meaning_on_the_page(written: str) -> None:
    text = html.unescape(written)
    for code, meaning in {**REASONS, **FAILURES}.items():
        assert f">{code}</th><td>{meaning}</td>" in text
    for said in FLAGS.values():
        assert f">{said.short}</th><td>{said.meaning}</td>" in text


def test_every_definition_has_an_anchor_an_index_line_and_a_limit(written: str) -> None:
    found = page.entries()
    assert len({entry.id for entry in found}) == len(found)
    for entry in found:
        assert f'id="{entry.id}"' in written
        assert written.count(f'href="#{entry.id}"') == 2  # the index and its own head
        assert entry.cannot and entry.says
        assert all(text.endswith(".") for text in (*entry.says, entry.cannot))


def test_the_page_asks_nothing_of_the_store_and_repeats_nothing_of_the_address(written: str) -> None:
    assert "<script" not in written and "alert(1)" not in written


def test_parameters_leave_as_csv(market: Market) -> None:
    name, text = table_csv(page.TABLES[0], market, PageRequest(page.PATH))
    assert name.startswith("aftershock-method-parameters-")
    assert len(text.splitlines()) == 1 + sum(len(entry.parameters) for entry in page.entries())
