"""IPA transcriptions, spelt with the phonemes that a synthesiser knows."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from sensorium.models.errors import InvalidArgument

STRESS = {"ˈ": "'", "ˌ": ","}

# what keyboards and older charts write for a symbol, and what today's chart writes
_VARIANTS = str.maketrans(
    {
        "g": "ɡ",
        "'": "ˈ",
        ":": "ː",
        "ʤ": "dʒ",
        "ʧ": "tʃ",
        "ʣ": "dz",
        "ʦ": "ts",
        "ɝ": "ɜː",
        "ᵊ": "ə",
    }
)
# ties and syllable breaks say nothing about the sounds themselves
_SILENT = frozenset("\u0361\u035c.|‿/[]")


def normalize(ipa: str) -> str:
    """Return a transcription in one spelling: decomposed, today's symbols, no ties or breaks."""
    folded = unicodedata.normalize("NFD", ipa).translate(_VARIANTS)
    # ç is one symbol of the chart, its decomposition two
    folded = folded.replace("c\u0327", "ç")
    return "".join(symbol for symbol in folded if symbol not in _SILENT)


def spell(ipa: str, inventory: Mapping[str, str], length: str) -> list[list[str]]:
    """Return the phonemes of each word of a transcription, longest match first.

    `inventory` maps IPA to the synthesiser's names, `length` is its name for a lengthened sound.
    Raises InvalidArgument that names the first symbol that the inventory lacks.
    """
    words = []
    longest = max(map(len, inventory), default=1)
    for word in normalize(ipa).split():
        phonemes: list[str] = []
        at = 0
        while at < len(word):
            if word[at] in STRESS:
                phonemes.append(STRESS[word[at]])
                at += 1
                continue
            size = next(
                (n for n in range(longest, 0, -1) if word[at : at + n] in inventory and n), 0
            )
            if size:
                phonemes.append(inventory[word[at : at + size]])
            elif word[at] == "ː" and phonemes:
                phonemes.append(length)
            else:
                name = unicodedata.name(word[at], f"U+{ord(word[at]):04X}")
                raise InvalidArgument(f"The IPA symbol {word[at]!r} ({name}) cannot be spoken here")
            at += size or 1
        words.append(phonemes)
    return words
