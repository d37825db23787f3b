from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from dash import dcc, html
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.render.html import attributes
from app.render.html.markup import block, markup, static

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></table><svg/onload=alert(1)>",
    "&lt;b&gt; &amp; &#x27;",
    "]]><!--",
    "Ü 🦊 \u202e \x00 \n\t",
)
text = st.text(max_size=40) | st.sampled_from(HOSTILE)


class Reader(HTMLParser):
    """What a browser would take from the HTML: tags with attributes, and text."""

    def __init__(self, written: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("input", "br", "img", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(content: Any) -> Reader:
    found = Reader(markup(content))
    assert found.open == []
    return found


@given(st.lists(text, max_size=4), text, text)
def test_any_text_reads_back_the_same_and_adds_no_tag(parts: list[str], title: str, href: str) -> None:
    found = read(html.Div([*(html.P(part) for part in parts), dcc.Link(title, href=href, title=title)]))
    assert [tag for tag, _ in found.tags] == ["div", *["p"] * len(parts), "a"]
    assert found.text == "".join(parts) + title
    link = found.tags[-1][1]
    assert set(link) == {"href", "title", "data-go"}
    assert (link["href"], link["title"]) == (href, title)


@pytest.mark.parametrize("payload", HOSTILE[:4])
def test_no_payload_stands_unescaped(payload: str) -> None:
    written = markup(
        html.Table(
            html.Tr(
                [html.Td(payload, title=payload, className=payload), html.Th(html.Span(payload, id=payload))],
                style={"background": payload, "--at": payload},
                **attributes(aria_label=payload, data_key=payload),
            )
        )
    )
    assert payload not in written
    found = Reader(written)
    assert found.text == payload * 2
    assert {tag for tag, _ in found.tags} == {"table", "tr", "td", "th", "span"}
    assert not [name for _, given_ in found.tags for name in given_ if name.startswith("on")]


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (None, ""),
        (False, ""),
        ("", ""),
        (0, "0"),
        (-1.5, "-1.5"),
        ([], ""),
        (["a", None, ("b", html.Br())], "ab<br>"),
        (Markup("<b>x</b>"), "<b>x</b>"),
        (html.P(), "<p></p>"),
        (html.P(None), "<p></p>"),
        (html.Td("x", colSpan=2, className="num"), '<td class="num" colspan="2">x</td>'),
        (html.Label("x", htmlFor="f"), '<label for="f">x</label>'),
        (html.Div(hidden=True), "<div hidden></div>"),
        (html.Div(hidden=False), "<div></div>"),
        (html.Button("x", n_clicks=3), "<button>x</button>"),
        (html.Img(src="a.png", alt=""), '<img alt="" src="a.png">'),
        (
            html.Span(style={"--at": "5%", "backgroundColor": "red"}),
            '<span style="--at:5%;background-color:red"></span>',
        ),
        (dcc.Location(id="url"), ""),
        (dcc.Store(id="s", data={"secret": 1}), ""),
    ],
)
def test_written_out(content: Any, written: str) -> None:
    assert Reader(markup(content)).tags == Reader(written).tags
    assert sorted(markup(content)) == sorted(written)  # attributes may stand in another order


def test_links_stay_links_and_are_followed_by_the_script() -> None:
    (tag, given_), *_ = read(dcc.Link("x", href="/data?a=1&b=2")).tags
    assert tag == "a"
    assert given_ == {"href": "/data?a=1&b=2", "data-go": ""}


def test_a_field_is_an_input_with_its_value() -> None:
    field = dcc.Input(id="d", type="text", value='"x', debounce=True, placeholder="2026-06-22", maxLength=20)
    (tag, given_), *_ = read(field).tags
    assert tag == "input"
    assert {"id": "d", "type": "text", "value": '"x', "placeholder": "2026-06-22"}.items() <= given_.items()
    assert given_["maxlength"] == "20"
    assert "debounce" not in given_


def test_attributes_with_a_hyphen() -> None:
    assert attributes(aria_label="x", data_go="y") == {"aria-label": "x", "data-go": "y"}
    assert read(html.P(**attributes(aria_live="polite"))).tags == [("p", {"aria-live": "polite"})]


def test_a_block_holds_what_was_written_once() -> None:
    held = static([html.P("<i>"), "&"], className="x", id="b")
    assert held.to_plotly_json()["props"]["data-html"] == "<p>&lt;i&gt;</p>&amp;"
    assert markup(held) == markup(block("<p>&lt;i&gt;</p>&amp;", className="x", id="b"))
    found = read(html.Main(held))
    assert found.text == "<i>&"
    assert [tag for tag, _ in found.tags] == ["main", "div", "p"]
