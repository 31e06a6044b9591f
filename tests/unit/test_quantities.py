"""The promise of the rules: dates, prices, phone numbers and numbers with their values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quality_quantities import LOCALES, judge
from sensorium.models.quantities import recognize


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_found_is_right_in_95_of_100_cases(locale: str):
    right, found, expected, wrong = judge(locale)
    for kind in expected:
        assert right[kind] >= 0.95 * found[kind], wrong
        assert right[kind] >= 0.9 * expected[kind], wrong


@pytest.mark.parametrize(
    ("text", "locale", "kind", "parts"),
    [
        ("on March 5, 2024", "en", "DATE", {"year": "2024", "month": "03", "day": "05"}),
        ("am 5. März 2024", "de", "DATE", {"year": "2024", "month": "03", "day": "05"}),
        ("for $420 a night", "en", "PRICE", {"value": "420.000000", "currency": "USD"}),
        ("kostet 1.299,50 €", "de", "PRICE", {"value": "1299.500000", "currency": "EUR"}),
        ("call +44 20 7946 0958", "en", "PHONE_NUMBER", {"national_prefix": "+44"}),
        ("twenty-five sheep", "en", "NUMBER", {"value": "25"}),
    ],
)
def test_parts_are_normalized(text: str, locale: str, kind: str, parts: dict[str, str]):
    (found,) = recognize(text, locale)
    assert found.kind == kind
    for name, value in parts.items():
        assert found.parts[name] in (value, value.rstrip("0").rstrip("."))


def test_an_address_has_its_street_and_code():
    found = recognize("Send it to 1600 Amphitheatre Parkway, Mountain View, CA 94043.", "en")
    (address,) = [one for one in found if one.kind == "ADDRESS"]
    assert address.parts["street_number"] == "1600"
    assert address.parts["street_name"] == "Amphitheatre Parkway"
    assert address.parts["postal_code"] == "94043"


@pytest.mark.parametrize("text", ["", " ", "Nothing to count here.", "v1.2.3-rc4", "A-12/b"])
def test_what_is_no_quantity_is_left_alone(text: str):
    assert recognize(text, "en") == []


@given(st.text(alphabet=st.sampled_from("0123456789 .,-/+()€$£%:aM月日\u0661\u0662😀é")))
def test_finds_lie_in_the_text_in_order_without_overlap(text: str):
    found = recognize(text, "en")
    ends = 0
    for one in sorted(found, key=lambda one: one.start):
        assert ends <= one.start < one.end <= len(text)
        ends = one.end
