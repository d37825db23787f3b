"""What each command does, apart from how it is typed; imported when the command runs."""

from __future__ import annotations
