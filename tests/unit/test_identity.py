"""Passports, identity cards and licences: fields, check digits, and the honest empty answer."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.extraction import Date, licences, mrz, passports
from tests.unit.typesetting import typeset

# The specimens of ICAO Doc 9303, parts 4, 5 and 6.
TD3 = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
TD2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
TD1 = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)


def zone_on_a_page(lines):
    return typeset((40, 0, "PASSPORT"), *((40, 5 + at, line) for at, line in enumerate(lines)))


@pytest.mark.parametrize("lines", [TD1, TD2, TD3], ids=["TD1", "TD2", "TD3"])
def test_the_specimens_are_read_and_hold(lines):
    zone = mrz.parse(lines)
    assert zone.valid
    assert (zone.surname, zone.given_names) == ("ERIKSSON", "ANNA MARIA")
    assert zone.fields["birth"] == "740812"
    assert zone.fields["number"] in ("L898902C3", "D23145890")


@pytest.mark.parametrize("lines", [TD1, TD2, TD3], ids=["TD1", "TD2", "TD3"])
def test_a_zone_on_a_page_becomes_entities(lines):
    found = {one.type: one for one in passports.extract(zone_on_a_page(lines))}
    assert found["Family Name"].normalized.value == "ERIKSSON"
    assert found["Date Of Birth"].normalized == Date(1974, 8, 12)
    assert found["Expiration Date"].normalized == Date(2012, 4, 15)
    assert all(one.confidence > 0.9 for one in found.values())


def test_a_digit_that_does_not_check_is_less_sure_and_not_mended():
    wrong = (TD3[0], TD3[1].replace("740812", "740813"))
    found = {one.type: one for one in passports.extract(zone_on_a_page(wrong))}
    assert found["Date Of Birth"].normalized == Date(1974, 8, 13)
    assert found["Date Of Birth"].confidence < 0.5
    assert found["Document Id"].confidence > 0.9


def test_a_letter_read_for_a_digit_is_taken_for_it():
    read = (TD3[0], TD3[1].replace("7408122F1204159", "74O8122F12O4159"))
    assert mrz.parse(read).valid


def test_a_page_without_a_zone_is_an_empty_answer():
    assert passports.extract(typeset((40, 1, "PASSPORT"), (40, 2, "P<UTO"))) == []
    assert licences.extract(typeset((40, 1, "Dear Sir,"), (40, 2, "1 apple"))) == []


FIELD = st.text(string.ascii_uppercase + string.digits + "<", min_size=1, max_size=39)


@given(FIELD, st.integers(0, 38), st.sampled_from(string.digits))
def test_a_check_digit_sees_any_one_digit_that_is_wrong(text: str, at: int, digit: str):
    if at < len(text) and text[at].isdigit() and text[at] != digit:
        wrong = text[:at] + digit + text[at + 1 :]
        assert mrz.check_digit(wrong) != mrz.check_digit(text)


DATE = st.dates().map(lambda date: date.strftime("%y%m%d"))


@given(st.text(string.ascii_uppercase + string.digits, min_size=9, max_size=9), DATE, DATE)
def test_a_zone_that_was_written_by_the_standard_holds(number: str, birth: str, expiry: str):
    check = mrz.check_digit
    number_part, birth_part = number + check(number), birth + check(birth)
    rest = expiry + check(expiry) + "<" * 14 + "0"
    line = f"{number_part}UTO{birth_part}F{rest}" + check(number_part + birth_part + rest)
    zone = mrz.parse((TD3[0], line))
    assert zone.valid
    assert (zone.fields["number"], zone.fields["birth"]) == (number, birth)


@given(st.lists(st.text(max_size=50), max_size=4))
def test_no_text_makes_the_reader_of_zones_fail(lines: list[str]):
    like = [mrz.line_like(line) for line in lines]
    zone = mrz.parse(tuple(line for line in like if line))
    assert zone is None or set(zone.fields) >= {"number", "birth"}


def test_a_licence_is_read():
    document = typeset(
        (40, 0, "California DRIVER LICENSE"),
        (300, 2, "DL I1234568"),
        (300, 3, "EXP 08/31/2029"),
        (300, 4, "LN CARDHOLDER"),
        (300, 5, "FN IMA"),
        (300, 6, "DOB 08/31/1977"),
        (300, 7, "8 2570 24TH STREET"),
        (500, 9, "ISS 09/01/2024"),
    )
    found = {one.type: one for one in licences.extract(document)}
    assert found["Document Id"].mention_text == "I1234568"
    assert found["Family Name"].mention_text == "CARDHOLDER"
    assert found["Given Names"].mention_text == "IMA"
    assert found["Address"].mention_text == "2570 24TH STREET"
    assert found["Date Of Birth"].normalized == Date(1977, 8, 31)
    assert found["Expiration Date"].normalized == Date(2029, 8, 31)
    assert found["Issue Date"].normalized == Date(2024, 9, 1)
