"""OCR with the networks of EasyOCR: CRAFT finds the lines, a CRNN of the second generation reads.

`easyocr.Reader` is not used: it opens pickles without checking them, fetches what it lacks, and
answers boxes of lines without their letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.engines._torchvision import ensure_torchvision
from sensorium.models.errors import FailedPrecondition
from sensorium.models.pages import ctc
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import Line, Pixels, TextReader

# What `easyocr.Reader.readtext` uses where it is not told otherwise.
_CANVAS = 2560  # pixels of the longer side that the detector sees at most
_TEXT, _LINK, _LOW = 0.7, 0.4, 0.4
_GROUPS = {"slope_ths": 0.1, "ycenter_ths": 0.5, "height_ths": 0.5, "width_ths": 0.5}
_MARGIN = 0.1  # of a box's height, added around it
_HEIGHT = 64  # of the recogniser's input, in pixels
_WIDEST = 4096
_STANDING = 1.5  # times its width that the box of a line read upwards or downwards is high
_LEAST = 0.3  # mean confidence of a line that is told
_SMALLEST = 8  # pixels of a side below which there is nothing to read
_BATCH = 8  # lines
_SUFFIXES = (".safetensors", ".pth")


@dataclass(frozen=True, slots=True)
class _Reading:
    baseline: ctc.Baseline
    glyphs: list[ctc.Glyph]
    ink: NDArray[np.bool_]

    @property
    def confidence(self) -> float:
        return ctc.confidence(self.glyphs)

    @property
    def sense(self) -> tuple[float, int]:
        """Rank ways to read a place: the surest, and of those as sure the one with more letters."""
        return round(self.confidence, 2), len(self.glyphs)


@engine(
    "easyocr",
    task=TextReader,
    requires=("easyocr", "torch", "torchvision", "safetensors", "cv2"),
    card=BY_CARD,
    batch=4,
    memory="600MB",
    rank=20,
)
class EasyOcr:
    """Read text with EasyOCR's networks: Latin, Cyrillic, Chinese, Japanese, Korean and more.

    The folder holds CRAFT (`craft*.pth` or `.safetensors`) and one recogniser under EasyOCR's name
    for it, such as `cyrillic_g2.pth`; one of any other name needs its letters in `characters.txt`.
    """

    def __init__(self, weights: Path, device: str) -> None:
        ensure_torchvision()
        from easyocr.craft import CRAFT

        files = [one for one in sorted(weights.iterdir()) if one.suffix in _SUFFIXES]
        detectors = [one for one in files if one.name.startswith("craft")]
        readers = [one for one in files if not one.name.startswith("craft")]
        if len(detectors) != 1 or len(readers) != 1:
            raise FailedPrecondition(
                f"{weights.name} must hold CRAFT and one recogniser, as .pth or .safetensors.",
                hint="EasyOCR calls them craft_mlt_25k.pth and, for instance, latin_g2.pth.",
            )
        self._device = device
        self._alphabet = ["", *_characters(readers[0])]
        self._detector = _filled(CRAFT(), _state(detectors[0]), detectors[0], device)
        state = _state(readers[0])
        self._recogniser = _filled(_recogniser(state, readers[0]), state, readers[0], device)
        classes = self._recogniser.Prediction.out_features
        if classes != len(self._alphabet):
            raise FailedPrecondition(
                f"{readers[0].name} tells {classes - 1} letters apart, and"
                f" {len(self._alphabet) - 1} are named."
            )

    def read(self, images: Sequence[Pixels]) -> list[list[Line]]:
        """Return the lines of each picture, in no particular order."""
        return [list(self._read(image)) for image in images]

    def _read(self, image: Pixels) -> Iterator[Line]:
        import cv2

        if min(image.shape[:2]) < _SMALLEST:
            return
        grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), np.uint8)
        choices = [_ways(one) for one in self._places(np.ascontiguousarray(image))]
        read = iter(self._recognise(grey, [way for ways in choices for way in ways]))
        for ways in choices:
            best = max([next(read) for _ in ways], key=lambda one: one.sense)
            if best.confidence >= _LEAST:
                line = ctc.line(best.glyphs, best.baseline, best.ink)
                if line is not None:
                    yield line

    def _places(self, image: Pixels) -> list[ctc.Baseline]:
        """Return where lines stand."""
        from easyocr.detection import get_textbox
        from easyocr.utils import group_text_box

        height, width = image.shape[:2]
        canvas = min(_CANVAS, max(height, width))
        (found,) = get_textbox(
            self._detector, image, canvas, 1.0, _TEXT, _LINK, _LOW, False, self._device
        )
        flat, free = group_text_box(found, add_margin=_MARGIN, **_GROUPS)
        places = [
            ctc.Baseline((left, top), (right - left, 0), (0, bottom - top))
            for left, right, top, bottom in (map(float, one) for one in flat)
        ]
        for corners in free:
            (ax, ay), (bx, by), _, (dx, dy) = (map(float, corner) for corner in corners)
            places.append(ctc.Baseline((ax, ay), (bx - ax, by - ay), (dx - ax, dy - ay)))
        return [one for one in places if np.hypot(*one.along) >= 2 and np.hypot(*one.down) >= 2]

    def _recognise(self, grey: Pixels, places: list[ctc.Baseline]) -> list[_Reading]:
        """Return what stands at each place, lines of similar width read together."""
        crops = [_crop(grey, place) for place in places]
        order = sorted(range(len(crops)), key=lambda at: crops[at].shape[1])
        found: dict[int, _Reading] = {}
        for start in range(0, len(order), _BATCH):
            picked = order[start : start + _BATCH]
            widest = crops[picked[-1]].shape[1]
            shares = self._shares([_padded(crops[at], widest) for at in picked])
            for at, share in zip(picked, shares, strict=True):
                best = share.argmax(axis=1)
                scores = share[np.arange(len(best)), best]
                used = crops[at].shape[1] / widest
                glyphs = ctc.decode(best, scores, self._alphabet, used)
                found[at] = _Reading(places[at], glyphs, _inked(crops[at]))
        return [found[at] for at in range(len(places))]

    def _shares(self, crops: list[Pixels]) -> NDArray[np.float32]:
        """Return how likely each letter is: lines x frames x alphabet."""
        import torch

        taken = torch.from_numpy(np.stack(crops)[:, None].astype(np.float32) / 127.5 - 1)
        with torch.inference_mode():
            told = self._recogniser(taken.to(self._device), None)
        return np.asarray(told.softmax(dim=2).float().cpu().numpy(), np.float32)


def _characters(path: Path) -> str:
    """Return the letters that a recogniser tells apart, in its order."""
    from easyocr.config import recognition_models

    told = path.with_name("characters.txt")
    if told.is_file():
        return told.read_text(encoding="utf-8").rstrip("\r\n")
    known = recognition_models["gen2"]
    if path.stem not in known:
        raise FailedPrecondition(
            f"{path.name} is none of EasyOCR's recognisers of the second generation:"
            f" {', '.join(sorted(known))}.",
            hint="The letters of one that you trained go into characters.txt, all on one line.",
        )
    return str(known[path.stem]["characters"])


def _state(path: Path) -> dict[str, Any]:
    """Return the weights of a file, no code of which runs."""
    import pickle

    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        return {name.removeprefix("module."): one.float() for name, one in state.items()}
    except (OSError, AttributeError, RuntimeError, pickle.PickleError, SafetensorError) as error:
        raise FailedPrecondition(f"{path.name} cannot be opened: {error}") from error


def _recogniser(state: dict[str, Any], path: Path) -> Any:
    """Return the CRNN that fits the weights, whatever its width."""
    from easyocr.model.vgg_model import Model

    try:
        last = state["FeatureExtraction.ConvNet.18.weight"]
        classes, hidden = state["Prediction.weight"].shape
    except KeyError as error:
        raise FailedPrecondition(
            f"{path.name} is no recogniser of EasyOCR's second generation: it lacks {error}."
        ) from error
    return Model(1, last.shape[0], hidden, classes)


def _filled(network: Any, state: dict[str, Any], path: Path, device: str) -> Any:
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise FailedPrecondition(f"{path.name} has other weights than needed: {error}") from error
    return network.eval().to(device)


def _ways(place: ctc.Baseline) -> list[ctc.Baseline]:
    """Return the ways to read a place: as it stands; upwards and downwards where it is high."""
    if place.aspect * _STANDING >= 1:
        return [place]
    (x, y), along, down = place.origin, place.along, place.down
    downwards = ctc.Baseline((x + along[0], y + along[1]), down, (-along[0], -along[1]))
    return [place, downwards, downwards.turned()]


def _crop(grey: Pixels, place: ctc.Baseline) -> Pixels:
    """Return the pixels of a line, upright."""
    import cv2

    width = int(np.clip(np.ceil(_HEIGHT * place.aspect), _HEIGHT // 2, _WIDEST))
    (x, y), (ax, ay), (dx, dy) = place.origin, place.along, place.down
    corners = np.array([[x, y], [x + ax, y + ay], [x + dx, y + dy]], np.float32)
    target = np.array([[0, 0], [width, 0], [0, _HEIGHT]], np.float32)
    matrix = cv2.getAffineTransform(corners, target)
    size = (width, _HEIGHT)
    crop = cv2.warpAffine(
        grey, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(crop, np.uint8)


def _padded(crop: Pixels, width: int) -> Pixels:
    """Return a line that goes on as its last column is, up to a width."""
    return np.pad(crop, ((0, 0), (0, width - crop.shape[1])), mode="edge")


def _inked(crop: Pixels) -> NDArray[np.bool_]:
    """Tell for each column whether anything is drawn there."""
    contrast = np.abs(crop.astype(np.int16) - int(np.median(crop)))
    drawn: NDArray[np.bool_] = (contrast > 0.4 * max(1, contrast.max())).any(axis=0)
    return drawn
