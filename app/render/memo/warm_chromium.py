"""The browser that the server keeps for pictures that are asked for by address, while anybody asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.render.memo.chromium import Renderer, find_chromium
from models.errors import AftershockError

IDLE = 300.0
PATIENCE = 5.0


class BusyError(AftershockError, RuntimeError):
    """Others are waiting for pictures already."""

    def __init__(self) -> None:
        super().__init__("Other pictures are being drawn; ask again in a few seconds, or use the PNG button.")


class Keeper:
    """One renderer for a whole server: started by the first question, ended when none has come for a while.

    A question waits a few seconds for those before it and is then refused, so that pictures never hold all
    threads that answer pages.
    """

    def __init__(self, named: Path | None, *, idle: float = IDLE, patience: float = PATIENCE) -> None:
        self._named = named
        self._idle = idle
        self._patience = patience
        self._one = threading.Lock()
        self._renderer: Renderer | None = None
        self._rest: threading.Timer | None = None

    @property
    def running(self) -> bool:
        """Whether its browser is up."""
        return self._renderer is not None

    def draw(self, form: str, make: Callable[[], dict[str, Any]]) -> bytes:
        """A memo figure as ``png`` or ``pdf``.

        Raises
        ------
        NoChromiumError, BusyError, DrawingError
            If there is no browser, others wait for it, or it fails twice.
        """
        path = find_chromium(self._named)
        memo = make()
        if not self._one.acquire(timeout=self._patience):
            raise BusyError
        try:
            if self._rest is not None:
                self._rest.cancel()
            self._renderer = self._renderer or Renderer(path)
            return self._renderer.pdf(memo) if form == "pdf" else self._renderer.png(memo)
        finally:
            self._rest = threading.Timer(self._idle, self.close)
            self._rest.daemon = True
            self._rest.start()
            self._one.release()

    def close(self) -> None:
        """End the browser; the next question starts one."""
        with self._one:
            renderer, self._renderer = self._renderer, None
            if self._rest is not None:
                self._rest.cancel()
            if renderer is not None:
                renderer.close()
