"""Speech-to-Text: commands and telephone talk, word for word.

The recordings of the samples of Google's clients whose words are known, through the embedded
engines as `recognize` uses them. "Hinted" has a phrase hint of what is said among eleven that are
not; spoken by eSpeak NG are twenty commands, which a synthetic voice makes harder than people do.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sensorium.apis.core import Call, Limits
from sensorium.apis.sources import LocalSources
from sensorium.apis.speech import hearing
from sensorium.apis.speech.config import Asked
from sensorium.models.engines.espeak import Espeak
from sensorium.models.media.audio import encode
from sensorium.models.pool import LocalModels
from sensorium.models.tasks import AudioReader, Phrase, Utterance

AUDIO = Path(__file__).parent.parent.parent / "shared" / "data" / "audio"
CLIPS = {
    "230pm": "two thirty pm",
    "audio": "how old is the brooklyn bridge",
    "audio_silence_padding": "how old is the brooklyn bridge",
    "book_a_room": "book a room",
    "half_an_hour": "half an hour",
    "mountain_view": "mountain view",
    "today": "today",
    "two_people": "two people",
}
COMMANDS = (
    *("turn on the kitchen lights", "where is my order", "cancel my subscription"),
    *("speak to an agent", "open the garage door", "set a timer for ten minutes"),
    *("what is the weather in lisbon", "i would like a refund", "track my parcel"),
    *("what time is it", "today is a good day", "call me back tomorrow morning"),
    *("change my delivery address", "the package has not arrived", "show me red jackets"),
    *("i forgot my password", "how much does it cost", "add milk to my list"),
    *("play some quiet music", "book a table for two people"),
)
OTHERS = (
    *(
        "good evening",
        "close the window",
        "the red house",
        "send an invoice",
        "go to the next page",
    ),
    *("turn the volume down", "read my messages", "stop the engine", "find a hotel nearby"),
    *("is it going to rain", "what is new today"),
)


def table() -> str:
    """Return the table of recordings and of spoken commands."""
    return asyncio.run(_table())


async def _table() -> str:
    models = LocalModels()
    call = Call(models, LocalSources(AUDIO), Limits())
    rows = ["| recording | said | heard |", "|---|---|---|"]
    clips = [
        (f"{name}.wav", text, (AUDIO / f"{name}.wav").read_bytes()) for name, text in CLIPS.items()
    ]
    exact = 0
    for name, text, content in clips:
        found = await heard(content, (), call)
        exact += found == text
        rows.append(f"| {name} | {text} | {found} |")
    rows += ["", f"{exact} of {len(clips)} recordings word for word."]
    rows += ["", "| spoken commands | exact | word error rate |", "|---|---|---|"]
    for title, hint in (("as they are", False), ("hinted", True)):
        print(f"  {title}", file=sys.stderr, flush=True)
        told = []
        for text in COMMANDS:
            phrases = [Phrase(one) for one in (text, *OTHERS)] if hint else []
            told.append(await heard(spoken(text), phrases, call))
        right = sum(a == b for a, b in zip(told, COMMANDS, strict=True))
        rows.append(f"| {title} ({len(COMMANDS)}) | {right} | {error_rate(told, COMMANDS):.3f} |")
    await models.close()
    return "\n".join(rows)


async def heard(content: bytes, phrases: Sequence[Phrase], call: Call) -> str:
    """Return all that is heard in a sound file."""
    recording = await call.models.use(AudioReader.recording)(content, None, 600.0)
    asked = Asked(("en-US",), None, phrases=tuple(phrases))
    return " ".join(
        [one.hearings[0].text async for _, one in hearing.heard(recording, asked, call)]
    )


_voice: list[Any] = []


def spoken(text: str) -> bytes:
    """Return a sound file in which a synthetic voice says a text."""
    if not _voice:
        _voice.append(Espeak())
    (speech,) = _voice[0].synthesize([Utterance(text, "en-US", "gmw/en-US+f2")])
    return encode(speech.samples, speech.sample_rate, "WAV")


def error_rate(told: Sequence[str], truth: Sequence[str]) -> float:
    """Return the words that would have to be changed, by the words that were said."""
    wrong = sum(_distance(a.split(), b.split()) for a, b in zip(told, truth, strict=True))
    return wrong / sum(len(text.split()) for text in truth)


def _distance(a: Sequence[str], b: Sequence[str]) -> int:
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            cost = before + (one != other)
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, cost)
    return row[-1]
