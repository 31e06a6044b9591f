"""Office files rewritten: the text of their XML parts exchanged, everything else as it is.

DOCX, PPTX and XLSX are archives of XML parts (ISO/IEC 29500); paragraphs are `w:p`, `a:p` and the
strings of a workbook, runs the text elements in them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sensorium.models.errors import InvalidArgument
from sensorium.models.layouts import archive
from sensorium.models.registry import engine
from sensorium.models.tasks import DocumentRewriter, OfficeKind, Runs

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@dataclass(frozen=True, slots=True)
class _Form:
    """Where a kind has its text: the main part, the parts, the paragraphs and the text in them."""

    main: str
    parts: re.Pattern[str]
    paragraphs: tuple[str, ...]
    text: str
    passed: str = ""  # an element whose text is not shown


_FORMS = {
    "DOCX": _Form(
        "word/document.xml",
        re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml"),
        (f"{_WORD}p",),
        f"{_WORD}t",
    ),
    "PPTX": _Form(
        "ppt/presentation.xml",
        re.compile(r"ppt/(slides|notesSlides)/[a-zA-Z]+\d+\.xml"),
        (f"{_DRAWING}p",),
        f"{_DRAWING}t",
    ),
    "XLSX": _Form(
        "xl/workbook.xml",
        re.compile(r"xl/(sharedStrings|worksheets/sheet\d+)\.xml"),
        (f"{_SHEET}si", f"{_SHEET}is"),
        f"{_SHEET}t",
        f"{_SHEET}rPh",
    ),
}


@engine(
    "ooxml",
    task=DocumentRewriter,
    requires=("lxml",),
    isolated=True,
    concurrency=2,
    memory="80MB",
    rank=10,
)
class Ooxml:
    """Exchange the text of DOCX, PPTX and XLSX: styles, pictures and formulas stay."""

    def __init__(self) -> None:
        from lxml import etree

        self._etree = etree

    def paragraphs(self, content: bytes, kind: OfficeKind) -> tuple[Runs, ...]:
        """Return the paragraphs that have text, part by part, each in runs of one look."""
        form = _FORMS[kind]
        found: list[Runs] = []
        with self._opened(content, kind) as source:
            for name in _parts(source, form):
                root = self._parsed(source.read(name))
                found += [tuple(one.text for one in runs) for runs in _paragraphs(root, form)]
        return tuple(found)

    def rewritten(
        self, content: bytes, kind: OfficeKind, paragraphs: Sequence[Sequence[str]]
    ) -> bytes:
        """Return the file with other paragraphs in place of its own."""
        form, new = _FORMS[kind], iter(paragraphs)
        target = io.BytesIO()
        with self._opened(content, kind) as source, zipfile.ZipFile(target, "w") as file:
            changed = {
                name: self._changed(source.read(name), form, new) for name in _parts(source, form)
            }
            for part in source.infolist():
                raw = changed.get(part.filename, source.read(part))
                file.writestr(part, raw, compress_type=zipfile.ZIP_DEFLATED)
        return target.getvalue()

    def _opened(self, content: bytes, kind: OfficeKind) -> zipfile.ZipFile:
        archive.check(content, kind, _FORMS[kind].main)
        return zipfile.ZipFile(io.BytesIO(content))

    def _parsed(self, raw: bytes) -> Any:
        parser = self._etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        try:
            return self._etree.fromstring(raw, parser)
        except self._etree.XMLSyntaxError as error:
            raise InvalidArgument(f"A part of the file is no XML: {error}.") from None

    def _changed(self, raw: bytes, form: _Form, new: Iterator[Sequence[str]]) -> bytes:
        root = self._parsed(raw)
        for runs in _paragraphs(root, form):
            texts = next(new, ())
            if len(texts) != len(runs):
                raise InvalidArgument("There must be as many runs as the file has.")
            for element, text in zip(runs, texts, strict=True):
                element.text = _writable(text)
                if text != text.strip():
                    element.set(_SPACE, "preserve")
        told: bytes = self._etree.tostring(
            root, xml_declaration=True, encoding="UTF-8", standalone=True
        )
        return told


def _parts(source: zipfile.ZipFile, form: _Form) -> list[str]:
    """Return the names of the parts with text, slide 2 before slide 10."""
    found = [name for name in source.namelist() if form.parts.fullmatch(name)]
    return sorted(
        found, key=lambda name: [int(d) if d.isdigit() else d for d in re.split(r"(\d+)", name)]
    )


def _paragraphs(root: Any, form: _Form) -> Iterator[list[Any]]:
    """Yield the text elements of each paragraph that has any, without those of one within it."""
    for paragraph in root.iter(*form.paragraphs):
        runs = [
            one for one in paragraph.iter(form.text) if one.text and _owner(one, form) is paragraph
        ]
        if any(one.text.strip() for one in runs):
            yield runs


def _owner(element: Any, form: _Form) -> Any:
    """Return the paragraph that an element is of, None for text that is not shown."""
    for one in element.iterancestors():
        if one.tag in form.paragraphs:
            return one
        if one.tag == form.passed:
            return None
    return None


def _writable(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
