"""Forms and tables to measure with, drawn with known truth.

Each page is one PDF that carries its text and its rules, so that the same page is read by its text
layer and, rendered and worn, by OCR.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

LAYOUTS = ("colons", "columns", "lines", "dotted", "boxes", "outside", "inline", "signed")
TABLES = ("ruled", "open", "spans", "aligned", "headed", "wrapped", "grouped")
SCANS = ("clean", "skewed", "noisy")
DPI = 150

_WIDTH, _HEIGHT = 595, 842
_NARROW = {" ": 278, ".": 278, ",": 278, "-": 333, "$": 556}
_NAMES = (
    "First name|Last name|Date of birth|Address|City|Postal code|Phone|Email|Nationality|"
    "Employer|Occupation|Account number|Branch|Marital status|Policy number|Reference|"
    "Place of birth|Passport number|Emergency contact|Relationship|Department|Start date"
)
_VALUES = {
    "First name": ("Maria", "Thomas", "Aisha", "Peter"),
    "Last name": ("Keller", "Jones", "Rossi", "Novak"),
    "Date of birth": ("14/03/1985", "2 May 1971", "11.12.1990"),
    "Address": ("48 Mill Street", "7 Castle Road", "Hauptstrasse 12"),
    "City": ("Bristol", "Hamburg", "Lyon", "New Haven"),
    "Postal code": ("20457", "BS1 4DJ", "69006"),
    "Phone": ("+44 20 7946 0018", "(555) 014-2231", "030 901820"),
    "Email": ("maria@example.com", "t.jones@example.org"),
    "Nationality": ("German", "British", "Italian"),
    "Employer": ("Harbour Tools Ltd", "Northwind Trading", "City Hospital"),
    "Occupation": ("Nurse", "Software engineer", "Carpenter"),
    "Account number": ("0048 2271 93", "77120034"),
    "Branch": ("Central", "Riverside"),
    "Marital status": ("Married", "Single", "Divorced"),
    "Policy number": ("PX-204-881", "AB 7730"),
    "Reference": ("2024/118", "REF-9917"),
    "Place of birth": ("Vienna", "Leeds", "Porto"),
    "Passport number": ("C01X00T47", "P8839201"),
    "Emergency contact": ("Anna Keller", "John Smith"),
    "Relationship": ("Sister", "Father", "Spouse"),
    "Department": ("Accounts", "Human resources"),
    "Start date": ("1 June 2024", "2024-09-15"),
}
_CHOICES = (
    ("Male", "Female", "Other"),
    ("Yes", "No"),
    ("Single", "Married", "Divorced", "Widowed"),
    ("I agree to the terms", "Send me the newsletter"),
    ("Full time", "Part time", "Contract"),
)
_ITEMS = (
    "Steel bracket|Wall paint|Site survey|Oak shelf|Desk lamp|Garden hose|Paper towels|"
    "Copper pipe|Door handle|Window frame|Roof tiles|Floor wax"
)


@dataclass
class Pen:
    """Writes the content of a page; places are points from the top left corner."""

    content: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, size: float = 10, bold: bool = False) -> None:
        """Write a text whose baseline is at y."""
        safe = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        font = "F2" if bold else "F1"
        at = f"{x:.1f} {_HEIGHT - y:.1f}"
        self.content.append(f"BT /{font} {size} Tf 1 0 0 1 {at} Tm ({safe}) Tj ET")

    def figure(self, right: float, y: float, text: str, size: float = 10) -> None:
        """Write a number that ends at `right`."""
        wide = sum(_NARROW.get(character, 556) for character in text)
        self.text(right - wide * size / 1000, y, text, size)

    def line(self, x0: float, y0: float, x1: float, y1: float, dash: str = "") -> None:
        """Draw a line."""
        path = f"{x0:.1f} {_HEIGHT - y0:.1f} m {x1:.1f} {_HEIGHT - y1:.1f} l S"
        self.content.append(f"q .7 w [{dash}] 0 d {path} Q")

    def box(self, x: float, y: float, width: float, height: float, fill: bool = False) -> None:
        """Draw a rectangle whose top left corner is given."""
        at = f"{x:.1f} {_HEIGHT - y - height:.1f} {width:.1f} {height:.1f} re"
        self.content.append(f"q .8 w {at} {'f' if fill else 'S'} Q")

    def circle(self, x: float, y: float, radius: float, fill: bool = False) -> None:
        """Draw a circle around a place."""
        y, k = _HEIGHT - y, 0.5523 * radius
        r = radius
        self.content.append(
            f"q .8 w {x + r:.2f} {y:.2f} m {x + r:.2f} {y + k:.2f} {x + k:.2f} {y + r:.2f} "
            f"{x:.2f} {y + r:.2f} c {x - k:.2f} {y + r:.2f} {x - r:.2f} {y + k:.2f} {x - r:.2f} "
            f"{y:.2f} c {x - r:.2f} {y - k:.2f} {x - k:.2f} {y - r:.2f} {x:.2f} {y - r:.2f} c "
            f"{x + k:.2f} {y - r:.2f} {x + r:.2f} {y - k:.2f} {x + r:.2f} {y:.2f} c "
            f"{'f' if fill else 'S'} Q"
        )

    def pdf(self) -> bytes:
        """Return the page as a file."""
        stream = "\n".join(self.content).encode("cp1252")
        font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica{} /Encoding /WinAnsiEncoding >>"
        bodies = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Contents 6 0 R "
            "/Resources << /Font << /F1 4 0 R /F2 5 0 R >> >> >>".encode(),
            font.format("").encode(),
            font.format("-Bold").encode(),
            b"<< /Length %d >> stream\n%s\nendstream" % (len(stream), stream),
        ]
        out, offsets = b"%PDF-1.7\n", []
        for number, body in enumerate(bodies, start=1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        count = len(bodies) + 1
        return out + (
            b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
            + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (count, len(out))
        )


Row = list[tuple[str, int, int]]  # a cell's text, and how many rows and columns it spans


@dataclass
class Sheet:
    """A page and what is on it: fields by name, marks by caption, tables row by row."""

    pdf: bytes
    fields: list[tuple[str, str]] = field(default_factory=list)
    marks: list[tuple[str, bool]] = field(default_factory=list)
    tables: list[list[Row]] = field(default_factory=list)
    headers: list[int] = field(default_factory=list)


def worn(image: np.ndarray, scan: str) -> np.ndarray:
    """Return a page as a scanner would give it."""
    if scan == "skewed":
        turned = Image.fromarray(image).rotate(2, Image.Resampling.BICUBIC, fillcolor="white")
        return np.asarray(turned)
    if scan == "noisy":
        noise = np.random.default_rng(7).normal(0, 25, image.shape)
        return np.clip(image + noise, 0, 255).astype(np.uint8)
    return image


# --- forms --------------------------------------------------------------------------------------


def form(layout: str, number: int) -> Sheet:
    """Return a form of a layout with marks below; the same one for the same arguments."""
    lots = random.Random(f"{layout}{number}")
    names = lots.sample(_NAMES.split("|"), 10)
    pairs = [(n, "" if lots.random() < 0.2 else lots.choice(_VALUES[n])) for n in names]
    pen = Pen()
    pen.text(60, 60, lots.choice(("Application form", "Registration", "Patient intake")), 18, True)
    pen.text(60, 84, "Please complete every field that applies to you and sign at the end.", 9)
    {
        "colons": _colons, "columns": _two_columns, "lines": _lines, "dotted": _dotted,
        "boxes": _boxes, "outside": _outside, "inline": _inline, "signed": _signed,
    }[layout](pen, pairs)  # fmt: skip
    marks = _marks(pen, lots)
    return Sheet(pen.pdf(), pairs, marks)


def _colons(pen: Pen, pairs: list[tuple[str, str]]) -> None:
    for at, (name, value) in enumerate(pairs):
        pen.text(60, 130 + at * 24, f"{name}:", bold=True)
        pen.text(190, 130 + at * 24, value)


def _two_columns(pen: Pen, pairs: list[tuple[str, str]]) -> None:
    for at, (name, value) in enumerate(pairs):
        x, y = 60 + at % 2 * 250, 130 + at // 2 * 28
        pen.text(x, y, f"{name}: {value}")


def _lines(pen: Pen, pairs: list[tuple[str, str]]) -> None:
    for at, (name, value) in enumerate(pairs):
        x, y = 60 + at % 2 * 250, 130 + at // 2 * 32
        pen.text(x, y, name)
        pen.line(x + 96, y + 3, x + 225, y + 3)
        pen.text(x + 102, y, value, 11)


def _dotted(pen: Pen, pairs: list[tuple[str, str]]) -> None:
    for at, (name, value) in enumerate(pairs):
        y = 130 + at * 26
        pen.text(60, y, name)
        pen.line(170, y + 2, 460, y + 2, "1 2")
        pen.text(180, y, value, 11)


def _boxes(pen: Pen, pairs: list[tuple[str, str]]) -> None:
    for at, (name, value) in enumerate(pairs):
        x, y = 60 + at % 2 * 235, 112 + at // 2 * 34
        pen.box(x, y, 235, 34)
        pen.text(x + 4, y + 10, name, 7)
        pen.text(x + 6, y + 27, value, 11)


def _outside(pen: Pen, pairs: list[tuple[str, str]]) -> None:
    for at, (name, value) in enumerate(pairs):
        x, y = 60 + at % 2 * 250, 118 + at // 2 * 44
        pen.text(x, y, name, 9)
        pen.box(x, y + 5, 220, 20)
        pen.text(x + 6, y + 19, value, 11)


def _inline(pen: Pen, pairs: list[tuple[str, str]]) -> None:
    for at, (name, value) in enumerate(pairs):
        x, y = 60 + at % 3 * 165, 130 + at // 3 * 32
        pen.text(x, y, f"{name}:", 9)
        wide = len(name) * 4.8 + 8
        pen.line(x + wide, y + 3, x + 158, y + 3)
        pen.text(x + wide + 4, y, value, 8.5)


def _signed(pen: Pen, pairs: list[tuple[str, str]]) -> None:
    for at, (name, value) in enumerate(pairs):
        x, y = 60 + at % 2 * 250, 135 + at // 2 * 48
        pen.text(x + 8, y, value, 11)
        pen.line(x, y + 4, x + 210, y + 4)
        pen.text(x, y + 14, name, 8)


def _marks(pen: Pen, lots: random.Random) -> list[tuple[str, bool]]:
    found = []
    for at, choices in enumerate(lots.sample(_CHOICES, 3)):
        y = 480 + at * 40
        style, before = lots.choice("xvsr"), lots.random() < 0.25
        pen.text(60, y, ("Please choose:", "Your answer:", "Tick one:")[at], bold=True)
        for i, caption in enumerate(choices):
            x, filled = 160 + i * (104 if len(choices) > 2 else 170), lots.random() < 0.4
            _mark(pen, x + (88 if before else 0), y - 4, style, filled)
            pen.text(x + (84 - 5.2 * len(caption) if before else 12), y, caption)
            found.append((caption, filled))
    return found


def _mark(pen: Pen, x: float, y: float, style: str, filled: bool) -> None:
    if style == "r":
        pen.circle(x + 4, y, 4.5)
        if filled:
            pen.circle(x + 4, y, 2.4, fill=True)
        return
    pen.box(x, y - 4.5, 9, 9)
    if not filled:
        return
    if style == "s":
        pen.box(x, y - 4.5, 9, 9, fill=True)
    elif style == "x":
        pen.line(x + 1.5, y - 3, x + 7.5, y + 3)
        pen.line(x + 7.5, y - 3, x + 1.5, y + 3)
    else:
        pen.line(x + 1.5, y, x + 4, y + 3)
        pen.line(x + 4, y + 3, x + 10, y - 6)


# --- tables -------------------------------------------------------------------------------------


def tabled(kind: str, number: int) -> Sheet:
    """Return a page with a table of a kind between paragraphs; the same for the same arguments."""
    lots = random.Random(f"{kind}{number}")
    pen = Pen()
    pen.text(60, 60, lots.choice(("Quarterly report", "Price list", "Order summary")), 18, True)
    for at in range(3):
        text = "The figures below were collected over the last year and are given in full here."
        pen.text(60, 90 + at * 14, text)
    heads = ["Description", "Quantity", "Price", "Amount", "Status"][: lots.randint(3, 5)]
    if kind == "wrapped":
        heads = ["Item", "Details", "Amount"]
    rows = [_row(lots, heads) for _ in range(lots.randint(4, 8))]
    sheet = Sheet(b"", tables=[[]], headers=[1])
    top = {"spans": _spans, "grouped": _grouped}.get(kind, _plain)(pen, kind, heads, rows, sheet)
    for at in range(3):
        text = "Please read the notes on the next page before you send this to anyone else."
        pen.text(60, top + 40 + at * 14, text)
    sheet.pdf = pen.pdf()
    return sheet


def _row(lots: random.Random, heads: list[str]) -> list[str]:
    made = {
        "Description": lots.choice(_ITEMS.split("|")), "Item": lots.choice(_ITEMS.split("|")),
        "Quantity": str(lots.randint(1, 90)), "Price": f"{lots.randint(100, 90000) / 100:,.2f}",
        "Amount": f"${lots.randint(1000, 900000) / 100:,.2f}",
        "Status": lots.choice(("Open", "Paid", "Late", "")),
        "Details": " ".join(lots.sample(_ITEMS.split("|"), 3)),
    }  # fmt: skip
    return [made[head] for head in heads]


def _edges(heads: list[str]) -> list[float]:
    widths = {"Description": 150, "Item": 110, "Details": 200}
    edges = [60.0]
    for head in heads:
        edges.append(edges[-1] + widths.get(head, 85))
    return edges


def _put(pen: Pen, xs: list[float], column: int, y: float, text: str, bold: bool = False) -> None:
    if text and (text[0].isdigit() or text[0] == "$") and not bold:
        pen.figure(xs[column + 1] - 6, y, text)
    else:
        pen.text(xs[column] + 5, y, text, bold=bold)


def _plain(pen: Pen, kind: str, heads: list[str], rows: list[list[str]], sheet: Sheet) -> float:
    """Draw a table with one row of headings: all rules, inner ones, one below the head, or none."""
    xs, y, height = _edges(heads), 160.0, 20.0
    lines = [heads, *rows]
    tops = [y]
    for at, row in enumerate(lines):
        bold = at == 0 and kind != "aligned"
        for column, text in enumerate(row):
            if kind == "wrapped" and heads[column] == "Details" and at:
                words = text.split(" ")
                pen.text(xs[column] + 5, y + 14, " ".join(words[:4]))
                pen.text(xs[column] + 5, y + 26, " ".join(words[4:]))
            else:
                _put(pen, xs, column, y + 14, text, bold)
        y += height + (16 if kind == "wrapped" and at else 0)
        tops.append(y)
    if kind in ("ruled", "open"):
        for line in tops:
            pen.line(xs[0], line, xs[-1], line)
        for x in xs if kind == "ruled" else xs[1:-1]:
            pen.line(x, tops[0], x, tops[-1])
    if kind == "headed":
        for line in (tops[0], tops[1], tops[-1]):
            pen.line(xs[0], line, xs[-1], line)
    sheet.tables[0] = [[(text, 1, 1) for text in row] for row in lines]
    return y


def _spans(pen: Pen, kind: str, heads: list[str], rows: list[list[str]], sheet: Sheet) -> float:
    """Draw a ruled table whose head has a cell over two columns and cells over two rows."""
    xs, top, height = _edges(heads), 160.0, 20.0
    last = len(heads) - 2
    bottom = top + height * (len(rows) + 2)
    for column, head in enumerate(heads[:last]):
        pen.text(xs[column] + 5, top + 24, head, bold=True)
    pen.text(xs[last] + 40, top + 14, "Billing", bold=True)
    for column in (last, last + 1):
        pen.text(xs[column] + 5, top + 34, heads[column], bold=True)
    pen.line(xs[0], top, xs[-1], top)
    pen.line(xs[last], top + height, xs[-1], top + height)
    for at, row in enumerate(rows):
        y = top + height * (at + 2)
        pen.line(xs[0], y, xs[-1], y)
        for column, text in enumerate(row):
            _put(pen, xs, column, y + 14, text)
    pen.line(xs[0], bottom, xs[-1], bottom)
    for i, x in enumerate(xs):
        pen.line(x, top + (height if i == last + 1 else 0), x, bottom)
    first: Row = [(head, 2, 1) for head in heads[:last]]
    second: Row = [(head, 1, 1) for head in heads[last:]]
    body: list[Row] = [[(text, 1, 1) for text in row] for row in rows]
    sheet.tables[0] = [[*first, ("Billing", 1, 2)], second, *body]
    sheet.headers[0] = 2
    return bottom


def _grouped(pen: Pen, kind: str, heads: list[str], rows: list[list[str]], sheet: Sheet) -> float:
    """Draw a table without rules whose two last columns have a heading in common."""
    xs, y = _edges(heads), 160.0
    last = len(heads) - 2
    pen.text(xs[last] + 14, y + 14, "Billing in this year", bold=True)
    for at, row in enumerate([heads, *rows]):
        for column, text in enumerate(row):
            _put(pen, xs, column, y + 34 + at * 20, text, bold=at == 0)
    empty: Row = [("", 1, 1)] * last
    body: list[Row] = [[(text, 1, 1) for text in row] for row in [heads, *rows]]
    sheet.tables[0] = [[*empty, ("Billing in this year", 1, 2)], *body]
    sheet.headers[0] = 2
    return y + 40 + 20 * len(rows)
