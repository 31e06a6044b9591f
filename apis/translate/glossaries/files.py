"""Files of terms: CSV and TSV, and TMX (https://www.gala-global.org/tmx-14b).

A file for a pair of languages has two columns and no header. One of equivalent terms has a header
of language codes; its columns `pos` and `description`, as Google's have them, are passed over.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from xml.parsers import expat

from sensorium.apis.translate import codes
from sensorium.models.errors import InvalidArgument

MOST = 100_000  # entries
LONGEST = 1_024  # bytes of a term, as Google's
_PASSED = frozenset(("pos", "description"))

Terms = dict[str, str]


def parse(content: bytes, name: str, languages: Sequence[str], pair: bool) -> list[Terms]:
    """Return the entries of a file whose name tells its kind: language code -> term.

    Raises InvalidArgument that names the line and what is wrong with it.
    """
    if name.lower().endswith(".tmx"):
        found = _tmx(content, languages)
    else:
        found = _columns(content, "\t" if name.lower().endswith(".tsv") else ",", languages, pair)
    if not found:
        raise InvalidArgument("The file has no entry.")
    return found


def check(term: str, where: str) -> str:
    """Return a term without the white space around it; InvalidArgument for none, or a long one."""
    term = term.strip()
    if not term:
        raise InvalidArgument(f"{where}: a term is empty.")
    if len(term.encode("utf-8", "replace")) > LONGEST:
        raise InvalidArgument(f"{where}: a term has more than {LONGEST:,} bytes.")
    return term


def _columns(content: bytes, delimiter: str, languages: Sequence[str], pair: bool) -> list[Terms]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidArgument("The file is not UTF-8 text.") from None
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = list(languages) if pair else None
    found: list[Terms] = []
    try:
        for row in rows:
            where = f"Line {rows.line_num}"
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = _header(row, languages)
                continue
            found.append(_row(row, header, where, pair))
            if len(found) > MOST:
                raise InvalidArgument(f"The file has more than {MOST:,} entries.")
    except csv.Error as broken:
        raise InvalidArgument(f"Line {rows.line_num} cannot be read: {broken}.") from None
    return found


def _header(row: Sequence[str], languages: Sequence[str]) -> list[str]:
    """Return what the columns are: languages, "" for one that is passed over."""
    known = {codes.engine(code): code for code in languages}
    header = []
    for cell in row:
        name = cell.strip()
        if name.lower() in _PASSED:
            header.append("")
        elif (code := known.get(codes.engine(name))) is not None:
            header.append(code)
        else:
            raise InvalidArgument(
                f"Line 1: {name[:40]!r} is none of the glossary's languages ({', '.join(known)})."
            )
    return header


def _row(row: Sequence[str], header: Sequence[str], where: str, pair: bool) -> Terms:
    if len(row) > len(header) or (pair and len(row) < 2):
        raise InvalidArgument(f"{where} has {len(row)} columns, not {len(header)}.")
    cells = {code: cell for code, cell in zip(header, row, strict=False) if code}
    terms = {code: check(cell, where) for code, cell in cells.items() if pair or cell.strip()}
    if len(terms) < 2:
        raise InvalidArgument(f"{where} has a term in fewer than two languages.")
    return terms


def _tmx(content: bytes, languages: Sequence[str]) -> list[Terms]:
    """Return the translation units of a TMX document that have two of the languages."""
    return _Tmx(languages).read(content)


class _Tmx:
    """One pass over a TMX document."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._known = {codes.engine(code): code for code in languages}
        self._found: list[Terms] = []
        self._unit: Terms = {}
        self._told: list[str] = []
        self._language = ""
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = lambda text: self._told.append(text)
        self._parser.EntityDeclHandler = _entity

    def read(self, content: bytes) -> list[Terms]:
        """Return the units."""
        try:
            self._parser.Parse(content, True)
        except expat.ExpatError as broken:
            raise InvalidArgument(f"The file is no TMX document: {broken}.") from None
        return self._found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "tu":
            self._unit = {}
        elif name == "tuv":
            code = codes.engine(attributes.get("xml:lang") or attributes.get("lang") or "")
            known = self._known
            self._language = known.get(code) or known.get(code.partition("-")[0], "")
        elif name == "seg":
            self._told.clear()

    def _end(self, name: str) -> None:
        if name == "seg" and self._language:
            where = f"Line {self._parser.CurrentLineNumber}"
            self._unit[self._language] = check("".join(self._told), where)
        elif name == "tu" and len(self._unit) > 1:
            self._found.append(self._unit)
            if len(self._found) > MOST:
                raise InvalidArgument(f"The file has more than {MOST:,} entries.")


def _entity(*_: object) -> None:
    raise InvalidArgument("A TMX file that declares entities is refused.")
