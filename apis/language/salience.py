"""How much a text is about each of its entities."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sensorium.apis.language.analysis import Analysis
from sensorium.apis.language.coreference import Group


def salience(groups: Sequence[Group], analysis: Analysis) -> list[float]:
    """Return the salience of each group: 0 to 1, together at most 1.

    A thing weighs more the more often it is named (log2(1 + n)), the earlier it is named first
    (1 / sqrt(1 + number of the sentence), and up to half less towards that sentence's end), and the
    closer its sentences are to what the whole text means (1 + cosine of their embeddings, by half).
    Common nouns count half of a name, quantities nothing. The weights are divided by their sum.
    """
    weights = [_weight(one, analysis) for one in groups]
    total = sum(weights)
    # cut, so that rounding to float32 cannot make the sum exceed 1
    return [math.floor(weight / total * 1e6) / 1e6 if total else 0.0 for weight in weights]


def _weight(group: Group, analysis: Analysis) -> float:
    """Return the weight of a group."""
    first = group.mentions[0]
    if first.parts:
        return 0.0
    sentence = analysis.spans[first.sentence]
    along = (first.span.at - sentence.at) / max(1, len(sentence.text))
    place = (1 - along / 2) / math.sqrt(1 + first.sentence)
    proper = any(one.proper for one in group.mentions)
    return (
        math.log2(1 + len(group.mentions))
        * place
        * _centrality(group, analysis)
        * (1.0 if proper else 0.5)
    )


def _centrality(group: Group, analysis: Analysis) -> float:
    """Return how close the sentences of a group are to the whole, 0 to 1; 1 if nobody can tell."""
    whole = analysis.embedding
    if whole is None:
        return 1.0
    vectors = [analysis.readings[one.sentence].embedding for one in group.mentions]
    cosines = [float(whole @ vector) for vector in vectors if vector is not None]
    return (1 + max(0.0, sum(cosines) / len(cosines))) / 2
