"""The two commands: ``save`` and ``compare``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

# Before anything reads a clock or a setting: the ground that the suite stands on.
os.environ["TZ"] = "America/Los_Angeles"
time.tzset()
PRICES = os.environ.get("AFTERSHOCK_REAL_PRICES")
for _name in [name for name in os.environ if name.upper().startswith("AFTERSHOCK_")]:
    del os.environ[_name]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the two; 1 when something differs, 2 when it cannot be done."""
    options = _parser().parse_args(arguments)
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.unchanged", description=__doc__)
    commands = parser.add_subparsers(required=True)
    save = commands.add_parser("save", help="write down everything the product says")
    save.add_argument("folder", type=Path)
    save.add_argument(
        "--prices", type=Path, help="a folder of real prices; AFTERSHOCK_REAL_PRICES names it too"
    )
    save.add_argument(
        "--share", type=float, default=1.0, help="the share of the states beyond the default ones"
    )
    save.add_argument(
        "--only", default="", metavar="WORD", help="only pages and commands with it in their name"
    )
    save.set_defaults(run=_save)
    compare = commands.add_parser("compare", help="print what differs between two folders")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    compare.add_argument(
        "--renamed", type=Path, help="a TOML file of meant changes: [pages] [charts] [labels]"
    )
    compare.set_defaults(run=_compare)
    return parser


def _save(options: argparse.Namespace) -> int:
    import structlog

    from tests.unchanged import commands, crawl, stores

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    prices = options.prices or (Path(PRICES) if PRICES else None)
    if prices is None:
        print(
            "No real prices: name their folder with --prices; simulated ones alone are saved.",
            file=sys.stderr,
        )
    if options.folder.exists() and not (options.folder / crawl.MARK).exists():
        print(f"{options.folder} holds something else; name another folder.", file=sys.stderr)
        return 2
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    (options.folder / crawl.MARK).write_text("saved by tests.unchanged\n", encoding="utf-8")
    began = time.monotonic()
    with TemporaryDirectory(prefix="unchanged-") as name:
        for situation in stores.situations(Path(name), prices):
            saved = crawl.save(situation, options.folder, options.share, options.only)
            ran = commands.save(situation, options.folder, options.share, options.only)
            seconds = f"{time.monotonic() - began:.0f} s ({time.process_time():.0f} s of one core)"
            print(f"{situation.name}: {saved} states of pages, {ran} commands, {seconds}", flush=True)
    return 0


def _compare(options: argparse.Namespace) -> int:
    from tests.unchanged import differences

    names = differences.Names.read(options.renamed) if options.renamed else differences.Names()
    return differences.report(options.before, options.after, names)


if __name__ == "__main__":
    sys.exit(main())
