"""What a sound file is, by its first bytes."""

from __future__ import annotations

# Magic numbers as their specifications have them: RFC 2361 and EBU Tech 3306 (WAV), RFC 9639
# (FLAC), RFC 3533 (Ogg), RFC 9559 (Matroska), RFC 4867 section 5 (AMR), Apple's CAF and AIFF.
_STARTS = (
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"\x1aE\xdf\xa3", "matroska"),
    (b"#!AMR", "amr"),
    (b"ID3", "mp3"),
    (b"caff", "caf"),
    (b".snd", "au"),
)
_FORMS = {
    **{(magic, b"WAVE"): "wav" for magic in (b"RIFF", b"RF64", b"BW64", b"RIFX")},
    **{(b"FORM", kind): "aiff" for kind in (b"AIFF", b"AIFC")},
}
_MPEG_VERSION_RESERVED = 1
_NO_BIT_RATE, _NO_RATE = 15, 3


def container(content: bytes) -> str | None:
    """Return the container of a sound or video file (FFmpeg's name), None when it is none.

    MP3 without tags is told by two frame headers where the first says they stand.
    """
    for start, name in _STARTS:
        if content.startswith(start):
            return name
    form = content[:4], content[8:12]
    if form in _FORMS:
        return _FORMS[form]
    if content[4:8] == b"ftyp":  # ISO 14496-12, 4.3
        return "mp4"
    if content[:2] in (b"\xff\xf1", b"\xff\xf9"):  # ADTS (ISO 13818-7)
        return "aac"
    return "mp3" if _is_frame(content) else None


def _is_frame(content: bytes) -> bool:
    """Tell whether an MPEG audio frame begins here, and another where it ends (ISO 11172-3)."""
    size = _frame_size(content[:4])
    return size is not None and _frame_size(content[size : size + 4]) is not None


def _frame_size(header: bytes) -> int | None:
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rate_at, hertz_at, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == _MPEG_VERSION_RESERVED or layer != 1:  # layer III
        return None
    if rate_at in (0, _NO_BIT_RATE) or hertz_at == _NO_RATE:
        return None
    first = version == 3
    rates = _RATES if first else _LOW_RATES
    hertz = (44_100, 48_000, 32_000)[hertz_at] >> (0 if first else 1 if version == 2 else 2)
    return (144 if first else 72) * rates[rate_at] * 1000 // hertz + padding


_RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_LOW_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
