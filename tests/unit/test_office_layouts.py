"""DOCX, PPTX and XLSX as trees of blocks, and what is no such file told so."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from sensorium.models.engines.openpyxl import Openpyxl
from sensorium.models.engines.python_docx import PythonDocx
from sensorium.models.engines.python_pptx import PythonPptx
from sensorium.models.errors import InvalidArgument
from sensorium.models.layouts import archive
from sensorium.models.tasks import PageSpan
from tests.unit.office import docx, pptx, repacked, xlsx
from tests.unit.outline import every, outline


def word(write: Any) -> list[Any]:
    return outline(PythonDocx().word(docx(write)))


def slides(write: Any) -> list[Any]:
    return outline(PythonPptx().slides(pptx(write)))


def workbook(write: Any) -> list[Any]:
    return outline(Openpyxl().workbook(xlsx(write)))


# --- DOCX -------------------------------------------------------------------------------------


def test_styles_make_headings():
    def write(document: Any) -> None:
        document.add_heading("Report", 0)
        document.add_heading("First", 1)
        document.add_paragraph("text one")
        document.add_heading("Second", 2)
        document.add_paragraph("text two")

    assert word(write) == [
        (
            "h1",
            "Report",
            [("h2", "First", [("p", "text one"), ("h3", "Second", [("p", "text two")])])],
        )
    ]


def test_list_styles_make_lists_in_lists():
    def write(document: Any) -> None:
        for text, style in (
            ("one", "List Bullet"),
            ("deep", "List Bullet 2"),
            ("two", "List Bullet"),
            ("first", "List Number"),
        ):
            document.add_paragraph(text, style)

    assert word(write) == [
        ("unordered", [[("p", "one"), ("unordered", [[("p", "deep")]])], [("p", "two")]]),
        ("ordered", [[("p", "first")]]),
    ]


def test_tables_of_a_text_keep_merged_cells():
    def write(document: Any) -> None:
        table = document.add_table(3, 3)
        for row, texts in enumerate(("abc", "def", "ghi")):
            for column, text in enumerate(texts):
                table.cell(row, column).text = text
        table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
        table.cell(1, 2).merge(table.cell(2, 2)).text = "high"

    ((kind, heads, body),) = word(write)
    assert kind == "table"
    assert [*heads, *body] == [["wide 1x2", "c"], ["d", "e", "high 2x1"], ["g", "h"]]


def test_headers_and_footers_are_told():
    def write(document: Any) -> None:
        document.sections[0].header.paragraphs[0].text = "Letterhead"
        document.sections[0].footer.paragraphs[0].text = "Bank account"
        document.add_paragraph("text")

    assert word(write) == [("header", "Letterhead"), ("footer", "Bank account"), ("p", "text")]


def test_page_breaks_turn_the_page():
    def write(document: Any) -> None:
        document.add_paragraph("one")
        document.add_page_break()
        document.add_paragraph("two")

    layout = PythonDocx().word(docx(write))
    assert layout.pages == 2
    assert [block.pages for block in layout.blocks] == [PageSpan(1, 1), PageSpan(2, 2)]


def test_deleted_text_is_left_out():
    def write(document: Any) -> None:
        paragraph = document.add_paragraph("kept")
        run = paragraph.add_run(" struck")._r
        from docx.oxml.ns import qn
        from docx.oxml.parser import OxmlElement

        deleted = OxmlElement("w:del")
        run.find(qn("w:t")).tag = qn("w:delText")
        paragraph._p.append(deleted)
        deleted.append(run)

    assert word(write) == [("p", "kept")]


# --- PPTX -------------------------------------------------------------------------------------


def test_a_slide_is_its_title_with_what_is_under_it():
    def write(deck: Any) -> None:
        first = deck.slides.add_slide(deck.slide_layouts[0])
        first.shapes.title.text = "Plans"
        first.placeholders[1].text = "for the year"
        second = deck.slides.add_slide(deck.slide_layouts[1])
        second.shapes.title.text = "Steps"
        frame = second.placeholders[1].text_frame
        frame.text = "begin"
        deeper = frame.add_paragraph()
        deeper.text, deeper.level = "slowly", 1
        frame.add_paragraph().text = "end"

    layout = PythonPptx().slides(pptx(write))
    assert outline(layout) == [
        ("h1", "Plans", [("subtitle", "for the year")]),
        (
            "h1",
            "Steps",
            [
                (
                    "unordered",
                    [[("p", "begin"), ("unordered", [[("p", "slowly")]])], [("p", "end")]],
                )
            ],
        ),
    ]
    assert layout.pages == 2
    assert {block.pages.first for block in every(layout.blocks[1:])} == {2}


def test_a_slide_may_have_a_table_and_text_in_a_box():
    def write(deck: Any) -> None:
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        table = slide.shapes.add_table(2, 2, 0, 0, 900_000, 900_000).table
        for row, texts in enumerate(("ab", "cd")):
            for column, text in enumerate(texts):
                table.cell(row, column).text = text
        slide.shapes.add_textbox(0, 0, 900_000, 900_000).text_frame.text = "note"

    assert slides(write) == [("table", [["a", "b"]], [["c", "d"]]), ("p", "note")]


# --- XLSX -------------------------------------------------------------------------------------


def test_a_sheet_is_its_name_with_its_tables():
    def write(book: Any) -> None:
        sheet = book.active
        sheet.title = "Sales"
        sheet["A1"] = "Report of the year"
        for row in (("Item", "Sold"), ("Bolt", 4), ("Nut", 1200.5)):
            sheet.append(row) if sheet.max_row > 1 else [
                sheet.cell(3, column, value) for column, value in enumerate(row, 1)
            ]
        sheet["B5"].number_format = "#,##0.00"

    assert workbook(write) == [
        (
            "h1",
            "Sales",
            [
                ("p", "Report of the year"),
                ("table", [["Item", "Sold"]], [["Bolt", "4"], ["Nut", "1,200.50"]]),
            ],
        )
    ]


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        (0.256, "0.0%", "25.6%"),
        (1234.5, '"€" #,##0.00', "€ 1,234.50"),
        (3, "General", "3"),
        (datetime.datetime(2026, 3, 1), "yyyy-mm-dd", "2026-03-01"),
        (datetime.time(9, 30), "hh:mm", "09:30:00"),
        (True, "General", "TRUE"),
    ],
)
def test_cells_say_what_a_sheet_shows(value: object, code: str, expected: str):
    def write(book: Any) -> None:
        cell = book.active.cell(1, 1, value)
        cell.number_format = code

    ((_, _, [(_, found)]),) = workbook(write)
    assert found == expected


def test_merged_cells_span_and_hidden_sheets_are_left_out():
    def write(book: Any) -> None:
        sheet = book.active
        sheet.append(["Total", None, 7])
        sheet.append(["a", "b", 8])
        sheet.merge_cells("A1:B1")
        hidden = book.create_sheet("secret")
        hidden["A1"] = "x"
        hidden.sheet_state = "hidden"

    ((_, _, [(_, heads, body)]),) = workbook(write)
    assert [*heads, *body] == [["Total 1x2", "7"], ["a", "b", "8"]]


# --- what is none -----------------------------------------------------------------------------


EMPTY = {
    "DOCX": docx(lambda _: None),
    "PPTX": pptx(lambda _: None),
    "XLSX": xlsx(lambda _: None),
}
READ: dict[str, Any] = {
    "DOCX": lambda content: PythonDocx().word(content),
    "PPTX": lambda content: PythonPptx().slides(content),
    "XLSX": lambda content: Openpyxl().workbook(content),
}


@pytest.mark.parametrize("kind", READ)
def test_an_empty_file_has_no_block(kind: str):
    assert READ[kind](EMPTY[kind]).blocks == ()


@pytest.mark.parametrize("kind", READ)
def test_another_office_file_is_refused(kind: str):
    other = EMPTY["XLSX" if kind != "XLSX" else "DOCX"]
    with pytest.raises(InvalidArgument, match=f"no {kind}: it has no"):
        READ[kind](other)


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
def test_what_is_no_archive_is_refused(kind: str, content: bytes):
    with pytest.raises(InvalidArgument, match=kind):
        READ[kind](content)


@pytest.mark.parametrize("kind", READ)
def test_a_cut_file_is_refused(kind: str):
    content = EMPTY[kind]
    with pytest.raises(InvalidArgument, match="is cut"):
        READ[kind](content[: len(content) // 2])


@pytest.mark.parametrize("kind", READ)
def test_a_file_before_2007_and_one_with_a_password_are_told(kind: str):
    old = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512)
    with pytest.raises(InvalidArgument, match="before 2007"):
        READ[kind](old)
    with pytest.raises(InvalidArgument, match="password"):
        READ[kind](old + "EncryptedPackage".encode("utf-16-le"))


@pytest.mark.parametrize("kind", READ)
def test_a_file_that_unpacks_to_too_much_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive, "_MOST_BYTES", 1000)
    with pytest.raises(InvalidArgument, match="unpacks to more"):
        READ[kind](EMPTY[kind])


@pytest.mark.parametrize("kind", READ)
def test_parts_that_define_entities_are_refused(kind: str):
    def change(name: str, part: bytes) -> bytes:
        if not name.endswith(("document.xml", "presentation.xml", "workbook.xml")):
            return part
        return b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>' + part.split(b"?>", 1)[-1]

    with pytest.raises(InvalidArgument, match="DTD"):
        READ[kind](repacked(EMPTY[kind], change))


@pytest.mark.parametrize("kind", READ)
def test_a_part_that_is_missing_or_broken_is_told(kind: str):
    main = {"DOCX": "word/styles.xml", "PPTX": "ppt/slideMasters/slideMaster1.xml"}
    broken = main.get(kind, "xl/worksheets/sheet1.xml")
    content = repacked(EMPTY[kind], lambda name, part: b"<x" if name == broken else part)
    with pytest.raises(InvalidArgument, match=kind):
        READ[kind](content)
