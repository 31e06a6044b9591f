"""Labels: the words that introduce a field, in five languages, from `labels.toml`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sensorium.models.extraction.rows import Part, Row, Segment

_FILE = Path(__file__).with_name("labels.toml")
_ODD = str.maketrans({"°": "o", "ß": "s", "ø": "o", "ł": "l", "đ": "d", "æ": "a"})
_AFTER = re.compile(r"[\s:.#)\-–]*(?:\([^)]{0,20}\)[\s:.]*)?")


@dataclass(frozen=True, slots=True)
class Label:
    """A label where it stands: the fields it may introduce, and its language codes."""

    fields: frozenset[str]
    languages: frozenset[str]
    part: Part
    first: bool

    @property
    def rest(self) -> int:
        """Return where in its segment the value would start, behind colons and a parenthesis."""
        match = _AFTER.match(self.part.segment.text, self.part.end)
        return match.end() if match else self.part.end


def folded(text: str) -> str:
    """Return a text without case and accents, as many characters as before."""
    return "".join(
        unicodedata.normalize("NFKD", char)[0].lower()[:1] or char for char in text.translate(_ODD)
    )


def find(rows: Sequence[Row]) -> dict[Segment, list[Label]]:
    """Return the labels of each segment that has any, from left to right, longest first."""
    return {
        segment: labels
        for row in rows
        for segment in row.segments
        if (labels := list(_of(segment)))
    }


def language(labels: dict[Segment, list[Label]]) -> str:
    """Return the language that most labels belong to, English in doubt."""
    votes: Counter[str] = Counter({"en": 0})
    for found in labels.values():
        for label in found:
            for code in label.languages:
                votes[code] += 1
    return votes.most_common(1)[0][0]


def _of(segment: Segment) -> Iterator[Label]:
    pattern, known = _compiled()
    text = folded(segment.text)
    first = True
    for match in pattern.finditer(text):
        fields, languages = known[_key(match[0])]
        yield Label(fields, languages, Part(segment, match.start(), match.end()), first)
        first = False


def _key(label: str) -> str:
    return re.sub(r"[^\w#]|_", "", label)


@lru_cache(1)
def _compiled() -> tuple[re.Pattern[str], dict[str, tuple[frozenset[str], frozenset[str]]]]:
    """Return one pattern of all labels, and what each means without its spaces."""
    fields: dict[str, set[str]] = {}
    languages: dict[str, set[str]] = {}
    forms: set[str] = set()
    for field, by_language in tomllib.loads(_FILE.read_text("utf-8")).items():
        for code, labels in by_language.items():
            for label in labels:
                fields.setdefault(_key(label), set()).add(field)
                languages.setdefault(_key(label), set()).add(code)
                forms.add(label)
    longest = sorted(forms, key=len, reverse=True)
    joined = "|".join(r"\W{0,3}".join(map(re.escape, form.split())) for form in longest)
    pattern = re.compile(rf"(?<![^\W_])(?<![@./])(?:{joined})(?![^\W\d_]|[@.-]\w)")
    return pattern, {key: (frozenset(fields[key]), frozenset(languages[key])) for key in fields}
