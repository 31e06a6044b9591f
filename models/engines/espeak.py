"""eSpeak NG: formant synthesis in 140 languages, through ctypes.

The library is GPLv3 and comes with its data in `espeakng_loader`. Its state is global, so one lock
guards it; it dies of some texts (Nepali, U+24C2 U+4E94), so it runs in a process of its own.
Interface: espeak-ng's `speak_lib.h`.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sensorium.models.errors import Internal, InvalidArgument
from sensorium.models.ipa import spell
from sensorium.models.media.audio import amplify, resample, silence, stretch
from sensorium.models.registry import engine
from sensorium.models.tasks import Gender, Samples, Speech, SpeechSynthesizer, Utterance, Voice

# speak_lib.h: output mode, initialisation options, parameters, synthesis flags, events
_SYNCHRONOUS, _PHONEME_EVENTS, _PHONEME_IPA = 2, 1, 2
_RATE, _PITCH, _RANGE = 1, 3, 4
_UTF8, _PHONEMES, _END_PAUSE = 0x1, 0x100, 0x1000
_EVENT_END, _EVENT_PHONEME = 0, 7

# below 100 words a minute espeak no longer slows down in proportion [measured]
_NORMAL_WPM, _SLOWEST_WPM, _FASTEST_WPM = 175, 100, 700
# semitones that the pitch parameter reaches without wrecking the voice, and the parameter's
# units for one upwards and downwards; by autocorrelation over four voices [measured]
_PITCH_REACH, _UNITS_UP, _UNITS_DOWN = 8.0, 5.1, 5.6
LONGEST = 600.0  # seconds of one utterance

# control characters would be read as commands, private use ones as phoneme names
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff]")
_CLAUSE_END = re.compile(r"[.!?,;:…。！？、，；：।؟،؛]\W*$")

_FEMALE = ("f2", "f3", "f4", "f5", "f1")
_MALE = ("", "m3", "m7", "m2", "m1")
# not languages, or the same code as a better voice of the list
_LEFT_OUT = {"art/xex", "sit/yue-Latn-jyutping"}
# espeak's own subtags, as BCP-47
_BCP47 = {
    "ca-ba": "ca-x-balear",
    "ca-nw": "ca-x-nwest",
    "ca-va": "ca-valencia",
    "chr-us-qaaa-x-west": "chr-x-west",
    "en-us-nyc": "en-US-x-nyc",
    "piqd": "tlh",
    "ru-cl": "ru-x-classic",
}


class _VoiceStruct(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


class _EventStruct(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("string", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_EventStruct)
)


class _Library:
    """The one espeak of this process."""

    def __init__(self) -> None:
        import espeakng_loader

        self.lock = threading.RLock()
        self.data = Path(espeakng_loader.get_data_path())
        self.lib: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        self.sample_rate: int = self.lib.espeak_Initialize(
            _SYNCHRONOUS, 0, str(self.data).encode(), _PHONEME_EVENTS | _PHONEME_IPA
        )
        if self.sample_rate <= 0:
            raise Internal("espeak: the library did not start")
        self.voice = ""
        self.parts: list[bytes] = []
        self.size = 0
        self.phonemes: list[str] = []
        self.listening = False
        # the library keeps the pointer only: the object must live as long
        self.callback = _Callback(self.receive)
        self.lib.espeak_SetSynthCallback(self.callback)
        self.lib.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceStruct))

    def receive(self, samples: Any, count: int, events: Any) -> int:
        """Take samples and phoneme events; 1 stops the synthesis."""
        if samples and count > 0:
            self.parts.append(ctypes.string_at(samples, count * 2))
            self.size += count
        if self.listening:
            at = 0
            while events[at].type != _EVENT_END:
                if events[at].type == _EVENT_PHONEME:
                    self.phonemes.append(events[at].string.decode("utf-8", "replace"))
                at += 1
        return int(self.size > LONGEST * self.sample_rate)

    def choose(self, voice: str) -> None:
        """Make `voice` (identifier, plus sign, variant) the one that speaks."""
        if voice == self.voice:
            return
        self.voice = ""
        if self.lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise Internal(f"espeak: the voice {voice!r} did not load")
        self.voice = voice

    def speak(self, text: str, flags: int) -> Samples:
        """Return the samples of `text` in the chosen voice and manner."""
        self.parts, self.size, self.phonemes = [], 0, []
        raw = text.encode()
        status = self.lib.espeak_Synth(raw, len(raw) + 1, 0, 1, 0, _UTF8 | flags, None, None)
        if status != 0:
            raise Internal(f"espeak: synthesis ended with status {status}")
        return np.frombuffer(b"".join(self.parts), np.int16)

    def pronounced(self, phonemes: str) -> list[str]:
        """Return the IPA of each phoneme that espeak makes of its own notation."""
        self.listening = True
        try:
            self.speak(f"[[{phonemes}]]", _PHONEMES)
        finally:
            self.listening = False
        return [one.strip("ˈˌ") for one in self.phonemes if one]


@cache
def _library() -> _Library:
    return _Library()


@engine(
    "espeak",
    task=SpeechSynthesizer,
    requires=("espeakng_loader",),
    concurrency=2,
    queue=64,
    batch=1,
    memory="90MB",
    isolated=True,  # some texts make it overrun its stack
)
class Espeak:
    """eSpeak NG: 140 languages, instant, robotic; GPLv3."""

    def __init__(self) -> None:
        self._library = _library()
        with self._library.lock:
            self._voices = tuple(_voices(self._library))
        self._names = {voice.name for voice in self._voices}
        self._inventories: dict[str, Mapping[str, str]] = {}

    def voices(self) -> tuple[Voice, ...]:
        """Return ten voices for each language: espeak's own and its plain variants."""
        return self._voices

    def synthesize(self, utterances: Sequence[Utterance]) -> list[Speech]:
        """Return the speech of each utterance; InvalidArgument for a voice or sound it lacks."""
        return [self._synthesize(utterance) for utterance in utterances]

    def _synthesize(self, utterance: Utterance) -> Speech:
        """Speak one utterance: espeak does what its parameters reach, filters do the rest."""
        if utterance.voice not in self._names:
            raise InvalidArgument(f"espeak has no voice {utterance.voice!r}")
        prosody, rate = utterance.prosody, self._library.sample_rate
        native = min(max(prosody.pitch, -_PITCH_REACH), _PITCH_REACH)
        # the rest of the pitch is played back faster or slower, so it is spoken the other way
        shift = 2.0 ** ((prosody.pitch - native) / 12.0)
        wanted = _NORMAL_WPM * prosody.rate / shift
        spoken = round(min(max(wanted, _SLOWEST_WPM), _FASTEST_WPM))
        with self._library.lock:
            samples = self._spoken(utterance, spoken, native)
        samples = resample(samples, round(rate * shift), rate)
        samples = amplify(stretch(samples, rate, spoken / wanted), prosody.volume)
        if utterance.pause:
            samples = np.concatenate([samples, silence(utterance.pause, rate)])
        marks = ((utterance.mark, 0.0),) if utterance.mark is not None else ()
        return Speech(samples, rate, marks)

    def _spoken(self, utterance: Utterance, rate: int, pitch: float) -> Samples:
        """Return espeak's own samples at `rate` words a minute and `pitch` semitones."""
        library = self._library
        library.choose(utterance.voice)
        if utterance.phonemes is not None:
            text, flags = f"[[{self._spelt(utterance)}]]", _PHONEMES
        else:
            text, flags = _UNSPEAKABLE.sub(" ", utterance.text).strip(), 0
        if not text:
            return np.zeros(0, np.int16)
        if utterance.continues:
            ended = _CLAUSE_END.search(text)
            flags |= _END_PAUSE if ended else 0
            # a comma keeps the voice up, and without the flag it costs no time
            text += "" if ended else ","
        library.lib.espeak_SetParameter(_RATE, rate, 0)
        units = _UNITS_UP if pitch > 0 else _UNITS_DOWN
        library.lib.espeak_SetParameter(_PITCH, round(50 + pitch * units), 0)
        library.lib.espeak_SetParameter(_RANGE, round(50 * 2.0 ** (pitch / 12.0)), 0)
        samples = library.speak(text, flags)
        if samples.size > LONGEST * library.sample_rate:
            raise InvalidArgument(f"The text takes more than {LONGEST:.0f} seconds to speak")
        return samples

    def _spelt(self, utterance: Utterance) -> str:
        """Return an IPA transcription in espeak's notation for the chosen voice's language."""
        base = utterance.voice.partition("+")[0]
        if base not in self._inventories:
            self._inventories[base] = _inventory(self._library)
        try:
            words = spell(utterance.phonemes or "", self._inventories[base], ":")
        except InvalidArgument as failure:
            raise InvalidArgument(f"{failure.message} in {utterance.language}") from failure
        # a bar keeps neighbours from being read as one longer name
        return " ".join("|".join(word) for word in words)


