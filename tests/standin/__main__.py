"""Run the stand-in by hand: ``python -m tests.standin --prices FOLDER``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.standin.company import Statements
from tests.standin.faults import ROWS as ROW_MODES
from tests.standin.faults import TRANSPORT, read_faults
from tests.standin.prices import Folder, Simulated, StandInError
from tests.standin.server import StandIn
from tests.standin.venues import parse_instant


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        standin = _build(options)
    except StandInError as error:
        print(error, file=sys.stderr)
        return 2
    count = sum(1 for _ in standin.prices)
    clock = f"{standin.clock.now():%Y-%m-%d %H:%M} UTC"
    print(f"The stand-in serves {count} symbols on {standin.url}, clock {clock}.")
    print(f"In another terminal: AFTERSHOCK_YAHOO_URL={standin.url} aftershock ingest once", flush=True)
    try:
        standin.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


def _build(options: argparse.Namespace) -> StandIn:
    prices: Folder | Simulated
    if options.prices is not None:
        prices = Folder(options.prices)
    else:
        prices = Simulated(f"SIM{n:03d}" for n in range(options.simulated))
    prices.check()
    try:
        now = parse_instant(options.now) if options.now else None
    except ValueError:
        raise StandInError(f"{options.now!r} is no instant; write one such as 2026-07-31T22:00Z.") from None
    if options.statements is not None and not options.statements.is_file():
        raise StandInError(f"There is no file {options.statements}; name a CSV of quarterly statements.")
    return StandIn(
        prices,
        now=now,
        faults=read_faults(options.faults) if options.faults else (),
        port=options.port,
        statements=Statements(options.statements),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.standin",
        description="A stand-in for Yahoo, from a folder of CSV files.",
        epilog=f"Fault modes: {', '.join([*TRANSPORT, *ROW_MODES])}.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--prices", type=Path, metavar="FOLDER", help="folder of SYMBOL.csv files")
    source.add_argument("--simulated", type=int, metavar="N", help="serve N simulated symbols instead")
    parser.add_argument("--port", type=int, default=8765, help="port on 127.0.0.1 (default 8765)")
    parser.add_argument("--now", metavar="INSTANT", help="stop the clock here, e.g. 2026-07-31T22:00Z")
    parser.add_argument(
        "--faults", type=Path, metavar="FILE", help="scenario file, TOML with [[fault]] tables"
    )
    parser.add_argument("--statements", type=Path, metavar="FILE", help="CSV of quarterly statements")
    return parser


if __name__ == "__main__":
    sys.exit(main())
