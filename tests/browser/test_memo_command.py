"""`aftershock memo` and the browser it keeps: what it makes, and what happens when it dies or hangs."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
from playwright.sync_api import Page
from pptx import Presentation

from app.figures.theme import PALETTES
from app.render.memo.chromium import DrawingError, NoChromiumError, Renderer, find_chromium
from app.render.memo.warm_chromium import BusyError, Keeper
from tests.browser.pictures import read_picture
from tests.browser.running import COMMAND, Dashboard
from tests.patience import HANG

pytestmark = pytest.mark.browser
BODY: dict[str, Any] = {
    "figure": {
        "data": [
            {"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "line": {"color": "#8C1D4F"}}
        ],
        "layout": {
            "paper_bgcolor": "#FFFFFF",
            "annotations": [
                {"text": "Memory −9.0% at 13:30", "x": 0.5, "y": 0.9, "xref": "paper", "yref": "paper"}
            ],
            "font": {"family": "Inter, sans-serif", "size": 30},
        },
    },
    "width": 1600,
    "height": 900,
    "scale": 2,
}


@pytest.fixture(scope="module")
def program(chromium_path: str | None, browser: Any) -> Path:
    """The browser of the suite, as the product would be told of it."""
    return Path(chromium_path or browser.browser_type.executable_path)


@pytest.fixture
def renderer(program: Path) -> Iterator[Renderer]:
    with Renderer(program) as found:
        yield found


def memo(folder: Path, program: Path | str, *arguments: str, **given: str) -> Any:
    """Run the command on the shared data folder."""
    settings = {"AFTERSHOCK_CHROMIUM": str(program), **given}
    return subprocess.run(
        (*COMMAND, "memo", *arguments),
        env=Dashboard(folder, settings=settings).environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * HANG,
    )


def test_a_pack_is_made_without_a_page(imported: Path, program: Path, tmp_path: Path) -> None:
    charts = "drawdowns-underwater,relay-day"
    out = tmp_path / "new" / "pack"
    ran = memo(imported, program, "--out", str(out), "--as-of", "2026-06-26", "--charts", charts, "--half")
    assert (ran.returncode, ran.stderr) == (0, "")
    written = sorted(out.iterdir())
    assert sorted(ran.stdout.split()) == [str(path) for path in written]
    kinds = sorted(path.suffix for path in written)
    assert kinds == [".pdf", ".png", ".png", ".png", ".pptx"]
    for path in written:
        if path.suffix == ".png":
            picture = read_picture(path.read_bytes())
            half = path.stem.endswith("-half")
            assert (picture.width, picture.height) == ((1600, 2000) if half else (3200, 1800))
            assert picture.dots_per_metre == (11811, 11811)
    reader = pypdf.PdfReader(next(path for path in written if path.suffix == ".pdf"))
    assert len(reader.pages) == 2
    for page in reader.pages:
        assert [round(float(side)) for side in page.mediabox[2:]] == [768, 432]
        text = page.extract_text()
        assert "As of 26 Jun 2026, 23:59 UTC. Aftershock, view " in text
        assert "\x00" not in text and "−" in text
        assert not page.images  # lines and letters, no picture
    deck = Presentation(str(next(path for path in written if path.suffix == ".pptx")))
    assert len(deck.slides) == 4


def test_the_views_of_a_pack_open_in_the_dashboard(
    imported: Path, program: Path, tmp_path: Path, dashboard: Dashboard, open_page: Callable[..., Page]
) -> None:
    ran = memo(imported, program, "--out", str(tmp_path), "--charts", "relay-day", "--format", "png")
    assert ran.returncode == 0, ran.stderr
    view = "-".join(Path(ran.stdout.strip()).stem.split("-")[-2:])
    page = open_page(f"{dashboard.address}/view/{view}")
    assert page.url.startswith(f"{dashboard.address}/contagion?")
    assert "asof=2026-07-31T22:00Z" in page.url


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--charts", "nope"), "There is no chart 'nope'; `aftershock memo --charts list` has all "),
        (("--format", "gif"), "--format takes png, pdf, pptx"),
        (("--format", ""), "--format takes png, pdf, pptx"),
        (("--basket", "nope"), "There is no basket 'nope'"),
        (("--as-of", "2126-01-01"), "2126"),
        (("--charts", ","), "There is no chart to draw"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(
    imported: Path, program: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = memo(imported, program, "--out", str(tmp_path), *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr and ran.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_without_a_browser_one_sentence_says_what_to_do(imported: Path, tmp_path: Path) -> None:
    ran = memo(imported, tmp_path / "none", "--out", str(tmp_path / "out"))
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert "AFTERSHOCK_CHROMIUM" in ran.stderr and "Memo menu" in ran.stderr
    assert not (tmp_path / "out").exists()


def test_the_browser_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("app.render.memo.chromium._ELSEWHERE", ())
    with pytest.raises(NoChromiumError, match="There is none here: install one"):
        find_chromium(None)
    here = tmp_path / "google-chrome"
    here.write_text("#!/bin/sh\n")
    with pytest.raises(NoChromiumError, match="which is no program"):
        find_chromium(here)
    here.chmod(here.stat().st_mode | stat.S_IXUSR)
    assert find_chromium(None) == find_chromium(here) == here


def test_a_picture_is_drawn_as_on_the_page(renderer: Renderer, open_page: Callable[..., Page]) -> None:
    picture = read_picture(renderer.png(BODY))
    assert (picture.width, picture.height) == (3200, 1800)
    dots = picture.colours(open_page("about:blank"))
    assert dots[PALETTES["memo"].accent] > 500
    assert max(dots, key=lambda colour: dots[colour]) == "#FFFFFF"


def test_a_page_says_its_minus_and_its_colon(renderer: Renderer) -> None:
    document = pypdfium2.PdfDocument(renderer.pdf(BODY))
    assert "Memory −9.0% at 13:30" in document[0].get_textpage().get_text_range()
    document.close()


def test_a_browser_that_was_killed_is_started_again(renderer: Renderer) -> None:
    renderer.png(BODY)
    first = renderer.process
    assert first is not None
    os.killpg(first, signal.SIGKILL)
    assert renderer.png(BODY)[:4] == b"\x89PNG"
    assert renderer.process != first


def test_a_browser_that_hangs_is_given_up(program: Path) -> None:
    with Renderer(program, timeout=0.001) as hurried:
        began = time.monotonic()
        with pytest.raises(DrawingError, match="did not answer in time"):
            hurried.png(BODY)
        assert time.monotonic() - began < HANG
        assert hurried.process is None


def test_a_program_that_is_no_browser_is_told(tmp_path: Path) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    with Renderer(fake) as broken, pytest.raises(DrawingError, match="Chromium could not draw the picture"):
        broken.png(BODY)


def alive(group: int) -> list[str]:
    """The processes of a group but those that are over and wait to be counted."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while we looked
            name, _, rest = place.read_text().partition("(")[2].rpartition(")")
            state, _, its_group = rest.split()[:3]
            if its_group == str(group) and state != "Z":
                found.append(name)
    return found


