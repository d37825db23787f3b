"""Logging of the long-running commands: one line an event, to standard error, no password in it."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from models.store.address import masked


def configure(level: str) -> None:
    """Send every logger, the standard library's and other packages' too, through one formatter.

    A terminal gets readable lines, anything else JSON, instants in UTC.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        _hide_passwords,
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


def _hide_passwords(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Mask what looks like the password of an address in any text of the event."""
    return {
        key: masked(value) if isinstance(value, str) and "://" in value else value
        for key, value in event.items()
    }
