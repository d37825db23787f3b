"""``python -m tests.soak [names…] [--share 0.1] [--json FILE]``: the cases of this folder, all or by name."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from tests.soak.harness import Case, Size, run

_NOT_CASES = {"__init__", "__main__", "harness"}


def collect(words: list[str]) -> list[Case]:
    """Every case whose module or name holds one of the words, in file order; without words, all."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in _NOT_CASES and not path.stem.startswith("test_"):
            module = importlib.import_module(f"tests.soak.{path.stem}")
            for case in getattr(module, "CASES", ()):
                if not words or any(word.lower() in f"{path.stem} {case.name}".lower() for word in words):
                    found.append(case)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of case or file names")
    parser.add_argument("--share", type=float, default=1.0, help="how much of the full proofs, 1 by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    options = parser.parse_args()
    cases = collect(options.names)
    if not cases:
        print(f"No case is called {' or '.join(options.names) or 'anything yet'}.", file=sys.stderr)
        return 2
    lines = run(cases, Size(options.share), json_file=options.json)
    return 0 if all(line.ok for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