def test_no_browser_is_left_behind(program: Path) -> None:
    with Renderer(program) as found:
        found.png(BODY)
        group = found.process
        assert group is not None
    assert not alive(group)
    found.close()  # twice does no harm


def test_a_home_that_cannot_be_written_to_does_no_harm(imported: Path, program: Path, tmp_path: Path) -> None:
    ran = memo(
        imported,
        program,
        *("--out", str(tmp_path / "out"), "--charts", "relay-day", "--format", "png"),
        HOME="/proc/nowhere",
        XDG_CONFIG_HOME="/proc/nowhere",
    )
    assert ran.returncode == 0, ran.stderr


def test_pictures_are_drawn_one_at_a_time(renderer: Renderer) -> None:
    from concurrent.futures import ThreadPoolExecutor

    renderer.png(BODY)
    first = renderer.process
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: renderer.png(BODY), range(6)))
    assert {read_picture(body).width for body in made} == {3200}
    assert renderer.process == first


def test_the_server_draws_for_programs_and_lets_go_of_its_browser(program: Path) -> None:
    keeper = Keeper(program, idle=0.2)
    assert keeper.draw("png", lambda: BODY)[:4] == b"\x89PNG"
    assert keeper.draw("pdf", lambda: BODY)[:5] == b"%PDF-"
    ended = threading.Event()
    watcher = threading.Thread(target=lambda: [ended.wait(0.1) for _ in iter(lambda: keeper.running, False)])
    watcher.start()
    watcher.join(HANG)
    assert not keeper.running
    keeper.close()


def test_the_server_lets_nobody_wait_for_long(program: Path) -> None:
    keeper = Keeper(program, patience=0.01)
    inside, go_on = threading.Event(), threading.Event()

    def drawing(*_: object) -> bytes:
        inside.set()
        go_on.wait(HANG)
        return b""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Renderer, "png", drawing)
        first = threading.Thread(target=keeper.draw, args=("png", lambda: BODY))
        first.start()
        inside.wait(HANG)
        with pytest.raises(BusyError, match="ask again in a few seconds"):
            keeper.draw("png", lambda: BODY)
        go_on.set()
        first.join()
    keeper.close()
