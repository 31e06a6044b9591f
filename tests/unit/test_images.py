"""Picture files: what is opened, how, and what is refused."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sensorium.models.engines.pillow import Pillow
from sensorium.models.errors import InvalidArgument, OutOfRange
from sensorium.models.media.sniff import media_type

LIMIT = 100_000_000
reader = Pillow()


def saved(image: Image.Image, kind: str, **options) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def halves(left: str = "red", right: str = "blue", size: tuple[int, int] = (40, 20)) -> Image.Image:
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def png_of_size(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "ICO"])
def test_every_served_format_is_opened_as_rgb(kind: str):
    options = {"sizes": [(40, 20)]} if kind == "ICO" else {}
    (pixels,) = reader.frames(saved(halves(), kind, **options), LIMIT)
    assert pixels.shape == (20, 40, 3)
    assert pixels.dtype == np.uint8
    assert pixels[10, 5, 0] > 180 > 80 > pixels[10, 5, 2]
    assert pixels[10, 35, 2] > 180 > 80 > pixels[10, 35, 0]


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "LA", "RGBA", "I;16", "I", "F"])
def test_every_colour_mode_comes_out_as_rgb(mode: str):
    image = halves("black", "white").convert("L")
    if mode in ("I;16", "I", "F"):
        deep = np.asarray(image, np.float64) * 257
        image = Image.fromarray(deep.astype({"I;16": "uint16", "I": "int32", "F": "float32"}[mode]))
    else:
        image = image.convert(mode)
    (pixels,) = reader.frames(saved(image, "TIFF"), LIMIT)
    assert pixels[10, 5].max() < 20
    assert pixels[10, 35].min() > 235


def test_transparent_parts_are_white():
    image = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    (pixels,) = reader.frames(saved(image, "PNG"), LIMIT)
    assert pixels.min() == 255


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_comes_upright_as_its_exif_orientation_says(orientation: int):
    upright = Image.new("RGB", (64, 32), "white")
    upright.paste("black", (0, 0, 16, 16))  # the top left corner
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    (pixels,) = reader.frames(saved(stored, "JPEG", exif=exif), LIMIT)
    assert pixels.shape == (32, 64, 3)
    assert pixels[4, 4].max() < 40
    assert pixels[28, 60].min() > 215


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_pages_are_picked_from_either_end(kind: str):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    assert reader.count(content) == 3
    last, second = reader.frames(content, LIMIT, (-1, 2))
    assert last[4, 4].argmax() == 2
    assert second[4, 4].argmax() == 1
    (first,) = reader.frames(content, LIMIT)
    assert first[4, 4].argmax() == 0


@pytest.mark.parametrize("page", [0, 4, -4])
def test_a_page_that_is_not_there_is_out_of_range(page: int):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    content = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    with pytest.raises(OutOfRange, match=f"no page {page}: the file has 3"):
        reader.frames(content, LIMIT, (page,))


def test_a_picture_of_50000_by_50000_is_refused_by_its_header():
    with pytest.raises(InvalidArgument, match=r"50000|too large"):
        reader.frames(png_of_size(50_000, 50_000), LIMIT)


def test_the_callers_limit_counts_pixels():
    content = saved(halves(), "PNG")
    assert len(reader.frames(content, 800)) == 1
    with pytest.raises(InvalidArgument, match="40 x 20 pixels, more than the 799"):
        reader.frames(content, 799)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
def test_a_truncated_picture_is_refused(kind: str):
    noise = np.random.default_rng(1).integers(0, 255, (90, 90, 3), np.uint8)
    content = saved(Image.fromarray(noise), kind)
    with pytest.raises(InvalidArgument, match="cannot be decoded"):
        reader.frames(content[: len(content) // 2], LIMIT)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"just some words in a file called picture.png", "no picture"),
        (b"%PDF-1.7\n", "files:annotate"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Render it to PNG"),
        (b"<?xml version='1.0'?>\n<!-- drawn -->\n<SVG/>", "This is an SVG"),
        (b"\x89PNG\r\n\x1a\n", "cannot be decoded"),
        (b"\xff\xd8\xff", "cannot be decoded"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(content: bytes, reason: str):
    with pytest.raises(InvalidArgument) as refused:
        reader.frames(content, LIMIT)
    assert reason in str(refused.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "ICO"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_bytes_are_decoded_or_refused_and_nothing_else(kind: str, data):
    content = bytearray(saved(halves(), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(1, len(content)))]
    try:
        frames = reader.frames(bytes(content), 1_000_000)
    except InvalidArgument:
        return
    assert all(frame.ndim == 3 and frame.shape[2] == 3 for frame in frames)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("GIF", "image/gif"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
        ("WEBP", "image/webp"),
        ("ICO", "image/x-icon"),
        ("PDF", "application/pdf"),
    ],
)
def test_a_file_is_known_by_its_first_bytes(kind: str, name: str):
    assert media_type(saved(halves(), kind)) == name


@given(st.binary(max_size=64))
def test_sniffing_never_fails(content: bytes):
    assert media_type(content) is None or "/" in str(media_type(content))
