"""Document AI: fields of invoices and receipts.

Documents drawn for the purpose, in 6 layouts (one askew, one noisy), 3 currencies and 4 languages,
read by the embedded OCR. A field is right if its value is; a line item if its description and every
amount are. "Found" counts values of the type, right or wrong.

Read the first rows as a check that nothing broke, not as a forecast: whoever wrote the rules drew
these pages, with labels that the rules know. The rows on paper in a worse state and on labels that
the rules were never told say more. None of this is measured on invoices from elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import product

from PIL import ImageFont

from benchmarks.paperwork import CURRENCIES, LANGUAGES, LAYOUTS, SCANS, Paper, invoice, receipt
from sensorium.models.engines.rapidocr import RapidOcr
from sensorium.models.extraction import (
    Date,
    Entity,
    Money,
    Number,
    PlacedText,
    Text,
    Time,
    invoices,
    placed,
    receipts,
)
from sensorium.models.pages.layout import arrange

Tally = dict[str, list[int]]  # right, printed, found


def table() -> str:
    """Return every figure as Markdown."""
    try:
        ImageFont.truetype("DejaVuSans.ttf", 22)
    except OSError:
        return "Not measured: the DejaVu fonts are not installed."
    engine = RapidOcr()
    rows = ["| Document | Field | Right | Printed | Found |", "|---|---|---|---|---|"]
    by_layout: Tally = defaultdict(lambda: [0, 0, 0])
    by_language: Tally = defaultdict(lambda: [0, 0, 0])
    fields: Tally = defaultdict(lambda: [0, 0, 0])
    for layout, currency, language in product(LAYOUTS, CURRENCIES, LANGUAGES):
        paper = invoice(layout, currency, language)
        counts = compare(paper, invoices.extract(read(engine, paper)))
        _add(fields, counts.items())
        _add(by_layout, ((layout, count) for count in counts.values()))
        _add(by_language, ((language, count) for count in counts.values()))
    rows += _rows("invoice", fields)
    rows += _rows("receipt", _receipts(engine))
    rows += _rows("invoices by layout", by_layout) + _rows("invoices by language", by_language)
    rows += _rows("invoices by state of the paper", _scans(engine))
    rows += _rows("invoice, labels never told", _untold(engine))
    return "\n".join(rows)


def _receipts(engine: RapidOcr) -> Tally:
    fields: Tally = defaultdict(lambda: [0, 0, 0])
    for currency, language in product(CURRENCIES, LANGUAGES):
        paper = receipt(currency, language)
        _add(fields, compare(paper, receipts.extract(read(engine, paper))).items())
    return fields


def _scans(engine: RapidOcr) -> Tally:
    tally: Tally = defaultdict(lambda: [0, 0, 0])
    for scan, layout, language in product(SCANS[1:], LAYOUTS[:4], LANGUAGES):
        paper = invoice(layout, "EUR", language, scan)
        counts = compare(paper, invoices.extract(read(engine, paper)))
        _add(tally, ((scan, count) for count in counts.values()))
    return tally


def _untold(engine: RapidOcr) -> Tally:
    fields: Tally = defaultdict(lambda: [0, 0, 0])
    for layout, language in product(LAYOUTS[:4], LANGUAGES):
        paper = invoice(layout, "EUR", language, told=False)
        _add(fields, compare(paper, invoices.extract(read(engine, paper))).items())
    return fields


def read(engine: RapidOcr, paper: Paper) -> PlacedText:
    """Return a document as the OCR reads it."""
    height, width = paper.image.shape[:2]
    return placed([arrange(engine.read([paper.image])[0], width, height)])


def compare(paper: Paper, found: Iterable[Entity]) -> dict[str, list[int]]:
    """Return how many values of each type are right, printed and found."""
    counts: dict[str, list[int]] = {}
    values = {one.type: value(one) for one in found if one.type != "line_item"}
    for kind, truth in paper.truth.items():
        right = kind in values and _plain(values[kind]) == _plain(truth)
        counts[kind] = [int(right), 1, int(kind in values)]
    items = [
        {part.type.partition("/")[2]: _plain(value(part)) for part in one.properties}
        for one in found
        if one.type == "line_item"
    ]
    wanted = [{name: _plain(one) for name, one in item.items()} for item in paper.items]
    right = sum(item in items for item in wanted)
    extra = sum(kind not in paper.truth and kind != "vat" for kind in values)
    counts["of a type not printed"] = [0, 0, extra]
    return counts | {"line_item": [right, len(wanted), len(items)]}


def value(one: Entity) -> object:
    """Return what an entity means, in the form that the truth has."""
    match one.normalized:
        case Money() | Number() | Text():
            return one.normalized.value
        case Date(year, month, day):
            return f"{year}-{month}-{day}"
        case Time(hours, minutes, _):
            return f"{hours}:{minutes:02}"
    return one.mention_text


def _plain(value: object) -> str:
    """Return a value without spaces, case and trailing zeros; breaks of lines do not count."""
    text = "".join(str(value).lower().split())
    return text.rstrip("0").rstrip(".") if "." in text and text.replace(".", "").isdigit() else text


def _add(tally: Tally, counts: Iterable[tuple[str, list[int]]]) -> None:
    for kind, count in counts:
        tally[kind] = [a + b for a, b in zip(tally[kind], count, strict=True)]


def _rows(document: str, tally: Tally) -> list[str]:
    return [
        f"| {document} | {kind} | {right / max(printed, 1):.3f} | {printed} | {found} |"
        for kind, (right, printed, found) in tally.items()
    ]
