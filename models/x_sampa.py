"""X-SAMPA, the International Phonetic Alphabet in ASCII (J. C. Wells, 1995)."""

from __future__ import annotations

# each sign and what it stands for in the IPA; signs that are the same in both are left out
_TABLE = r"""
A ɑ  B β  C ç  D ð  E ɛ  F ɱ  G ɣ  H ɥ  I ɪ  J ɲ  K ɬ  L ʎ  M ɯ  N ŋ  O ɔ  P ʋ  Q ɒ  R ʁ  S ʃ  T θ
U ʊ  V ʌ  W ʍ  X χ  Y ʏ  Z ʒ  g ɡ  @ ə  { æ  } ʉ  1 ɨ  2 ø  3 ɜ  4 ɾ  5 ɫ  6 ɐ  7 ɤ  8 ɵ  9 œ  & ɶ
? ʔ  b_< ɓ  d_< ɗ  g_< ɠ  G\_< ʛ  J\_< ʄ
d` ɖ  l` ɭ  n` ɳ  r` ɽ  s` ʂ  t` ʈ  z` ʐ  r\` ɻ  @` ɚ  3` ɝ
h\ ɦ  j\ ʝ  l\ ɺ  p\ ɸ  r\ ɹ  s\ ɕ  v\ ʋ  x\ ɧ  z\ ʑ  B\ ʙ  G\ ɢ  H\ ʜ  J\ ɟ  K\ ɮ  L\ ʟ  M\ ɰ
N\ ɴ  O\ ʘ  R\ ʀ  X\ ħ  @\ ɘ  3\ ɞ  ?\ ʕ  <\ ʢ  >\ ʡ  !\ ǃ  =\ ǂ
" ˈ  % ˌ  : ː  :\ ˑ  = ̩  _= ̩  ~ ̃  _~ ̃  _0 ̥  _v ̬  _h ʰ  _j ʲ  ' ʲ  _w ʷ  _G ˠ  _?\ ˤ  _d ̪  _^ ̯
"""
_PAIRS = _TABLE.split()
_IPA = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
_LONGEST = max(map(len, _IPA))


def to_ipa(sounds: str) -> str:
    """Return a transcription in the IPA, longest match first; unknown signs stay as they are."""
    found = []
    at = 0
    while at < len(sounds):
        size = next(n for n in range(_LONGEST, 0, -1) if n == 1 or sounds[at : at + n] in _IPA)
        found.append(_IPA.get(sounds[at : at + size], sounds[at : at + size]))
        at += size
    return "".join(found)
