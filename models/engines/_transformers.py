"""Open a folder that `save_pretrained` wrote, without a network and without its code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorium.models.errors import FailedPrecondition

_LONGEST = 512  # tokens: attention grows with the square, and taggers were trained on sentences
_SHORTEST = 8
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Opened:
    """A fast tokenizer, a model in evaluation mode, its labels, and the tokens it takes at once."""

    tokenizer: Any
    model: Any
    labels: tuple[str, ...]
    window: int
    device: str

    def encode(self, texts: list[str], stride: int) -> Any:
        """Return every text as windows of tokens that overlap by `stride`, with their offsets."""
        return self.tokenizer(
            [readable(text) for text in texts],
            truncation=True,
            max_length=self.window,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )

    def logits(self, encoded: Any, rows: list[int]) -> Any:
        """Return the model's logits for some windows, a numpy array: rows x ... x labels."""
        import torch

        names = [name for name in self.tokenizer.model_input_names if name in encoded]
        picked = {name: [encoded[name][row] for row in rows] for name in names}
        padded = self.tokenizer.pad(picked, return_tensors="pt").to(self.device)
        with torch.inference_mode():
            return self.model(**padded).logits.float().cpu().numpy()


def open_folder(folder: Path, device: str, kind: str) -> Opened:
    """Open a model folder as `transformers.<kind>`, with its tokenizer.

    Raises what `open_model` raises, and FailedPrecondition without a fast tokenizer.
    """
    tokenizer = open_part(folder, "AutoTokenizer", use_fast=True)
    model = open_model(folder, device, kind)
    if not tokenizer.is_fast:
        raise FailedPrecondition(f"{folder.name} has no tokenizer.json, which offsets need.")
    labels = tuple(model.config.id2label[number] for number in range(model.config.num_labels))
    window = _window(tokenizer, model.config)
    return Opened(tokenizer, model, labels, window, device)


def open_model(folder: Path, device: str, kind: str, spare: tuple[str, ...] = ()) -> Any:
    """Return the model in a folder as `transformers.<kind>`, in evaluation mode on `device`.

    Only safetensors are read, no code of the folder runs and nothing is fetched. Weights whose
    names begin like one of `spare` may be missing. Raises FailedPrecondition when the folder is not
    of that kind or cannot be opened.
    """
    if not any(folder.glob("*.safetensors")):
        raise FailedPrecondition(
            f"{folder.name} holds no .safetensors file.",
            hint="Save the model again with `save_pretrained(..., safe_serialization=True)`.",
        )
    config = open_part(folder, "AutoConfig")
    model, told = open_part(
        folder, kind, config=config, use_safetensors=True, output_loading_info=True
    )
    # A head that the file lacks would be filled with random numbers.
    if missing := sorted(name for name in told["missing_keys"] if not name.startswith(spare)):
        raise FailedPrecondition(f"{folder.name} lacks the weights {', '.join(missing[:3])}.")
    return model.eval().to(device)


def open_part(folder: Path, kind: str, **how: Any) -> Any:
    """Return what `transformers.<kind>` opens from a folder, without its code and a network.

    Raises FailedPrecondition with what is wrong.
    """
    import transformers
    from safetensors import SafetensorError

    try:
        return getattr(transformers, kind).from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, **how
        )
    # a RuntimeError tells of weights whose shapes are not the configuration's
    except (OSError, ValueError, ImportError, KeyError, RuntimeError, SafetensorError) as error:
        raise FailedPrecondition(f"{folder.name} cannot be opened: {error}") from error


def readable(text: str) -> str:
    """Return a text of the same length that a tokenizer can read: no lone surrogates."""
    return _SURROGATE.sub("\ufffd", text)


def _window(tokenizer: Any, config: Any) -> int:
    """Return the most tokens at once; RoBERTa's kin count positions from 2."""
    positions = getattr(config, "max_position_embeddings", None) or _LONGEST + 2
    return max(_SHORTEST, int(min(tokenizer.model_max_length, positions - 2, _LONGEST)))
