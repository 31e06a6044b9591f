"""Documents read as fields, from their pictures alone: Donut and what was trained as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sensorium.models.engines._pictures import open_seer
from sensorium.models.engines._transformers import open_part
from sensorium.models.errors import FailedPrecondition
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import FieldReader, Pixels, ReadField

_BATCH = 2
_TAG = re.compile(r"<(/?)s_([^<>]+)>")
_SEPARATOR = "<sep/>"
_PROMPT = "prompt.txt"


@dataclass(slots=True)
class _Open:
    """A field that is being read: where its text begins, which of several it is, what is in it."""

    name: str
    start: int
    items: list[list[_Leaf]] = field(default_factory=lambda: [[]])


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A field without fields in it: its path, and the tokens of its text."""

    path: str
    start: int
    end: int


@engine(
    "donut",
    task=FieldReader,
    requires=("transformers", "torch", "safetensors", "PIL", "cv2"),
    card=BY_CARD,
    batch=_BATCH,
    memory="1.5GB",
    rank=20,
)
class Donut:
    """Read the fields of receipts, tickets and forms with a Donut of the user's choice.

    The folder is what `save_pretrained` wrote of a VisionEncoderDecoderModel and a DonutProcessor.
    `prompt.txt` in it has the token that the task starts with, such as `<s_cord-v2>`, unless the
    tokenizer has only one.
    """

    def __init__(self, weights: Path, device: str) -> None:
        self._seer = open_seer(weights, device, "VisionEncoderDecoderModel")
        self._tokenizer = open_part(weights, "AutoTokenizer")
        self._prompt = self._tokenizer.convert_tokens_to_ids(_prompt(weights, self._tokenizer))
        special = set(self._tokenizer.all_special_tokens)
        self._silent = {self._tokenizer.convert_tokens_to_ids(token) for token in special}

    def fields(self, images: Sequence[Pixels]) -> list[list[ReadField]]:
        """Return the fields of each page in the order of the model's answer.

        The confidence is the mean of the probabilities of the tokens of the text.
        """
        found: list[list[ReadField]] = [[] for _ in images]
        for places, taken in self._seer.batches(images, _BATCH):
            ids, likely = self._written(taken["pixel_values"])
            for row, at in enumerate(places):
                found[at] = list(self._told(ids[row], likely[row]))
        return found

    def _written(self, pixels: Any) -> tuple[list[list[int]], list[list[float]]]:
        """Return what the model writes of pictures, greedily, and how likely each token was."""
        import torch

        model = self._seer.model
        start = torch.full((len(pixels), 1), self._prompt, device=pixels.device)
        with torch.inference_mode():
            told = model.generate(
                pixel_values=pixels,
                decoder_input_ids=start,
                max_length=model.config.decoder.max_position_embeddings,
                pad_token_id=self._tokenizer.pad_token_id,
                eos_token_id=self._tokenizer.eos_token_id,
                num_beams=1,
                do_sample=False,
                output_scores=True,
                return_dict_in_generate=True,
            )
        scores = torch.stack(told.scores, dim=1).float().softmax(dim=2)
        return told.sequences[:, 1:].tolist(), scores.amax(dim=2).tolist()

    def _told(self, ids: list[int], likely: list[float]) -> Iterator[ReadField]:
        end = self._tokenizer.eos_token_id
        ids = ids[: ids.index(end)] if end in ids else ids
        for leaf in leaves(self._tokenizer.convert_ids_to_tokens(ids)):
            part = [at for at in range(leaf.start, leaf.end) if ids[at] not in self._silent]
            text = self._tokenizer.decode([ids[at] for at in part]).strip()
            if text:
                sure = sum(likely[at] for at in part) / len(part)
                yield ReadField(leaf.path, text, min(1.0, sure))


def leaves(tokens: Sequence[str]) -> list[_Leaf]:
    """Return the fields that tokens tell: `<s_menu><s_name>Soup</s_name><sep/>...</s_menu>`.

    Of several of a kind each has its number in its path: `menu.0.name`. What is not closed, because
    the model came to its end, is left out.
    """
    stack = [_Open("", 0)]
    for at, token in enumerate(tokens):
        tag = _TAG.fullmatch(token)
        if token == _SEPARATOR:
            stack[-1].items.append([])
        elif tag and not tag[1]:
            stack.append(_Open(tag[2], at + 1))
        elif tag and any(one.name == tag[2] for one in stack[1:]):
            while stack[-1].name != tag[2]:
                stack.pop()
            closed = stack.pop()
            stack[-1].items[-1].extend(_closed(closed, at))
    return [leaf for item in stack[0].items for leaf in item]


def _closed(one: _Open, end: int) -> list[_Leaf]:
    """Return what a field that ends has in it, by its paths."""
    if not any(one.items):
        return [_Leaf(one.name, one.start, end)]
    several = len(one.items) > 1
    return [
        _Leaf(
            ".".join((one.name, str(at), leaf.path) if several else (one.name, leaf.path)),
            leaf.start,
            leaf.end,
        )
        for at, item in enumerate(one.items)
        for leaf in item
    ]


def _prompt(weights: Path, tokenizer: Any) -> str:
    """Return the token that starts the task; FailedPrecondition when nothing tells it."""
    known = tokenizer.get_vocab()
    file = weights / _PROMPT
    if file.is_file():
        told = file.read_text(encoding="utf-8").strip()
        if told not in known:
            raise FailedPrecondition(f"{_PROMPT}: {told[:60]!r} is no token of this model.")
        return told
    starts = [
        token
        for token in known
        if (tag := _TAG.fullmatch(token)) and not tag[1] and f"</s_{tag[2]}>" not in known
    ]
    if len(starts) != 1:
        raise FailedPrecondition(
            f"{weights.name} does not tell its task: it could be any of"
            f" {', '.join(sorted(starts)[:8]) or 'none'}.",
            hint=f"Write the token that starts it into {_PROMPT} beside the weights.",
        )
    return str(starts[0])
