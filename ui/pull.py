"""`sensorium pull` and `sensorium import`: weights, with progress that people can watch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sensorium.gateway.settings import Settings
from sensorium.models.errors import AlreadyExists, FailedPrecondition, InvalidArgument
from sensorium.models.registry import BY_CARD, discover, with_cards
from sensorium.models.weights import Progress, Weights, own
from sensorium.models.weights.own import Stated
from sensorium.ui import terminal


def pull_cards(
    settings: Settings, name: str | None, task: str | None, profile: str | None, unpinned: bool
) -> None:
    """Pull a card by name, or all of a task or profile."""
    if not (name or task or profile):
        raise InvalidArgument("say what to pull: a NAME, --task or --profile.")
    weights = Weights.of(settings.state)
    for card in weights.select([name] if name else [], task, profile):
        print(f"{card.name}: {card.summary} ({card.size / 1e6:,.1f} MB, {card.licence})")
        with bars() as progress:
            folder = weights.pull(card, hub=settings.hub, progress=progress, unpinned=unpinned)
        print(f"{card.name}: verified, in {folder}")


def import_folder(settings: Settings, folder: Path) -> None:
    """Take weights from a folder and tell what became of each card it has files of."""
    with bars() as progress:
        found = Weights.of(settings.state).import_folder(folder, progress)
    listing = terminal.table("model", "result", "detail")
    for one in found:
        listing.add_row(one.card, one.state, one.detail)
    terminal.show(listing)
    if not any(one.state in ("imported", "present") for one in found):
        raise InvalidArgument(f"{folder} holds no complete model that a card knows.")


def new_card(settings: Settings, name: str, folder: Path, engine: str, stated: Stated) -> None:
    """Write the card of the user's own model, once its engine can open it, and import its files."""
    known = discover(settings.plugins)
    spec = next((one for one in known if one.name == engine and one.card == BY_CARD), None)
    if spec is None:
        able = ", ".join(one.name for one in known if one.card == BY_CARD)
        raise InvalidArgument(f"engine must be one of {able}, not {engine!r}.", field="engine")
    weights = Weights.of(settings.state)
    if name in weights.cards:
        raise AlreadyExists(f"There is a model card {name!r} already.", field="name")
    card, left = own.describe(name, folder, spec, stated)
    with_cards(known, [*weights.cards.values(), card])
    if missing := replace(spec, card=name).missing():
        raise FailedPrecondition(f"Engine {engine!r} cannot try the model: {missing}.")
    spec.factory(weights=folder, device="cpu")
    print(f"{name}: written to {own.write(card, settings.state / 'cards')}")
    if left:
        print(f"{name}: left out {', '.join(left)}")
    import_folder(settings, folder)


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
