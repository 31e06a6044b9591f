"""Zero-shot matching: pictures and words in one space (SigLIP, CLIP), from a folder."""

from __future__ import annotations

import math
import os
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.models.engines._pictures import Floats, open_seer, pooled
from sensorium.models.engines._transformers import open_part, readable
from sensorium.models.errors import FailedPrecondition
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import ImageMatcher, Pixels

_BATCH = 8
_TEXTS = 64
_REMEMBERED = 10_000  # vectors of names
_KEPT = ".names.npz"  # in the folder of the weights: reading a vocabulary takes a minute or two
_PROMPT = "This is a photo of {}."
# what says nothing of a picture: a name that fits must fit better than all of these together
_BACKGROUND = (
    "This is a photo.",
    "This is a picture.",
    "This is a photo of something.",
    "This is a photo of an object.",
    "This is a photo of a scene.",
    "This is a photo of something else.",
)


@engine(
    "zero_shot_image",
    task=ImageMatcher,
    requires=("transformers", "torch", "safetensors", "PIL", "cv2"),
    card=BY_CARD,
    batch=_BATCH,
    memory="1.5GB",
    rank=30,
)
class ZeroShotImage:
    """Compare pictures with words by a model of the user's choice (SigLIP, CLIP).

    SigLIP tells each name's probability itself (a sigmoid). CLIP only ranks: there a name's
    probability is its share against prompts that say nothing of the picture, which is no calibrated
    figure.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._seer = open_seer(weights, device, "AutoModel")
        model = self._seer.model
        needed = ("get_image_features", "get_text_features", "logit_scale")
        if not all(hasattr(model, name) for name in needed):
            raise FailedPrecondition(f"{weights.name} does not put pictures and words together.")
        self._tokenizer = open_part(weights, "AutoTokenizer")
        self._scale = math.exp(model.logit_scale.item())
        bias = getattr(model, "logit_bias", None)
        self._bias = None if bias is None else bias.item()
        text = getattr(model.config, "text_config", model.config)
        self._window = int(getattr(text, "max_position_embeddings", 64))
        self._kept = weights / _KEPT
        self._vectors = kept(self._kept)
        self._background = self._texts(_BACKGROUND) if bias is None else None

    def match(self, images: Sequence[Pixels], names: Sequence[str]) -> list[list[float]]:
        """Return for each picture how likely each description fits, 0 to 1, each on its own."""
        if not names or not images:
            return [[] for _ in images]
        words = self._named(names)
        return [
            [float(likely) for likely in self._likely(vector, words)]
            for vector in self._pictures(images)
        ]

    def _likely(self, vector: Floats, words: Floats) -> Floats:
        """Return the probabilities that a picture's vector and those of names say."""
        logits = self._scale * (words @ vector)
        if self._bias is not None:
            logits = logits + self._bias
        elif self._background is not None:
            empty = self._scale * (self._background @ vector)
            logits = logits - (empty.max() + np.log(np.exp(empty - empty.max()).sum()))
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))), np.float32)

    def _pictures(self, images: Sequence[Pixels]) -> list[Floats]:
        """Return the vectors of pictures."""
        import torch

        found: dict[int, Floats] = {}
        for places, taken in self._seer.batches(images, _BATCH):
            with torch.inference_mode():
                vectors = pooled(self._seer.model.get_image_features(**taken)).cpu().numpy()
            found.update(zip(places, vectors, strict=True))
        return [found[at] for at in range(len(images))]

    def _named(self, names: Sequence[str]) -> Floats:
        """Return the vectors of names, those that are not remembered made anew.

        What is made is kept at once: a long list that one request has no time for is shorter for
        the next.
        """
        prompts = [_PROMPT.format(readable(name)) for name in names]
        held = {one: self._vectors[one] for one in prompts if one in self._vectors}
        new = [one for one in dict.fromkeys(prompts) if one not in held]
        for first in range(0, len(new), _TEXTS):
            some = new[first : first + _TEXTS]
            made = dict(zip(some, self._texts(some), strict=True))
            held |= made
            self._vectors |= made
        for one in held:
            self._vectors.move_to_end(one)
        while len(self._vectors) > _REMEMBERED:
            self._vectors.popitem(last=False)
        if new:
            keep(self._kept, self._vectors)
        return np.stack([held[one] for one in prompts])

    def _texts(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of texts; what exceeds the model's window is cut."""
        import torch

        some = list(texts)
        if self._bias is not None:  # SigLIP learned small letters, all padded to one length
            some = [text.lower() for text in some]
        encoded = self._tokenizer(
            some,
            padding=True if self._bias is None else "max_length",
            truncation=True,
            max_length=self._window,
            return_tensors="pt",
        ).to(self._seer.device)
        taken: dict[str, Any] = {"input_ids": encoded["input_ids"]}
        if self._bias is None and "attention_mask" in encoded:
            taken["attention_mask"] = encoded["attention_mask"]
        with torch.inference_mode():
            vectors = pooled(self._seer.model.get_text_features(**taken))
        return np.asarray(vectors.cpu().numpy(), np.float32)


def kept(path: Path) -> OrderedDict[str, Floats]:
    """Return the vectors of a file that `keep` wrote; none where it is not there or damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
            prompts, vectors = held["prompts"].tolist(), held["vectors"]
        return OrderedDict(zip(prompts, vectors.astype(np.float32), strict=True))
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile):
        return OrderedDict()


def keep(path: Path, vectors: OrderedDict[str, Floats]) -> None:
    """Write vectors to a file in one step; where that cannot be done they are made again."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            np.savez(file, prompts=np.array(list(vectors)), vectors=np.stack([*vectors.values()]))
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
