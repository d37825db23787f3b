"""Logging in with a password: one page without a script, and a cookie that ends after twelve hours."""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

import flask
import flask.typing
import structlog
from flask.sessions import SecureCookieSessionInterface
from markupsafe import Markup, escape

from app import files
from app.limiting import Limiter
from app.security import client, https
from app.settings import Settings
from app.users import Users, secret_key

LASTS = timedelta(hours=12)
# Wrong passwords within a quarter of an hour: for one name from one place, and from one place for any name.
WRONG_BY_NAME, WRONG_BY_PLACE, WITHIN = 5, 30, 900.0
MOST = 16 * 1024
_PAGE = Markup("""<!DOCTYPE html>
<html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Aftershock: log in</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{css}"><link rel="icon" href="/_favicon.ico"></head>
<body><main class="login"><h1>Aftershock</h1>{notice}
<form method="post" action="/login"><input type="hidden" name="next" value="{back}">
<label>Name <input name="name" autocomplete="username" maxlength="64" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button class="word" type="submit">Log in</button></form></main></body></html>
""")


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie; over https under a name that browsers bind to this host and to https."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def get_cookie_name(self, app: flask.Flask) -> str:
        return "__Host-aftershock" if https(self._settings) else "aftershock"

    def get_cookie_secure(self, app: flask.Flask) -> bool:
        return https(self._settings)


def register(server: flask.Flask, settings: Settings, users: Users) -> None:
    """Add the login and the logout."""
    server.secret_key = secret_key(settings)
    server.config["AFTERSHOCK_USERS"] = settings.users_path
    server.session_interface = Cookies(settings)
    server.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,  # twelve hours from the login, however long one reads
        PERMANENT_SESSION_LIFETIME=LASTS,
    )
    by_name, by_place = Limiter(WRONG_BY_NAME, WITHIN), Limiter(WRONG_BY_PLACE, WITHIN)
    log = structlog.get_logger("aftershock.login")

    @server.get("/login")
    def _form() -> flask.Response:
        notice = "" if users.all() else "Nobody can log in yet: `aftershock users add NAME` on the server."
        return _page(flask.request.args.get("next", ""), notice, 200)

    @server.post("/login")
    def _login() -> flask.typing.ResponseReturnValue:
        flask.request.max_content_length = MOST
        given = flask.request.form
        name, place = given.get("name", "")[:64], client(settings)
        back = local_address(given.get("next", ""))
        keys = (by_name, f"{name}\n{place}"), (by_place, place)
        wait = max(limiter.wait(key) for limiter, key in keys)
        if wait > 0:
            log.warning("login refused", place=place)
            answer = _page(back, f"Too many wrong passwords; try again in {wait / 60:.0f} minutes.", 429)
            answer.headers["Retry-After"] = f"{wait:.0f}"
            return answer
        user = users.check(name, given.get("password", ""))
        if user is None:
            for limiter, key in keys:
                limiter.take(key)
            # A name that is not known may be a password, typed into the wrong field.
            log.warning("login failed", user=name if users.get(name) else "unknown", place=place)
            return _page(back, "This name and password do not belong together.", 401)
        by_name.forget(keys[0][1])
        flask.session.clear()
        flask.session.permanent = True
        flask.session.update(user=user.name, mark=user.mark, number=secrets.token_hex(8))
        log.info("login", user=user.name, place=place)
        return flask.redirect(back, 303)

    @server.post("/logout")
    def _logout() -> flask.typing.ResponseReturnValue:
        flask.session.clear()
        return flask.redirect("/login", 303)


def local_address(text: str) -> str:
    """The address to go back to, when it is one of ours; the first page otherwise."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    own = text.startswith("/") and not parts.scheme and not parts.netloc and "\\" not in text
    plain = own and not text.startswith("//") and text.isprintable() and not text.startswith("/log")
    return text if plain else "/"


def _page(back: str, notice: str, status: int) -> flask.Response:
    said = Markup('<p class="banner problem" role="alert">{}</p>').format(notice) if notice else ""
    # The theme that the pages keep beside their width.
    theme = "light" if flask.request.cookies.get("view", "").endswith("-light") else "dark"
    text = _PAGE.format(
        theme=theme, css=files.address("app.css"), notice=said, back=escape(local_address(back))
    )
    return flask.Response(text, status, mimetype="text/html", headers={"Cache-Control": "no-store"})
