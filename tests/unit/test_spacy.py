"""The promise of spaCy pipelines by card: whole trees, exact places, and no code but spaCy's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call
from sensorium.models.engines.spacy import SpaCy
from sensorium.models.errors import FailedPrecondition
from sensorium.models.pool import LocalModels
from sensorium.models.registry import BY_CARD, discover, with_cards
from sensorium.models.weights import Weights, own
from sensorium.models.weights.own import Stated
from tests.conformance.language import check_syntax_parser
from tests.unit.tiny import brought

# form lemma POS head relation, a word each; heads count from 1, 0 is the root's
SENTENCES = (
    "The the DET 2 det|fox fox NOUN 3 nsubj|sees see VERB 0 root|two two NUM 5 nummod|"
    "dogs dog NOUN 3 obj|. . PUNCT 3 punct",
    "A a DET 2 det|dog dog NOUN 3 nsubj|runs run VERB 0 root|in in ADP 6 case|the the DET 6 det|"
    "garden garden NOUN 3 obl|. . PUNCT 3 punct",
    "Maria Maria PROPN 2 nsubj|reads read VERB 0 root|books book NOUN 2 obj|in in ADP 5 case|"
    "Oslo Oslo PROPN 2 obl|. . PUNCT 2 punct",
    "Two two NUM 2 nummod|foxes fox NOUN 3 nsubj|run run VERB 0 root|. . PUNCT 3 punct",
    "Maria Maria PROPN 2 nsubj|sees see VERB 0 root|the the DET 4 det|garden garden NOUN 2 obj|"
    ". . PUNCT 2 punct",
)
WIDTH = 32
LISTENER = {
    "@architectures": "spacy.Tok2VecListener.v1",
    "width": WIDTH,
    "upstream": "*",
}
RARE = {"parser": {"min_action_freq": 1}, "trainable_lemmatizer": {"min_tree_freq": 1}}
SYNTAX = "google.cloud.language.v1.LanguageService.AnalyzeSyntax"


def examples(nlp: Any) -> Iterator[Any]:
    from spacy.tokens import Doc
    from spacy.training import Example

    for sentence in SENTENCES:
        words = [word.split() for word in sentence.split("|")]
        known = Doc(
            nlp.vocab,
            words=[word[0] for word in words],
            spaces=[word[0] not in (".", words[-2][0]) for word in words],
            lemmas=[word[1] for word in words],
            pos=[word[2] for word in words],
            tags=[word[2] for word in words],
            morphs=[
                "Number=Plur" if word[0] in ("dogs", "books", "foxes") else "" for word in words
            ],
            heads=[int(word[3]) - 1 if word[3] != "0" else at for at, word in enumerate(words)],
            deps=["ROOT" if word[4] == "root" else word[4] for word in words],
        )
        yield Example(nlp.make_doc(known.text), known)


def save_pipeline(folder: Path, *parts: str) -> None:
    """Train a pipeline of these parts on a few sentences and save it."""
    import spacy

    spacy.util.fix_random_seed(7)
    nlp = spacy.blank("en")
    encoder = {"@architectures": "spacy.HashEmbedCNN.v2", "width": WIDTH, "depth": 2}
    small = {"embed_size": 200, "window_size": 1, "maxout_pieces": 2, "subword_features": True}
    nlp.add_pipe("tok2vec", config={"model": {**encoder, **small, "pretrained_vectors": None}})
    for part in parts:
        nlp.add_pipe(part, config={"model": {"tok2vec": LISTENER}, **RARE.get(part, {})})
    known = list(examples(nlp))
    optimizer = nlp.initialize(lambda: known)
    optimizer.learn_rate = 0.01
    for _ in range(60):
        nlp.update(known, sgd=optimizer)
    nlp.to_disk(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pipeline")
    brought("spacy", made)  # skips where the library is missing
    save_pipeline(made, "tagger", "morphologizer", "parser", "trainable_lemmatizer")
    return made


@pytest.fixture(scope="module")
def parser(folder: Path) -> SpaCy:
    return SpaCy(folder)


def test_a_pipeline_by_card_keeps_the_promises_of_its_task(folder: Path):
    check_syntax_parser(brought("spacy", folder))


def test_a_sentence_is_parsed_as_it_was_taught(parser: SpaCy):
    text = "The fox sees two dogs."
    (tokens,) = parser.parse([text], "en")
    assert [
        (text[one.start : one.end], one.lemma, one.pos, one.head, one.relation) for one in tokens
    ] == [
        ("The", "the", "DET", 1, "det"),
        ("fox", "fox", "NOUN", 2, "nsubj"),
        ("sees", "see", "VERB", 2, "root"),
        ("two", "two", "NUM", 4, "nummod"),
        ("dogs", "dog", "NOUN", 2, "obj"),
        (".", ".", "PUNCT", 2, "punct"),
    ]
    assert tokens[4].features == {"Number": "Plur"}


def test_spaces_are_no_tokens_and_heads_pass_over_them(parser: SpaCy):
    text = "  The fox \r\n  sees\ttwo  dogs .  "
    (tokens,) = parser.parse([text], "en")
    assert [text[one.start : one.end] for one in tokens] == [
        "The",
        "fox",
        "sees",
        "two",
        "dogs",
        ".",
    ]
    assert all(0 <= one.head < len(tokens) for one in tokens)


def test_a_sentence_is_one_tree_even_if_it_reads_as_two(parser: SpaCy):
    (tokens,) = parser.parse(["Two foxes run. A dog runs in the garden."], "en")
    assert sum(one.head == at for at, one in enumerate(tokens)) == 1


def test_a_batch_equals_its_sentences_one_by_one(parser: SpaCy):
    texts = ["The fox sees two dogs.", "", "😀 Maria reads books in Oslo.", "\ud800", " "] * 20
    assert parser.parse(texts, "en") == [parser.parse([text], "en")[0] for text in texts]


# --- through the API --------------------------------------------------------------------------


def ask(state: Path, text: str, kind: str, encoding: str) -> Any:
    """Analyze syntax with the pipeline that a state folder's card brings."""

    async def run() -> Any:
        weights = Weights.of(state)
        specs = with_cards(discover(), weights.cards.values())
        models = LocalModels(specs, weights=weights.locate)
        nowhere: Any = None
        document = {"type": kind, "content": text, "language": "en"}
        try:
            return await LocalClient(Call(models, nowhere)).call(
                SYNTAX, {"document": document, "encodingType": encoding}
            )
        finally:
            await models.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def state(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("state")
    spec = next(spec for spec in discover() if spec.name == "spacy")
    assert spec.card == BY_CARD
    stated = Stated("English syntax", "MIT", "It knows five sentences.", ("en",))
    card, left = own.describe("english-syntax", folder, spec, stated)
    assert left == []
    own.write(card, made / "cards")
    Weights.of(made).import_folder(folder)
    return made


@pytest.mark.parametrize(
    ("encoding", "codec", "size"),
    [("UTF8", "utf-8", 1), ("UTF16", "utf-16-le", 2), ("UTF32", "utf-32-le", 4)],
)
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("PLAIN_TEXT", "😀 The fox sees two dogs.\r\n  Maria reads books in Oslo."),
        ("HTML", "<p>The fox &amp; dog <b>sees</b> two dogs.</p><p>Maria reads books.</p>"),
    ],
)
def test_tokens_stand_at_their_offsets_with_heads_counted_from_the_first(
    state: Path, kind: str, text: str, encoding: str, codec: str, size: int
):
    answer = ask(state, text, kind, encoding)
    assert len(answer["sentences"]) >= 2
    raw = text.encode(codec)
    written = {"&": "&amp;"} if kind == "HTML" else {}
    for token in answer["tokens"]:
        content = token["text"]["content"]
        behind = raw[token["text"].get("beginOffset", 0) * size :].decode(codec)
        assert behind.startswith(written.get(content, content))
    words = [token["text"]["content"] for token in answer["tokens"]]
    maria = words.index("Maria")
    edges = [token["dependencyEdge"] for token in answer["tokens"]]
    heads = [edge.get("headTokenIndex", 0) for edge in edges]
    assert words[heads[maria]] == "reads"
    assert words[heads[words.index("books")]] == "reads"
    assert edges[words.index("books")]["label"] == "DOBJ"
    assert edges[maria]["label"] == "NSUBJ"
    # no head is in another sentence
    assert all(head >= maria for head in heads[maria:])
    assert all(head < maria for head in heads[:maria])


