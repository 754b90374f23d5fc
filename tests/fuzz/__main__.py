"""`python -m tests.fuzz TARGET`: fuzz one target by hand, and keep what went wrong."""

from __future__ import annotations

import argparse
import sys
from hashlib import sha256
from pathlib import Path

from tests.fuzz.harness import run

TARGETS = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if "\nTARGET = " in path.read_text(encoding="utf-8")
)


def main() -> int:
    """Exit status 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the cases with which something went wrong")
    asked = parser.parse_args()

    def tell(fault: str, case: bytes) -> None:
        name = sha256(case).hexdigest()[:12]
        print(f"--- {name} ({len(case)} bytes)\n{fault}", flush=True)
        if asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            (asked.keep / name).write_bytes(case)

    report = run(asked.target, asked.seed, seconds=asked.seconds, tell=tell)
    print(f"{asked.target}: {report.cases} cases, {len(report.faults)} faults")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
