"""The promise of pdfium_text: a page has other words in the place of its own, and is else the same.

What a page shows is read from its picture by the gateway's own OCR.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pypdfium2
import pytest

from sensorium.models.engines import pdfium_text
from sensorium.models.engines.pdfium_text import PdfiumText
from sensorium.models.engines.rapidocr import RapidOcr
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.imaging import fonts
from sensorium.models.pages.settext import Piece, paragraphs
from tests.unit.pdfs import pdf, shown

FRAME = "2 w 20 20 260 160 re S 0.9 0.9 1 rg 200 30 60 40 re f 0 g "


def picture(content: bytes, number: int = 0) -> Any:
    page = pypdfium2.PdfDocument(content)[number]
    return page.render(scale=3, rev_byteorder=True).to_numpy()[:, :, :3].copy()


def read(content: bytes) -> str:
    (lines,) = RapidOcr().read([picture(content)])
    return " ".join(word.text for line in lines for word in line.words)


def anew(content: bytes, *texts: str, font: bytes = b"") -> bytes:
    return PdfiumText().rewritten(content, texts, font)


def test_other_words_stand_where_the_old_ones_did():
    content = pdf(FRAME + shown("Good morning") + shown("12.50", y=60))
    assert PdfiumText().paragraphs(content) == ("Good morning", "12.50")
    done = anew(content, "Buenos dias", "12.50")
    assert PdfiumText().paragraphs(done) == ("Buenos dias", "12.50")
    assert "Buenos dias" in read(done)
    before, after = picture(content), picture(done)
    changed = np.nonzero(np.abs(before.astype(int) - after).max(axis=2) > 60)
    rows, columns = ((min(one) / 3, max(one) / 3) for one in changed)
    assert 200 - 165 < rows[0] < rows[1] < 200 - 140
    assert 38 < columns[0] < columns[1] < 150


def test_a_page_that_pdfium_writes_wrongly_is_painted_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pdfium_text, "_spoilt", lambda *_: frozenset({0}))
    content = pdf("1 0.8 0.8 rg 0 0 300 200 re f 0 g " + shown("Good morning"))
    done = anew(content, "Buenos dias")
    assert "Buenos dias" in read(done)
    assert "morning" not in read(done)
    paper = picture(done)[3 * 30, 3 * 50]
    assert np.abs(picture(done)[3 * 47, 3 * 39].astype(int) - paper).max() < 8, "still pink"


def test_whether_a_page_was_written_wrongly_is_seen(monkeypatch: pytest.MonkeyPatch):
    good = pdf(FRAME + shown("Good morning"))
    assert pdfium_text._spoilt(good, anew(good, "Buenos dias")) == frozenset()
    assert pdfium_text._spoilt(good, pdf(shown("Good morning"))) == frozenset({0})


def test_a_longer_text_is_set_smaller_and_stays_on_the_page():
    content = pdf(shown("Menu", x=230))
    done = anew(content, "A menu that is much longer than it was")
    drawn = np.nonzero(picture(done).min(axis=2) < 128)[1]
    assert drawn.max() < 3 * 299


def test_lines_that_continue_each_other_are_one_paragraph():
    lines = ("The train to the harbour leaves", "at nine and comes to the is-", "land at ten.")
    content = pdf("".join(shown(line, y=150 - 17 * at) for at, line in enumerate(lines)))
    (text,) = PdfiumText().paragraphs(content)
    assert text == "The train to the harbour leaves at nine and comes to the island at ten."
    done = anew(content, text.upper())
    assert "HARBOUR" in read(done)
    assert len(np.unique(np.nonzero(picture(done).min(axis=2) < 128)[0] // 51)) >= 3


def test_letters_of_other_scripts_come_with_a_font():
    content = pdf(shown("Good morning"))
    with pytest.raises(FailedPrecondition, match="no font"):
        anew(content, "Доброе утро")
    done = anew(content, "Доброе утро", font=fonts.file("Доброе утро"))
    assert PdfiumText().paragraphs(done) == ("Доброе утро",)
    with pytest.raises(FailedPrecondition, match="right to left"):
        anew(content, "صباح الخير", font=fonts.file("صباح الخير"))


def test_fewer_texts_than_paragraphs_are_refused():
    with pytest.raises(InvalidArgument, match="fewer"):
        anew(pdf(shown("Good morning") + shown("bread", y=60)), "x")


def piece(text: str, left: float, baseline: float, size: float = 10.0, **more: Any) -> Piece:
    return Piece(text, left, left + 5 * len(text), baseline, size, 0, **more)


def test_cells_side_by_side_are_apart_and_words_of_a_line_are_not():
    found = paragraphs(
        [
            piece("Item", 10, 100),
            piece("Price", 120, 100),
            piece("red", 10, 80),
            piece("shoes", 26, 80, spaced=True),
            piece("9", 120, 80),
        ]
    )
    assert [one.text for one in found] == ["Item", "Price", "red shoes", "9"]


def test_items_and_headings_are_paragraphs_of_their_own():
    found = paragraphs(
        [
            piece("A heading that is quite long", 10, 100, size=16),
            piece("Some text that goes on and", 10, 80),
            piece("on in the next line too.", 10, 68),
            piece("1. first thing in a list", 10, 56),
            piece("2. second thing in a list", 10, 44),
        ]
    )
    assert [one.text for one in found] == [
        "A heading that is quite long",
        "Some text that goes on and on in the next line too.",
        "1. first thing in a list",
        "2. second thing in a list",
    ]
