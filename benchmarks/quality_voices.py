"""Text-to-Speech: what the gateway's own recognizer understands of its own voices.

The twenty commands of the section on Speech-to-Text, spoken by the embedded voices under Google's
names and heard by the embedded recognizer, which was trained on people: a round trip that tells
voices apart more than it tells how clear they are to people.
"""

from __future__ import annotations

import asyncio
import base64
import sys

from benchmarks.quality_speech import AUDIO, COMMANDS, error_rate, heard
from sensorium.apis.client import LocalClient
from sensorium.apis.core import Call, Limits
from sensorium.apis.sources import LocalSources
from sensorium.models.pool import LocalModels

VOICES = (
    *("en-US-Standard-A", "en-US-Standard-B", "en-US-Standard-C", "en-US-Standard-D"),
    *("en-US-Standard-E", "en-US-Standard-F", "en-GB-Standard-A", "en-GB-Standard-B"),
)
_RPC = "google.cloud.texttospeech.v1.TextToSpeech.SynthesizeSpeech"


def table() -> str:
    """Return the table of voices."""
    return asyncio.run(_table())


async def _table() -> str:
    models = LocalModels()
    call = Call(models, LocalSources(AUDIO), Limits())
    rows = ["| voice | commands heard exactly | word error rate |", "|---|---|---|"]
    for voice in VOICES:
        print(f"  {voice}", file=sys.stderr, flush=True)
        told = [await heard(await spoken(text, voice, call), (), call) for text in COMMANDS]
        right = sum(a == b for a, b in zip(told, COMMANDS, strict=True))
        rows.append(f"| {voice} | {right} of {len(COMMANDS)} | {error_rate(told, COMMANDS):.3f} |")
    await models.close()
    return "\n".join(rows)


async def spoken(text: str, voice: str, call: Call) -> bytes:
    """Return a sound file in which a voice says a text."""
    request = {
        "input": {"text": text},
        "voice": {"languageCode": voice[:5], "name": voice},
        "audioConfig": {"audioEncoding": "LINEAR16"},
    }
    content = (await LocalClient(call).call(_RPC, request))["audioContent"]
    return content if isinstance(content, bytes) else base64.b64decode(content)
