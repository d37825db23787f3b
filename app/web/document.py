"""The HTML document: its head, the page as the server wrote it, and what starts the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from markupsafe import escape

from app.render import assets

_HEAD = """<!DOCTYPE html>
<html lang="en"{mark}><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="charts" content="{charts}">
<meta name="build" content="{build}">
<script src="{head}"></script>
<link rel="stylesheet" href="{css}">
<script defer src="{app}"></script>
<script defer src="{plotly}"></script>
<link rel="preload" href="{font}" as="font" type="font/woff2" crossorigin>
{favicon}</head>"""
_FAVICON = '<link rel="icon" type="image/x-icon" href="/_favicon.ico">'
_BODY = """<body><div id="react-entry-point">{page}</div>
<div hidden>{config}<template id="dash-scripts">{scripts}</template>{preloads}</div>
</body></html>"""


def page(
    written: str,
    *,
    title: str,
    favicon: str,
    config: str,
    scripts: Sequence[str],
    charts: Mapping[str, Sequence[str]],
) -> str:
    """Return the document around a page.

    Dash's scripts are fetched but not run: they stand in a template, and the page's own script brings
    them in, in order, once the charts are drawn.
    """
    head = _head(title, favicon, charts, "")
    tags = [f'<script src="{source}"></script>' for source in scripts]
    tags.append(f'<script src="{assets.address("start.js")}" id="_dash-renderer"></script>')
    preloads = [f'<link rel="preload" as="script" href="{source}">' for source in scripts]
    return head + _BODY.format(page=written, config=config, scripts="".join(tags), preloads="".join(preloads))


def alone(written: str, *, title: str, mark: str) -> str:
    """Return a document that the page's own scripts serve, without Dash; ``mark`` names it on its root."""
    return f"{_head(title, _FAVICON, {}, f' data-{mark}')}<body>{written}</body></html>"


def missing(path: str, pages: Sequence[tuple[str, str]], theme: str) -> str:
    """Return the document at an address without a page: which pages there are, and no figure of any."""
    ways = "".join(f'<li><a href="{escape(where)}">{escape(title)}</a></li>' for where, title in pages)
    return (
        f'<!DOCTYPE html>\n<html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
        "<title>Aftershock: no such page</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{assets.address("app.css")}">{_FAVICON}</head>'
        f'<body><main class="login"><h1>There is no page here</h1><p>Nothing is at {escape(path[:80])}; '
        f"these are the pages:</p><ul>{ways}</ul></main></body></html>"
    )


def _head(title: str, favicon: str, charts: Mapping[str, Sequence[str]], mark: str) -> str:
    return _HEAD.format(
        mark=mark,
        title=escape(title),
        charts=escape(json.dumps(charts)),
        build=assets.build(),
        favicon=favicon,
        **{name: assets.address(f"{name}.js") for name in ("head", "app", "plotly")},
        css=assets.address("app.css"),
        font=assets.address("inter.woff2"),
    )
