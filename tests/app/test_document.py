from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.market.market import Market
from app.settings import Settings
from app.web import document
from app.web.application import PAGES, create_app
from tests.app.situations import NOW


@pytest.fixture(scope="module")
def client(filled: Path) -> Iterator[FlaskClient]:
    market = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    yield create_app(market.settings, market=market).server.test_client()
    market.close()


class Balanced(HTMLParser):
    """Fails on a tag that is closed out of turn, and collects the ids."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in ("meta", "link", "input", "br", "img", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", [page.PATH for page in PAGES])
def test_the_document_is_whole_before_any_script_ran(client: FlaskClient, path: str) -> None:
    written = client.get(path).get_data(as_text=True)
    found = Balanced(written)
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert written.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert written.count("<h1>") == 1
    assert "_dash-loading" not in written


def test_the_first_answer_has_headline_and_table(client: FlaskClient) -> None:
    written = client.get("/drawdowns?basket=us").get_data(as_text=True)
    assert re.search(r"<h1>The US AI basket [^<]+ June peak</h1>", written)
    assert "<table" in written
    assert "Micron" in written


def test_charts_of_each_page_are_named_for_the_script(client: FlaskClient) -> None:
    written = client.get("/").get_data(as_text=True)
    named = json.loads(html.unescape(re.search(r'<meta name="charts" content="([^"]*)">', written)[1]))  # type: ignore[index]
    assert named["/"] == named["/brief"] == ["brief-relay", "brief-heat", "brief-indices"]
    assert named["/drawdowns"] == ["drawdowns-underwater"]
    assert set(named) == {"/", *(page.PATH for page in PAGES)}


def test_the_frameworks_scripts_wait_in_a_template(client: FlaskClient) -> None:
    written = client.get("/").get_data(as_text=True)
    template = re.search(r'<template id="dash-scripts">(.*?)</template>', written, re.S)
    assert template
    waiting = re.findall(r'<script src="([^"]+)"', template[1])
    assert len(waiting) > 3
    assert waiting[-1].startswith("/file/start.js")
    outside = written.replace(template[0], "")
    assert not [source for source in re.findall(r'<script[^>]* src="([^"]+)"', outside) if source in waiting]
    for source in waiting[:-1]:
        assert f'<link rel="preload" as="script" href="{source}">' in written


def test_nothing_comes_from_another_host(client: FlaskClient) -> None:
    written = client.get("/").get_data(as_text=True)
    assert not [link for link in re.findall(r'(?:src|href)="([^"]*)"', written) if "//" in link]


def test_what_is_put_in_is_escaped() -> None:
    written = document.page(
        "<p>page</p>", title="</title><script>", favicon="", config="", scripts=[], charts={"/'\"<": ['"x']}
    )
    assert "<title>&lt;/title&gt;&lt;script&gt;</title>" in written
    named = re.search(r'<meta name="charts" content="([^"]*)">', written)
    assert named
    assert json.loads(html.unescape(named[1])) == {"/'\"<": ['"x']}
    assert "<p>page</p>" in written


@pytest.mark.parametrize(
    "search", ["names=%3Cscript%3Ealert(1)%3C/script%3E", "sort=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"]
)
def test_an_address_adds_no_tag(client: FlaskClient, search: str) -> None:
    written = client.get(f"/drawdowns?{search}").get_data(as_text=True)
    assert "Ignored " in written
    assert "<script>alert" not in written
    assert "<img src=x" not in written


def test_a_view_id_names_one_chart_of_one_page() -> None:
    prefixes = [chart.prefix for page in PAGES for chart in getattr(page, "CHARTS", ())]
    assert len(prefixes) == len(set(prefixes)) > 10
