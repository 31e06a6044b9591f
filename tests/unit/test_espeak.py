import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorium.models.engines.espeak import Espeak
from sensorium.models.errors import InvalidArgument
from sensorium.models.registry import discover
from sensorium.models.sandbox.isolated import Isolated
from sensorium.models.tasks import Prosody, Speech, Utterance

# espeak's voices tremble a little, each time differently: samples by which durations vary
NOISE = 1500
SENTENCE = "The quick brown fox jumps over the lazy dog near the river bank."


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    return Espeak()


def say(espeak: Espeak, text: str = SENTENCE, voice: str = "gmw/en-US", **how: object) -> Speech:
    return espeak.synthesize([Utterance(text, "en-US", voice, **how)])[0]  # type: ignore[arg-type]


def fundamental(speech: Speech) -> float:
    """Return the median pitch in Hz of the voiced frames, by autocorrelation."""
    found, rate = [], speech.sample_rate
    for start in range(0, speech.samples.size - 2048, 1024):
        frame = speech.samples[start : start + 2048].astype(float)
        if np.sqrt((frame**2).mean()) < 1500:
            continue
        power = np.abs(np.fft.rfft(frame - frame.mean(), 8192)) ** 2
        correlation = np.fft.irfft(power)[: rate // 40]
        lag = rate // 500 + correlation[rate // 500 :].argmax()
        if correlation[lag] > 0.5 * correlation[0]:
            found.append(rate / lag)
    return float(np.median(found))


def test_it_speaks_and_does_not_end_in_silence(espeak):
    speech = say(espeak, "Hello world.")
    assert speech.sample_rate == 22050
    assert 0.5 < speech.samples.size / 22050 < 2
    assert np.abs(speech.samples).max() > 5000
    assert np.abs(speech.samples[-1000:]).max() > 0


def test_every_language_has_men_and_women_and_every_voice_a_name_of_its_own(espeak):
    voices = espeak.voices()
    assert len({voice.name for voice in voices}) == len(voices)
    for language in {voice.languages for voice in voices}:
        genders = [voice.gender for voice in voices if voice.languages == language]
        assert genders.count("MALE") == genders.count("FEMALE") == len(genders) / 2
    codes = {voice.languages[0] for voice in voices}
    assert {"en-US", "en-GB", "de", "fr-FR", "es-419", "pt-BR", "cmn", "yue", "ja"} <= codes


def test_every_voice_of_english_sounds_its_own(espeak):
    names = [voice.name for voice in espeak.voices() if voice.languages[0] == "en-US"]
    sounds = {say(espeak, "Hello", name).samples.tobytes() for name in names}
    assert len(sounds) == len(names) == 10


def test_women_speak_higher_than_men(espeak):
    assert fundamental(say(espeak, voice="gmw/en-US+f2")) > 1.4 * fundamental(say(espeak))


@pytest.mark.parametrize("rate", [0.25, 0.5, 0.75, 1.5, 2.0, 4.0])
def test_the_rate_is_what_was_asked_for(espeak, rate):
    plain, changed = say(espeak), say(espeak, prosody=Prosody(rate=rate))
    assert plain.samples.size / changed.samples.size == pytest.approx(rate, rel=0.07)


@pytest.mark.parametrize("semitones", [-12, -8, -4, 4, 8, 12])
def test_the_pitch_is_what_was_asked_for_and_the_duration_stays(espeak, semitones):
    plain = say(espeak, voice="gmw/en-US+f2")
    changed = say(espeak, voice="gmw/en-US+f2", prosody=Prosody(pitch=semitones))
    measured = 12 * np.log2(fundamental(changed) / fundamental(plain))
    assert measured == pytest.approx(semitones, abs=1)
    assert changed.samples.size == pytest.approx(plain.samples.size, rel=0.05)


def test_volume_is_in_decibels(espeak):
    plain, softer = say(espeak), say(espeak, prosody=Prosody(volume=-20))
    assert plain.samples.std() / softer.samples.std() == pytest.approx(10, rel=0.1)


def test_a_pause_is_silence_of_that_length(espeak):
    plain, paused = say(espeak, "Hello"), say(espeak, "Hello", pause=0.5)
    assert paused.samples.size - plain.samples.size == pytest.approx(11025, abs=NOISE)
    assert not paused.samples[-11025:].any()
    assert say(espeak, "", pause=2.0).samples.size == 44100


def test_a_mark_is_the_moment_before_the_utterance(espeak):
    assert say(espeak, "Hello", mark="here").marks == (("here", 0.0),)
    assert say(espeak, "Hello").marks == ()


def test_a_sentence_that_continues_costs_no_time_and_one_that_ended_pauses(espeak):
    def size(text, **how):
        return say(espeak, text, **how).samples.size

    assert size("Hello", continues=True) == pytest.approx(size("Hello"), rel=0.05)
    assert size("Hello.", continues=True) > size("Hello.") + 22050 * 0.2


@pytest.mark.parametrize(
    ("voice", "ipa", "heard"),
    [
        ("gmw/en-US", "pɪˈkɑːn", "pɪkɑːn"),
        ("gmw/en-US", "t͡ʃiːz ˈwɝld", "tʃiːzwɜːld"),
        ("gmw/de", "ˈʃtʁaːsə", "ʃtʁasə"),  # espeak tells a lengthened vowel in another event
        ("roa/fr", "bɔ̃ʒuʁ", "bɔ̃ʒuʁ"),
        ("roa/es+f2", "ˈgɾasjas", "ɡɾasjas"),
    ],
)
def test_ipa_is_spoken_as_written(espeak, voice, ipa, heard):
    espeak._library.choose(voice)
    spelt = espeak._spelt(Utterance("x", "xx", voice, phonemes=ipa))
    assert "".join(espeak._library.pronounced(spelt)) == heard
    assert say(espeak, "x", voice, phonemes=ipa).samples.size > 4000


def test_ipa_that_the_language_lacks_is_refused_by_symbol(espeak):
    with pytest.raises(InvalidArgument, match=r"'ʘ' .*BILABIAL CLICK.* en-US"):
        say(espeak, "x", phonemes="pɪʘ")


def test_a_voice_that_does_not_exist_is_refused_by_name(espeak):
    for name in ("klingon/warrior", "gmw/en-US+nobody", "../../etc/passwd", ""):
        with pytest.raises(InvalidArgument, match="no voice"):
            say(espeak, voice=name)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("\x01450S" + SENTENCE, "450S" + SENTENCE),  # espeak's own command for speed
        ("\x00" + SENTENCE, SENTENCE),
        ("\ud800" + SENTENCE, SENTENCE),
    ],
)
def test_control_characters_are_not_commands(espeak, text, same):
    expected = say(espeak, same).samples.size
    assert say(espeak, text).samples.size == pytest.approx(expected, abs=NOISE)


