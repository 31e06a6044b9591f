"""Universal Dependencies, and what spaCy's English pipelines say, in Google's terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.apis.language.universal import label, part_of_speech
from sensorium.apis.wire.codec import decode
from sensorium.apis.wire.table import load
from sensorium.models.tasks import Token

SYNTAX = load().methods["google.cloud.language.v1.LanguageService.AnalyzeSyntax"]


def token(relation: str, pos: str = "NOUN", head: int = 0, **features: str) -> Token:
    return Token(0, 1, "word", pos, features, head, relation)


def labelled(relation: str, pos: str = "NOUN") -> str:
    return label([token("root", "VERB"), token(relation, pos)], 1)


@given(
    st.text(max_size=12) | st.sampled_from(["obl:arg", "nmod", "aux:pass", "dobj", "flat:name"]),
    st.sampled_from(["NOUN", "PROPN", "VERB", "AUX", "PART", "SPACE", ""]),
    st.dictionaries(
        st.sampled_from(["Number", "Tense", "Mood", "Case", "Person", "Foreign"]),
        st.sampled_from(["Plur", "Sing", "Past", "Imp", "3", "Masc,Fem", ""]),
    ),
)
def test_whatever_a_parser_says_is_an_answer_that_the_schema_has(
    relation: str, pos: str, features: dict[str, str]
):
    one = token(relation, pos, **features)
    answered = {
        "tokens": [
            {
                "partOfSpeech": part_of_speech(one),
                "dependencyEdge": {"label": label([token("root"), one], 1)},
            }
        ]
    }
    answer = SYNTAX.response()
    decode(answer, answered)
    edge = answer.tokens[0].dependency_edge
    names = edge.DESCRIPTOR.fields_by_name["label"].enum_type.values_by_number
    assert names[edge.label].name == label([token("root"), one], 1)


@pytest.mark.parametrize(
    ("relation", "google"),
    [
        ("nsubj", "NSUBJ"),
        ("obj", "DOBJ"),
        ("dobj", "DOBJ"),
        ("nsubj:pass", "NSUBJPASS"),
        ("nsubjpass", "NSUBJPASS"),
        ("aux:pass", "AUXPASS"),
        ("auxpass", "AUXPASS"),
        ("prep", "PREP"),
        ("pobj", "POBJ"),
        ("poss", "POSS"),
        ("nmod:poss", "POSS"),
        ("compound", "NN"),
        ("relcl", "RCMOD"),
        ("acl:relcl", "RCMOD"),
        ("Nonsense", "UNKNOWN"),
    ],
)
def test_both_families_of_names_mean_the_same(relation: str, google: str):
    assert labelled(relation) == google


def test_a_noun_with_a_preposition_is_its_object_though_it_hangs_elsewhere():
    sentence = [token("root", "VERB"), token("case", "ADP", head=2), token("obl", head=0)]
    assert [label(sentence, at) for at in range(3)] == ["ROOT", "PREP", "POBJ"]
    assert labelled("obl") == "NPADVMOD"


def test_morphology_that_google_does_not_have_is_left_out():
    assert part_of_speech(token("obj", Number="Plur", Foreign="Yes")) == {
        "tag": "NOUN",
        "number": "PLURAL",
        "proper": "NOT_PROPER",
    }
