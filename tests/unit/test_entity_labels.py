"""What taggers' labels mean, whatever a person has written into a configuration."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.entity_labels import OUTSIDE, Tag, kind_of, nameless, tag
from sensorium.models.tasks import EntityKind

NAMES = st.sampled_from(
    ["PER", "LOC", "ORG", "MISC", "Corporation", "creative-work", "GPE", "Drug"]
)
PLACES = {"B": "begin", "I": "inside", "E": "end", "S": "single", "L": "end", "U": "single"}


@given(st.text())
def test_any_label_is_outside_or_a_kind_that_exists(label: str):
    found = tag(label)
    assert found == OUTSIDE or found.kind in get_args(EntityKind)


@given(NAMES, st.sampled_from(sorted(PLACES)), st.sampled_from("-_"))
def test_a_prefix_tells_the_place_and_not_the_kind(name: str, prefix: str, between: str):
    assert tag(f"{prefix}{between}{name}") == Tag(PLACES[prefix], kind_of(name))


@given(NAMES)
def test_a_label_without_a_prefix_stands_inside(name: str):
    assert tag(name) == Tag("inside", kind_of(name))


@given(NAMES)
def test_case_and_separators_do_not_matter(name: str):
    written = {name, name.lower(), name.upper(), name.replace("-", "_"), name.replace("-", " ")}
    assert len({kind_of(one) for one in written}) == 1


@pytest.mark.parametrize("label", ["O", "o", "OUTSIDE", "None"])
def test_what_is_no_entity_is_outside(label: str):
    assert tag(label) == OUTSIDE


@pytest.mark.parametrize("label", ["DATE", "B-TIME", "I-MONEY", "S-Cardinal", "B-PERCENT", "NUM"])
def test_moments_and_quantities_are_left_to_the_rules(label: str):
    assert tag(label) == OUTSIDE


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("PER", "PERSON"),
        ("I-person", "PERSON"),
        ("persName", "PERSON"),
        ("B-GPE", "LOCATION"),
        ("geo-loc", "LOCATION"),
        ("location-bridge", "LOCATION"),
        ("FAC", "LOCATION"),
        ("ORG", "ORGANIZATION"),
        ("B-corporation", "ORGANIZATION"),
        ("organization-company", "ORGANIZATION"),
        ("EVENT", "EVENT"),
        ("WORK_OF_ART", "WORK_OF_ART"),
        ("B-creative-work", "WORK_OF_ART"),
        ("PRODUCT", "CONSUMER_GOOD"),
        ("MISC", "OTHER"),
        ("NORP", "OTHER"),
        ("Disease", "OTHER"),
    ],
)
def test_labels_of_the_common_sets_have_googles_kinds(label: str, kind: str):
    assert tag(label).kind == kind


@given(st.integers(min_value=0))
def test_a_number_is_no_name(number: int):
    assert nameless(f"LABEL_{number}")
    assert not nameless(f"B-LABEL_{number}x")
