"""The promise of wording: signs that were spoken, and profanities that are not shown."""

from __future__ import annotations

import pytest

from sensorium.apis.speech.wording import joined, masked, punctuated
from sensorium.models.tasks import HeardWord


def words(text: str) -> list[HeardWord]:
    return [HeardWord(one, at, at + 1, 0.9) for at, one in enumerate(text.split())]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("hello comma is it late question mark", "hello, is it late?"),
        ("stop full stop new line go", "stop.\ngo"),
        ("the question is open", "the question is open"),
        ("period", "."),
    ],
)
def test_spoken_punctuation_becomes_signs(said: str, shown: str):
    assert joined(punctuated(words(said))) == shown


def test_a_sign_of_two_words_has_the_time_of_both():
    (sign,) = punctuated(words("question mark"))
    assert (sign.text, sign.start, sign.end) == ("?", 0, 2)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("this is shit", "this is s***"),
        ("Fucking hell", "F****** hell"),
        ("the cockpit and a shiitake in Scunthorpe", "the cockpit and a shiitake in Scunthorpe"),
    ],
)
def test_profanities_keep_their_first_letter(said: str, shown: str):
    assert joined(masked(words(said))) == shown
