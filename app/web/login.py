"""Logging in with a password: one page without a script, and a cookie that ends after twelve hours."""

from __future__ import annotations

import math
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import flask
import flask.typing
import structlog
from flask.sessions import SecureCookieSessionInterface
from markupsafe import Markup, escape

from app.auth.doors import LONGEST_BACK, client, https, opens
from app.auth.users import LONGEST_NAME, Users, secret_key
from app.render import assets
from app.settings import Settings
from app.web.login_sessions import LASTS, Sessions, Tries
from models.errors import StoreError
from models.urls import network_of, split

AT_ONCE, EACH, WAITING = 4, 2, 2
"""Passwords that are looked at at a time, of them of one network, and how many wait for it: each takes a
thread, and its processor, which readers need too."""
PATIENCE = 2.0
"""Seconds for which one waits before it is asked to try again."""
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


class Places:
    """Where passwords are looked at: no network takes all of them, so that nobody shuts the others out."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._changed = threading.Condition()
        self._taken: Counter[str] = Counter()
        self._waiting = 0

    @contextmanager
    def one(self, network: str) -> Iterator[bool]:
        """A place for somebody of a network; False when there is none, and too many wait for one."""
        with self._changed:
            found = self._free(network)
            if not found and self._waiting < WAITING:
                self._waiting += 1
                found = self._changed.wait_for(lambda: self._free(network), self._patience)
                self._waiting -= 1
            if found:
                self._taken[network] += 1
        try:
            yield found
        finally:
            if found:
                with self._changed:
                    self._taken[network] -= 1
                    self._taken = +self._taken
                    self._changed.notify_all()

    def _free(self, network: str) -> bool:
        return self._taken.total() < AT_ONCE and self._taken[network] < EACH


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie; over https under a name that browsers bind to this host and to https."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def get_cookie_name(self, app: flask.Flask) -> str:
        return "__Host-aftershock" if https(self._settings) else "aftershock"

    def get_cookie_secure(self, app: flask.Flask) -> bool:
        return https(self._settings)


def register(server: flask.Flask, settings: Settings, users: Users, sessions: Sessions, tries: Tries) -> None:
    """Add the login and the logout."""
    server.secret_key = secret_key(settings)
    server.config["AFTERSHOCK_USERS"] = settings.users_path
    server.session_interface = Cookies(settings)
    server.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,  # twelve hours from the login, however long one reads
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=LASTS),
    )
    places = Places()
    log = structlog.get_logger("aftershock.login")

    @server.get("/login")
    @opens
    def _form() -> flask.Response:
        notice = "" if users.all() else "Nobody can log in yet: `aftershock users add NAME` on the server."
        return _page(flask.request.args.get("next", ""), notice, 200)

    @server.post("/login")
    @opens
    def _login() -> flask.typing.ResponseReturnValue:
        flask.request.max_content_length = MOST
        back = local_address(flask.request.form.get("next", ""))
        with places.one(network_of(client(settings))) as place:
            if not place:
                return _wait(back, "Many are logging in at this moment; try again.", 1.0)
            try:
                return _entered(back)
            except StoreError as error:
                log.warning("login without a database", reason=str(error))
                sentence = "Nobody can log in while the database does not answer; try again later."
                return _page(back, sentence, 503)

    def _entered(back: str) -> flask.typing.ResponseReturnValue:
        given, place = flask.request.form, client(settings)
        name = unicodedata.normalize("NFC", given.get("name", "")[: LONGEST_NAME + 1])
        wait = tries.take(name, place)  # counted before the password is looked at
        if wait > 0:
            log.warning("login refused", place=place)
            return _wait(back, f"Too many wrong passwords; try again in {_duration(wait)}.", wait)
        user = users.check(name, given.get("password", ""))
        if user is None:
            # A name that is not known may be a password, typed into the wrong field.
            log.warning("login failed", user=name if users.get(name) else "unknown", place=place)
            return _page(back, "This name and password do not belong together.", 401)
        tries.forget(name, place)
        before = str(flask.session.get("number", ""))
        flask.session.clear()
        flask.session.permanent = True
        flask.session.update(user=user.name, mark=user.mark, number=sessions.begin(user.name))
        if before:  # the login that this browser had: nobody could log out of it any more
            sessions.end(before)
        log.info("login", user=user.name, place=place)
        return flask.redirect(back, 303)

    @server.post("/logout")
    @opens
    def _logout() -> flask.typing.ResponseReturnValue:
        number = str(flask.session.get("number", ""))
        flask.session.clear()
        if number and not sessions.end(number):
            return _page("/", "You are logged out here; the database does not answer, and copies of your "
                              "cookie end as soon as it does.", 503)  # fmt: skip
        return flask.redirect("/login", 303)


def _wait(back: str, notice: str, seconds: float) -> flask.Response:
    answer = _page(back, notice, 429)
    answer.headers["Retry-After"] = f"{math.ceil(seconds)}"
    return answer


def _duration(seconds: float) -> str:
    if seconds <= 90:
        return f"{math.ceil(seconds)} seconds"
    return f"{math.ceil(seconds / 60)} minutes"


def local_address(text: str) -> str:
    """The address to go back to, when it is one of ours; the first page otherwise."""
    parts = split(text)
    if parts is None or len(text) > LONGEST_BACK:
        return "/"
    own = text.startswith("/") and not parts.scheme and not parts.netloc and "\\" not in text
    plain = own and not text.startswith("//") and text.isprintable() and not text.startswith("/log")
    return text if plain else "/"


def _page(back: str, notice: str, status: int) -> flask.Response:
    said = Markup('<p class="banner problem" role="alert">{}</p>').format(notice) if notice else ""
    # The theme that the pages keep beside their width.
    theme = "light" if flask.request.cookies.get("view", "").endswith("-light") else "dark"
    text = _PAGE.format(
        theme=theme, css=assets.address("app.css"), notice=said, back=escape(local_address(back))
    )
    return flask.Response(text, status, mimetype="text/html", headers={"Cache-Control": "no-store"})
