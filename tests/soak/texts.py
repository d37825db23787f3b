"""Hostile texts through all that writes text: no script runs, no markup is made of one, none is lost."""

from __future__ import annotations

import csv
import io
import itertools
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from dash import html
from playwright.sync_api import Page, sync_playwright

from app.market.plain import FORMULA, csv_text, json_text
from app.render.html.markup import block, markup
from app.render.memo.leaf import escaped
from models.errors import EventRefusedError
from models.noting import event_of
from models.store import Store
from models.store.events import add_event, retire
from models.texts import clean
from tests.conftest import BROWSERS
from tests.soak.harness import Case, Reached, Size
from tests.soak.served import dashboard

NOW = datetime(2026, 7, 31, 22, tzinfo=UTC)
RUN = "window.__pwn=1"
BATCH = 60
TAGS = (
    *(f"<script>{RUN}</script>", f"<img src=x onerror={RUN}>", f"<svg onload={RUN}>", f"<svg/onload={RUN}//"),
    *(
        f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
        f"<body onload={RUN}>",
        f"<details open ontoggle={RUN}>",
    ),
    *(
        f"<a href='javascript:{RUN}'>x</a>",
        f"<math href='javascript:{RUN}'>x</math>",
        "<base href=//evil.example>",
    ),
    *(
        f"<input autofocus onfocus={RUN}>",
        f"<video><source onerror={RUN}></video>",
        "<meta http-equiv=refresh>",
    ),
    *(f"<form action=javascript:{RUN}><button>x", f"<object data='data:text/html,<script>{RUN}</script>'>"),
    *(f"<style>@import'javascript:{RUN}'</style>", f"<marquee onstart={RUN}>", f"<x onclick={RUN}>x</x>"),
    *(
        f"javascript:{RUN}",
        f"data:text/html,<script>{RUN}</script>",
        "%{x}<b>%{y}</b>",
        "$\\href{javascript:x}{y}$",
    ),
    *(
        "{{constructor.constructor('x')()}}",
        "${7*7}",
        "=cmd|' /C calc'!A0",
        "\u202eevil",
        "\u200bzero",
        "a\u0000b",
    ),
    *("&lt;script&gt;", "&#60;img src=x onerror=x&#62;", "]]><script>", "--><script>", "*/</style><script>"),
)
HEADS = ("", '"', "'", '">', "'>", "</title>", "</textarea>", "</script>", "`", "\\", " ", "0")
TAILS = ("", '"', "'", "<!--", "//", "\\", ">", "&")


def corpus() -> list[str]:
    """Each tag behind each way out of an attribute or an element, and before each way to swallow the rest."""
    return [head + tag + tail for head, tag, tail in itertools.product(HEADS, TAGS, TAILS)]


def generated(dice: random.Random, count: int) -> Iterator[str]:
    """Texts of all the planes of Unicode, with pieces that mean something to a browser or a spreadsheet."""
    pieces = (*TAGS, *HEADS[1:], *TAILS[1:], *FORMULA, "&", "<", ">", "\u202e", "\u0301" * 9, "é", "株", "🙂")
    planes = (
        (32, 126),
        (0, 31),
        (0x80, 0x24F),
        (0x590, 0x6FF),
        (0x2000, 0x206F),
        (0x4E00, 0x4FFF),
        (0x1F300, 0x1F64F),
    )
    for _ in range(count):
        parts = []
        for _ in range(dice.randint(1, 8)):
            low, high = dice.choice(planes)
            parts.append(dice.choice((dice.choice(pieces), chr(dice.randint(low, high)))))
        yield "".join(parts)


