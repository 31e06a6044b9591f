"""Fields, marks and tables on pages set by hand: what no line or colon tells, the place does."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from sensorium.models.extraction import PlacedText
from sensorium.models.forms import read
from sensorium.models.tasks import Point, Rule
from tests.unit.typesetting import typeset


def fields(document: PlacedText, *rules: Rule, pixels: object = None) -> dict[str, str]:
    text = document.text
    found = read(document, 0, pixels, rules).fields
    return {one.name.text(text): one.value.text(text) for one in found}


def rule(left: float, line: int, right: float) -> Rule:
    """Return a rule below a line of text."""
    return Rule(Point(left, 24 * line + 18), Point(right, 24 * line + 18))


def table(document: PlacedText) -> list[list[str]]:
    (one,) = read(document, 0).tables
    return [[cell.part.text(document.text) for cell in row] for row in one.rows]


# --- names before blanks ------------------------------------------------------------------------


def test_names_stand_far_before_a_column_of_blanks():
    document = typeset((0, 0, "Branch"), (160, 0, "Leeds"), (0, 2, "City"), (0, 4, "Name"))
    rules = [rule(150, line, 400) for line in (0, 2, 4)]
    assert fields(document, *rules) == {"Branch": "Leeds", "City": "", "Name": ""}


def test_a_blank_alone_belongs_to_no_name_far_from_it():
    document = typeset((0, 0, "Branch"), (0, 4, "City"))
    assert fields(document, rule(300, 0, 400)) == {}


def test_lines_of_dots_begin_below_the_words_on_them():
    document = typeset((0, 0, "Branch"), (160, 0, "Leeds"), (0, 2, "City"), (0, 4, "Name"))
    page = Image.new("RGB", (420, 140), "white")
    pen = ImageDraw.Draw(page)
    for line in (0, 2, 4):
        for x in range(150, 400, 4):
            pen.rectangle((x, 24 * line + 17, x + 1, 24 * line + 18), fill="black")
    for word in document.words:  # ink where the words are
        left, top, right, bottom = (*_corner(word.polygon[0]), *_corner(word.polygon[2]))
        for x in range(left, right - 4, 9):
            pen.rectangle((x, top + 2, x + 2, bottom - 2), fill="black")
    found = fields(document, pixels=np.asarray(page))
    assert found == {"Branch": "Leeds", "City": "", "Name": ""}


def _corner(point: Point) -> tuple[int, int]:
    return round(point.x), round(point.y)


# --- tables without rules -----------------------------------------------------------------------


def test_a_heading_to_the_left_stands_over_figures_to_the_right():
    document = typeset(
        (0, 0, "Item"), (150, 0, "Sold"), (300, 0, "Price"),
        (0, 1, "Bolts"), (200, 1, "43"), (360, 1, "8.10"),
        (0, 2, "Nuts"), (200, 2, "13"), (360, 2, "2.50"),
        (0, 3, "Nails"), (200, 3, "15"), (360, 3, "7.56"),
    )  # fmt: skip
    assert table(document) == [
        ["Item", "Sold", "Price"],
        ["Bolts", "43", "8.10"],
        ["Nuts", "13", "2.50"],
        ["Nails", "15", "7.56"],
    ]


def test_columns_that_differ_below_the_heading_stay_apart():
    document = typeset(
        (0, 0, "Item"), (150, 0, "In"), (300, 0, "Out"),
        (0, 1, "Bolts"), (150, 1, "43"),
        (0, 2, "Nuts"), (300, 2, "13"),
        (0, 3, "Nails"), (150, 3, "15"), (300, 3, "9"),
    )  # fmt: skip
    assert [len(row) for row in table(document)] == [3, 3, 3, 3]


# --- marks ----------------------------------------------------------------------------------------


def test_circles_close_behind_their_captions_are_marks():
    document = typeset((20, 1, "Female"), (20, 3, "Male"), (20, 5, "some more words"))
    page = Image.new("RGB", (300, 160), "white")
    pen = ImageDraw.Draw(page)
    for word in document.words[:2]:
        (left, top), (right, bottom) = _corner(word.polygon[0]), _corner(word.polygon[2])
        for x in range(left, right, 9):
            pen.rectangle((x, top + 2, x + 6, bottom - 2), fill="black")
        pen.ellipse((right + 1, top - 2, right + 20, top + 17), outline="black", width=2)
        if word.start == 0:
            pen.ellipse((right + 5, top + 2, right + 16, top + 13), fill="black")
    assert [box.filled for box in read(document, 0, np.asarray(page)).checkboxes] == [True, False]


def test_captions_are_told_whatever_mark_of_a_row_stands_highest():
    document = typeset((40, 1, "Single"), (160, 1, "Married"), (280, 1, "Widowed"))
    page = Image.new("RGB", (400, 80), "white")
    pen = ImageDraw.Draw(page)
    for at, word in enumerate(document.words):
        left, top = _corner(word.polygon[0])
        pen.rectangle((left - 24, top - 2 * at, left - 6, top - 2 * at + 18), outline="black")
    found = read(document, 0, np.asarray(page)).checkboxes
    captions = [box.caption.text(document.text) if box.caption else "" for box in found]
    assert sorted(captions) == ["Married", "Single", "Widowed"]


def test_noise_makes_no_blank_of_letters_that_touch():
    document = typeset((20, 1, "Account number:"), (220, 1, "0048227193"))
    page = np.full((80, 420, 3), 255, np.uint8)
    for word in document.words:
        (left, top), (right, bottom) = _corner(word.polygon[0]), _corner(word.polygon[2])
        page[bottom - 4 : bottom - 2, left + 28 : right - 10] = 0  # feet that touch
        page[top + 2 : bottom - 2, left:right:9] = 0
    noise = np.random.default_rng(7).normal(0, 25, page.shape)
    noisy = np.clip(page + noise, 0, 255).astype(np.uint8)
    assert fields(document, pixels=noisy) == {"Account number:": "0048227193"}
