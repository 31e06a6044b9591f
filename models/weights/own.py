"""Cards of the user's own models: written from the files of a folder, hashes included."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from sensorium.models.errors import AlreadyExists, InvalidArgument
from sensorium.models.registry import BY_CARD, EngineSpec
from sensorium.models.weights import download
from sensorium.models.weights.cards import Card, File, reason

_LARGE_PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".h5", ".msgpack", ".ot")
_TABLES = "lookups.bin"  # of spaCy, which are msgpack
_CTRANSLATE2 = "model.bin"  # begins with a version (u32), a length (u16), and `...Spec`


@dataclass(frozen=True, slots=True)
class Stated:
    """What only a person can say of a model."""

    summary: str
    licence: str
    limits: str
    languages: tuple[str, ...]
    repo: str | None = None
    revision: str | None = None


def describe(name: str, folder: Path, spec: EngineSpec, stated: Stated) -> tuple[Card, list[str]]:
    """Return a card for the model in `folder`, and the files that it leaves out.

    Pickles and hidden files are left out, and what no model file is called. Raises InvalidArgument
    when the folder holds nothing else, or a fact is not as cards have it.
    """
    if not folder.is_dir():
        raise InvalidArgument(f"{folder} is not a folder.", field="folder")
    if spec.card != BY_CARD:
        raise InvalidArgument(f"Engine {spec.name!r} does not run models of your own.")
    files, left = [], []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        inside = path.relative_to(folder).as_posix()
        if not _pickled(path) and (file := _file(path, inside)):
            files.append(file)
        else:
            left.append(inside)
    try:
        card = Card(
            name=name,
            summary=stated.summary,
            task=spec.task.__name__,
            repo=stated.repo,
            revision=stated.revision,
            licence=stated.licence,
            limits=stated.limits,
            languages=stated.languages,
            engine=spec.name,
            files=tuple(files),
        )
    except ValidationError as error:
        raise InvalidArgument(f"{folder}: {reason(error)}.") from error
    return card, left


def _pickled(path: Path) -> bool:
    """Tell whether opening a file would run code in it."""
    if path.name == _CTRANSLATE2:
        with path.open("rb") as file:
            head = file.read(64)
        length = int.from_bytes(head[4:6], "little")
        return not head[6 : 6 + length].rstrip(b"\0").endswith(b"Spec")
    return path.suffix in _LARGE_PICKLES and path.name != _TABLES


def write(card: Card, folder: Path) -> Path:
    """Write a card to `folder/NAME.toml` and return its path; AlreadyExists if there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{card.name}.toml"
    facts = card.model_dump(exclude_none=True, exclude={"files"})
    lines = [f"{key} = {_toml(value)}" for key, value in facts.items()]
    for file in card.files:
        lines += ["", "[[files]]"]
        lines += [f"{k} = {_toml(v)}" for k, v in file.model_dump(exclude_none=True).items()]
    try:
        with path.open("x", encoding="utf-8") as target:
            target.write("\n".join(lines) + "\n")
    except FileExistsError:
        raise AlreadyExists(f"{path} exists.", hint="Delete it or choose another name.") from None
    return path


def _file(path: Path, inside: str) -> File | None:
    """Return a file as cards have it; None for an empty one and for what a model does not need."""
    try:
        return File(path=inside, size=path.stat().st_size, sha256=download.sha256(path))
    except ValidationError:
        return None


def _toml(value: str | int | Sequence[str]) -> str:
    """Return a value as TOML, whose strings, numbers and arrays are those of JSON but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
