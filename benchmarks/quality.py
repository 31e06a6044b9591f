"""Measure how good the answers are: `python -m benchmarks.quality [NAME ...]`.

Every `quality_NAME.py` beside this file has a `table()`; all of them together are
`docs/quality.md`, in which a run of some replaces just those.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from pathlib import Path

import benchmarks

PAGE = Path(__file__).parents[1] / "docs" / "quality.md"
_PREFIX = "quality_"
_HEAD = """# How good the answers are

Written by `make quality`, which runs the engines as they are committed.
`make quality ARGS="text"` measures one section again.
"""


def names() -> list[str]:
    """Return the measurements there are."""
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name.removeprefix(_PREFIX) for name in found if name.startswith(_PREFIX))


def section(name: str) -> str:
    """Return a measurement with its heading, taken from the module's docstring."""
    module = importlib.import_module(f"benchmarks.{_PREFIX}{name}")
    title, _, about = (module.__doc__ or name).strip().partition("\n")
    return f"## {title.rstrip('.')}\n\n{about.strip()}\n\n{module.table()}\n".replace(
        "\n\n\n\n", "\n\n"
    )


def sections(page: str) -> dict[str, str]:
    """Return the sections of the page by their heading's line."""
    parts = re.split(r"^(?=## )", page, flags=re.M)[1:]
    return {part.partition("\n")[0]: part.rstrip() + "\n" for part in parts}


def main() -> int:
    """Run the measurements asked for and write the page."""
    wanted = sys.argv[1:] or names()
    if unknown := set(wanted) - set(names()):
        print(f"no such measurement: {', '.join(unknown)}; there are {', '.join(names())}")
        return 2
    kept = sections(PAGE.read_text()) if PAGE.exists() and sys.argv[1:] else {}
    for number, name in enumerate(wanted, start=1):
        print(f"[{number}/{len(wanted)}] {name} ...", file=sys.stderr, flush=True)
        written = section(name)
        print(written, flush=True)
        kept[written.partition("\n")[0]] = written
    PAGE.write_text("\n".join([_HEAD, *(kept[title] for title in sorted(kept))]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
