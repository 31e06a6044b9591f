"""What users define: schemas with anchors and patterns, classes, and where documents start."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from sensorium.models.errors import InvalidArgument
from sensorium.models.extraction import Date, Truth, classes, custom, splitting
from sensorium.models.extraction.schema import Property, Schema
from tests.unit.typesetting import typeset

POLICY = typeset(
    (40, 1, "Policy number: AB-123456"),
    (40, 2, "Start of cover"),
    (300, 2, "5 March 2024"),
    (40, 3, "Premium"),
    (300, 3, "$1,250.50"),
    (40, 4, "Smoker: no"),
    (40, 6, "Driver: Ada"),
    (40, 7, "Driver: Grace"),
)


def read(*described: tuple[str, str, str, str], document=POLICY):
    return custom.extract(document, Schema.of([Property.described(*one) for one in described]))


def test_a_name_is_its_own_anchor():
    (one,) = read(("policy_number", "string", "", ""))
    assert (one.type, one.mention_text) == ("policy_number", "AB-123456")


def test_values_are_read_as_their_types():
    found = read(
        ("start", "date", "OPTIONAL_ONCE", "anchors: Inception | Start of cover"),
        ("premium", "money", "OPTIONAL_ONCE", ""),
        ("smoker", "boolean", "OPTIONAL_ONCE", ""),
    )
    start, premium, smoker = (one.normalized for one in found)
    assert start == Date(2024, 3, 5)
    assert (premium.currency, premium.value) == ("USD", Decimal("1250.5"))
    assert smoker == Truth(False)


def test_what_may_come_once_comes_once_and_what_may_come_often_comes_often():
    assert [one.mention_text for one in read(("driver", "string", "OPTIONAL_MULTIPLE", ""))] == [
        "Ada",
        "Grace",
    ]
    assert len(read(("driver", "string", "REQUIRED_ONCE", ""))) == 1


def test_a_pattern_finds_values_anywhere():
    (one,) = read(("code", "string", "", r"The code." + "\n" + r"regex: [A-Z]{2}-(\d{6})"))
    assert one.mention_text == "123456"


def test_what_is_not_there_is_left_out():
    assert read(("vessel", "string", "REQUIRED_ONCE", ""), ("premium", "date", "", "")) == []


def test_right_to_left_labels_have_their_values_to_the_left():
    document = typeset((500, 1, "المجموع"), (200, 1, "150.00"), (500, 2, "סכום"), (200, 2, "99.00"))
    found = read(
        ("total", "number", "", "anchors: المجموع"),
        ("sum", "number", "", "anchors: סכום"),
        document=document,
    )
    assert [one.normalized.value for one in found] == [150, 99]


@pytest.mark.parametrize(
    "described",
    [
        ("x", "string", "", "regex: (unclosed"),
        ("x", "string", "", "regex: " + "a" * 2000),
        ("x", "colour", "", ""),
        ("x", "string", "SOMETIMES", ""),
        (" ", "string", "", ""),
    ],
)
def test_a_bad_property_is_refused(described):
    with pytest.raises(InvalidArgument):
        Property.described(*described)


def test_a_property_that_comes_twice_is_refused():
    with pytest.raises(InvalidArgument, match="twice"):
        Schema.of([Property("a"), Property("a")])


def test_a_pattern_that_backtracks_is_stopped_and_named():
    document = typeset((40, 1, "a" * 60 + "!"))
    with pytest.raises(InvalidArgument, match=r"slow\.description"):
        read(("slow", "string", "", r"regex: ^(a|a|aa)+$"), document=document)


def cloud(seed: int, count: int, axis: int):
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 0.12, (count, 32)).astype(np.float32)
    rows[:, axis] += 1
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


TRAINED = classes.train(
    np.vstack([cloud(1, 8, 0), cloud(2, 8, 1), cloud(3, 8, 2)]),
    ["invoice"] * 8 + ["letter"] * 8 + ["form"] * 8,
    threshold=0.6,
)


def test_documents_are_told_apart():
    for axis, label in enumerate(("invoice", "letter", "form")):
        for one in TRAINED.classify(cloud(10 + axis, 20, axis)):
            assert one.label == label
            assert sum(one.scores.values()) == pytest.approx(1, abs=1e-4)


def test_a_document_between_classes_has_none():
    middle = (cloud(5, 1, 0) + cloud(6, 1, 1) + cloud(7, 1, 2)) / 3
    assert TRAINED.classify(middle)[0].label == ""


def test_a_classifier_is_stored_and_read_back():
    again = classes.Classifier.from_bytes(TRAINED.to_bytes())
    sample = cloud(9, 5, 1)
    assert again.classify(sample) == TRAINED.classify(sample)


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\x80\x04.", TRAINED.to_bytes()[:-3]])
def test_what_is_no_classifier_is_refused(content: bytes):
    with pytest.raises(InvalidArgument):
        classes.Classifier.from_bytes(content)


@pytest.mark.parametrize(
    ("vectors", "labels"),
    [
        ([[1.0, 0.0]] * 4, ["a"] * 4),
        ([[1.0, 0.0]] * 3, ["a", "a", "b"]),
        ([[1.0, 0.0]] * 3, ["a", "a"]),
        ([[1.0], [1.0, 2.0]], ["a", "b"]),
        ([[float("nan")]] * 4, ["a", "a", "b", "b"]),
    ],
)
def test_too_little_to_learn_from_is_refused(vectors, labels):
    with pytest.raises(InvalidArgument):
        classes.train(vectors, labels)


def test_a_stack_is_split_where_the_class_changes():
    stack = np.vstack([cloud(20, 2, 0), cloud(21, 1, 1), cloud(22, 2, 2)])
    found = splitting.split([""] * 5, stack, TRAINED)
    assert [(one.first, one.last, one.label) for one in found] == [
        (0, 1, "invoice"),
        (2, 2, "letter"),
        (3, 4, "form"),
    ]


def test_page_numbers_decide_over_classes():
    stack = np.vstack([cloud(20, 2, 0), cloud(21, 2, 0)])
    texts = ["Page 1 of 2", "Page 2 of 2", "Seite 1 von 2", "Seite 2 von 2"]
    found = splitting.split(texts, stack, TRAINED)
    assert [(one.first, one.last) for one in found] == [(0, 1), (2, 3)]


def test_an_empty_stack_has_no_documents():
    assert splitting.split([], [], TRAINED) == []
