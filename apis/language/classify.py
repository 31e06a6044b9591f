"""Classification: which content categories a text belongs to, by the meaning of their names.

Zero-shot: the embedding of the text is compared with those of the categories. Two figures decide,
the cosine and how far it lies below that of the best category; a logistic regression on texts of
the project's own (benchmarks/cases/categories.txt, the odd lines) makes a probability of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from sensorium.apis.core import JSON, Call
from sensorium.apis.language import document, language
from sensorium.apis.language.analysis import Analysis, Need, analyze, language_facts
from sensorium.apis.language.categories import categories
from sensorium.apis.language.document import Document
from sensorium.models.errors import InvalidArgument
from sensorium.models.pool import Models
from sensorium.models.tasks import TextAnalyzer, Vector

_V1 = "google.cloud.language.v1.LanguageService.ClassifyText"
_V2 = "google.cloud.language.v2.LanguageService.ClassifyText"
_TEXT = (
    "The telescope found water vapour in the atmosphere of a planet that orbits a red dwarf. The "
    "galaxy behind it is two billion light years away."
)
_FEWEST_TOKENS = 20
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+|[^\w\s]")
_BIAS, _COSINE, _BEHIND = -4.06, 12.24, 6.93
_THRESHOLD = 0.5
_CONTENT_V2 = 2  # ContentCategoriesVersion.V2

Matrix = NDArray[np.float32]
_embedded: WeakKeyDictionary[Models, dict[tuple[str, str], Matrix]] = WeakKeyDictionary()


@language.rpc(
    _V1,
    example={
        "document": {"type": "PLAIN_TEXT", "content": _TEXT, "language": "en"},
        "classificationModelOptions": {"v2Model": {"contentCategoriesVersion": "V2"}},
    },
)
async def classify_text(request: Any, call: Call) -> JSON:
    """Sort a text into content categories such as `/Science/Astronomy`.

    The categories are the first two levels of Google's published list, in version V1 or, if
    `classificationModelOptions.v2Model.contentCategoriesVersion` says so, V2; deeper levels are
    never answered, and one model serves both options. `confidence` is the calibrated probability
    that the category fits; below 0.5 none is given. Without V2 only the most specific categories
    are given. A text of fewer than 20 tokens is INVALID_ARGUMENT.
    """
    version = chosen(request.classification_model_options, "classificationModelOptions")
    found = await _analysis(request, call)
    return {"categories": await answer(found, version, call)}


@language.rpc(
    _V2, example={"document": {"type": "PLAIN_TEXT", "content": _TEXT, "languageCode": "en"}}
)
async def classify_text_v2(request: Any, call: Call) -> JSON:
    """Sort a text into content categories such as `/Science/Astronomy`.

    As in v1 with the categories of version 2.
    """
    found = await _analysis(request, call)
    return {**language_facts(found), "categories": await answer(found, "v2", call)}


@language.command("classify", _V1)
def categories_of_text(content: bytes) -> JSON:
    """Tell which content categories a text belongs to."""
    return {"document": {"type": "PLAIN_TEXT", "content": content.decode("utf-8", "replace")}}


async def _analysis(request: Any, call: Call) -> Analysis:
    """Return the analysis of a request's document, if it is long enough."""
    text = await document.read(request.document, call)
    refuse_short(text)
    return await analyze(text, request.document, call, Need.EMBEDDING)


def refuse_short(text: Document) -> None:
    """Raise InvalidArgument for a text that is too short to have a topic, as Google does."""
    count = 0
    for block in text.blocks:
        for _ in _TOKEN.finditer(block.text):
            count += 1
            if count == _FEWEST_TOKENS:
                return
    raise InvalidArgument(
        f"Too few tokens (words) to process: {count} of at least {_FEWEST_TOKENS}.",
        field="document.content",
    )


def chosen(options: Any, field: str) -> str:
    """Return the version of the categories that a request asks for: `v1` or `v2`."""
    if options.WhichOneof("model_type") != "v2_model":
        return "v1"
    version = options.v2_model.content_categories_version
    if not 0 <= version <= _CONTENT_V2:
        raise InvalidArgument(
            f"{version} is no version: V1 or V2.", field=f"{field}.v2Model.contentCategoriesVersion"
        )
    return "v2" if version == _CONTENT_V2 else "v1"


async def answer(analysis: Analysis, version: str, call: Call) -> list[JSON]:
    """Return `categories`, likeliest first; empty when none is likely."""
    whole = analysis.embedding
    if whole is None or analysis.embedder is None:
        return []
    known = await _vectors(version, analysis.embedder, call)
    cosines = known @ whole
    logits = _BIAS + _COSINE * cosines + _BEHIND * (cosines - cosines.max())
    found = {
        category.name: float(probability)
        for category, probability in zip(
            categories(version), 1 / (1 + np.exp(-logits)), strict=True
        )
        if probability >= _THRESHOLD
    }
    if version == "v1":
        found = {name: p for name, p in found.items() if not _has_child(name, found)}
    ranked = sorted(found.items(), key=lambda pair: -pair[1])
    return [{"name": name, "confidence": confidence} for name, confidence in ranked]


def _has_child(name: str, found: dict[str, float]) -> bool:
    """Tell whether a more specific category was found."""
    return any(other.startswith(f"{name}/") for other in found)


async def _vectors(version: str, embedder: tuple[Callable[..., Any], str], call: Call) -> Matrix:
    """Return the embeddings of the categories, kept for each engine.

    The engine that embedded the text embeds them: vectors of two engines cannot be compared.
    """
    method, code = embedder
    kept = _embedded.setdefault(call.models, {})
    key = (version, call.models.chosen(method, language=code))
    if key not in kept:
        texts = [category.description for category in categories(version)]
        embed = call.models.use(method, language=code)
        if method is TextAnalyzer.analyze:
            vectors: list[Vector] = [one.embedding for one in await embed(texts, code)]
        else:
            vectors = await embed(texts)
        kept[key] = np.stack(vectors)
    return kept[key]
