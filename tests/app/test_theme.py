from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app
from app.figures.theme import PALETTES, fade, line_colours
from app.kinds.request import Mode
from app.render.assets import assets_folder
from models.universe import load_universe

SYMBOLS = load_universe().symbols
LAYERS = load_universe().symbols_by_layer
TOKENS = {
    **{"ground": "ground", "raise": "raise_", "band": "band", "ink": "ink", "ink-2": "ink2", "ink-3": "ink3"},
    **{"strong": "strong", "hair": "hair", "grid": "grid", "fall": "fall", "rise": "rise"},
    **{"accent": "accent", "warn": "warn"},
}
# Text of 12 px needs 4.5, what only has to be seen 3; hairlines, bands and grid lines are quieter by intent.
FLOORS = {
    "ink": 7.0,
    "ink2": 7.0,
    "ink3": 4.5,
    "fall": 4.5,
    "rise": 4.5,
    "accent": 4.5,
    "warn": 4.5,
    "strong": 3.0,
}
# As the design gives them.
GIVEN = {
    "dark": {
        **{"raise_": 1.1, "band": 1.1, "ink": 15.6, "ink2": 8.8, "ink3": 5.4, "strong": 3.4, "hair": 1.4},
        **{"grid": 1.2, "fall": 8.4, "rise": 8.4, "accent": 7.8, "warn": 11.0},
    },
    "light": {
        **{"raise_": 1.1, "band": 1.1, "ink": 17.0, "ink2": 8.1, "ink3": 5.0, "strong": 3.2, "hair": 1.4},
        **{"grid": 1.2, "fall": 5.2, "rise": 6.2, "accent": 8.4, "warn": 5.3},
    },
    "memo": {
        **{"band": 1.1, "ink": 18.6, "ink2": 9.4, "ink3": 6.0, "strong": 3.4, "hair": 1.5, "grid": 1.3},
        **{"fall": 5.4, "rise": 6.5, "accent": 8.7, "warn": 5.6},
    },
}


def luminance(colour: str) -> float:
    """WCAG 2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def declared(selector: str) -> dict[str, str]:
    text = (assets_folder() / "00-tokens.css").read_text(encoding="utf-8")
    body = re.search(rf"^{re.escape(selector)} \{{(.*?)\}}", text, re.S | re.M)
    assert body, selector
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-F]{6});", body[1]))


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("selector", "mode"), [(":root", "dark"), (':root[data-theme="light"]', "light")])
def test_pages_and_figures_have_the_same_colours(selector: str, mode: Mode) -> None:
    palette = PALETTES[mode]
    assert declared(selector) == {token: getattr(palette, name) for token, name in TOKENS.items()}


@pytest.mark.parametrize("mode", PALETTES)
def test_every_colour_stands_out_from_its_ground(mode: Mode) -> None:
    palette = PALETTES[mode]
    for name, floor in FLOORS.items():
        assert contrast(getattr(palette, name), palette.ground) >= floor, name
    for name, ratio in GIVEN[mode].items():
        assert contrast(getattr(palette, name), palette.ground) == pytest.approx(ratio, abs=0.051), name


@pytest.mark.parametrize(("mode", "floor"), [("dark", 6.1), ("light", 5.05), ("memo", 5.05)])
def test_lines_and_their_labels_can_be_read(mode: Mode, floor: float) -> None:
    palette = PALETTES[mode]
    assert len(set(palette.lines)) == len(palette.lines)
    for colour in palette.lines:
        assert contrast(colour, palette.ground) >= floor - 0.05, colour


@given(st.lists(st.sampled_from(SYMBOLS), unique=True, max_size=20), st.sampled_from(SYMBOLS))
def test_a_name_keeps_its_colour_when_another_comes(drawn: list[str], added: str) -> None:
    before, after = line_colours(drawn, LAYERS, "dark"), line_colours([*drawn, added], LAYERS, "dark")
    assert all(after[symbol] == colour for symbol, colour in before.items())


@given(st.lists(st.text("ABC", min_size=3, max_size=6), unique=True, max_size=5))
def test_a_users_own_names_at_the_end_of_the_file_change_no_colour(own: list[str]) -> None:
    before = line_colours(SYMBOLS, LAYERS, "light")
    added = [symbol for symbol in own if symbol not in SYMBOLS]
    after = line_colours((*SYMBOLS, *added), (*LAYERS, tuple(added)), "light")
    assert all(after[symbol] == colour for symbol, colour in before.items())
    assert set(after) >= set(added)


@pytest.mark.parametrize("mode", PALETTES)
def test_the_names_looked_for_first_never_share_a_colour(mode: Mode) -> None:
    usual = ("2330.TW", "NVDA", "MU", "9984.T", "000660.KS", "285A.T", "ORCL", "CRWV")
    assert len(set(line_colours(usual, LAYERS, mode).values())) == len(usual)


def test_fading_keeps_the_colour() -> None:
    assert fade("#E38DB3", 0.32) == "rgba(227,141,179,0.32)"
    assert fade("#000000", 1) == "rgba(0,0,0,1)"


def test_stylesheets_load_in_their_order_tokens_first() -> None:
    names = sorted(path.name for path in assets_folder().glob("[0-9]*.css"))
    assert names[0] == "00-tokens.css"
    assert all(before < after for before, after in pairwise(names))


def test_stylesheets_use_only_tokens_that_there_are_and_no_colour_of_their_own() -> None:
    css = {path.name: path.read_text(encoding="utf-8") for path in assets_folder().glob("*.css")}
    everything = "".join(css.values())
    code = "".join(path.read_text(encoding="utf-8") for path in Path(app.__file__).parent.rglob("*.py"))
    code += "".join(path.read_text(encoding="utf-8") for path in assets_folder().glob("*.js"))
    known = set(re.findall(r"(--[a-z0-9-]+):", everything)) | set(re.findall(r"[\"'](--[a-z0-9-]+)", code))
    assert set(re.findall(r"var\((--[a-z0-9-]+)", everything)) <= known
    strays = {
        name: found
        for name, text in css.items()
        if name != "00-tokens.css" and (found := re.findall(r"#[0-9a-fA-F]{6}\b", text))
    }
    assert not strays
