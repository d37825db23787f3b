"""What the server hands out: no script in the document, nothing from elsewhere, figures plotly can read."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from urllib.request import urlopen

import plotly.graph_objects as go
import pytest

from app.web.application import PAGES
from tests.browser import reading
from tests.browser.conftest import Open, Watch
from tests.browser.running import Dashboard
from tests.patience import HANG

pytestmark = pytest.mark.browser
CHARTS = [chart.id for page in PAGES for chart in getattr(page, "CHARTS", ())]
VIEWS = ("", "from=2021", "align=peak", "show=low&currency=usd&axis=calendar", "basket=memory&names=MU,NVDA")
# Where an attribute of HTML names an address.
ADDRESSES = ("src", "href", "action", "data", "poster", "srcset")


class Parts(HTMLParser):
    """The scripts, addresses and handlers of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script":
            self.scripts.append(given)
        self.addresses += [given[name] or "" for name in ADDRESSES if name in given]
        self.handlers += [name for name in given if name.startswith("on")]


def read(address: str) -> str:
    with urlopen(address, timeout=HANG) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("path", [page.PATH for page in PAGES])
def test_a_document_runs_no_script_of_its_own_and_names_this_machine_alone(
    path: str, dashboard: Dashboard
) -> None:
    parts = Parts(read(dashboard.address + path))
    assert parts.scripts
    inline = [given for given in parts.scripts if "src" not in given]
    assert all(given.get("type") == "application/json" for given in inline), inline
    assert not parts.handlers
    elsewhere = [
        text for text in parts.addresses if re.match(r"(?:[a-z]+:)?//|javascript:", text.strip(), re.I)
    ]
    assert not elsewhere


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("chart", CHARTS)
def test_a_figure_is_one_that_plotly_knows(chart: str, view: str, dashboard: Dashboard) -> None:
    shown = json.loads(read(f"{dashboard.address}/figure/{chart}?{view}&_w=1280&_t=dark"))
    memo = json.loads(read(f"{dashboard.address}/chart/{chart}.json?{view}"))["figure"]
    for figure in (shown, memo):
        assert figure["data"]
        go.Figure(figure)
        assert not [trace["type"] for trace in figure["data"] if trace["type"].endswith("gl")]


def test_the_browser_is_made_to_keep_the_policy_and_the_suite_sees_it(
    open_page: Open, dashboard: Dashboard, watch: Watch
) -> None:
    page = open_page(dashboard.address + PAGES[-1].PATH)
    script = "Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'})"
    page.evaluate(f"document.body.append({script})")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<b onclick=\"window.ran = 1\">x</b>')")
    page.evaluate("fetch('http://127.0.0.1:9/').catch(() => 0)")
    page.wait_for_function("window.policyViolated")
    with pytest.raises(AssertionError, match="content policy: script-src"):
        watch.check()
    assert not page.evaluate("window.ran")
    watch.allow("content policy|Content Security Policy|Refused", "the test provokes them")


@pytest.mark.parametrize("path", [page.PATH for page in PAGES])
def test_what_a_document_announces_is_used(path: str, open_page: Open, dashboard: Dashboard) -> None:
    """However late on a busy machine: nothing is fetched ahead for nobody."""
    page = open_page(dashboard.address + path)
    reading.wait_ready(page)
    announced, unused = page.evaluate(
        """() => {
          const links = [...document.querySelectorAll('link[rel=preload]')];
          const scripts = new Set([...document.scripts].map(script => script.src));
          const faces = [...document.fonts].some(face => face.status === 'loaded');
          // Dash asks for its own parts: an answer that was not taken from here stands here twice.
          const asked = link => performance.getEntriesByName(link.href).length === 1;
          const used = link => ({script: scripts.has(link.href), font: faces, fetch: asked(link)})[link.as];
          return [links.length, links.filter(link => !used(link)).map(link => link.href)];
        }"""
    )
    assert announced > 3 and not unused
