"""Invoices and receipts set by hand: which fields are found, how sure, and what is never said."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from sensorium.models.extraction import Date, PlacedText, Time, invoices, labels, receipts
from sensorium.models.extraction.amounts import number
from sensorium.models.extraction.parties import valid_iban
from tests.unit.typesetting import pages, typeset

HEAD = (
    (40, 0, "INVOICE"),
    (40, 2, "Northwind Traders Ltd"),
    (40, 3, "12 Harbour Street"),
    (40, 4, "Bristol BS1 4DJ"),
    (40, 5, "Tel: +44 117 496 0000"),
    (40, 6, "billing@northwind.example"),
    (500, 2, "Invoice No:"),
    (640, 2, "INV-2024-0042"),
    (500, 3, "Invoice Date:"),
    (640, 3, "05/03/2024"),
    (500, 4, "Due Date:"),
    (640, 4, "04/04/2024"),
    (500, 5, "PO Number:"),
    (640, 5, "PO-7781"),
    (40, 8, "Bill To"),
    (40, 9, "Ada Lovelace"),
    (40, 10, "1 Mill Lane"),
    (40, 11, "London W1A 1AA"),
)
COLUMNS = (
    (40, 14, "Description"),
    (400, 14, "Qty"),
    (520, 14, "Unit Price"),
    (700, 14, "Amount"),
)


def table(*items: tuple[str, str, str, str], line: int = 15):
    return tuple(
        cell
        for row, (name, count, price, amount) in enumerate(items, line)
        for cell in (
            (40, row, name),
            (400, row, count),
            (520, row, price),
            (700, row, amount),
        )
    )


ITEMS = table(("Blue widget", "2", "£15.00", "£30.00"), ("Red widget", "1", "£70.00", "£70.00"))
TOTALS = (
    (520, 18, "Subtotal"),
    (700, 18, "£100.00"),
    (520, 19, "VAT 20%"),
    (700, 19, "£20.00"),
    (520, 20, "Total"),
    (700, 20, "£120.00"),
)


def only(entities, kind):
    found = [one for one in entities if one.type == kind]
    assert len(found) == 1, (kind, found)
    return found[0]


def kinds(entities):
    return {one.type for one in entities}


def test_an_invoice_is_read_with_its_types_and_values():
    found = invoices.extract(typeset(*HEAD, *COLUMNS, *ITEMS, *TOTALS))
    texts = {one.type: one.mention_text for one in found if one.type != "line_item"}
    assert texts["invoice_id"] == "INV-2024-0042"
    assert texts["purchase_order"] == "PO-7781"
    assert texts["supplier_name"] == "Northwind Traders Ltd"
    assert texts["supplier_email"] == "billing@northwind.example"
    assert texts["supplier_phone"] == "+44 117 496 0000"
    assert texts["receiver_name"] == "Ada Lovelace"
    assert texts["receiver_address"] == "1 Mill Lane\nLondon W1A 1AA"
    assert "12 Harbour Street" in texts["supplier_address"]
    assert only(found, "currency").normalized.value == "GBP"
    assert only(found, "invoice_date").normalized == Date(2024, 3, 5)  # pounds: day before month
    assert only(found, "due_date").normalized == Date(2024, 4, 4)
    assert only(found, "net_amount").normalized.value == 100
    assert only(found, "total_tax_amount").normalized.value == 20
    assert only(found, "total_amount").normalized.value == 120


def test_every_span_cuts_the_mention_out_of_the_text():
    document = typeset(*HEAD, *COLUMNS, *ITEMS, *TOTALS)
    found = invoices.extract(document)
    for one in [*found, *(part for item in found for part in item.properties)]:
        cut = "".join(document.text[start:end] for start, end in one.spans)
        assert "".join(cut.split()) == "".join(one.mention_text.split()), one


def test_line_items_have_their_parts():
    found = invoices.extract(typeset(*HEAD, *COLUMNS, *ITEMS, *TOTALS))
    items = [one for one in found if one.type == "line_item"]
    assert [{part.type: part.mention_text for part in item.properties} for item in items] == [
        {
            "line_item/description": "Blue widget",
            "line_item/quantity": "2",
            "line_item/unit_price": "£15.00",
            "line_item/amount": "£30.00",
        },
        {
            "line_item/description": "Red widget",
            "line_item/quantity": "1",
            "line_item/unit_price": "£70.00",
            "line_item/amount": "£70.00",
        },
    ]


def test_a_description_goes_on_in_the_next_line():
    more = (
        (40, 14, "Description"),
        (700, 14, "Amount"),
        (40, 15, "Consulting on the"),
        (700, 15, "£9.00"),
        (40, 16, "harbour bridge"),
        (40, 17, "Travel"),
        (700, 17, "£1.00"),
    )
    items = [one for one in invoices.extract(typeset(*more)) if one.type == "line_item"]
    first = {part.type: part.mention_text for part in items[0].properties}
    assert first["line_item/description"] == "Consulting on the\nharbour bridge"
    assert len(items) == 2


def test_the_rate_of_a_tax_is_told_with_its_amount():
    found = invoices.extract(typeset(*HEAD, *COLUMNS, *ITEMS, *TOTALS))
    parts = {part.type: part.normalized for part in only(found, "vat").properties}
    assert parts["vat/tax_rate"].value == 20
    assert parts["vat/amount"].value == 20


def test_sums_that_hold_are_surer_than_sums_that_contradict_each_other():
    wrong = (*TOTALS[:-1], (700, 20, "£130.00"))
    right_total = only(invoices.extract(typeset(*HEAD, *TOTALS)), "total_amount")
    found = invoices.extract(typeset(*HEAD, *wrong))
    total = only(found, "total_amount")
    assert right_total.confidence > 0.9 > 0.5 > total.confidence
    assert total.normalized.value == 130  # as printed, not as it should be
    assert only(found, "net_amount").normalized.value == 100


def test_a_missing_sum_is_not_calculated():
    found = invoices.extract(typeset(*HEAD, *TOTALS[:4]))
    assert "total_amount" not in kinds(found)


def test_of_two_totals_the_one_that_adds_up_is_taken():
    more = (*TOTALS, (520, 22, "Total"), (700, 22, "£999.00"))
    assert only(invoices.extract(typeset(*more)), "total_amount").normalized.value == 120


def test_a_wrong_product_makes_the_item_less_sure():
    rows = table(("Good", "2", "£15.00", "£30.00"), ("Bad", "3", "£15.00", "£99.00"))
    found = invoices.extract(typeset(*COLUMNS, *rows))
    good, bad = (one for one in found if one.type == "line_item")
    assert good.confidence > 0.9
    assert bad.confidence == 0.5


def test_a_credit_note_has_negative_amounts():
    cells = (
        (40, 0, "CREDIT NOTE"),
        (40, 1, "Credit note no: CN-17"),
        (520, 18, "Subtotal"),
        (700, 18, "-€100.00"),
        (520, 19, "VAT"),
        (700, 19, "(€19.00)"),
        (520, 20, "Total"),
        (700, 20, "€119.00-"),
    )
    found = invoices.extract(typeset(*cells))
    assert only(found, "total_amount").normalized.value == -119
    assert only(found, "total_tax_amount").normalized.value == -19
    assert only(found, "total_amount").confidence > 0.9
    assert only(found, "invoice_id").mention_text == "CN-17"


@pytest.mark.parametrize(
    ("cells", "identity", "date", "total"),
    [
        (
            ("Rechnungsnummer: R-77", "Rechnungsdatum: 14.03.2024", "Gesamtbetrag", "1.190,00 €"),
            "R-77",
            Date(2024, 3, 14),
            1190,
        ),
        (
            ("Facture n° F2024-9", "Date de facturation : 3 mai 2024", "Total TTC", "1 200,00 €"),
            "F2024-9",
            Date(2024, 5, 3),
            1200,
        ),
        (
            ("Factura nº: A-31", "Fecha: 03/05/2024", "Total factura", "1.210,50 €"),
            "A-31",
            Date(2024, 5, 3),
            Decimal("1210.5"),
        ),
        (
            ("Fattura n. 2024/18", "Data fattura: 03/05/2024", "Totale fattura", "€ 1.220,00"),
            "2024/18",
            Date(2024, 5, 3),
            1220,
        ),
    ],
)
def test_labels_of_other_languages_are_known(cells, identity, date, total):
    one, two, three, four = cells
    document = typeset((40, 1, one), (40, 2, two), (500, 9, three), (700, 9, four))
    found = invoices.extract(document)
    assert only(found, "invoice_id").mention_text == identity
    assert only(found, "invoice_date").normalized == date
    assert only(found, "total_amount").normalized.value == total


def test_values_may_stand_below_their_labels():
    cells = (
        (40, 1, "Invoice Number"),
        (300, 1, "Invoice Date"),
        (560, 1, "Amount Due"),
        (40, 2, "4711-A"),
        (300, 2, "March 5, 2024"),
        (560, 2, "$88.10"),
    )
    found = invoices.extract(typeset(*cells))
    assert only(found, "invoice_id").mention_text == "4711-A"
    assert only(found, "invoice_date").normalized == Date(2024, 3, 5)
    assert only(found, "amount_due").normalized.value == Decimal("88.1")


@pytest.mark.parametrize("angle", [-4, 3, 8])
def test_a_page_that_lies_askew_reads_the_same(angle: float):
    cells = (*HEAD, *COLUMNS, *ITEMS, *TOTALS)
    straight = invoices.extract(typeset(*cells))
    askew = invoices.extract(typeset(*cells, angle=angle))
    assert sorted((one.type, one.mention_text) for one in askew) == sorted(
        (one.type, one.mention_text) for one in straight
    )


def test_a_word_that_was_read_badly_is_less_sure():
    sure = only(invoices.extract(typeset(*HEAD)), "invoice_id")
    doubted = only(invoices.extract(typeset(*HEAD, confidence=0.4)), "invoice_id")
    assert doubted.confidence < sure.confidence


def test_a_page_without_fields_is_an_empty_answer():
    prose = typeset((40, 1, "It was the best of times"), (40, 2, "it was the worst of times"))
    assert invoices.extract(prose) == []
    assert receipts.extract(prose) == []
    assert invoices.extract(PlacedText("", ())) == []
    assert receipts.extract(PlacedText("", ())) == []


def test_totals_on_the_last_page_are_found():
    found = invoices.extract(pages((*HEAD, *COLUMNS, *ITEMS), TOTALS))
    assert only(found, "total_amount").page == 1
    assert only(found, "invoice_id").page == 0


def test_ten_thousand_words_are_read():
    filler = tuple(
        (40 + 300 * (index % 3), 30 + index // 3, "tool of 5.00 total") for index in range(2500)
    )
    found = invoices.extract(typeset(*HEAD, *COLUMNS, *ITEMS, *TOTALS, *filler))
    assert only(found, "invoice_id").mention_text == "INV-2024-0042"


RECEIPT = (
    (120, 0, "CORNER CAFE"),
    (100, 1, "400 Castro Street"),
    (90, 2, "Mountain View, CA 94041"),
    (40, 4, "03/05/2024"),
    (260, 4, "1:45 PM"),
    (40, 6, "2 Espresso"),
    (320, 6, "$6.00"),
    (40, 7, "Bagel"),
    (320, 7, "$4.00"),
    (40, 9, "Subtotal"),
    (320, 9, "$10.00"),
    (40, 10, "Tax"),
    (320, 10, "$0.90"),
    (40, 11, "Total"),
    (320, 11, "$10.90"),
    (40, 12, "Tip"),
    (320, 12, "$2.00"),
    (40, 14, "VISA ****1234"),
)


def test_a_receipt_is_read():
    found = receipts.extract(typeset(*RECEIPT))
    texts = {one.type: one.mention_text for one in found if one.type != "line_item"}
    assert texts["supplier_name"] == "CORNER CAFE"
    assert texts["payment_type"] == "VISA"
    assert texts["credit_card_last_four_digits"] == "1234"
    assert only(found, "purchase_time").normalized == Time(13, 45, 0)
    assert only(found, "receipt_date").normalized == Date(2024, 3, 5)
    assert only(found, "total_amount").normalized.value == Decimal("10.9")
    assert only(found, "tip_amount").normalized.value == 2
    items = [
        {part.type: part.mention_text for part in one.properties}
        for one in found
        if one.type == "line_item"
    ]
    assert items == [
        {
            "line_item/quantity": "2",
            "line_item/description": "Espresso",
            "line_item/amount": "$6.00",
        },
        {"line_item/description": "Bagel", "line_item/amount": "$4.00"},
    ]
    assert only(found, "total_amount").confidence > 0.9


@pytest.mark.parametrize(
    ("text", "comma", "value"),
    [
        ("1,234.50", False, "1234.5"),
        ("1.234,50", True, "1234.5"),
        ("1 234,50", True, "1234.5"),
        ("1'234.50", False, "1234.5"),
        ("1.500", True, "1500"),
        ("1,500", False, "1500"),
        ("0,500", True, "0.5"),
        ("1,234,567", False, "1234567"),
        ("12,5", True, "12.5"),
        ("7", False, "7"),
    ],
)
def test_numbers_mean_what_their_separators_say(text: str, comma: bool, value: str):
    assert number(text, comma) == Decimal(value)


def test_an_iban_with_a_wrong_digit_is_none():
    assert valid_iban("DE89 3704 0044 0532 0130 00")
    assert not valid_iban("DE88 3704 0044 0532 0130 00")


def test_labels_are_written_folded():
    fields = tomllib.loads(Path(labels.__file__).with_suffix(".toml").read_text("utf-8"))
    for field, by_language in fields.items():
        for words in by_language.values():
            assert all(word == labels.folded(word) for word in words), field
