"""`sensorium pull` and `sensorium import`: weights, with progress that people can watch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sensorium.gateway.settings import Settings
from sensorium.models.errors import InvalidArgument
from sensorium.models.weights import Progress, Weights
from sensorium.ui import terminal


def pull_cards(
    settings: Settings, name: str | None, task: str | None, profile: str | None, unpinned: bool
) -> None:
    """Pull a card by name, or all of a task or profile."""
    if not (name or task or profile):
        raise InvalidArgument("say what to pull: a NAME, --task or --profile.")
    weights = Weights(settings.weights)
    for card in weights.select([name] if name else [], task, profile):
        print(f"{card.name}: {card.summary} ({card.size / 1e6:,.1f} MB, {card.licence})")
        with bars() as progress:
            folder = weights.pull(card, hub=settings.hub, progress=progress, unpinned=unpinned)
        print(f"{card.name}: verified, in {folder}")


def import_folder(settings: Settings, folder: Path) -> None:
    """Take weights from a folder and tell what became of each card it has files of."""
    with bars() as progress:
        found = Weights(settings.weights).import_folder(folder, progress)
    listing = terminal.table("model", "result", "detail")
    for one in found:
        listing.add_row(one.card, one.state, one.detail)
    terminal.show(listing)
    if not any(one.state in ("imported", "present") for one in found):
        raise InvalidArgument(f"{folder} holds no complete model that a card knows.")


@contextmanager
def bars() -> Iterator[Progress]:
    """Yield a progress callback that draws one bar a file on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(file=sys.stderr)) as drawn:
        rows = {}

        def show(card: str, file: str, done: int, total: int) -> None:
            key = (card, file)
            if key not in rows:
                rows[key] = drawn.add_task(f"{card} {file}", total=total)
            drawn.update(rows[key], completed=done)

        yield show
