"""``python -m tests.bench [names…] [--json FILE]``: the cases of this folder, all or by name."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from tests.bench.harness import Case, run

_NOT_CASES = {"__init__", "__main__", "harness"}


def collect(words: list[str]) -> list[Case]:
    """Every case whose module or name holds one of the words, in file order; without words, all."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in _NOT_CASES:
            module = importlib.import_module(f"tests.bench.{path.stem}")
            for case in getattr(module, "CASES", ()):
                if not words or any(word.lower() in f"{path.stem} {case.name}".lower() for word in words):
                    found.append(case)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of case or file names")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    options = parser.parse_args()
    cases = collect(options.names)
    if not cases:
        print(f"No case is called {' or '.join(options.names) or 'anything yet'}.", file=sys.stderr)
        return 2
    return 0 if all(result.reached for result in run(cases, json_file=options.json)) else 1


if __name__ == "__main__":
    sys.exit(main())
