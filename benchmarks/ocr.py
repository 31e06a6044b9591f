"""OCR beside Debian's tesseract: word recall, character error rate, CPU and wall time a page.

    python -m benchmarks.ocr [--rounds 3] [--documents ../shared/data/documents]

Pages are the text-layer PDFs of the documents folder at 150 dpi, whose truth is what `pdftotext`
reads in them, and pages in columns that are drawn here. The programs take turns on each page. CPU
is user and system time by resource usage; tesseract's includes its start, as its callers pay it,
and is measured as installed (OpenMP threads that spin) and with one thread, where it is cheapest.
Our engine is warm and includes layout. Ratios are to tesseract with one thread.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sensorium.models.engines.pypdfium2 import Pypdfium2
from sensorium.models.engines.rapidocr import RapidOcr
from sensorium.models.pages.layout import arrange
from sensorium.models.tasks import Page

DPI = 150
DOCUMENTS = Path(__file__).parent.parent.parent / "shared" / "data" / "documents"
LEFT = (
    "A lighthouse keeper counts the ships that pass before dawn and writes their names in a long "
    "grey book. In winter the lamp burns for sixteen hours, and the oil must be carried up the "
    "stairs twice. When fog comes in from the north, a bell is rung by hand until the rocks can be "
    "seen again. Nobody has been lost here for thirty years, which the keeper calls luck. "
) * 3
RIGHT = (
    "The orchard behind the school was planted by a teacher who wanted every child to know where "
    "apples come from. Each class looks after one row of trees, prunes them in March and picks "
    "them in October. Half of the fruit is pressed for juice, and the rest is sold at the gate. "
    "With the money the children buy books, and sometimes another tree. "
) * 3
TITLE = "News from the Coast and the Hills"


@dataclass
class Case:
    """A page, its true text, and what was measured: name -> list of (text, cpu, wall)."""

    name: str
    pixels: Any
    truth: str
    ordered: bool = False
    runs: dict[str, list[tuple[str, float, float]]] = field(default_factory=dict)


def words(text: str) -> list[str]:
    """Return the words, quotes and dashes plain, words divided at a line's end joined."""
    text = re.sub("[\u200b\ufeff\u00ad]", "", text)
    text = re.sub("[‘’]", "'", re.sub("[“”]", '"', re.sub("[–—‐]", "-", text)))
    return re.sub(r"(\w)-\n(?=[a-z])", r"\1", text).split()


def written(page: Page) -> str:
    """Return a page's text, a line break behind each line."""
    return "\n".join(
        " ".join(word.text for word in line.words)
        for block in page.blocks
        for paragraph in block.paragraphs
        for line in paragraph.lines
    )


def recall(got: str, truth: str) -> float:
    """Return the share of the true words, with multiplicity, that were read."""
    wanted, found = Counter(words(truth)), Counter(words(got))
    return sum((wanted & found).values()) / max(1, sum(wanted.values()))


def error_rate(got: str, truth: str) -> float:
    """Return the character error rate in reading order: Levenshtein distance by length."""
    a, b = " ".join(words(got)), " ".join(words(truth))
    codes = np.frombuffer(b.encode("utf-32-le"), np.uint32)
    steps = np.arange(len(codes) + 1)
    row = steps
    for i, character in enumerate(a, 1):
        change = np.minimum(row[1:] + 1, row[:-1] + (codes != ord(character)))
        row = np.minimum.accumulate(np.concatenate(([i], change)) - steps) + steps
    return float(row[-1]) / len(codes)


def documents(folder: Path) -> Iterator[Case]:
    """Yield the pages of the PDFs that carry their text."""
    reader = Pypdfium2()
    for path in sorted(folder.glob("*.pdf")):
        content = path.read_bytes()
        for number in range(1, reader.count(content) + 1):
            command = ["pdftotext", "-f", str(number), "-l", str(number), str(path), "-"]
            truth = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            if truth.strip():
                pixels = reader.page(content, number, DPI).image
                yield Case(f"{path.stem} {number}", pixels, truth)


