"""The promise of Piper by card: its voices speak, at their rate and in the manner asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.models import tasks
from sensorium.models.engines.piper import Piper
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.sandbox.isolated import Bounds, Isolated
from sensorium.models.tasks import Prosody, Utterance
from tests.unit.tiny import brought

RATE = 8_000
EACH = 200  # samples of a phoneme
SOUNDS = "_^$ abdefhijklmnoprstuvwzæðŋɐɑɔəɚɛɜɡɪɹʃʊʌʒˈˌːθ?!.,"


def save_piper(folder: Path, speakers: tuple[str, ...] = ()) -> None:
    """Save a voice that hums each phoneme at a level of its own, and each speaker higher."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def constant(name: str, value: Any) -> Any:
        return numpy_helper.from_array(np.array(value), name)

    nodes = [
        helper.make_node("Cast", ["input"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["numbers", "small"], ["levels"]),
        helper.make_node("Unsqueeze", ["levels", "last"], ["columns"]),
        helper.make_node("Gather", ["scales", "second"], ["length"]),
        helper.make_node("Mul", ["length", "each"], ["long"]),
        helper.make_node("Cast", ["long"], ["times"], to=TensorProto.INT64),
        helper.make_node("Concat", ["ones", "times"], ["repeats"], axis=0),
        helper.make_node("Tile", ["columns", "repeats"], ["tiled"]),
        helper.make_node("Reshape", ["tiled", "flat"], ["hum" if speakers else "output"]),
    ]
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, None]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, [1]))
        nodes += [
            helper.make_node("Cast", ["sid"], ["speaker"], to=TensorProto.FLOAT),
            helper.make_node("Add", ["hum", "speaker"], ["output"]),
        ]
    graph = helper.make_graph(
        nodes,
        "voice",
        inputs,
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, None])],
        [
            constant("small", np.float32(0.01)),
            constant("last", [2]),
            constant("second", [1]),
            constant("each", np.float32([EACH])),
            constant("ones", [1, 1]),
            constant("flat", [1, 1, -1]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, folder / "voice.onnx")
    facts = {
        "audio": {"sample_rate": RATE},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0},
        "num_symbols": len(SOUNDS),
        "num_speakers": max(1, len(speakers)),
        "speaker_id_map": {name: at for at, name in enumerate(speakers)},
        "phoneme_id_map": {sound: [at] for at, sound in enumerate(SOUNDS)},
    }
    (folder / "voice.onnx.json").write_text(json.dumps(facts))


def made(place: Path, **how: Any) -> Path:
    folder = place / "eng-tiny-0123456789ab"
    folder.mkdir()
    brought("piper", folder)  # skips where the libraries are missing
    save_piper(folder, **how)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("voice"))


@pytest.fixture(scope="module")
def piper(folder: Path) -> Piper:
    return Piper(folder)


def say(piper: Piper, text: str, voice: str = "eng-tiny", **more: Any) -> Any:
    (speech,) = piper.synthesize([Utterance(text, "en-US", voice, **more)])
    assert speech.sample_rate == RATE
    return speech


def test_it_speaks_in_a_process_of_its_own(folder: Path):
    spec = brought("piper", folder)
    assert spec.isolated
    child: Any = Isolated(
        Piper, {"weights": folder}, name="piper", bounds=Bounds(), values=set(tasks.MODULES)
    )
    (voice,) = child.voices()
    assert (voice.name, voice.languages, voice.sample_rate) == ("eng-tiny", ("en-US",), RATE)
    said = [Utterance("Hello there.", "en-US", voice.name), Utterance("", "en-US", voice.name)]
    first, second = child.synthesize(said)
    child.close()
    assert first.samples.dtype == np.int16
    assert len(first.samples) > 10 * EACH
    assert len(second.samples) == 0


def test_every_sentence_is_spoken_and_a_pause_kept(piper: Piper):
    one, both = say(piper, "Hello."), say(piper, "Hello. Hello.", pause=1.0, mark="here")
    assert len(both.samples) == pytest.approx(2 * len(one.samples) + RATE, abs=4 * EACH)
    assert both.marks == (("here", 0.0),)
    assert not both.samples[-RATE:].any()


def test_rate_pitch_and_volume_are_as_asked_for(piper: Piper):
    plain = say(piper, "Hello there.").samples
    fast = say(piper, "Hello there.", prosody=Prosody(rate=2.0)).samples
    high = say(piper, "Hello there.", prosody=Prosody(pitch=4.0)).samples
    soft = say(piper, "Hello there.", prosody=Prosody(volume=-6.0)).samples
    assert len(fast) == pytest.approx(len(plain) / 2, rel=0.02)
    assert len(high) == pytest.approx(len(plain), rel=0.02)
    assert np.abs(soft).max() == pytest.approx(np.abs(plain).max() / 2, rel=0.02)


def test_sounds_are_spoken_as_transcribed(piper: Piper):
    word = say(piper, "cat", phonemes="kæt").samples
    assert len(word) == pytest.approx(EACH * 9, abs=EACH), "three sounds, pads, begin and end"
    with pytest.raises(InvalidArgument, match="'ǃ'"):
        say(piper, "click", phonemes="ǃ")


def test_brackets_in_a_text_are_no_sounds(piper: Piper):
    assert len(say(piper, "see [[kæt]] now").samples) > len(say(piper, "see now").samples)
    say(piper, "[[ǃǃǃ]]")


def test_each_speaker_is_a_voice(tmp_path: Path):
    piper = Piper(made(tmp_path, speakers=("ann", "bob")))
    assert [voice.name for voice in piper.voices()] == ["eng-tiny-ann", "eng-tiny-bob"]
    ann, bob = (say(piper, "Hello.", f"eng-tiny-{name}").samples for name in ("ann", "bob"))
    assert len(ann) == len(bob)
    assert ann.std() > bob.std(), "who hums higher varies less, once both are as loud"
    with pytest.raises(InvalidArgument, match="no voice"):
        say(piper, "Hello.", "eng-tiny-eve")


def test_a_folder_that_is_no_voice_is_refused(tmp_path: Path):
    folder = made(tmp_path)
    (folder / "voice.onnx.json").unlink()
    with pytest.raises(FailedPrecondition, match=r"\.onnx\.json"):
        Piper(folder)
