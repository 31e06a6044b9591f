"""The OCR engine on pictures drawn here: what is written where, and how sure it is."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from sensorium.models.engines.pypdfium2 import Pypdfium2
from sensorium.models.engines.rapidocr import RapidOcr
from sensorium.models.pages import ctc
from sensorium.models.tasks import Line, Pixels
from tests.unit.pdfs import pdf, shown


@cache
def engine() -> RapidOcr:
    return RapidOcr()


def picture(
    *lines: str, size: int = 40, ink: str = "black", paper: str = "white", width: int = 900
) -> Image.Image:
    image = Image.new("RGB", (width, 60 + len(lines) * size * 2), paper)
    pen = ImageDraw.Draw(image)
    for i, line in enumerate(lines):
        pen.text((50, 30 + i * size * 2), line, fill=ink, font=ImageFont.load_default(size))
    return image


def read(image: Image.Image) -> list[Line]:
    (lines,) = engine().read([np.asarray(image)])
    return sorted(lines, key=lambda line: line.polygon[0].y)


def text(line: Line) -> str:
    return "".join(word.text + " " * word.space for word in line.words).strip()


def test_lines_are_read_with_their_spaces():
    lines = read(picture("Please ring the bell", "and wait for 10 minutes."))
    assert [text(line) for line in lines] == ["Please ring the bell", "and wait for 10 minutes."]
    assert all(line.confidence > 0.9 for line in lines)


@pytest.mark.parametrize(
    ("ink", "paper"),
    [("black", "white"), ("white", "black"), ("#777777", "white"), ("red", "gold")],
)
def test_light_and_dark_and_coloured_text_is_read(ink: str, paper: str):
    (line,) = read(picture("Open until midnight", ink=ink, paper=paper))
    assert text(line) == "Open until midnight"


@pytest.mark.parametrize(
    "written", ["Grüße aus Köln", "déjà vu à Besançon", "mañana: ¿dónde?", "smørbrød på fløyen"]
)
def test_accented_latin_letters_are_read(written: str):
    # pdfium's own Helvetica has them, Pillow's own font has not
    page = Pypdfium2().page(pdf(shown(written)), 1, 200)
    (line,) = read(Image.fromarray(page.image))
    assert text(line) == written


@pytest.mark.parametrize("size", [14, 24, 60, 140])
def test_small_and_large_print_is_read(size: int):
    (line,) = read(picture("Harbour view", size=size, width=1200))
    assert text(line) == "Harbour view"


def test_a_condensed_face_is_read():
    image = picture("Condensed letters stand close together", size=48, width=1000)
    narrow = image.resize((image.width * 55 // 100, image.height))
    (line,) = read(narrow)
    assert text(line) == "Condensed letters stand close together"


def test_words_and_symbols_stand_where_they_are_drawn():
    image = picture("Blue harbour", size=60)
    (line,) = read(image)
    font = ImageFont.load_default(60)
    at = 50.0
    for word in line.words:
        left, _, right, _ = font.getbbox(word.text)
        xs = [point.x for point in word.polygon]
        assert min(xs) == pytest.approx(at + left, abs=6)
        assert max(xs) == pytest.approx(at + right, abs=6)
        for i, symbol in enumerate(word.symbols):
            middle = at + font.getlength(word.text[:i]) + font.getlength(word.text[i]) / 2
            centre = sum(point.x for point in symbol.polygon) / 4
            assert centre == pytest.approx(middle, abs=10)
        at += font.getlength(f"{word.text} ")
    ink = np.argwhere(np.asarray(image).min(axis=2) < 128)
    assert min(point.y for point in line.polygon) == pytest.approx(ink[:, 0].min(), abs=6)
    assert max(point.y for point in line.polygon) == pytest.approx(ink[:, 0].max(), abs=6)


@pytest.mark.parametrize(
    ("turn", "corner"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (270, (1, 0))]
)
def test_a_polygon_starts_at_the_texts_own_top_left(turn: int, corner: tuple[int, int]):
    image = picture("Keep the door shut", "at all times").rotate(turn, expand=True)
    for line in read(image):
        polygon = line.words[0].polygon
        xs, ys = [p.x for p in polygon], [p.y for p in polygon]
        want = ((min(xs), max(xs))[corner[0]], (min(ys), max(ys))[corner[1]])
        assert (polygon[0].x, polygon[0].y) == pytest.approx(want, abs=4)


@pytest.mark.parametrize("turn", [10, 90, 180, 270, 350, 100])
def test_turned_text_is_read(turn: int):
    image = picture("Keep the door shut", "at all times")
    turned = image.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    assert {text(line) for line in read(turned)} == {"Keep the door shut", "at all times"}


def test_a_batch_answers_as_its_pictures_do_alone():
    pictures = [np.asarray(picture(words)) for words in ("first page", "second page", "")]
    together = engine().read(pictures)
    assert together == [engine().read([one])[0] for one in pictures]
    assert together[2] == []


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 400), (400, 1), (3, 3), (31, 33), (20, 4000), (4000, 20)]
)
@pytest.mark.parametrize("value", [0, 255, None])
def test_pictures_without_text_have_no_lines(shape: tuple[int, int], value: int | None):
    blank = np.full((*shape, 3), value or 0, np.uint8)
    if value is None:
        blank[:, ::2] = 90
    assert all(line.confidence >= 0.5 for line in engine().read([blank])[0])
    if value is not None:
        assert engine().read([blank])[0] == []


@pytest.mark.parametrize("grain", [4, 8, 16, 32, 64])
def test_textures_are_not_taken_for_text(grain: int):
    noise = np.random.default_rng(grain)
    coarse = noise.integers(0, 255, (480 // grain, 640 // grain, 3), np.uint8)
    assert read(Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC)) == []


# --- decoding ---------------------------------------------------------------------------------

ALPHABET = ["", "a", "b", " "]


def decoded(classes: list[int]) -> list[ctc.Glyph]:
    return ctc.decode(np.array(classes), np.full(len(classes), 0.9, np.float32), ALPHABET)


def test_repeats_are_one_character_and_blanks_divide_them():
    assert "".join(glyph.text for glyph in decoded([1, 1, 0, 1, 2, 2, 0])) == "aab"


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(0, 2**31))
def test_symbols_follow_each_other_inside_the_line(classes: list[int], seed: int):
    ink = np.random.default_rng(seed).random(len(classes) * 8) > 0.4
    baseline = ctc.Baseline((0.0, 0.0), (100.0, 0.0), (0.0, 10.0))
    line = ctc.line(decoded(classes), baseline, ink)
    spoken = "".join(glyph.text for glyph in decoded(classes)).replace(" ", "")
    if not spoken:
        assert line is None
        return
    assert line is not None
    symbols = [symbol for word in line.words for symbol in word.symbols]
    assert "".join(symbol.text for symbol in symbols) == spoken
    lefts = [symbol.polygon[0].x for symbol in symbols]
    rights = [symbol.polygon[1].x for symbol in symbols]
    assert lefts == sorted(lefts)
    assert all(0 <= left <= right <= 100 for left, right in zip(lefts, rights, strict=True))


def test_the_pictures_of_the_samples_are_read(shared):
    with Image.open(shared / "data" / "images" / "text.jpg") as image:
        pixels: Pixels = np.asarray(image.convert("RGB"))
    (lines,) = engine().read([pixels])
    assert "37%" in " ".join(text(line) for line in lines)


def spaced(gaps: list[int], spaces: set[int]) -> str:
    """Return the text of a line of letters, 16 columns wide each, with these gaps between them."""
    ink, glyphs = [], []
    total = 16 * (len(gaps) + 1) + sum(gaps)
    for i, gap in enumerate([*gaps, 0]):
        start = len(ink)
        ink += [True] * 16 + [False] * gap
        glyphs.append(ctc.Glyph("x", (start + 4) / total, (start + 12) / total, 0.9))
        if i in spaces:
            glyphs.append(ctc.Glyph(" ", (start + 16) / total, (start + 17) / total, 0.9))
    baseline = ctc.Baseline((0.0, 0.0), (float(total), 0.0), (0.0, 48.0))
    line = ctc.line(glyphs, baseline, np.array(ink))
    assert line is not None
    return text(line)


def test_a_gap_as_wide_as_the_lines_spaces_is_one():
    assert spaced([2, 20, 3, 20, 2, 20, 3], spaces={1, 3}) == "xx xx xx xx"


def test_widely_set_letters_stay_together():
    assert spaced([12, 20, 14, 20, 12, 15, 13], spaces={1, 3}) == "xx xx xxxx"


def test_a_gap_as_wide_as_the_line_is_high_is_a_space():
    assert spaced([2, 3, 50, 2], spaces=set()) == "xxx xx"
