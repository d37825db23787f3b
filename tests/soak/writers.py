"""Eight processes that read, add one and write, a thousand times each, on one SQLite file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from models.store import Store, dataset_version
from tests.soak.harness import Case, Reached, Size

ROOT = Path(__file__).parents[2]
WRITERS = 8
WRITER = """
import sys
import sqlalchemy as sa
from models.errors import StoreBusyError
from models.store import Store
from models.store.schema import dataset
refused = 0
with Store.open(sys.argv[1]) as store:
    for _ in range(int(sys.argv[2])):
        while True:
            try:
                with store.writing() as connection:
                    found = connection.scalar(sa.select(dataset.c.version))
                    connection.execute(sa.update(dataset).values(version=found + 1))
                break
            except StoreBusyError:
                refused += 1
print(refused)
"""


def read_modify_write(size: Size) -> Reached:
    """Count what eight writers added."""
    times = size.of(1_000, least=20)
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/store.db"
        with Store.open(url) as store:
            before = dataset_version(store)
            command = [sys.executable, "-W", "ignore", "-c", WRITER, url, str(times)]
            children = [
                subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(WRITERS)
            ]
            refused = sum(int(child.communicate()[0]) for child in children)
            added = dataset_version(store) - before
    wanted = WRITERS * times
    text = f"{added:,} of {wanted:,} kept, {wanted - added} lost, {refused} refused as locked"
    return Reached(added == wanted and not refused, text)


CASES = [Case("8 writers × 1,000, SQLite", "0 of 8,000 read-modify-writes lost, 0 locked", read_modify_write)]