def test_parts_of_speech_lemmas_and_numbers_are_googles(state: Path):
    answer = ask(state, "Maria reads books in Oslo.", "PLAIN_TEXT", "UTF32")
    maria, reads, books, _, oslo, stop = answer["tokens"]
    assert maria["partOfSpeech"]["proper"] == oslo["partOfSpeech"]["proper"] == "PROPER"
    assert reads["lemma"] == "read"
    assert reads["dependencyEdge"]["label"] == "ROOT"
    assert books["partOfSpeech"]["number"] == "PLURAL"
    assert oslo["dependencyEdge"]["label"] == "POBJ"
    assert stop["partOfSpeech"]["tag"] == "PUNCT"


# --- folders that are no pipeline for syntax ---------------------------------------------------


def test_a_pipeline_without_a_parser_is_refused_with_its_parts(tmp_path: Path):
    brought("spacy", tmp_path)
    save_pipeline(tmp_path, "tagger")
    with pytest.raises(FailedPrecondition, match="cannot tell syntax: it has tok2vec, tagger"):
        SpaCy(tmp_path)


def test_what_is_no_pipeline_is_refused(folder: Path, tmp_path: Path):
    with pytest.raises(FailedPrecondition, match="cannot be opened as a spaCy pipeline"):
        SpaCy(tmp_path)
    (tmp_path / "config.cfg").write_text("[nlp]\nlang = 'en'\npipeline = ['mine']\n")
    with pytest.raises(FailedPrecondition, match="cannot be opened as a spaCy pipeline"):
        SpaCy(tmp_path)


def test_a_component_that_spacy_does_not_have_is_refused_and_its_code_never_runs(
    folder: Path, tmp_path: Path
):
    import shutil

    shutil.copytree(folder, tmp_path / "pipeline")
    config = tmp_path / "pipeline" / "config.cfg"
    config.write_text(config.read_text().replace('factory = "tagger"', 'factory = "mine"'))
    ran = tmp_path / "ran"
    for name in ("__init__.py", "mine.py"):
        (tmp_path / "pipeline" / name).write_text(f"open({str(ran)!r}, 'w')\n")
    with pytest.raises(FailedPrecondition, match="mine"):
        SpaCy(tmp_path / "pipeline")
    assert not ran.exists()