def _voices(library: _Library) -> list[Voice]:
    """Return the voices of espeak's own list, each language with the same ten variants."""
    variants: list[tuple[str, Gender]] = []
    for female, male in zip(_FEMALE, _MALE, strict=True):
        variants += [(f"+{female}", "FEMALE"), (f"+{male}" if male else "", "MALE")]
    found, listed, at = [], library.lib.espeak_ListVoices(None), 0
    while listed[at]:
        voice = listed[at].contents
        identifier = voice.identifier.decode()
        codes = _languages(voice.languages)
        if identifier not in _LEFT_OUT:
            found += [
                Voice(identifier + variant, codes, gender, library.sample_rate)
                for variant, gender in variants
            ]
        at += 1
    return found


def _languages(address: int) -> tuple[str, ...]:
    """Return the codes at `address` that rank with the first: a byte and a string each, then zero.

    The others are languages that the voice only stands in for.
    """
    codes = []
    while priority := ctypes.string_at(address, 1)[0]:
        code = ctypes.string_at(address + 1)
        codes.append((priority, _bcp47(code.decode())))
        address += len(code) + 2
    return tuple(code for priority, code in codes if priority == codes[0][0])


def _bcp47(code: str) -> str:
    """Return espeak's code in BCP-47's customary case."""
    if code.lower() in _BCP47:
        return _BCP47[code.lower()]
    first, *rest = code.lower().split("-")
    private = rest.index("x") if "x" in rest else len(rest)
    cased = [
        (part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part)
        for part in rest[:private]
    ]
    return "-".join([first, *cased, *rest[private:]])


