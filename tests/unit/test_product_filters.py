"""The filter of a product search: what it means, and that no text breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.apis.vision.products.filters import Filter, parse
from sensorium.models.errors import InvalidArgument

SIGNS = st.sampled_from(["(", ")", "=", '"', "\\", " ", "AND", "OR", "a", "b", "\n", "é", ":", ""])
LABELS = st.tuples(st.text(min_size=1), st.text(min_size=1))


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", []),
        ("  ", []),
        ("color=red", [{("color", "red")}]),
        ("brand = Google", [{("brand", "Google")}]),
        ("size=1199 AND color=red", [{("size", "1199")}, {("color", "red")}]),
        (
            "style=women AND (color=red OR color=blue)",
            [{("style", "women")}, {("color", "red"), ("color", "blue")}],
        ),
        (
            "(color = red OR color = blue) AND brand = Google",
            [{("color", "red"), ("color", "blue")}, {("brand", "Google")}],
        ),
        ("color=red OR color=blue", [{("color", "red"), ("color", "blue")}]),
        ('color="light blue" AND (fit=slim)', [{("color", "light blue")}, {("fit", "slim")}]),
        ('"AND"="OR" AND a="(b)"', [{("AND", "OR")}, {("a", "(b)")}]),
        ('a="say \\"hi\\""', [{("a", 'say "hi"')}]),
        ("t-shirt=ja AND größe=XL", [{("t-shirt", "ja")}, {("größe", "XL")}]),
    ],
)
def test_a_filter_means_what_it_says(text, clauses):
    assert [set(clause) for clause in parse(text, "f").clauses] == clauses


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("color: red", "An equals sign is missing (character 8"),
        ("(color=red OR brand=Google)", "OR joins terms of one key, here 'color' (character 15"),
        ("a=1 AND b=1 OR b=2", "parentheses"),
        ("a=1 b=2", "AND is missing (character 5"),
        ("a=1 AND", "Here should be a key (character 8"),
        ("a=", "Here should be a value"),
        ("=a", "Here should be a key"),
        ("((a=1))", "Here should be a key"),
        ("(a=1", "closing parenthesis"),
        ("a=1)", "AND is missing"),
        ("()", "Here should be a key"),
        ('a="b', "not closed"),
        ('a=""', "Here should be a value"),
        ("a=b OR", "Here should be a key"),
        ("a=1 and b=2", "AND is missing"),
        ("a" * 10_001, "10001 characters"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_with_the_place(text, reason):
    with pytest.raises(InvalidArgument) as refused:
        parse(text, "requests[0].filter")
    assert reason in refused.value.message
    assert refused.value.field == "requests[0].filter"


@given(st.text() | st.lists(SIGNS, max_size=30).map("".join))
def test_any_text_is_a_filter_or_refused(text):
    try:
        found = parse(text, "f")
    except InvalidArgument:
        return
    assert all(len({key for key, _ in clause}) == 1 for clause in found.clauses)


@given(st.lists(st.tuples(st.text(min_size=1), st.lists(st.text(min_size=1), min_size=1))))
def test_whatever_is_quoted_comes_back_as_it_was(wanted):
    text = " AND ".join(
        "(" + " OR ".join(f"{quoted(key)}={quoted(value)}" for value in values) + ")"
        for key, values in wanted
    )
    expected = [{(key, value) for value in values} for key, values in wanted]
    assert [set(clause) for clause in parse(text, "f").clauses] == expected


@given(st.lists(LABELS), st.lists(st.frozensets(LABELS, min_size=1)))
def test_every_clause_must_hold_by_one_of_its_labels(labels, clauses):
    fits = Filter(tuple(clauses)).fits(labels)
    assert fits == all(any(label in labels for label in clause) for clause in clauses)
