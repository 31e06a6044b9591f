"""What classifiers and splitters share: the model that training made, and vectors of texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sensorium.apis.core import Call
from sensorium.apis.documentai.examples import LONGEST
from sensorium.apis.documentai.options import Options
from sensorium.models.errors import FailedPrecondition
from sensorium.models.extraction.classes import Classifier, Matrix
from sensorium.models.tasks import TextEmbedder


def classifier(options: Options) -> Classifier:
    """Return the classifier of a trained version; FailedPrecondition without one."""
    if options.version is None or not options.version.model:
        raise FailedPrecondition("The version has no classifier.", field="name")
    return Classifier.from_bytes(options.version.model)


async def vectors(texts: Sequence[str], engine: str, call: Call) -> Matrix:
    """Return a vector for each text, a row each, by the engine that a classifier is about."""
    embed = call.models.use(TextEmbedder.embed, engine=engine, timeout=call.limits.seconds)
    return np.stack(await embed([text[:LONGEST] for text in texts]))
