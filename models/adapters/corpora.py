"""The public data that the adapters learn from, and the parts of it that they never see.

The folder holds `entities/` (WNUT17, Broad Twitter Corpus, SEC filings; Universal NER English-EWT
for evaluation only, for its licence is share-alike) and `sentiment/` (UCI Sentiment Labelled
Sentences).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sensorium.models.errors import InvalidArgument

_KINDS = {
    "PER": "PERSON",
    "LOC": "LOCATION",
    "ORG": "ORGANIZATION",
    "MISC": "OTHER",
    "person": "PERSON",
    "location": "LOCATION",
    "corporation": "ORGANIZATION",
    "group": "ORGANIZATION",
    "creative-work": "WORK_OF_ART",
    "product": "CONSUMER_GOOD",
}
NAMES = frozenset({"PERSON", "LOCATION", "ORGANIZATION"})
WNUT = NAMES | {"WORK_OF_ART", "CONSUMER_GOOD"}
_TRAIN = ("wnut17-train.conll", "btc-a.conll", "btc-b.conll", "btc-e.conll", "btc-f.conll")
_HELD_BACK = 0.2


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text, its mentions as (start, end, kind), and the kinds its annotators looked for."""

    text: str
    mentions: tuple[tuple[int, int, str], ...]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Felt:
    """A text and how it feels: the shares of negative, neutral and positive."""

    text: str
    shares: tuple[float, float, float]


def entities(folder: Path, split: str) -> dict[str, list[Tagged]]:
    """Return the tagged sentences of a split (train, dev, test) by source."""
    root = _root(folder, "entities")
    wnut = {"train": "wnut17-train.conll", "dev": "wnut17-dev.conll"}
    filings, tweets = _filings(root), _conll(root / "btc-h.conll", NAMES)
    half = len(tweets) // 2
    if split == "train":
        btc = [one for part in "abefg" for one in _conll(root / f"btc-{part}.conll", NAMES)]
        return {
            "wnut17": _conll(root / wnut["train"], WNUT),
            "btc": btc + tweets[:half],
            "sec": filings[0],
        }
    if split == "dev":
        return {
            "uner": _conll(root / "uner-ewt-dev.iob2", NAMES),
            "wnut17": _conll(root / wnut["dev"], WNUT),
            "btc": tweets[half:],
            "sec": filings[1],
        }
    return {"uner": _conll(root / "uner-ewt-test.iob2", NAMES)}


def reviews(folder: Path, seed: int = 0) -> tuple[list[Felt], list[Felt]]:
    """Return the review sentences: those to learn from, and a fifth that is held back."""
    root = _root(folder, "sentiment")
    found = []
    for path in sorted(root.glob("*_labelled.txt")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            text, _, label = line.rpartition("\t")
            if label.strip() in ("0", "1"):
                shares = (0.0, 0.0, 1.0) if label.strip() == "1" else (1.0, 0.0, 0.0)
                found.append(Felt(text.strip(), shares))
    random.Random(seed).shuffle(found)
    held = int(len(found) * _HELD_BACK)
    return found[held:], found[:held]


def _root(folder: Path, name: str) -> Path:
    root = folder / name
    if not root.is_dir():
        raise InvalidArgument(
            f"{folder} holds no folder {name!r}.",
            hint="--data names the folder with entities/ and sentiment/ (see the card).",
        )
    return root


def _filings(root: Path) -> tuple[list[Tagged], list[Tagged]]:
    """Return the filings' sentences: the first four fifths of each, and the rest."""
    train: list[Tagged] = []
    dev: list[Tagged] = []
    text = (root / "sec-filings-fin5.conll").read_text(encoding="utf-8")
    for document in text.split("-DOCSTART- -X- O O")[1:]:
        found = [_tagged(rows, NAMES) for rows in _sentences(document)]
        cut = int(len(found) * (1 - _HELD_BACK))
        train += found[:cut]
        dev += found[cut:]
    return train, dev


def _conll(path: Path, kinds: frozenset[str]) -> list[Tagged]:
    if not path.is_file():
        raise InvalidArgument(f"{path.parent} holds no file {path.name!r}.")
    return [_tagged(rows, kinds) for rows in _sentences(path.read_text(encoding="utf-8"))]


def _sentences(text: str) -> Iterator[list[tuple[str, str]]]:
    """Yield sentences as (word, tag); words of CoNLL come first or behind their number."""
    rows: list[tuple[str, str]] = []
    for line in [*text.split("\n"), ""]:
        if line.startswith("# ") and "=" in line:
            continue
        parts = line.split("\t") if "\t" in line else line.split(" ")
        if not line.strip():
            if rows:
                yield rows
            rows = []
        elif len(parts) >= 5 and parts[0].isdigit():
            rows.append((parts[1], parts[2]))
        elif len(parts) >= 2:
            rows.append((parts[0], parts[-1].strip()))


def _tagged(rows: list[tuple[str, str]], kinds: frozenset[str]) -> Tagged:
    """Return a sentence with its handles in one piece; a handle names nobody here.

    The Broad Twitter Corpus tags `@name` as a person or organization and cuts it in two, WNUT17
    leaves it whole and untagged: the second is followed.
    """
    text = ""
    mentions: list[tuple[int, int, str]] = []
    glue, inside = False, None
    for word, tag in rows:
        handle = word.startswith("@") or glue
        start = len(text) if glue or not text else len(text) + 1
        text += ("" if glue or not text else " ") + word
        glue = word == "@"
        kind = None if handle else _KINDS.get(tag[2:])
        if kind is None or kind not in kinds:
            inside = None
            continue
        if inside == kind and tag.startswith("I-"):
            mentions[-1] = (mentions[-1][0], len(text), kind)
        else:
            mentions.append((start, len(text), kind))
        inside = kind
    return Tagged(text, tuple(mentions), kinds)
