"""Document AI: forms and tables.

Pages drawn for the purpose, as PDF files that carry their text and rules: 8 layouts of forms with
squares and circles to tick, 7 kinds of tables. "Text layer" reads the file; the other columns
render it at 150 dpi, turn it by 2 degrees or add noise, and read it with the embedded OCR. A field
is right if its name and value are, letter by letter, but for spaces, case and the colon; an empty
one counts. A mark is right if its caption and state are. Tables are compared by the pairs of
neighbouring cells (Göbel et al. 2012): F1 over all pairs.

Read this as a check that nothing broke, not as a forecast: whoever wrote the rules drew these
pages.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from time import perf_counter

import numpy as np

from benchmarks.formwork import DPI, LAYOUTS, SCANS, TABLES, Row, Sheet, form, tabled, worn
from sensorium.models.engines.pypdfium2 import Pypdfium2
from sensorium.models.engines.rapidocr import RapidOcr
from sensorium.models.extraction import PlacedText, placed
from sensorium.models.forms import Form, Table, read
from sensorium.models.pages.layout import arrange

READERS = ("text layer", *SCANS)
_PAGES = 3  # of each layout and kind
_RULED = ("ruled", "open", "spans")


def table() -> str:
    """Return every figure as Markdown."""
    opener, engine = Pypdfium2(), RapidOcr()
    scores: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    seconds: Counter[str] = Counter()
    for group, draw in ((LAYOUTS, form), (TABLES, tabled)):
        for kind in group:
            for number in range(_PAGES):
                sheet = draw(kind, number)
                for reader in READERS:
                    document, found = seen(opener, engine, sheet, reader, seconds)
                    for name, count in judged(kind, sheet, document.text, found).items():
                        scores[name][reader] += count
    lines = [f"| | {' | '.join(READERS)} |", "|---" * (len(READERS) + 1) + "|"]
    for name, by_reader in scores.items():
        figures = " | ".join(f"{f1(by_reader[reader]):.3f}" for reader in READERS)
        lines.append(f"| {name} | {figures} |")
    share = seconds["form"] / seconds["ocr"]
    lines.append(f"\nReading the form adds {share:.0%} to the time that OCR of the page takes.")
    return "\n".join(lines)


def seen(
    opener: Pypdfium2, engine: RapidOcr, sheet: Sheet, reader: str, seconds: Counter[str]
) -> tuple[PlacedText, Form]:
    """Return a page's text and form as a reader sees it; adds to the seconds of OCR and form."""
    page = opener.page(sheet.pdf, 1, DPI)
    image: np.ndarray = page.image
    start = perf_counter()
    if reader == "text layer":
        lines, rules = page.lines or (), page.rules
    else:
        image, rules = worn(image, reader), ()
        start = perf_counter()
        lines = tuple(engine.read([image])[0])
        seconds["ocr"] += perf_counter() - start
    document = placed([arrange(lines, image.shape[1], image.shape[0])])
    start = perf_counter()
    found = read(document, 0, image, rules)
    if reader != "text layer":
        seconds["form"] += perf_counter() - start
    return document, found


def judged(kind: str, sheet: Sheet, text: str, found: Form) -> dict[str, Counter[str]]:
    """Return what is right, printed and found on a page, by the name of the measure."""
    if not sheet.tables:
        fields = [(one.name.text(text), one.value.text(text)) for one in found.fields]
        marks = [
            (one.caption.text(text) if one.caption else "", str(one.filled))
            for one in found.checkboxes
        ]
        printed = [(caption, str(filled)) for caption, filled in sheet.marks]
        return {
            "fields, F1": counted(sheet.fields, fields),
            f"fields: {kind}": counted(sheet.fields, fields),
            "marks, F1": counted(printed, marks),
        }
    truth = [pair for one in sheet.tables for pair in neighbours(one)]
    got = [pair for one in found.tables for pair in neighbours(rows(one, text))]
    family = "ruled tables, F1" if kind in _RULED else "tables without rules, F1"
    heads = sum(
        one.headers == headers for one, headers in zip(found.tables, sheet.headers, strict=False)
    )
    return {
        family: counted(truth, got),
        f"tables: {kind}": counted(truth, got),
        "heading rows": Counter(right=heads, printed=len(sheet.headers), found=len(found.tables)),
    }


def rows(one: Table, text: str) -> list[Row]:
    """Return a table in the form that the truth has."""
    return [[(c.part.text(text), c.rows, c.columns) for c in row] for row in one.rows]


def neighbours(table: Sequence[Row]) -> list[tuple[str, str]]:
    """Return the pairs of cells with words that stand beside or below each other."""
    places: dict[tuple[int, int], tuple[int, str]] = {}
    for at, row in enumerate(table):
        column = 0
        for number, (text, rows, columns) in enumerate(row):
            while (at, column) in places:
                column += 1
            for i in range(rows):
                for j in range(columns):
                    places[at + i, column + j] = (at * 1000 + number, text)
            column += columns
    pairs = {}
    for (row, column), (cell, text) in places.items():
        for step, sign in (((0, 1), ">"), ((1, 0), "v")):
            other = places.get((row + step[0], column + step[1]))
            if other and other[0] != cell and text and other[1]:
                pairs[cell, other[0], sign] = (text + sign, other[1])
    return list(pairs.values())


def counted(truth: Iterable[tuple[str, str]], got: Iterable[tuple[str, str]]) -> Counter[str]:
    """Return how many pairs are right, printed and found."""
    printed = Counter((plain(a), plain(b)) for a, b in truth)
    found = Counter((plain(a), plain(b)) for a, b in got)
    return Counter(right=(printed & found).total(), printed=printed.total(), found=found.total())


def plain(text: str) -> str:
    """Return a text without spaces, case, and the colon that ends a name."""
    return "".join(text.lower().split()).rstrip(":")


def f1(count: Counter[str]) -> float:
    """Return the harmonic mean of precision and recall."""
    total = count["printed"] + count["found"]
    return 2 * count["right"] / total if total else 1.0
