"""spaCy: syntax by any of its pipelines, from the folder that `nlp.to_disk` wrote.

An installed pipeline package is such a folder too: `en_core_web_sm/en_core_web_sm-3.8.0` in
site-packages. A card for it trusts this much: `config.cfg` names components, all of them spaCy's
own or of packages that the user has installed, and no code of the folder runs; all else is msgpack,
JSON and arrays, and what a component keeps for torch is read as weights only. No file is a pickle,
`lookups.bin` neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sensorium.models.engines._transformers import readable
from sensorium.models.errors import FailedPrecondition
from sensorium.models.registry import BY_CARD, engine
from sensorium.models.tasks import SyntaxParser, Token

_BATCH = 32
# What tells something else than syntax, or would cut a sentence in two.
_NEEDLESS = (
    *("ner", "beam_ner", "entity_linker", "entity_ruler", "future_entity_ruler", "span_ruler"),
    *("spancat", "spancat_singlelabel", "span_finder", "textcat", "textcat_multilabel"),
    *("senter", "sentencizer", "doc_cleaner"),
)


@engine(
    "spacy",
    task=SyntaxParser,
    requires=("spacy",),
    card=BY_CARD,
    batch=_BATCH,
    memory="300MB",
    rank=20,
)
class SpaCy:
    """Parse sentences with a spaCy pipeline of the user's choice, on the CPU.

    Relations are as the pipeline was trained: Universal Dependencies, or those of ClearNLP in
    spaCy's own English ones. Each sentence is one tree; spaces are no tokens.
    """

    def __init__(self, weights: Path) -> None:
        import spacy

        try:
            config = spacy.util.load_config(weights / "config.cfg")
            needless = [
                name
                for name, part in config.get("components", {}).items()
                if part.get("factory") in _NEEDLESS
            ]
            self._nlp: Any = spacy.util.load_model_from_path(weights, exclude=needless)
        except (OSError, ValueError, KeyError, ImportError, AttributeError, TypeError) as error:
            raise FailedPrecondition(
                f"{weights.name} cannot be opened as a spaCy pipeline: {error}"
            ) from error
        factories = {self._nlp.get_pipe_meta(name).factory for name in self._nlp.pipe_names}
        if "parser" not in factories or not factories & {"tagger", "morphologizer"}:
            parts = ", ".join(self._nlp.pipe_names) or "nothing"
            raise FailedPrecondition(
                f"{weights.name} cannot tell syntax: it has {parts}.",
                hint="A pipeline needs a parser, and a tagger or a morphologizer.",
            )

    def parse(self, sentences: Sequence[str], language: str) -> list[list[Token]]:
        """Return the tokens of each sentence."""
        with self._nlp.memory_zone():  # else every new word stays in memory
            made = (self._sentence(text) for text in sentences)
            return [_tokens(doc) for doc in self._nlp.pipe(made, batch_size=_BATCH)]

    def _sentence(self, text: str) -> Any:
        """Return a text as one sentence that no component has seen yet."""
        doc = self._nlp.make_doc(readable(text))
        for word in doc:
            word.is_sent_start = word.i == 0
        return doc


def _tokens(doc: Any) -> list[Token]:
    """Return the words of a parsed sentence; what depends on a space goes to the space's head."""
    words = [word for word in doc if not word.is_space]
    places = {word.i: place for place, word in enumerate(words)}
    made = []
    for place, word in enumerate(words):
        head = word.head
        while head.is_space and head.head.i != head.i:
            head = head.head
        above = places.get(head.i, place)
        made.append(
            Token(
                start=word.idx,
                end=word.idx + len(word),
                lemma=word.lemma_,
                pos=word.pos_ or "X",
                features=word.morph.to_dict(),
                head=above,
                relation="root" if above == place else word.dep_ or "dep",
            )
        )
    return made
