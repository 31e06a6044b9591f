"""PDF files: pages, their text layers, and what is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from sensorium.models.engines.pypdfium2 import Pypdfium2
from sensorium.models.errors import InvalidArgument, OutOfRange
from sensorium.models.pages.layout import arrange
from tests.unit.pdfs import pdf, scan, shown

reader = Pypdfium2()


def texts(content: bytes, number: int = 1, dpi: int = 72) -> list[str]:
    lines = reader.page(content, number, dpi).lines
    assert lines is not None
    return [" ".join(word.text for word in line.words) for line in lines]


def test_a_text_layer_is_read_word_by_word():
    content = pdf(shown("Fresh bread") + shown("and butter", y=120))
    assert texts(content) == ["Fresh bread", "and butter"]


def test_symbols_stand_where_the_page_shows_them():
    page = reader.page(pdf(shown("HOLM")), 1, 144)
    assert page.lines is not None
    ink = np.argwhere(page.image.min(axis=2) < 128)
    ((word,),) = [line.words for line in page.lines]
    xs = [point.x for point in word.polygon]
    ys = [point.y for point in word.polygon]
    assert abs(min(ys) - ink[:, 0].min()) < 3
    assert abs(max(ys) - ink[:, 0].max()) < 3
    assert abs(min(xs) - ink[:, 1].min()) < 5
    assert abs(max(xs) - ink[:, 1].max()) < 5
    lefts = [symbol.polygon[0].x for symbol in word.symbols]
    assert lefts == sorted(lefts)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_text_on_a_turned_page_starts_at_its_own_top_left(rotation: int):
    page = reader.page(pdf(shown("HOLM"), page=f"/Rotate {rotation}"), 1, 72)
    assert page.lines is not None
    height, width = page.image.shape[:2]
    assert (width, height) == ((300, 200) if rotation == 180 else (200, 300))
    first, second = page.lines[0].words[0].polygon[:2]
    along = (round(second.x - first.x), round(second.y - first.y))
    turned = {90: along[1] > 30, 180: along[0] < -30, 270: along[1] < -30}
    assert turned[rotation]
    ink = np.argwhere(page.image.min(axis=2) < 128)
    xs = [point.x for point in page.lines[0].polygon]
    assert abs(min(xs) - ink[:, 1].min()) < 4


def test_words_that_only_stand_apart_get_their_space():
    content = pdf(shown("Fresh") + shown("bread", x=84))
    assert " ".join(texts(content)) == "Fresh bread"


def test_figures_of_narrow_digits_stay_together():
    assert texts(pdf(shown("111 1711"))) == ["111 1711"]


def test_columns_of_a_text_layer_are_read_one_after_the_other():
    left = ["one two three four five six", "seven eight nine ten", "eleven twelve and then"]
    right = ["red orange yellow and green", "dark blue, violet and brown", "grey, black and white"]
    stream = ""
    for i, (a, b) in enumerate(zip(left, right, strict=True)):
        stream += shown(a, 10, 170 - 12 * i) + shown(b, 165, 170 - 12 * i)
    stream = stream.replace("14 Tf", "9 Tf")
    page = reader.page(pdf(stream), 1, 72)
    assert page.lines is not None
    laid = arrange(page.lines, 300, 200)
    got = " ".join(
        word.text
        for block in laid.blocks
        for paragraph in block.paragraphs
        for line in paragraph.lines
        for word in line.words
    )
    assert got == " ".join(left + right)


def test_a_scan_without_text_has_no_text_layer():
    content = pdf("300 0 0 200 0 0 cm /Im1 Do", objects=scan())
    assert reader.page(content, 1, 72).lines is None


def test_a_stamp_over_a_scan_is_no_text_layer():
    content = pdf("q 300 0 0 200 0 0 cm /Im1 Do Q " + shown("Page 1"), objects=scan())
    assert reader.page(content, 1, 72).lines is None


def test_invisible_text_is_not_believed():
    assert reader.page(pdf(shown("hidden words", more="3 Tr")), 1, 72).lines is None


def test_a_filled_form_is_read_from_its_picture():
    widget = {5: b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (b) /Rect [9 9 90 30] >>"}
    content = pdf(shown("Name"), page="/Annots [5 0 R]", objects=widget)
    assert reader.page(content, 1, 72).lines is None


def test_an_empty_page_has_no_text_layer():
    page = reader.page(pdf(""), 1, 72)
    assert page.lines is None
    assert page.image.min() == 255


def test_pages_are_counted_and_rendered_at_the_resolution_asked_for():
    content = pdf(shown("one"), shown("two"), shown("three"))
    assert reader.count(content) == 3
    assert reader.page(content, 2, 144).image.shape == (400, 600, 3)
    assert texts(content, 3) == ["three"]


@pytest.mark.parametrize("number", [0, 2, -1])
def test_a_page_that_is_not_there_is_out_of_range(number: int):
    with pytest.raises(OutOfRange, match="the document has 1"):
        reader.page(pdf(shown("one")), number, 72)


def test_a_page_too_large_to_render_is_refused():
    content = pdf(shown("one"), page="/UserUnit 1").replace(b"[0 0 300 200]", b"[0 0 99999 99]")
    with pytest.raises(InvalidArgument, match=r"pixels at 3000 dpi|page"):
        reader.page(content, 1, 3000)


def test_an_encrypted_pdf_is_refused_as_that():
    lock = (
        b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <" + b"41" * 32 + b"> /U <"
        b"" + b"42" * 32 + b"> >>"
    )
    content = pdf(
        shown("secret"),
        extra="/Encrypt 6 0 R /ID [<00112233445566778899aabbccddeeff> <00>]",
        objects={6: lock},
    )
    with pytest.raises(InvalidArgument, match="encrypted"):
        reader.count(content)


@pytest.mark.parametrize("content", [b"", b"no pdf at all", b"%PDF-1.7\ngarbage", b"%PDF-" * 300])
def test_what_is_no_pdf_is_refused(content: bytes):
    with pytest.raises(InvalidArgument):
        reader.count(content)


def test_a_pdf_that_pillow_wrote_opens():
    target = io.BytesIO()
    Image.new("RGB", (50, 40), "white").save(target, "PDF")
    assert reader.count(target.getvalue()) == 1
    assert reader.page(target.getvalue(), 1, 72).lines is None


def drawn(content: bytes, dpi: int = 72) -> set[tuple[int, int, int, int]]:
    rules = reader.page(content, 1, dpi).rules
    return {
        (round(rule.start.x), round(rule.start.y), round(rule.end.x), round(rule.end.y))
        for rule in rules
    }


def test_a_page_tells_the_lines_that_it_draws():
    content = pdf("20 50 m 120 50 l S 200 20 m 200 90 l S")
    assert drawn(content) == {(20, 150, 120, 150), (200, 110, 200, 180)}
    assert drawn(content, 144) == {(40, 300, 240, 300), (400, 220, 400, 360)}


def test_the_sides_of_a_rectangle_are_four_rules():
    assert drawn(pdf("20 50 100 30 re S")) == {
        (20, 120, 120, 120), (20, 150, 120, 150), (20, 120, 20, 150), (120, 120, 120, 150),
    }  # fmt: skip


def test_a_thin_filled_bar_is_a_rule_and_a_filled_area_is_none():
    assert drawn(pdf("20 50 100 2 re f 20 80 100 40 re f")) == {(20, 149, 120, 149)}


def test_lines_that_slant_bend_or_are_white_are_no_rules():
    content = pdf("20 50 m 120 90 l S 20 20 m 40 90 80 90 120 20 c S 1 G 20 150 m 120 150 l S")
    assert drawn(content) == set()


def test_rules_follow_the_transformations_of_their_page():
    assert drawn(pdf("2 0 0 2 10 10 cm 0 20 m 50 20 l S")) == {(10, 150, 110, 150)}
    turned = pdf("20 50 m 120 50 l S", page="/Rotate 90")
    assert drawn(turned) == {(50, 20, 50, 120)}


def test_rules_within_a_form_are_placed_where_the_form_is():
    form = (
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 300 200] /Matrix [1 0 0 1 5 0] /Length 18 >> "
        b"stream\n0 20 m 50 20 l S\nendstream"
    )
    placed = reader.page(pdf("q 1 0 0 1 30 10 cm /Im1 Do Q", objects={4: form}), 1, 72)
    (rule,) = placed.rules
    ink = np.argwhere(placed.image.min(axis=2) < 200)
    assert abs(rule.start.x - ink[:, 1].min()) <= 1
    assert abs(rule.start.y - ink[:, 0].mean()) <= 1.5
