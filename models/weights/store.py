"""Weights: pulled from a hub or imported from a folder, verified, and then visible all at once.

weights/
  yolox-nano-1f0c9a3b5d7e/     one model: name, and a digest of the hashes on its card
    yolox_nano.onnx
    .verified.json             the hashes found; without it the folder does not count
  .partial/                    what is being pulled; resumed by the next attempt
"""

from __future__ import annotations

import difflib
import fcntl
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import httpx

from sensorium.models.errors import FailedPrecondition, InvalidArgument, NotFound
from sensorium.models.weights import download
from sensorium.models.weights.cards import SHIPPED, Card, File, cards

HUB = "https://huggingface.co"
_MARKER = ".verified.json"


class Progress(Protocol):
    """Told how far a file is; `done` and `total` in bytes."""

    def __call__(self, card: str, file: str, done: int, total: int) -> None:
        """Show it."""
        ...


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a card on import.

    "imported" and "present" are good; "mismatch": a file of the right name has another hash;
    "incomplete": some files are missing. `detail` names the files.
    """

    card: str
    state: Literal["imported", "present", "mismatch", "incomplete"]
    detail: str = ""


def _silent(card: str, file: str, done: int, total: int) -> None:
    """Show nothing."""


class Weights:
    """The weights in `directory`, as the cards describe them."""

    def __init__(self, directory: Path, known: Mapping[str, Card] | None = None) -> None:
        self.directory = directory
        self.cards = cards() if known is None else known

    @classmethod
    def of(cls, state: Path) -> Weights:
        """Return the weights of a state folder: its `weights/`, and its own `cards/` beside ours.

        Raises InvalidArgument for a card that is wrong.
        """
        return cls(state / "weights", cards(SHIPPED, state / "cards"))

    def card(self, name: str) -> Card:
        """Return the card of this name; NotFound suggests the nearest one."""
        if name in self.cards:
            return self.cards[name]
        near = difflib.get_close_matches(name, self.cards, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join(sorted(self.cards)) or "none"
        raise NotFound(f"There is no model card {name!r}.{meant}", hint=f"Cards: {known}.")

    def select(
        self, names: Iterable[str] = (), task: str | None = None, profile: str | None = None
    ) -> list[Card]:
        """Return the named cards, or those of a task and a profile.

        The profile "gpu" takes the cards of "cpu" along. NotFound when nothing fits.
        """
        if named := [self.card(name) for name in names]:
            return named
        found = [
            card
            for card in self.cards.values()
            if task in (None, card.task) and (profile in (None, "gpu") or card.profile == profile)
        ]
        if not found:
            tasks = ", ".join(sorted({card.task for card in self.cards.values()}))
            raise NotFound(f"No model card fits task {task!r}, profile {profile!r}.", hint=tasks)
        return found

    def locate(self, card: str | Card) -> Path | None:
        """Return the folder of a card's verified files, or None while they are not there."""
        found = self.cards.get(card) if isinstance(card, str) else card
        if found is None:
            return None
        folder = self.directory / found.folder
        try:
            verified = json.loads((folder / _MARKER).read_bytes())
            whole = all(
                (folder / file.path).stat().st_size == file.size
                and verified[file.path] == (file.sha256 or verified[file.path])
                for file in found.files
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return folder if whole else None

    def pull(
        self,
        card: Card,
        *,
        hub: str = HUB,
        progress: Progress = _silent,
        token: str | None = None,
        unpinned: bool = False,
        http: httpx.Client | None = None,
    ) -> Path:
        """Download a card's files and return their folder, at once when they are there already.

        `unpinned` also takes files whose hash the card does not say; the hash found is kept.
        Raises what `download.fetch` raises, FailedPrecondition for an unpinned file or while
        another process pulls the same model, ResourceExhausted when the disk is too small.
        """
        if found := self.locate(card):
            return found
        loose = [file.path for file in card.files if file.sha256 is None]
        if loose and not unpinned:
            raise FailedPrecondition(
                f"The card {card.name!r} says no sha256 for {', '.join(loose)}.",
                hint="Pass --unpinned if you trust the hub to send the right bytes.",
            )
        with self._partial(card) as partial:
            if found := self.locate(card):  # another process was faster
                return found
            self._require_space(card, partial)
            with nullcontext(http) if http else download.client() as session:
                hashes = {
                    file.path: self._fetch(session, card, file, partial, progress, hub, token)
                    for file in card.files
                }
            return self._publish(card, partial, hashes)

    def import_folder(self, folder: Path, progress: Progress = _silent) -> list[Imported]:
        """Take over every model of which `folder` holds all files; tell about each card met.

        Files are found anywhere below the folder by size and hash, whatever they are called.
        Raises InvalidArgument when there is no such folder.
        """
        if not folder.is_dir():
            raise InvalidArgument(f"{folder} is not a folder.", field="folder")
        offered = _Offered(folder, self.cards.values())
        told = (self._import(card, offered, progress) for card in self.cards.values())
        return [one for one in told if one is not None]

    def remove(self, card: Card) -> bool:
        """Delete a card's files; tell whether there were any."""
        folder = self.directory / card.folder
        (folder / _MARKER).unlink(missing_ok=True)  # first: a half-deleted model must not count
        existed = folder.exists()
        shutil.rmtree(folder, ignore_errors=True)
        return existed

    def _fetch(
        self,
        http: httpx.Client,
        card: Card,
        file: File,
        partial: Path,
        show: Progress,
        hub: str,
        token: str | None,
    ) -> str:
        path = partial / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        # The hub's token is nobody else's business: not that of a card's own URL.
        secret = token if file.url is None else None
        wanted = download.Download(card.url(file, hub), file.size, file.sha256, secret)
        return download.fetch(
            http, wanted, path, lambda done: show(card.name, file.path, done, file.size)
        )

    def _import(self, card: Card, offered: _Offered, show: Progress) -> Imported | None:
        found = {file: source for file in card.files if (source := offered.find(file))}
        if not found and not offered.altered(card):
            return None
        missing = [file.path for file in card.files if file not in found]
        if missing:
            altered = offered.altered(card)
            state: Literal["mismatch", "incomplete"] = "mismatch" if altered else "incomplete"
            detail = f"another sha256: {', '.join(altered)}" if altered else ""
            return Imported(card.name, state, detail or f"missing: {', '.join(missing)}")
        if self.locate(card):
            return Imported(card.name, "present")
        with self._partial(card) as partial:
            self._require_space(card, partial)
            for file, source in found.items():
                target = partial / file.path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                if download.sha256(target) != file.sha256:
                    target.unlink()
                    return Imported(card.name, "mismatch", f"{file.path} changed while copied")
                show(card.name, file.path, file.size, file.size)
            self._publish(card, partial, {f.path: f.sha256 or "" for f in card.files})
        return Imported(card.name, "imported")

    @contextmanager
    def _partial(self, card: Card) -> Iterator[Path]:
        """Hold the only lock on a card's unfinished folder, and yield it."""
        root = self.directory / ".partial"
        partial = root / card.folder
        root.mkdir(parents=True, exist_ok=True)
        lock = os.open(root / f"{card.folder}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FailedPrecondition(
                    f"Another process is pulling {card.name!r} into {self.directory}.",
                    hint="Wait until it is done.",
                ) from None
            partial.mkdir(exist_ok=True)
            yield partial
        finally:
            os.close(lock)

    def _require_space(self, card: Card, partial: Path) -> None:
        held = sum(path.stat().st_size for path in partial.rglob("*") if path.is_file())
        free = shutil.disk_usage(self.directory).free
        download.require_space(self.directory, max(0, card.size - held), free)

    def _publish(self, card: Card, partial: Path, hashes: Mapping[str, str]) -> Path:
        """Make the verified files visible in one step."""
        wanted = {partial / file.path for file in card.files}
        for path in [path for path in partial.rglob("*") if path.is_file()]:
            if path not in wanted:
                path.unlink()
        marker = partial / _MARKER
        with marker.open("w", encoding="utf-8") as file:
            json.dump(dict(hashes), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        target = self.directory / card.folder
        if target.exists():  # damaged, or it would have been located
            shutil.rmtree(target)
        partial.rename(target)
        return target


class _Offered:
    """The files of a folder to import from, each hashed at most once."""

    def __init__(self, folder: Path, known: Iterable[Card]) -> None:
        wanted = [file for card in known for file in card.files]
        sizes = {file.size for file in wanted}
        names = Counter(Path(file.path).name for file in wanted)
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        self._by_hash = {
            download.sha256(path): path for path in paths if path.stat().st_size in sizes
        }
        good = {self._by_hash.get(file.sha256 or "") for file in wanted}
        # `config.json` is in every model: only a name that one card alone has can tell a card.
        self._altered = {path.name for path in paths if path not in good and names[path.name] == 1}

    def find(self, file: File) -> Path | None:
        """Return the file with these bytes."""
        return self._by_hash.get(file.sha256) if file.sha256 else None

    def altered(self, card: Card) -> list[str]:
        """Return the paths of the card for which a file of that name has other bytes."""
        lost = (file for file in card.files if self.find(file) is None)
        return [file.path for file in lost if Path(file.path).name in self._altered]