class Parsed(HTMLParser):
    """What a browser makes of a piece of HTML: its tags, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.given: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.given += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def fault(text: str) -> str:
    """What is wrong with how a text leaves; empty when all is well."""
    written = Parsed(markup(html.Div(text, title=text)))
    if written.tags != ["div"] or written.given != [("title", text)] or written.text != text:
        return f"markup: {text!r}"
    inner = markup(html.B(text))
    if dict(Parsed(markup(block(inner, id="x"))).given) != {"id": "x"} or Parsed(inner).text != text:
        return f"block: {text!r}"
    if Parsed(escaped(text)).tags or Parsed(escaped(text)).text != text:
        return f"picture: {text!r}"
    if "\x00" not in text:
        (cell,), *_ = list(csv.reader(io.StringIO(csv_text(("a",), [{"a": text}]), newline="")))[1:]
        if cell.removeprefix("'") != text.removeprefix("'") or cell.lstrip(" \n").startswith(FORMULA):
            return f"csv: {text!r}"
    json_text({"a": text})
    kept = clean(text)
    if clean(kept) != kept or any(ord(letter) < 32 for letter in kept) or "\u202e" in kept:
        return f"kept: {text!r}"
    return ""


def functions(size: Size) -> Reached:
    """Generated strings through each function that writes text out."""
    count = size.of(20_000)
    texts = [*generated(random.Random(24), count), *corpus()]
    faults = [found for text in texts if (found := fault(text))]
    return Reached(
        not faults, f"{len(texts):,} texts, {len(faults)} changed" + (f"; {faults[0]}" if faults else "")
    )


def pages(size: Size) -> Reached:
    """Hostile texts as titles and notes of events, on every page that shows one."""
    texts = corpus()
    random.Random(1).shuffle(texts)
    texts = texts[: size.of(2_000, BATCH)]
    chromium = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    ran, shown, refused = [], 0, 0
    with dashboard() as found, sync_playwright() as playwright, Store.open(_url(found)) as store:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--no-proxy-server"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.add_init_script("addEventListener('securitypolicyviolation', e => window.__pwn = e.blockedURI)")
        page.on("dialog", lambda dialog: (ran.append("dialog"), dialog.dismiss()))
        for batch in _batches(texts):
            noted = []
            for number, text in enumerate(batch):
                try:
                    event = event_of(_raw(text, number))
                    noted.append(add_event(store, event, by="soak", now=NOW))
                except EventRefusedError:
                    refused += 1
            shown += len(noted)
            ran += _walk(page, found.address, noted[0].id if noted else "")
            for event in noted:
                retire(store, event.id, by="soak", now=NOW, expected_version=event.version)
        browser.close()
    told = f"{shown:,} shown, {refused} refused, {len(ran)} scripts ran, {len(broken)} errors"
    return Reached(
        not ran and not broken and shown > 0, told + (f"; {(ran + broken)[0]}" if ran + broken else "")
    )


def _walk(page: Page, address: str, event: str) -> list[str]:
    """Open what shows titles and notes; what ran of them."""
    ran = []
    for path in (
        "/events?origin=people",
        f"/events?event={event}",
        "/drawdowns",
        "/",
        "/events/study",
        "/events/compare",
    ):
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        page.evaluate(_TOUCH)
        if found := page.evaluate("window.__pwn || ''"):
            ran.append(f"{path}: {found}")
    return ran


def _raw(text: str, number: int) -> dict[str, Any]:
    return {
        "at": f"2026-07-{1 + number % 28:02d}",
        "title": f"{number} {text}"[:118],
        "what": f"{text}\n{text}"[:3900],
        "category": "other",
        "severity": "3",
    }


def _batches(texts: list[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(texts), BATCH):
        yield tuple(texts[start : start + BATCH])


def _url(found: Any) -> str:
    return f"sqlite:///{found.folder}/aftershock.db"


# What a pointer and a keyboard would do to each element.
_TOUCH = """() => document.querySelectorAll('#page *').forEach(part => {
  for (const kind of ['mouseover', 'mouseenter', 'focus', 'animationstart', 'toggle', 'error', 'load'])
    part.dispatchEvent(new Event(kind, {bubbles: false}));
})"""
CASES = [
    Case("hostile texts on pages", "2,000: 0 scripts run, 0 errors", pages),
    Case("generated texts", "20,000 through every function that writes text: 0 changed, 0 markup", functions),
]
