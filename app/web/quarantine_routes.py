"""What the form of a held row sends: released or confirmed, with a reason, and back to the row."""

from __future__ import annotations

import flask

from app.auth.doors import named, needs
from app.auth.refusals import Refusal
from app.market.market import Market
from app.questions.quarantine import HeldError, case_of, decide
from models.errors import EventRefusedError

LONGEST = 10_000
"""Bytes of a form; a reason and a name need a tenth."""


def register(server: flask.Flask, market: Market) -> None:
    """Add the route that settles held rows."""

    @server.post("/data/held/<int:number>")
    @needs("admin")
    def _settle(number: int) -> flask.Response:
        if (flask.request.content_length or 0) > LONGEST:
            raise Refusal(413, "The form is too long; shorten the reason.")
        sent = flask.request.form
        what = sent.get("do", "")
        if what not in ("release", "confirm"):
            raise Refusal(400, "Say what becomes of the row: release or confirm.")
        name = named() or sent.get("by", "")  # on one's own machine the name that was typed
        store = market.store()
        try:
            decide(store, number, what, by=name, why=sent.get("reason", ""), now=market.now())
        except (HeldError, EventRefusedError) as error:
            if case_of(store, number).state == "open":
                raise Refusal(422, str(error)) from None
            # Someone else was quicker: the row itself says who, and what.
        answer = flask.redirect(f"/data?held={number}#row", 303)
        assert isinstance(answer, flask.Response)
        return answer
