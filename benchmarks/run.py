"""Runs every benchmark of this folder and prints one table: what was measured, and what it should reach.

python benchmarks/run.py [NAME …]      NAME as in bench_NAME.py; all without one
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = re.compile(r"(<=|>=) ([0-9.]+)(.*)")


def main(names: list[str]) -> int:
    """Print the table; return 0, as a noisy machine is no defect."""
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    unknown = set(names) - set(known)
    if unknown:
        print(
            f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}",
            file=sys.stderr,
        )
        return 2
    print(f"{'measured':>12}  {'target':<14} {'':<7} what")
    for name in names or known:
        for what, value, target in importlib.import_module(f"bench_{name}").rows():
            match = TARGET.fullmatch(target)
            assert match is not None, target
            bound, unit = float(match[2]), match[3]
            met = value <= bound if match[1] == "<=" else value >= bound
            print(f"{f'{value:.2f}{unit}':>12}  {target:<14} {'' if met else 'MISSED':<7} {what}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
