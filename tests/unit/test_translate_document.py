"""The promise of translateDocument: the words change, and what they look like does not."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest

from sensorium.models.engines.pdfium_text import PdfiumText
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.media.sniff import DOCX, PPTX, XLSX
from sensorium.models.registry import discover
from tests.unit.desk import Desk
from tests.unit.office import docx, pptx, xlsx
from tests.unit.pdfs import pdf, scan, shown
from tests.unit.test_glossaries import NAME, PLACE, SERVICE, made
from tests.unit.test_translate_text import engines, speaking


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    openers = [spec for spec in discover() if spec.name in ("ooxml", "pdfium_text")]
    return Desk(tmp_path, *openers, *engines(best=speaking(("en", "es"))))


def ask(desk: Desk, content: bytes, **more: Any) -> Any:
    request = {
        "parent": PLACE,
        "sourceLanguageCode": "en",
        "targetLanguageCode": "es",
        "documentInputConfig": {"content": base64.b64encode(content).decode()},
        **more,
    }
    return desk.ask(f"{SERVICE}.TranslateDocument", request)


def output(answer: Any, field: str = "documentTranslation") -> bytes:
    (told,) = answer[field]["byteStreamOutputs"]
    return told if isinstance(told, bytes) else base64.b64decode(told)


def menu(document: Any) -> None:
    document.add_heading("Menu", 1)
    paragraph = document.add_paragraph("The ")
    paragraph.add_run("hot").bold = True
    paragraph.add_run(" soup")
    document.add_table(1, 2).cell(0, 0).text = "bread"
    document.sections[0].header.paragraphs[0].text = "our kitchen"


def test_words_of_a_text_document_change_and_their_looks_stay(desk: Desk):
    import docx as library

    answer = ask(desk, docx(menu))
    assert answer["documentTranslation"]["mimeType"] == DOCX
    assert answer["model"] == f"{PLACE}/models/best"
    document = library.Document(io.BytesIO(output(answer)))
    heading, paragraph = document.paragraphs[:2]
    assert (heading.text, heading.style.name) == ("MENU>es", "Heading 1")
    assert [(run.text, run.bold) for run in paragraph.runs] == [
        ("THE ", None),
        ("HOT", True),
        (" SOUP>es", None),
    ]
    assert document.tables[0].cell(0, 0).text == "BREAD>es"
    assert document.sections[0].header.paragraphs[0].text == "OUR KITCHEN>es"


def test_slides_and_their_notes_change(desk: Desk):
    import pptx as library

    def write(presentation: Any) -> None:
        for number in range(11):
            slide = presentation.slides.add_slide(presentation.slide_layouts[1])
            slide.shapes.title.text = f"title {number}"
        slide.notes_slide.notes_text_frame.text = "a note"

    answer = ask(desk, pptx(write))
    assert answer["documentTranslation"]["mimeType"] == PPTX
    slides = library.Presentation(io.BytesIO(output(answer))).slides
    assert [one.shapes.title.text for one in slides] == [f"TITLE {n}>es" for n in range(11)]
    assert slides[10].notes_slide.notes_text_frame.text == "A NOTE>es"


def test_cells_change_and_figures_and_formulas_stay(desk: Desk):
    import openpyxl

    def write(workbook: Any) -> None:
        workbook.active.append(["soup", 4.5, "=B1*2"])
        workbook.active["A1"].font = openpyxl.styles.Font(bold=True)

    answer = ask(desk, xlsx(write))
    assert answer["documentTranslation"]["mimeType"] == XLSX
    sheet = openpyxl.load_workbook(io.BytesIO(output(answer))).active
    assert [cell.value for cell in sheet[1]] == ["SOUP>es", 4.5, "=B1*2"]
    assert sheet["A1"].font.bold


def test_a_page_changes_between_its_tags(desk: Desk):
    answer = ask(desk, b"<!DOCTYPE html><title>Menu</title><p>hot <b>soup</b></p>")
    assert output(answer) == (
        b"<!DOCTYPE html><title>MENU&gt;es</title><p>HOT <b>SOUP&gt;es</b></p>"
    )


def test_the_language_is_told_when_nobody_says_it(desk: Desk):
    def write(document: Any) -> None:
        document.add_paragraph("The train to the harbour is late again today.")

    answer = ask(desk, docx(write), sourceLanguageCode="")
    assert answer["documentTranslation"]["detectedLanguageCode"] == "en"


def test_terms_of_a_glossary_make_a_second_document(desk: Desk):
    import docx as library

    made(desk, "hot soup,sopa\nbread,pan\n")
    answer = ask(desk, docx(menu), glossaryConfig={"glossary": NAME})
    document = library.Document(io.BytesIO(output(answer, "glossaryDocumentTranslation")))
    assert document.tables[0].cell(0, 0).text == "pan"
    assert answer["glossaryConfig"] == {"glossary": NAME}


def test_documents_come_from_a_bucket_and_go_into_one(desk: Desk):
    uri = desk.put("in/menu.docx", docx(menu))
    answer = ask(
        desk,
        b"",
        documentInputConfig={"gcsSource": {"inputUri": uri}},
        documentOutputConfig={"gcsDestination": {"outputUriPrefix": "gs://b/out/"}},
    )
    written = desk.root / "b" / "out" / "b_in_menu_es_translations.docx"
    assert written.read_bytes() == output(answer)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 broken", docx(menu)[:2000]])
def test_what_is_no_document_is_refused(desk: Desk, content: bytes):
    with pytest.raises(InvalidArgument) as caught:
        ask(desk, content)
    assert (caught.value.field or "").startswith("documentInputConfig")


def test_a_pdf_is_set_anew_paragraph_by_paragraph(desk: Desk):
    content = pdf(shown("hot soup") + shown("12.50", x=200) + shown("bread", y=60))
    answer = ask(desk, content)
    assert answer["documentTranslation"]["mimeType"] == "application/pdf"
    assert PdfiumText().paragraphs(output(answer)) == ("HOT SOUP>es", "12.50", "BREAD>es")


def test_a_scanned_pdf_is_refused_with_what_to_do_instead(desk: Desk):
    page = "q 300 0 0 200 0 0 cm /Im1 Do Q"
    with pytest.raises(FailedPrecondition, match="pictures") as caught:
        ask(desk, pdf(page, objects=scan()))
    assert "translate.photo" in (caught.value.hint or "")