def drawn() -> Iterator[Case]:
    """Yield letter-size pages in columns, straight and as scans."""
    page = Image.new("L", (1275, 1650), "white")
    pen = ImageDraw.Draw(page)
    pen.text((300, 120), TITLE, fill=0, font=ImageFont.load_default(42))
    font = ImageFont.load_default(22)
    for x, text in ((110, LEFT), (670, RIGHT)):
        line, y = "", 240
        for word in [*text.split(), ""]:
            if word and font.getlength(f"{line} {word}") < 490:
                line = f"{line} {word}".strip()
                continue
            pen.text((x, y), line, fill=0, font=font)
            line, y = word, y + 31
    truth = f"{TITLE} {LEFT} {RIGHT}"
    noise = np.random.default_rng(7)
    for name, angle in (("columns", 0.0), ("scan", 0.0), ("scan, skewed", 1.2)):
        turned = page.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)
        grey = np.asarray(turned, np.float32)
        if name != "columns":
            grey = grey * 0.8 + 30 + noise.normal(0, 12, grey.shape)
        pixels = np.repeat(grey.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
        yield Case(name, pixels, truth, ordered=True)


def ours(engine: RapidOcr, case: Case) -> tuple[str, float, float]:
    """Return text, CPU seconds and wall seconds of our engine and layout."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    (lines,) = engine.read([case.pixels])
    height, width = case.pixels.shape[:2]
    text = written(arrange(lines, width, height))
    after = resource.getrusage(resource.RUSAGE_SELF)
    return text, _seconds(before, after), time.perf_counter() - began


def tesseract(picture: Path, threads: int | None) -> tuple[str, float, float]:
    """Return text, CPU seconds and wall seconds of Debian's tesseract."""
    environment = os.environ | ({"OMP_THREAD_LIMIT": str(threads)} if threads else {})
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["tesseract", str(picture), "-"],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, _seconds(before, after), time.perf_counter() - began


def _seconds(before: Any, after: Any) -> float:
    return float(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def measure(cases: list[Case], rounds: int) -> None:
    """Run the programs in turns on every page."""
    engine = RapidOcr()
    ours(engine, cases[0])
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            picture = Path(folder) / f"{number}.png"
            Image.fromarray(case.pixels).save(picture, dpi=(DPI, DPI))
            for _ in range(rounds):
                for name, run in (
                    ("ours", lambda case=case: ours(engine, case)),
                    ("one", lambda picture=picture: tesseract(picture, 1)),
                    ("installed", lambda picture=picture: tesseract(picture, None)),
                ):
                    case.runs.setdefault(name, []).append(run())


def report(cases: list[Case]) -> None:
    """Print a row a page, then the means."""
    head = (
        "page",
        "words",
        "recall",
        "tess",
        "CER",
        "tess",
        "CPU s",
        "t(1)",
        "t",
        "ratio",
        "wall",
        "t",
    )
    print(("{:16}" + "{:>8}" * 11).format(*head))
    totals: dict[str, list[float]] = {}
    for case in cases:
        mine, one, installed = (case.runs[name] for name in ("ours", "one", "installed"))
        cpu = [median(run[1] for run in runs) for runs in (mine, one, installed)]
        wall = [median(run[2] for run in runs) for runs in (mine, installed)]
        scores = [recall(mine[0][0], case.truth), recall(one[0][0], case.truth)]
        rates = [error_rate(mine[0][0], case.truth), error_rate(one[0][0], case.truth)]
        row = [*scores, *(rates if case.ordered else ()), *cpu, cpu[0] / cpu[1], *wall]
        cells = [f"{value:8.3f}" for value in row]
        if not case.ordered:
            cells[2:2] = ["       -"] * 2
        print(f"{case.name:16}{len(words(case.truth)):8}{''.join(cells)}")
        kind = "drawn" if case.ordered else case.name.rpartition(" ")[0]
        totals.setdefault(f"recall, {kind}", []).append(scores[0])
        totals.setdefault(f"CPU ratio, {kind}", []).append(cpu[0] / cpu[1])
        if case.ordered:
            totals.setdefault("character error rate, drawn", []).append(rates[0])
    for name, values in sorted(totals.items()):
        print(f"{name}: mean {fmean(values):.3f}, range {min(values):.3f} to {max(values):.3f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=Path, default=DOCUMENTS)
    options = parser.parse_args()
    cases = [*documents(options.documents), *drawn()]
    measure(cases, options.rounds)
    report(cases)


if __name__ == "__main__":
    main()
