import asyncio
import io
import wave
from typing import Any

import av
import numpy as np
import pytest

from sensorium.apis.core import Call
from sensorium.apis.texttospeech.effects import PROFILES
from sensorium.apis.texttospeech.passages import Bleep, Manner, Passages
from sensorium.apis.texttospeech.speaking import Speaker, speak
from sensorium.apis.texttospeech.voices import catalog
from sensorium.models.engines.espeak import Espeak
from sensorium.models.errors import FailedPrecondition, Failure, InvalidArgument
from sensorium.models.tasks import Prosody
from tests.unit.speaking import HELLO, MODELS, SERVICE, answer, refusal, synthesize


def sound(content: bytes) -> tuple[np.ndarray, int]:
    with wave.open(io.BytesIO(content)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2"), file.getframerate()


def seconds(content: bytes) -> float:
    samples, rate = sound(content)
    return samples.size / rate


PLAIN = seconds(synthesize(HELLO))


def test_text_becomes_a_wav_file_at_the_voices_own_rate():
    samples, rate = sound(synthesize(HELLO))
    assert rate == 22050
    assert 1.5 < samples.size / rate < 4
    assert np.abs(samples).max() > 5000


@pytest.mark.parametrize(
    ("encoding", "codec", "rate"),
    [
        ("LINEAR16", "pcm_s16le", 22050),
        ("MP3", "mp3float", 22050),
        ("OGG_OPUS", "opus", 48000),  # what an Opus decoder always tells
        ("MULAW", "pcm_mulaw", 22050),
        ("ALAW", "pcm_alaw", 22050),
        ("M4A", "aac", 22050),
    ],
)
def test_every_encoding_holds_the_same_speech(encoding, codec, rate):
    with av.open(io.BytesIO(synthesize(HELLO, encoding))) as file:
        stream = file.streams.audio[0]
        assert (stream.codec_context.name, stream.rate) == (codec, rate)
        played = sum(frame.samples / frame.sample_rate for frame in file.decode(stream))
    assert played == pytest.approx(PLAIN, abs=0.15)


def test_pcm_has_no_header():
    content = synthesize(HELLO, "PCM")
    assert not content.startswith(b"RIFF")
    assert len(content) / 2 / 22050 == pytest.approx(PLAIN, abs=0.1)


@pytest.mark.parametrize("encoding", ["LINEAR16", "MULAW", "ALAW"])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_sound_comes_at_the_rate_that_was_asked_for(encoding, rate):
    with av.open(io.BytesIO(synthesize(HELLO, encoding, sampleRateHertz=rate))) as file:
        assert file.streams.audio[0].rate == rate
        assert float(file.duration / av.time_base) == pytest.approx(PLAIN, abs=0.1)


@pytest.mark.parametrize(("speed", "factor"), [(0.25, 4), (0.5, 2), (2.0, 0.5)])
def test_the_speaking_rate_changes_the_duration(speed, factor):
    changed = seconds(synthesize(HELLO, speakingRate=speed))
    assert changed == pytest.approx(PLAIN * factor, rel=0.1)


def test_gain_is_in_decibels():
    plain, softer = (sound(synthesize(HELLO, volumeGainDb=db))[0].std() for db in (0, -20))
    assert plain / softer == pytest.approx(10, rel=0.1)


def test_pitch_keeps_the_duration():
    assert seconds(synthesize(HELLO, pitch=-20)) == pytest.approx(PLAIN, rel=0.1)
    assert seconds(synthesize(HELLO, pitch=20)) == pytest.approx(PLAIN, rel=0.1)


@pytest.mark.parametrize("profile", list(PROFILES))
def test_every_effects_profile_changes_the_sound_and_not_its_length(profile):
    content = synthesize(HELLO, effectsProfileId=[profile])
    assert seconds(content) == pytest.approx(PLAIN, rel=0.05)


def test_the_telephony_profile_has_the_band_of_a_telephone():
    def above(content: bytes) -> float:
        samples, rate = sound(content)
        power = np.abs(np.fft.rfft(samples)) ** 2
        return float(power[int(samples.size * 5000 / rate) :].sum() / power.sum())

    filtered = synthesize(HELLO, effectsProfileId=["telephony-class-application"])
    assert above(filtered) < 0.5 * above(synthesize(HELLO))


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"speakingRate": 0.2}, "audioConfig.speakingRate"),
        ({"speakingRate": 2.1}, "audioConfig.speakingRate"),
        ({"speakingRate": "NaN"}, "audioConfig.speakingRate"),
        ({"pitch": 20.5}, "audioConfig.pitch"),
        ({"pitch": -21}, "audioConfig.pitch"),
        ({"volumeGainDb": 17}, "audioConfig.volumeGainDb"),
        ({"volumeGainDb": -97}, "audioConfig.volumeGainDb"),
        ({"volumeGainDb": "Infinity"}, "audioConfig.volumeGainDb"),
        ({"sampleRateHertz": 7999}, "audioConfig.sampleRateHertz"),
        ({"sampleRateHertz": 96000}, "audioConfig.sampleRateHertz"),
        ({"sampleRateHertz": -8000}, "audioConfig.sampleRateHertz"),
        ({"effectsProfileId": ["telephony-class-application", "x"]},
         "audioConfig.effectsProfileId[1]"),
        ({"audioEncoding": "AUDIO_ENCODING_UNSPECIFIED"}, "audioConfig.audioEncoding"),
        ({"audioEncoding": 99}, "audioConfig.audioEncoding"),
        ({"audioEncoding": "OGG_OPUS", "sampleRateHertz": 44100}, "audioConfig.sampleRateHertz"),
    ],
)  # fmt: skip
def test_what_is_out_of_range_is_refused_by_field(config, field):
    encoding = config.pop("audioEncoding", "LINEAR16")
    failure = refusal(HELLO, encoding, **config)
    assert isinstance(failure, InvalidArgument)
    assert failure.field == field


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({}, "input"),
        ({"text": ""}, "input.text"),
        ({"text": " \n"}, "input.text"),
        ({"text": "x" * 5001}, "input.text"),
        ({"text": "é" * 2501}, "input.text"),
        ({"ssml": "<speak>" + "x" * 5000 + "</speak>"}, "input.ssml"),
        ({"ssml": "<speak><foo/></speak>"}, "input.ssml"),
        ({"multiSpeakerMarkup": {}}, "input.multiSpeakerMarkup.turns"),
        ({"multiSpeakerMarkup": {"turns": [{"text": "x"}]}}, "input.multiSpeakerMarkup.turns[0]"),
        (
            HELLO | {"customPronunciations": {"pronunciations": [{"phrase": "x"}]}},
            "input.customPronunciations.pronunciations[0]",
        ),
    ],
)
def test_bad_input_is_refused_by_field(source, field):
    failure = refusal(source)
    assert isinstance(failure, InvalidArgument)
    assert failure.field == field


