"""What engines that read documents promise."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from PIL import Image

from sensorium.models import tasks
from sensorium.models.errors import InvalidArgument
from sensorium.models.registry import EngineSpec
from tests.conformance.asking import ask
from tests.conformance.pictures import odd_pictures
from tests.unit import pdfs
from tests.unit.office import docx, pptx, xlsx


def empty_archive() -> bytes:
    target = io.BytesIO()
    zipfile.ZipFile(target, "w").close()
    return target.getvalue()


EMPTY_ARCHIVE = empty_archive()


def pdf() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(target, "PDF", resolution=72)
    return target.getvalue()


def check_document_reader(spec: EngineSpec) -> None:
    assert ask(spec, tasks.DocumentReader.count, pdf()) == 1
    page = ask(spec, tasks.DocumentReader.page, pdf(), 1, 144)
    assert page.image.shape == (200, 400, 3)
    with pytest.raises(InvalidArgument):
        ask(spec, tasks.DocumentReader.count, b"%PDF-1.7 and no more")


def check_layout(layout: tasks.Layout) -> None:
    """Blocks are counted from 1 in reading order and lie on pages that exist."""
    found = list(every_block(layout.blocks))
    assert [block.id for block in found] == list(range(1, len(found) + 1))
    for block in found:
        assert 1 <= block.pages.first <= block.pages.last <= layout.pages


def every_block(blocks: Iterable[tasks.LayoutBlock]) -> Iterator[tasks.LayoutBlock]:
    """Yield blocks and what is in them, in reading order."""
    for block in blocks:
        yield block
        if isinstance(block, tasks.TextBlock):
            yield from every_block(block.blocks)
        elif isinstance(block, tasks.ListBlock):
            for entry in block.entries:
                yield from every_block(entry)
        else:
            for row in (*block.header_rows, *block.body_rows):
                for cell in row:
                    yield from every_block(cell.blocks)


def texts(layout: tasks.Layout) -> list[str]:
    return [one.text for one in every_block(layout.blocks) if isinstance(one, tasks.TextBlock)]


def check_opening(spec: EngineSpec, read: Callable[..., tasks.Layout], content: bytes) -> None:
    """A document that is none, is cut, or is another kind of archive is refused with a reason."""
    layout = ask(spec, read, content)
    check_layout(layout)
    assert {"Soup", "4.50"} <= {text.strip() for text in texts(layout)}
    for broken in (b"", b"no document", content[: len(content) // 2], EMPTY_ARCHIVE):
        with pytest.raises(InvalidArgument):
            ask(spec, read, broken)


def check_grid(cells: Sequence[tasks.TableCell]) -> None:
    """Cells cover every place of their grid once, in order, and lie where their place is."""
    places = [
        (one.row + i, one.column + j)
        for one in cells
        for i in range(one.rows)
        for j in range(one.columns)
    ]
    rows, columns = (1 + max((place[at] for place in places), default=-1) for at in (0, 1))
    assert sorted(places) == [(i, j) for i in range(rows) for j in range(columns)]
    assert [(one.row, one.column) for one in cells] == sorted((c.row, c.column) for c in cells)
    for one in cells:
        assert one.box.left < one.box.right
        assert one.box.top < one.box.bottom


def check_table_recognizer(spec: EngineSpec) -> None:
    images = odd_pictures()
    found = ask(spec, tasks.TableRecognizer.cells, images)
    assert len(found) == len(images)
    for cells in found:
        check_grid(cells)
    assert ask(spec, tasks.TableRecognizer.cells, []) == []


def check_field_reader(spec: EngineSpec) -> None:
    images = odd_pictures()
    found = ask(spec, tasks.FieldReader.fields, images)
    assert len(found) == len(images)
    for fields in found:
        for one in fields:
            assert one.name.strip(".") == one.name != ""
            assert one.text.strip() == one.text != ""
            assert 0 <= one.confidence <= 1
    assert ask(spec, tasks.FieldReader.fields, []) == []


def check_word_reader(spec: EngineSpec) -> None:
    def write(document: Any) -> None:
        document.add_heading("Soup", 1)
        document.add_paragraph("4.50")

    check_opening(spec, tasks.WordReader.word, docx(write))


def check_slide_reader(spec: EngineSpec) -> None:
    def write(presentation: Any) -> None:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = "Soup"
        slide.placeholders[1].text = "4.50"

    check_opening(spec, tasks.SlideReader.slides, pptx(write))


def check_workbook_reader(spec: EngineSpec) -> None:
    def write(workbook: Any) -> None:
        workbook.active.append(["Dish", "Price"])
        workbook.active.append(["Soup", "4.50"])

    check_opening(spec, tasks.WorkbookReader.workbook, xlsx(write))


def check_markup_reader(spec: EngineSpec) -> None:
    html = ask(spec, tasks.MarkupReader.html, b"<h1>Soup</h1><p>4.50</p>")
    markdown = ask(spec, tasks.MarkupReader.markdown, b"# Soup\n\n4.50\n")
    for layout in (html, markdown):
        check_layout(layout)
        assert texts(layout) == ["Soup", "4.50"]
        assert layout.pages == 1
    for anything in (b"", b"\xff\x00<", b"<table><tr><td>", b"| a |\n|---|"):
        check_layout(ask(spec, tasks.MarkupReader.html, anything))
        check_layout(ask(spec, tasks.MarkupReader.markdown, anything))


def check_document_rewriter(spec: EngineSpec) -> None:
    def write(document: Any) -> None:
        paragraph = document.add_paragraph("Hot ")
        paragraph.add_run("soup").bold = True
        document.add_table(1, 1).cell(0, 0).text = "4.50"

    content = docx(write)
    found = ask(spec, tasks.DocumentRewriter.paragraphs, content, "DOCX")
    assert found == (("Hot ", "soup"), ("4.50",))
    changed = [["Sopa ", "caliente"], ["5,00"]]
    again = ask(spec, tasks.DocumentRewriter.rewritten, content, "DOCX", changed)
    assert ask(spec, tasks.DocumentRewriter.paragraphs, again, "DOCX") == (
        ("Sopa ", "caliente"),
        ("5,00",),
    )
    for broken in (b"", b"no document", content[: len(content) // 2], EMPTY_ARCHIVE):
        with pytest.raises(InvalidArgument):
            ask(spec, tasks.DocumentRewriter.paragraphs, broken, "DOCX")
    with pytest.raises(InvalidArgument):
        ask(spec, tasks.DocumentRewriter.paragraphs, content, "PPTX")


def check_page_rewriter(spec: EngineSpec) -> None:
    content = pdfs.pdf(pdfs.shown("Hot soup") + pdfs.shown("4.50", y=60))
    found = ask(spec, tasks.PageRewriter.paragraphs, content)
    assert found == ("Hot soup", "4.50")
    again = ask(spec, tasks.PageRewriter.rewritten, content, [one.upper() for one in found], b"")
    assert ask(spec, tasks.PageRewriter.paragraphs, again) == ("HOT SOUP", "4.50")
    for broken in (b"", b"no document", content[:40]):
        with pytest.raises(InvalidArgument):
            ask(spec, tasks.PageRewriter.paragraphs, broken)


CHECKS: dict[type, Callable[[EngineSpec], None]] = {
    tasks.DocumentReader: check_document_reader,
    tasks.PageRewriter: check_page_rewriter,
    tasks.WordReader: check_word_reader,
    tasks.SlideReader: check_slide_reader,
    tasks.WorkbookReader: check_workbook_reader,
    tasks.MarkupReader: check_markup_reader,
    tasks.TableRecognizer: check_table_recognizer,
    tasks.FieldReader: check_field_reader,
    tasks.DocumentRewriter: check_document_rewriter,
}
