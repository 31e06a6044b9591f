"""SSML, read into passages to speak.

The elements are those that Google documents (and W3C SSML 1.1 defines). The document is read by
expat; anything that declares a document type is refused, so there are no entities to expand or to
fetch. Text never reaches an engine as markup. Every error says its line and column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from xml.parsers import expat

from sensorium.apis.texttospeech.clips import clip_of
from sensorium.apis.texttospeech.manner import (
    EMPHASIS,
    pause_of,
    pitched,
    rated,
    volumed,
)
from sensorium.apis.texttospeech.passages import Manner, Passage, Passages
from sensorium.apis.texttospeech.say_as import READERS
from sensorium.apis.texttospeech.voices import Catalog
from sensorium.models import x_sampa
from sensorium.models.errors import InvalidArgument
from sensorium.models.tasks import Gender

PARAGRAPH_PAUSE, SENTENCE_PAUSE = 0.6, 0.3
_COMMON = frozenset({"xml:lang", "xml:base", "xml:id"})
# what an element may carry beyond `xml:` attributes
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "speak": frozenset({"version", "xmlns", "xmlns:xsi", "xmlns:google", "xsi:schemaLocation"}),
    "p": frozenset(),
    "s": frozenset(),
    "break": frozenset({"time", "strength"}),
    "say-as": frozenset({"interpret-as", "format", "detail", "language"}),
    "sub": frozenset({"alias"}),
    "prosody": frozenset({"rate", "pitch", "volume"}),
    "emphasis": frozenset({"level"}),
    "phoneme": frozenset({"alphabet", "ph"}),
    "mark": frozenset({"name"}),
    "voice": frozenset({"name", "language", "languages", "gender", "variant", "required"}),
    "lang": frozenset({"onlangfailure"}),
    "audio": frozenset(
        "src clipBegin clipEnd speed repeatCount repeatDur soundLevel".split()  # noqa: SIM905
    ),
    "desc": frozenset(),
}
_EMPTY = frozenset({"break", "mark"})
# their text is one thing that is replaced as a whole
_ATOMS = frozenset({"say-as", "sub", "phoneme"})
_REFUSED = {
    "par": "media cannot be played over each other here",
    "seq": "media containers are not served here",
    "media": "media containers are not served here",
    "google:style": "no installed voice has speaking styles",
}


@dataclass(frozen=True, slots=True)
class _Open:
    """An element that is open: its attributes, where it began, and the manner outside of it."""

    name: str
    attributes: Mapping[str, str]
    outside: Manner
    place: tuple[int, int]


class _Reader:
    """The state of one reading: open elements, the manner of speech, and text not yet placed."""

    def __init__(self, manner: Manner, catalog: Catalog, passages: Passages, field: str) -> None:
        self.catalog, self.passages, self.field = catalog, passages, field
        self.manner = manner
        self.open: list[_Open] = []
        self.text: list[str] = []
        self.place = (1, 0)
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text.append
        self.parser.StartDoctypeDeclHandler = self.doctype

    def error(self, message: str) -> InvalidArgument:
        """Return the failure of the element that is being read, which is told where it began."""
        return self.at(*self.place, message)

    def here(self) -> tuple[int, int]:
        """Return where the reading stands."""
        return self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber

    def at(self, line: int, column: int, message: str) -> InvalidArgument:
        """Return the failure for a place; expat counts columns from 0, people from 1."""
        return InvalidArgument(
            f"Invalid SSML, line {line}, column {column + 1}: {message}", field=self.field
        )

    def doctype(self, *_: object) -> None:
        """Refuse document types, and with them every entity declaration."""
        raise self.at(*self.here(), "a document type declaration is not allowed")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        self.place = self.here()
        self.check(name, attributes)
        self.flush()
        self.open.append(_Open(name, attributes, self.manner, self.place))
        language = attributes.get("xml:lang")
        if language and self.catalog.language(language) != self.manner.language:
            self.speak_language(language)
        if begin := _BEGIN.get(name):
            begin(self, attributes)

    def check(self, name: str, attributes: Mapping[str, str]) -> None:
        """Refuse elements and attributes that are unknown or in the wrong place."""
        if name in _REFUSED:
            raise self.error(f"<{name}> is not served: {_REFUSED[name]}")
        if name not in _ATTRIBUTES:
            raise self.error(f"unknown element <{name[:40]}>")
        if (name == "speak") != (not self.open):
            raise self.error("<speak> is the outermost element, and only that")
        parent = self.open[-1].name if self.open else ""
        if parent in _ATOMS | _EMPTY:
            raise self.error(f"<{parent}> cannot contain <{name}>")
        if name == "desc" and parent != "audio":
            raise self.error("<desc> belongs into <audio>")
        for attribute in attributes:
            if attribute not in _ATTRIBUTES[name] | _COMMON:
                raise self.error(f"<{name}> has no attribute {attribute[:40]!r}")

    def end(self, name: str) -> None:
        """Close the innermost element."""
        element = self.open[-1]
        self.place = element.place
        if finish := _FINISH.get(name):
            finish(self, element)
        self.flush()
        self.open.pop()
        self.manner = element.outside

    def flush(self) -> None:
        """Place the text that has gathered, spoken in the present manner."""
        text = "".join(self.text)
        self.text.clear()
        if any(element.name == "desc" for element in self.open):
            return
        if self.open and self.open[-1].name in _EMPTY and text.strip():
            raise self.error(f"<{self.open[-1].name}> must be empty")
        self.passages.say(text, self.manner)

    def take(self) -> str:
        """Return the text that has gathered, and forget it."""
        text = "".join(self.text)
        self.text.clear()
        return text

    def required(self, attributes: Mapping[str, str], element: str, name: str) -> str:
        """Return an attribute that an element cannot do without."""
        value = attributes.get(name, "").strip()
        if not value:
            raise self.error(f"<{element}> needs the attribute {name!r}")
        return value

    def speak_language(self, language: str, name: str = "", gender: Gender | None = None) -> None:
        """Change to a voice of another language, of the same gender unless told otherwise."""
        try:
            chosen = self.catalog.choose(language, name, gender or self.manner.voice.gender)
        except InvalidArgument as failure:
            raise self.error(failure.message) from failure
        self.manner = replace(self.manner, language=chosen.language, voice=chosen.voice)

    # --- elements, when they open ---

    def begin_break(self, attributes: Mapping[str, str]) -> None:
        """Pause."""
        try:
            self.passages.pause(pause_of(attributes.get("time"), attributes.get("strength")))
        except ValueError as failure:
            raise self.error(f"<break> {failure}") from failure

    def begin_mark(self, attributes: Mapping[str, str]) -> None:
        """Name this moment."""
        self.passages.mark(self.required(attributes, "mark", "name"), self.manner)

    def begin_prosody(self, attributes: Mapping[str, str]) -> None:
        """Change rate, pitch and volume."""
        prosody = self.manner.prosody
        try:
            prosody = replace(
                prosody,
                rate=rated(prosody.rate, attributes.get("rate")),
                pitch=pitched(prosody.pitch, attributes.get("pitch")),
                volume=volumed(prosody.volume, attributes.get("volume")),
            )
        except ValueError as failure:
            raise self.error(f"<prosody> {failure}") from failure
        self.manner = replace(self.manner, prosody=prosody)

    def begin_emphasis(self, attributes: Mapping[str, str]) -> None:
        """Stress what follows."""
        level = attributes.get("level", "moderate")
        if level not in EMPHASIS:
            raise self.error(f"<emphasis> level is one of {', '.join(EMPHASIS)}, not {level!r}")
        rate, pitch, volume = EMPHASIS[level]
        here = self.manner.prosody
        self.manner = replace(
            self.manner,
            prosody=replace(
                here, rate=here.rate * rate, pitch=here.pitch + pitch, volume=here.volume + volume
            ),
        )

    def begin_voice(self, attributes: Mapping[str, str]) -> None:
        """Change the voice by name, language or gender."""
        gender = attributes.get("gender", "").upper()
        if gender not in _GENDERS:
            raise self.error(f"<voice> gender is male, female or neutral, not {gender.lower()!r}")
        language = attributes.get("language") or attributes.get("languages") or ""
        name = attributes.get("name", "")
        if name and not language:
            found = self.catalog.find(name)
            language = found.language if found else self.manner.language
        self.speak_language(language or self.manner.language, name, _GENDERS[gender])

    def begin_lang(self, attributes: Mapping[str, str]) -> None:
        """Change the language, which `xml:lang` has done."""
        self.required(attributes, "lang", "xml:lang")

    def begin_audio(self, attributes: Mapping[str, str]) -> None:
        """Remember where a recording stands: what follows is heard where it cannot be played."""
        self.required(attributes, "audio", "src")
        self.passages.begin_clip()

    # --- elements, when they close ---

    def finish_say_as(self, element: _Open) -> None:
        """Speak the content as the kind of thing that it is."""
        kind = self.required(element.attributes, "say-as", "interpret-as")
        text = self.take()
        if kind in {"bleep", "expletive"}:
            self.passages.bleep(text)
            return
        if kind not in READERS:
            known = ", ".join([*READERS, "bleep", "expletive"])
            raise self.error(f"<say-as> interpret-as is one of {known}, not {kind[:40]!r}")
        form, detail = (element.attributes.get(name, "") for name in ("format", "detail"))
        self.passages.say(READERS[kind](text, form, detail, self.manner.language), self.manner)

    def finish_sub(self, element: _Open) -> None:
        """Speak the alias instead of the content."""
        self.take()
        self.passages.say(self.required(element.attributes, "sub", "alias"), self.manner)

    def finish_phoneme(self, element: _Open) -> None:
        """Speak the content as transcribed."""
        alphabet = element.attributes.get("alphabet", "ipa").lower()
        sounds = self.required(element.attributes, "phoneme", "ph")
        if alphabet == "x-sampa":
            sounds = x_sampa.to_ipa(sounds)
        elif alphabet != "ipa":
            raise self.error(f"<phoneme> alphabet is ipa or x-sampa, not {alphabet[:40]!r}")
        self.passages.pronounce(self.take(), sounds, self.manner)

    def finish_p(self, element: _Open) -> None:
        """Rest after a paragraph."""
        self.flush()
        self.passages.rest(PARAGRAPH_PAUSE)

    def finish_s(self, element: _Open) -> None:
        """Rest after a sentence."""
        self.flush()
        self.passages.rest(SENTENCE_PAUSE)

    def finish_audio(self, element: _Open) -> None:
        """Play a recording."""
        self.flush()
        line, column = element.place
        try:
            clip = clip_of(element.attributes, f"line {line}, column {column + 1}")
        except ValueError as failure:
            raise self.error(f"<audio> {failure}") from failure
        self.passages.end_clip(clip)


_GENDERS: Mapping[str, Gender | None] = {
    "": None,
    "MALE": "MALE",
    "FEMALE": "FEMALE",
    "NEUTRAL": "NEUTRAL",
}
_BEGIN: Mapping[str, Callable[[_Reader, Mapping[str, str]], None]] = {
    "break": _Reader.begin_break,
    "mark": _Reader.begin_mark,
    "prosody": _Reader.begin_prosody,
    "emphasis": _Reader.begin_emphasis,
    "voice": _Reader.begin_voice,
    "lang": _Reader.begin_lang,
    "audio": _Reader.begin_audio,
}
_FINISH: Mapping[str, Callable[[_Reader, _Open], None]] = {
    "say-as": _Reader.finish_say_as,
    "sub": _Reader.finish_sub,
    "phoneme": _Reader.finish_phoneme,
    "p": _Reader.finish_p,
    "s": _Reader.finish_s,
    "audio": _Reader.finish_audio,
}


def parse(
    document: str,
    manner: Manner,
    catalog: Catalog,
    *,
    pronunciations: Mapping[str, str] | None = None,
    field: str = "input.ssml",
) -> list[Passage]:
    """Return what an SSML document says, in order.

    `manner` is how its plain text is spoken, `pronunciations` maps phrases to IPA. Raises
    InvalidArgument with the line and column of what is wrong.
    """
    passages = Passages(pronunciations or {})
    reader = _Reader(manner, catalog, passages, field)
    try:
        reader.parser.Parse(document.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as failure:
        reason = re.sub(r": line \d+, column \d+$", "", str(failure))
        raise reader.at(failure.lineno, failure.offset, reason) from failure
    return passages.finished()
