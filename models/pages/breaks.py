"""The words of a paragraph with what stands between them."""

from __future__ import annotations

from dataclasses import dataclass

from sensorium.models.tasks import Line, Paragraph, Symbol, Word

# What each break adds to the text; a HYPHEN stands for the hyphen too, which is no symbol then.
BREAKS = {"SPACE": " ", "EOL_SURE_SPACE": "\n", "LINE_BREAK": "\n", "HYPHEN": "-\n"}
_HYPHENS = "-\u2010\u00ad"


@dataclass(frozen=True, slots=True)
class Token:
    """A word, its symbols without a hyphen that only ends the line, and the break after it."""

    word: Word
    symbols: tuple[Symbol, ...]
    after: str

    @property
    def text(self) -> str:
        """Return the word with its break."""
        return "".join(symbol.text for symbol in self.symbols) + BREAKS.get(self.after, "")


def tokens(paragraph: Paragraph) -> list[Token]:
    """Return the paragraph's words with the breaks between them."""
    found = []
    for line, following in zip(paragraph.lines, (*paragraph.lines[1:], None), strict=True):
        for i, word in enumerate(line.words):
            if i + 1 < len(line.words):
                found.append(Token(word, word.symbols, "SPACE" if word.space else ""))
            elif following is None:
                found.append(Token(word, word.symbols, "LINE_BREAK"))
            elif _is_divided(word, following):
                found.append(Token(word, word.symbols[:-1], "HYPHEN"))
            else:
                found.append(Token(word, word.symbols, "EOL_SURE_SPACE"))
    return found


def _is_divided(word: Word, following: Line) -> bool:
    """Tell whether a line's last word goes on in the next line."""
    if len(word.symbols) < 2 or word.symbols[-1].text not in _HYPHENS:
        return False
    return word.symbols[-2].text.isalpha() and following.words[0].text[:1].islower()
