"""GLiNER: entities of any kind that can be named, with a model of the user's own.

The package holds transformers below 5.17 (extra `gliner`). It opens configurations with
`trust_remote_code`, so a folder that names code is refused before it sees it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sensorium.models.engines._transformers import readable
from sensorium.models.errors import FailedPrecondition
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import EntityKind, Mention, OpenEntityRecognizer

_BATCH = 8
_WINDOW = 200  # words; the models were trained on paragraphs
_SHORTEST = 8
_OVERLAP = 24  # at most; a mention has at most 12 words in published models
_THRESHOLD = 0.5  # GLiNER's own
_KINDS: Mapping[str, EntityKind] = {
    "person": "PERSON",
    "location": "LOCATION",
    "organization": "ORGANIZATION",
    "event": "EVENT",
    "work of art": "WORK_OF_ART",
    "product": "CONSUMER_GOOD",
}
_NEEDED = ("gliner_config.json", "model.safetensors", "tokenizer_config.json")
# Variants that answer something else, or bring a second network from elsewhere.
_VARIANTS = ("labels_encoder", "labels_decoder", "relations_layer")


@engine(
    "gliner",
    task=OpenEntityRecognizer,
    requires=("gliner",),
    card=BY_CARD,
    batch=_BATCH,
    memory="1GB",
    rank=25,
)
class GLiNER:
    """Find entities of kinds that are named in words, with a GLiNER model (safetensors).

    A name of a kind is read as language: "medication" finds more than "drug_name_2".
    """

    def __init__(self, weights: Path, device: str) -> None:
        _check(weights)
        import gliner

        try:
            self._model: Any = gliner.GLiNER.from_pretrained(
                str(weights), local_files_only=True, map_location=device, strict=True
            )
        except (OSError, ValueError, KeyError, TypeError, ImportError, RuntimeError) as error:
            raise FailedPrecondition(f"{weights.name} cannot be opened: {error}") from error
        self._window = max(_SHORTEST, min(_WINDOW, self._model.config.max_len))

    def entities(self, texts: Sequence[str], language: str) -> list[list[Mention]]:
        """Return the mentions of the usual kinds in each text, in order, not overlapping."""
        return self._find(texts, tuple(_KINDS))

    def entities_of(
        self, texts: Sequence[str], labels: Sequence[str], language: str
    ) -> list[list[Mention]]:
        """Return the mentions of these kinds in each text, in order, not overlapping."""
        return self._find(texts, labels, own=True)

    def _find(
        self, texts: Sequence[str], labels: Sequence[str], *, own: bool = False
    ) -> list[list[Mention]]:
        """Return the mentions of each text; long ones are read in windows that overlap."""
        windows = [
            (place, *window)
            for place, text in enumerate(texts)
            for window in self._windows(readable(text))
        ]
        found: list[list[Mention]] = [[] for _ in texts]
        if not windows or not labels:
            return found
        read = self._model.inference(
            [window[1] for window in windows],
            list(labels),
            threshold=_THRESHOLD,
            flat_ner=True,
            batch_size=_BATCH,
        )
        for (place, _, start, first, last), entities in zip(windows, read, strict=True):
            for one in sorted(entities, key=lambda entity: entity["start"]):
                if first <= start + one["start"] < last:
                    _add(found[place], texts[place], start, one, own)
        return found

    def _windows(self, text: str) -> Iterator[tuple[str, int, int, int]]:
        """Yield windows: the text, where it starts, and from where to where its mentions begin."""
        words = [(start, end) for _, start, end in self._model.data_processor.words_splitter(text)]
        overlap = min(_OVERLAP, self._window // 4)
        step = self._window - overlap
        for number in range(0, max(1, len(words) - overlap), step) if words else ():
            part = words[number : number + self._window]
            start, end = part[0][0], part[-1][1]
            # in what two windows share, mentions are those of the one that sees more of them
            first = words[number + overlap // 2][0] if number else start
            more = number + self._window < len(words)
            last = words[number + step + overlap // 2][0] if more else end
            yield text[start:end], start, first, last


def _check(folder: Path) -> None:
    """Refuse a folder that holds less than a whole model, or names code.

    GLiNER would look for the rest elsewhere. Raises FailedPrecondition.
    """
    if missing := [name for name in _NEEDED if not (folder / name).is_file()]:
        raise FailedPrecondition(
            f"{folder.name} lacks {', '.join(missing)}.",
            hint="Save the model again with `save_pretrained(..., safe_serialization=True)`.",
        )
    read = {}
    for path in sorted(folder.rglob("*.json")):
        try:
            read[path.name] = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise FailedPrecondition(f"{path.name} is not JSON: {error}") from error
        if _names_code(read[path.name]):
            raise FailedPrecondition(f"{path.name} names code (auto_map), which is never run.")
    config = read["gliner_config.json"]
    known = isinstance(config, dict) and isinstance(config.get("encoder_config"), dict)
    if not known or config.get("words_splitter_type", "whitespace") != "whitespace":
        raise FailedPrecondition(
            f"{folder.name} needs more than is in it: gliner_config.json must hold the "
            "encoder_config, and words must be split by white space."
        )
    if others := [name for name in _VARIANTS if config.get(name) is not None]:
        raise FailedPrecondition(f"{folder.name} is no plain GLiNER: it has {', '.join(others)}.")


def _names_code(value: Any) -> bool:
    """Tell whether a configuration says anywhere which class of which file to load."""
    if isinstance(value, dict):
        return "auto_map" in value or any(map(_names_code, value.values()))
    return isinstance(value, list) and any(map(_names_code, value))


def _add(found: list[Mention], text: str, base: int, one: Mapping[str, Any], own: bool) -> None:
    """Append a mention with the marks that belong to its letters, unless the last one covers it."""
    start, end = base + one["start"], base + one["end"]
    while start and unicodedata.combining(text[start]):
        start -= 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    if found and start < found[-1].end:
        return
    label = one["label"]
    proper = any(word[0].isupper() for word in text[start:end].split())
    kind = "OTHER" if own else _KINDS[label]
    score = min(1.0, float(one["score"]))
    found.append(Mention(start, end, kind, score, proper, label if own else ""))
