"""OCR with the PP-OCR networks that the `rapidocr` package carries, run by ONNX Runtime.

The networks are driven directly: rapidocr's own pipeline reads slower (fixed batches padded to the
widest line, full-size detection) and orders lines by height only.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensorium.models.errors import FailedPrecondition
from sensorium.models.pages import ctc
from sensorium.models.registry import engine
from sensorium.models.tasks import Line, Pixels, TextReader

Picture = NDArray[Any]  # height x width x 3, BGR as OpenCV has it

# The detector sees at most this many pixels on the longer side of what carries ink.
DETECTION_SIDE = 960
SMALLEST_SIDE = 320
STRIDE = 32

# Differentiable Binarization (Liao et al. 2020): threshold of the map, least mean score of a box,
# and how far the shrunken regions are grown back, as in PP-OCR's configuration.
MAP_THRESHOLD = 0.3
BOX_SCORE = 0.5
GROWTH = 1.6
MAX_BOXES = 3000

LINE_HEIGHT = 48  # of the recogniser's input, in pixels
FRAME = 8  # columns of the input a CTC frame
# A line is read at this share of its width, which saves time. It is read again at its whole width
# when that leaves fewer frames a character than NARROWEST, or the reading is unsure.
SQUEEZE = 0.8
NARROWEST = 1.6
SURE_LETTER = 0.6
SURE_LINE = 0.97
MIN_WIDTH, MAX_WIDTH = 48, 4096

# What a line must reach to be text at all: textures and ornaments read as a letter or two.
LEAST_CONFIDENCE = 0.6
LEAST_OF_SHORT, SHORT = 0.8, 3
DOUBTFUL = 0.75  # below this mean confidence a line is also read the other way up
ELONGATED = 1.5
VOTES = 9


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle found by the detector: centre, axis of its longer side, and the two lengths."""

    centre: NDArray[np.float64]
    axis: NDArray[np.float64]
    length: float
    breadth: float


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the recogniser made of a line, and the picture that it saw."""

    baseline: ctc.Baseline
    crop: Picture
    glyphs: list[ctc.Glyph]
    confidence: float

    @property
    def unsure(self) -> bool:
        """Tell whether a letter or the whole line is less certain than clear print is."""
        least = min((glyph.confidence for glyph in self.glyphs if glyph.text != " "), default=0.0)
        return least < SURE_LETTER or self.confidence < SURE_LINE


# Those whose every letter is in the recogniser's alphabet.
LANGUAGES = tuple(
    "af az bs ca cs cy da de en eo es et eu fi fo fr fy ga gd gl gv hr hu id is it ja jv ku la lb "  # noqa: SIM905
    "lt lv mi ms mt nb nl nn no oc pl pt qu rm ro sk sl sq su sv sw tl tr wo xh zh zu".split()
)


@engine(
    "rapidocr",
    task=TextReader,
    requires=("rapidocr", "onnxruntime", "cv2"),
    languages=LANGUAGES,
    memory="400MB",
    batch=4,
    rank=10,
)
class RapidOcr:
    """Read printed and handwritten text: Latin scripts, Chinese and Japanese, at any rotation."""

    def __init__(self) -> None:
        import onnxruntime

        spec = importlib.util.find_spec("rapidocr")
        folders = spec.submodule_search_locations if spec else None
        if not folders:
            raise FailedPrecondition("The rapidocr package is not installed.")
        models = Path(folders[0]) / "models"
        self._threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
        self._detector = _session(onnxruntime, _newest(models, "det"), self._threads)
        self._recogniser = _session(onnxruntime, _newest(models, "rec"), 1)
        characters = self._recogniser.get_modelmeta().custom_metadata_map["character"]
        self._alphabet = ["", *characters.splitlines(), " "]
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="rapidocr")

    def read(self, images: Sequence[Pixels]) -> list[list[Line]]:
        """Return the lines of each picture, in no particular order."""
        return [self._read(image) for image in images]

    def _read(self, image: Pixels) -> list[Line]:
        import cv2

        picture = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        readings: dict[ctc.Baseline, _Reading] = {}
        baselines = self._orient(picture, self._detect(picture), readings)
        lines = self._pool.map(lambda one: self._line(picture, one, readings), baselines)
        return [line for line in lines if line]

    # --- detection ------------------------------------------------------------------------------

    def _detect(self, picture: Picture) -> list[_Box]:
        """Return the rectangles that hold text, in pixels of the picture."""
        import cv2

        left, top, right, bottom = ink(picture)
        part = picture[top:bottom, left:right]
        height, width = part.shape[:2]
        if height < 2 or width < 2:
            return []
        scale = min(1.0, DETECTION_SIDE / max(height, width))
        scale = max(
            scale, min(SMALLEST_SIDE / min(height, width), DETECTION_SIDE / max(height, width))
        )
        size = (_strides(width * scale), _strides(height * scale))
        small = cv2.resize(
            part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        )
        score = self._detector.run(
            None, {"x": cv2.dnn.blobFromImage(small, 1 / 127.5, mean=(127.5,) * 3)}
        )
        factor = np.array([width / size[0], height / size[1]])
        return [
            _Box(box.centre * factor + (left, top), *_stretched(box, factor))
            for box in _boxes(score[0][0, 0])
        ]

    # --- orientation ----------------------------------------------------------------------------

    def _orient(
        self, picture: Picture, boxes: list[_Box], readings: dict[ctc.Baseline, _Reading]
    ) -> list[ctc.Baseline]:
        """Give each rectangle its reading direction, from the direction that most text has."""
        upright = [
            sum(
                b.length
                for b in boxes
                if (abs(b.axis[0]) >= abs(b.axis[1])) == flat and b.length > 2 * b.breadth
            )
            for flat in (True, False)
        ]
        flat = upright[0] >= upright[1]
        lines = [_baseline(box, flat) for box in boxes]
        return self._upright(picture, lines, readings)

    def _upright(
        self,
        picture: Picture,
        lines: list[ctc.Baseline],
        readings: dict[ctc.Baseline, _Reading],
    ) -> list[ctc.Baseline]:
        """Turn every line by half a turn when the longest ones read better that way.

        What was read to find out is added to `readings`.
        """
        longest = sorted((b for b in lines if b.aspect > 2), key=lambda b: -b.aspect)[:VOTES]
        sample = longest[len(longest) // 2 :][:3]
        readings |= self._together(picture, sample)
        if all(readings[line].confidence > 0.9 for line in sample):
            return lines
        turned = [line.turned() for line in sample]
        readings |= self._together(picture, turned)
        gain = sum(readings[line].confidence for line in turned) - sum(
            readings[line].confidence for line in sample
        )
        return [line.turned() for line in lines] if gain > 0 else lines

    def _together(
        self, picture: Picture, lines: list[ctc.Baseline]
    ) -> dict[ctc.Baseline, _Reading]:
        read = self._pool.map(lambda line: self._recognise(picture, line), lines)
        return dict(zip(lines, read, strict=True))

    # --- recognition ----------------------------------------------------------------------------

    def _line(
        self, picture: Picture, baseline: ctc.Baseline, readings: dict[ctc.Baseline, _Reading]
    ) -> Line | None:
        reading = readings.get(baseline) or self._recognise(picture, baseline)
        if reading.confidence < DOUBTFUL:
            other = self._recognise(picture, baseline.turned())
            if other.confidence > reading.confidence + 0.1:
                reading = other
        short = sum(not glyph.text.isspace() for glyph in reading.glyphs) <= SHORT
        if reading.confidence < (LEAST_OF_SHORT if short else LEAST_CONFIDENCE):
            return None
        return ctc.line(reading.glyphs, *tightened(reading))

    def _recognise(
        self, picture: Picture, baseline: ctc.Baseline, squeeze: float | None = None
    ) -> _Reading:
        import cv2

        squeeze = squeeze or SQUEEZE
        crop = _crop(picture, baseline, squeeze)
        blob = cv2.dnn.blobFromImage(crop, 1 / 127.5, mean=(127.5,) * 3)
        scores = self._recogniser.run(None, {"x": blob})[0][0]
        best = scores.argmax(axis=1)
        glyphs = ctc.decode(best, scores[np.arange(len(best)), best], self._alphabet)
        reading = _Reading(baseline, crop, glyphs, ctc.confidence(glyphs))
        if squeeze == 1 or not (len(glyphs) * NARROWEST > len(best) or reading.unsure):
            return reading
        wide = self._recognise(picture, baseline, 1.0)
        return max(wide, reading, key=lambda one: one.confidence)


def _newest(models: Path, part: str) -> Path:
    found = sorted(models.glob(f"PP-OCR*_{part}_*.onnx"))
    if not found:
        raise FailedPrecondition(f"rapidocr carries no {part} network in {models.name}.")
    return found[-1]


def _session(onnxruntime: Any, path: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def ink(picture: Picture) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what is not plain background, with a margin."""
    import cv2

    height, width = picture.shape[:2]
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    edges = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 24
    columns, rows = np.flatnonzero(edges.any(axis=0)), np.flatnonzero(edges.any(axis=1))
    if not len(columns):
        return 0, 0, 0, 0
    margin = 16
    return (
        max(0, int(columns[0]) - margin),
        max(0, int(rows[0]) - margin),
        min(width, int(columns[-1]) + margin),
        min(height, int(rows[-1]) + margin),
    )


