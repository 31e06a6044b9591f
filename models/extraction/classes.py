"""Document classes from a handful of examples: logistic regression on vectors of texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensorium.models.errors import InvalidArgument

Matrix = NDArray[np.float32]
_STEPS = 300
_RATE = 4.0
_DECAY = 1e-3  # weight decay: a handful of documents would otherwise be learnt by heart
_TEMPERATURES = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0)
_FORMAT = "sensorium.classes.1"


@dataclass(frozen=True, slots=True)
class Classification:
    """How likely each class is, and the best one, empty below the threshold."""

    label: str
    confidence: float
    scores: dict[str, float]


@dataclass(frozen=True)
class Classifier:
    """Classes of documents: `weights` is classes x (dimensions + 1), the last column the offset."""

    labels: tuple[str, ...]
    weights: Matrix
    temperature: float
    threshold: float

    def classify(self, vectors: Sequence[Sequence[float]] | Matrix) -> list[Classification]:
        """Return a classification for each vector; InvalidArgument for another dimension."""
        rows = _rows(vectors)
        if rows.shape[1] != self.weights.shape[1] - 1:
            raise InvalidArgument(
                f"The classifier takes {self.weights.shape[1] - 1} dimensions, not {rows.shape[1]}."
            )
        found = []
        for chances in _softmax(_with_offset(rows) @ self.weights.T / self.temperature):
            best = int(chances.argmax())
            scores = {label: float(one) for label, one in zip(self.labels, chances, strict=True)}
            label = self.labels[best] if chances[best] >= self.threshold else ""
            found.append(Classification(label, float(chances[best]), scores))
        return found

    def to_bytes(self) -> bytes:
        """Return the classifier as a line of JSON and its weights, little-endian float32."""
        head = {
            "format": _FORMAT,
            "labels": self.labels,
            "temperature": self.temperature,
            "threshold": self.threshold,
            "columns": self.weights.shape[1],
        }
        return json.dumps(head).encode() + b"\n" + self.weights.astype("<f4").tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> Classifier:
        """Return a classifier that was written; InvalidArgument for anything else."""
        first, _, rest = content.partition(b"\n")
        try:
            head = json.loads(first)
            if head["format"] != _FORMAT:
                raise ValueError(head["format"])
            weights = np.frombuffer(rest, "<f4").reshape(len(head["labels"]), head["columns"])
            labels = tuple(str(label) for label in head["labels"])
            return cls(labels, weights, float(head["temperature"]), float(head["threshold"]))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidArgument("This is no stored classifier.") from error


def train(
    vectors: Sequence[Sequence[float]] | Matrix, labels: Sequence[str], threshold: float = 0.5
) -> Classifier:
    """Return a classifier of the documents that have the vectors (unit length) and the labels.

    The chances are calibrated by the temperature that makes the left-out documents likeliest
    (leave-one-out over at most 60 documents, Guo et al. 2017). Raises InvalidArgument for fewer
    than two classes, a class of fewer than two documents, or vectors that are not one per label.
    """
    rows, names = _rows(vectors), tuple(sorted(set(labels)))
    if len(rows) != len(labels):
        raise InvalidArgument(f"There are {len(rows)} vectors and {len(labels)} labels.")
    if len(names) < 2:
        raise InvalidArgument("A classifier needs documents of two classes at least.")
    if few := next((name for name in names if list(labels).count(name) < 2), None):
        raise InvalidArgument(f"The class '{few}' needs two documents at least.")
    goal = np.array([names.index(label) for label in labels])
    weights = _fit(rows, goal, len(names))
    left_out = range(0, len(rows), max(1, len(rows) // 60))
    logits: list[Matrix] = []
    for index in left_out:
        kept = np.arange(len(rows)) != index
        other = _fit(rows[kept], goal[kept], len(names))
        logits.append(_with_offset(rows[index : index + 1])[0] @ other.T)
    truth = goal[list(left_out)]
    losses = {t: _loss(np.stack(logits) / np.float32(t), truth) for t in _TEMPERATURES}
    return Classifier(names, weights, min(losses, key=lambda t: losses[t]), threshold)


def _fit(rows: Matrix, goal: NDArray[np.int64], classes: int) -> Matrix:
    """Return the weights after gradient steps on the cross-entropy; classes weigh the same."""
    wide = _with_offset(rows)
    truth = np.eye(classes, dtype=np.float32)[goal]
    counts = np.maximum(truth.sum(axis=0), 1)
    share = (1 / counts)[goal][:, None] / classes
    weights = np.zeros((classes, wide.shape[1]), np.float32)
    for _ in range(_STEPS):
        slope = ((_softmax(wide @ weights.T) - truth) * share).T @ wide + _DECAY * weights
        weights -= np.float32(_RATE) * slope.astype(np.float32)
    return weights


def _loss(logits: Matrix, truth: NDArray[np.int64]) -> float:
    """Return the cross-entropy, as if one document more than were seen had been misplaced.

    Without that (Platt's smoothed targets) a few documents that are all told right would ask for
    certainty.
    """
    doubt = 1 / (len(truth) + 2)
    goal = np.full(logits.shape, doubt / (logits.shape[1] - 1))
    goal[np.arange(len(truth)), truth] = 1 - doubt
    return float(-(goal * np.log(np.maximum(_softmax(logits), 1e-9))).sum(axis=1).mean())


def _softmax(logits: Matrix) -> Matrix:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Matrix = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _with_offset(rows: Matrix) -> Matrix:
    return np.hstack([rows, np.ones((len(rows), 1), np.float32)])


def _rows(vectors: Sequence[Sequence[float]] | Matrix) -> Matrix:
    """Return vectors as a matrix; InvalidArgument unless they are finite and of one length."""
    try:
        rows = np.asarray(vectors, np.float32)
    except ValueError as error:
        raise InvalidArgument("The vectors differ in length.") from error
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise InvalidArgument("The vectors must be finite and of one length.")
    return rows
