"""An invoice and a receipt, from pixels through the OCR engine to fields."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sensorium.models.engines.rapidocr import RapidOcr
from sensorium.models.extraction import Date, PlacedText, invoices, placed, receipts
from sensorium.models.pages.layout import arrange


def scanned(width: int, height: int, cells, angle: float = 0.0) -> PlacedText:
    image = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(24)
    for x, y, text in cells:
        pen.text((x, y), text, "black", font)
    turned = image.rotate(angle, Image.Resampling.BICUBIC, fillcolor="white")
    return placed([arrange(RapidOcr().read([np.asarray(turned)])[0], width, height)])


def test_an_invoice_that_lies_askew_is_read_from_its_picture():
    document = scanned(
        1000,
        700,
        [
            (60, 60, "INVOICE"),
            (60, 120, "Harbour Tools Ltd"),
            (560, 120, "Invoice No"),
            (760, 120, "A1023-29"),
            (560, 160, "Due Date"),
            (760, 160, "07/25/2024"),
            (60, 300, "Description"),
            (400, 300, "Qty"),
            (540, 300, "Unit Price"),
            (760, 300, "Amount"),
            (60, 350, "Steel bracket"),
            (400, 350, "3"),
            (540, 350, "$15.00"),
            (760, 350, "$45.00"),
            (540, 450, "Subtotal"),
            (760, 450, "$45.00"),
            (540, 490, "Tax"),
            (760, 490, "$4.50"),
            (540, 530, "Total"),
            (760, 530, "$49.50"),
        ],
        angle=2,
    )
    found = {one.type: one for one in invoices.extract(document)}
    assert found["invoice_id"].mention_text == "A1023-29"
    assert found["due_date"].normalized == Date(2024, 7, 25)
    assert float(found["total_amount"].normalized.value) == 49.5
    assert found["total_amount"].confidence > 0.8
    parts = {part.type: part.mention_text for part in found["line_item"].properties}
    assert parts["line_item/description"] == "Steel bracket"
    assert parts["line_item/amount"] == "$45.00"


def test_a_receipt_is_read_from_its_picture():
    document = scanned(
        520,
        520,
        [
            (120, 40, "CORNER CAFE"),
            (60, 100, "03/05/2024"),
            (360, 100, "13:45"),
            (60, 180, "Espresso"),
            (380, 180, "$6.00"),
            (60, 220, "Bagel"),
            (380, 220, "$4.00"),
            (60, 290, "Total"),
            (380, 290, "$10.00"),
            (60, 360, "VISA **** 1234"),
        ],
    )
    found = receipts.extract(document)
    texts = {one.type: one.mention_text for one in found}
    assert texts["supplier_name"] == "CORNER CAFE"
    assert texts["total_amount"] == "$10.00"
    assert texts["payment_type"] == "VISA"
    assert [one.type for one in found].count("line_item") == 2
