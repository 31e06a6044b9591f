"""Words of other scripts in Latin letters, by uroman (Hermjakob, May and Knight 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sensorium.models.registry import engine
from sensorium.models.tasks import Romanizer

# BCP-47 -> ISO 639-3, as uroman knows languages. Those whose letters tell how a word is pronounced:
# Japanese, Chinese, Thai and Hebrew are left out, because much of theirs would be wrong.
_LANGUAGES = {
    **{"am": "amh", "ar": "ara", "be": "bel", "bg": "bul", "bn": "ben", "el": "ell"},
    **{"gu": "guj", "hi": "hin", "hy": "hye", "ka": "kat", "kk": "kaz", "kn": "kan"},
    **{"ko": "kor", "mk": "mkd", "ml": "mal", "mn": "mon", "mr": "mar", "my": "mya"},
    **{"ne": "nep", "pa": "pan", "ru": "rus", "sr": "srp", "ta": "tam", "te": "tel"},
    **{"uk": "ukr"},
}


@engine(
    "uroman",
    task=Romanizer,
    requires=("uroman",),
    languages=tuple(_LANGUAGES),
    batch=64,
    memory="150MB",
    rank=10,
)
class Uroman:
    """Write Cyrillic, Greek, Arabic, Indic and other scripts in Latin letters (uroman)."""

    def __init__(self) -> None:
        import uroman

        self._uroman: Any = uroman.Uroman()

    def romanize(self, texts: Sequence[str], language: str) -> list[str]:
        """Return each text in Latin letters; vowels that a script leaves out stay out."""
        code = _LANGUAGES.get(language.partition("-")[0], "")
        return [str(self._uroman.romanize_string(text, lcode=code)) for text in texts]
