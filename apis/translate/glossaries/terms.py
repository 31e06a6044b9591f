"""Terms put into texts before they are translated, where engines leave them alone."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sensorium.models.pages.ctc import ideographic
from sensorium.models.passages import MARKS, Passage, mark

_EMPTY: list[tuple[str, str, str]] = []


@dataclass(slots=True)
class Terms:
    """Terms of one language with what each is to become; call it with a passage."""

    ignore_case: bool
    markup: bool
    _by_first: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        entries: Iterable[Mapping[str, str]],
        source: str,
        target: str,
        *,
        ignore_case: bool,
        markup: bool,
    ) -> Terms:
        """Return the terms of entries that have both languages; the first of two that are alike."""
        made = cls(ignore_case, markup)
        seen = set()
        for entry in entries:
            term, becomes = entry.get(source), entry.get(target)
            if term and becomes and (key := made._folded(term)) not in seen:
                seen.add(key)
                made._by_first.setdefault(key[0], []).append((key, term, becomes))
        for found in made._by_first.values():
            found.sort(key=lambda one: -len(one[0]))
        return made

    def __call__(self, passage: Passage) -> Passage:
        """Return a passage in which the target's terms are marks; of two terms the longer counts.

        With `ignore_case` a term takes the capitals of what it stands for.
        """
        text, kept = passage.text, list(passage.kept)
        folded = self._folded(text)
        if len(folded) != len(text):  # a letter that becomes two would shift what follows
            folded = text
        pieces: list[str] = []
        at = last = 0
        while at < len(text):
            hit = self._at(folded, at) if len(kept) < MARKS else None
            if hit is None:
                at += 1
                continue
            key, term, becomes = hit
            written = (
                _cased(text[at : at + len(key)], term, becomes) if self.ignore_case else becomes
            )
            pieces += [text[last:at], mark(len(kept))]
            kept.append(html.escape(written) if self.markup else written)
            at += len(key)
            last = at
        return replace(passage, text="".join([*pieces, text[last:]]), kept=tuple(kept))

    def _folded(self, text: str) -> str:
        return text.lower() if self.ignore_case else text

    def _at(self, text: str, at: int) -> tuple[str, str, str] | None:
        """Return the longest term that stands whole at a place."""
        for one in self._by_first.get(text[at], _EMPTY):
            end = at + len(one[0])
            if text.startswith(one[0], at) and _edge(text, at) and _edge(text, end):
                return one
        return None


def _edge(text: str, at: int) -> bool:
    """Tell whether a word may begin or end before character `at`."""
    if at == 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if not (before.isalnum() and after.isalnum()):
        return True
    return ideographic(before) or ideographic(after)


def _cased(found: str, term: str, becomes: str) -> str:
    """Return what a term becomes with the capitals that it had where it was found."""
    if found == term:
        return becomes
    if found.isupper() and sum(map(str.isalpha, found)) > 1:
        return becomes.upper()
    if found[:1].isupper() and not term[:1].isupper():
        return becomes[:1].upper() + becomes[1:]
    return becomes
