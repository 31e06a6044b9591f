"""What the adapters reach on text that they were never trained on, through the engine itself."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sensorium.models.adapters import corpora, text
from sensorium.models.adapters.corpora import NAMES, Felt, Tagged
from sensorium.models.engines.minilm import Reader
from sensorium.models.tasks import TextAnalysis

SURE = 0.5
_NEUTRAL = 0.25
CONTRASTS = (
    ("Not bad at all.", 1),
    ("not bad at all", 1),
    ("Great, another delay.", -1),
    ("great, another delay", -1),
    ("The food was not good.", -1),
    ("I don't like it.", -1),
    ("I can't complain.", 1),
    ("I have never been so happy.", 1),
    ("It is not as bad as people say.", 1),
    ("I was not disappointed.", 1),
    ("The staff were kind, but the room was filthy and loud.", -1),
    ("The room was small, but we loved every minute of our stay.", 1),
    ("It isn't worth the price.", -1),
    ("There is nothing to like about this phone.", -1),
    ("There is nothing to dislike about this phone.", 1),
    ("Thanks for nothing.", -1),
    ("Thanks for everything.", 1),
    ("I wish I could say that it works.", -1),
    ("Wonderful, it broke after one day.", -1),
    ("Without a doubt the best purchase of the year.", 1),
)


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and their harmonic mean over exact spans and kinds."""

    right: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        """Return the share of what was found that is right."""
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        """Return the share of what is there that was found."""
        return self.right / max(1, self.true)

    @property
    def f1(self) -> float:
        """Return the harmonic mean."""
        return 2 * self.right / max(1, self.found + self.true)


def entities(
    known: Sequence[Tagged], found: Sequence[TextAnalysis], kinds: Iterable[str] = NAMES
) -> Score:
    """Return the score over mentions of these kinds."""
    right = total = true = 0
    for one, analysis in zip(known, found, strict=True):
        gold = {mention for mention in one.mentions if mention[2] in kinds}
        said = {(m.start, m.end, m.kind) for m in analysis.mentions if m.kind in kinds}
        right, total, true = right + len(gold & said), total + len(said), true + len(gold)
    return Score(right, total, true)


def table(data: Path, weights: Path) -> str:
    """Return every figure as Markdown."""
    reader = Reader(weights)
    parts = [_entities(reader, data), _feelings(reader, data), _contrasts(reader), _hazards(reader)]
    return "\n\n".join([*parts, _rounding(reader, Reader(weights, eight_bits=False), data)])


def _entities(reader: Reader, data: Path) -> str:
    rows = ["| exact spans | precision | recall | F1 |", "|---|---|---|---|"]
    scores = []
    dev = corpora.entities(data, "dev")
    for source, known in dev.items():
        found = reader.analyze([one.text for one in known])
        score = entities(known, found)
        scores.append(score.f1)
        rows.append(_row(f"{source} dev, PER/LOC/ORG", score))
        for kind in sorted({m[2] for one in known for m in one.mentions}):
            rows.append(_row(f"{source} dev, {kind}", entities(known, found, {kind})))
    rows.append(f"| mean of the four, PER/LOC/ORG | | | {np.mean(scores):.3f} |")
    known = corpora.entities(data, "test")["uner"]
    found = reader.analyze([one.text for one in known])
    rows.append(_row("uner test, PER/LOC/ORG", entities(known, found)))
    known = text.entities("dev", random.Random(0), 4)
    found = reader.analyze([one.text for one in known])
    rows.append(_row("own templates held back, PER/LOC/ORG", entities(known, found)))
    for kind in ("EVENT", "WORK_OF_ART", "CONSUMER_GOOD"):
        rows.append(_row(f"own templates held back, {kind}", entities(known, found, {kind})))
    return "\n".join(rows)


def _row(name: str, score: Score) -> str:
    counts = f"{score.precision:.3f} | {score.recall:.3f} | {score.f1:.3f} |"
    return f"| {name} ({score.true}) | {counts}"


