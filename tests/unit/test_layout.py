"""Pages drawn here, read by the OCR engine and laid out: the text must come in reading order."""

from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from sensorium.models.engines.rapidocr import RapidOcr
from sensorium.models.pages.layout import arrange
from sensorium.models.tasks import Page

RIVERS = str.split(
    "Rivers begin as springs high in the mountains and gather water from every slope they pass. "
    "Most of them reach the sea after many days, carrying sand and stones that shape the land. "
    "Cities grew where a river could be crossed, because roads met there and goods were traded. "
    "Even today the oldest bridge of a town often stands in its very centre."
)
CLOCKS = str.split(
    "Clocks were once driven by falling weights and told the hour with a single hand. "
    "The pendulum made them exact enough for sailors, who needed the time to find their place. "
    "Springs let people carry a watch in a pocket, and quartz made it cheap for everyone. "
    "Atomic clocks now lose less than a second in the age of the universe."
)
TITLE = str.split("Two Essays on Water and Time")


@cache
def engine() -> RapidOcr:
    return RapidOcr()


def wrap(words: list[str], font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def draw(
    page: Image.Image, words: list[str], x: int, y: int, width: int, size: int = 24
) -> tuple[str, int]:
    """Write words into a column; return them and where the column ends."""
    font = ImageFont.load_default(size)
    pen = ImageDraw.Draw(page)
    for line in wrap(words, font, width):
        pen.text((x, y), line, fill="black", font=font)
        y += int(size * 1.4)
    return " ".join(words), y


def blank(width: int = 1275, height: int = 900) -> Image.Image:
    return Image.new("RGB", (width, height), "white")


def text_of(page: Page) -> str:
    return " ".join(
        word.text
        for block in page.blocks
        for paragraph in block.paragraphs
        for line in paragraph.lines
        for word in line.words
    )


def read(image: Image.Image) -> str:
    pixels = np.asarray(image)
    (lines,) = engine().read([pixels])
    return text_of(arrange(lines, image.width, image.height))


def error_rate(got: str, want: str) -> float:
    """Return the character error rate: Levenshtein distance by the length of the truth."""
    row = np.arange(len(want) + 1)
    for i, a in enumerate(got, 1):
        change = np.concatenate(([i], np.minimum(row[1:] + 1, row[:-1] + [a != b for b in want])))
        steps = np.arange(len(want) + 1)
        row = np.minimum.accumulate(change - steps) + steps
    return float(row[-1]) / len(want)


def two_columns() -> tuple[Image.Image, str]:
    page = blank()
    left, _ = draw(page, RIVERS, 80, 80, 520)
    right, _ = draw(page, CLOCKS, 660, 80, 520)
    return page, f"{left} {right}"


def title_over_two_columns() -> tuple[Image.Image, str]:
    page = blank()
    title, _ = draw(page, TITLE, 300, 60, 900, size=44)
    left, _ = draw(page, RIVERS, 80, 180, 520)
    right, _ = draw(page, CLOCKS, 660, 180, 520)
    return page, f"{title} {left} {right}"


def title_in_the_middle_of_two_columns() -> tuple[Image.Image, str]:
    page = blank(height=1100)
    a, _ = draw(page, RIVERS[:34], 80, 60, 520)
    b, y = draw(page, CLOCKS[:34], 660, 60, 520)
    title, y = draw(page, TITLE, 300, y + 40, 900, size=44)
    c, _ = draw(page, RIVERS[34:], 80, y + 40, 520)
    d, _ = draw(page, CLOCKS[34:], 660, y + 40, 520)
    return page, f"{a} {b} {title} {c} {d}"


def sidebar() -> tuple[Image.Image, str]:
    page = blank()
    side, _ = draw(page, RIVERS[:24], 60, 90, 240, size=20)
    body, _ = draw(page, CLOCKS, 380, 80, 820)
    return page, f"{side} {body}"


def three_columns() -> tuple[Image.Image, str]:
    page = blank()
    texts = [
        draw(page, words, 60 + 400 * i, 80, 350, size=20)[0]
        for i, words in enumerate((RIVERS, CLOCKS, RIVERS[::-1]))
    ]
    return page, " ".join(texts)


def paragraphs_that_end_together() -> tuple[Image.Image, str]:
    page = blank(height=1000)
    a, _ = draw(page, RIVERS[:36], 80, 60, 520)
    b, _ = draw(page, RIVERS[36:], 80, 400, 520)
    c, _ = draw(page, CLOCKS[:36], 660, 60, 520)
    d, _ = draw(page, CLOCKS[36:], 660, 400, 520)
    return page, f"{a} {b} {c} {d}"


PAGES = (
    two_columns,
    title_over_two_columns,
    title_in_the_middle_of_two_columns,
    sidebar,
    three_columns,
    paragraphs_that_end_together,
)


@pytest.mark.parametrize("make", PAGES)
def test_columns_are_read_one_after_the_other(make) -> None:
    image, want = make()
    assert error_rate(read(image), want) < 0.02


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_page_on_its_side_is_read_like_an_upright_one(angle: int) -> None:
    image, want = title_over_two_columns()
    assert error_rate(read(image.rotate(angle, expand=True, fillcolor="white")), want) < 0.02


@pytest.mark.parametrize("angle", [-7, -2, 3, 6])
def test_a_skewed_scan_is_read_in_order(angle: float) -> None:
    image, want = title_over_two_columns()
    turned = image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    assert error_rate(read(turned), want) < 0.02
