"""LAYOUT_PARSER_PROCESSOR: any document as a tree of blocks and in chunks."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sensorium.models.errors import FailedPrecondition, InvalidArgument, OutOfRange
from sensorium.models.media.sniff import DOCX, PPTX, XLSX
from tests.unit.desk import PLACE, Desk, paper, picture
from tests.unit.office import docx, pptx, repacked, xlsx
from tests.unit.pdfs import pdf

LAYOUT = "layout-parser"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def parsed(desk: Desk, content: bytes, kind: str = "", **config: Any) -> Any:
    """Return the document that the layout parser answers."""
    options: dict[str, Any] = {"layoutConfig": config.pop("layout", {}), **config}
    raw = {"content": base64.b64encode(content).decode(), "mimeType": kind}
    request = {
        "name": f"{PLACE}/processors/{LAYOUT}",
        "rawDocument": raw,
        "processOptions": options,
        "imagelessMode": True,
    }
    return desk.ask("ProcessDocument", request)["document"]


def blocks(document: Any) -> list[Any]:
    return [brief(block) for block in document["documentLayout"]["blocks"]]


def brief(block: Any) -> Any:
    """Return a block as kind and text with what is under it."""
    if "textBlock" in block:
        text = block["textBlock"]
        under = [brief(one) for one in text.get("blocks", [])]
        return (text["type"], text["text"], under) if under else (text["type"], text["text"])
    if "listBlock" in block:
        entries = block["listBlock"]["listEntries"]
        return block["listBlock"]["type"], [[brief(b) for b in e["blocks"]] for e in entries]
    table = block["tableBlock"]
    return "table", *(
        [
            [" ".join(b["textBlock"]["text"] for b in c.get("blocks", [])) for c in row["cells"]]
            for row in table.get(rows, [])
        ]
        for rows in ("headerRows", "bodyRows")
    )


# --- pages ------------------------------------------------------------------------------------


def line(text: str, y: float, size: float = 8, x: float = 30) -> str:
    return f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET "


def sheet(*contents: str, number: int = 1) -> str:
    return (
        line("Annual report of the works", 188, 7)
        + "".join(contents)
        + line(f"Page {number}", 8, 7, 140)
    )


GRID = (
    "30 40 m 270 40 l S 30 60 m 270 60 l S 30 80 m 270 80 l S "
    "30 40 m 30 80 l S 150 40 m 150 80 l S 270 40 m 270 80 l S "
    + line("Item", 67, x=40)
    + line("Price", 67, x=160)
    + line("Bolts", 47, x=40)
    + line("4.00", 47, x=160)
)
REPORT = pdf(
    sheet(
        line("Overview", 160, 18),
        line("The works made more bolts than ever before, and all of them", 140),
        line("were sold in the year in which they had been made.", 130),
        line("1. Bolts were sold first.", 110),
        line("2. Nuts were sold later.", 100),
        GRID,
    ),
    sheet(
        line("Outlook", 160, 18),
        line("Next year more of both will be made and sold than this year.", 140),
        number=2,
    ),
)


def test_pages_become_headings_paragraphs_lists_and_tables(desk: Desk):
    document = parsed(desk, REPORT)
    assert blocks(document) == [
        ("header", "Annual report of the works"),
        (
            "heading-1",
            "Overview",
            [
                (
                    "paragraph",
                    "The works made more bolts than ever before, and all of them were sold in the "
                    "year in which they had been made.",
                ),
                (
                    "ordered",
                    [
                        [("paragraph", "Bolts were sold first.")],
                        [("paragraph", "Nuts were sold later.")],
                    ],
                ),
                ("table", [["Item", "Price"]], [["Bolts", "4.00"]]),
                ("footer", "Page 1"),
                ("header", "Annual report of the works"),
            ],
        ),
        (
            "heading-1",
            "Outlook",
            [
                ("paragraph", "Next year more of both will be made and sold than this year."),
                ("footer", "Page 2"),
            ],
        ),
    ]
    assert document["mimeType"] == "application/pdf"
    assert "text" not in document
    assert "pages" not in document


def test_blocks_have_ids_pages_and_places_if_wanted(desk: Desk):
    plain = parsed(desk, REPORT)["documentLayout"]["blocks"]
    assert "boundingBox" not in plain[0]
    placed = parsed(desk, REPORT, layout={"returnBoundingBoxes": True})["documentLayout"]["blocks"]
    last = placed[-1]
    assert last["pageSpan"] == {"pageStart": 2, "pageEnd": 2}
    assert int(last["blockId"]) > int(placed[0]["blockId"]) == 1
    corner = last["boundingBox"]["normalizedVertices"][0]
    assert corner["x"] == pytest.approx(30 / 300, abs=0.01)
    assert corner["y"] == pytest.approx(1 - (160 + 18 * 0.7) / 200, abs=0.05)


def test_pages_are_selected(desk: Desk):
    document = parsed(desk, REPORT, individualPageSelector={"pages": [2]})
    assert document["documentLayout"]["blocks"][-1]["pageSpan"]["pageStart"] == 2
    assert "Overview" not in str(document)


def test_a_picture_of_a_page_is_read(desk: Desk):
    document = parsed(desk, picture("Minutes of the meeting", "All agreed on the plan"))
    assert "agreed" in str(blocks(document))


def test_an_empty_page_has_no_block(desk: Desk):
    document = parsed(desk, pdf(""), layout={"chunkingConfig": {}})
    assert document.get("documentLayout", {}).get("blocks", []) == []
    assert document.get("chunkedDocument", {}).get("chunks", []) == []


# --- chunks -----------------------------------------------------------------------------------


def test_chunks_come_only_when_they_are_asked_for(desk: Desk):
    assert "chunkedDocument" not in parsed(desk, REPORT)
    document = parsed(desk, REPORT, layout={"chunkingConfig": {"chunkSize": 200}})
    first, second = document["chunkedDocument"]["chunks"]
    assert first["chunkId"] == "c1"
    assert first["content"].startswith("# Overview\n\nThe works made")
    assert "| Bolts | 4.00 |" in first["content"]
    assert first["pageHeaders"] == [
        {"text": "Annual report of the works", "pageSpan": {"pageStart": 1, "pageEnd": 1}}
    ]
    assert second["pageFooters"][0]["text"] == "Page 2"
    assert second["pageSpan"] == {"pageStart": 2, "pageEnd": 2}


def test_chunks_name_blocks_that_are_there(desk: Desk):
    chunking = {"chunkingConfig": {"chunkSize": 20, "includeAncestorHeadings": True}}
    document = parsed(desk, REPORT, layout=chunking)
    known = set(ids(document["documentLayout"]["blocks"]))
    chunks = document["chunkedDocument"]["chunks"]
    assert len(chunks) > 3
    assert all(set(one["sourceBlockIds"]) <= known for one in chunks)
    assert all("# O" in one["content"] for one in chunks)


def ids(found: list[Any]) -> Iterator[str]:
    for block in found:
        yield block["blockId"]
        yield from ids(block.get("textBlock", {}).get("blocks", []))


# --- other kinds ------------------------------------------------------------------------------


def report(document: Any) -> None:
    document.add_heading("Report", 1)
    document.add_paragraph("text")
    document.add_page_break()
    document.add_paragraph("more")


def deck(slides: Any) -> None:
    slide = slides.slides.add_slide(slides.slide_layouts[5])
    slide.shapes.title.text = "Plans"


def book(workbook: Any) -> None:
    workbook.active["A1"] = "alone"


HTML = b"<!DOCTYPE html><h1>Report</h1><ul><li>one</ul>"
KINDS: dict[str, tuple[bytes, list[Any]]] = {
    DOCX: (docx(report), [("heading-1", "Report", [("paragraph", "text"), ("paragraph", "more")])]),
    PPTX: (pptx(deck), [("heading-1", "Plans")]),
    XLSX: (xlsx(book), [("heading-1", "Sheet", [("paragraph", "alone")])]),
    "text/html": (HTML, [("heading-1", "Report", [("unordered", [[("paragraph", "one")]])])]),
    "text/markdown": (b"# Report\n\ntext", [("heading-1", "Report", [("paragraph", "text")])]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_carry_their_structure_are_read(desk: Desk, kind: str):
    content, expected = KINDS[kind]
    document = parsed(desk, content, kind)
    assert blocks(document) == expected
    assert document["mimeType"] == kind


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "text/markdown"])
def test_a_file_tells_its_kind_itself(desk: Desk, kind: str):
    content, expected = KINDS[kind]
    assert blocks(parsed(desk, content)) == expected


def test_markdown_with_html_at_its_head_is_markdown_to_who_says_so(desk: Desk):
    document = parsed(desk, b"<!doctype html>\n\n# A", "text/markdown")
    assert blocks(document) == [("heading-1", "A")]


def test_pages_of_a_text_are_selected(desk: Desk):
    content, _ = KINDS[DOCX]
    document = parsed(desk, content, DOCX, individualPageSelector={"pages": [2]})
    assert blocks(document) == [("heading-1", "Report", [("paragraph", "more")])]
    with pytest.raises(OutOfRange, match="no page 3: the file has 2"):
        parsed(desk, content, DOCX, individualPageSelector={"pages": [3]})


def test_files_of_a_bucket_are_told_by_their_names(desk: Desk):
    desk.put("in/report.docx", KINDS[DOCX][0])
    desk.put("in/notes.md", b"# Notes")
    desk.put("in/scan.pdf", REPORT)
    answer = desk.ask(
        "BatchProcessDocuments",
        {
            "name": f"{PLACE}/processors/{LAYOUT}",
            "inputDocuments": {"gcsPrefix": {"gcsUriPrefix": "gs://b/in/"}},
            "documentOutputConfig": {"gcsOutputConfig": {"gcsUri": "gs://b/out/"}},
            "processOptions": {"layoutConfig": {"chunkingConfig": {}}},
        },
    )
    statuses = answer["metadata"]["individualProcessStatuses"]
    assert [one["status"].get("code", 0) for one in statuses] == [0, 0, 0]
    stored = {
        path.name.rpartition("-")[0]: desk.stored(f"gs://{path.relative_to(desk.root)}")
        for path in (desk.root / "b" / "out").rglob("*.json")
    }
    assert blocks(stored["notes"]) == [("heading-1", "Notes")]
    assert stored["notes"]["uri"] == "gs://b/in/notes.md"
    assert stored["scan"]["chunkedDocument"]["chunks"]


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["returnImages", "enableImageAnnotation", "enableTableAnnotation"])
def test_what_no_engine_tells_is_refused(desk: Desk, name: str):
    with pytest.raises(FailedPrecondition, match=f"layoutConfig.{name}"):
        parsed(desk, b"no document", layout={name: True})  # told before anything is opened


@pytest.mark.parametrize("size", [-1, 10**6])
def test_chunks_of_no_possible_size_are_refused(desk: Desk, size: int):
    with pytest.raises(InvalidArgument, match=r"chunkingConfig\.chunkSize"):
        parsed(desk, b"no document", layout={"chunkingConfig": {"chunkSize": size}})


def test_a_document_that_was_read_before_has_no_layout_to_tell(desk: Desk):
    read = desk.process(paper("Hello"))
    request = {"name": f"{PLACE}/processors/{LAYOUT}", "inlineDocument": read}
    with pytest.raises(FailedPrecondition, match="told from a file"):
        desk.ask("ProcessDocument", request)


def test_a_file_of_another_kind_than_it_is_said_to_be_is_refused(desk: Desk):
    with pytest.raises(InvalidArgument, match=r"mimeType: The file is .*wordprocessingml"):
        parsed(desk, KINDS[DOCX][0], PPTX)
    with pytest.raises(InvalidArgument, match="'application/zip' is not served"):
        parsed(desk, KINDS[DOCX][0], "application/zip")


def test_a_broken_file_says_where_it_came_from(desk: Desk):
    content = repacked(KINDS[DOCX][0], lambda name, part: part[:20])
    with pytest.raises(InvalidArgument, match=r"rawDocument\.content.*DOCX"):
        parsed(desk, content, DOCX)


def test_processors_for_pages_say_that_they_take_no_office_files(desk: Desk):
    with pytest.raises(InvalidArgument, match=r"This is .*wordprocessingml.*, not one of"):
        desk.process(KINDS[DOCX][0], "ocr")
