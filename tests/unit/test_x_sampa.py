"""The promise of X-SAMPA: it is the IPA in ASCII."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorium.models.x_sampa import to_ipa


@pytest.mark.parametrize(
    ("sounds", "ipa"),
    [
        ('"fOnIks', "ˈfɔnɪks"),
        ("tS3`tS", "tʃɝtʃ"),
        (r"r\@UdZ", "ɹəʊdʒ"),
        (r"s\_w{n`", "ɕʷæɳ"),
        ('%m2:n"S9n', "ˌmøːnˈʃœn"),
        ("E~ t_d k_h", "ɛ̃ t̪ kʰ"),
        ("", ""),
    ],
)
def test_signs_are_read_longest_first(sounds: str, ipa: str):
    assert to_ipa(sounds) == ipa


@given(st.text(st.sampled_from("aeiou pbtdk"), max_size=20))
def test_what_is_the_same_in_both_stays_as_it_is(sounds: str):
    assert to_ipa(sounds) == sounds
