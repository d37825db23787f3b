"""What people see: the dashboard, the command line and its settings."""

from __future__ import annotations

import os

# Before numpy loads. Our matrices are small: threads that wait for each other made the first answer of
# the Stress page three times slower on two cores, and took three times its work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