def test_5000_bytes_are_spoken():
    assert seconds(synthesize({"text": "a b " * 1250}, speakingRate=2.0)) > 100


def test_more_sound_than_allowed_is_refused():
    long = {"ssml": "<speak>a" + '<break time="10s"/>b' * 7 + "</speak>"}
    assert seconds(synthesize(long)) > 70
    failure = refusal(long, limits={"audio_seconds": 60.0})
    assert isinstance(failure, InvalidArgument)
    assert failure.field == "input"
    assert "60 seconds" in failure.message
    assert isinstance(refusal({"text": "a b " * 1000}, limits={"audio_seconds": 60.0}), Failure)


def test_a_prompt_is_refused_because_no_voice_follows_one():
    assert isinstance(refusal(HELLO | {"prompt": "angrily"}), FailedPrecondition)


@pytest.mark.parametrize(
    "voice",
    [{"customVoice": {"model": "m"}}, {"voiceClone": {"voiceCloningKey": "k"}}],
)
def test_custom_and_cloned_voices_are_refused(voice):
    failure = refusal(HELLO, voice={"languageCode": "en-US"} | voice)
    assert isinstance(failure, FailedPrecondition)
    assert failure.field == f"voice.{next(iter(voice))}"


def test_a_custom_pronunciation_is_spoken_instead_of_the_phrase():
    given = {"phrase": "test", "phoneticEncoding": "PHONETIC_ENCODING_IPA"}
    slow = {"pronunciations": [given | {"pronunciation": "ˈtoʊmeɪtoʊ ˈtoʊmeɪtoʊ ˈtoʊmeɪtoʊ"}]}
    assert seconds(synthesize(HELLO | {"customPronunciations": slow})) > PLAIN + 0.8
    unknown = {"pronunciations": [given | {"pronunciation": "ʘ"}]}
    failure = refusal(HELLO | {"customPronunciations": unknown})
    assert isinstance(failure, InvalidArgument)
    assert "ʘ" in failure.message


