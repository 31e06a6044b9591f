r"""The filter of a product search: an AND of ORs of `key=value` over products' labels.

    filter  = clause *( "AND" clause )
    clause  = term / "(" terms ")" ; or `terms` without parentheses, where it is all of the filter
    terms   = term *( "OR" term )  ; all of one key
    term    = word "=" word
    word    = bare / quoted        ; quoted: "..." with \" and \\ inside

A bare word ends at a space, a parenthesis or an equals sign; AND and OR are in capitals. A product
that has several values for a key fits if one of them does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sensorium.models.errors import InvalidArgument

_TOKEN = re.compile(r'\s*(?:([()=])|"((?:[^"\\]|\\["\\])*)"|([^\s()="]+))')
_LONGEST = 10_000  # characters
_WORDS = ("AND", "OR")

Label = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter: every clause must hold, a clause being the labels of which one must be."""

    clauses: tuple[frozenset[Label], ...] = ()

    def fits(self, labels: Iterable[Label]) -> bool:
        """Tell whether a product with these labels fits."""
        held = set(labels)
        return all(not held.isdisjoint(clause) for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class _Token:
    """A word or a sign of the filter, and where it stands; `quoted` words are never signs."""

    text: str
    at: int
    quoted: bool = False

    def is_sign(self, *signs: str) -> bool:
        return not self.quoted and self.text in signs

    @property
    def is_word(self) -> bool:
        return self.quoted or self.text not in ("", "(", ")", "=", *_WORDS)


def parse(text: str, field: str) -> Filter:
    """Return the filter that a text says, one that all products fit for an empty text.

    Raises InvalidArgument that tells the place of what makes no sense.
    """
    if not text.strip():
        return Filter()
    if len(text) > _LONGEST:
        raise InvalidArgument(
            f"The filter has {len(text)} characters, more than {_LONGEST}.", field=field
        )
    return _Parser(text, field).filter()


class _Parser:
    """Reads a filter from left to right, one token ahead."""

    def __init__(self, text: str, field: str) -> None:
        self._field = field
        self._tokens = self._split(text)
        self._next = next(self._tokens)

    def filter(self) -> Filter:
        """Return the whole filter."""
        bare = not self._next.is_sign("(")
        clauses = [self._clause()]
        if bare and self._next.is_sign("OR"):  # no parentheses are needed around all of it
            clauses = [self._alternatives(next(iter(clauses[0])))]
        while self._next.is_sign("AND"):
            self._take()
            clauses.append(self._clause())
        if self._next.is_sign("OR"):
            raise self._wrong("Put parentheses around the terms that OR joins")
        if self._next.text or self._next.quoted:
            raise self._wrong("AND is missing")
        return Filter(tuple(clauses))

    def _clause(self) -> frozenset[Label]:
        """Return a term, or the alternatives in parentheses."""
        if not self._next.is_sign("("):
            return frozenset((self._term(),))
        self._take()
        clause = self._alternatives(self._term())
        if not self._next.is_sign(")"):
            raise self._wrong("OR or a closing parenthesis is missing")
        self._take()
        return clause

    def _alternatives(self, first: Label) -> frozenset[Label]:
        """Return the first term with all that OR joins to it."""
        terms = {first}
        while self._next.is_sign("OR"):
            self._take()
            at = self._next
            term = self._term()
            if term[0] != first[0]:
                raise self._wrong(f"OR joins terms of one key, here {first[0][:40]!r}", at)
            terms.add(term)
        return frozenset(terms)

    def _term(self) -> Label:
        """Return a key and its value."""
        key = self._word("a key")
        if not self._next.is_sign("="):
            raise self._wrong("An equals sign is missing")
        self._take()
        return key, self._word("a value")

    def _word(self, what: str) -> str:
        if not self._next.is_word or not self._next.text:
            raise self._wrong(f"Here should be {what}")
        return self._take().text

    def _take(self) -> _Token:
        token = self._next
        self._next = next(self._tokens)
        return token

    def _split(self, text: str) -> Iterator[_Token]:
        """Yield the tokens, then empty ones without end."""
        at, end = 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._wrong("A quotation mark is not closed", _Token("", at))
            sign, quoted, bare = match.groups()
            start = match.start(match.lastindex or 0)
            if quoted is not None:
                yield _Token(re.sub(r"\\(.)", r"\1", quoted), start, quoted=True)
            else:
                yield _Token(sign or bare, start)
            at = match.end()
        while True:
            yield _Token("", end)

    def _wrong(self, what: str, token: _Token | None = None) -> InvalidArgument:
        at = (token or self._next).at
        return InvalidArgument(
            f"{what} (character {at + 1} of the filter).",
            field=self._field,
            hint='A filter reads: style=women AND (color=red OR color="light blue").',
        )