def _strides(side: float) -> int:
    return max(STRIDE, round(side / STRIDE) * STRIDE)


def _boxes(score: NDArray[np.float32]) -> list[_Box]:
    """Return the rectangles of a detector's map (the post-processing of DBNet)."""
    import cv2

    mask: NDArray[Any] = (score > MAP_THRESHOLD).astype(np.uint8)
    mask = cv2.dilate(mask, np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    for contour in contours[:MAX_BOXES]:
        (x, y), (w, h), angle = cv2.minAreaRect(contour)
        if min(w, h) < 2 or _mean_score(score, contour) < BOX_SCORE:
            continue
        grow = w * h * GROWTH / (2 * (w + h))
        radians = np.deg2rad(angle + (90 if h > w else 0))
        boxes.append(
            _Box(
                np.array([x, y]),
                np.array([np.cos(radians), np.sin(radians)]),
                max(w, h) + 2 * grow,
                min(w, h) + 2 * grow,
            )
        )
    return boxes


def _mean_score(score: NDArray[np.float32], contour: NDArray[Any]) -> float:
    import cv2

    x, y, w, h = cv2.boundingRect(contour)
    mask = np.zeros((h, w), np.uint8)
    cv2.fillPoly(mask, [contour - (x, y)], 1)
    return float(cv2.mean(score[y : y + h, x : x + w], mask)[0])


def _stretched(box: _Box, factor: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
    """Return axis, length and breadth of a rectangle after scaling x and y nearly alike."""
    axis = box.axis * factor
    norm = float(np.hypot(*axis))
    return axis / norm, box.length * norm, box.breadth * float(factor.prod()) / norm


def _baseline(box: _Box, flat: bool) -> ctc.Baseline:
    """Return a rectangle as a line that reads rightwards, or downwards where it stands."""
    along, length, breadth = box.axis, box.length, box.breadth
    if (abs(along[0]) >= abs(along[1])) != flat and length < ELONGATED * breadth:
        along, length, breadth = np.array([-along[1], along[0]]), breadth, length
    lies_flat = abs(along[0]) >= abs(along[1])
    if (along[0] if lies_flat else along[1]) < 0:
        along = -along
    down = np.array([-along[1], along[0]]) * breadth
    along = along * length
    origin = box.centre - along / 2 - down / 2
    return ctc.Baseline(
        (float(origin[0]), float(origin[1])),
        (float(along[0]), float(along[1])),
        (float(down[0]), float(down[1])),
    )


def _crop(picture: Picture, baseline: ctc.Baseline, squeeze: float) -> Picture:
    """Return the line's pixels upright, LINE_HEIGHT high."""
    import cv2

    frames = np.ceil(LINE_HEIGHT * baseline.aspect * squeeze / FRAME)
    width = int(np.clip(frames * FRAME, MIN_WIDTH, MAX_WIDTH))
    (x, y), (ax, ay), (dx, dy) = baseline.origin, baseline.along, baseline.down
    corners = np.array([[x, y], [x + ax, y + ay], [x + dx, y + dy]], np.float32)
    target = np.array([[0, 0], [width, 0], [0, LINE_HEIGHT]], np.float32)
    matrix = cv2.getAffineTransform(corners, target)
    crop: Picture = cv2.warpAffine(
        picture,
        matrix,
        (width, LINE_HEIGHT),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return crop


def tightened(reading: _Reading) -> tuple[ctc.Baseline, NDArray[np.bool_]]:
    """Return the line without the blank above and below its letters, and its columns with ink.

    At most a quarter is taken off either side: the rest may be a neighbouring line's ink.
    """
    import cv2

    grey = cv2.cvtColor(reading.crop, cv2.COLOR_BGR2GRAY).astype(np.int16)
    contrast = np.abs(grey - int(np.median(grey)))
    drawn = contrast > 0.4 * contrast.max()
    quarter = LINE_HEIGHT // 4
    rows = np.flatnonzero(drawn.any(axis=1))
    top = min(int(rows[0]), quarter) if len(rows) else 0
    bottom = max(int(rows[-1]) + 1, LINE_HEIGHT - quarter) if len(rows) else LINE_HEIGHT
    columns: NDArray[np.bool_] = drawn[quarter // 2 : -quarter // 2].any(axis=0)
    return reading.baseline.between(top / LINE_HEIGHT, bottom / LINE_HEIGHT), columns
