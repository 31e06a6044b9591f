"""The promise of Apertium: what is no word stays as it is, and a pipe that dies is replaced."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensorium.models.engines import apertium
from sensorium.models.engines._apertium import Pipe, commands, decoded, encoded
from sensorium.models.engines.apertium import Apertium
from sensorium.models.errors import DeadlineExceeded, InvalidArgument, Unavailable

MODES = Path("/usr/share/apertium/modes")
needs_apertium = pytest.mark.skipif(
    shutil.which("apertium") is None or not (MODES / "eng-spa.mode").exists(),
    reason="apertium: apertium-eng-spa is not installed",
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Apertium]:
    made = Apertium()
    yield made
    made.close()


def programs() -> list[psutil.Process]:
    return psutil.Process().children()


def test_a_mode_is_programs_that_flush_at_every_null(tmp_path: Path):
    mode = tmp_path / "a-b.mode"
    mode.write_text("lt-proc '/x/a b.bin' | apertium-tagger -g $2 /x/c | lt-proc $1 /x/d\n")
    assert commands(mode) == [
        ["lt-proc", "-z", "/x/a b.bin"],
        ["apertium-tagger", "-z", "-g", "/x/c"],
        ["lt-proc", "-z", "-n", "/x/d"],
    ]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=80))
def test_what_is_put_into_the_stream_can_be_read_out_again(text: str):
    assert decoded(encoded(text)).replace("\ufffd", "") == "".join(
        char for char in text if not 0xFDD0 <= ord(char) < 0xFDF0 and char != "\ufffd"
    )


@needs_apertium
def test_sentences_are_translated(engine: Apertium):
    found = engine.translate(["The red house is big.", "I see two dogs."], "en", "es")
    assert found == ["La casa roja es grande.", "Veo dos perros."]


@needs_apertium
def test_one_language_between_makes_a_pair(engine: Apertium):
    assert ("en", "fr") in engine.pairs()
    assert ("en", "es") in engine.pairs()
    (found,) = engine.translate(["I see the house."], "en", "fr")
    assert "maison" in found


@needs_apertium
def test_a_pair_that_is_not_there_is_refused(engine: Apertium):
    with pytest.raises(InvalidArgument, match="'de'"):
        engine.translate(["Hallo"], "de", "en")


@needs_apertium
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.text("[]{}^$/\\@<>~|*+#&_%=:;.,!?()'\"\ue000\ue001🦊\t\n 0", max_size=30), max_size=4
    )
)
def test_what_is_no_word_stays_as_it_is(engine: Apertium, texts: list[str]):
    assert engine.translate(texts, "en", "es") == texts


@needs_apertium
def test_words_between_signs_are_translated_and_the_signs_stay(engine: Apertium):
    text = "  The house [1] {red}\n\n<b>house</b> ^ $5 \\ a@b.org ~ 50%\t"
    (found,) = engine.translate([text], "en", "es")
    assert found.startswith("  La casa [1] {rojo}\n\n<b>casa</b> ^ $5 \\ ")
    assert found.endswith("b.org ~ 50%\t")


@needs_apertium
def test_a_megabyte_is_translated_whole(engine: Apertium):
    (found,) = engine.translate(["The dog sleeps. " * 20_000], "en", "es")
    assert found.count("perro") == 20_000


@needs_apertium
def test_callers_at_the_same_time_get_their_own_answers(engine: Apertium):
    words = ["dog", "cat", "house", "tree"]
    alone = {word: engine.translate([f"The {word}"], "en", "es") for word in words}
    with ThreadPoolExecutor(4) as threads:
        found = list(
            threads.map(lambda word: engine.translate([f"The {word}"], "en", "es"), words * 8)
        )
    assert found == [alone[word] for word in words * 8]


@needs_apertium
@pytest.mark.parametrize("which", range(9))
def test_a_pipe_that_has_died_is_replaced_and_the_text_is_translated(which: int):
    engine = Apertium()
    earlier = {one.pid for one in programs()}
    before = engine.translate(["The dog", "A house"], "en", "es")
    victims = [one for one in programs() if one.pid not in earlier]
    assert len(victims) > 8
    victims[which].kill()
    assert engine.translate(["The dog", "A house"], "en", "es") == before
    engine.close()


@needs_apertium
def test_an_answer_that_was_cut_is_no_answer(tmp_path: Path):
    """The programs after one that dies end what they have, as if it were all."""
    mode = tmp_path / "a-b.mode"
    script = tmp_path / "head"
    script.write_text("#!/bin/sh\nprintf 'Hal\\000lo\\000'\n")
    script.chmod(0o755)
    mode.write_text(f"{script}\n")
    with pytest.raises(Unavailable, match="ended"):
        Pipe(mode).translate(["Hello"], 5)


@needs_apertium
def test_a_pipe_that_dies_twice_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    mode = tmp_path / "eng-spa.mode"
    mode.write_text("false\n")
    monkeypatch.setattr(apertium, "_modes", lambda _: {("en", "es"): mode})
    with pytest.raises(Unavailable, match="ended"):
        Apertium().translate(["The dog"], "en", "es")


def test_a_pipe_that_hangs_is_ended(tmp_path: Path):
    mode = tmp_path / "a-b.mode"
    mode.write_text("tail -f /dev/null\n")
    pipe = Pipe(mode)
    pipe_programs = pipe._programs
    with pytest.raises(DeadlineExceeded):
        pipe.translate(["word " * 100_000], 0.2)
    assert not pipe.alive
    assert all(one.returncode is not None for one in pipe_programs)


def test_a_program_that_is_not_there_is_told(tmp_path: Path):
    mode = tmp_path / "a-b.mode"
    mode.write_text("cat | no-such-program-anywhere\n")
    with pytest.raises(Unavailable, match="no-such-program"):
        Pipe(mode)


@needs_apertium
def test_closing_ends_every_program():
    made = Apertium()
    before = {one.pid for one in programs()}
    made.translate(["The dog"], "en", "es")
    started = {one.pid for one in programs()} - before
    assert started
    made.close()
    assert not started & {one.pid for one in programs()}