def test_brackets_are_not_phonemes_and_markup_is_not_markup(espeak):
    espeak._library.choose("gmw/en-US")
    assert say(espeak, "[[t'est]]").samples.size > say(espeak, "t'est").samples.size
    # a pause of ten seconds, were it understood
    assert say(espeak, "<break time='10s'/> hi").samples.size < 8 * 22050


@pytest.fixture(scope="module")
def isolated() -> Iterator[Isolated]:
    """Yield espeak as the pool runs it: some texts kill its process."""
    made = Isolated(Espeak, name="espeak")
    yield made
    made.close()


def attempt(isolated: Isolated, text: str, voice: str) -> str | None:
    """Return why a text is refused, None when it is spoken."""
    try:
        (speech,) = isolated.synthesize([Utterance(text, "xx", voice)])
    except InvalidArgument as failure:
        return failure.message
    assert speech.samples.dtype == np.int16
    return None


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["gmw/en-US", "roa/fr+f2", "sem/ar", "sit/cmn"]))
def test_any_text_is_spoken_or_refused(isolated, text, voice):
    refused = attempt(isolated, text, voice)
    assert refused is None or "espeak" in refused


def test_a_text_that_espeak_dies_of_harms_nobody_else(isolated):
    (spec,) = (spec for spec in discover() if spec.name == "espeak")
    assert spec.isolated
    attempt(isolated, "\u24c2\u4e94", "inc/ne")  # overruns the stack of espeak-ng 1.52
    assert attempt(isolated, "Hello", "gmw/en-US") is None


def test_one_utterance_sounds_the_same_whatever_was_said_before(espeak):
    first = say(espeak, voice="gmw/en-US+f3")
    say(espeak, voice="roa/fr", prosody=Prosody(rate=3, pitch=7))
    say(espeak, voice="roa/fr", phonemes="bɔ̃ʒuʁ")
    again = say(espeak, voice="gmw/en-US+f3")
    assert again.samples.size == pytest.approx(first.samples.size, abs=NOISE)
    assert fundamental(again) == pytest.approx(fundamental(first), rel=0.05)


def test_threads_do_not_mix_their_voices():
    names = ("gmw/en-US+f2", "gmw/de", "roa/fr")
    expected = {name: say(Espeak(), voice=name).samples.size for name in names}
    assert len(set(expected.values())) == 3
    wrong: list[str] = []

    def speak(name: str) -> None:
        for _ in range(20):
            if abs(say(Espeak(), voice=name).samples.size - expected[name]) > NOISE:
                wrong.append(name)

    threads = [threading.Thread(target=speak, args=(name,)) for name in expected for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_speech_without_end_is_stopped(espeak):
    with pytest.raises(InvalidArgument, match="600 seconds"):
        say(espeak, "one two three " * 3000, prosody=Prosody(rate=0.6))
