"""Components that never change on their own, as one piece of HTML.

Dash wraps every component in a live one: a table of 20 rows and 17 columns costs the browser half a
second. What only the server changes is written out here, escaped, and put in place whole by the page's
script; links inside stay links to another state of the page.
"""

from __future__ import annotations

import re
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component
from markupsafe import Markup, escape

_VOID = frozenset({"input", "br", "img", "hr"})
_NAMES = {"className": "class", "htmlFor": "for", "n_clicks": "", "debounce": "", "refresh": ""}


def static(content: Any, **attributes: Any) -> html.Div:
    """Return a container that holds the content as HTML."""
    return block(markup(content), **attributes)


def block(written: str, **attributes: Any) -> html.Div:
    """Return a container for what :func:`markup` wrote; a callback may write ``data-html`` anew."""
    given: dict[str, Any] = {"data-html": written}
    return html.Div(**given, **attributes)


def markup(content: Any) -> str:
    """Write components out as HTML: every text and attribute escaped."""
    if content is None or content is False:
        return ""
    if isinstance(content, list | tuple):
        return "".join(markup(item) for item in content)
    if not isinstance(content, Component):
        return str(escape(content))
    if isinstance(content, dcc.Location | dcc.Store):
        return ""
    tag = "a" if isinstance(content, dcc.Link) else type(content).__name__.lower()
    given = {
        name: value for name in content._prop_names if (value := getattr(content, name, None)) is not None
    }
    given |= {name: getattr(content, name) for name in vars(content) if name.startswith(("data-", "aria-"))}
    children = given.pop("children", None)
    if "data-html" in given:
        children = Markup(given.pop("data-html"))
    if isinstance(content, dcc.Link):
        given["data-go"] = ""
    written = "".join(_attribute(name, value) for name, value in given.items())
    return f"<{tag}{written}>" if tag in _VOID else f"<{tag}{written}>{markup(children)}</{tag}>"


def _attribute(name: str, value: Any) -> str:
    name = _NAMES.get(name, name).lower()
    if not name or value is False:
        return ""
    if value is True:
        return f" {name}"
    if name == "style":
        value = ";".join(f"{_kebab(key)}:{item}" for key, item in value.items())
    return f' {name}="{escape(value)}"'


def _kebab(name: str) -> str:
    return name if name.startswith("--") else re.sub("([A-Z])", r"-\1", name).lower()
