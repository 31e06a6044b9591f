"""Run the measurements: `python -m benchmarks [NAME...]`."""

from __future__ import annotations

import subprocess
import sys

MEASUREMENTS = (
    "gateway",
    "pool",
    "overload",
    "ocr",
    "text",
    "vision",
    "documents",
    "speech",
    "whispers",
    "translation",
)


def main() -> int:
    """Run each measurement in a process of its own and return how many failed."""
    wanted = sys.argv[1:] or MEASUREMENTS
    unknown = set(wanted) - set(MEASUREMENTS)
    if unknown:
        print(f"no such measurement: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}")
        return 2
    failed = 0
    for name in wanted:
        print(f"\n== {name} ==", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode != 0
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