def accuracy(known: Sequence[Felt], scores: Sequence[float]) -> float:
    """Return the share of texts whose score has the sign of their feeling; 0 is wrong."""
    signs = [one.shares[2] - one.shares[0] for one in known]
    return float(np.mean([sign * score > 0 for sign, score in zip(signs, scores, strict=True)]))


def _feelings(reader: Reader, data: Path) -> str:
    _, held = corpora.reviews(data)
    rows = ["| sentiment | figure |", "|---|---|"]
    scores = _scores(reader, held)
    rows.append(f"| reviews held back ({len(held)}), accuracy | {accuracy(held, scores):.3f} |")
    own = text.feelings("dev", random.Random(0))
    felt = [one for one in own if one.shares[1] < 0.9]
    scores = _scores(reader, felt)
    right = accuracy(felt, scores)
    rows.append(f"| e-mails and complaints ({len(felt)}), accuracy | {right:.3f} |")
    calm = [one for one in own if one.shares[1] >= 0.9]
    within = [abs(score) <= _NEUTRAL for score in _scores(reader, calm)]
    rows.append(f"| neutral text within ±{_NEUTRAL} ({len(calm)}) | {np.mean(within):.3f} |")
    return "\n".join(rows)


def _scores(reader: Reader, known: Sequence[Felt]) -> list[float]:
    return [found.sentiment.score for found in reader.analyze([one.text for one in known])]


def _contrasts(reader: Reader) -> str:
    rows = ["| negation and contrast | wanted | score |", "|---|---|---|"]
    found = reader.analyze([sentence for sentence, _ in CONTRASTS])
    for (sentence, sign), analysis in zip(CONTRASTS, found, strict=True):
        score = analysis.sentiment.score
        wrong = "" if score * sign > 0 else " (wrong)"
        rows.append(f"| {sentence} | {'+' if sign > 0 else '-'} | {score:+.2f}{wrong} |")
    return "\n".join(rows)


def _rounding(small: Reader, plain: Reader, data: Path) -> str:
    """Return how often 8 bits label as 32 bits do, which are what torch computes."""
    rows = ["| labels of 8 bits that are those of 32 | share |", "|---|---|"]
    for source, known in corpora.entities(data, "dev").items():
        sentences = [one.text for one in known]
        pairs = zip(sentences, small.analyze(sentences), plain.analyze(sentences), strict=True)
        same = [
            a == b for s, x, y in pairs for a, b in zip(_words(s, x), _words(s, y), strict=True)
        ]
        rows.append(f"| words of {source} dev ({len(same)}) | {np.mean(same):.4f} |")
    _, held = corpora.reviews(data)
    scores = zip(_scores(small, held), _scores(plain, held), strict=True)
    rows.append(f"| signs of held-back reviews | {np.mean([a * b > 0 for a, b in scores]):.4f} |")
    return "\n".join(rows)


def _words(sentence: str, found: TextAnalysis) -> list[str]:
    """Return the kind of each word of a sentence, empty outside of mentions."""
    kinds: list[str] = []
    at = 0
    for word in sentence.split(" "):
        held = [m.kind for m in found.mentions if m.start <= at < m.end]
        kinds.append(held[0] if held else "")
        at += len(word) + 1
    return kinds


def _hazards(reader: Reader) -> str:
    known = text.hazards("dev")
    counts: dict[str, Counter[str]] = {}
    calm: list[float] = []
    for (_, names), analysis in zip(
        known, reader.analyze([said for said, _ in known]), strict=True
    ):
        if not names:
            calm.append(max(analysis.moderation.values()))
        for name, chance in analysis.moderation.items():
            count = counts.setdefault(name, Counter())
            count["right"] += chance >= SURE and name in names
            count["found"] += chance >= SURE
            count["true"] += name in names
    total: Counter[str] = sum(counts.values(), Counter())
    rows = ["| moderation at 0.5 | precision | recall | F1 |", "|---|---|---|---|"]
    for name, count in [*counts.items(), ("all", total)]:
        rows.append(_row(name, Score(count["right"], count["found"], count["true"])))
    alarms = sum(chance >= SURE for chance in calm)
    rows.append(f"| harmless sentences with an alarm | {alarms} of {len(calm)} | | |")
    return "\n".join(rows)
