"""What people see: the dashboard, the command line and its settings."""

from __future__ import annotations

__version__ = "0.1.0"
