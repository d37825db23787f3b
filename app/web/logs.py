"""Logging of the long-running commands: one line an event, to standard error, no password in it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from models.store.address import masked_in

_NAMED = ("password", "secret", "token", "cookie", "authorization", "key")


def configure(level: str, secrets: Sequence[str] = ()) -> None:
    """Send every logger, the standard library's and other packages' too, through one formatter.

    A terminal gets readable lines, anything else JSON, instants in UTC. The ``secrets`` are taken out of
    every text, whoever wrote it there.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        _hidden(tuple(secrets)),
    ]
    tty = sys.stderr.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if tty else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _hidden(secrets: tuple[str, ...]) -> Callable[[Any, str, dict[str, Any]], dict[str, Any]]:
    """What takes secrets out of an event: the known ones, those named so, and passwords of addresses."""

    def clean(value: str) -> str:
        for secret in secrets:
            value = value.replace(secret, "***")
        return masked_in(value) if "://" in value else value

    def hide(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        return {
            key: "***" if key.lower().endswith(_NAMED) else clean(value) if isinstance(value, str) else value
            for key, value in event.items()
        }

    return hide