def test_markup_pauses():
    plain = seconds(synthesize({"markup": "one two"}))
    short, long = (
        seconds(synthesize({"markup": f"one [pause {length}] two"})) for length in ("short", "long")
    )
    assert plain < short < long


def test_a_dialogue_has_a_voice_for_each_speaker():
    turns = [{"speaker": "R", "text": "Hello there."}, {"speaker": "S", "text": "Hello there."}]
    voice = {"languageCode": "en-US", "name": "en-US-Studio-MultiSpeaker"}
    samples, rate = sound(synthesize({"multiSpeakerMarkup": {"turns": turns}}, voice=voice))
    assert samples.size / rate > 1.5
    configured = voice | {
        "multiSpeakerVoiceConfig": {
            "speakerVoiceConfigs": [
                {"speakerAlias": "R", "speakerId": "Kore"},
                {"speakerAlias": "S", "speakerId": "Puck"},
            ]
        }
    }
    assert synthesize({"multiSpeakerMarkup": {"turns": turns}}, voice=configured)
    stranger = [*turns, {"speaker": "T", "text": "Hm."}]
    failure = refusal({"multiSpeakerMarkup": {"turns": stranger}}, voice=configured)
    assert failure.field == "input.multiSpeakerMarkup.turns[2].speaker"


def test_ssml_is_spoken_with_its_breaks_and_its_bleeps():
    plain = seconds(synthesize({"ssml": "<speak>one two</speak>"}))
    paused = seconds(synthesize({"ssml": '<speak>one <break time="2s"/>two</speak>'}))
    assert plain + 1.8 < paused < plain + 2.6
    bleep = synthesize({"ssml": '<speak><say-as interpret-as="bleep">golly</say-as></speak>'})
    samples, rate = sound(bleep)
    assert samples.size / rate == pytest.approx(0.35, abs=0.01)
    assert np.abs(np.fft.rfft(samples)).argmax() * rate / samples.size == pytest.approx(1000, abs=5)


def test_an_empty_document_is_an_empty_sound():
    assert seconds(synthesize({"ssml": "<speak/>"})) == 0


def test_marks_are_told_with_their_moments():
    voices = catalog(Espeak().voices())
    chosen = voices.choose("en-US")
    manner = Manner(chosen.language, chosen.voice)
    made = Passages({})
    made.pause(1.0)
    made.mark("start", manner)
    made.say("Hello world", manner)
    made.mark("end", manner)
    speech = asyncio.run(
        speak(
            [*made.finished(), Bleep(0.5)],
            Speaker("en-US", None, 22050, Prosody()),
            Call(MODELS, None),  # type: ignore[arg-type]
        )
    )
    (start, at), (end, after) = speech.marks
    assert (start, end, at) == ("start", "end", 1.0)
    assert after == pytest.approx(speech.samples.size / 22050 - 0.5, abs=0.001)
    assert after > 1.3


def beta(ssml: str, encoding: str = "LINEAR16", **more: Any) -> dict[str, Any]:
    body = {
        "input": {"ssml": ssml},
        "voice": {"languageCode": "en-US"},
        "audioConfig": {"audioEncoding": encoding},
    }
    return answer("SynthesizeSpeech", body | more, SERVICE.replace("v1", "v1beta1"))


def test_the_beta_tells_when_marks_are_reached_if_asked():
    ssml = '<speak>one <break time="2s"/><mark name="here"/>two</speak>'
    (point,) = beta(ssml, enableTimePointing=["SSML_MARK"])["timepoints"]
    assert point["markName"] == "here"
    assert 2.2 < point["timeSeconds"] < 3
    assert "timepoints" not in beta(ssml)


def test_the_beta_encodes_mp3_at_64_kbit_too():
    plain = beta("<speak>one two three four</speak>", "MP3")["audioContent"]
    better = beta("<speak>one two three four</speak>", "MP3_64_KBPS")["audioContent"]
    assert len(better) > 1.5 * len(plain)


def test_the_model_name_names_the_engine():
    synthesize(HELLO, voice={"languageCode": "de-DE", "modelName": "espeak"})
    assert MODELS.asked[-1] == {"engine": "espeak", "language": "de-DE"}


def test_an_engine_whose_voices_are_known_is_not_asked_for_them_again():
    synthesize(HELLO)
    before = len(MODELS.asked)
    synthesize(HELLO)
    assert len(MODELS.asked) == before + 1