def _inventory(library: _Library) -> dict[str, str]:
    """Return espeak's name for each sound, by its IPA, that the chosen voice can make.

    Every known name is spoken alone, between stops and before a vowel, and what espeak reports is
    noted: a sound's name is the one that gives it most often, for a voice may devoice a last
    consonant or reduce a vowel.
    """
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for name in _mnemonics(library.data / "phontab"):
        for before, after in (("", ""), ("p|", "|p|@"), ("", "|@")):
            heard = library.pronounced(f"{before}{name}{after}")
            sounds = heard[before.count("|") : len(heard) - after.count("|")]
            if len(sounds) == 1 and sounds[0].isprintable() and "\ufffd" not in sounds[0]:
                votes[sounds[0]][name] += 1
    return {
        sound: min(names, key=lambda name: (-names[name], len(name), name))
        for sound, names in votes.items()
        if not sound.isdigit()
    }


@cache
def _mnemonics(phontab: Path) -> tuple[str, ...]:
    """Return the phoneme names of all languages; file format of espeak-ng's LoadPhData."""
    data = phontab.read_bytes()
    names, at = set(), 4
    for _ in range(data[0]):
        count, at = data[at], at + 36
        for entry in range(at, at + 16 * count, 16):
            names.add(data[entry : entry + 4].partition(b"\0")[0])
        at += 16 * count
    letters = (name.decode() for name in names if name.isascii())
    return tuple(
        sorted(name for name in letters if re.fullmatch(r"[a-zA-Z@0-9?][^\x00-\x20|]*", name))
    )
