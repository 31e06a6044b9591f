"""The promise of VITS by card: the same text is the same sound, in the voices that there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorium.models.engines.vits import Vits
from sensorium.models.errors import FailedPrecondition, InvalidArgument
from sensorium.models.tasks import Prosody, SpeechSynthesizer, Utterance
from tests.conformance.asking import ask
from tests.unit.tiny import brought

RATE = 8_000


def save_vits(folder: Path, speakers: int = 1, **tokens: Any) -> None:
    """Save a VITS of a few thousand random weights that knows the letters of English."""
    import torch
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    torch.manual_seed(7)
    letters = ["<pad>", *"abcdefghijklmnopqrstuvwxyz' ", "<unk>"]
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({letter: at for at, letter in enumerate(letters)}))
    how = {"language": "eng", "phonemize": False, **tokens}
    VitsTokenizer(str(vocabulary), **how).save_pretrained(folder)
    config = VitsConfig(
        **{"vocab_size": len(letters), "hidden_size": 16, "num_hidden_layers": 1, "ffn_dim": 16},
        **{"flow_size": 16, "spectrogram_bins": 17, "upsample_initial_channel": 16},
        **{"upsample_rates": [8, 8], "upsample_kernel_sizes": [16, 16]},
        **{"resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3, 5]]},
        **{"duration_predictor_filter_channels": 16, "prior_encoder_num_flows": 2},
        **{"prior_encoder_num_wavenet_layers": 1, "posterior_encoder_num_wavenet_layers": 1},
        **{"num_speakers": speakers, "speaker_embedding_size": 8 if speakers > 1 else 0},
        **{"use_stochastic_duration_prediction": False, "sampling_rate": RATE},
        **{"noise_scale": 0.3, "initializer_range": 0.3},
    )
    VitsModel(config).eval().save_pretrained(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("voice") / "eng-tiny-0123456789ab"
    made.mkdir()
    brought("vits", made)  # skips where the libraries are missing
    save_vits(made)
    return made


@pytest.fixture(scope="module")
def vits(folder: Path) -> Vits:
    return Vits(folder, "cpu")


def say(vits: Vits, text: str, voice: str = "eng-tiny", **more: Any) -> Any:
    (speech,) = vits.synthesize([Utterance(text, "en", voice, **more)])
    assert speech.sample_rate == RATE
    assert speech.samples.dtype == np.int16
    return speech.samples


def test_the_voice_is_called_as_its_card_is(folder: Path):
    spec = brought("vits", folder)
    (voice,) = ask(spec, SpeechSynthesizer.voices)
    assert (voice.name, voice.languages, voice.sample_rate) == ("eng-tiny", ("en",), RATE)
    said = [Utterance(text, "en", voice.name) for text in ("Hello there.", "Good morning.")]
    assert len(ask(spec, SpeechSynthesizer.synthesize, said)) == 2


def test_the_same_text_is_the_same_sound(vits: Vits):
    first, other = say(vits, "the house"), say(vits, "a much longer text than that")
    assert np.array_equal(first, say(vits, "the house"))
    assert other.size > first.size > 0
    assert np.abs(first).max() > 0


def test_rate_pitch_volume_and_pauses_are_heard(vits: Vits):
    text = "the keeper lit the lamp and the ships came home"
    plain = say(vits, text)
    fast = say(vits, text, prosody=Prosody(rate=2.0))
    assert fast.size < 0.7 * plain.size
    high = say(vits, text, prosody=Prosody(pitch=6.0))
    assert high.size == pytest.approx(plain.size, rel=0.02)
    quiet = say(vits, text, prosody=Prosody(volume=-20.0))
    assert np.abs(quiet).max() < 0.2 * np.abs(plain).max()
    assert say(vits, text, pause=0.5).size == plain.size + RATE // 2


@pytest.mark.parametrize("text", ["", " ", "12 34", "🦊", "\ud800", "日本"])
def test_what_the_model_has_no_letters_for_is_silence(vits: Vits, text: str):
    assert not say(vits, text).any()


def test_a_model_of_several_speakers_has_a_voice_for_each(tmp_path: Path):
    brought("vits", tmp_path)
    save_vits(tmp_path, speakers=3)
    vits = Vits(tmp_path, "cpu")
    names = [voice.name for voice in vits.voices()]
    assert len(set(names)) == 3
    first, second = (say(vits, "the house", voice) for voice in names[:2])
    assert first.shape != second.shape or not np.array_equal(first, second)


def test_what_the_model_cannot_do_is_refused(vits: Vits):
    with pytest.raises(InvalidArgument, match="pronounce"):
        say(vits, "tomato", phonemes="təˈmeɪtoʊ")
    with pytest.raises(InvalidArgument, match="no voice"):
        say(vits, "tomato", "somebody")


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        ({"language": None}, "language"),
        ({"phonemize": True}, "phonemizer"),
    ],
)
def test_a_model_that_lacks_something_says_what(tmp_path: Path, tokens: Any, reason: str):
    brought("vits", tmp_path)
    save_vits(tmp_path, **tokens)
    with pytest.raises(FailedPrecondition, match=reason):
        Vits(tmp_path, "cpu")
