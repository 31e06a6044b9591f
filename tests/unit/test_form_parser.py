"""FORM_PARSER_PROCESSOR and selection marks: what a page's form is, in Google's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensorium.apis.documentai import forms
from sensorium.models.forms import Cell, Checkbox, Field, Form, Part, Table
from sensorium.models.tasks import Point
from tests.unit.desk import FORM, Desk, cut
from tests.unit.pdfs import pdf, shown

SIZE = (200.0, 100.0)
SQUARE = (Point(20, 10), Point(40, 10), Point(40, 20), Point(20, 20))


def part(*spans: tuple[int, int]) -> Part:
    return Part(spans, SQUARE, 0.9)


def segments(layout: Any) -> list[tuple[int, int]]:
    return [(one["startIndex"], one["endIndex"]) for one in layout["textAnchor"]["textSegments"]]


def test_a_field_has_its_name_and_value():
    form = Form((Field(part((0, 5)), part((6, 9), (20, 24)), 0.8),), (), ())
    (field,) = forms.shown(form, SIZE)["formFields"]
    assert segments(field["fieldName"]) == [(0, 5)]
    assert segments(field["fieldValue"]) == [(6, 9), (20, 24)]
    assert field["fieldValue"]["confidence"] == 0.8
    corner = field["fieldName"]["boundingPoly"]["normalizedVertices"][0]
    assert corner == {"x": 0.1, "y": 0.1}


def test_a_checkbox_is_a_mark_and_with_a_caption_a_field_too():
    boxes = (Checkbox(True, SQUARE, 0.9, part((0, 3))), Checkbox(False, SQUARE, 0.7, None))
    answer = forms.shown(Form((), boxes, ()), SIZE)
    assert [one["type"] for one in answer["visualElements"]] == [
        "filled_checkbox",
        "unfilled_checkbox",
    ]
    (field,) = answer["formFields"]
    assert field["valueType"] == "filled_checkbox"
    assert segments(field["fieldName"]) == [(0, 3)]


def test_a_table_has_heads_bodies_and_spans():
    head = (Cell(part((0, 4)), 0, 0, columns=2),)
    body = (Cell(part((5, 6)), 1, 0), Cell(part(), 1, 1, rows=2))
    (table,) = forms.shown(Form((), (), (Table((head, body), 1, SQUARE, 0.9, True),)), SIZE)[
        "tables"
    ]
    assert segments(table["layout"]) == [(0, 4), (5, 6)]
    ((wide,),) = [row["cells"] for row in table["headerRows"]]
    assert wide["colSpan"] == 2
    ((_, empty),) = [row["cells"] for row in table["bodyRows"]]
    assert empty["rowSpan"] == 2
    assert segments(empty["layout"]) == []


# --- whole pages ------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


TICKS = pdf(
    "20 150 14 14 re S 22 152 m 32 162 l S 22 162 m 32 152 l S 20 120 14 14 re S "
    + shown("Married", 42, 152)
    + shown("Employed", 42, 122)
)


def test_the_fields_and_tables_of_a_page_are_found(desk: Desk):
    answer = desk.process(FORM, "form-parser")
    (page,) = answer["pages"]
    fields = {
        cut(answer, one["fieldName"]["textAnchor"]): cut(answer, one["fieldValue"]["textAnchor"])
        for one in page["formFields"]
    }
    assert fields == {"Name:": "Ann Lee", "City:": "Berlin"}
    (table,) = page["tables"]
    rows = [*table.get("headerRows", []), *table["bodyRows"]]
    assert [[cut(answer, c["layout"]["textAnchor"]) for c in row["cells"]] for row in rows] == [
        ["Item", "Price"],
        ["Bolts", "4.00"],
        ["Nuts", "6.50"],
    ]


def test_a_page_that_is_no_form_has_no_fields(desk: Desk):
    (page,) = desk.process(pdf(shown("The quick brown fox", 20, 100)), "form-parser")["pages"]
    assert not {"formFields", "tables", "visualElements"} & set(page)


def test_selection_marks_are_told_when_they_are_asked_for(desk: Desk):
    wanted = {"ocrConfig": {"premiumFeatures": {"enableSelectionMarkDetection": True}}}
    (page,) = desk.process(TICKS, processOptions=wanted)["pages"]
    assert [one["type"] for one in page["visualElements"]] == [
        "filled_checkbox",
        "unfilled_checkbox",
    ]
    assert "visualElements" not in desk.process(TICKS)["pages"][0]
