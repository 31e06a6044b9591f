"""Model cards: what can be pulled, from where, under which licence, and the hashes it must have.

One TOML file per model in `models/cards/`, named after its card:

    name = "yolox-nano"
    summary = "Objects of 80 everyday kinds"
    task = "ObjectDetector"             # a Protocol of models/tasks.py
    repo = "Megvii-BaseDetection/YOLOX"
    revision = "0.1.1rc0"
    licence = "Apache-2.0"              # SPDX
    limits = "What it cannot do, in words."
    profile = "cpu"                     # or "gpu": worth its time on a GPU only
    languages = ["*"]
    engine = "token_classification"     # only where an engine runs any model of its kind

    [[files]]
    path = "yolox_nano.onnx"
    size = 3660092
    sha256 = "695e..."
    url = "https://..."                 # only where it is not the hub's own file

A file without `sha256` cannot be pulled unless the user asks for it explicitly, and no card of this
project is without. Cards of the user's own models lie in the state folder's `cards/`; these may
leave out `repo` and `revision`, and then there is nowhere to pull from but the files' own URLs.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from sensorium.models.errors import FailedPrecondition, InvalidArgument

SHIPPED = Path(__file__).parent.parent / "cards"

_SAFE = (".safetensors", ".onnx", ".gguf", ".json", ".txt", ".spm", ".model")
_PICKLES = (".pt", ".pth", ".bin")
_PIPELINE = (".cfg", "")  # the files of spaCy: configuration, and msgpack without a suffix
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}")


def _safe_path(text: str) -> str:
    parts = text.split("/")
    if not all(_PART.fullmatch(part) for part in parts) or len(parts) > 8:
        raise ValueError("must be a relative path of plain names, without .. or hidden files")
    if PurePosixPath(text).suffix not in _SAFE + _PICKLES + _PIPELINE:
        raise ValueError(f"must end in one of {', '.join(_SAFE + _PICKLES)}")
    return text


def _safe_url(text: str) -> str:
    parts = urlsplit(text)
    loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        raise ValueError("must begin with https://")
    return text


_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Repo = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$")]
_Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
_Text = Annotated[str, Field(min_length=1, max_length=2000)]


class File(BaseModel):
    """One file of a model: where it lies in its folder, its size in bytes and its hash."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: Annotated[str, AfterValidator(_safe_path)]
    size: Annotated[int, Field(gt=0)]
    sha256: _Sha256 | None = None
    url: Annotated[str, AfterValidator(_safe_url)] | None = None

    @model_validator(mode="after")
    def _pickles_are_pinned(self) -> File:
        if self.sha256 is None and self.path.endswith(_PICKLES):
            raise ValueError("a pickle runs code when it is opened, so it needs a sha256")
        if self.sha256 is None and PurePosixPath(self.path).suffix in _PIPELINE:
            raise ValueError("its name does not tell what it is, so it needs a sha256")
        return self


class Card(BaseModel):
    """What is known of a model before it is pulled."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: _Name
    summary: _Text
    task: _Word
    repo: _Repo | None = None
    revision: _Word | None = None
    licence: _Text
    limits: _Text
    profile: Literal["cpu", "gpu"] = "cpu"
    languages: tuple[str, ...] = Field(("*",), strict=False)
    engine: _Word | None = None
    files: tuple[File, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _revision_goes_with_repo(self) -> Card:
        if (self.repo is None) != (self.revision is None):
            raise ValueError("repo and revision go together")
        return self

    @model_validator(mode="after")
    def _paths_are_distinct(self) -> Card:
        paths = [file.path.lower() for file in self.files]
        if len(set(paths)) < len(paths):
            raise ValueError("two files have the same path")
        if any(a != b and b.startswith(f"{a}/") for a in paths for b in paths):
            raise ValueError("a file's path is another file's folder")
        return self

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def folder(self) -> str:
        """Return the name of the folder for exactly these files: other hashes, other folder."""
        content = "\n".join(f"{file.path} {file.sha256} {file.size}" for file in self.files)
        seed = f"{self.repo} {self.revision}\n{content}"
        return f"{self.name}-{hashlib.sha256(seed.encode()).hexdigest()[:12]}"

    def url(self, file: File, hub: str) -> str:
        """Return where a file is: its own URL, or its place on a hub.

        Raises FailedPrecondition when the card names neither.
        """
        if file.url:
            return file.url
        if self.repo is None:
            raise FailedPrecondition(
                f"The card {self.name!r} does not say where {file.path} comes from.",
                hint="`sensorium import DIR` takes its files from a folder.",
            )
        return f"{hub.rstrip('/')}/{self.repo}/resolve/{self.revision}/{quote(file.path)}"


def load(path: Path) -> Card:
    """Read a card; InvalidArgument names the file and the key that is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidArgument(f"{path}: {error.strerror}.") from error
    except ValueError as error:
        raise InvalidArgument(f"{path} is not TOML: {error}.") from error
    try:
        card = Card.model_validate(content)
    except ValidationError as error:
        raise InvalidArgument(f"{path}: {reason(error)}.") from error
    if card.name != path.stem:
        raise InvalidArgument(f"{path}: name: must be {path.stem!r}, as the file is called.")
    return card


def cards(*folders: Path) -> dict[str, Card]:
    """Return the cards of the folders by name, this project's own if none is given.

    A later folder's card replaces an earlier one's of the same name.
    """
    found = (path for folder in folders or (SHIPPED,) for path in sorted(folder.glob("*.toml")))
    return {card.name: card for card in map(load, found)}


def reason(error: ValidationError) -> str:
    """Return the keys of a card that are wrong, and why, in one line."""
    reasons = []
    for one in error.errors(include_url=False, include_input=False):
        key = "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in one["loc"])
        reasons.append(f"{key.lstrip('.') or 'card'}: {one['msg'].removeprefix('Value error, ')}")
    return "; ".join(reasons)
